"""From what the searcher finds to a decision, its undo, and what is then left alone for good."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.drafts_of_tests import NOW, STAFF, by_person
from tests.integration.actions_of_tests import LATER, decided, in_force, settle
from tests.integration.test_search_policy import TEXT, live

from evenhand.actions.drafts import Measure
from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action, Decision, Statement
from evenhand.actions.ports import InForce, RuleAuthors, Target
from evenhand.actions.queries import told
from evenhand.actions.statements import statement_text
from evenhand.actions.steps import decide, undo
from evenhand.base.errors import NotFound
from evenhand.base.lists import ActionKind, Automation, Ground, Language, TargetKind
from evenhand.rulebook.answers import StoredRules
from evenhand.search import proposals_queries as queries
from evenhand.search import proposals_steps as steps
from evenhand.search.answers import SearchRules
from evenhand.search.asking import Hit, Page
from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind, ProposalState
from evenhand.search.lookout import Lookout, look_at_words
from evenhand.search.models import ClosedRoom, Proposal
from evenhand.search.queries import closings
from evenhand.search.steps import forget_opened
from evenhand.search.sweeping import sweep_in_force, sweep_items

pytestmark = pytest.mark.django_db

CLOSED = "!closed:town"
ANEW = "!anew:town"
RULES = SearchRules(
    StoredRules.of({}), lambda _version: RuleAuthors("Pia Policy", "Quentin Policy")
)


@dataclass
class Town:
    """Who opened which room."""

    rooms: dict[str, str] = field(default_factory=lambda: {ANEW: "@again:town"})

    def opened_by(self, room: str) -> str:
        if room not in self.rooms:
            raise NotFound(what="room", id=room)
        return self.rooms[room]


@dataclass(frozen=True)
class Harmful:
    """A topic."""

    harm: str = "m.tos.prohibited.drugs"


class Words:
    """A query policy of one word."""

    def hides(self, texts: Sequence[str]) -> Sequence[str]:
        return ["illegal_goods" if "snowflour" in text else "" for text in texts]

    @property
    def topics(self) -> Mapping[str, Harmful]:
        return {"illegal_goods": Harmful()}


def room(id: str, title: str) -> Item:  # noqa: A002
    return Item(id=id, kind=ItemKind.ROOM, at=NOW, title=title, room=id, language="de")


def post(text: str) -> Item:
    return Item(
        id="$post", kind=ItemKind.POST, at=NOW, text=text, room=ANEW, account="@w:town",
        language="fr",
    )  # fmt: skip


def close(*territory: str, kind: ActionKind = ActionKind.DEINDEX) -> Action:
    target = Target(TargetKind.CHANNEL, "@old:town", CLOSED)
    return decided(Measure(kind, target, territory=territory))


@dataclass
class Desk:
    """A searcher with a few items in its index."""

    index: dict[str, Item]
    held: set[str] = field(default_factory=set)

    @property
    def lookout(self) -> Lookout:
        hits = tuple(Hit(item, 1.0) for item in self.index.values())
        return Lookout(self.index.get, lambda _ask: Page(hits), self.held.update)


def watch(*items: Item) -> tuple[Lookout, set[str]]:
    """Gives a lookout over an index that holds the closed room, and what it holds back."""
    desk = Desk({item.id: item for item in (room(CLOSED, "Snow Kitchen"), *items)})
    lookout = desk.lookout
    lookout.renew(now=NOW)
    return lookout, desk.held


def found_again(*territory: str) -> Decision:
    """Gives the decision on a room that resembles a closed one."""
    close(*territory)
    watch()[0].look([room(ANEW, "Sn0w K1tchen")], now=NOW)
    steps.decide_waiting(Town(), RULES, now=NOW)
    return Decision.objects.get(pk=Proposal.objects.get().decision)


def test_a_recreation_is_held_back_at_once_and_then_decided() -> None:
    close()
    desk, held_back = watch()

    desk.look([room(ANEW, "Sn0w K1tchen"), room("!other:town", "Snow Reports")], now=NOW)

    assert held_back == {ANEW}
    assert queries.held() == {ANEW}
    assert steps.decide_waiting(Town(), RULES, now=NOW) == 1
    decision = Decision.objects.get(pk=Proposal.objects.get().decision)
    assert queries.held() == frozenset()
    assert decision.rule_id == "search_recreated_channel"
    assert decision.ground == Ground.RULE
    assert decision.automation == Automation.FULL
    assert decision.harm == "m.tos.prohibited.drugs"
    assert decision.account == "@again:town"
    action = decision.actions.get()
    assert (action.kind, action.channel, action.territory) == (ActionKind.DEINDEX, ANEW, [])


def test_its_creator_is_told_why_in_their_language() -> None:
    decision = found_again()

    assert Statement.objects.get(decision=decision).account == "@again:town"
    assert decision.language == Language.DE
    text = statement_text(told(decision), Language.DE, url="https://desk.example/objection")
    assert "Name, Adresse oder Bild dieses Kanals" in text
    for language in Language:
        assert RULES.sentence(decision.rule_id, decision.rule_version, language)


def test_it_is_hidden_where_the_closed_one_is_and_nowhere_else() -> None:
    decision = found_again("DE", "FR")

    assert decision.actions.get().territory == ["DE", "FR"]


def test_what_was_given_back_on_appeal_is_left_alone_for_good() -> None:
    decision = found_again()
    settle(InForce.YES)
    undo(decision.actions.get().id, by=STAFF, reason="another shop", now=LATER)

    desk, held_back = watch()
    desk.look([room(ANEW, "Sn0w K1tchen")], now=LATER)

    assert held_back == set()
    assert steps.decide_waiting(Town(), RULES, now=LATER) == 0
    assert Decision.objects.filter(rule_id="search_recreated_channel").count() == 1


def test_rooms_that_were_there_before_the_closing_are_found_too() -> None:
    close()

    _, held_back = watch(room(ANEW, "Sn0w K1tchen"), room("!other:town", "Snow Reports"))

    assert held_back == {ANEW}
    assert queries.held() == {ANEW}


def test_a_second_look_proposes_nothing_twice() -> None:
    close()
    desk, _ = watch()

    first = desk.look([room(ANEW, "Sn0w K1tchen")], now=NOW)
    second = desk.look([room(ANEW, "Snow-Kitchen")], now=NOW)

    assert (first, second) == (1, 0)


def test_what_followed_falls_with_the_decision_on_the_closed_room() -> None:
    closed = in_force(Measure(ActionKind.DEINDEX, Target(TargetKind.CHANNEL, "@o:town", CLOSED)))
    watch()[0].look([room(ANEW, "Sn0w K1tchen")], now=NOW)
    steps.decide_waiting(Town(), RULES, now=NOW)
    settle(InForce.YES, now=LATER)
    assert steps.undo_followers(now=LATER) == 0

    undo(closed.id, by=STAFF, reason="it is lawful", now=LATER)

    assert steps.undo_followers(now=LATER) == 1
    follower = Action.objects.get(channel=ANEW)
    assert follower.state == ActionState.UNDOING
    assert steps.undo_followers(now=LATER) == 0
    # Nobody found that it is another room: closed again, it would be looked at again.
    assert queries.not_recreations() == {}


def test_a_proposal_whose_ground_is_gone_is_dropped() -> None:
    closed = in_force(Measure(ActionKind.DEINDEX, Target(TargetKind.CHANNEL, "@o:town", CLOSED)))
    watch()[0].look([room(ANEW, "Sn0w K1tchen")], now=NOW)
    undo(closed.id, by=STAFF, reason="it is lawful", now=LATER)

    steps.decide_waiting(Town(), RULES, now=LATER)

    assert Proposal.objects.get().state == ProposalState.DROPPED
    assert queries.held() == frozenset()


def test_a_room_that_is_gone_is_not_decided_on() -> None:
    close()
    watch()[0].look([room(ANEW, "Sn0w K1tchen")], now=NOW)

    steps.decide_waiting(Town({}), RULES, now=NOW)

    assert Proposal.objects.get().state == ProposalState.DROPPED


def test_a_recreation_of_a_recreation_follows_the_closed_room_itself() -> None:
    found_again()

    assert set(closings()) == {CLOSED}


def test_an_order_that_nobody_may_be_told_of_leads_to_nothing() -> None:
    target = Target(TargetKind.CHANNEL, "@old:town", CLOSED)
    draft = by_person(
        Measure(ActionKind.BLOCK_CHANNEL, target),
        ground=Ground.ORDER, gagged=True, rule=None, case=None,
    )  # fmt: skip
    decide(draft, now=NOW)

    assert closings() == {}


def test_what_a_closed_room_was_known_by_outlives_the_index_but_not_the_decision() -> None:
    closed = in_force(Measure(ActionKind.DEINDEX, Target(TargetKind.CHANNEL, "@o:town", CLOSED)))
    watch()

    empty = Desk({})
    lookout = empty.lookout
    lookout.renew(now=NOW)
    lookout.look([room(ANEW, "Sn0w K1tchen")], now=NOW)
    assert empty.held == {ANEW}
    assert forget_opened() == 0

    undo(closed.id, by=STAFF, reason="it is lawful", now=LATER)
    assert forget_opened() == 1
    assert ClosedRoom.objects.count() == 0


def test_a_room_that_is_open_again_is_resembled_by_nothing() -> None:
    closed = in_force(Measure(ActionKind.DEINDEX, Target(TargetKind.CHANNEL, "@o:town", CLOSED)))
    desk, _ = watch()
    undo(closed.id, by=STAFF, reason="it is lawful", now=LATER)

    desk.renew(now=LATER)

    assert desk.look([room(ANEW, "Sn0w K1tchen")], now=LATER) == 0


def test_items_that_the_policy_names_are_decided_on_once_for_all_versions() -> None:
    items = [post("pure snowflour here"), post("bread flour")]
    assert look_at_words(items, Words(), version="1", now=NOW) == 1
    assert look_at_words(items, Words(), version="2", now=NOW) == 0

    steps.decide_waiting(Town(), RULES, now=NOW)

    decision = Decision.objects.get()
    action = decision.actions.get()
    assert decision.rule_id == "search_policy:illegal_goods"
    assert (decision.rule_author, decision.rule_approver) == ("Pia Policy", "Quentin Policy")
    assert decision.account == "@w:town"
    assert (action.kind, action.target_kind, action.event) == ("deindex", "event", "$post")


def test_an_item_that_was_given_back_is_exempt_from_the_topic() -> None:
    look_at_words([post("snowflour")], Words(), version="1", now=NOW)
    steps.decide_waiting(Town(), RULES, now=NOW)
    settle(InForce.YES)
    assert queries.exempt_items() == {}

    undo(Action.objects.get().id, by=STAFF, reason="a bakery", now=LATER)

    assert queries.exempt_items() == {"$post": frozenset({"illegal_goods"})}
    later = LATER + timedelta(days=1)
    assert look_at_words([post("snowflour")], Words(), version="9", now=later) == 0


def test_an_account_is_not_taken_out_by_a_decision() -> None:
    account = Item(id="@a:town", kind=ItemKind.ACCOUNT, at=NOW, title="snowflour")

    assert look_at_words([account], Words(), version="1", now=NOW) == 0


@dataclass
class Shelf:
    """An index of a few items."""

    held: Sequence[Item]

    def items(self, *, after: str = "") -> Iterator[Item]:
        return (item for item in sorted(self.held, key=lambda item: item.id) if item.id > after)


class Nothing(Words):
    """A query policy that names nothing any more."""

    def hides(self, texts: Sequence[str]) -> Sequence[str]:
        return [""] * len(texts)


def many() -> Shelf:
    return Shelf([replace(post("pure snowflour"), id=f"$p{k:04}") for k in range(9)])


def test_a_sweep_that_is_killed_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenhand.search.sweeping.PORTION_ITEMS", 2)
    walked: list[int] = []

    def kill(items: int) -> None:
        walked.append(items)
        if len(walked) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep_items(many(), Words(), version="1", now=lambda: NOW, walked=kill)
    assert Proposal.objects.count() == 4

    again: list[int] = []
    found = sweep_items(many(), Words(), version="1", now=lambda: NOW, walked=again.append)

    assert (found, sum(again)) == (5, 5)
    assert Proposal.objects.count() == 9
    assert sweep_items(many(), Words(), version="1", now=lambda: NOW) == 0


def test_a_sweep_ends_where_its_version_counts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenhand.search.sweeping.PORTION_ITEMS", 2)
    answers = iter([True, True, False])

    found = sweep_items(many(), Words(), version="1", now=lambda: NOW, counts=lambda: next(answers))

    assert found == Proposal.objects.count() == 4
    row = queries.sweep_of("1")
    assert row is not None
    assert row.ended_at is None
    assert sweep_items(many(), Nothing(), version="2", now=lambda: LATER) == 0
    assert Proposal.objects.filter(state=ProposalState.WAITING.value).count() == 0


def test_what_a_later_version_no_longer_names_is_given_back() -> None:
    sweep_items(many(), Words(), version="1", now=lambda: NOW)
    steps.decide_waiting(Town(), RULES, now=NOW)
    settle(InForce.YES)

    sweep_items(many(), Nothing(), version="2", now=lambda: LATER)

    assert {action.state for action in Action.objects.all()} == {ActionState.UNDOING}
    # No person found these lawful: a version that names them again has them decided anew.
    assert queries.exempt_items() == {}
    assert sweep_items(many(), Words(), version="3", now=lambda: LATER) == 9


def test_an_empty_index_is_swept_once() -> None:
    assert sweep_items(Shelf([]), Words(), version="1", now=lambda: NOW) == 0

    row = queries.sweep_of("1")
    assert row is not None
    assert row.ended_at == NOW


def test_the_policy_in_force_is_applied_once_beside_the_searcher(tmp_path: Path) -> None:
    live(TEXT.replace("    terms:", "    items: true\n    terms:"))
    assert sweep_in_force(tmp_path / "none", now=lambda: NOW) == 0
    with Index.open(tmp_path) as writing:
        writing.put([post("buy unobtainium here"), replace(post("lawful"), id="$lawful")])
        writing.commit()

        assert sweep_in_force(tmp_path, now=lambda: NOW) == 1
        assert sweep_in_force(tmp_path, now=lambda: NOW) == 0
    row = queries.sweep_of("1")
    assert row is not None
    assert (row.items, row.ended_at) == (2, NOW)
