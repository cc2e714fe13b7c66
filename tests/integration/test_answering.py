"""What an authority is told of its matter: each answer is made from what stands there."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.cases_of_tests import settle
from tests.integration.matters_of_tests import (
    ACCOUNT,
    ANSWER,
    CHANNEL,
    NOW,
    Desk,
    desk,
    plan_of,
    refusal,
    withhold,
)

from evenhand.actions.drafts import Measure
from evenhand.actions.models import Action
from evenhand.actions.ports import Target
from evenhand.base.errors import NotFound
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.legal import steps
from evenhand.legal.answering import Service, answer_named, drafts_of, still_visible
from evenhand.legal.answers.facts import AnswerKind, Effect, FurtherGround, StillVisible, UserTold
from evenhand.legal.drafts import NoticeDecision, Plan, PreservationDraft
from evenhand.legal.lists import PlanKind
from evenhand.legal.models import Matter, Preservation, Step
from evenhand.legal.proving import Codes
from evenhand.legal.reactions import note_effect
from evenhand.markets.lists import AuthorityKind
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db

EPOC, TCO, DSA = "eu-epoc-subscriber", "eu-tco-removal", "eu-dsa-art10"
SERVICE = Service("Chat Example", "https://chat.example/authorities/")
BEFORE = NOW - timedelta(minutes=3)
LATER = NOW + timedelta(hours=1)
REMOVED = Target(TargetKind.EVENT, account=ACCOUNT, channel=CHANNEL, event="$message")


def hash_of(matter: Matter) -> str:
    sha256 = matter.disclosures.get().sha256
    assert sha256 is not None
    return bytes(sha256).hex()


def told(matter: Matter) -> dict[str, Any]:
    matter.refresh_from_db()
    return {one.name: one.facts for one in drafts_of(matter, SERVICE)}


def carried_out(one: Desk, entry: str, plan: Plan) -> Matter:
    """An order whose effect the messenger confirmed minutes after its release."""
    matter = one.released(entry, plan, BEFORE)
    settle()
    note_effect(Record.objects.get(kind="effect_confirmed"), NOW)
    matter.refresh_from_db()
    return matter


def removal() -> Plan:
    return Plan(
        kind=PlanKind.ACCEPT,
        answer=ANSWER,
        measures=(Measure(ActionKind.REDACT, REMOVED),),
        harm="m.violence.extremist",
        notified=(ACCOUNT,),
    )


def test_every_request_has_a_receipt_with_its_due_time() -> None:
    one = desk()
    matter = one.received(EPOC)

    facts = told(matter)

    assert set(facts) == {"receipt"}
    assert facts["receipt"].due_at == NOW + timedelta(days=10)
    assert "2023/1543" in facts["receipt"].law


def test_each_question_is_an_answer_of_its_own_that_stays() -> None:
    one = desk()
    matter = one.received(EPOC)
    for place in (1, 2):
        at = NOW + timedelta(hours=place)
        steps.ask(matter.id, by=one.lawyer, text=f"Question {place}?", missing=["file_number"],
                  now=at)  # fmt: skip
        steps.complete(matter.id, by=one.officer.person, answer="As follows.", now=at)

    facts = told(matter)

    assert facts["please_complete"].questions == ("Question 1?",)
    assert facts["please_complete-2"].questions == ("Question 2?",)
    assert facts["please_complete"].due_at == NOW + timedelta(hours=1, days=5)
    assert facts["please_complete"].missing == ("file_number",)


@pytest.mark.parametrize(
    ("entry", "name"),
    [(EPOC, "epoc_not_executed"), (TCO, "tco_not_executed"), (DSA, "refusal")],
)
def test_a_refusal_comes_in_the_laws_own_form(entry: str, name: str) -> None:
    one = desk()
    plan = replace(refusal(), ground=FurtherGround.MANIFEST_ERRORS)
    matter = one.released(entry, plan)

    facts = told(matter)[name]

    assert facts.ground == "manifest_errors"
    assert facts.explanation == plan.answer
    assert facts.answered_at == NOW


def test_what_is_only_prepared_is_told_to_nobody() -> None:
    one = desk()
    matter = one.prepared(TCO, refusal())

    assert set(told(matter)) == {"receipt"}


def test_a_removal_is_told_with_the_time_at_which_the_messenger_confirmed_it() -> None:
    one = desk(kind=AuthorityKind.ADMIN_AUTHORITY, now=BEFORE)

    matter = carried_out(one, TCO, removal())

    facts = told(matter)["tco_removed"]
    confirmed = Action.objects.get(decision__case=matter.id).in_force_at
    assert confirmed is not None
    assert facts.effects == (Effect("$message", ActionKind.REDACT, confirmed, ()),)
    assert confirmed == NOW
    assert matter.released_at == BEFORE
    assert facts.still_visible == (StillVisible.OTHER_SERVERS, StillVisible.COPIES_ON_DEVICES)


def test_what_is_withheld_in_a_country_stays_visible_elsewhere_and_it_says_so() -> None:
    one = desk(country="KZ", kind=AuthorityKind.MINISTRY, now=BEFORE)

    matter = carried_out(one, "kz-authorised-body-request", withhold("KZ"))

    facts = told(matter)["effect"]
    assert facts.effects[0].territory == ("KZ",)
    assert set(facts.still_visible) == set(StillVisible)


def test_nothing_is_said_of_what_stays_visible_where_nothing_was_done() -> None:
    assert still_visible(()) == ()


def test_a_notice_changes_the_answer_once_it_is_decided_and_its_time() -> None:
    one = desk(kind=AuthorityKind.ADMIN_AUTHORITY, now=BEFORE)
    matter = carried_out(one, TCO, removal())
    assert told(matter)["tco_removed"].user_told is None
    assert told(matter)["tco_removed"].answered_at == matter.executed_at

    decision = NoticeDecision(ACCOUNT, "Art. 11(3)", "de", until=LATER + timedelta(weeks=6))
    Matter.objects.filter(pk=matter.pk).update(gagged_until=LATER + timedelta(weeks=6))
    steps.decide_notice(matter.id, decision, by=one.lawyer, now=LATER)

    facts = told(matter)["tco_removed"]
    assert facts.user_told is UserTold.LATER
    assert facts.answered_at == LATER


def test_a_package_is_certified_by_its_hash_and_its_counts() -> None:
    one = desk()
    matter = one.released(EPOC)

    facts = told(matter)["disclosure_certificate"]

    assert facts.package.sha256 == hash_of(matter)
    assert (facts.package.connections, facts.package.phones) == (2, 1)


def test_an_information_order_is_told_that_the_data_were_given() -> None:
    one = desk(kind=AuthorityKind.COURT)
    matter = one.released(DSA)

    made = answer_named("dsa_information_effect", matter, SERVICE)

    text = str(made.json["sections"])
    assert "Prosecutor of Example" in str(made.json["head"])
    assert hash_of(matter) in text


def test_a_copy_is_told_of_when_the_sender_is_proved_and_certified_when_it_is_gone() -> None:
    one = desk()
    matter = one.received(EPOC)
    kept = Preservation.objects.get(matter=matter)
    steps.preserved(kept.id, PreservationDraft((), {"account-1.json": "ab" * 32}), now=NOW)
    assert "preserved" not in told(matter)

    proved = one.released(EPOC)
    own = Preservation.objects.get(matter=proved)
    steps.preserved(own.id, PreservationDraft((), {"account-1.json": "cd" * 32}), now=NOW)
    assert told(proved)["preserved"].copy.items == 1
    decision = NoticeDecision(ACCOUNT, "Art. 13(1)", "de", authority_tells=True)
    steps.hand_out(proved.disclosures.get().id, to=one.officer, now=NOW)
    steps.decide_notice(proved.id, decision, by=one.lawyer, now=NOW)
    steps.close(proved.id, by=one.lawyer, now=LATER)

    gone = told(proved)["destruction_certificate"].copy
    assert (gone.destroyed_at, gone.destroyed_because) == (LATER, "over")


def test_the_same_matter_gives_the_same_bytes_in_the_authoritys_language() -> None:
    one = desk()
    matter = one.released(EPOC)

    first = answer_named("disclosure_certificate", matter, SERVICE)
    second = answer_named("disclosure_certificate", matter, SERVICE)

    assert first.pdf == second.pdf
    assert first.json["language"] == "de"
    assert first.kind is AnswerKind.DISCLOSURE_CERTIFICATE


def test_what_was_given_is_kept_once_by_its_hash() -> None:
    one = desk()
    matter = one.received(EPOC)

    made, _ = (
        steps.give_answer("receipt", matter, SERVICE, by=one.officer.person.id, now=NOW)
        for _ in range(2)
    )

    [line] = Step.objects.filter(matter=matter, what="answer_given")
    assert line.facts["pdf_sha256"] == made.sha256
    assert line.by == one.officer.person.id


def test_an_answer_that_there_is_not_is_not_found() -> None:
    one = desk()
    matter = one.released(EPOC, plan_of(EPOC))

    with pytest.raises(NotFound):
        answer_named("refusal", matter, SERVICE)


def test_each_answer_names_the_entry_of_the_log_that_it_speaks_of() -> None:
    matter = carried_out(desk(), TCO, removal())
    codes = Codes(lambda record: f"code of {record}", "https://chat.example/proof/")

    drafts = drafts_of(matter, replace(SERVICE, codes=codes))

    of = {one.name: one.facts.proof for one in drafts}
    kinds = {"receipt": "legal_received", "tco_removed": "legal_executed"}
    for name, kind in kinds.items():
        record = Record.objects.get(subject=matter.id, kind=kind)
        assert of[name] == f"code of {record.id} (https://chat.example/proof/)"
    made = answer_named("tco_removed", matter, replace(SERVICE, codes=codes))
    assert of["tco_removed"] in str(made.json["head"])
