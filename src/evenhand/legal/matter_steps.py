"""Writes a matter up to its plan, and its end: questions, validation, substance, close."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from evenhand.authorities.models import Officer
from evenhand.authorities.queries import confirmed_call_back, officer, officer_of
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.legal import clock_steps
from evenhand.legal.checks import (
    StepRefused,
    check_close,
    check_fields,
    check_names,
    check_reason,
    check_second_look,
    check_step,
    check_substance,
    check_validation,
    needs_board,
)
from evenhand.legal.drafts import (
    BoardVote,
    DocumentDraft,
    SubstanceAnswers,
    Validation,
)
from evenhand.legal.history_steps import locked, write_step
from evenhand.legal.limits import IDENTIFIERS_KEPT, QUESTION_CHARACTERS_MAX
from evenhand.legal.lists import (
    Authenticity,
    ClockName,
    DisclosureState,
    Finding,
    MatterState,
    Outcome,
    Verb,
)
from evenhand.legal.models import (
    Assessment,
    Assignment,
    Disclosure,
    Matter,
    Question,
    Step,
    Vote,
)
from evenhand.legal.preservation_steps import end_on_receipt
from evenhand.legal.queries import (
    INFORMED_AT,
    URGENT,
    actor_of,
    facts_of,
    law_of,
    names_protected,
    stands,
)
from evenhand.legal.receipt_steps import keep_documents, missing_of
from evenhand.legal.suspicion_steps import judge_again
from evenhand.markets.queries import sign_off_of
from evenhand.people.models import Person
from evenhand.people.roles import Role

MATTER_ROLES = (Role.LEGAL_OFFICER, Role.APPROVER, Role.BOARD)
"""Who of the staff can work on a matter."""

VOTES_NEEDED = 2
"""Members of the board who must agree."""


REFERRED = "referred_to_review"
"""The step by which a referral leaves the legal desk for the reviewers."""

REVIEWED_AS = {True: "review_acted", False: "review_left"}
"""What reviewers made of one thing that a referral names."""


def note_referred(matter_id: UUID, *, reports: int, now: datetime) -> Matter:
    """Notes, once, that a referral lies with the reviewers now, as so many reports."""
    with transaction.atomic():
        matter = locked(matter_id)
        if not Step.objects.filter(matter=matter, what=REFERRED).exists():
            write_step(matter, REFERRED, by=None, now=now, facts={"reports": reports})
    return matter


def note_review(matter_id: UUID, *, acted: bool, now: datetime) -> Matter:
    """Notes what reviewers made of one thing that a referral names; its officer sees it."""
    with transaction.atomic():
        matter = locked(matter_id)
        write_step(matter, REVIEWED_AS[acted], by=None, now=now)
    return matter


def take(matter_id: UUID, *, by: Person, now: datetime) -> Matter:
    """Puts a matter into the hands of the person who takes it from the queue."""
    return assign(matter_id, to=by, by=by, now=now)


def assign(matter_id: UUID, *, to: Person, by: Person, now: datetime) -> Matter:
    """Puts a matter into somebody's hands; from then on that person sees it."""
    with transaction.atomic():
        matter = locked(matter_id)
        if not any(to.has(role) for role in MATTER_ROLES):
            raise StepRefused(matter=matter_id, findings=(Finding.ROLE_MISSING,))
        if to.id != by.id and not actor_of(matter_id, by).assigned:
            raise StepRefused(matter=matter_id, findings=(Finding.NOT_ASSIGNED,))
        _, new = Assignment.objects.get_or_create(matter=matter, person=to, defaults={"at": now})
        if new:
            write_step(matter, "assigned", by=by.id, now=now, facts={"to": str(to.id)})
    return matter


def ask(
    matter_id: UUID, *, by: Person, text: str, now: datetime, missing: Sequence[str] = ()
) -> Question:
    """Asks the authority to complete or explain; the answer's clock stands until it does."""
    with transaction.atomic():
        matter = locked(matter_id)
        found = [
            *check_step(MatterState(matter.state), Verb.ASK, actor_of(matter_id, by)),
            *check_reason(text),
            *check_names(missing, law_of(matter)[0]),
        ]
        if len(text) > QUESTION_CHARACTERS_MAX:
            found.append(Finding.TOO_LONG)
        _refuse(matter, found)
        question = Question.objects.create(
            id=new_id(now=now),
            matter=matter,
            asked_by=by,
            asked_at=now,
            text=text,
            missing=list(missing),
        )
        clock_steps.pause(matter, ClockName.ANSWER, reason="the authority was asked", now=now)
        write_step(
            matter,
            "asked",
            by=by.id,
            now=now,
            to=MatterState.ASKED,
            facts={"missing": list(missing)},
        )
    return question


