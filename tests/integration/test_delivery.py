"""Deliveries through the real queue on the twin: done, undone, waited for, given up."""

import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from nacl.public import PrivateKey, PublicKey
from pytest_django.plugin import DjangoDbBlocker
from tests.conftest import START_SECONDS_MAX, Postgres, Site, pointed_at

from evenhand.actions import delivery
from evenhand.actions.checks import ANSWERS, TARGETS, UNDO
from evenhand.actions.delivery import Courier, Tools
from evenhand.actions.drafts import DecisionDraft, Measure, RuleFacts
from evenhand.actions.lists import ActionState, DeliveryState, StatementState
from evenhand.actions.models import Action, Delivery, Statement
from evenhand.actions.ports import RuleAuthors, Target
from evenhand.actions.queries import evidence_of, unfinished_deliveries
from evenhand.actions.steps import answer, claim_batch, decide, undo
from evenhand.base import clock
from evenhand.base.ids import new_id
from evenhand.base.lists import (
    ActionKind,
    ChannelKind,
    Ground,
    Language,
    Source,
    TargetKind,
    UndoResult,
)
from evenhand.base.sealing import read_key, unseal
from evenhand.cases.models import Case
from evenhand.cases.reactions import FAILED_EFFECTS
from evenhand.connectors.memory import MemoryMessenger
from evenhand.records.models import Record
from evenhand.records.outbox import react

STAFF = uuid4()
SAYINGS = {
    Language.DE: "Darin werden Drogen angeboten.",
    Language.KK: "Онда есірткі ұсынылады.",
}


class Rules:
    """A rulebook of one rule with two sentences."""

    def authors(self, rule_id: str, version: str) -> RuleAuthors:
        return RuleAuthors("Aino Author", "Pekka Approver")

    def sentence(self, rule_id: str, version: str, language: Language) -> str | None:
        return SAYINGS.get(language)

    def delay_minutes(self, rule_id: str, version: str) -> int:
        return 0


@dataclass
class Copies:
    """Stands in for the opener: remembers who asked for what."""

    asked: list[tuple[tuple[UUID, ...], UUID, str]] = field(default_factory=list)

    def copy_of(self, items: Sequence[UUID], *, staff: UUID, reason: str) -> str | None:
        self.asked.append((tuple(items), staff, reason))
        return "the words that were kept"


@dataclass
class Desk:
    """The queue at work on a twin."""

    site: Site
    twin: MemoryMessenger
    courier: Courier
    copies: Copies

    def person(self) -> str:
        account = f"@{uuid4().hex[:8]}:twin"
        self.twin.register(account)
        return account

    def room(self, *members: str) -> str:
        room = f"!{uuid4().hex[:8]}:twin"
        self.twin.create_room(room, members[0])
        for member in members[1:]:
            self.twin.join(room, member)
        return room

    def message(self, room: str, account: str, text: str) -> str:
        event = f"${uuid4().hex[:8]}"
        self.twin.post(event, room, account, text)
        return event

    def run(self) -> None:
        """Delivers until nothing waits."""
        give_up = time.monotonic() + START_SECONDS_MAX
        while unfinished_deliveries():
            assert time.monotonic() < give_up, list(Delivery.objects.values("state", "error"))
            if not self.courier.claim_and_start():
                time.sleep(0.02)

    def notices(self, account: str) -> list[str]:
        return list(self.twin.look().notices.get(account, {}).values())

    def private_key(self) -> PrivateKey:
        return PrivateKey(read_key(self.site.home / "keys" / "opener" / "evidence.key"))


