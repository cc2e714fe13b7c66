"""What the database refuses by itself, and what no order of steps by any people can bring about."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests.integration.matters_of_tests import (
    ALL_NO,
    MANIFEST,
    NOW,
    Desk,
    desk,
    draft_of,
    market,
    officer_for,
    plan_of,
    refusal,
    signed,
)

from evenhand.authorities.lists import CallBackSaid
from evenhand.authorities.models import Officer
from evenhand.base.errors import NotAllowed, NotFound
from evenhand.legal import steps
from evenhand.legal.canonical import digest_of
from evenhand.legal.checks import QUESTIONNAIRE
from evenhand.legal.drafts import BoardVote, SubstanceAnswers, Validation
from evenhand.legal.lists import Authenticity, BoardDecision, EnforcingAnswer, Said, Substance
from evenhand.legal.models import Assessment, Disclosure, Matter, Vote
from evenhand.legal.ports import DataClass
from evenhand.markets.lists import AuthorityKind, DataCategory, MarketState, Purpose
from evenhand.markets.queries import sign_off_of, state_of
from evenhand.markets.regimes import law
from evenhand.markets.steps import sign_off, withdraw_sign_off
from evenhand.people.signature import KeptAssertion, holds

pytestmark = pytest.mark.django_db

EPOC = "eu-epoc-subscriber"
ENTRIES = (EPOC, "eu-epoc-traffic-content", "eu-dsa-art10")
GIVEN = ("released", "handed_out", "confirmed")


def ready(one: Desk, **changes: Any) -> Matter:
    """A matter that lacks nothing but its release."""
    return one.prepared(EPOC, **changes)


def forced(matter: Matter, **columns: Any) -> None:
    """Writes columns past every step."""
    with transaction.atomic():
        Matter.objects.filter(pk=matter.pk).update(**columns)


def test_what_lacks_nothing_can_be_released_even_so() -> None:
    one = desk()
    matter = ready(one)

    forced(matter, **signed(one, matter))

    assert Matter.objects.get().state == "released"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one, matter: {"released_by": one.lawyer},
        lambda one, matter: {"assertion": None},
        lambda one, matter: {"assertion": {}},
        lambda one, matter: {"assertion": {"signature": "", "person": str(one.approver.id)}},
        lambda one, matter: {"assertion": {"signature": "x", "person": str(one.lawyer.id)}},
        lambda one, matter: {"signed": {}},
        lambda one, matter: {"signed": {**signed(one, matter)["signed"], "plan": {}}},
        lambda one, matter: {"digest": b"short"},
        lambda one, matter: {"digest": None},
        lambda one, matter: {"validated_by": None},
        lambda one, matter: {"authenticity": ""},
        lambda one, matter: {"plan_kind": "refuse"},
        lambda one, matter: {"categories": ["traffic"]},
        lambda one, matter: {"categories": ["subscriber", "content"]},
        lambda one, matter: {"entry_verified": False},
        lambda one, matter: {"emergency": True},
        lambda one, matter: {"country": "FR"},
        lambda one, matter: market("DE", MarketState.CONTESTED, one.lawyer, one.approver) or {},
        lambda one, matter: market("DE", MarketState.SUSPENDED, one.lawyer, one.approver) or {},
        lambda one, matter: market("DE", MarketState.EXITED, one.lawyer, one.approver) or {},
        lambda one, matter: Assessment.objects.update(voided_at=NOW) and {},
        lambda one, matter: Assessment.objects.update(needs_board=True) and {},
        lambda one, matter: Assessment.objects.update(needs_board=True, board="go_on") and {},
    ],
)
def test_the_database_refuses_a_release_that_lacks_one_thing(
    spoil: Callable[[Desk, Matter], dict[str, Any]],
) -> None:
    one = desk()
    matter = ready(one)
    columns = {**signed(one, matter), **spoil(one, matter)}

    with pytest.raises(IntegrityError):
        forced(matter, **columns)


def test_what_was_signed_stays() -> None:
    one = desk()
    matter = one.released(EPOC)

    for columns in ({"plan": {}}, {"released_by": one.second_approver}, {"digest": b"1" * 32}):
        with pytest.raises(IntegrityError):
            forced(matter, **columns)


def test_no_package_leaps_to_its_handing_out_or_comes_back() -> None:
    one = desk()
    matter = one.prepared(EPOC)
    package = Disclosure.objects.filter(matter=matter)
    signed = {"released_by": one.approver, "digest": b"0" * 32, "signed": {}, "assertion": {}}
    handed = {"state": "handed_out", "sealed": b"", "handed_out_at": NOW, "confirm_by": NOW}

    for columns in (
        {"state": "released", **signed},
        {**handed, **signed},
        {"sealed": b"other bytes"},
        {"recipient": "age1other"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            package.update(**columns)

    one.release(matter)
    steps.hand_out(package.get().id, to=one.officer, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        package.update(state="released")


def test_a_matter_does_not_close_without_a_notice_even_so() -> None:
    one = desk()
    matter = one.released(EPOC)
    steps.hand_out(Disclosure.objects.get().id, to=one.officer, now=NOW)

    with pytest.raises(IntegrityError):
        forced(matter, state="closed", closed_at=NOW, notice_decided=True)


def test_a_market_that_closes_keeps_back_what_nobody_fetched_yet() -> None:
    one = desk()
    one.released(EPOC)
    market("DE", MarketState.SUSPENDED, one.lawyer, one.approver)

    with pytest.raises(NotAllowed):
        steps.hand_out(Disclosure.objects.get().id, to=one.officer, now=NOW)


class AnyOrder(RuleBasedStateMachine):
    """Anybody tries anything at any time; nothing leaves that may not."""

    desk_of_test: Desk
    officer_of_test: Officer
    others: list[Any]
    reached = 0

    def __init__(self) -> None:
        super().__init__()
        self.one = type(self).desk_of_test
        self.now = NOW
        self.matter: Matter | None = None
        self.savepoint = transaction.savepoint()
        self.fetched: list[bytes] = []

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    def tried(self, step: Callable[[], object]) -> object | None:
        """Takes a step, or finds it refused; nothing else may go wrong."""
        self.now += timedelta(minutes=1)
        try:
            with transaction.atomic():
                return step()
        except (NotAllowed, NotFound):
            return None

    @property
    def people(self) -> list[Any]:
        one = self.one
        return [one.lawyer, one.approver, one.second_approver, *one.board, *self.others]

    person = st.integers(min_value=0, max_value=5)

    @rule(
        entry=st.sampled_from(ENTRIES),
        categories=st.sets(st.sampled_from(DataCategory), min_size=1, max_size=3),
        own=st.booleans(),
        emergency=st.sampled_from([False, False, True]),
        purpose=st.sampled_from(Purpose),
    )
    def receive(
        self,
        entry: str,
        categories: set[DataCategory],
        own: bool,
        emergency: bool,
        purpose: Purpose,
    ) -> None:
        draft = draft_of(self.one, entry, now=self.now)
        if not own:
            draft = replace(draft, categories=frozenset(categories), purpose=purpose)
        fields = {**draft.fields, **dict.fromkeys(QUESTIONNAIRE, "It is told here.")}
        draft = replace(draft, emergency=emergency, fields=fields)

        def step() -> Matter:
            matter = steps.receive(draft, pager=self.one.pages, now=self.now)
            for person in self.people:
                steps.take(matter.id, by=person, now=self.now)
            return matter

        made = self.tried(step)
        self.matter = made if isinstance(made, Matter) else self.matter

    @initialize(depth=st.integers(min_value=0, max_value=4), emergency=st.booleans())
    def begin_somewhere(self, depth: int, emergency: bool) -> None:
        self.receive(EPOC, set(), own=True, emergency=emergency, purpose=Purpose.IDENTIFY_ONLY)
        for _ in range(depth):
            self.do_the_next_right_thing(1)

    @rule(
        said=st.sampled_from([CallBackSaid.CONFIRMED, CallBackSaid.CONFIRMED, CallBackSaid.DENIED])
    )
    def call(self, said: CallBackSaid) -> None:
        matter = self.matter
        if matter is not None:
            self.tried(lambda: self.one.call_back(matter, said=said, now=self.now))

    @rule(who=person, how=st.sampled_from(Authenticity))
    def validate(self, who: int, how: Authenticity) -> None:
        self.on_matter(
            lambda which: steps.validate(
                which, Validation(how, "Looked at."), by=self.people[who], now=self.now
            )
        )

    @rule(who=person, doubt=st.sampled_from([None, None, *Substance]))
    def assess(self, who: int, doubt: Substance | None) -> None:
        answers = {**ALL_NO, **({doubt: Said.UNSURE} if doubt else {})}
        self.on_matter(
            lambda which: steps.assess(
                which, SubstanceAnswers(answers, "As found."), by=self.people[who], now=self.now
            )
        )

    @rule(who=person, how=st.sampled_from(BoardDecision))
    def vote(self, who: int, how: BoardDecision) -> None:
        ballot = BoardVote(how, "As decided.")
        self.on_matter(lambda which: steps.vote(which, ballot, by=self.people[who], now=self.now))

    @rule(
        who=person,
        want=st.sets(st.sampled_from(DataClass), min_size=1),
        refuse=st.sampled_from([False, False, False, True]),
    )
    def prepare(self, who: int, want: set[DataClass], refuse: bool) -> None:
        plan = refusal() if refuse else replace(plan_of(EPOC), want=frozenset(want))
        self.on_matter(
            lambda which: steps.prepare(
                which, plan, by=self.people[who], violations=None, now=self.now
            )
        )

    @rule()
    def collect(self) -> None:
        for package in Disclosure.objects.filter(state="planned"):
            self.tried(lambda package=package: self.one.collect(package, now=self.now))

    @rule(who=person)
    def send_back(self, who: int) -> None:
        self.on_matter(
            lambda which: steps.return_plan(
                which, by=self.people[who], reason="Not yet.", now=self.now
            )
        )

    @rule(who=person, signer=person, honest=st.sampled_from([True, True, False]))
    def release(self, who: int, signer: int, honest: bool) -> None:
        person = self.people[who]
        key = self.one.keys[person.id if honest else self.people[signer].id]

        def step(which: Any) -> object:
            options = steps.begin_release(which, by=person, now=self.now)
            credential = key.sign_in(options["publicKey"])
            return steps.release(
                which, by=person, credential=credential, violations=None, now=self.now
            )

        self.on_matter(step)

    @rule(who=person, answer=st.sampled_from(EnforcingAnswer), days=st.sampled_from([0, 11]))
    def window(self, who: int, answer: EnforcingAnswer, days: int) -> None:
        self.now += timedelta(days=days)
        self.on_matter(
            lambda which: steps.note_window(
                which, answer, by=self.people[who], note="As it came.", now=self.now
            )
        )

    @rule(right=st.sampled_from([True, True, False]))
    def hand_out(self, right: bool) -> None:
        for package in Disclosure.objects.all():
            officer = self.one.officer if right else self.others_officer
            given = self.tried(
                lambda p=package.id, o=officer: steps.hand_out(p, to=o, now=self.now)
            )
            if isinstance(given, steps.HandedOut):
                assert right
                assert state_of("DE") not in {
                    MarketState.CONTESTED,
                    MarketState.SUSPENDED,
                    MarketState.EXITED,
                }
                self.fetched.append(given.sha256)
                type(self).reached += 1

    @rule(state=st.sampled_from([MarketState.OPEN, MarketState.OPEN, *MarketState]))
    def change_market(self, state: MarketState) -> None:
        self.tried(lambda: market("DE", state, self.one.lawyer, self.one.approver))

    @rule(entry=st.sampled_from(ENTRIES))
    def sign_off(self, entry: str) -> None:
        held = sign_off_of(entry, law().regime_of(law().kind(entry)).version)
        if held is not None:
            self.tried(lambda: withdraw_sign_off(held.id, by=self.one.lawyer, now=self.now))
        else:
            self.tried(
                lambda: sign_off(
                    entry, reason="Read it.", by=self.one.second_approver, law=law(), now=self.now
                )
            )

    @rule(
        columns=st.sampled_from(
            [
                {"state": "released"},
                {"state": "executed"},
                {"state": "prepared"},
                {"state": "validated"},
                {"entry_categories": ["content", "traffic", "subscriber"]},
                {"entry_verified": True},
                {"kind": "removal"},
            ]
        )
    )
    def go_round_the_steps(self, columns: dict[str, Any]) -> None:
        """Somebody writes to the table itself: refused, or nothing leaves by it."""
        if self.matter is None:
            return
        savepoint = transaction.savepoint()
        try:
            with transaction.atomic():
                Matter.objects.filter(pk=self.matter.pk).update(**columns)
        except IntegrityError:
            pass
        transaction.savepoint_rollback(savepoint)

    @rule(who=st.sampled_from([1, 1, 2]))
    def do_the_next_right_thing(self, who: int) -> None:
        """Without this, chance would hardly ever come as far as a release."""
        if self.matter is None:
            return
        matter = Matter.objects.get(pk=self.matter.pk)
        if matter.state == "received":
            self.call(CallBackSaid.CONFIRMED)
            self.validate(0, Authenticity.CALL_BACK)
            self.assess(0, None)
        elif matter.state == "validated":
            wanted = {
                DataClass.PHONE: {"subscriber"},
                DataClass.CONNECTIONS: {"identification", "traffic"},
            }
            have = set(matter.categories)
            self.prepare(0, {one for one, needs in wanted.items() if needs & have}, False)
            self.collect()
        elif matter.state == "prepared":
            self.collect()
            self.release(who, who, True)
        else:
            self.hand_out(True)

    @property
    def others_officer(self) -> Any:
        return type(self).officer_of_test

    def on_matter(self, step: Callable[[Any], object]) -> None:
        if self.matter is not None:
            which = self.matter.id
            self.tried(lambda: step(which))

    @invariant()
    def nothing_left_that_may_not(self) -> None:
        for package in Disclosure.objects.filter(state__in=GIVEN).select_related("matter"):
            matter = package.matter
            assert matter.released_by_id not in {None, matter.prepared_by_id}
            assert package.released_by_id != package.prepared_by_id
            assert "approver" in matter.released_by.roles
            assert matter.validated_at is not None
            assert matter.authenticity
            assert set(matter.categories) <= set(matter.entry_categories) - {"content"}
            wants = {"phone": {"subscriber"}, "connections": {"identification", "traffic"}}
            assert all(wants[one] & set(matter.categories) for one in package.want)
            assert matter.entry_verified or matter.sign_off_id is not None
            assert not matter.emergency or matter.call_back_id is not None
            assert holds(KeptAssertion.from_json(package.assertion), digest_of(package.signed))
            assert package.signed["package"]["sha256"] == bytes(package.sha256).hex()
            assessment = Assessment.objects.get(matter=matter)
            if assessment.needs_board:
                assert Vote.objects.filter(matter=matter, decision="go_on").count() >= 2
            assert package.state == "released" or not bytes(package.sealed)

    @invariant()
    def nothing_is_fetched_twice(self) -> None:
        assert len(self.fetched) == len(set(self.fetched))
        assert MANIFEST["accounts"] == 1


def test_no_order_of_steps_by_any_people_lets_data_out() -> None:
    one = desk(kind=AuthorityKind.JUDGE)
    AnyOrder.desk_of_test = one
    both = one.second_approver
    both.roles = ["approver", "legal_officer"]
    both.save()
    AnyOrder.others = [both]
    AnyOrder.officer_of_test = officer_for(one.authority, "Olaf Other", one.lawyer, one.approver)

    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=25,
            stateful_step_count=24,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert AnyOrder.reached > 0, "chance never came as far as a package in somebody's hands"
