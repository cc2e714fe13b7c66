"""Asks the second stage about cases that rules sent there, and writes down what it says.

Asked is only about what anybody can read: a message that stands in a public channel. Of private
channels, of the sealed lane, and of what was refused at the door nothing is ever sent.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from evenhand.base.errors import NotFound, Unavailable
from evenhand.base.ids import new_id
from evenhand.base.lists import ChannelKind, RecordKind
from evenhand.base.sealing import keyed_hash
from evenhand.cases.context import Surroundings
from evenhand.cases.filing_steps import note_step
from evenhand.cases.limits import STAGE_AT_ONCE_MAX, STAGE_CASE_HOURS_MAX, STAGE_KNOWN_DAYS
from evenhand.cases.lists import CaseKind, CaseLane, CaseState, StageOutcome, StepKind
from evenhand.cases.models import Case, StageLook
from evenhand.cases.ports import SecondStage
from evenhand.cases.queues import is_sealed
from evenhand.cases.second_stage import (
    AnswerRefused,
    StageAnswer,
    StagePolicy,
    masked,
    policy_for,
    stage_policies,
)
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append

log = structlog.get_logger()

WAITING_MAX = 200
"""Cases that are looked through in one turn for those that a rule sent."""

SENT = frozenset({StageOutcome.ANSWERED, StageOutcome.REFUSED})
"""What counts against the day's budget."""


def ask_second_stage(
    stage: SecondStage, surroundings: Surroundings, *, key: bytes, per_day: int, now: datetime
) -> int:
    """Asks about the next cases, as far as the day's budget goes; gives how many were looked at.

    An engine or a messenger that does not answer is asked again at the next turn.
    """
    looked_at = 0
    for case, policy in _waiting(now):
        if sent_today(now=now) >= per_day:
            break
        try:
            _look(case, policy, stage, surroundings, key=key, now=now)
        except Unavailable as error:
            log.warning("second_stage_unavailable", why=error.fields.get("why"))
            break
        looked_at += 1
    return looked_at


def sent_today(*, now: datetime) -> int:
    """Gives how many texts were sent since midnight, UTC."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return StageLook.objects.filter(at__gte=day, outcome__in=[one.value for one in SENT]).count()


def _waiting(now: datetime) -> Sequence[tuple[Case, StagePolicy]]:
    sending = frozenset().union(*(policy.rules for policy in stage_policies()))
    rows = Case.objects.filter(
        kind=CaseKind.REVIEW.value,
        state=CaseState.OPEN.value,
        lane=CaseLane.OPEN.value,
        channel_kind=ChannelKind.PUBLIC.value,
        golden=False,
        decision=None,
        opened_at__gt=now - timedelta(hours=STAGE_CASE_HOURS_MAX),
        stage_look=None,
    ).exclude(event="")
    found = []
    for case in rows.exclude(channel="").exclude(rules=[]).order_by("opened_at")[:WAITING_MAX]:
        rules = [str(one[0]) for one in case.rules]
        policy = policy_for(rules) if sending.intersection(rules) else None
        if policy is not None and not is_sealed(case.harm):
            found.append((case, policy))
    return found[:STAGE_AT_ONCE_MAX]


def _look(
    case: Case,
    policy: StagePolicy,
    stage: SecondStage,
    surroundings: Surroundings,
    *,
    key: bytes,
    now: datetime,
) -> None:
    text = _text(case, surroundings)
    if not text.strip():
        _write(case, policy, StageOutcome.NO_TEXT, None, b"", now=now)
        return
    about = f"second stage\0{policy.name}\0{policy.version}\0{masked(text)}"
    text_hash = keyed_hash(about.encode(errors="surrogatepass"), key=key)
    answer = _known(text_hash, now=now)
    if answer is not None:
        _write(case, policy, StageOutcome.KNOWN, answer, text_hash, now=now)
        return
    try:
        answer = stage.ask(policy, text)
    except AnswerRefused as error:
        log.warning("second_stage_refused", policy=policy.name, why=error.fields.get("why"))
        _write(case, policy, StageOutcome.REFUSED, None, b"", now=now)
        return
    _write(case, policy, StageOutcome.ANSWERED, answer, text_hash, now=now)


def _text(case: Case, surroundings: Surroundings) -> str:
    try:
        nearby = surroundings.around(case.channel, case.event, each_side=0)
    except NotFound:
        return ""
    return next((one.text for one in nearby if one.asked), "")


def _known(text_hash: bytes, *, now: datetime) -> StageAnswer | None:
    since = now - timedelta(days=STAGE_KNOWN_DAYS)
    rows = StageLook.objects.filter(text_hash=text_hash, at__gt=since, violates__isnull=False)
    row = rows.order_by("-at").first()
    if row is None:
        return None
    assert row.violates is not None
    assert row.certainty is not None
    return StageAnswer(row.violates, row.certainty, row.clause)


def _write(
    case: Case,
    policy: StagePolicy,
    outcome: StageOutcome,
    answer: StageAnswer | None,
    text_hash: bytes,
    *,
    now: datetime,
) -> None:
    with transaction.atomic():
        look = StageLook.objects.create(
            id=new_id(now=now),
            at=now,
            case=case,
            policy=policy.name,
            policy_version=policy.version,
            outcome=outcome.value,
            text_hash=text_hash,
            violates=None if answer is None else answer.violates,
            certainty=None if answer is None else answer.certainty,
            clause="" if answer is None else answer.clause,
        )
        if answer is not None:
            kind = StepKind.STAGE_VIOLATION if answer.violates else StepKind.STAGE_NO_VIOLATION
            note_step(case, kind, said=f"{answer.clause}, {answer.certainty:.0%}", now=now)
        append(
            NewRecord(
                id=new_id(now=now),
                at=now,
                kind=RecordKind.STAGE_ASKED,
                subject=case.id,
                harm=case.harm,
                market=case.market,
                outcome=outcome.value,
                body={
                    "look": str(look.id),
                    "policy": policy.name,
                    "version": policy.version,
                    "outcome": outcome.value,
                    "violates": "" if answer is None else str(answer.violates).lower(),
                    "certainty": "" if answer is None else f"{answer.certainty:.3f}",
                    "clause": "" if answer is None else answer.clause,
                },
            )
        )
