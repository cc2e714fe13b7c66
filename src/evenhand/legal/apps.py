"""The room of orders, notices, referrals and requests."""

from django.apps import AppConfig


class LegalConfig(AppConfig):
    """Names the room to Django."""

    name = "evenhand.legal"
    label = "legal"
    default_auto_field = "django.db.models.BigAutoField"
