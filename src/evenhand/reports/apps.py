"""The room of reports: what people, trusted flaggers and machines flag."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Names the room to Django."""

    name = "evenhand.reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"
