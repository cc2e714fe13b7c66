"""The only readers of the legal room; what staff may see they see by their assignment."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, Min, Q, QuerySet

from evenhand.authorities import queries as registry
from evenhand.authorities.checks import standing
from evenhand.authorities.models import Officer
from evenhand.base.errors import NotFound
from evenhand.base.personal import PhoneNumber
from evenhand.legal.canonical import plan_of
from evenhand.legal.checks import CATEGORY_OF, DISCLOSING, Actor, MatterFacts
from evenhand.legal.drafts import Plan
from evenhand.legal.lists import (
    Authenticity,
    BoardDecision,
    ClockName,
    DisclosureState,
    EnforcingAnswer,
    IdentifierKind,
    MatterState,
    NoticeState,
    Outcome,
    PlanKind,
    Said,
    ScrutinyOutcome,
    Substance,
)
from evenhand.legal.models import (
    Assessment,
    Assignment,
    Clock,
    DangerReport,
    Disclosure,
    Identifier,
    Matter,
    Preservation,
    ProtectedTarget,
    SampledReview,
    Scrutiny,
    Step,
    UserNotice,
)
from evenhand.legal.notices import NoticeFacts
from evenhand.legal.ports import (
    CollectionTask,
    DataClass,
    PreservationTask,
    PurposeClass,
    Violations,
)
from evenhand.legal.protection import is_protected
from evenhand.legal.scrutiny import was_informed
from evenhand.legal.statutes import rank_suffices
from evenhand.markets.entries import ANYWHERE, Regime, RequestKind
from evenhand.markets.law import refusals
from evenhand.markets.lists import (
    AuthorityKind,
    DataCategory,
    LegalForm,
    LegalKind,
    Purpose,
    Refusal,
    Window,
)
from evenhand.markets.queries import regime_at, sign_off_of, state_of
from evenhand.markets.regimes import law
from evenhand.people.models import Person
from evenhand.people.roles import Role

OVER = (MatterState.CLOSED.value,)
INFORMED_AT, URGENT = "informed_at", "urgent"
"""Under which names a validation keeps how an authority made itself known before."""


def matter_of(matter_id: UUID) -> Matter:
    """Gives a matter, or raises `NotFound`."""
    row = (
        Matter.objects.select_related("authority", "officer", "sign_off", "call_back")
        .filter(pk=matter_id)
        .first()
    )
    if row is None:
        raise NotFound(what="matter", id=matter_id)
    return row


def matter_for(matter_id: UUID, person: Person) -> Matter:
    """Gives a matter to a member of staff who works on it; to anybody else it does not exist."""
    matter = matter_of(matter_id)
    if not assigned(matter_id, person.id):
        raise NotFound(what="matter", id=matter_id)
    return matter


def matter_of_officer(matter_id: UUID, officer_id: UUID) -> Matter:
    """Gives a matter to the officer whose it is; to anybody else it does not exist."""
    matter = matter_of(matter_id)
    if matter.officer_id != officer_id:
        raise NotFound(what="matter", id=matter_id)
    return matter


def matters_of_officer(officer_id: UUID) -> list[Matter]:
    """Gives an officer's matters, the newest first, without what they name."""
    return list(Matter.objects.filter(officer_id=officer_id).order_by("-received_at"))


def assigned(matter_id: UUID, person_id: UUID) -> bool:
    """Tells whether a person works on a matter."""
    return Assignment.objects.filter(matter_id=matter_id, person_id=person_id).exists()


def stands(one: Officer, *, now: datetime) -> bool:
    """Tells whether an officer speaks for an authority now, as the registry says.

    A new officer's emergency is not turned away here: the call-back comes before its release.
    """
    return not standing(registry.facts_of(one), now=now)


def queue(*, person: Person | None = None) -> list[Matter]:
    """Gives open matters, what runs out first before the rest; each with `runs_out_at`.

    With a person, only those that person works on. The rows name no one.
    """
    rows = (
        Matter.objects.exclude(state__in=OVER)
        .select_related("authority")
        .annotate(
            runs_out_at=Min(
                "clocks__due_at",
                filter=Q(clocks__stopped_at=None, clocks__paused_at=None),
            )
        )
    )
    if person is not None:
        rows = rows.filter(assignments__person=person)
    return list(rows.order_by(F("runs_out_at").asc(nulls_last=True), "received_at", "id"))


def history(matter_id: UUID) -> list[Step]:
    """Gives every step of a matter, in order."""
    return list(Step.objects.filter(matter_id=matter_id).order_by("id"))