@pytest.fixture(scope="module")
def desk(
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Desk]:
    """One database, twin and queue for this file; each test has people of its own."""
    from evenhand.base.sealing import make_keys

    home = tmp_path_factory.mktemp("delivery")
    make_keys(home / "keys")
    site = Site(home, postgres, postgres.copy())
    twin, copies = MemoryMessenger(), Copies()
    tools = Tools(
        messenger=twin,
        copies=copies,
        rulebook=Rules(),
        evidence_key=PublicKey(read_key(home / "keys" / "evidence.pub")),
        token_key=read_key(home / "keys" / "token.key"),
        public_url="https://desk.example",
        now=clock.now,
        chance=random.Random(7).random,
    )
    with pointed_at(site.url()), django_db_blocker.unblock():
        courier = delivery.launch(tools, database_url=site.url())
        yield Desk(site, twin, courier, copies)
        delivery.close()
    postgres.drop(site.database)


def draft(*measures: Measure, **changes: object) -> DecisionDraft:
    now = datetime.now(UTC)
    facts: dict[str, object] = {
        "id": new_id(now=now),
        "at": now,
        "origin": f"case:{uuid4()}",
        "ground": Ground.CASE,
        "harm": "m.tos.prohibited.drugs",
        "severity": 3,
        "score": 0.9,
        "reason": "Reason of a person.",
        "source": Source.OWN,
        "market": "DE",
        "language": Language.DE,
        "channel_kind": ChannelKind.PUBLIC,
        "measures": measures,
        "case": uuid4(),
        "staff": STAFF,
        **changes,
    }
    return DecisionDraft(**facts)  # type: ignore[arg-type]


KINDS = sorted(
    set(ActionKind) - {ActionKind.NONE, ActionKind.LABEL, ActionKind.DEINDEX},
    key=list(ActionKind).index,
)
"""What the twin, like Synapse, can do."""


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_done_confirmed_and_undone_as_the_table_says(
    desk: Desk, kind: ActionKind
) -> None:
    owner, author = desk.person(), desk.person()
    room = desk.room(owner, author)
    target = target_of(desk, kind, room=room, author=author)
    territory = ("KZ",) if kind is ActionKind.GEO_WITHHOLD else ()
    measure = Measure(kind, target, territory, answered=kind in ANSWERS)

    decision = decide(draft(measure, account=author), now=clock.now())
    desk.run()
    action = Action.objects.get(decision=decision)
    assert action.state == ActionState.IN_FORCE
    if UNDO[kind] is UndoResult.NOT_POSSIBLE:
        return
    undo(action.id, by=STAFF, reason="It was a mistake.", now=clock.now())
    desk.run()

    action.refresh_from_db()
    expected = {
        UndoResult.UNDONE: ActionState.UNDONE,
        UndoResult.COMPENSATED: ActionState.COMPENSATED,
    }
    assert action.state == expected[UNDO[kind]]
    assert len(desk.notices(author)) == 2
    assert ("the words that were kept" in desk.notices(author)[1]) is (
        UNDO[kind] is UndoResult.COMPENSATED
    )


def target_of(desk: Desk, kind: ActionKind, *, room: str, author: str) -> Target:
    if kind in ANSWERS:
        return Target(TargetKind.EVENT, author, room, f"$never{uuid4().hex}")
    if kind is ActionKind.RESTRICT:
        return Target(TargetKind.ACCOUNT, author, room)
    match max(TARGETS[kind]):
        case TargetKind.EVENT:
            return Target(TargetKind.EVENT, author, room, desk.message(room, author, "words"))
        case TargetKind.CHANNEL:
            return Target(TargetKind.CHANNEL, author, room)
        case TargetKind.MEDIA:
            media = f"mxc://twin/{uuid4().hex}"
            desk.twin.upload(media)
            return Target(TargetKind.MEDIA, author, media=media)
        case _:
            return Target(TargetKind.ACCOUNT, author)


