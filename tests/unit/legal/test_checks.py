"""May this be done in this matter, by this person, now? Each barrier by itself, and the flow."""

from dataclasses import replace
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.actions.drafts import Measure
from evenhand.actions.ports import Target
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.legal.canonical import canonical, digest_of, plan_json, plan_of
from evenhand.legal.checks import (
    FLOW,
    QUESTIONNAIRE,
    Actor,
    MatterFacts,
    check_close,
    check_prepare,
    check_release,
    check_review,
    check_step,
    check_validation,
    needs_board,
)
from evenhand.legal.drafts import Plan
from evenhand.legal.lists import (
    Authenticity,
    BoardDecision,
    DisclosureState,
    EnforcingAnswer,
    Finding,
    IdentifierKind,
    MatterState,
    PlanKind,
    Said,
    Substance,
    Verb,
)
from evenhand.legal.ports import DataClass
from evenhand.markets.lists import DataCategory, LegalKind, Refusal, Territory
from evenhand.people.roles import Role

PREPARER, APPROVER = uuid4(), uuid4()
ACCOUNT, CHANNEL = "@somebody:example.test", "!room:example.test"
ALL_NO = dict.fromkeys(Substance, Said.NO)

FACTS = MatterFacts(
    state=MatterState.PREPARED,
    kind=LegalKind.DISCLOSURE,
    country="DE",
    union=frozenset({"DE", "FR"}),
    territory=Territory.ORDER,
    emergency=False,
    voluntary=False,
    entry_verified=True,
    signed_off=False,
    categories=frozenset({DataCategory.SUBSCRIBER, DataCategory.IDENTIFICATION}),
    entry_categories=frozenset({DataCategory.SUBSCRIBER, DataCategory.IDENTIFICATION}),
    law=(),
    validated=True,
    authenticity=Authenticity.CALL_BACK,
    called_back=True,
    suspect=False,
    violation=False,
    open_questions=0,
    answers=ALL_NO,
    board=None,
    fields=dict.fromkeys(QUESTIONNAIRE, "It is told here."),
    identifiers=frozenset({(IdentifierKind.ACCOUNT, ACCOUNT)}),
    prepared_by=PREPARER,
    package=DisclosureState.COLLECTED,
    key=True,
)
GIVE = Plan(
    kind=PlanKind.ACCEPT,
    answer="As ordered.",
    accounts=(ACCOUNT,),
    want=frozenset({DataClass.PHONE, DataClass.CONNECTIONS}),
)
REFUSE = Plan(kind=PlanKind.REFUSE, answer="No such power.", ground=Refusal.WRONG_AUTHORITY)


def actor(who: UUID = APPROVER, *roles: Role, assigned: bool = True) -> Actor:
    return Actor(who, frozenset(roles or {Role.APPROVER}), assigned)


def withhold(*countries: str, kind: ActionKind = ActionKind.GEO_WITHHOLD) -> Plan:
    target = Target(TargetKind.CHANNEL, channel=CHANNEL)
    return Plan(
        kind=PlanKind.ACCEPT,
        answer="As ordered.",
        measures=(Measure(kind, target, territory=countries),),
        harm="m.violence.extremist",
    )


def redact() -> Plan:
    target = Target(TargetKind.EVENT, channel=CHANNEL, event="$event")
    return replace(withhold(), measures=(Measure(ActionKind.REDACT, target),))


