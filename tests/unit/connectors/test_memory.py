"""The twin: its faults, and its file that several processes share."""

from uuid import uuid4

import pytest

from evenhand.actions.ports import InForce, Notice, Order, Target
from evenhand.base.errors import NotAllowed, NotFound, Unavailable
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.connectors.memory import Faults, MemoryMessenger

ADA, ROOM = "@ada:twin.test", "!r:twin.test"


def suspend(account: str = ADA) -> Order:
    return Order(uuid4(), ActionKind.SUSPEND, Target(TargetKind.ACCOUNT, account=account))


def inhabited(twin: MemoryMessenger) -> MemoryMessenger:
    twin.register(ADA)
    twin.create_room(ROOM, ADA)
    twin.post("$1", ROOM, ADA, "hello")
    return twin


def test_a_call_that_fails_did_nothing():
    twin = inhabited(MemoryMessenger(faults=Faults(fail_next=2)))
    effect, order = twin.effects()[ActionKind.SUSPEND], suspend()

    for _ in range(2):
        with pytest.raises(Unavailable):
            effect.apply(order)

    assert effect.read_back(order) is InForce.NO
    effect.apply(order)
    assert effect.read_back(order) is InForce.YES


def test_a_call_whose_reply_is_lost_was_done_and_may_be_made_again():
    twin = inhabited(MemoryMessenger(faults=Faults(lose_next=2)))
    effect, order = twin.effects()[ActionKind.SUSPEND], suspend()
    notice = Notice(uuid4(), ADA, "You are suspended.", uuid4())

    with pytest.raises(Unavailable):
        effect.apply(order)
    with pytest.raises(Unavailable):
        twin.send_notice(notice)

    assert effect.read_back(order) is InForce.YES
    effect.apply(order)
    twin.send_notice(notice)
    assert list(twin.look().notices[ADA].values()) == ["You are suspended."]


def test_who_is_not_there_is_not_found():
    twin = MemoryMessenger()

    with pytest.raises(NotFound):
        twin.effects()[ActionKind.SUSPEND].apply(suspend("@nobody:twin.test"))


def test_a_closed_account_can_neither_join_nor_write():
    twin = inhabited(MemoryMessenger())
    order = Order(uuid4(), ActionKind.DEACTIVATE, Target(TargetKind.ACCOUNT, account=ADA))
    twin.effects()[ActionKind.DEACTIVATE].apply(order)

    with pytest.raises(NotAllowed):
        twin.join(ROOM, ADA)
    with pytest.raises(NotAllowed):
        twin.post("$2", ROOM, ADA, "again")


def test_twins_that_share_a_file_see_each_other(tmp_path):
    one = inhabited(MemoryMessenger(tmp_path / "twin"))
    two = MemoryMessenger(tmp_path / "twin")
    order = suspend()
    assert two.effects()[ActionKind.SUSPEND].read_back(order) is InForce.NO

    two.effects()[ActionKind.SUSPEND].apply(order)
    one.send_notice(Notice(uuid4(), ADA, "from one", uuid4()))
    two.send_notice(Notice(uuid4(), ADA, "from two", uuid4()))

    assert one.effects()[ActionKind.SUSPEND].read_back(order) is InForce.YES
    assert list(one.look().notices[ADA].values()) == ["from one", "from two"]
    assert list(two.look().notices[ADA].values()) == ["from one", "from two"]


def test_a_twin_that_was_killed_is_as_it_was(tmp_path):
    twin = inhabited(MemoryMessenger(tmp_path / "twin"))
    block = Order(uuid4(), ActionKind.BLOCK_CHANNEL, Target(TargetKind.CHANNEL, channel=ROOM))
    memory = twin.effects()[ActionKind.BLOCK_CHANNEL].apply(block)
    del twin

    again = MemoryMessenger(tmp_path / "twin")

    assert again.effects()[ActionKind.BLOCK_CHANNEL].read_back(block) is InForce.YES
    assert again.effects()[ActionKind.BLOCK_CHANNEL].apply(block) == memory
