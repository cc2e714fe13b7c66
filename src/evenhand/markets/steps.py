"""The only writers of placements and markets; what is decided here leaves a record."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import Language, RecordKind
from evenhand.base.personal import IpAddress, PhoneNumber
from evenhand.markets import duties
from evenhand.markets.checks import (
    Finding,
    check_assessment,
    check_figures,
    check_first,
    check_following,
    check_opening,
    check_reason,
    check_second,
    check_sign_off,
    refuse_if,
)
from evenhand.markets.entries import Regime
from evenhand.markets.lists import DutyState, MarketState, RightsAnswer, RightsQuestion
from evenhand.markets.models import (
    EntrySignOff,
    Market,
    MarketChange,
    MarketFigures,
    MarketProposal,
    Placement,
    RegimeText,
    Representative,
    RightsAssessment,
)
from evenhand.markets.places import Placed, Places
from evenhand.markets.queries import users
from evenhand.markets.regimes import Law
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append


def place(
    account: str,
    *,
    phone: PhoneNumber | None,
    network: IpAddress | None,
    table: Places,
    now: datetime,
) -> Placed | None:
    """Places an account in a country, if the table tells; a network never overrules a number."""
    placed = table.place(phone=phone, network=network)
    if placed is None:
        return None
    with transaction.atomic():
        before = Placement.objects.select_for_update().filter(account=account).first()
        if before is not None and before.by_phone and not placed.by_phone:
            return Placed(before.country, by_phone=True)
        Placement.objects.update_or_create(
            account=account,
            defaults={"country": placed.country, "on": now.date(), "by_phone": placed.by_phone},
        )
    return placed


def assess_rights(
    country: str,
    answers: Mapping[RightsQuestion, RightsAnswer],
    *,
    conclusion: str,
    by: Person,
    law: Law,
    now: datetime,
) -> RightsAssessment:
    """Keeps what one person found about a country's rights; a second one opens its market."""
    with transaction.atomic():
        refuse_if(
            [
                *check_first(_roles(by)),
                *check_reason(conclusion),
                *check_assessment(answers, regimes=list(law.regimes.values()), country=country),
            ]
        )
        made = RightsAssessment.objects.create(
            id=new_id(now=now),
            country=country,
            answers={question.value: answer.value for question, answer in answers.items()},
            conclusion=conclusion.strip(),
            assessed_by=by,
            assessed_at=now,
        )
        _record(made.id, country, "rights_assessed", by=by, now=now)
    return made


def open_market(assessment_id: UUID, *, by: Person, now: datetime) -> MarketChange:
    """Opens a market: the second person confirms what the first one found."""
    with transaction.atomic():
        assessment = RightsAssessment.objects.select_for_update().filter(pk=assessment_id).first()
        if assessment is None:
            raise NotFound(what="assessment", id=assessment_id)
        before = _locked_state(assessment.country)
        refuse_if(
            [
                *check_second(
                    _roles(by),
                    first=assessment.assessed_by_id,
                    second=by.id,
                    settled=assessment.confirmed_at is not None,
                ),
                *check_opening(before),
            ]
        )
        assessment.confirmed_by = by
        assessment.confirmed_at = now
        assessment.save(update_fields=["confirmed_by", "confirmed_at"])
        return _change(
            assessment.country,
            before,
            MarketState.OPEN,
            reason=assessment.conclusion,
            proposed_by=assessment.assessed_by,
            approved_by=by,
            assessment=assessment,
            now=now,
        )


def propose_change(
    country: str, to: MarketState, *, reason: str, by: Person, now: datetime
) -> MarketProposal:
    """Keeps a change that one person wants; nothing changes before a second one approves it."""
    with transaction.atomic():
        refuse_if(
            [
                *check_first(_roles(by)),
                *check_reason(reason),
                *check_following(_locked_state(country), to),
            ]
        )
        if MarketProposal.objects.filter(country=country, settled_at=None).exists():
            refuse_if([Finding.PROPOSAL_OPEN])
        made = MarketProposal.objects.create(
            id=new_id(now=now),
            country=country,
            to_state=to.value,
            reason=reason.strip(),
            proposed_by=by,
            proposed_at=now,
        )
        _record(made.id, country, f"{to.value}_proposed", by=by, now=now)
    return made