def test_what_lacks_nothing_is_released() -> None:
    assert check_release(FACTS, GIVE, actor()) == ()


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"state": MatterState.VALIDATED}, Finding.WRONG_STATE),
        ({"prepared_by": APPROVER}, Finding.SAME_PERSON),
        ({"prepared_by": None}, Finding.SAME_PERSON),
        ({"validated": False}, Finding.NOT_VALIDATED),
        ({"informed_before": False}, Finding.NOT_INFORMED_BEFORE),
        ({"rank_suffices": False}, Finding.RANK_TOO_LOW),
        ({"without_effect": True}, Finding.WITHOUT_EFFECT),
        ({"authenticity": Authenticity.NONE}, Finding.NOT_AUTHENTIC),
        ({"open_questions": 1}, Finding.QUESTIONS_OPEN),
        ({"answers": {}}, Finding.SUBSTANCE_UNANSWERED),
        ({"answers": {**ALL_NO, Substance.PRESS: Said.UNSURE}}, Finding.BOARD_PENDING),
        ({"law": (Refusal.WRONG_AUTHORITY,)}, Finding.LAW_REFUSES),
        ({"law": (Refusal.MARKET_SUSPENDED,)}, Finding.MARKET_NOT_OPEN),
        ({"law": (Refusal.UNVERIFIED_ENTRY,)}, Finding.UNVERIFIED_ENTRY),
        ({"entry_verified": False}, Finding.UNVERIFIED_ENTRY),
        ({"categories": frozenset({DataCategory.TRAFFIC})}, Finding.OUTSIDE_CATEGORY),
        ({"categories": frozenset()}, Finding.OUTSIDE_CATEGORY),
        ({"categories": frozenset({DataCategory.CONTENT})}, Finding.CONTENT_OUTSIDE_DESK),
        ({"identifiers": frozenset()}, Finding.IDENTIFIER_MISSING),
        ({"voluntary": True}, Finding.NO_VIOLATION),
        ({"package": DisclosureState.PLANNED}, Finding.NOT_COLLECTED),
        ({"package": None}, Finding.NOT_COLLECTED),
        ({"window": EnforcingAnswer.NONE}, Finding.WINDOW_OPEN),
        ({"window": EnforcingAnswer.REFUSES}, Finding.ENFORCING_AUTHORITY_REFUSES),
        ({"emergency": True, "called_back": False}, Finding.CALL_BACK_MISSING),
        ({"doubted": True, "called_back": False}, Finding.CALL_BACK_MISSING),
        ({"emergency": True, "fields": {}}, Finding.QUESTIONNAIRE_INCOMPLETE),
    ],
)
def test_one_thing_that_is_missing_stops_a_release(
    change: dict[str, Any], finding: Finding
) -> None:
    assert finding in check_release(replace(FACTS, **change), GIVE, actor())


@pytest.mark.parametrize(
    "change",
    [
        {"window": EnforcingAnswer.NO_GROUND},
        {"window": EnforcingAnswer.LAPSED},
        {"entry_verified": False, "signed_off": True},
        {"doubted": True},
        {"called_back": False, "authenticity": Authenticity.SIGNATURE},
        {"voluntary": True, "violation": True},
        {"voluntary": True, "suspect": True},
        {"voluntary": True, "emergency": True},
        {
            "answers": {**ALL_NO, Substance.PRESS: Said.YES},
            "board": BoardDecision.GO_ON,
        },
    ],
)
def test_what_takes_the_place_of_a_thing_that_is_missing(change: dict[str, Any]) -> None:
    assert check_release(replace(FACTS, **change), GIVE, actor()) == ()


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.APPROVER])
def test_only_an_approver_releases(role: Role) -> None:
    assert Finding.ROLE_MISSING in check_release(FACTS, GIVE, actor(uuid4(), role))


def test_nobody_releases_what_is_not_theirs_to_see() -> None:
    found = check_release(FACTS, GIVE, actor(assigned=False))

    assert found == (Finding.NOT_ASSIGNED,)


def test_an_emergency_asks_for_more_and_never_for_less() -> None:
    spoils: list[dict[str, Any]] = [
        {"validated": False},
        {"answers": {}},
        {"prepared_by": APPROVER},
        {"entry_verified": False},
        {"categories": frozenset({DataCategory.CONTENT})},
        {"law": (Refusal.MARKET_EXITED,)},
    ]
    for spoil in spoils:
        calm, urgent = replace(FACTS, **spoil), replace(FACTS, emergency=True, **spoil)
        assert set(check_release(calm, GIVE, actor())) <= set(check_release(urgent, GIVE, actor()))


def test_a_refusal_can_be_prepared_before_validation_but_not_without_a_ground() -> None:
    facts = replace(FACTS, state=MatterState.RECEIVED, validated=False)
    lawyer = actor(PREPARER, Role.LEGAL_OFFICER)

    assert check_prepare(facts, REFUSE, lawyer) == ()
    assert check_prepare(facts, replace(REFUSE, ground=None), lawyer) == (Finding.GROUND_MISSING,)


def test_a_refusal_hides_no_measure() -> None:
    sly = replace(REFUSE, accounts=(ACCOUNT,))

    assert Finding.MEASURE_NOT_ALLOWED in check_release(FACTS, sly, actor())


def test_each_class_of_data_needs_its_category() -> None:
    for want, category in product(DataClass, DataCategory):
        facts = replace(
            FACTS, categories=frozenset({category}), entry_categories=frozenset({category})
        )
        found = check_release(facts, replace(GIVE, want=frozenset({want})), actor())
        right = (want is DataClass.PHONE and category is DataCategory.SUBSCRIBER) or (
            want is DataClass.CONNECTIONS
            and category in {DataCategory.IDENTIFICATION, DataCategory.TRAFFIC}
        )
        assert (found == ()) is right


