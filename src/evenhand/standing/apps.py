"""The room of standing: strikes, penalties, misuse."""

from django.apps import AppConfig


class StandingConfig(AppConfig):
    """Names the room to Django."""

    name = "evenhand.standing"
    label = "standing"
    default_auto_field = "django.db.models.BigAutoField"
