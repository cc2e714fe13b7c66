"""Pure: every barrier between a request and what it asks for (DESIGN decisions 13 to 17)."""

from collections.abc import Collection, Mapping
from typing import assert_never
from uuid import UUID

from evenhand.actions.drafts import Measure
from evenhand.base.lists import TargetKind
from evenhand.legal.drafts import Plan
from evenhand.legal.facts import (
    CATEGORY_OF,
    DISCLOSING,
    MARKET_GROUNDS,
    REMOVING,
    WITHHOLDING,
    MatterFacts,
)
from evenhand.legal.form_checks import questionnaire_complete
from evenhand.legal.lists import (
    Authenticity,
    BoardDecision,
    Finding,
    IdentifierKind,
    PlanKind,
    Said,
    Substance,
)
from evenhand.markets.law import NARROWABLE
from evenhand.markets.lists import DataCategory, LegalKind, Refusal, Territory


def check_second_look(
    *, doubted: bool, validated_by: UUID | None, by: UUID | None
) -> tuple[Finding, ...]:
    """Gives whether the second pair of eyes is missing: one who was deceived is deceived twice."""
    same = by is not None and by == validated_by
    return (Finding.SECOND_LOOK_MISSING,) if doubted and same else ()


def needs_board(answers: Mapping[Substance, Said]) -> bool:
    """Tells whether the policy board has to decide: one yes or one doubt is enough."""
    return any(said is not Said.NO for said in answers.values())


def check_barriers(facts: MatterFacts, plan: Plan) -> list[Finding]:
    """Gives every barrier of DESIGN decisions 13 to 17 that this plan does not pass."""
    found = [*_check_law(facts, plan), *_check_sender(facts), *_check_substance(facts)]
    found += check_second_look(
        doubted=facts.second_look, validated_by=facts.validated_by, by=facts.assessed_by
    )
    if facts.open_questions:
        found.append(Finding.QUESTIONS_OPEN)
    if facts.referral:
        found.append(Finding.REFERRAL_IS_NO_ORDER)
    if facts.kind in DISCLOSING:
        found += _check_disclosure(facts, plan)
    elif facts.kind in WITHHOLDING:
        found += _check_measures(facts, plan)
    return found


def narrow_territory(facts: MatterFacts) -> tuple[str, ...] | None:
    """Gives the countries in which an order may have effect; None = no bound but the order's.

    Regulation (EU) 2021/784 Art. 3(3): a removal order has effect in all Member States.
    Regulation (EU) 2022/2065 Art. 9(2)(b): no further than strictly necessary.
    """
    if Refusal.GEO_RESTRICTION_ONLY in facts.law or facts.kind is LegalKind.GEO_RESTRICTION:
        return (facts.country,)
    match facts.territory:
        case Territory.COUNTRY:
            return (facts.country,)
        case Territory.UNION:
            return tuple(sorted(facts.union))
        case Territory.ORDER:
            return None
        case _:
            assert_never(facts.territory)


def _check_law(facts: MatterFacts, plan: Plan) -> list[Finding]:
    found = []
    against = set(facts.law)
    if plan.kind is PlanKind.NARROW:
        against -= NARROWABLE
    if against & MARKET_GROUNDS:
        found.append(Finding.MARKET_NOT_OPEN)
    if Refusal.UNVERIFIED_ENTRY in against:
        found.append(Finding.UNVERIFIED_ENTRY)
    if against:
        found.append(Finding.LAW_REFUSES)
    return found


def _check_sender(facts: MatterFacts) -> list[Finding]:
    found = []
    if not facts.validated:
        found.append(Finding.NOT_VALIDATED)
    if facts.authenticity is Authenticity.NONE:
        found.append(Finding.NOT_AUTHENTIC)
    # Faster, never weaker: the call to the registry's number comes before the release.
    if (facts.emergency or facts.doubted) and not facts.called_back:
        found.append(Finding.CALL_BACK_MISSING)
    if facts.emergency and not questionnaire_complete(facts.fields):
        found.append(Finding.QUESTIONNAIRE_INCOMPLETE)
    if facts.suspended:
        found.append(Finding.OFFICER_MAY_NOT_FILE)
    if not facts.informed_before:
        found.append(Finding.NOT_INFORMED_BEFORE)
    if not facts.rank_suffices:
        found.append(Finding.RANK_TOO_LOW)
    if facts.without_effect:
        found.append(Finding.WITHOUT_EFFECT)
    return found