def clocks(matter_id: UUID) -> list[Clock]:
    """Gives a matter's clocks, what runs out first before the rest."""
    return list(Clock.objects.filter(matter_id=matter_id).order_by("due_at"))


def identifier_kinds(matter_id: UUID) -> list[str]:
    """Gives what kinds of things a request names, without naming them."""
    # What the collector found is not named by the request: it would tell that it exists.
    named = Identifier.objects.filter(matter_id=matter_id, found_by=None)
    return list(named.order_by("id").values_list("kind", flat=True))


def disclosures(matter_id: UUID) -> list[Disclosure]:
    """Gives a matter's packages without their bytes, the newest first."""
    return list(
        Disclosure.objects.defer("sealed").filter(matter_id=matter_id).order_by("-planned_at")
    )


def preservations(matter_id: UUID) -> list[Preservation]:
    """Gives what was put away for a matter."""
    return list(Preservation.objects.filter(matter_id=matter_id).order_by("began_at"))


def preservations_for(matter: Matter) -> list[Preservation]:
    """Gives what was put away, for any matter of the same country, of what a matter names."""
    rows = (
        Preservation.objects.select_related("matter")
        .filter(matter__country=matter.country, destroyed_at=None, sealed_at__isnull=False)
        .order_by("-began_at")
    )
    accounts = _identifiers(matter).filter(kind=IdentifierKind.ACCOUNT.value)
    named = set(accounts.values_list("value", flat=True))
    return [row for row in rows if named & preserved_accounts(row)]


def preserved_accounts(row: Preservation) -> frozenset[str]:
    """Gives the accounts whose data a preservation holds."""
    plan = None if row.on_receipt else plan_kept(row.matter)
    if plan is not None:
        return frozenset(plan.accounts)
    named = Identifier.objects.filter(
        matter_id=row.matter_id, kind=IdentifierKind.ACCOUNT.value, expired_at=None
    )
    return frozenset(named.values_list("value", flat=True))


def identifiers_of(matter_id: UUID) -> list[Identifier]:
    """Gives what a request names, in the order in which it does."""
    rows = Identifier.objects.filter(matter=matter_id, found_by=None).exclude(value="")
    return list(rows.order_by("id"))


def notices(matter_id: UUID) -> list[UserNotice]:
    """Gives what was decided about telling people of a matter."""
    return list(UserNotice.objects.filter(matter_id=matter_id).order_by("account"))


def danger_reports(case_id: UUID) -> list[DangerReport]:
    """Gives what was reported to authorities from a case."""
    return list(DangerReport.objects.filter(case=case_id).order_by("reported_at"))


def danger_report_of(report_id: UUID) -> DangerReport:
    """Gives one report to an authority."""
    found = DangerReport.objects.filter(pk=report_id).first()
    if found is None:
        raise NotFound(what="danger report", id=report_id)
    return found


def latest_danger_reports(*, rows_max: int = 50) -> list[DangerReport]:
    """Gives what was reported to authorities last, the newest first, with the authority."""
    rows = DangerReport.objects.select_related("authority").order_by("-reported_at")
    return list(rows[:rows_max])


def matter_by_origin(origin: str) -> Matter | None:
    """Gives the matter that a sending led to, if it did: the same sending twice is one matter."""
    return Matter.objects.select_related("authority", "officer").filter(origin=origin).first()


def samples(month: str) -> list[SampledReview]:
    """Gives the disclosures drawn for a month, with their matters."""
    return list(
        SampledReview.objects.select_related("matter").filter(month=month).order_by("matter_id")
    )


def plan_kept(matter: Matter) -> Plan | None:
    """Gives the plan that was prepared, if one was."""
    return None if matter.plan is None else plan_of(matter.plan)


def actor_of(matter_id: UUID, person: Person) -> Actor:
    """Gives what the checks need to know of somebody who wants to take a step."""
    roles = frozenset(Role(role) for role in person.roles) if person.may_enter else frozenset()
    return Actor(id=person.id, roles=roles, assigned=assigned(matter_id, person.id))


