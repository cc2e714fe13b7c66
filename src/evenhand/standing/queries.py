"""The only readers of strikes, penalties and misuse."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet, Sum

from evenhand.actions.policies import known_policy_of
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.standing.checks import (
    CountedStrikes,
    Filed,
    Given,
    Led,
    next_penalty,
)
from evenhand.standing.limits import LABELS_MAX, ROWS_SHOWN_MAX
from evenhand.standing.lists import MisuseKind, MisuseStep
from evenhand.standing.models import Label, Misuse, Penalty, Strike, Unfounded
from evenhand.standing.policy import Step, penalties


@dataclass(frozen=True, slots=True)
class Panel:
    """What a case page or the standing page shows of an account."""

    account: str
    counting: int
    strikes: Sequence[Strike]
    penalties: Sequence[Penalty]
    misuses: Sequence[Misuse]


@dataclass(frozen=True, slots=True)
class LabelInForce:
    """A label as rules may know it."""

    target_kind: TargetKind
    target: str
    harm: str
    severity: int
    expires_at: datetime


def strikes_of(account: str, now: datetime) -> list[Strike]:
    """Gives the strikes that count against an account now, the latest first."""
    rows = Strike.objects.filter(account=account, lifted_at=None, expires_at__gt=now)
    return list(rows.select_related("decision").order_by("-given_at")) if account else []


def may_report(key: bytes, now: datetime) -> bool:
    """Tells whether reports of this person are handled now (DSA Art. 23(2))."""
    return suspended_until(key, MisuseKind.REPORT, now) is None


def may_appeal(key: bytes, now: datetime) -> bool:
    """Tells whether objections and complaints of this person are handled now."""
    return suspended_until(key, MisuseKind.APPEAL, now) is None


def suspended_until(key: bytes, kind: MisuseKind, now: datetime) -> datetime | None:
    """Gives the moment until which somebody's filings are not handled; None if they are."""
    if not key:
        return None
    rows = Misuse.objects.filter(
        key=key,
        kind=kind.value,
        step=MisuseStep.SUSPENDED.value,
        at__lte=now,
        until__gt=now,
        lifted_at=None,
    )
    row = rows.order_by("-until").first()
    return row.until if row is not None else None


def panel(account: str, now: datetime) -> Panel:
    """Gives an account's strikes, penalties and misuse, whatever became of them."""
    strikes = Strike.objects.filter(account=account).select_related("decision")
    given = Penalty.objects.filter(account=account).select_related("decision", "warning")
    misuses = Misuse.objects.filter(account=account)
    known = bool(account)
    return Panel(
        account=account,
        counting=sum(strike.count for strike in strikes_of(account, now)),
        strikes=list(strikes.order_by("-given_at")[:ROWS_SHOWN_MAX]) if known else [],
        penalties=list(given.order_by("-given_at")[:ROWS_SHOWN_MAX]) if known else [],
        misuses=list(misuses.order_by("-at")[:ROWS_SHOWN_MAX]) if known else [],
    )


@dataclass(frozen=True, slots=True)
class Outlook:
    """What counts against an account, and what another decision against it would lead to.

    adds     strikes that the policy gives
    follows  what they lead to besides the decision itself; None if nothing
    """

    counting: int
    adds: int
    follows: Step | None


def outlook(
    account: str, harm: str, *, done_at: datetime, at: datetime, without_harm: str = ""
) -> Outlook | None:
    """Gives the outlook of an account as of a moment, of what stands today; None without account.

    done_at       when the case was opened
    without_harm  leaves out strikes of harms that begin so: what lies in a lane of its own
    """
    if not account:
        return None
    strikes = [one for one in counting(account, without_harm=without_harm) if one.given_at <= at]
    policy = known_policy_of(harm)
    follows = None
    if policy is not None and policy.strikes:
        more = CountedStrikes(policy.strikes, at, at + timedelta(days=policy.strike_days))
        # Each penalty rests on a strike, so that without any there is none to ask for.
        given = given_to(account, now=at) if strikes else []
        follows = next_penalty(penalties(), [*strikes, more], given, done_at=done_at, now=at)
    return Outlook(
        sum(one.count for one in strikes if one.expires_at > at),
        0 if policy is None else policy.strikes,
        follows,
    )


def labels_in_force(now: datetime) -> list[LabelInForce]:
    """Gives the labels that rules may know, those that last longest first."""
    values = (
        _standing(now)
        .filter(given_at__lte=now)
        .values_list("target_kind", "target", "harm", "severity", "expires_at")
    )
    return [
        LabelInForce(TargetKind(kind), target, harm, severity, expires_at)
        for kind, target, harm, severity, expires_at in values.order_by("-expires_at", "id")[
            :LABELS_MAX
        ]
    ]


def labels_standing(now: datetime) -> tuple[int, list[Label]]:
    """Gives how many labels are in force, and the latest of them; a page shows them nameless."""
    rows = _standing(now)
    return rows.count(), _with_decisions(rows)


def labels_of(name: str, now: datetime) -> list[Label]:
    """Gives the labels in force on an account or a channel, the latest first."""
    return _with_decisions(_standing(now).filter(target=name)) if name else []


