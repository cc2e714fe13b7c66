"""The room of child safety: a sealed lane with a role of its own."""

from django.apps import AppConfig


class ChildSafetyConfig(AppConfig):
    """Names the room to Django."""

    name = "evenhand.childsafety"
    label = "childsafety"
    default_auto_field = "django.db.models.BigAutoField"
