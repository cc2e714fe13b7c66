"""The web doors."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Names the room to Django."""

    name = "evenhand.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"
