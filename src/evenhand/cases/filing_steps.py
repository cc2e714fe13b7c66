"""Writers that all others build on: open a case or join one, note its steps, close it."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from evenhand.actions.queries import evidence_of
from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, ChannelKind, RecordKind, Source
from evenhand.cases.checks import Finding, refuse_if
from evenhand.cases.drafts import CaseDraft, thing_of
from evenhand.cases.limits import ABOUT_CHARACTERS_MAX
from evenhand.cases.lists import CaseKind, CaseLane, CaseOutcome, CaseState, StepKind
from evenhand.cases.models import Case, CaseOrigin, CaseStep
from evenhand.cases.order import serve_by
from evenhand.cases.queues import is_sealed, route
from evenhand.evidence.steps import hold, release, reserve_held
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append

OPENING = {CaseKind.OBJECTION: RecordKind.OBJECTION_RECEIVED}
"""What is recorded of a case that comes from outside; all others are opened."""

CLOSING = {
    CaseOutcome.UPHELD: RecordKind.OBJECTION_UPHELD,
    CaseOutcome.REFUSED: RecordKind.OBJECTION_REFUSED,
}
"""What is recorded of a case that is closed; all others are closed."""


def open_case(draft: CaseDraft, *, now: datetime) -> Case:
    """Opens a case once per origin: the same origin again gives the case that exists.

    A review of a thing that has an open review already joins that one.
    """
    with transaction.atomic():
        found = case_of_origin(draft.origin)
        if found is not None:
            return found
        about = about_of(draft)
        case = _open_about(about)
        if case is None:
            try:
                with transaction.atomic():
                    return _opened(draft, about, now=now)
            except IntegrityError:
                found = case_of_origin(draft.origin)
                if found is not None:
                    return found
                case = _open_about(about)
                if case is None:
                    raise
        _join(case, draft, now=now)
    return case


def add_report(
    case_id: UUID,
    *,
    source: Source,
    due_at: datetime | None,
    raises_priority: bool,
    now: datetime,
) -> Case:
    """Counts one more report of a case's thing; only one that counts brings it forward."""
    with transaction.atomic():
        case = locked(case_id)
        refuse_if([] if case.state == CaseState.OPEN else [Finding.CASE_CLOSED])
        case.reports_received += 1
        if raises_priority:
            case.reports_raising += 1
            case.due_at = _earliest(case.due_at, due_at)
        set_order(case)
        case.save(update_fields=["reports_received", "reports_raising", "due_at", "serve_by"])
        note_step(case, StepKind.REPORTED, said=source.value, now=now)
    return case


def close(case: Case, outcome: CaseOutcome, *, by: Person, reason: str, now: datetime) -> None:
    """Closes a locked case that its caller has checked, lets its evidence go, and records it.

    Whoever holds a case decides it, and whoever gave an opinion on it does not.
    """
    refuse_if(
        [
            *([Finding.CLAIMED_BY_ANOTHER] if held_by_another(case, by, now=now) else []),
            *([Finding.GAVE_AN_OPINION] if by.id in case.opinion_by else []),
        ]
    )
    case.state = CaseState.CLOSED.value
    case.outcome = outcome.value
    case.reason = reason.strip()
    case.closed_at = now
    case.closed_by = by
    case.closed_by_name = by.name
    case.opinion_wanted_by = None
    case.save(
        update_fields=[
            "state",
            "outcome",
            "reason",
            "closed_at",
            "closed_by",
            "closed_by_name",
            "manifestly_unfounded",
            "opinion_wanted_by",
            "harm",
            "severity",
        ]
    )
    release(case.id)
    note_step(case, StepKind.CLOSED, by=by, now=now)
    if outcome is not CaseOutcome.COMPARED:
        kind = CLOSING.get(outcome, RecordKind.CASE_CLOSED)
        record(case, kind, now=now, milliseconds=milliseconds_since(case.opened_at, now))


def locked(case_id: UUID) -> Case:
    """Gives a case under a row lock; the caller has a transaction open."""
    case = Case.objects.select_for_update().filter(pk=case_id).first()
    if case is None:
        raise NotFound(what="case", id=case_id)
    return case


def held_by_another(case: Case, person: Person, *, now: datetime) -> bool:
    """Tells whether somebody else has the case in hand now."""
    return (
        case.claimed_by_id not in (None, person.id)
        and case.claimed_until is not None
        and case.claimed_until > now
    )


def note_step(
    case: Case,
    kind: StepKind,
    *,
    now: datetime,
    by: Person | None = None,
    to: Person | None = None,
    said: str = "",
) -> None:
    """Adds one step to the history of a case."""
    CaseStep.objects.create(
        id=new_id(now=now), at=now, case=case, kind=kind.value, by=by, to=to, said=said
    )


def record(
    case: Case,
    kind: RecordKind,
    *,
    now: datetime,
    milliseconds: int | None = None,
    action: ActionKind | None = None,
    by: UUID | None = None,
) -> None:
    """Records what happened to a case, in the running transaction."""
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=kind,
            subject=case.id,
            harm=case.harm,
            action=action,
            market=case.market,
            source=Source(case.source),
            language=case.language,
            channel_kind=ChannelKind(case.channel_kind),
            milliseconds=milliseconds,
            body={
                "kind": case.kind,
                "decision": str(case.decision_id or ""),
                "outcome": case.outcome,
                "by": str(by or case.closed_by_id or ""),
                "unfounded": case.manifestly_unfounded,
            },
        )
    )