def approve_change(proposal_id: UUID, *, by: Person, now: datetime) -> MarketChange:
    """Changes a market as somebody else proposed."""
    with transaction.atomic():
        proposal = _locked_proposal(proposal_id)
        before = _locked_state(proposal.country)
        after = MarketState(proposal.to_state)
        refuse_if(
            [
                *check_second(
                    _roles(by),
                    first=proposal.proposed_by_id,
                    second=by.id,
                    settled=proposal.settled_at is not None,
                ),
                *check_following(before, after),
            ]
        )
        _settle(proposal, approved=True, by=by, now=now)
        return _change(
            proposal.country,
            before,
            after,
            reason=proposal.reason,
            proposed_by=proposal.proposed_by,
            approved_by=by,
            assessment=None,
            now=now,
        )


def reject_change(proposal_id: UUID, *, by: Person, now: datetime) -> None:
    """Settles a proposal without a change; who proposed it may take it back so."""
    with transaction.atomic():
        proposal = _locked_proposal(proposal_id)
        refuse_if(check_first(_roles(by)))
        if proposal.settled_at is not None:
            refuse_if([Finding.SETTLED_ALREADY])
        _settle(proposal, approved=False, by=by, now=now)
        _record(proposal.id, proposal.country, "proposal_rejected", by=by, now=now)


def sign_off(entry: str, *, reason: str, by: Person, law: Law, now: datetime) -> EntrySignOff:
    """Keeps a legal officer's word that an unverified entry holds as the file has it now."""
    kind = law.kind(entry)
    regime = law.regime_of(kind)
    with transaction.atomic():
        refuse_if([*check_sign_off(kind, _roles(by)), *check_reason(reason)])
        made, _ = EntrySignOff.objects.get_or_create(
            entry=kind.id,
            version=regime.version,
            withdrawn_at=None,
            defaults={
                "id": new_id(now=now),
                "reason": reason.strip(),
                "signed_by": by,
                "signed_at": now,
            },
        )
        keep_regime(regime, now=now)
        _record_law(made, "signed_off", by=by, now=now)
    return made


def keep_regime(regime: Regime, *, now: datetime) -> None:
    """Keeps a regime's file in its version, in the running transaction; once is enough."""
    assert transaction.get_connection().in_atomic_block, "a text stands with what rests on it"
    RegimeText.objects.get_or_create(
        name=f"{regime.id}@{regime.version}",
        defaults={"regime": regime.id, "text": regime.text, "kept_at": now},
    )


def withdraw_sign_off(sign_off_id: UUID, *, by: Person, now: datetime) -> None:
    """Takes a sign-off back; what was released under it stays as it was."""
    with transaction.atomic():
        if Role.LEGAL_OFFICER not in _roles(by):
            refuse_if([Finding.NOT_ITS_ROLE])
        held = (
            EntrySignOff.objects.select_for_update()
            .filter(pk=sign_off_id, withdrawn_at=None)
            .first()
        )
        if held is None:
            raise NotFound(what="sign-off", id=sign_off_id)
        held.withdrawn_by = by
        held.withdrawn_at = now
        held.save(update_fields=["withdrawn_by", "withdrawn_at"])
        _record_law(held, "withdrawn", by=by, now=now)


def name_representative(
    person: Person,
    country: str,
    *,
    office: str,
    languages: tuple[Language, ...],
    by: Person,
    now: datetime,
) -> Representative:
    """Names who stands for the messenger in a country."""
    with transaction.atomic():
        found = check_first(_roles(by))
        if not person.has(Role.REPRESENTATIVE):
            found.append(Finding.NOT_A_REPRESENTATIVE)
        refuse_if([*found, *check_reason(office)])
        made, _ = Representative.objects.update_or_create(
            person=person,
            country=country,
            until=None,
            defaults={
                "office": office.strip(),
                "languages": [language.value for language in languages],
                "named_by": by,
            },
            create_defaults={
                "id": new_id(now=now),
                "office": office.strip(),
                "languages": [language.value for language in languages],
                "since": now,
                "named_by": by,
            },
        )
        _record(made.id, country, "representative_named", by=by, now=now)
    return made