def test_a_message_is_under_seal_before_it_is_removed(desk: Desk) -> None:
    author = desk.person()
    room = desk.room(author)
    event = desk.message(room, author, "what was said")
    target = Target(TargetKind.EVENT, author, room, event)

    decision = decide(draft(Measure(ActionKind.REDACT, target), account=author), now=clock.now())
    desk.run()

    (item,) = evidence_of(decision)
    content = json.loads(unseal(bytes(item.sealed), key=desk.private_key()))
    assert desk.twin.look().event(event).redacted
    assert content["text"] == "what was said"


def test_a_copy_is_asked_for_in_the_name_of_who_had_it_undone(desk: Desk) -> None:
    author = desk.person()
    room = desk.room(author)
    target = Target(TargetKind.EVENT, author, room, desk.message(room, author, "harmless"))
    decision = decide(draft(Measure(ActionKind.REDACT, target), account=author), now=clock.now())
    desk.run()

    undo(Action.objects.get(decision=decision).id, by=STAFF, reason="harmless", now=clock.now())
    desk.run()

    items = tuple(item.id for item in evidence_of(decision))
    assert desk.copies.asked[-1] == (items, STAFF, "harmless")


@pytest.mark.parametrize(
    ("language", "says"),
    [
        (Language.DE, "Darin werden Drogen angeboten."),
        (Language.KK, "Онда есірткі ұсынылады."),
        (Language.FR, "It offers drugs for sale."),
    ],
)
def test_a_rules_own_sentence_is_told_in_the_accounts_language(
    desk: Desk, language: Language, says: str
) -> None:
    author = desk.person()
    measure = Measure(
        ActionKind.REFUSE, Target(TargetKind.EVENT, author, "!r:twin", "$no"), answered=True
    )
    decision = decide(
        draft(
            measure,
            ground=Ground.RULE,
            case=None,
            staff=None,
            rule=RuleFacts("drugs_sale_offer", "1", "", ""),
            reason="It offers drugs for sale.",
            language=language,
            account=author,
        ),
        now=clock.now(),
    )
    desk.run()

    (notice,) = desk.notices(author)
    assert says in notice
    assert f"https://desk.example/objection/{decision.id}/" in notice


def test_a_persons_own_sentence_is_told_as_written(desk: Desk) -> None:
    author = desk.person()
    measure = Measure(ActionKind.WARN, Target(TargetKind.ACCOUNT, author))
    rule = RuleFacts("drugs_sale_offer", "1", "", "")

    decide(draft(measure, account=author, rule=rule), now=clock.now())
    desk.run()

    assert "Reason of a person." in desk.notices(author)[0]


def test_a_messenger_that_is_away_is_waited_for(desk: Desk) -> None:
    author = desk.person()
    desk.twin.faults.fail_next = 5
    decision = decide(
        draft(Measure(ActionKind.SUSPEND, Target(TargetKind.ACCOUNT, author)), account=author),
        now=clock.now(),
    )

    desk.run()

    assert desk.twin.look().account(author).suspended
    assert Action.objects.get(decision=decision).state == ActionState.IN_FORCE
    attempts = Delivery.objects.filter(action__decision=decision).values_list("attempts", flat=True)
    assert min(attempts) > 1
    assert len(desk.notices(author)) == 1


def test_a_reply_that_is_lost_repeats_nothing(desk: Desk) -> None:
    owner, member = desk.person(), desk.person()
    room = desk.room(owner, member)
    decision = decide(
        draft(
            Measure(ActionKind.BLOCK_CHANNEL, Target(TargetKind.CHANNEL, owner, room)),
            account=owner,
        ),
        now=clock.now(),
    )
    desk.twin.faults.lose_next = 3

    desk.run()
    action = Action.objects.get(decision=decision)
    undo(action.id, by=STAFF, reason="a second look", now=clock.now())
    desk.run()

    assert desk.twin.look().room(room).members == {owner, member}
    assert desk.twin.look().room(room).listed
    assert len(desk.notices(owner)) == 2