def _standing(now: datetime) -> QuerySet[Label]:
    return Label.objects.filter(expires_at__gt=now, lifted_at=None).exclude(target="")


def _with_decisions(rows: QuerySet[Label]) -> list[Label]:
    whole = rows.select_related("decision").prefetch_related("decision__actions")
    return list(whole.order_by("-given_at", "id")[:ROWS_SHOWN_MAX])


def suspensions(now: datetime) -> list[Misuse]:
    """Gives whose filings are not handled now, the latest first; by kind, never by name."""
    rows = Misuse.objects.filter(step=MisuseStep.SUSPENDED.value, until__gt=now, lifted_at=None)
    return list(rows.select_related("warning").order_by("-at")[:ROWS_SHOWN_MAX])


def misuses_of(key: bytes, kind: MisuseKind) -> list[Misuse]:
    """Gives what somebody's unfounded filings led to, the latest first, for who tells them."""
    if not key:
        return []
    rows = Misuse.objects.filter(key=key, kind=kind.value).select_related("warning")
    return list(rows.order_by("-at")[:ROWS_SHOWN_MAX])


def counting(account: str, *, without_harm: str = "") -> list[CountedStrikes]:
    """Gives the strikes of an account that are not lifted, as the checks see them."""
    rows = Strike.objects.filter(account=account, lifted_at=None)
    if without_harm:
        rows = rows.exclude(harm__startswith=without_harm)
    return [CountedStrikes(*row) for row in rows.values_list("count", "given_at", "expires_at")]


def strikes_still(account: str, *, since: datetime, until: datetime) -> int:
    """Gives how many strikes of a span of time are not lifted today."""
    rows = Strike.objects.filter(
        account=account,
        lifted_at=None,
        given_at__gt=since,
        given_at__lte=until,
        expires_at__gt=until,
    )
    total: int | None = rows.aggregate(total=Sum("count"))["total"]
    return total or 0


def given_to(account: str, *, now: datetime) -> list[Given]:
    """Gives the penalties of an account that stand, as the checks see them.

    A suspension that is over covers nothing any more; a warning stays for the policy's days.
    """
    rows = Penalty.objects.filter(account=account, lifted_at=None, given_at__lte=now)
    return [
        Given(ActionKind(does), given_at, ends_at)
        for does, given_at, ends_at in rows.values_list("does", "given_at", "ends_at")
        if ends_at is None or ends_at > now
    ]


def standing_warning(account: str) -> Penalty | None:
    """Gives the latest warning of an account that was not lifted."""
    rows = Penalty.objects.filter(account=account, does=ActionKind.WARN.value, lifted_at=None)
    return rows.order_by("-given_at").first()


def filed_by(
    key: bytes, kind: MisuseKind, *, days: int, now: datetime, case_kind: str
) -> list[Filed]:
    """Gives what was found unfounded of somebody's filings within so many days.

    case_kind  objections and complaints are counted apart, each against its own number; what
               either leads to holds for both
    """
    rows = Unfounded.objects.filter(
        key=key, kind=kind.value, at__gt=now - timedelta(days=days), at__lte=now
    )
    if kind is MisuseKind.APPEAL:
        rows = rows.filter(case__kind=case_kind)
    return [Filed(*row) for row in rows.values_list("filed_at", "at", "severity", "intended")]


def led_to(key: bytes, kind: MisuseKind) -> list[Led]:
    """Gives what somebody's unfounded filings led to and was not lifted."""
    rows = Misuse.objects.filter(key=key, kind=kind.value, lifted_at=None)
    return [
        Led(MisuseStep(step), at, until)
        for step, at, until in rows.order_by("at").values_list("step", "at", "until")
    ]


def misuse_warning(key: bytes, kind: MisuseKind) -> Misuse | None:
    """Gives the latest warning for unfounded filings that was not lifted."""
    rows = Misuse.objects.filter(
        key=key, kind=kind.value, step=MisuseStep.WARNED.value, lifted_at=None
    )
    return rows.order_by("-at").first()


def to_tell_reporters(*, rows_max: int) -> list[Misuse]:
    """Gives what nobody told yet of those whom only the reports room can reach."""
    rows = Misuse.objects.filter(told_at=None, lifted_at=None, account="").exclude(key=b"")
    return list(rows.select_related("warning").order_by("at")[:rows_max])


def told_latest(key: bytes, now: datetime) -> list[Misuse]:
    """Gives the latest warning or suspension of each kind that somebody has not behind them."""
    found = [
        next((one for one in misuses_of(key, kind) if one.lifted_at is None), None)
        for kind in MisuseKind
    ]
    return [one for one in found if one is not None and (one.until is None or one.until > now)]


def to_tell(*, rows_max: int) -> list[Misuse]:
    """Gives warnings and suspensions of which the messenger has not told yet, the oldest first."""
    rows = Misuse.objects.filter(told_at=None, lifted_at=None).exclude(account="")
    return list(rows.select_related("warning").order_by("at")[:rows_max])