def _check_substance(facts: MatterFacts) -> list[Finding]:
    if set(facts.answers) != set(Substance):
        return [Finding.SUBSTANCE_UNANSWERED]
    if not facts.sent_to_board and not needs_board(facts.answers):
        return []
    match facts.board:
        case None:
            return [Finding.BOARD_PENDING]
        case BoardDecision.REFUSE:
            return [Finding.BOARD_REFUSES]
        case BoardDecision.GO_ON:
            return []
        case _:
            assert_never(facts.board)


def _check_disclosure(facts: MatterFacts, plan: Plan) -> list[Finding]:
    found = []
    if not facts.entry_verified and not facts.signed_off:
        found.append(Finding.UNVERIFIED_ENTRY)
    if DataCategory.CONTENT in facts.categories:
        found.append(Finding.CONTENT_OUTSIDE_DESK)
    if not facts.categories or not facts.categories <= facts.entry_categories:
        found.append(Finding.OUTSIDE_CATEGORY)
    if not plan.want or not plan.accounts:
        found.append(Finding.MEASURE_MISSING)
    if any(not CATEGORY_OF[one] & facts.categories for one in plan.want):
        found.append(Finding.OUTSIDE_CATEGORY)
    if plan.measures:
        found.append(Finding.MEASURE_NOT_ALLOWED)
    if plan.preservation and not set(plan.accounts) <= (facts.preserved or frozenset()):
        found.append(Finding.NOT_PRESERVED)
    if not _named(facts, plan.accounts):
        found.append(Finding.IDENTIFIER_MISSING)
    if facts.voluntary and not may_volunteer(facts):
        found.append(Finding.NO_VIOLATION)
    return found


def may_volunteer(facts: MatterFacts) -> bool:
    """Tells whether data may be given that no law demands (DESIGN decision 15, section 9).

    An account that broke the rules, a court that names its holder a suspect, or a stated danger
    to life with a call-back: the person in danger may have broken no rule.
    """
    return facts.violation or facts.suspect or (facts.emergency and facts.called_back)


def _named(facts: MatterFacts, accounts: Collection[str]) -> bool:
    """Tells whether a request leads to these accounts: it names them, or a phone that is theirs."""
    return set(accounts) <= {
        value for kind, value in facts.identifiers if kind is IdentifierKind.ACCOUNT
    }


def _check_measures(facts: MatterFacts, plan: Plan) -> list[Finding]:
    found = []
    if not plan.measures:
        found.append(Finding.MEASURE_MISSING)
    if plan.want or plan.accounts or plan.preservation:
        found.append(Finding.MEASURE_NOT_ALLOWED)
    bound = narrow_territory(facts)
    everywhere_in_union = facts.territory is Territory.UNION and bound != (facts.country,)
    for measure in plan.measures:
        if measure.kind not in REMOVING or measure.answered:
            found.append(Finding.MEASURE_NOT_ALLOWED)
        if not inside(measure, bound) and not (everywhere_in_union and indivisible(measure)):
            found.append(Finding.TERRITORY_TOO_WIDE)
    return found


def inside(measure: Measure, bound: Collection[str] | None) -> bool:
    """Tells whether a measure reaches no further than it may; no territory is the whole world."""
    if bound is None:
        return True
    return bool(measure.territory) and set(measure.territory) <= set(bound)


def indivisible(measure: Measure) -> bool:
    """Tells whether a thing can only be gone everywhere or nowhere: one message, one file.

    An order that binds in the whole Union cannot be obeyed otherwise; the answer says so.
    """
    return measure.target.kind in {TargetKind.EVENT, TargetKind.MEDIA} and not measure.territory
