"""The second stage is asked about what rules sent, within its budget, and about nothing else."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from tests.integration.cases_of_tests import NOW
from tests.integration.test_standing import a_case

from evenhand.base.errors import NotFound
from evenhand.base.lists import ChannelKind, RecordKind
from evenhand.cases.context import Nearby
from evenhand.cases.lists import CaseLane, StageOutcome, StepKind
from evenhand.cases.models import Case, CaseStep, StageLook
from evenhand.cases.second_stage import AnswerRefused, StageAnswer, StagePolicy
from evenhand.cases.stage_steps import ask_second_stage
from evenhand.connectors.second_stage import ChatStage
from evenhand.connectors.second_stage_twin import StageTwin
from evenhand.records.models import Record
from evenhand.records.queries import body_of

pytestmark = pytest.mark.django_db

BAD, FINE = "they are vermin, all of them", "good morning"


class Room:
    """A public channel in which each message says the same, unless it is gone."""

    def __init__(self, text: str | None) -> None:
        self.text, self.read = text, 0

    def around(self, _channel: str, event: str, *, each_side: int) -> Sequence[Nearby]:
        """Gives the message alone."""
        assert each_side == 0, "nothing beside the message is read"
        self.read += 1
        if self.text is None:
            raise NotFound(what="event", id=event)
        return (Nearby(event, "@sender:example.test", NOW, self.text, asked=True),)


class Refusing:
    """An engine that never says what it was asked for."""

    def ask(self, policy: StagePolicy, text: str) -> StageAnswer:
        """Refuses."""
        raise AnswerRefused(policy=policy.name, why=f"{len(text)} characters of prose")


def sent(*, rule: str = "hate_opinion", change: Callable[[Case], None] | None = None) -> Case:
    """Gives a case that a rule opened about a message in a public channel."""
    case = a_case()
    case.rules, case.channel, case.event = [[rule, "1.aaaa"]], "!r:x", f"${case.id}"
    if change is not None:
        change(case)
    case.save()
    return case


def ask(twin: StageTwin, room: Room, *, per_day: int = 10, now: datetime = NOW) -> int:
    stage = ChatStage(twin.url, "small")
    return ask_second_stage(stage, room, key=bytes(32), per_day=per_day, now=now)


def test_what_a_rule_sent_is_judged_once_and_recorded_without_the_text() -> None:
    case = sent()
    with StageTwin() as twin:
        counts = (ask(twin, Room(BAD)), ask(twin, Room(BAD)))

    look = StageLook.objects.get(case=case)
    (record,) = Record.objects.filter(kind=RecordKind.STAGE_ASKED, subject=case.id)
    assert counts == (1, 0)
    assert (look.outcome, look.violates, look.clause) == (StageOutcome.ANSWERED, True, "attack")
    assert CaseStep.objects.get(case=case, kind=StepKind.STAGE_VIOLATION).said == "attack, 90%"
    assert "vermin" not in str(body_of(record.id))
    assert len(twin.asked) == 1


def test_a_text_that_is_known_is_not_sent_again() -> None:
    sent()
    with StageTwin() as twin:
        ask(twin, Room(BAD))
        again = sent()
        ask(twin, Room(BAD))

    assert StageLook.objects.get(case=again).outcome == StageOutcome.KNOWN
    assert len(twin.asked) == 1


def test_the_days_budget_holds_and_the_next_day_has_its_own() -> None:
    late = NOW.replace(hour=23)
    for _ in range(3):
        sent(change=lambda case: setattr(case, "opened_at", late))
    room = Room(FINE)

    with StageTwin() as twin:
        first = ask(twin, room, per_day=1, now=late)
        room.text = "another text"
        second = ask(twin, room, per_day=1, now=late)
        tomorrow = ask(twin, room, per_day=1, now=late + timedelta(hours=2))

    assert (first, second, tomorrow) == (1, 0, 1)
    assert len(twin.asked) == 2


def _private(case: Case) -> None:
    case.channel_kind = ChannelKind.PRIVATE.value


def _without_event(case: Case) -> None:
    case.event = ""


def _long_ago(case: Case) -> None:
    case.opened_at = NOW - timedelta(days=1)


def _golden(case: Case) -> None:
    case.golden, case.golden_answer = True, "none"


@pytest.mark.parametrize("change", [_private, _without_event, _long_ago, _golden])
def test_what_is_not_public_or_not_asked_any_more_is_not_sent(
    change: Callable[[Case], None],
) -> None:
    sent(change=change)
    room = Room(BAD)
    with StageTwin() as twin:
        assert ask(twin, room) == 0

    assert (room.read, twin.asked) == (0, [])


def test_a_rule_that_sends_nothing_sends_nothing() -> None:
    sent(rule="prize_claim")
    with StageTwin() as twin:
        assert ask(twin, Room(BAD)) == 0

    assert twin.asked == []


def test_the_sealed_lane_is_never_sent() -> None:
    case = sent()
    Case.objects.filter(pk=case.pk).update(
        harm="m.child_safety.grooming",
        lane=CaseLane.SEALED.value,
        needs_role="child_safety",
    )
    room = Room(BAD)
    with StageTwin() as twin:
        assert ask(twin, room) == 0

    assert (room.read, twin.asked) == (0, [])


def test_a_message_that_is_gone_is_not_asked_about_again() -> None:
    case = sent()
    with StageTwin() as twin:
        counts = (ask(twin, Room(None)), ask(twin, Room(None)))

    assert counts == (1, 0)
    assert StageLook.objects.get(case=case).outcome == StageOutcome.NO_TEXT
    assert twin.asked == []


def test_an_engine_that_is_down_is_asked_later_and_its_nonsense_counts_as_sent() -> None:
    case = sent()
    with StageTwin(mood="down") as twin:
        down = ask(twin, Room(BAD))
    looks = StageLook.objects.count()

    asked = ask_second_stage(Refusing(), Room(BAD), key=bytes(32), per_day=1, now=NOW)
    other = sent()
    over = ask_second_stage(Refusing(), Room(BAD), key=bytes(32), per_day=1, now=NOW)

    assert (down, looks, asked, over) == (0, 0, 1, 0)
    assert StageLook.objects.get(case=case).outcome == StageOutcome.REFUSED
    assert not StageLook.objects.filter(case=other).exists()
    assert not CaseStep.objects.filter(kind=StepKind.STAGE_VIOLATION).exists()
