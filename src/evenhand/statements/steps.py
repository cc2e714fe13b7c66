"""The only writers of submissions: enter a decision, send what is due, settle the answers.

A submission is marked as sent before the call leaves. Whoever is killed in between leaves a row
that asks the database for its number first; so nothing is sent twice and nothing is forgotten.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet

from evenhand.actions.models import Action, Decision
from evenhand.base.errors import InputRefused, NotAllowed, NotFound, Unavailable
from evenhand.base.ids import new_id
from evenhand.base.lists import Automation, ChannelKind, RecordKind, Source
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append
from evenhand.statements import queries
from evenhand.statements.checks import back_off, differs, refusals
from evenhand.statements.entry import entry_of
from evenhand.statements.limits import (
    BATCH_ENTRIES_MAX,
    ERROR_CHARACTERS_MAX,
    FAULTS_KEPT_MAX,
    REASON_CHARACTERS_MAX,
    SENT_SECONDS,
)
from evenhand.statements.lists import Fault, Reversal, SubmissionState
from evenhand.statements.models import Submission
from evenhand.statements.ports import (
    AnswerLost,
    CallRefused,
    Notices,
    NotLetIn,
    Stored,
    TransparencyDatabase,
)
from evenhand.statements.scanner import Found, scan
from evenhand.statements.schema import schema

log = structlog.get_logger(__name__)

DUE = (SubmissionState.WAITING.value, SubmissionState.SENT.value)


class NotRefused(NotAllowed):
    """Only an entry that was refused can be tried again or left out."""

    remedy = "Look at the state of the entry."


@dataclass(frozen=True, slots=True)
class Terms:
    """What entering a decision needs to know of the house.

    key               the key of the entries' numbers
    small_enterprise  DSA Art. 19(1): nothing is submitted
    notices           who knows what led to a case
    """

    key: bytes
    small_enterprise: bool
    notices: Notices


def enter(decision_id: UUID, terms: Terms, *, now: datetime) -> Submission | None:
    """Makes the submission of a decision, once; None if the decision stays out."""
    with transaction.atomic():
        known = Submission.objects.filter(decision_id=decision_id).first()
        if known is not None:
            return known
        decision = queries.decided(decision_id)
        if queries.exemption(decision, small_enterprise=terms.small_enterprise) is not None:
            return None
        return Submission.objects.create(
            id=new_id(now=now),
            decision=decision,
            puid=queries.puid_of(decision_id, key=terms.key),
            entry=_payload(decision, terms),
            schema=schema().version,
            created_at=now,
            due_at=now,
        )


def send_due(database: TransparencyDatabase, *, now: datetime, chance: Callable[[], float]) -> int:
    """Sends one batch of what is due, and gives how many submissions were taken up.

    0 also where the database put something off: the next batch waits a little too.
    """
    sending = _Sending(database, now=now, chance=chance)
    taken = sending.claim()
    if taken:
        sending.run(taken)
    return 0 if sending.put_off else len(taken)


def note_reversal(decision_id: UUID, how: Reversal, *, now: datetime) -> None:
    """Notes that a decision fell; the first reversal stands, and the database is told of none."""
    Submission.objects.filter(decision_id=decision_id, reversed_at=None).update(
        reversed_at=now, reversal=how.value
    )


def try_again(submission_id: UUID, terms: Terms, *, now: datetime) -> Submission:
    """Makes a refused entry anew from its decision, as policies stand now, and has it sent."""
    with transaction.atomic():
        row = _refused(submission_id)
        row.entry = _payload(queries.decided(row.decision_id), terms) | {"puid": row.puid}
        row.schema = schema().version
        row.state = SubmissionState.WAITING.value
        row.faults, row.error, row.attempts, row.alone = [], "", 0, False
        row.answered_at, row.due_at = None, now
        row.save()
    return row


def leave_out(submission_id: UUID, *, by: UUID, reason: str, now: datetime) -> Submission:
    """Leaves a refused entry out for good, for a reason."""
    said = reason.strip()
    if not said:
        raise InputRefused(what="reason", why="is missing")
    if len(said) > REASON_CHARACTERS_MAX:
        raise InputRefused(what="reason", why="too long", characters_max=REASON_CHARACTERS_MAX)
    with transaction.atomic():
        row = _refused(submission_id)
        row.state = SubmissionState.GONE.value
        row.left_out_by, row.left_out_reason = by, said
        row.save()
        _record(row, RecordKind.STATEMENT_REJECTED, now=now, body={"left_out_by": str(by)})
    return row


class _Sending:
    """One batch on its way: claimed, checked, sent, settled."""

    def __init__(
        self, database: TransparencyDatabase, *, now: datetime, chance: Callable[[], float]
    ) -> None:
        self._database = database
        self._now = now
        self._chance = chance
        self._failure: Exception | None = None

    @property
    def put_off(self) -> bool:
        """Tells whether the database put something off."""
        return self._failure is not None

    def claim(self) -> list[tuple[Submission, bool]]:
        """Marks what is due as sent, and gives it with whether it may have arrived before."""
        with transaction.atomic():
            rows = list(
                Submission.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("decision")
                .prefetch_related("decision__actions")
                .filter(state__in=DUE, due_at__lte=self._now)
                .order_by("due_at", "id")[:BATCH_ENTRIES_MAX]
            )
            taken = [(row, row.state == SubmissionState.SENT) for row in rows]
            for row in rows:
                row.state = SubmissionState.SENT.value
                row.attempts += 1
                row.due_at = self._now + timedelta(seconds=SENT_SECONDS)
                row.save(update_fields=["state", "attempts", "due_at"])
        return taken

    def run(self, taken: Sequence[tuple[Submission, bool]]) -> None:
        """Sends what was claimed: what may be there is asked for, the rest goes in one call."""
        together: list[Submission] = []
        for row, may_be_there in taken:
            found = [*refusals(row.entry), *scan(row.entry, known=queries.names_of(row.decision))]
            if found:
                self._settle_refused(row, found)
            elif row.alone or may_be_there:
                self._guarded([row], partial(self._alone, row, may_be_there), asked=may_be_there)
            else:
                together.append(row)
        if together:
            self._guarded(together, lambda: self._together(together))

    def _guarded(
        self, rows: Sequence[Submission], call: Callable[[], None], *, asked: bool = False
    ) -> None:
        """Makes a call; what goes wrong with it decides when these rows are due again.

        What may have arrived before stays marked as sent until the database has been asked. Once a
        call was put off, the further ones of this batch are not made.
        """
        waits = SubmissionState.SENT if asked else SubmissionState.WAITING
        if self._failure is not None:
            self._later(rows, self._failure, waits)
            return
        try:
            call()
        except AnswerLost as error:
            self._later(rows, error, SubmissionState.SENT)
        except CallRefused as error:
            if len(rows) == 1:
                said = str(error.fields.get("said", ""))
                self._settle_refused(rows[0], [Found("", Fault.BY_DATABASE, said)])
            else:
                self._each_alone(rows)
        except (NotLetIn, Unavailable) as error:
            self._later(rows, error, waits)

    def _together(self, rows: Sequence[Submission]) -> None:
        answer = self._database.submit([row.entry for row in rows])
        self._settle_stored(rows, answer.stored)
        stored = {one.puid for one in answer.stored}
        for place, row in enumerate(rows):
            faults = answer.refused.get(place, {})
            if row.puid in stored:
                continue
            if set(faults) == {"puid"}:
                self._each_alone([row])  # by itself the database says what it holds already
            elif faults:
                self._settle_refused(row, _by_database(faults))
            else:
                self._due_now(row)

    def _alone(self, row: Submission, may_be_there: bool) -> None:
        if may_be_there and not row.alone and not self._database.has(row.puid):
            self._due_now(row)
            return
        answer = self._database.submit_one(row.entry)
        if answer.held is not None:
            different = differs(row.entry, answer.held.content)
            if different:
                self._settle_refused(row, [Found(one, Fault.DIFFERS, "") for one in different])
            else:
                self._settle_stored([row], [answer.held])
            return
        if answer.stored:
            self._settle_stored([row], answer.stored)
            return
        self._settle_refused(row, _by_database(answer.refused.get(0, {})))

    def _settle_stored(self, rows: Sequence[Submission], stored: Sequence[Stored]) -> None:
        by_puid = {row.puid: row for row in rows}
        with transaction.atomic():
            for one in stored:
                row = by_puid[one.puid]
                if not _sent(row).select_for_update().exists():
                    continue
                row.state = SubmissionState.ACCEPTED.value
                row.answered_at = self._now
                row.uuid, row.permalink, row.error = one.uuid, one.permalink, ""
                row.save(update_fields=["state", "answered_at", "uuid", "permalink", "error"])
                body = {"puid": row.puid, "uuid": row.uuid, "attempts": row.attempts}
                _record(row, RecordKind.STATEMENT_SUBMITTED, now=self._now, body=body)

    def _settle_refused(self, row: Submission, found: Sequence[Found]) -> None:
        with transaction.atomic():
            if not _sent(row).select_for_update().exists():
                return
            row.state = SubmissionState.REFUSED.value
            row.answered_at = self._now
            row.faults = [
                {
                    "field": one.field,
                    "fault": one.fault.value,
                    "why": one.why[:ERROR_CHARACTERS_MAX],
                }
                for one in found[:FAULTS_KEPT_MAX]
            ]
            row.save(update_fields=["state", "answered_at", "faults"])
            body = {
                "puid": row.puid,
                "faults": sorted({f"{one.field}:{one.fault.value}" for one in found}),
            }
            _record(row, RecordKind.STATEMENT_REJECTED, now=self._now, body=body)

    def _later(self, rows: Sequence[Submission], error: Exception, state: SubmissionState) -> None:
        self._failure = error
        log.info("statements_not_sent", error=type(error).__name__, rows=len(rows))
        for row in rows:
            pause = back_off(row.attempts, jitter=self._chance())
            due = self._now + timedelta(seconds=pause)
            _sent(row).update(state=state.value, due_at=due, error=type(error).__name__)

    def _each_alone(self, rows: Sequence[Submission]) -> None:
        for row in rows:
            _sent(row).update(state=SubmissionState.WAITING.value, due_at=self._now, alone=True)

    def _due_now(self, row: Submission) -> None:
        _sent(row).update(state=SubmissionState.WAITING.value, due_at=self._now)


def _sent(row: Submission) -> "QuerySet[Submission]":
    """Gives the row as long as nobody settled it meanwhile: a slow sender may be overtaken."""
    return Submission.objects.filter(pk=row.pk, state=SubmissionState.SENT.value)


def _payload(decision: Decision, terms: Terms) -> dict[str, object]:
    facts = queries.facts_of(
        decision,
        puid=queries.puid_of(decision.id, key=terms.key),
        actions=list(Action.objects.filter(decision=decision)),
        evidence=queries.seen_of(decision),
        formal_notice=decision.case is not None and terms.notices.formal(decision.case),
    )
    return entry_of(facts).payload()


def _by_database(faults: Mapping[str, str]) -> list[Found]:
    """Gives what the database refused; its words are cut and never carry what was sent."""
    known = schema().fields
    return [
        Found(name if name in known else "", Fault.BY_DATABASE, said)
        for name, said in faults.items()
    ] or [Found("", Fault.BY_DATABASE, "no field was named")]


def _refused(submission_id: UUID) -> Submission:
    row = (
        Submission.objects.select_for_update(of=("self",))
        .select_related("decision")
        .filter(pk=submission_id)
        .first()
    )
    if row is None:
        raise NotFound(what="submission", id=submission_id)
    if row.state != SubmissionState.REFUSED:
        raise NotRefused(submission=submission_id, state=row.state)
    return row


def _record(
    row: Submission, kind: RecordKind, *, now: datetime, body: Mapping[str, object]
) -> None:
    decision = row.decision
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=kind,
            subject=decision.id,
            harm=decision.harm,
            market=decision.market,
            automation=Automation(decision.automation),
            source=Source(decision.source),
            language=decision.language,
            channel_kind=ChannelKind(decision.channel_kind),
            milliseconds=max(0, round((now - decision.at).total_seconds() * 1000)),
            body=body,
        )
    )