def test_what_was_refused_and_is_there_all_the_same_becomes_a_case(desk: Desk) -> None:
    author = desk.person()
    room = desk.room(author)
    event = desk.message(room, author, "it got past the door")
    refusal = Measure(
        ActionKind.REFUSE, Target(TargetKind.EVENT, author, room, event), answered=True
    )

    decision = decide(draft(refusal, account=author), now=clock.now())
    desk.run()
    while react(FAILED_EFFECTS, now=clock.now()):
        pass

    assert Action.objects.get(decision=decision).state == ActionState.FAILED
    assert Record.objects.filter(subject=decision.id, kind="effect_failed").count() == 1
    assert Case.objects.filter(decision=decision, kind="failed_effect").count() == 1


def test_what_the_messenger_cannot_do_is_given_up_at_once(desk: Desk) -> None:
    author = desk.person()
    measure = Measure(ActionKind.LABEL, Target(TargetKind.ACCOUNT, author))

    decision = decide(draft(measure, account=author), now=clock.now())
    desk.run()

    sent = Delivery.objects.get(action__decision=decision)
    assert (sent.state, sent.attempts) == (DeliveryState.GIVEN_UP, 1)
    assert sent.error == "NotAllowed this messenger cannot do it"
    assert Action.objects.get(decision=decision).state == ActionState.FAILED


def test_an_account_that_is_gone_cannot_be_told_and_others_are(desk: Desk) -> None:
    author, missing = desk.person(), "@never:twin"
    lost = draft(
        Measure(ActionKind.REFUSE, Target(TargetKind.EVENT, missing, "!r", "$x"), answered=True),
        account=missing,
    )
    kept = draft(
        Measure(ActionKind.REFUSE, Target(TargetKind.EVENT, author, "!r", "$y"), answered=True),
        account=author,
    )
    for one in (lost, kept):
        decide(one, now=clock.now())
    Delivery.objects.filter(statement__account=missing).update(attempts=7)

    desk.run()

    states = dict(
        Statement.objects.filter(account__in=[author, missing]).values_list("account", "state")
    )
    assert states == {
        author: StatementState.DELIVERED,
        missing: StatementState.UNDELIVERABLE,
    }


def test_a_batch_claimed_before_a_kill_is_taken_up(desk: Desk) -> None:
    author = desk.person()
    decide(
        draft(Measure(ActionKind.SUSPEND, Target(TargetKind.ACCOUNT, author)), account=author),
        now=clock.now(),
    )
    claim_batch(new_id(now=clock.now()), now=clock.now())

    assert desk.courier.take_up() == 1
    assert desk.courier.take_up() == 0
    desk.run()

    assert desk.twin.look().account(author).suspended


def test_a_batch_whose_workflow_broke_is_released_and_delivered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    author = desk.person()
    decide(
        draft(Measure(ActionKind.SUSPEND, Target(TargetKind.ACCOUNT, author)), account=author),
        now=clock.now(),
    )
    with monkeypatch.context() as broken:
        broken.setattr(desk.twin, "effects", lambda: 1 / 0)
        desk.courier.claim_and_start()
        give_up = time.monotonic() + START_SECONDS_MAX
        while not desk.courier.take_up():
            assert time.monotonic() < give_up
            time.sleep(0.05)

    desk.run()

    assert desk.twin.look().account(author).suspended


def test_a_result_that_names_what_goes_without_saying_is_read_all_the_same(desk: Desk) -> None:
    """A step's result may have been stored by an earlier version, and is read by this one."""
    author = desk.person()
    measure = Measure(ActionKind.SUSPEND, Target(TargetKind.ACCOUNT, author))
    decision = decide(draft(measure), now=clock.now())
    batch = new_id(now=clock.now())
    claim_batch(batch, now=clock.now())
    sent = Delivery.objects.get(action__decision=decision)
    stored: dict[str, object] = {
        "delivery": str(sent.id),
        "found": "yes",
        "unreachable": False,
        "refused": False,
        "error": "",
        "memory": None,
    }

    assert desk.courier.settle(str(batch), [stored]) == 1

    assert Action.objects.get(decision=decision).state == ActionState.IN_FORCE


