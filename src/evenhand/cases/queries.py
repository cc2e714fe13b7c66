"""The only readers of cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from evenhand.actions.models import Action, Decision
from evenhand.base.errors import NotFound
from evenhand.base.lists import Ground
from evenhand.cases.limits import CASES_PER_PAGE
from evenhand.cases.lists import CaseKind, CaseOutcome, CaseState
from evenhand.cases.models import Case


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases to list; an empty field lets everything through."""

    state: str = CaseState.OPEN.value
    kind: str = ""
    harm: str = ""
    market: str = ""


@dataclass(frozen=True, slots=True)
class CasePage:
    """One page of the queue: the gravest and then the oldest first."""

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
    order = ("-severity", "opened_at") if wanted.state == CaseState.OPEN else ("-closed_at",)
    cases = rows.select_related("closed_by").order_by(*order)[begin : begin + CASES_PER_PAGE]
    return CasePage(cases=list(cases), number=max(page, 1), total=total)


def open_counts() -> dict[str, int]:
    """Gives how many cases of each kind are open."""
    rows = (
        Case.objects.filter(state=CaseState.OPEN.value)
        .values_list("kind")
        .annotate(quantity=Count("id"))
        .order_by("kind")
    )
    return dict(rows)


def case_of(case_id: UUID) -> Case:
    """Gives a case with its decision."""
    case = (
        Case.objects.select_related("decision", "evidence", "objection", "closed_by")
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


def _filtered(wanted: CaseFilter) -> QuerySet[Case]:
    rows = Case.objects.all()
    for field in ("state", "kind", "harm", "market"):
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