def complete(
    matter_id: UUID,
    *,
    by: Person,
    answer: str,
    now: datetime,
    fields: Mapping[str, str] | None = None,
    documents: Sequence[DocumentDraft] = (),
) -> Matter:
    """Takes in the authority's answer; the matter is looked at anew and its clock goes on.

    `by` is the matter's officer, or who enters for it what came on paper.
    """
    kind_fields = dict(fields or {})
    with transaction.atomic():
        matter = locked(matter_id)
        kind, _ = law_of(matter)
        found = [
            *check_step(MatterState(matter.state), Verb.COMPLETE),
            *check_reason(answer),
            *check_fields(kind_fields, kind),
        ]
        if not _speaks_for(matter, by):
            found.append(Finding.NOT_ASSIGNED)
        _refuse(matter, found)
        matter.questions.filter(answered_at=None).update(
            answered_at=now,
            answered_by=by,
            answer=answer[:QUESTION_CHARACTERS_MAX],
            replaced={
                name: matter.fields[name]
                for name, value in kind_fields.items()
                if name in matter.fields and matter.fields[name] != value
            },
        )
        # What was found of the request was found of another text: somebody looks at it anew.
        Assessment.objects.filter(matter=matter, voided_at=None).update(voided_at=now)
        matter.fields = {**matter.fields, **kind_fields}
        keep_documents(matter, documents, now=now)
        judge_again(matter)
        _unvalidate(matter)
        clock_steps.go_on(matter, ClockName.ANSWER, from_start=kind.clock_restarts, now=now)
        write_step(
            matter,
            "completed",
            by=by.id,
            now=now,
            to=MatterState.RECEIVED,
            facts={"fields": sorted(kind_fields), "still_missing": list(missing_of(matter, kind))},
        )
    return matter


def validate(matter_id: UUID, validation: Validation, *, by: Person, now: datetime) -> Matter:
    """Keeps what a member of staff found of form and sender; a mailbox proves nobody."""
    with transaction.atomic():
        matter = locked(matter_id)
        call = confirmed_call_back(matter=matter.id)
        found = [
            *check_step(MatterState(matter.state), Verb.VALIDATE, actor_of(matter_id, by)),
            *check_reason(validation.note),
            *check_validation(
                validation.authenticity,
                document_trusted=matter.documents.filter(trusted=True).exists(),
                called_back=call is not None,
                on_paper=matter.entered_by_id is not None,
            ),
        ]
        if missing_of(matter, law_of(matter)[0]):
            found.append(Finding.FIELD_MISSING)
        _refuse(matter, found)
        matter.validated_by, matter.validated_at = by, now
        matter.authenticity = validation.authenticity.value
        matter.validation = {"note": validation.note, **validation.findings, **_prior(validation)}
        matter.suspect = validation.suspect
        matter.call_back = call
        matter.sign_off = sign_off_of(matter.entry, matter.regime_version)
        judge_again(matter)
        write_step(
            matter,
            "validated",
            by=by.id,
            now=now,
            to=MatterState.VALIDATED,
            facts={"authenticity": matter.authenticity, "suspect": matter.suspect},
        )
    return matter


def _prior(validation: Validation) -> dict[str, object]:
    """Gives what is kept of how an authority made itself known before its first order."""
    informed = validation.informed_at
    said = {} if informed is None else {INFORMED_AT: informed.isoformat()}
    return {**said, **({URGENT: True} if validation.urgent else {})}


def assess(matter_id: UUID, answers: SubstanceAnswers, *, by: Person, now: datetime) -> Assessment:
    """Keeps the answers to the questions of substance; a yes or a doubt goes to the board.

    The clock runs on meanwhile. Answers given anew replace the old ones, and votes on those count
    no more.
    """
    with transaction.atomic():
        matter = locked(matter_id)
        found = [
            *check_step(MatterState(matter.state), Verb.ASSESS, actor_of(matter_id, by)),
            *check_substance(answers),
        ]
        before = Assessment.objects.filter(matter=matter).first()
        if before is not None and before.board and before.voided_at is None:
            # What the board has decided is not asked anew by one person.
            found.append(Finding.WRONG_STATE)
        found += check_second_look(
            doubted=matter.fraud.get("needs_second_look") is True,
            validated_by=matter.validated_by_id,
            by=by.id,
        )
        _refuse(matter, found)
        to_board = (
            needs_board(answers.answers)
            or (before is not None and before.needs_board)
            or names_protected(matter, now=now)
        )
        assessment, _ = Assessment.objects.update_or_create(
            matter=matter,
            defaults={
                "answers": {one.value: said.value for one, said in answers.answers.items()},
                "reason": answers.reason,
                "by": by,
                "at": now,
                "needs_board": to_board,
                "board": "",
                "board_at": None,
                "round": 1 if before is None else before.round + 1,
                "voided_at": None,
            },
        )
        write_step(
            matter,
            "assessed",
            by=by.id,
            now=now,
            facts={"needs_board": to_board, **assessment.answers},
        )
    return assessment


