"""The room of rules as stored things."""

from django.apps import AppConfig


class RulebookConfig(AppConfig):
    """Names the room to Django."""

    name = "evenhand.rulebook"
    label = "rulebook"
    default_auto_field = "django.db.models.BigAutoField"
