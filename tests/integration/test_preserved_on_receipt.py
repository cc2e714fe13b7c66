"""What a European Production Order asks for is put away when it comes in, and goes with it."""

from datetime import timedelta

import pytest
from tests.integration.matters_of_tests import ACCOUNT, NOW, Desk, desk, refusal

from evenhand.base.ids import new_id
from evenhand.evidence.models import SealedItem
from evenhand.evidence.steps import Sealed, keep_vaulted
from evenhand.evidence.vault import MEDIA_TYPE
from evenhand.legal import steps
from evenhand.legal.answering import Service, drafts_of
from evenhand.legal.checks import StepRefused
from evenhand.legal.drafts import IdentifierDraft, NoticeDecision, PreservationDraft
from evenhand.legal.lists import Finding, IdentifierKind, MatterState
from evenhand.legal.models import Clock, Disclosure, Identifier, Matter, Preservation
from evenhand.legal.ports import DataClass
from evenhand.legal.queries import identifier_kinds, preservation_tasks

pytestmark = pytest.mark.django_db

EPOC = "eu-epoc-subscriber"
LATER = NOW + timedelta(days=400)


def put_away(matter: Matter) -> Preservation:
    """What the collector does with what waits for it."""
    [task] = preservation_tasks()
    item = Sealed(new_id(now=NOW), matter.id, MEDIA_TYPE, b"sealed for two")
    ids = keep_vaulted([item], expires_at=task.expires_at, now=NOW)
    draft = PreservationDraft(tuple(ids), {"account-1.json": "ab" * 32})
    return steps.preserved(task.preservation, draft, now=NOW)


def closed(one: Desk, matter: Matter) -> None:
    decision = NoticeDecision(ACCOUNT, "Art. 13(1)", "de", authority_tells=True)
    steps.hand_out(Disclosure.objects.get(matter=matter).id, to=one.officer, now=NOW)
    steps.decide_notice(matter.id, decision, by=one.lawyer, now=NOW)
    steps.close(matter.id, by=one.lawyer, now=NOW)


def test_the_collector_is_to_put_away_what_is_asked_for_at_once() -> None:
    one = desk()

    matter = one.received(EPOC)

    [task] = preservation_tasks()
    assert (task.matter, task.accounts, task.channels) == (matter.id, (ACCOUNT,), ())
    assert task.want == {DataClass.PHONE, DataClass.CONNECTIONS}


def test_an_order_about_content_puts_nothing_away_on_receipt() -> None:
    one = desk()

    one.received("eu-tco-removal")

    assert preservation_tasks() == []


def test_putting_away_answers_nothing_and_gives_nothing() -> None:
    one = desk()
    matter = one.received(EPOC)

    kept = put_away(matter)

    matter.refresh_from_db()
    assert kept.sealed_at is not None
    assert matter.state == MatterState.RECEIVED
    assert matter.executed_at is None
    assert Clock.objects.get(matter=matter, name="answer").stopped_at is None
    assert not Disclosure.objects.exists()


def test_it_stays_while_the_matter_is_open_however_long_that_takes() -> None:
    one = desk()
    put_away(one.received(EPOC))

    assert steps.sweep_preservations(now=LATER) == 0


def test_it_goes_with_a_certificate_when_the_order_is_refused() -> None:
    one = desk()
    matter = one.prepared(EPOC, refusal())
    kept = put_away(matter)

    one.release(matter)

    kept.refresh_from_db()
    assert kept.destroyed_at == NOW
    assert kept.certificate["hashes"] == {"account-1.json": "ab" * 32}
    assert not any(bytes(item.sealed) for item in SealedItem.objects.filter(subject=matter.id))


@pytest.mark.parametrize(("validated", "held"), [(True, True), (True, False), (False, True)])
def test_a_refusal_says_whether_the_data_are_kept(validated: bool, held: bool) -> None:
    one = desk()
    matter = one.validated(EPOC) if validated else one.received(EPOC)
    kept = put_away(matter)
    if held:
        steps.hold_preservation(kept.id, by=one.lawyer, reason="Another order comes.", now=NOW)
    steps.prepare(matter.id, refusal(), by=one.lawyer, violations=None, now=NOW)
    matter = one.release(Matter.objects.get(pk=matter.id))

    [facts] = [
        draft.facts
        for draft in drafts_of(matter, Service("Example", "desk@example.test"))
        if draft.name == "epoc_not_executed"
    ]

    assert facts.data_kept is (validated and held)


def test_it_goes_when_the_matter_is_closed_and_not_before() -> None:
    one = desk()
    matter = one.released(EPOC)
    kept = put_away(matter)
    assert kept.destroyed_at is None

    closed(one, matter)

    kept.refresh_from_db()
    assert kept.destroyed_at == NOW


def test_a_hold_keeps_it_until_it_is_lifted() -> None:
    one = desk()
    matter = one.released(EPOC)
    kept = put_away(matter)
    steps.hold_preservation(kept.id, by=one.lawyer, reason="Another order is on its way.", now=NOW)

    closed(one, matter)

    kept.refresh_from_db()
    assert kept.destroyed_at is None
    steps.lift_hold(kept.id, by=one.lawyer, reason="It came and was answered.", now=NOW)
    assert steps.sweep_preservations(now=NOW) == 1


def test_what_is_sealed_too_late_is_not_kept() -> None:
    one = desk()
    matter = one.received(EPOC)
    [task] = preservation_tasks()
    steps.withdraw(matter.id, by=one.officer.person, reason="Issued by mistake.", now=NOW)

    with pytest.raises(StepRefused) as error:
        steps.preserved(task.preservation, PreservationDraft((), {}), now=NOW)

    assert error.value.fields["findings"] == (Finding.EXPIRED,)


def test_an_account_found_by_its_number_is_put_away_too_and_not_told_of() -> None:
    one = desk()
    phone = (IdentifierDraft(IdentifierKind.PHONE, "+491701234567"),)
    matter = one.validated(EPOC, identifiers=phone)
    put_away(matter)

    steps.looked_up(Identifier.objects.get(matter=matter).id, ACCOUNT, now=NOW)

    [task] = preservation_tasks()
    assert task.accounts == (ACCOUNT,)
    assert identifier_kinds(matter.id) == ["phone"]