def vote(matter_id: UUID, ballot: BoardVote, *, by: Person, now: datetime) -> Assessment:
    """Keeps one member's vote; two who agree decide, and nobody who assessed may vote."""
    with transaction.atomic():
        matter = locked(matter_id)
        found = [
            *check_step(MatterState(matter.state), Verb.BOARD, actor_of(matter_id, by)),
            *check_reason(ballot.reason),
        ]
        assessment = Assessment.objects.filter(
            matter=matter, needs_board=True, board="", voided_at=None
        ).first()
        if assessment is None:
            found.append(Finding.SUBSTANCE_UNANSWERED)
        elif (
            assessment.by_id == by.id or matter.votes.filter(by=by, round=assessment.round).exists()
        ):
            found.append(Finding.SAME_PERSON)
        _refuse(matter, found)
        assert assessment is not None
        Vote.objects.create(
            matter=matter,
            by=by,
            at=now,
            decision=ballot.decision.value,
            reason=ballot.reason,
            round=assessment.round,
        )
        agreed = matter.votes.filter(decision=ballot.decision.value, round=assessment.round)
        if agreed.count() >= VOTES_NEEDED:
            assessment.board, assessment.board_at = ballot.decision.value, now
            assessment.save(update_fields=["board", "board_at"])
        write_step(
            matter,
            "voted",
            by=by.id,
            now=now,
            facts={"decision": ballot.decision.value, "decided": assessment.board},
        )
    return assessment


def hand_over(matter_id: UUID, *, to: UUID, by: Person, now: datetime) -> Matter:
    """Hands a matter to a colleague of the same authority; `to` is that officer's id.

    A package that was sealed to the first officer's key is destroyed, since the colleague could
    not open it; what was prepared goes back to be prepared again.
    """
    with transaction.atomic():
        matter = locked(matter_id)
        colleague = officer(to)
        found = [] if stands(colleague, now=now) else [Finding.OFFICER_MAY_NOT_FILE]
        own = officer_of(by.id)
        if own is None or own.id != matter.officer_id:
            found.append(Finding.NOT_ASSIGNED)
        if colleague.authority_id != matter.authority_id:
            found.append(Finding.OTHER_AUTHORITY)
        if MatterState(matter.state) not in HANDING_OVER:
            found.append(Finding.WRONG_STATE)
        _refuse(matter, found)
        _drop_plan(matter)
        matter.officer = colleague
        back = MatterState.VALIDATED if matter.state == MatterState.PREPARED else None
        write_step(
            matter, "handed_over", by=by.id, now=now, to=back, facts={"officer": str(colleague.id)}
        )
    return matter


def withdraw(matter_id: UUID, *, by: Person, reason: str, now: datetime) -> Matter:
    """Takes a request back, by its officer or by who entered it, before anything was released."""
    with transaction.atomic():
        matter = locked(matter_id)
        found = list(check_step(MatterState(matter.state), Verb.WITHDRAW, reason=reason))
        if not _speaks_for(matter, by):
            found.append(Finding.NOT_ASSIGNED)
        _refuse(matter, found)
        _drop_plan(matter)
        matter.outcome = Outcome.WITHDRAWN.value
        clock_steps.stop_all(matter, now=now)
        write_step(
            matter,
            "withdrawn",
            by=by.id,
            now=now,
            to=MatterState.WITHDRAWN,
            outcome=Outcome.WITHDRAWN.value,
        )
        end_on_receipt(matter, now=now)
    return matter


def close(matter_id: UUID, *, by: Person, now: datetime) -> Matter:
    """Closes a matter; not before it is decided what its user is told."""
    with transaction.atomic():
        matter = locked(matter_id)
        facts = facts_of(matter, None, violations=None, now=now)
        _refuse(matter, check_close(facts, actor_of(matter_id, by)))
        matter.closed_at = now
        matter.identifiers_expire_at = now + IDENTIFIERS_KEPT
        write_step(
            matter,
            "closed",
            by=by.id,
            now=now,
            to=MatterState.CLOSED,
            kind=RecordKind.LEGAL_CLOSED,
            took=now - matter.received_at,
        )
        end_on_receipt(matter, now=now)
    return matter


HANDING_OVER = frozenset(
    {MatterState.RECEIVED, MatterState.ASKED, MatterState.VALIDATED, MatterState.PREPARED}
)
"""States in which a matter can change hands at the authority: nothing was released yet."""


def _speaks_for(matter: Matter, person: Person) -> bool:
    """Tells whether a person acts for the authority in a matter: its officer, or its scribe."""
    if matter.officer_id is not None:
        one: Officer | None = officer_of(person.id)
        return one is not None and one.id == matter.officer_id and person.may_enter
    return person.may_enter and matter.entered_by_id == person.id


def _unvalidate(matter: Matter) -> None:
    matter.validated_by = matter.validated_at = None
    matter.authenticity = Authenticity.NONE.value
    matter.suspect = False


def _drop_plan(matter: Matter) -> None:
    """Takes a plan away that was not released, with the package made for it."""
    Disclosure.objects.filter(
        matter=matter,
        state__in=[DisclosureState.PLANNED.value, DisclosureState.COLLECTED.value],
    ).update(state=DisclosureState.DESTROYED.value, sealed=b"")
    matter.plan_kind, matter.plan = "", None
    matter.prepared_by = matter.prepared_at = None
    matter.ground = ""


def _refuse(matter: Matter, findings: Sequence[Finding]) -> None:
    if findings:
        raise StepRefused(matter=matter.id, findings=tuple(dict.fromkeys(findings)))
