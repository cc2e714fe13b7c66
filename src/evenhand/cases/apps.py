"""The room of cases: what a person has to decide."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Names the room to Django."""

    name = "evenhand.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"