def test_finished_workflows_are_forgotten_after_an_hour(desk: Desk) -> None:
    author = desk.person()
    decide(
        draft(Measure(ActionKind.SUSPEND, Target(TargetKind.ACCOUNT, author)), account=author),
        now=clock.now(),
    )
    desk.run()

    now = clock.now()
    assert delivery.forget_finished(now=now) == 0
    assert delivery.forget_finished(now=now.replace(year=now.year + 1)) > 0


@pytest.mark.parametrize(
    ("language", "subject"),
    [(Language.DE, "Ihr Widerspruch wurde abgelehnt"), (Language.KK, "қабылданбады")],
)
def test_a_refused_objection_is_answered_once_in_the_accounts_language(
    desk: Desk, language: Language, subject: str
) -> None:
    sender = desk.person()
    room = desk.room(sender)
    event = desk.message(room, sender, "words")
    target = Target(TargetKind.EVENT, account=sender, channel=room, event=event)
    made = decide(
        draft(Measure(ActionKind.REDACT, target), account=sender, language=language, exact=True,
              score=1.0),
        now=clock.now(),
    )  # fmt: skip
    desk.run()
    told_before = desk.notices(sender)

    assert answer(made.id, upheld=False, reason="It was an offer.", now=clock.now())
    desk.run()

    (told,) = [text for text in desk.notices(sender) if text not in told_before]
    assert subject in told.splitlines()[0]
    assert "It was an offer." in told
    assert str(made.id) in told
    kinds = Record.objects.filter(subject=made.id).values_list("kind", flat=True)
    assert sorted(kinds).count("objection_answered") == 1
    assert sorted(kinds).count("statement_delivered") == 1


def test_nobody_is_answered_where_nobody_was_told(desk: Desk) -> None:
    room = desk.room(desk.person())
    target = Target(TargetKind.CHANNEL, channel=room)
    made = decide(draft(Measure(ActionKind.UNLIST, target), account=""), now=clock.now())
    desk.run()

    assert not answer(made.id, upheld=False, reason="It was an offer.", now=clock.now())


def withheld(desk: Desk, room: str, *countries: str) -> Action:
    """Gives an action in force that keeps a room from some countries."""
    measure = Measure(ActionKind.GEO_WITHHOLD, Target(TargetKind.CHANNEL, channel=room), countries)
    decision = decide(draft(measure, account=desk.person()), now=clock.now())
    desk.run()
    return Action.objects.get(decision=decision)


def done(desk: Desk, measure: Measure, *, account: str) -> Action:
    """Gives the one action of a decision, carried out."""
    decision = decide(draft(measure, account=account), now=clock.now())
    desk.run()
    return Action.objects.get(decision=decision)


def lift(desk: Desk, *actions: Action) -> list[str]:
    """Has actions undone at once, and gives their states."""
    for action in actions:
        undo(action.id, by=STAFF, reason="It was a mistake.", now=clock.now())
    desk.run()
    for action in actions:
        action.refresh_from_db()
    return [action.state for action in actions]


STAYS = "bleibt in Kraft: Eine andere Entscheidung verlangt dasselbe."


def test_a_suspension_stays_until_the_last_decision_for_it_is_lifted(desk: Desk) -> None:
    author = desk.person()
    measure = Measure(ActionKind.SUSPEND, Target(TargetKind.ACCOUNT, author))
    first, second = (done(desk, measure, account=author) for _ in range(2))

    assert lift(desk, first) == [ActionState.SUPERSEDED]
    assert desk.twin.look().account(author).suspended
    assert STAYS in desk.notices(author)[-1]

    assert lift(desk, second) == [ActionState.UNDONE]
    assert not desk.twin.look().account(author).suspended
    assert STAYS not in desk.notices(author)[-1]
    assert Record.objects.filter(subject=first.decision_id, kind="effect_undone").count() == 1