@pytest.mark.parametrize(
    ("territory", "law", "plan", "may"),
    [
        (Territory.COUNTRY, (), withhold("DE"), True),
        (Territory.COUNTRY, (), withhold("DE", "FR"), False),
        (Territory.COUNTRY, (), withhold("FR"), False),
        (Territory.COUNTRY, (), redact(), False),
        (Territory.COUNTRY, (), withhold(kind=ActionKind.BLOCK_CHANNEL), False),
        (Territory.UNION, (), withhold("DE", "FR"), True),
        (Territory.UNION, (), withhold("DE", "US"), False),
        (Territory.UNION, (), redact(), True),
        (Territory.UNION, (), withhold(kind=ActionKind.BLOCK_CHANNEL), False),
        (Territory.ORDER, (), redact(), True),
        (Territory.ORDER, (), withhold("DE", kind=ActionKind.SUSPEND), False),
        (Territory.ORDER, (Refusal.GEO_RESTRICTION_ONLY,), redact(), False),
    ],
)
def test_an_effect_is_as_narrow_as_its_order(
    territory: Territory, law: tuple[Refusal, ...], plan: Plan, *, may: bool
) -> None:
    facts = replace(FACTS, kind=LegalKind.REMOVAL, territory=territory, law=law)

    found = check_release(facts, plan, actor())

    assert (found == ()) is may


def test_a_contested_market_is_withheld_in_and_nothing_else() -> None:
    facts = replace(FACTS, kind=LegalKind.REMOVAL, law=(Refusal.GEO_RESTRICTION_ONLY,))
    narrowed = replace(withhold("DE"), kind=PlanKind.NARROW)

    assert check_release(facts, narrowed, actor()) == ()
    assert Finding.TERRITORY_TOO_WIDE in check_release(
        facts, replace(redact(), kind=PlanKind.NARROW), actor()
    )


def test_every_verb_is_refused_outside_its_states() -> None:
    for verb, state in product(Verb, MatterState):
        refused = Finding.WRONG_STATE in check_step(state, verb)
        assert refused is (state not in FLOW[verb])


def test_nothing_is_done_to_a_closed_matter() -> None:
    assert all(Finding.WRONG_STATE in check_step(MatterState.CLOSED, verb) for verb in Verb)


@pytest.mark.parametrize(
    ("how", "document", "call", "paper", "may"),
    [
        (Authenticity.NONE, True, True, True, False),
        (Authenticity.SIGNATURE, True, False, False, True),
        (Authenticity.SIGNATURE, False, True, True, False),
        (Authenticity.CALL_BACK, False, True, False, True),
        (Authenticity.CALL_BACK, True, False, True, False),
        (Authenticity.SERVED, False, False, True, True),
        (Authenticity.SERVED, True, True, False, False),
    ],
)
def test_a_sender_is_proved_by_what_is_named(
    how: Authenticity, *, document: bool, call: bool, paper: bool, may: bool
) -> None:
    found = check_validation(how, document_trusted=document, called_back=call, on_paper=paper)

    assert (found == ()) is may


def test_the_look_afterwards_is_a_third_persons() -> None:
    def found(who: UUID) -> tuple[Finding, ...]:
        return check_review(
            actor(who), prepared_by=PREPARER, released_by=APPROVER, note="It was right."
        )

    assert found(uuid4()) == ()
    assert found(PREPARER) == found(APPROVER) == (Finding.SAME_PERSON,)


def test_a_matter_closes_with_a_notice_and_an_emergency_with_a_look() -> None:
    facts = replace(FACTS, state=MatterState.EXECUTED)
    urgent = replace(facts, emergency=True, notice_decided=True)

    assert check_close(facts, actor()) == (Finding.NOTICE_UNDECIDED,)
    assert check_close(replace(facts, notice_decided=True), actor()) == ()
    assert check_close(urgent, actor()) == (Finding.REVIEW_MISSING,)
    assert check_close(replace(urgent, reviewed=True), actor()) == ()


@given(st.fixed_dictionaries({one: st.sampled_from(Said) for one in Substance}))
def test_one_yes_or_doubt_is_enough_for_the_board(answers: dict[Substance, Said]) -> None:
    assert needs_board(answers) is (set(answers.values()) != {Said.NO})


@pytest.mark.parametrize("plan", [GIVE, REFUSE, redact(), withhold("DE", "FR")])
def test_a_kept_plan_is_the_plan(plan: Plan) -> None:
    assert plan_of(plan_json(plan)) == plan


def test_another_plan_has_another_digest() -> None:
    plans = [GIVE, REFUSE, redact(), withhold("DE"), withhold("DE", "FR"), replace(GIVE, harm="x")]

    assert len({digest_of(plan_json(plan)) for plan in plans}) == len(plans)


def test_what_is_signed_does_not_depend_on_the_order_in_which_it_was_said() -> None:
    text = plan_json(withhold("FR", "DE"))

    assert canonical(text) == canonical(dict(reversed(text.items())))
    assert digest_of(text) == digest_of(plan_json(withhold("DE", "FR")))