def hold_evidence(case: Case, *, now: datetime) -> None:
    """Keeps what the case needs until it is closed: its own items and all of its decision."""
    needed = {case.evidence_id, case.objection_id}
    if case.decision is not None:
        needed |= {item.id for item in evidence_of(case.decision)}
    for item_id in needed:
        if item_id is not None:
            hold(item_id, holder=case.id, now=now)
    if case.lane == CaseLane.SEALED:
        reserve_held(case.id, role=Role.CHILD_SAFETY)


def milliseconds_since(begun: datetime, now: datetime) -> int:
    """Gives how long something took."""
    return max(0, round((now - begun).total_seconds() * 1000))


def seal_lane(case: Case, harm: str, *, severity: int) -> None:
    """Moves an unsaved change of a case into the sealed lane; whoever held it holds it no more."""
    case.harm, case.severity = harm, severity
    case.lane, case.needs_role = CaseLane.SEALED.value, Role.CHILD_SAFETY.value
    reserve_held(case.id, role=Role.CHILD_SAFETY)
    case.queue = route(harm, language=case.language, market=case.market).name
    case.claimed_by = case.claimed_until = None
    set_order(case)


def case_of_origin(origin: str) -> Case | None:
    """Gives the case that an origin opened or joined."""
    case = Case.objects.filter(origin=origin).first()
    if case is None:
        joined = CaseOrigin.objects.select_related("case").filter(origin=origin).first()
        case = joined.case if joined else None
    return case


def about_of(draft: CaseDraft) -> str:
    """Gives what a case to be is about; only reviews are one for each thing."""
    if draft.kind is not CaseKind.REVIEW:
        return ""
    thing = draft.about or thing_of(event=draft.event, channel=draft.channel, account=draft.account)
    assert len(thing) <= ABOUT_CHARACTERS_MAX, "a prefix and an id of the messenger's"
    return thing


def _open_about(about: str) -> Case | None:
    if not about:
        return None
    rows = Case.objects.select_for_update().filter(
        about=about, state=CaseState.OPEN.value, kind=CaseKind.REVIEW.value
    )
    return rows.filter(golden=False, sampled_of=None).first()


def _opened(draft: CaseDraft, about: str, *, now: datetime) -> Case:
    queue = route(draft.harm, language=draft.language.value, market=draft.market)
    sealed = is_sealed(draft.harm)
    raising = draft.reports
    role = queue.role if draft.needs_role is Role.REVIEWER else draft.needs_role
    case = Case.objects.create(
        id=draft.id,
        opened_at=draft.at,
        kind=draft.kind.value,
        origin=draft.origin,
        decision_id=draft.decision,
        harm=draft.harm,
        severity=draft.severity,
        score=draft.score,
        rules=[[hit.id, hit.version] for hit in draft.rules],
        reason_opened=draft.reason,
        noticed=dict(draft.noticed),
        source=draft.source.value,
        market=draft.market,
        language=draft.language.value,
        account=draft.account,
        channel=draft.channel,
        channel_kind=draft.channel_kind.value,
        event=draft.event,
        evidence_id=draft.evidence,
        objection_id=draft.objection,
        barred_staff=draft.barred_staff,
        barred_names=list(draft.barred_names),
        lane=(CaseLane.SEALED if sealed else CaseLane.OPEN).value,
        about=about,
        queue=queue.name,
        needs_role=(Role.CHILD_SAFETY if sealed else role).value,
        reach=draft.reach,
        reports_received=draft.reports,
        reports_raising=raising,
        due_at=draft.due_at,
        serve_by=serve_by(
            draft.at,
            severity=draft.severity,
            reach=draft.reach,
            raising=raising,
            due_at=draft.due_at,
        ),
    )
    hold_evidence(case, now=now)
    note_step(case, StepKind.OPENED, said=draft.source.value, now=now)
    record(case, OPENING.get(draft.kind, RecordKind.CASE_OPENED), now=now)
    return case


def _join(case: Case, draft: CaseDraft, *, now: datetime) -> None:
    """Adds to an open case what else came in about its thing."""
    CaseOrigin.objects.create(origin=draft.origin, at=now, case=case)
    if is_sealed(draft.harm) and case.lane != CaseLane.SEALED:
        seal_lane(case, draft.harm, severity=draft.severity)
    elif draft.source is Source.OWN and draft.severity > case.severity:
        case.harm, case.severity = draft.harm, draft.severity
    known = {tuple(rule) for rule in case.rules}
    case.rules = [
        *case.rules,
        *([hit.id, hit.version] for hit in draft.rules if (hit.id, hit.version) not in known),
    ]
    case.noticed = {**case.noticed, **dict(draft.noticed)}
    case.score = max(case.score, draft.score)
    case.reach = max(case.reach, draft.reach)
    case.reports_received += draft.reports
    case.reports_raising += draft.reports
    case.due_at = _earliest(case.due_at, draft.due_at)
    case.decision_id = case.decision_id or draft.decision
    if draft.evidence is not None:
        hold(draft.evidence, holder=case.id, now=now)
    if case.lane == CaseLane.SEALED:
        reserve_held(case.id, role=Role.CHILD_SAFETY)
    case.evidence_id = case.evidence_id or draft.evidence
    if case.event and draft.account and not case.account:
        # Who knows whose message it is knows its channel too; so far it was as somebody said.
        case.channel = draft.channel or case.channel
    for field in ("account", "channel", "event"):
        setattr(case, field, getattr(case, field) or getattr(draft, field))
    set_order(case)
    case.save()
    note_step(case, StepKind.JOINED, said=draft.source.value, now=now)


def set_order(case: Case) -> None:
    """Sets by when somebody should look at a case; the caller saves it."""
    case.serve_by = serve_by(
        case.opened_at,
        severity=case.severity,
        reach=case.reach,
        raising=case.reports_raising,
        due_at=case.due_at,
    )


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    known = [moment for moment in (one, other) if moment is not None]
    return min(known, default=None)