def facts_of(
    matter: Matter, plan: Plan | None, *, violations: Violations | None, now: datetime
) -> MatterFacts:
    """Gives what the checks need to know of a matter at this moment.

    `violations` None: nobody is known to have broken a rule, and the voluntary lane stays shut.
    """
    kind, regime = law_of(matter)
    assessment = Assessment.objects.filter(matter=matter, voided_at=None).first()
    sign_off = sign_off_of(matter.entry, matter.regime_version)
    accounts = plan.accounts if plan else ()
    package = _package(matter)
    categories = frozenset(DataCategory(one) for one in matter.categories)
    return MatterFacts(
        state=MatterState(matter.state),
        kind=LegalKind(matter.kind),
        country=matter.country,
        union=frozenset(regime.jurisdictions - {ANYWHERE}),
        territory=kind.territory,
        emergency=matter.emergency,
        voluntary=matter.voluntary,
        referral=matter.form == LegalForm.REFERRAL,
        entry_verified=matter.entry_verified,
        signed_off=sign_off is not None,
        categories=categories,
        entry_categories=frozenset(DataCategory(one) for one in matter.entry_categories),
        law=law_against(matter),
        validated=matter.validated_at is not None,
        authenticity=Authenticity(matter.authenticity),
        called_back=registry.confirmed_call_back(matter=matter.id) is not None,
        suspect=matter.suspect,
        violation=violations is not None
        and bool(accounts)
        and all(violations.upheld(account) for account in accounts),
        open_questions=matter.questions.filter(answered_at=None).count(),
        answers=_answers(assessment),
        board=BoardDecision(assessment.board) if assessment and assessment.board else None,
        fields=matter.fields,
        identifiers=frozenset(
            (IdentifierKind(kind), value)
            for kind, value in matter.identifiers.values_list("kind", "value")
        ),
        prepared_by=matter.prepared_by_id,
        released_by=matter.released_by_id,
        plan_kind=PlanKind(matter.plan_kind) if matter.plan_kind else None,
        window=_window(matter),
        package=None if package is None else DisclosureState(package.state),
        key=_has_key(matter, now=now),
        notice_decided=matter.notice_decided,
        reviewed=matter.reviewed_by_id is not None,
        doubted=matter.fraud.get("needs_call_back") is True,
        second_look=matter.fraud.get("needs_second_look") is True,
        validated_by=matter.validated_by_id,
        assessed_by=assessment.by_id if assessment else None,
        suspended=_suspended(matter),
        signed_off_by=None if sign_off is None else sign_off.signed_by_id,
        window_by=matter.enforcing_by_id,
        sent_to_board=(assessment is not None and assessment.needs_board)
        or names_protected(matter, now=now),
        preserved=_preserved(matter, plan, package),
        informed_before=informed_before(matter, kind),
        rank_suffices=_rank_suffices(matter),
        without_effect=Scrutiny.objects.filter(
            matter=matter, outcome=ScrutinyOutcome.INFRINGES.value
        ).exists(),
    )


def law_of(matter: Matter) -> tuple[RequestKind, Regime]:
    """Gives the entry and its regime in the version that a matter was received under.

    A law that changes meanwhile changes nothing for who relied on it before.
    """
    regime = regime_at(matter.regime, matter.regime_version, law())
    for kind in regime.requests:
        if kind.id == matter.entry:
            return kind, regime
    raise NotFound(what="entry of the law", id=matter.entry, version=matter.regime_version)


def informed_before(matter: Matter, kind: RequestKind) -> bool:
    """Tells whether an authority made itself known before its first order, where it has to.

    Regulation (EU) 2021/784 Art. 3(2): twelve hours before, except in duly justified emergencies.
    """
    before = kind.windows.get(Window.PRIOR_INFORMATION)
    if before is None or not is_first_order(matter):
        return True
    said = matter.validation.get(INFORMED_AT)
    return was_informed(
        datetime.fromisoformat(said) if said else None,
        urgent=matter.validation.get(URGENT) is True,
        received_at=matter.received_at,
        before=before,
    )


def names_protected(matter: Matter, *, now: datetime) -> bool:
    """Tells whether a matter reaches somebody who is protected, by name or by a number found."""
    return is_protected(list(_identifiers(matter)), now=now)


def protected_targets() -> list[ProtectedTarget]:
    """Gives the list of who is protected, the newest first: grounds and days, and no name."""
    rows = ProtectedTarget.objects.select_related("proposed_by", "end_wanted_by")
    return list(rows.filter(ended_at=None).order_by("-proposed_at"))


def is_first_order(matter: Matter) -> bool:
    """Tells whether no order under the same law was proved to come from this authority before."""
    return (
        not Matter.objects.filter(
            authority_id=matter.authority_id,
            regime=matter.regime,
            validated_at__isnull=False,
            received_at__lt=matter.received_at,
        )
        .exclude(pk=matter.pk)
        .exists()
    )


def _rank_suffices(matter: Matter) -> bool:
    """Tells whether the officer has the rank that the law asks for; on paper, the field says it."""
    rank = matter.officer.rank if matter.officer is not None else ""
    said = " ".join(matter.fields.get(name, "") for name in RANK_FIELDS)
    return rank_suffices(
        rank if matter.officer is not None else said,
        matter.entry,
        AuthorityKind(matter.authority.kind),
    )


