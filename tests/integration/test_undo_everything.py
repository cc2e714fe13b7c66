"""When a decision falls, everything that followed from it falls: one test for each kind."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings
from tests.integration.cases_of_tests import NOW, Keys, case_draft, reviewer, settle

from evenhand.actions import steps as actions
from evenhand.actions.checks import UNDO
from evenhand.actions.following import FOLLOWS, Following
from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action, Decision
from evenhand.actions.ports import InForce
from evenhand.actions.queries import closed_channels
from evenhand.base.lists import ActionKind, RecordKind, UndoResult
from evenhand.cases import queries, steps
from evenhand.cases.checks import CHOICES
from evenhand.cases.models import Case
from evenhand.records.models import Record
from evenhand.records.outbox import Reaction
from evenhand.standing.models import Strike
from evenhand.standing.reactions import STANDING
from evenhand.statements.models import Submission
from evenhand.statements.reactions import NOTE_REVERSALS, entering
from evenhand.statements.steps import Terms

pytestmark = pytest.mark.django_db

ENDED = {
    UndoResult.UNDONE: ActionState.UNDONE,
    UndoResult.COMPENSATED: ActionState.COMPENSATED,
}
DECIDED = [kind for kind in CHOICES if FOLLOWS[kind]]


@pytest.fixture(autouse=True)
def _search(settings: Settings) -> None:
    settings.SEARCH_TOKEN_FILE = "there is a search to be taken out of"


class NoNotices:
    """Knows of no notice that led to a case."""

    def __getattr__(self, name: str) -> object:
        return lambda *_, **__: None


TERMS = Terms(key=b"k" * 32, small_enterprise=False, notices=NoNotices())


def everybody_reacts(seen: set[str]) -> None:
    reactions: Iterable[Reaction] = (STANDING, entering(TERMS), NOTE_REVERSALS)
    for record in Record.objects.order_by("serial"):
        if str(record.id) in seen:
            continue
        seen.add(str(record.id))
        for reaction in reactions:
            if RecordKind(record.kind) in reaction.kinds:
                reaction.react(record, NOW)


def decided(kind: ActionKind) -> Decision:
    draft = replace(case_draft(Keys.fresh()), harm="m.tos.prohibited.weapons", severity=4)
    case = steps.open_case(draft, now=NOW - timedelta(hours=1))
    decision = steps.decide_case(
        case.id,
        kind,
        by=reviewer(),
        reason="It offers weapons.",
        territory=("DE",) if kind is ActionKind.GEO_WITHHOLD else (),
        now=NOW,
    )
    assert decision is not None
    return decision


def followed(decision: Decision) -> set[Following]:
    """What stands because of a decision now."""
    action = Action.objects.get(decision=decision)
    door = closed_channels()
    shut = action.channel in {*door["blocked_channels"], *door["withheld"]}
    found = {
        Following.EFFECT: action.state == ActionState.IN_FORCE,
        Following.DOOR: shut and action.kind in {"block_channel", "geo_withhold"},
        Following.STRIKE: Strike.objects.filter(decision=decision, lifted_at=None).exists(),
        Following.ENTRY: Submission.objects.filter(decision=decision, reversed_at=None).exists(),
        Following.LABEL: queries.stands(Case.objects.get(pk=decision.case)),
    }
    return {thing for thing, holds in found.items() if holds}


def test_the_table_has_a_row_for_each_kind() -> None:
    assert set(FOLLOWS) == set(ActionKind)
    for kind, things in FOLLOWS.items():
        assert bool(things) == (UNDO[kind] is not UndoResult.NOT_POSSIBLE)


@pytest.mark.parametrize("kind", DECIDED)
def test_everything_that_followed_falls_with_its_decision(kind: ActionKind) -> None:
    seen: set[str] = set()
    decision = decided(kind)
    settle()
    everybody_reacts(seen)
    assert followed(decision) == FOLLOWS[kind]

    action = Action.objects.get(decision=decision)
    ben = reviewer("Ben Example")
    actions.undo(action.id, by=ben.id, reason="It was a toy.", now=NOW)
    settle(InForce.NO)
    everybody_reacts(seen)

    assert followed(decision) == set()
    action.refresh_from_db()
    assert action.state == ENDED[UNDO[kind]]
