"""The room of the people who work at the desk."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Names the room to Django."""

    name = "evenhand.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