RANK_FIELDS = ("officer_rank_and_authorisation", "officer_name_rank_badge")
"""Fields in which a document names the rank of who signed it."""


def law_against(matter: Matter) -> tuple[Refusal, ...]:
    """Gives what the law itself has against a matter, in the market's state at this moment."""
    kind, regime = law_of(matter)
    return refusals(
        kind,
        regime,
        country=matter.country,
        authority=AuthorityKind(matter.authority.kind),
        validator=AuthorityKind(matter.validator) if matter.validator else None,
        categories=frozenset(DataCategory(one) for one in matter.categories),
        emergency=matter.emergency,
        on=matter.received_at.date(),
        market=state_of(matter.country),
        signed_off=sign_off_of(matter.entry, matter.regime_version) is not None,
        purpose=Purpose(matter.purpose),
    )


def notice_facts(matter: Matter) -> NoticeFacts:
    """Gives what the rule of the user notice needs to know."""
    kind, _ = law_of(matter)
    return NoticeFacts(
        rule=kind.notify,
        delay_max=kind.notify_delay_max,
        outcome=Outcome(matter.outcome),
        concerned=frozenset(concerned_accounts(matter)),
        gagged_until=matter.gagged_until,
        gag_forever=matter.gag_forever,
        received_at=matter.received_at,
    )


def concerned_accounts(matter: Matter) -> tuple[str, ...]:
    """Gives the accounts that somebody decides about telling: those that the plan concerns."""
    plan = plan_kept(matter)
    if plan is None or plan.kind is PlanKind.REFUSE:
        return ()
    return tuple(sorted({*plan.notified, *plan.accounts}))


def collection_tasks(*, rows_max: int = 10) -> list[CollectionTask]:
    """Gives what the collector has to read, what runs out first before the rest."""
    rows = (
        Disclosure.objects.defer("sealed")
        .select_related("matter__authority")
        .filter(state=DisclosureState.PLANNED.value, preservation=None)
        .filter(
            Q(matter__state=MatterState.PREPARED.value)
            | Q(copy_of__isnull=False, matter__state=MatterState.EXECUTED.value)
        )
        .order_by("planned_at")[:rows_max]
    )
    return [collection_task(row) for row in rows]


def preservation_tasks(*, rows_max: int = 10) -> list[PreservationTask]:
    """Gives what the collector has to put away, what began first before the rest."""
    rows = (
        Preservation.objects.select_related("matter")
        .filter(sealed_at=None, destroyed_at=None)
        .order_by("began_at")[:rows_max]
    )
    return [_preservation_task(row) for row in rows]


def phones_to_look_up(*, rows_max: int = 10) -> list[tuple[int, PhoneNumber]]:
    """Gives the phone numbers of validated requests for the collector to find the account of.

    With each comes the identifier that `steps.looked_up` takes.
    """
    rows = Identifier.objects.filter(
        kind=IdentifierKind.PHONE.value,
        looked_up_at=None,
        expired_at=None,
        matter__state=MatterState.VALIDATED.value,
        matter__kind__in=sorted(kind.value for kind in DISCLOSING),
    ).order_by("matter__received_at", "id")[:rows_max]
    return [(row.id, PhoneNumber(row.value)) for row in rows]


def concerned(account: str) -> tuple[str, ...]:
    """Gives the numbers of what an account was told of, for "was I concerned?".

    Empty is the constant answer: no matter at all, and a matter that may not be told of, look
    alike and take the same one query.
    """
    rows = UserNotice.objects.filter(account=account, state=NoticeState.SENT.value)
    return tuple(rows.order_by("matter__number").values_list("matter__number", flat=True))


def matters_in_month(month: str, kinds: Sequence[str]) -> list[UUID]:
    """Gives the matters by which data left the house in a month (`2026-11`), in a fixed order."""
    year, number = month.split("-")
    return list(
        Matter.objects.filter(
            kind__in=kinds,
            released_at__year=int(year),
            released_at__month=int(number),
            state__in=[
                MatterState.RELEASED.value,
                MatterState.EXECUTED.value,
                MatterState.CLOSED.value,
            ],
        )
        .exclude(plan_kind=PlanKind.REFUSE.value)
        .order_by("id")
        .values_list("id", flat=True)
    )


def is_disclosing(matter: Matter) -> bool:
    """Tells whether data leave the house by a matter."""
    return LegalKind(matter.kind) in DISCLOSING


