"""The only readers of tokens and webhooks."""

from datetime import datetime
from uuid import UUID

from evenhand.authorities.machine_models import ApiToken, Webhook
from evenhand.authorities.machines.steps import hash_of


def token_named(text: str, *, now: datetime) -> ApiToken | None:
    """Gives a living token by its text, with officer, person and authority."""
    return (
        ApiToken.objects.select_related("officer__person", "officer__authority")
        .filter(token_hash=hash_of(text), ended_at=None, expires_at__gt=now)
        .first()
    )


def tokens(officer: UUID) -> list[ApiToken]:
    """Gives an officer's tokens, the newest first."""
    return list(ApiToken.objects.filter(officer_id=officer).order_by("-made_at"))


def webhooks(officer: UUID) -> list[Webhook]:
    """Gives an officer's living webhooks."""
    return list(Webhook.objects.filter(officer_id=officer, ended_at=None).order_by("made_at"))
