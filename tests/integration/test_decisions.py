"""Decisions as the application's own role writes them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.drafts_of_tests import (
    ACCOUNT,
    BLOCK,
    NOW,
    REFUSAL,
    STAFF,
    SUSPENSION,
    by_person,
    by_rule,
)
from tests.integration.actions_of_tests import LATER, decided

from evenhand.actions.checks import Finding
from evenhand.actions.drafts import Measure
from evenhand.actions.lists import ActionState, DeliveryState, StatementState, Verb
from evenhand.actions.models import Action, Decision, Delivery, Statement
from evenhand.actions.ports import Target
from evenhand.actions.steps import (
    decide,
    decide_many,
)
from evenhand.base.errors import NotAllowed
from evenhand.base.lists import (
    ActionKind,
    RecordKind,
    Source,
    TargetKind,
)
from evenhand.records.models import Record, RecordOpening

pytestmark = pytest.mark.django_db


def test_a_decision_is_written_with_all_that_hangs_on_it() -> None:
    draft = by_rule(REFUSAL, SUSPENSION)

    decision = decide(draft, now=LATER)

    actions = {action.kind: action for action in Action.objects.filter(decision=decision)}
    statement = Statement.objects.get(decision=decision)
    verbs = Delivery.objects.filter(action__decision=decision).values_list("action__kind", "verb")
    assert decision.id == draft.id
    assert {kind: action.state for kind, action in actions.items()} == {
        "refuse": ActionState.PENDING,
        "suspend": ActionState.PENDING,
    }
    assert dict(verbs) == {"refuse": Verb.CONFIRM, "suspend": Verb.APPLY}
    assert (statement.account, statement.language, statement.state) == (
        "@a:twin",
        "de",
        StatementState.WAITING,
    )
    notify = Delivery.objects.get(statement=statement)
    assert (notify.verb, notify.action) == (Verb.NOTIFY, None)
    sent = Delivery.objects.values_list("created_at", "due_at", "state", "attempts", "error")
    assert set(sent) == {(LATER, LATER, DeliveryState.WAITING, 0, "")}
    assert {action.undo_reason for action in actions.values()} == {""}


def test_a_decision_keeps_every_fact_of_its_draft() -> None:
    draft = by_person(BLOCK, exact=True, score=1.0, source=Source.USER)

    decision = decide(draft, now=NOW)

    assert {
        "at": decision.at,
        "origin": decision.origin,
        "ground": decision.ground,
        "rule": (
            decision.rule_id,
            decision.rule_version,
            decision.rule_author,
            decision.rule_approver,
        ),
        "case": decision.case,
        "staff": decision.staff,
        "harm": decision.harm,
        "severity": decision.severity,
        "score": decision.score,
        "exact": decision.exact,
        "reason": decision.reason,
        "source": decision.source,
        "automation": decision.automation,
        "detection_automated": decision.detection_automated,
        "market": decision.market,
        "language": decision.language,
        "where": (decision.account, decision.channel, decision.channel_kind, decision.event),
    } == {
        "at": NOW,
        "origin": draft.origin,
        "ground": "case",
        "rule": ("drugs_sale_offer", "7", "Aino Author", "Pekka Approver"),
        "case": draft.case,
        "staff": STAFF,
        "harm": "m.tos.prohibited.drugs",
        "severity": 3,
        "score": 1.0,
        "exact": True,
        "reason": "It offers drugs for sale.",
        "source": "user",
        "automation": "partial",
        "detection_automated": True,
        "market": "DE",
        "language": "de",
        "where": ("@a:twin", "!r:twin", "public", "$e"),
    }


def test_a_person_without_a_rule_decides_without_a_machine() -> None:
    decision = decide(by_person(SUSPENSION, rule=None), now=NOW)

    assert (decision.automation, decision.detection_automated) == ("none", False)
    assert (decision.rule_id, decision.rule_version) == ("", "")
    assert (decision.rule_author, decision.rule_approver) == ("", "")


def test_an_action_keeps_its_target_territory_and_end() -> None:
    target = Target(TargetKind.CHANNEL, "@a:twin", "!r:twin", "$e", "mxc://twin/m")
    ends_at = NOW + timedelta(days=3)
    measure = Measure(ActionKind.GEO_WITHHOLD, target, ("DE", "KZ"), ends_at)

    action = decided(measure)

    assert (
        action.kind,
        action.target_kind,
        action.account,
        action.channel,
        action.event,
        action.media,
        action.territory,
        action.ends_at,
    ) == (
        "geo_withhold",
        "channel",
        "@a:twin",
        "!r:twin",
        "$e",
        "mxc://twin/m",
        ["DE", "KZ"],
        ends_at,
    )


def test_the_record_of_a_decision_bears_its_id_and_columns() -> None:
    draft = by_rule(REFUSAL, SUSPENSION)

    decide(draft, now=LATER)

    record = Record.objects.get(id=draft.id)
    assert (
        record.subject,
        record.at,
        record.day,
        record.kind,
        record.harm,
        record.action,
        record.market,
        record.automation,
        record.source,
        record.language,
        record.channel_kind,
        record.milliseconds,
        record.quantity,
    ) == (
        draft.id,
        NOW,
        NOW.date(),
        "decision",
        "m.tos.prohibited.drugs",
        "suspend",
        "DE",
        "full",
        "own",
        "de",
        "public",
        7,
        1,
    )
    opening = RecordOpening.objects.get(record=record)
    assert len(bytes(opening.salt)) == 32
    assert opening.body == {
        "ground": "rule",
        "rule": "drugs_sale_offer",
        "rule_version": "7",
        "case": "",
        "severity": 3,
        "exact": False,
        "actions": ["refuse", "suspend"],
    }


def test_the_record_of_a_persons_decision_names_its_case() -> None:
    draft = by_person(measures=(), rule=None)

    decide(draft, now=NOW)

    record = Record.objects.get(id=draft.id)
    assert (record.action, record.automation) == ("none", "none")
    body = RecordOpening.objects.get(record=record).body
    assert (body["case"], body["rule"], body["rule_version"]) == (str(draft.case), "", "")


def test_the_same_origin_is_decided_once() -> None:
    first = by_rule()
    again = replace(by_rule(SUSPENSION), origin=first.origin)

    decide(first, now=NOW)
    decision = decide(again, now=LATER)

    assert decision.id == first.id
    assert Action.objects.get().kind == "refuse"
    assert Record.objects.count() == 1


def test_of_one_origin_given_twice_at_once_the_first_is_decided() -> None:
    first, other = by_rule(), by_rule()
    again = replace(by_rule(), origin=first.origin)

    assert decide_many([first, again, other], now=NOW) == 2
    assert decide_many([first, again, other], now=NOW) == 0
    assert set(Decision.objects.values_list("id", flat=True)) == {first.id, other.id}


def test_nothing_is_decided_if_one_draft_may_not_be() -> None:
    bad = by_rule(Measure(ActionKind.LOCK, ACCOUNT))

    with pytest.raises(NotAllowed) as refused:
        decide_many([by_rule(), bad], now=NOW)

    assert refused.value.fields == {
        "decision": bad.id,
        "findings": (Finding.TOO_GRAVE_FOR_RULE,),
    }
    assert Decision.objects.count() == Record.objects.count() == 0


def test_who_cannot_be_told_gets_no_statement() -> None:
    decide(by_rule(account=""), now=NOW)

    assert Statement.objects.count() == 0
    assert Delivery.objects.get().verb == Verb.CONFIRM


def test_a_decision_that_cannot_be_recorded_is_not_made() -> None:
    draft = by_rule()
    with transaction.atomic():
        Record.objects.create(
            id=draft.id, at=NOW, day=NOW.date(), kind=RecordKind.SCREENED.value, subject=draft.id
        )

    with pytest.raises(IntegrityError, match="records_record_pkey"), transaction.atomic():
        decide(draft, now=NOW)

    assert Decision.objects.count() == Delivery.objects.count() == 0