def _answers(assessment: Assessment | None) -> dict[Substance, Said]:
    if assessment is None:
        return {}
    return {Substance(name): Said(said) for name, said in assessment.answers.items()}


def _has_key(matter: Matter, *, now: datetime) -> bool:
    return (
        matter.officer_id is not None
        and registry.usable_key(matter.officer_id, now=now) is not None
    )


def _suspended(matter: Matter) -> bool:
    """Tells whether the officer of a matter is shut out now; what came on paper has none."""
    if matter.officer_id is None:
        return False
    return registry.facts_of(registry.officer(matter.officer_id)).suspended


def _window(matter: Matter) -> EnforcingAnswer | None:
    has_window = Clock.objects.filter(matter=matter, name=ClockName.WINDOW.value).exists()
    return EnforcingAnswer(matter.enforcing_answer) if has_window else None


def _package(matter: Matter) -> Disclosure | None:
    return (
        Disclosure.objects.defer("sealed")
        .filter(matter=matter, copy_of=None)
        .exclude(state=DisclosureState.DESTROYED.value)
        .order_by("-planned_at")
        .first()
    )


def collection_task(row: Disclosure) -> CollectionTask:
    """Gives what has to be read for a package, and for whom it is sealed."""
    matter = row.matter
    named = _identifiers(matter)
    ranges = [(one.since, one.until) for one in named]
    identify = Purpose(matter.purpose) is Purpose.IDENTIFY_ONLY
    return CollectionTask(
        disclosure=row.id,
        matter=matter.id,
        number=matter.number,
        reference=matter.reference,
        authority=matter.authority.name,
        country=matter.country,
        law=f"{matter.entry}, {matter.regime} {matter.regime_version}",
        language=matter.language,
        purpose=PurposeClass.IDENTIFY_ONLY if identify else PurposeClass.OTHER,
        want=frozenset(DataClass(one) for one in row.want),
        accounts=tuple(row.accounts),
        recipient=row.recipient,
        since=max((since for since, _ in ranges if since), default=None),
        until=min((until for _, until in ranges if until), default=None),
        phones=tuple(
            PhoneNumber(one.value) for one in named if one.kind == IdentifierKind.PHONE.value
        ),
    )


def _preservation_task(row: Preservation) -> PreservationTask:
    """Gives a task: the accounts of the plan, and what was named where content is covered.

    On receipt there is no plan yet: it is the accounts named, and the classes that are asked for.
    """
    matter, named = row.matter, list(_identifiers(row.matter))
    plan = None if row.on_receipt else plan_kept(matter)
    asked = {DataCategory(one) for one in matter.categories}
    want = frozenset(one for one in DataClass if CATEGORY_OF[one] & asked)
    accounts = sorted({one.value for one in named if one.kind == IdentifierKind.ACCOUNT.value})
    content = DataCategory.CONTENT.value in matter.categories
    identify = Purpose(matter.purpose) is Purpose.IDENTIFY_ONLY

    def values(kind: IdentifierKind) -> tuple[str, ...]:
        return tuple(one.value for one in named if content and one.kind == kind.value)

    return PreservationTask(
        preservation=row.id,
        matter=matter.id,
        number=matter.number,
        expires_at=row.expires_at,
        purpose=PurposeClass.IDENTIFY_ONLY if identify else PurposeClass.OTHER,
        want=want if row.on_receipt else (plan.want if plan else None) or frozenset(DataClass),
        accounts=_accounts_put_away(plan, accounts if row.on_receipt and want else ()),
        channels=values(IdentifierKind.CHANNEL),
        events=values(IdentifierKind.EVENT),
        since=max((one.since for one in named if one.since), default=None),
        until=min((one.until for one in named if one.until), default=None),
    )


def _accounts_put_away(plan: Plan | None, named: Sequence[str]) -> tuple[str, ...]:
    return plan.accounts if plan else tuple(named)


def _preserved(
    matter: Matter, plan: Plan | None, package: Disclosure | None
) -> frozenset[str] | None:
    """Gives whose data the plan's preservation holds: of the same country, and still there.

    What was made into a package before it ended goes the package's way.
    """
    if plan is None or plan.preservation is None:
        return None
    row = Preservation.objects.select_related("matter").filter(pk=plan.preservation).first()
    if row is None or row.sealed_at is None or row.matter.country != matter.country:
        return None
    made = package is not None and package.state != DisclosureState.PLANNED
    return preserved_accounts(row) if row.destroyed_at is None or made else None


def _identifiers(matter: Matter) -> QuerySet[Identifier]:
    return Identifier.objects.filter(matter=matter, expired_at=None)
