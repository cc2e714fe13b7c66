"""The room of authorities and their officers."""

from django.apps import AppConfig


class AuthoritiesConfig(AppConfig):
    """Names the room to Django."""

    name = "evenhand.authorities"
    label = "authorities"
    default_auto_field = "django.db.models.BigAutoField"
