"""What a decision would reach is counted by the worker, and shown before it is taken."""

from dataclasses import replace

import pytest
from tests.integration.cases_of_tests import NOW, case_draft, reviewer

from evenhand.base.errors import Unavailable
from evenhand.base.lists import ActionKind
from evenhand.cases import queries, steps
from evenhand.cases.models import Case
from evenhand.cases.ports import Reach
from evenhand.cases.reach_steps import count_reach, reach_counted
from evenhand.connectors.memory import MemoryCrowds, MemoryMessenger
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db

ROOM = "!r:x"
SENDER = "@sender:example.test"


def peopled(members: int) -> MemoryMessenger:
    twin = MemoryMessenger()
    twin.register(SENDER)
    twin.create_room(ROOM, SENDER)
    for number in range(members - 1):
        guest = f"@guest{number}:example.test"
        twin.register(guest)
        twin.join(ROOM, guest)
    return twin


def test_before_it_is_counted_reach_is_said_to_be_unknown() -> None:
    case = steps.open_case(case_draft(), now=NOW)

    assert queries.reach_of(case, ActionKind.BLOCK_CHANNEL).accounts is None
    assert queries.reach_of(case, ActionKind.SUSPEND).channels is None


def test_each_kind_has_its_reach() -> None:
    steps.open_case(case_draft(), now=NOW)
    reaction = reach_counted(MemoryCrowds(peopled(40)))

    reaction.react(Record.objects.get(kind="case_opened"), NOW)

    case = Case.objects.get()
    assert queries.reach_of(case, ActionKind.NONE) == Reach()
    assert queries.reach_of(case, ActionKind.REDACT) == Reach(messages=1, accounts=40)
    assert queries.reach_of(case, ActionKind.BLOCK_CHANNEL) == Reach(None, 1, 40)
    assert queries.reach_of(case, ActionKind.SUSPEND) == Reach(channels=1, accounts=1)
    assert queries.reach_of(case, ActionKind.WARN) == Reach(accounts=1)


def test_a_crowd_brings_a_case_forward() -> None:
    case = steps.open_case(case_draft(), now=NOW)

    counted = count_reach(case.id, MemoryCrowds(peopled(200)), now=NOW)

    assert counted is not None
    assert counted.serve_by < case.serve_by


def test_what_is_gone_or_elsewhere_stays_unknown() -> None:
    case = steps.open_case(replace(case_draft(), channel="!other:elsewhere.test"), now=NOW)

    counted = count_reach(case.id, MemoryCrowds(peopled(3)), now=NOW)

    assert counted is not None
    assert (counted.reach, counted.account_channels) == (0, 1)


def test_a_messenger_that_does_not_answer_is_asked_again() -> None:
    case = steps.open_case(case_draft(), now=NOW)
    twin = peopled(3)
    twin.faults.fail_next = 1

    with pytest.raises(Unavailable):
        count_reach(case.id, MemoryCrowds(twin), now=NOW)
    assert Case.objects.get().reach_counted_at is None


def test_a_closed_case_is_not_counted() -> None:
    case = steps.open_case(case_draft(), now=NOW)
    steps.decide_case(case.id, ActionKind.NONE, by=reviewer(), reason="A quotation.", now=NOW)

    assert count_reach(case.id, MemoryCrowds(peopled(3)), now=NOW) is None
