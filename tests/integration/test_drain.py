"""The journal's entries become decisions, cases, evidence and counts, each once."""

import json
from datetime import UTC, datetime

import pytest
from nacl.public import PrivateKey
from tests.conftest import Site

from evenhand.actions.drain import drain, store
from evenhand.actions.journal import (
    Answered,
    CountedEntry,
    Counter,
    Entry,
    EventFacts,
    FlaggedEntry,
    JournalReader,
    JournalWriter,
)
from evenhand.actions.models import Action, Decision
from evenhand.actions.ports import RuleAuthors
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, ChannelKind, EventKind, Language
from evenhand.base.sealing import seal, unseal
from evenhand.cases.models import Case
from evenhand.evidence.models import SealedItem
from evenhand.records.models import Record, RecordOpening
from evenhand.verdicts.schema import RuleHit, Verdict
from evenhand.wiring import CaseReviews

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = datetime(2026, 11, 22, 11, tzinfo=UTC)
KEY = PrivateKey(bytes(range(32)))


class Rules:
    """A rulebook whose rules all have the same people."""

    def authors(self, rule_id: str, version: str) -> RuleAuthors:
        return RuleAuthors("Aino Author", "Pekka Approver")

    def sentence(self, rule_id: str, version: str, language: Language) -> str | None:
        return None

    def delay_minutes(self, rule_id: str, version: str) -> int:
        return 0


def flagged(event: str, action: ActionKind, answered: Answered) -> FlaggedEntry:
    return FlaggedEntry(
        id=new_id(now=NOW),
        at=NOW,
        event=EventFacts(
            event_id=event,
            kind=EventKind.MESSAGE,
            time=NOW,
            channel_kind=ChannelKind.PUBLIC,
            account="@a:twin",
            channel="!r:twin",
        ),
        verdict=Verdict(
            event_id=event,
            harm="m.tos.prohibited.drugs",
            severity=3,
            score=0.9,
            rules=(RuleHit("drugs_sale_offer", "1"),),
            action=action,
            exact=False,
            language="de",
            reason="It offers drugs for sale.",
        ),
        answered=answered,
        content=seal(json.dumps({"text": event}).encode(), to=KEY.public_key),
        market="DE",
        milliseconds=4,
    )


def counted(counter: Counter, quantity: int, reason: str = "") -> CountedEntry:
    return CountedEntry(
        id=new_id(now=NOW),
        hour=HOUR,
        counter=counter,
        channel_kind=ChannelKind.PUBLIC,
        reason=reason,
        quantity=quantity,
    )


def stored(*entries: Entry) -> None:
    store(entries, rulebook=Rules(), reviews=CaseReviews(), now=NOW)


@pytest.mark.django_db
def test_what_was_refused_is_decided_and_its_content_kept_under_seal() -> None:
    one = flagged("$one", ActionKind.REFUSE, Answered.REFUSED)

    stored(one)

    decision = Decision.objects.get(id=one.id)
    item = SealedItem.objects.get(id=decision.evidence_id)
    assert unseal(bytes(item.sealed), key=KEY) == b'{"text": "$one"}'
    assert (item.subject, item.media_type) == (one.id, "application/json")
    assert (decision.rule_author, decision.rule_approver) == ("Aino Author", "Pekka Approver")
    assert Action.objects.get(decision=decision).kind == "refuse"
    assert not Case.objects.exists()


@pytest.mark.django_db
def test_what_is_held_is_decided_and_becomes_a_case_with_the_same_evidence() -> None:
    one = flagged("$one", ActionKind.HOLD, Answered.REFUSED)

    stored(one)

    case = Case.objects.get()
    assert (case.decision_id, case.evidence_id, case.kind) == (one.id, one.id, "review")


@pytest.mark.django_db
def test_what_only_a_person_may_decide_becomes_a_case_alone() -> None:
    stored(flagged("$one", ActionKind.NONE, Answered.PASSED))

    assert Case.objects.get().decision_id is None
    assert not Decision.objects.exists()


@pytest.mark.django_db
def test_entries_that_come_again_change_nothing() -> None:
    entries = (
        flagged("$one", ActionKind.REFUSE, Answered.REFUSED),
        flagged("$two", ActionKind.HOLD, Answered.REFUSED),
        flagged("$three", ActionKind.NONE, Answered.PASSED),
        counted(Counter.SCREENED, 7),
    )
    stored(*entries)
    before = [model.objects.count() for model in (Decision, Action, Case, SealedItem, Record)]

    stored(*entries)

    after = [model.objects.count() for model in (Decision, Action, Case, SealedItem, Record)]
    assert before == after == [2, 2, 2, 3, 5]


@pytest.mark.django_db
def test_counts_are_records_of_their_hour() -> None:
    stored(counted(Counter.SCREENED, 700), counted(Counter.UNSCREENED, 3, "overload"))

    screened = Record.objects.get(kind="screened")
    unscreened = Record.objects.get(kind="unscreened")
    assert (screened.quantity, screened.at, screened.channel_kind) == (700, HOUR, "public")
    assert unscreened.quantity == 3
    assert RecordOpening.objects.get(record=unscreened).body == {"reason": "overload"}


def test_the_journal_moves_on_only_after_its_entries_are_stored(committed: Site) -> None:
    key = bytes(range(32))
    journal = JournalWriter(committed.home / "journal", key)
    journal.append([flagged(f"$event{n}", ActionKind.REFUSE, Answered.REFUSED) for n in range(5)])
    reader = JournalReader(committed.home / "journal", key)

    class Broken:
        """Takes no case: what it was given in one transaction is not stored either."""

        def open_reviews(self, requests: object, *, now: object) -> None:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        drain(reader, rulebook=Rules(), reviews=Broken(), now=NOW)
    decided_meanwhile = Decision.objects.count()
    drained = drain(reader, rulebook=Rules(), reviews=CaseReviews(), now=NOW)
    rest = drain(reader, rulebook=Rules(), reviews=CaseReviews(), now=NOW)
    journal.close()

    assert (decided_meanwhile, drained, rest) == (0, 5, 0)
    assert Decision.objects.count() == 5