def dismiss_representative(representative_id: UUID, *, by: Person, now: datetime) -> None:
    """Ends somebody's representation of a country."""
    with transaction.atomic():
        refuse_if(check_first(_roles(by)))
        row = Representative.objects.select_for_update().filter(pk=representative_id).first()
        if row is None or row.until is not None:
            raise NotFound(what="representative", id=representative_id)
        row.until = now
        row.save(update_fields=["until"])
        _record(row.id, row.country, "representative_dismissed", by=by, now=now)


def keep_figures(
    country: str,
    month: date,
    *,
    monthly: int,
    daily: int,
    by: Person,
    law: Law,
    now: datetime,
) -> tuple[duties.Standing, ...]:
    """Keeps a month's numbers of users, and gives the duties that hold or are near by them."""
    with transaction.atomic():
        refuse_if([*check_first(_roles(by)), *check_figures(daily=daily, monthly=monthly)])
        row, _ = MarketFigures.objects.update_or_create(
            country=country,
            month=month.replace(day=1),
            defaults={"monthly": monthly, "daily": daily, "kept_by": by, "kept_at": now},
            create_defaults={
                "id": new_id(now=now),
                "monthly": monthly,
                "daily": daily,
                "kept_by": by,
                "kept_at": now,
            },
        )
        found = tuple(
            one
            for one in duties.standings(country, users(), law, on=now.date())
            if one.state is not DutyState.BELOW
        )
        _record(
            row.id,
            country,
            "figures_kept",
            by=by,
            now=now,
            more={
                "month": f"{row.month:%Y-%m}",
                "monthly": monthly,
                "daily": daily,
                "thresholds": {one.threshold.id: one.state.value for one in found},
            },
        )
    return found


def _roles(person: Person) -> frozenset[Role]:
    return frozenset(Role(role) for role in person.roles) if person.is_active else frozenset()


def _locked_state(country: str) -> MarketState | None:
    row = Market.objects.select_for_update().filter(pk=country).first()
    return None if row is None else MarketState(row.state)


def _locked_proposal(proposal_id: UUID) -> MarketProposal:
    row = MarketProposal.objects.select_for_update().filter(pk=proposal_id).first()
    if row is None:
        raise NotFound(what="proposal", id=proposal_id)
    return row


def _settle(proposal: MarketProposal, *, approved: bool, by: Person, now: datetime) -> None:
    proposal.approved = approved
    proposal.settled_by = by
    proposal.settled_at = now
    proposal.save(update_fields=["approved", "settled_by", "settled_at"])


def _change(
    country: str,
    before: MarketState | None,
    after: MarketState,
    *,
    reason: str,
    proposed_by: Person,
    approved_by: Person,
    assessment: RightsAssessment | None,
    now: datetime,
) -> MarketChange:
    made = MarketChange.objects.create(
        id=new_id(now=now),
        country=country,
        from_state=before.value if before else "",
        to_state=after.value,
        reason=reason,
        proposed_by=proposed_by,
        approved_by=approved_by,
        assessment=assessment,
        at=now,
    )
    defaults: dict[str, object] = {"state": after.value, "changed_at": now}
    if assessment is not None:
        defaults["assessment"] = assessment
    Market.objects.update_or_create(pk=country, defaults=defaults)
    _record(
        made.id,
        country,
        after.value,
        by=approved_by,
        now=now,
        more={
            "from": made.from_state,
            "reason": reason,
            "proposed_by": str(proposed_by.id),
            "assessment": str(assessment.id) if assessment else "",
        },
    )
    return made


def _record(
    subject: UUID,
    country: str,
    change: str,
    *,
    by: Person,
    now: datetime,
    more: Mapping[str, object] | None = None,
) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.MARKET_CHANGED,
            subject=subject,
            market=country,
            body={"change": change, "by": str(by.id), **(more or {})},
        )
    )


def _record_law(made: EntrySignOff, change: str, *, by: Person, now: datetime) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.LAW_SIGNED_OFF,
            subject=made.id,
            body={
                "change": change,
                "entry": made.entry,
                "version": made.version,
                "by": str(by.id),
            },
        )
    )
