"""The only readers of cases."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from evenhand.actions.models import Action, Decision
from evenhand.base.errors import NotFound
from evenhand.base.lists import ActionKind, Ground
from evenhand.cases.agreement import Agreement, agreement_of
from evenhand.cases.checks import NEEDS_CHANNEL, CaseFacts, Judge, Opined, works_for
from evenhand.cases.limits import BULK_CASES_MAX, CASES_PER_PAGE, SIMILAR_CASES_MAX
from evenhand.cases.lists import CaseKind, CaseLane, CaseOutcome, CaseState
from evenhand.cases.models import (
    Bulk,
    BulkCase,
    Case,
    CaseNote,
    CaseStep,
    Exposure,
    Golden,
    Opinion,
    QualityCheck,
)
from evenhand.cases.ports import Reach
from evenhand.people.models import Person
from evenhand.people.roles import Role


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases to list; an empty field lets everything through."""

    state: str = CaseState.OPEN.value
    kind: str = ""
    harm: str = ""
    market: str = ""
    language: str = ""
    queue: str = ""
    needs_role: str = ""
    account: str = ""
    channel: str = ""
    claimed_by: UUID | None = None
    lane: str = CaseLane.OPEN.value


FILTERED = (
    "state", "kind", "harm", "market", "language", "queue", "needs_role", "lane", "account",
    "channel",
)  # fmt: skip
"""Columns that a filter narrows by their value."""