def test_two_decisions_lifted_at_once_leave_nothing(desk: Desk) -> None:
    author = desk.person()
    measure = Measure(ActionKind.SUSPEND, Target(TargetKind.ACCOUNT, author))
    actions = [done(desk, measure, account=author) for _ in range(2)]

    states = lift(desk, *actions)

    assert sorted(states) == [ActionState.SUPERSEDED, ActionState.UNDONE]
    assert not desk.twin.look().account(author).suspended


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_whoever_a_blocked_channel_lost_comes_back_with_the_last_lift(
    desk: Desk, order: tuple[int, int]
) -> None:
    owner, member = desk.person(), desk.person()
    room = desk.room(owner, member)
    measure = Measure(ActionKind.BLOCK_CHANNEL, Target(TargetKind.CHANNEL, owner, room))
    actions = [done(desk, measure, account=owner) for _ in range(2)]

    lift(desk, actions[order[0]])
    assert desk.twin.look().room(room).blocked
    assert desk.twin.look().room(room).members == set()
    lift(desk, actions[order[1]])

    found = desk.twin.look().room(room)
    assert (found.blocked, found.listed, found.members) == (False, True, {owner, member})


def test_a_voice_comes_back_with_the_last_lift(desk: Desk) -> None:
    owner, member = desk.person(), desk.person()
    room = desk.room(owner, member)
    measure = Measure(ActionKind.RESTRICT, Target(TargetKind.ACCOUNT, member, room))
    actions = [done(desk, measure, account=member) for _ in range(2)]

    lift(desk, *actions)

    assert desk.twin.look().room(room).levels.get(member, 0) == 0


def test_a_removed_message_is_not_given_back_while_another_decision_stands(desk: Desk) -> None:
    author = desk.person()
    room = desk.room(author)
    target = Target(TargetKind.EVENT, author, room, desk.message(room, author, "words"))
    first, second = (
        done(desk, Measure(ActionKind.REDACT, target), account=author) for _ in range(2)
    )

    assert lift(desk, first) == [ActionState.SUPERSEDED]
    assert STAYS in desk.notices(author)[-1]
    assert "the words that were kept" not in desk.notices(author)[-1]
    assert lift(desk, second) == [ActionState.COMPENSATED]
    assert "the words that were kept" in desk.notices(author)[-1]


def test_a_channel_stays_withheld_where_another_decision_asks_for_it(desk: Desk) -> None:
    room = desk.room(desk.person())
    both, germany = withheld(desk, room, "DE", "KZ"), withheld(desk, room, "DE")

    assert lift(desk, both) == [ActionState.UNDONE]
    told = desk.notices(both.decision.account)[-1]
    assert "bleibt es in Kraft, weil eine andere Entscheidung dasselbe verlangt: DE." in told
    assert lift(desk, germany) == [ActionState.UNDONE]
    assert "in Kraft" not in desk.notices(germany.decision.account)[-1]


def test_a_channel_withheld_elsewhere_keeps_nothing_in_force(desk: Desk) -> None:
    room = desk.room(desk.person())
    germany = withheld(desk, room, "DE")
    withheld(desk, room, "KZ")

    assert lift(desk, germany) == [ActionState.UNDONE]
    assert "in Kraft" not in desk.notices(germany.decision.account)[-1]


def test_what_is_told_of_an_undo_must_arrive_though_the_effect_stays(desk: Desk) -> None:
    author = desk.person()
    measure = Measure(ActionKind.SUSPEND, Target(TargetKind.ACCOUNT, author))
    first, _ = (done(desk, measure, account=author) for _ in range(2))
    desk.twin.faults.lose_next = 2

    assert lift(desk, first) == [ActionState.SUPERSEDED]
    assert len(desk.notices(author)) == 3
