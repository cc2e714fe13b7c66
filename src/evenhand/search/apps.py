"""The room of the search."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Names the room to Django."""

    name = "evenhand.search"
    label = "search"
    default_auto_field = "django.db.models.BigAutoField"