@dataclass(frozen=True, slots=True)
class CasePage:
    """One page of the queue: what has to be looked at first stands first."""

    cases: Sequence[Case]
    number: int
    total: int

    @property
    def pages(self) -> int:
        """Gives the number of pages."""
        return max(1, -(-self.total // CASES_PER_PAGE))


def queue(wanted: CaseFilter, *, page: int = 1) -> CasePage:
    """Gives one page of the cases that somebody asked for."""
    rows = _filtered(wanted)
    total = rows.count()
    begin = (max(page, 1) - 1) * CASES_PER_PAGE
    order = ("serve_by", "id") if wanted.state == CaseState.OPEN else ("-closed_at",)
    known = rows.select_related("closed_by", "decision").order_by(*order)
    cases = known[begin : begin + CASES_PER_PAGE]
    return CasePage(cases=list(cases), number=max(page, 1), total=total)


def open_counts() -> dict[str, int]:
    """Gives how many cases of each kind are open; the sealed lane is nobody else's to count."""
    rows = (
        Case.objects.filter(state=CaseState.OPEN.value, lane=CaseLane.OPEN.value, golden=False)
        .values_list("kind")
        .annotate(quantity=Count("id"))
        .order_by("kind")
    )
    return dict(rows)


def case_of(case_id: UUID) -> Case:
    """Gives a case with its decision."""
    case = (
        Case.objects.select_related("decision", "evidence", "objection", "closed_by", "claimed_by")
        .defer("evidence__sealed", "objection__sealed")
        .filter(pk=case_id)
        .first()
    )
    if case is None:
        raise NotFound(what="case", id=case_id)
    return case


def objection_to(decision_id: UUID) -> Case | None:
    """Gives the case of the objection to a decision."""
    return Case.objects.filter(decision_id=decision_id, kind=CaseKind.OBJECTION.value).first()


def cases_about(decision_id: UUID) -> list[Case]:
    """Gives every case about a decision, the oldest first."""
    return list(Case.objects.filter(decision_id=decision_id).order_by("opened_at"))


def open_case_about(about: str) -> Case | None:
    """Gives the open review of a thing, as `thing_of` writes it."""
    rows = Case.objects.filter(about=about, state=CaseState.OPEN.value, kind=CaseKind.REVIEW.value)
    return rows.filter(golden=False, sampled_of=None).exclude(about="").first()


def case_for(case_id: UUID, person: Person) -> Case:
    """Gives a case to somebody who may see it; for others it does not exist.

    The sealed lane is the child-safety role's alone.
    """
    case = case_of(case_id)
    if case.lane == CaseLane.SEALED and not person.has(Role.CHILD_SAFETY):
        raise NotFound(what="case", id=case_id)
    return case


def sealed_among(cases: Collection[UUID]) -> frozenset[UUID]:
    """Gives those of these cases that lie in the sealed lane."""
    rows = Case.objects.filter(pk__in=cases, lane=CaseLane.SEALED.value)
    return frozenset(rows.values_list("id", flat=True))


def claimed_cases(person: Person, *, now: datetime) -> list[Case]:
    """Gives what somebody has in hand, the most urgent first."""
    return list(_claimed(person, now).order_by("serve_by", "id"))


def count_claimed(person: Person, *, now: datetime) -> int:
    """Gives how many cases somebody has in hand."""
    return _claimed(person, now).count()


def _claimed(person: Person, now: datetime) -> QuerySet[Case]:
    return Case.objects.filter(state=CaseState.OPEN.value, claimed_by=person, claimed_until__gt=now)


def opinions_wanted(person: Person) -> list[Case]:
    """Gives the cases on which somebody else asked for an opinion that this person may give."""
    rows = (
        Case.objects.filter(
            state=CaseState.OPEN.value,
            opinion_wanted_by__isnull=False,
            needs_role__in=works_for(person.roles),
        )
        .exclude(opinion_wanted_by=person)
        .exclude(opinion_by__contains=[person.id])
    )
    return list(rows.order_by("serve_by", "id"))


def opinions_on(case_id: UUID) -> list[Opinion]:
    """Gives the opinions on a case, the first one first."""
    return list(Opinion.objects.select_related("by").filter(case_id=case_id).order_by("at"))


def notes_on(case_id: UUID) -> list[CaseNote]:
    """Gives the notes on a case, the first one first."""
    return list(CaseNote.objects.select_related("by").filter(case_id=case_id).order_by("at"))


def history_of(case_id: UUID) -> list[CaseStep]:
    """Gives the steps that were taken with a case, the first one first."""
    rows = CaseStep.objects.select_related("by", "to").filter(case_id=case_id)
    return list(rows.order_by("at", "id"))


def original_of(case: Case) -> Case | None:
    """Gives the case that one which only measures stands for; None for any other case."""
    if case.sampled_of_id is not None:
        return case.sampled_of
    if not case.golden:
        return None
    known = Golden.objects.select_related("case__decision").filter(pk=case.origin.split(":")[1])
    found = known.first()
    return found.case if found is not None else None


def similar_cases(case: Case, *, before: datetime | None = None) -> list[Case]:
    """Gives cases about the same account or channel, the latest first; only those opened before."""
    same = Q()
    for field in ("account", "channel"):
        if value := getattr(case, field):
            same |= Q(**{field: value})
    if not same:
        return []
    rows = Case.objects.filter(same, lane=case.lane, golden=False, sampled_of=None)
    if case.golden or case.sampled_of_id is not None:
        rows = rows.exclude(event=case.event, closed_at__isnull=False)  # its answer shows nowhere
    if before is not None:
        rows = rows.filter(opened_at__lt=before)
    return list(rows.exclude(pk=case.pk).order_by("-opened_at")[:SIMILAR_CASES_MAX])


def exposure_of(person: Person, day: date) -> Exposure | None:
    """Gives how much somebody opened on a day; None if nothing."""
    return Exposure.objects.filter(person=person, day=day).first()


def _filtered(wanted: CaseFilter) -> QuerySet[Case]:
    rows = Case.objects.filter(golden=False)
    if wanted.claimed_by is not None:
        rows = rows.filter(claimed_by=wanted.claimed_by)
    for field in FILTERED:
        if value := getattr(wanted, field):
            rows = rows.filter(**{field: value})
    return rows


def violation_stands(account: str) -> bool:
    """Tells whether a person's decision against an account stands and is not objected to.

    A person decided a case, or refused the objection to what a rule had done. What somebody took
    back, and what is still objected to, counts for nothing.
    """
    by_person = Q(ground=Ground.CASE.value) | Q(
        Exists(_objections().filter(state=CaseState.CLOSED.value, outcome=CaseOutcome.REFUSED))
    )
    in_doubt = _objections().exclude(outcome=CaseOutcome.REFUSED.value)
    taken_back = Action.objects.filter(decision=OuterRef("pk"), undo_by__isnull=False)
    return (
        Decision.objects.filter(by_person, account=account)
        .filter(Exists(Action.objects.filter(decision=OuterRef("pk"))))
        .exclude(Exists(in_doubt))
        .exclude(Exists(taken_back))
        .exists()
    )


def _objections() -> QuerySet[Case]:
    return Case.objects.filter(decision=OuterRef("pk"), kind=CaseKind.OBJECTION.value)


def facts_of(case: Case) -> CaseFacts:
    """Gives what the checks need to know of a case."""
    return CaseFacts(
        kind=CaseKind(case.kind),
        state=CaseState(case.state),
        barred_staff=case.barred_staff,
        barred_names=tuple(case.barred_names),
        account=case.account,
        channel=case.channel,
        event=case.event,
        sealed=case.lane == CaseLane.SEALED,
        needs_role=Role(case.needs_role),
        opinion_by=frozenset(case.opinion_by),
        opinions=_opined(case.id) if case.opinion_by else (),
        measuring=case.golden or case.sampled_of_id is not None,
        searched=bool(settings.SEARCH_TOKEN_FILE),
    )


def _opined(case_id: UUID) -> tuple[Opined, ...]:
    rows = Opinion.objects.filter(case_id=case_id).values_list("kind", "asked_by")
    return tuple(Opined(ActionKind(kind), asked_by) for kind, asked_by in rows)


def judge_of(staff: Person) -> Judge:
    """Gives a member of staff as the checks see them."""
    return Judge(
        staff=staff.id, name=staff.name, roles=tuple(staff.roles) if staff.may_enter else ()
    )


def decided_kinds(case_id: UUID) -> list[ActionKind]:
    """Gives the kinds of action that a person decided on a case."""
    rows = Action.objects.filter(decision__origin=f"case:{case_id}")
    return [ActionKind(kind) for kind in rows.values_list("kind", flat=True)]


def reach_of(case: Case, kind: ActionKind) -> Reach:
    """Gives what a decision on a case would reach, as far as it was counted."""
    members = case.reach or (0 if case.reach_counted_at else None)
    match kind:
        case ActionKind.NONE:
            return Reach()
        case ActionKind.REDACT:
            return Reach(messages=1, accounts=members)
        case _ if kind in NEEDS_CHANNEL:
            return Reach(messages=None, channels=1, accounts=members)
        case ActionKind.SUSPEND | ActionKind.LOCK:
            return Reach(channels=case.account_channels, accounts=1)
        case _:
            return Reach(accounts=1)


def answer_of(case: Case) -> str:
    """Gives what was decided on a closed case: the gravest kind of its decision, or none."""
    if case.outcome != CaseOutcome.ACTED:
        return ActionKind.NONE.value
    return max(decided_kinds(case.id), key=list(ActionKind).index, default=ActionKind.NONE).value


def open_alike(harm: str, *, rule: str = "", channel: str = "") -> list[Case]:
    """Gives the open reviews of one harm in the usual lane, of one rule or channel if named.

    One more than a bulk decision holds, so that its caller sees that there are too many.
    """
    rows = Case.objects.select_related("decision").filter(
        state=CaseState.OPEN.value,
        kind=CaseKind.REVIEW.value,
        lane=CaseLane.OPEN.value,
        golden=False,
        sampled_of=None,
        harm=harm,
    )
    if channel:
        rows = rows.filter(channel=channel)
    found = list(rows.order_by("serve_by", "id")[: BULK_CASES_MAX + 1])
    return [case for case in found if not rule or rule in (fired[0] for fired in case.rules)]


def in_another_bulk(case_ids: Collection[UUID]) -> bool:
    """Tells whether one of these cases stands in a bulk decision that has not ended."""
    return BulkCase.objects.filter(case__in=case_ids, bulk__ended_at=None).exists()


def bulk_of(bulk_id: UUID) -> Bulk:
    """Gives a bulk decision."""
    bulk = Bulk.objects.select_related("by").filter(pk=bulk_id).first()
    if bulk is None:
        raise NotFound(what="bulk decision", id=bulk_id)
    return bulk


def bulk_members(bulk_id: UUID, *, sampled: bool | None = None) -> list[BulkCase]:
    """Gives the cases of a bulk decision, its sample only or the rest only if asked."""
    rows = BulkCase.objects.select_related("case").filter(bulk=bulk_id).order_by("id")
    return list(rows if sampled is None else rows.filter(sampled=sampled))


def latest_bulks(*, rows_max: int) -> list[Bulk]:
    """Gives bulk decisions, the latest first."""
    return list(Bulk.objects.select_related("by").order_by("-at")[:rows_max])


def golden_for(person: Person) -> Golden | None:
    """Gives a known answer that somebody has not met yet, the latest first.

    Who decided the case, or said what its answer is, has met it; what is no longer kept is none.
    """
    if Role.REVIEWER.value not in works_for(judge_of(person).roles):
        return None
    rows = (
        Golden.objects.select_related("case")
        .filter(case__evidence__isnull=False, case__evidence__expired_at=None)
        .exclude(by=person)
        .exclude(case__closed_by=person)
        .order_by("-at")
    )
    met = set(
        Case.objects.filter(golden=True, state=CaseState.CLOSED.value)
        .filter(origin__endswith=f":{person.id}")
        .values_list("origin", flat=True)
    )
    return next((one for one in rows if golden_origin(one, person) not in met), None)


def golden_origin(golden: Golden, person: Person) -> str:
    """Gives the origin of the case by which somebody meets a known answer, once."""
    return f"golden:{golden.id}:{person.id}"


def agreement(since: datetime, until: datetime, *, golden: bool = False) -> list[Agreement]:
    """Gives for each harm how far second looks (or answers to golden cases) agreed."""
    rows = QualityCheck.objects.filter(at__gte=since, at__lt=until, golden=golden)
    pairs: dict[str, list[tuple[str, str]]] = {}
    for harm, first, second in rows.order_by("harm").values_list("harm", "first", "second"):
        pairs.setdefault(harm, []).append((first, second))
    return [agreement_of(harm, found) for harm, found in pairs.items()]


def closed_reviews() -> Iterator[Case]:
    """Gives the reviews that a person closed outside the sealed lane, the oldest first."""
    rows = Case.objects.select_related("evidence").filter(
        state=CaseState.CLOSED.value,
        kind=CaseKind.REVIEW.value,
        lane=CaseLane.OPEN.value,
        golden=False,
        sampled_of=None,
    )
    return rows.order_by("closed_at", "id").iterator(chunk_size=CASES_PER_PAGE)


def stands(case: Case) -> bool:
    """Tells whether nobody took back what was decided on a case, and nobody objects to it."""
    decided = Decision.objects.filter(origin=f"case:{case.id}")
    in_doubt = _objections().exclude(outcome=CaseOutcome.REFUSED.value)
    taken_back = Action.objects.filter(decision=OuterRef("pk"), undo_by__isnull=False)
    return not decided.filter(Exists(in_doubt) | Exists(taken_back)).exists()
