"""The room of statements that leave the house for the DSA Transparency Database."""

from django.apps import AppConfig


class StatementsConfig(AppConfig):
    """Names the room to Django."""

    name = "evenhand.statements"
    label = "statements"
    default_auto_field = "django.db.models.BigAutoField"
