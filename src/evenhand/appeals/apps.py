"""The room of appeals: what people object to, and the talk about it."""

from django.apps import AppConfig


class AppealsConfig(AppConfig):
    """Names the room to Django."""

    name = "evenhand.appeals"
    label = "appeals"
    default_auto_field = "django.db.models.BigAutoField"
