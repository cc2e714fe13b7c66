"""Decisions on their way to the DSA Transparency Database, on the client's twin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from tests.drafts_of_tests import ACCOUNT, CHANNEL, EVENT, NOW, by_person, by_rule

from evenhand.actions.drafts import DecisionDraft, Measure
from evenhand.actions.models import Action
from evenhand.actions.steps import decide
from evenhand.base.errors import EvenhandError, InputRefused, NotFound, Unavailable
from evenhand.base.lists import ActionKind, ChannelKind, Ground, RecordKind, Source
from evenhand.connectors.dsa_twin import NOT_UNIQUE, DsaTwin
from evenhand.records.models import Record, RecordOpening
from evenhand.statements import queries, reactions, steps
from evenhand.statements.lists import Fault, Reversal, SubmissionState
from evenhand.statements.models import Submission
from evenhand.statements.ports import Answer, AnswerLost, CallRefused, Held, NotLetIn, Stored

pytestmark = pytest.mark.django_db

KEY = b"k" * 32
REDACT = Measure(ActionKind.REDACT, EVENT)


@dataclass
class Formal:
    """Cases to which a formal notice led."""

    cases: set[UUID] = field(default_factory=set)

    def formal(self, case: UUID) -> bool:
        return case in self.cases


@dataclass
class TwinDatabase:
    """The twin without HTTP between; `failures` are raised by the next calls.

    after  the failure comes after the database has stored what it was sent
    """

    twin: DsaTwin = field(default_factory=lambda: DsaTwin("t"))
    failures: list[EvenhandError] = field(default_factory=list)
    after: bool = False
    batches: list[int] = field(default_factory=list)

    def submit(self, entries: Sequence[Mapping[str, object]]) -> Answer:
        self.batches.append(len(entries))
        status, told = self._call("POST", "/api/v1/statements", {"statements": list(entries)})
        if status == 201:
            return Answer(stored=tuple(self._stored(one) for one in told["statements"]))
        refused = {
            int(name.removeprefix("statement_")): {one: said[0] for one, said in faults.items()}
            for name, faults in told["errors"].items()
        }
        return Answer(refused=refused)

    def submit_one(self, entry: Mapping[str, object]) -> Answer:
        self.batches.append(1)
        status, told = self._call("POST", "/api/v1/statement", dict(entry))
        if status == 201:
            return Answer(stored=(self._stored(told),))
        if "existing" in told:
            held = told["existing"]
            return Answer(held=Held(held["puid"], held["uuid"], held["permalink"], held))
        return Answer(refused={0: {one: said[0] for one, said in told["errors"].items()}})

    def has(self, puid: str) -> bool:
        return self._call("GET", f"/api/v1/statement/existing-puid/{puid}", None)[0] == 302

    def _call(self, method: str, path: str, body: object) -> tuple[int, dict]:  # type: ignore[type-arg]
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None and not self.after:
            raise failure
        told = self.twin.answer(method, path, "Bearer t", body)
        if failure is not None:
            raise failure
        return told

    @staticmethod
    def _stored(told: Mapping[str, str]) -> Stored:
        return Stored(told["puid"], told["uuid"], told["permalink"])


def terms(notices: Formal | None = None, *, small: bool = False) -> steps.Terms:
    return steps.Terms(key=KEY, small_enterprise=small, notices=notices or Formal())


def entered(draft: DecisionDraft | None = None) -> Submission:
    """The submission of a decision by a person, unless told otherwise."""
    decision = decide(draft or by_person(REDACT), now=NOW)
    row = steps.enter(decision.id, terms(), now=NOW)
    assert row is not None
    return row


def send(database: TwinDatabase, *, minutes: float = 0) -> int:
    moment = NOW + timedelta(minutes=minutes)
    return steps.send_due(database, now=moment, chance=lambda: 1.0)


def kinds_about(row: Submission) -> list[str]:
    found = Record.objects.filter(subject=row.decision_id).order_by("serial")
    return [kind for kind in found.values_list("kind", flat=True) if kind.startswith("statement_s")
            or kind == RecordKind.STATEMENT_REJECTED]  # fmt: skip


def test_a_decision_is_sent_and_accepted() -> None:
    row, database = entered(), TwinDatabase()

    assert send(database) == 1

    row.refresh_from_db()
    kept = database.twin.kept[row.puid]
    assert row.state == SubmissionState.ACCEPTED
    assert (row.uuid, row.permalink) == (kept["uuid"], kept["permalink"])
    assert kept["category"] == "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS"
    assert kinds_about(row) == [RecordKind.STATEMENT_SUBMITTED]
    assert send(database, minutes=60) == 0


def test_what_is_sent_names_nobody() -> None:
    row = entered()

    told = str(row.entry)

    assert not [name for name in queries.names_of(row.decision) if name in told]
    assert row.decision.reason not in told
    assert str(row.decision_id) not in told


def test_a_decision_is_entered_once() -> None:
    row = entered()

    again = steps.enter(row.decision_id, terms(), now=NOW)

    assert again == row
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    "draft",
    [
        by_rule(harm="m.spam", severity=1),
        by_person(REDACT, channel_kind=ChannelKind.PRIVATE),
        by_person(REDACT, ground=Ground.ORDER, source=Source.AUTHORITY),
        by_person(Measure(ActionKind.WARN, ACCOUNT)),
        by_person(Measure(ActionKind.GEO_WITHHOLD, CHANNEL, ("KZ",))),
    ],
    ids=["spam", "private", "order", "warning", "elsewhere"],
)
def test_what_is_exempt_gets_no_submission(draft: DecisionDraft) -> None:
    decision = decide(draft, now=NOW)

    assert steps.enter(decision.id, terms(), now=NOW) is None
    assert not Submission.objects.exists()


def test_a_small_enterprise_submits_nothing() -> None:
    decision = decide(by_person(REDACT), now=NOW)

    assert steps.enter(decision.id, terms(small=True), now=NOW) is None


def test_a_formal_notice_is_told_as_such() -> None:
    case = uuid4()
    decision = decide(by_person(REDACT, case=case, source=Source.USER), now=NOW)

    row = steps.enter(decision.id, terms(Formal({case})), now=NOW)

    assert row is not None
    assert row.entry["source_type"] == "SOURCE_ARTICLE_16"


def test_up_to_a_hundred_go_at_once() -> None:
    for _ in range(103):
        entered()
    database = TwinDatabase()

    assert [send(database), send(database), send(database)] == [100, 3, 0]
    assert database.batches == [100, 3]
    assert len(database.twin.kept) == 103


def test_an_answer_that_was_lost_is_looked_for_and_nothing_is_stored_twice() -> None:
    row = entered()
    database = TwinDatabase(failures=[AnswerLost(call="statements")], after=True)

    send(database)
    row.refresh_from_db()
    assert row.state == SubmissionState.SENT
    assert send(database) == 0  # it waits
    send(database, minutes=5)

    row.refresh_from_db()
    assert row.state == SubmissionState.ACCEPTED
    assert row.uuid == database.twin.kept[row.puid]["uuid"]
    assert len(database.twin.kept) == 1
    assert kinds_about(row) == [RecordKind.STATEMENT_SUBMITTED]


def test_what_was_lost_on_its_way_there_is_sent_again() -> None:
    row = entered()
    database = TwinDatabase(failures=[AnswerLost(call="statements")])

    send(database)
    send(database, minutes=5)
    send(database, minutes=5)

    row.refresh_from_db()
    assert row.state == SubmissionState.ACCEPTED


def test_a_sender_killed_between_sending_and_settling_leaves_nothing_behind() -> None:
    row, database = entered(), TwinDatabase()
    killed = steps._Sending(database, now=NOW, chance=lambda: 1.0)
    killed.claim()
    database.submit([row.entry])

    send(database, minutes=10)

    row.refresh_from_db()
    assert row.state == SubmissionState.ACCEPTED
    assert kinds_about(row) == [RecordKind.STATEMENT_SUBMITTED]


def test_a_sender_that_was_overtaken_settles_nothing() -> None:
    row, database = entered(), TwinDatabase()
    slow = steps._Sending(database, now=NOW, chance=lambda: 1.0)
    taken = slow.claim()
    send(database, minutes=10)
    send(database, minutes=10)

    slow.run(taken)

    row.refresh_from_db()
    assert row.state == SubmissionState.ACCEPTED
    assert kinds_about(row) == [RecordKind.STATEMENT_SUBMITTED]


@pytest.mark.parametrize(
    "failure", [Unavailable(peer="x"), NotLetIn(call="x")], ids=["away", "not let in"]
)
def test_it_waits_longer_each_time(failure: EvenhandError) -> None:
    row = entered()
    database = TwinDatabase(failures=[failure] * 3)

    pauses = []
    moment = NOW
    for _ in range(3):
        assert steps.send_due(database, now=moment, chance=lambda: 1.0) == 0
        row.refresh_from_db()
        assert row.state == SubmissionState.WAITING
        pauses.append(row.due_at - moment)
        moment = row.due_at
    steps.send_due(database, now=moment, chance=lambda: 1.0)

    row.refresh_from_db()
    assert pauses == sorted(set(pauses))
    assert row.state == SubmissionState.ACCEPTED
    assert row.attempts == 4


def test_one_bad_entry_does_not_sink_its_batch() -> None:
    good, bad = entered(), entered()
    # The database may know more than we do: this one it alone finds wrong.
    database = TwinDatabase()
    genuine = database.twin._many

    def picky(body: dict) -> tuple[int, dict]:  # type: ignore[type-arg]
        for place, one in enumerate(body["statements"]):
            if one["puid"] == bad.puid:
                return 422, {"errors": {f"statement_{place}": {"category": ["not this one"]}}}
        return genuine(body)

    database.twin._many = picky  # type: ignore[method-assign]

    send(database)
    send(database)

    good.refresh_from_db()
    bad.refresh_from_db()
    assert good.state == SubmissionState.ACCEPTED
    assert bad.state == SubmissionState.REFUSED
    assert bad.faults == [
        {"field": "category", "fault": Fault.BY_DATABASE.value, "why": "not this one"}
    ]
    assert kinds_about(bad) == [RecordKind.STATEMENT_REJECTED]


def test_a_call_that_is_refused_as_a_whole_is_taken_apart() -> None:
    rows = [entered() for _ in range(3)]
    database = TwinDatabase(failures=[CallRefused(call="statements", said="too much")])

    send(database)
    send(database)

    assert database.batches == [3, 1, 1, 1]
    assert {row.state for row in Submission.objects.all()} == {SubmissionState.ACCEPTED.value}
    assert len(rows) == 3


def test_once_a_call_is_put_off_the_rest_of_its_batch_waits() -> None:
    for _ in range(3):
        entered()
    Submission.objects.update(alone=True)
    database = TwinDatabase(failures=[Unavailable(peer="x")])

    assert send(database) == 0

    assert database.batches == [1]
    assert {row.state for row in Submission.objects.all()} == {SubmissionState.WAITING.value}


def test_a_number_that_is_taken_by_the_same_entry_counts_as_sent() -> None:
    row, other = entered(), entered()
    database = TwinDatabase()
    database.submit([row.entry])

    send(database)
    send(database)

    row.refresh_from_db()
    other.refresh_from_db()
    assert NOT_UNIQUE  # what the batch was refused with
    assert (row.state, other.state) == (SubmissionState.ACCEPTED, SubmissionState.ACCEPTED)
    assert row.uuid == database.twin.kept[row.puid]["uuid"]


def test_a_number_that_is_taken_by_something_else_needs_a_person() -> None:
    row = entered()
    database = TwinDatabase()
    database.submit([{**row.entry, "category": "STATEMENT_CATEGORY_VIOLENCE"}])

    send(database)
    send(database)

    row.refresh_from_db()
    assert row.state == SubmissionState.REFUSED
    assert [(one["field"], one["fault"]) for one in row.faults] == [
        ("category", Fault.DIFFERS.value)
    ]


@pytest.mark.parametrize(
    ("spoiled", "fault"),
    [
        ({"decision_facts": "@a:twin wrote it, +7 701 000 00 01"}, Fault.PERSONAL_DATA),
        ({"source_identity": "A. N. Example"}, Fault.NOT_OURS),
        ({"territorial_scope": ["XX"]}, Fault.NOT_LISTED),
    ],
)
def test_what_must_not_leave_is_held_back_and_the_rest_goes(
    spoiled: dict[str, object], fault: Fault
) -> None:
    good, bad = entered(), entered()
    Submission.objects.filter(pk=bad.pk).update(entry={**bad.entry, **spoiled})
    database = TwinDatabase()

    send(database)

    bad.refresh_from_db()
    good.refresh_from_db()
    assert (good.state, bad.state) == (SubmissionState.ACCEPTED, SubmissionState.REFUSED)
    assert fault.value in {one["fault"] for one in bad.faults}
    assert "mallory" not in str(bad.faults)
    assert list(database.twin.kept) == [good.puid]


def refused() -> Submission:
    row = entered()
    Submission.objects.filter(pk=row.pk).update(entry={**row.entry, "category": "no"})
    send(TwinDatabase())
    row.refresh_from_db()
    assert row.state == SubmissionState.REFUSED
    return row


def test_a_refused_entry_is_made_anew_and_sent() -> None:
    row, database = refused(), TwinDatabase()

    steps.try_again(row.id, terms(), now=NOW)
    send(database)

    row.refresh_from_db()
    assert row.state == SubmissionState.ACCEPTED
    assert row.faults == []
    assert kinds_about(row) == [RecordKind.STATEMENT_REJECTED, RecordKind.STATEMENT_SUBMITTED]


def test_a_refused_entry_is_left_out_for_a_reason() -> None:
    row = refused()

    with pytest.raises(InputRefused):
        steps.leave_out(row.id, by=uuid4(), reason="  ", now=NOW)
    with pytest.raises(InputRefused):
        steps.leave_out(row.id, by=uuid4(), reason="x" * 1001, now=NOW)
    steps.leave_out(row.id, by=uuid4(), reason="Decided about a test channel.", now=NOW)

    row.refresh_from_db()
    assert row.state == SubmissionState.GONE
    assert send(TwinDatabase(), minutes=600) == 0


def test_only_a_refused_entry_is_tried_again_or_left_out() -> None:
    row = entered()

    with pytest.raises(steps.NotRefused):
        steps.try_again(row.id, terms(), now=NOW)
    with pytest.raises(steps.NotRefused):
        steps.leave_out(row.id, by=uuid4(), reason="x", now=NOW)
    with pytest.raises(NotFound):
        steps.try_again(uuid4(), terms(), now=NOW)


def test_the_database_refuses_to_leave_out_without_a_name() -> None:
    row = refused()

    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.filter(pk=row.pk).update(state=SubmissionState.GONE.value)


def test_a_record_of_a_decision_makes_its_submission_and_of_spam_none() -> None:
    reaction = reactions.entering(terms())
    for draft in (by_person(REDACT), by_rule(harm="m.spam", severity=1)):
        decision = decide(draft, now=NOW)
        reaction.react(Record.objects.get(subject=decision.id, kind=RecordKind.DECISION), NOW)

    assert reaction.kinds == {RecordKind.DECISION}
    assert Submission.objects.count() == 1


def record(kind: RecordKind, subject: UUID, **body: object) -> Record:
    made = Record.objects.create(id=uuid4(), at=NOW, day=NOW.date(), kind=kind, subject=subject)
    RecordOpening.objects.create(record=made, body=body, salt=b"s" * 32)
    return made


def test_a_decision_that_falls_is_marked_and_the_entry_stays() -> None:
    undone, upheld, ended = entered(), entered(), entered()
    Action.objects.filter(decision=undone.decision).update(undo_by=uuid4())
    for one in (
        record(RecordKind.EFFECT_COMPENSATED, undone.decision_id),
        record(RecordKind.OBJECTION_UPHELD, uuid4(), decision=str(upheld.decision_id)),
        record(RecordKind.EFFECT_UNDONE, ended.decision_id),
    ):
        reactions.note_that_it_fell(one, NOW)
    send(TwinDatabase())

    rows = {row.id: row for row in Submission.objects.all()}
    assert rows[undone.id].reversal == Reversal.COMPENSATED
    assert rows[upheld.id].reversal == Reversal.OBJECTION_UPHELD
    assert rows[ended.id].reversal == ""
    assert {row.state for row in rows.values()} == {SubmissionState.ACCEPTED.value}
    assert queries.corrections()[Reversal.OBJECTION_UPHELD] == 1


def test_the_first_reversal_stands() -> None:
    row = entered()

    steps.note_reversal(row.decision_id, Reversal.OBJECTION_UPHELD, now=NOW)
    steps.note_reversal(row.decision_id, Reversal.UNDONE, now=NOW + timedelta(hours=1))

    row.refresh_from_db()
    assert (row.reversal, row.reversed_at) == (Reversal.OBJECTION_UPHELD, NOW)


def test_an_objection_whose_record_is_forgotten_is_passed_over() -> None:
    entered()
    made = Record.objects.create(
        id=uuid4(), at=NOW, day=NOW.date(), kind=RecordKind.OBJECTION_UPHELD, subject=uuid4()
    )

    reactions.note_that_it_fell(made, NOW)

    assert queries.corrections()[Reversal.OBJECTION_UPHELD] == 0


def test_pages_show_the_latest_first() -> None:
    rows = [entered() for _ in range(3)]

    page = queries.submissions()

    assert {one.id for one in page.rows} == {row.id for row in rows}
    assert page.more is False
    assert queries.counts()[SubmissionState.WAITING] == 3
    assert queries.submissions(state=SubmissionState.REFUSED).rows == []
