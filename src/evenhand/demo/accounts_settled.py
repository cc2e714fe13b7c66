"""After the kills: what is stored, what a client reads, and what is reported must agree."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import close_old_connections

from evenhand.actions.lists import ActionState, DeliveryState
from evenhand.actions.models import Action, Decision, Delivery, Statement
from evenhand.base.clock import now
from evenhand.base.lists import ActionKind, RecordKind
from evenhand.cases.models import Case
from evenhand.demo.actors import DECISION_ID, Person, Sent
from evenhand.demo.findings import Findings
from evenhand.demo.messages import Expected, Labelled
from evenhand.records.models import Record
from evenhand.transparency.figures import Figure
from evenhand.transparency.publish import exact_report

ANSWERS = (ActionKind.REFUSE.value, ActionKind.HOLD.value)
Posted = list[tuple[Labelled, Person, Sent]]


SETTLED = (DeliveryState.DONE.value, DeliveryState.GIVEN_UP.value)


def state() -> tuple[int, ...]:
    """Gives numbers that stand still once everything is settled."""
    close_old_connections()
    return Decision.objects.count(), Case.objects.count(), Record.objects.count()


def left_to_do(posted: Posted) -> int:
    """Gives how much is known to be unfinished: deliveries, refusals in the journal, screening."""
    close_old_connections()
    told = {sent.decision for _, _, sent in posted if sent.decision is not None}
    stored = Decision.objects.filter(id__in=told).count()
    open_deliveries = Delivery.objects.exclude(state__in=SETTLED).count()
    return len(told) - stored + open_deliveries + len(_unseen(posted))


def _unseen(posted: Posted) -> list[tuple[Labelled, str]]:
    """Gives unlawful messages that stand and that neither a case nor an action is about."""
    about = set(Case.objects.values_list("event", flat=True))
    about |= set(Action.objects.exclude(event="").values_list("event", flat=True))
    return [
        (message, sent.event_id)
        for message, _, sent in posted
        if sent.event_id and message.expect is not Expected.NONE and sent.event_id not in about
    ]


def compare(
    posted: Posted,
    timeline: Mapping[str, Any],
    notices: Mapping[str, list[str]],
    findings: Findings,
) -> None:
    """Adds what was found, one line per promise."""
    close_old_connections()
    _refusals_are_stored(posted, findings)
    _effects_are_as_decided(timeline, findings)
    _nothing_public_stays_unscreened(posted, timeline, findings)
    _notices_arrived_once(notices, findings)
    _report_counts_what_there_is(findings)
    findings.add(
        "deliveries not settled",
        expected=0,
        found=Delivery.objects.exclude(state__in=SETTLED).count(),
    )


def _refusals_are_stored(posted: Posted, findings: Findings) -> None:
    told = {sent.decision for _, _, sent in posted if sent.decision is not None}
    stored = set(Decision.objects.filter(id__in=told).values_list("id", flat=True))
    findings.add("refusals that clients were told, and that are stored", expected=len(told),
                 found=len(stored))  # fmt: skip
    findings.add("refusals told at all", expected=True, found=bool(told))
    for lost in sorted(map(str, told - stored)):
        findings.miss(f"decision {lost} was told to a client and is not stored")


def _effects_are_as_decided(timeline: Mapping[str, Any], findings: Findings) -> None:
    wrong = 0
    actions = Action.objects.select_related("decision").exclude(event="")
    with_case = set(Case.objects.values_list("event", flat=True))
    for action in actions:
        there = action.event in timeline
        bare = there and "body" not in timeline[action.event].get("content", {})
        if action.state == ActionState.IN_FORCE:
            fits = (not there) if action.kind in ANSWERS else (bare or not there)
        elif action.state == ActionState.FAILED:
            fits = there and action.event in with_case
        else:
            fits = False
        if not fits:
            wrong += 1
            findings.miss(
                f"{action.kind} of {action.event} is {action.state}, event "
                f"{'stands' if there else 'is not there'}, case {action.event in with_case}"
            )
    states = Counter(actions.values_list("state", flat=True))
    findings.say("actions on messages: " + ", ".join(f"{k} {n}" for k, n in states.items()))
    findings.add("actions whose effect is not as stored", expected=0, found=wrong)


def _nothing_public_stays_unscreened(
    posted: Posted, timeline: Mapping[str, Any], findings: Findings
) -> None:
    with_case = set(Case.objects.values_list("event", flat=True))
    decided = set(Action.objects.exclude(event="").values_list("event", flat=True))
    passed = [(message, sent.event_id) for message, _, sent in posted if sent.event_id]
    missed = _unseen(posted)
    for message, event in missed:
        findings.miss(f"{message.id} stands as {event} and nobody looks at it")
    harmful = sum(message.expect is not Expected.NONE for message, _ in passed)
    findings.say(f"{harmful} unlawful messages got past a door that was down")
    findings.add("of these, without a case or an action", expected=0, found=len(missed))
    touched = [
        message.id
        for message, event in passed
        if message.expect is Expected.NONE
        and (
            event in with_case | decided
            or "body" not in timeline.get(str(event), {}).get("content", {})
        )
    ]
    for name in touched:
        findings.miss(f"{name} is lawful and was touched")
    refused = sum(
        message.expect is Expected.NONE and sent.decision is not None for message, _, sent in posted
    )
    findings.add("lawful messages touched or refused", expected=0, found=len(touched) + refused)


def _stands(timeline: Mapping[str, Any], event: str) -> bool:
    return "body" in timeline.get(event, {}).get("content", {})


def _notices_arrived_once(notices: Mapping[str, list[str]], findings: Findings) -> None:
    wrong = 0
    for statement in Statement.objects.all():
        texts = notices.get(statement.account)
        if texts is None:
            continue
        found = sum(str(statement.decision_id) in text for text in texts)
        if found != 1:
            wrong += 1
            findings.miss(f"statement {statement.decision_id} arrived {found} times")
    stored = set(Decision.objects.values_list("id", flat=True))
    invented = {
        name
        for texts in notices.values()
        for text in texts
        for name in DECISION_ID.findall(text)
        if UUID(name) not in stored
    }
    findings.add("statements that did not arrive exactly once", expected=0, found=wrong)
    findings.add("notices about no stored decision", expected=0, found=len(invented))


def _report_counts_what_there_is(findings: Findings) -> None:
    days = sorted(set(Record.objects.values_list("day", flat=True)))
    figures = [exact_report(day, now=now()).public.figures for day in days]

    def said(figure: Figure) -> int:
        return sum(one[figure] or 0 for one in figures)

    findings.add(
        "decisions in the report", expected=Decision.objects.count(), found=said(Figure.DECISIONS)
    )
    findings.add(
        "confirmed effects in the report",
        expected=Action.objects.filter(in_force_at__isnull=False).count(),
        found=said(Figure.EFFECTS_CONFIRMED),
    )
    twice = Record.objects.filter(kind=RecordKind.DECISION.value).count()
    findings.add("records of decisions", expected=Decision.objects.count(), found=twice)
