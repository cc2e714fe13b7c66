"""The room of the daily report."""

from django.apps import AppConfig


class TransparencyConfig(AppConfig):
    """Names the room to Django."""

    name = "evenhand.transparency"
    label = "transparency"
    default_auto_field = "django.db.models.BigAutoField"
