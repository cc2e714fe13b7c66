"""The only readers of strikes, penalties and misuse."""

from datetime import datetime

from evenhand.standing.lists import MisuseKind, MisuseStep
from evenhand.standing.models import Misuse, Strike


def strikes_of(account: str, now: datetime) -> list[Strike]:
    """Gives the strikes that count against an account now, the latest first."""
    rows = Strike.objects.filter(account=account, lifted_at=None, expires_at__gt=now)
    return list(rows.select_related("decision").order_by("-given_at")) if account else []


def may_report(key: bytes, now: datetime) -> bool:
    """Tells whether reports of this person are handled now (DSA Art. 23(2))."""
    return suspended_until(key, MisuseKind.REPORT, now) is None


def may_appeal(account: str, now: datetime) -> bool:
    """Tells whether objections and complaints of this account are handled now."""
    return suspended_until(account.encode(), MisuseKind.APPEAL, now) is None


def suspended_until(key: bytes, kind: MisuseKind, now: datetime) -> datetime | None:
    """Gives the moment until which somebody's filings are not handled; None if they are."""
    row = (
        Misuse.objects.filter(
            key=key,
            kind=kind.value,
            step=MisuseStep.SUSPENDED.value,
            at__lte=now,
            until__gt=now,
            lifted_at=None,
        )
        .order_by("-until")
        .first()
    )
    return row.until if row is not None and key else None
