"""A version of a rule rolled back: out of force, its actions undone, the one before it back."""

from datetime import timedelta

import pytest
from tests.drafts_of_tests import ACCOUNT, REFUSAL, SUSPENSION, by_person, by_rule
from tests.integration.actions_of_tests import LATER, settle
from tests.integration.people_of_tests import member
from tests.integration.test_rulebook import author, live, staged

from evenhand.actions.drafts import Measure, RuleFacts
from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action
from evenhand.actions.ports import InForce
from evenhand.actions.rule_steps import rule_subject
from evenhand.actions.steps import decide
from evenhand.base.lists import ActionKind, RecordKind
from evenhand.people.roles import Role
from evenhand.records.queries import bodies_about
from evenhand.rulebook import queries, steps
from evenhand.rulebook.checks import RuleStepRefused
from evenhand.rulebook.limits import ROLLBACK_MINUTES
from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.models import Rollback, RuleVersion
from evenhand.rulebook.rollback_steps import roll_back, run_rollbacks

pytestmark = pytest.mark.django_db

FIRST, SECOND = "1.aaaaaaaa", "2.bbbbbbbb"
ENDED = LATER + timedelta(minutes=ROLLBACK_MINUTES)


def did(version: str, *measures: Measure) -> Action:
    """Gives the one action of what a version decided."""
    facts = RuleFacts("link_posted", version, "Pia Policy", "Quentin Policy")
    return Action.objects.get(decision=decide(by_rule(*measures, rule=facts), now=LATER))


def roll(row: RuleVersion) -> Rollback:
    return roll_back(row.id, by=author(), reason="It met newspapers.", now=LATER)


def states() -> list[str]:
    return list(Action.objects.order_by("id").values_list("state", flat=True))


def test_what_a_version_did_is_undone_and_the_one_before_it_is_live_again() -> None:
    before = live(staged(FIRST))
    row = live(staged(SECOND))
    kept = did(FIRST, SUSPENSION)
    undone = [did(SECOND, SUSPENSION), did(SECOND, REFUSAL)]
    settle(InForce.YES)
    reach = queries.reach_of(queries.rule_version(row.id))
    assert (reach.decisions, reach.undone, reach.told, reach.for_ever) == (2, 1, 1, 0)

    begun = roll(row)
    assert run_rollbacks(now=LATER) == 2
    settle(InForce.NO)

    assert [one.id for one in queries.live_versions()] == [before.id]
    for action in (kept, *undone):
        action.refresh_from_db()
    assert kept.state == ActionState.IN_FORCE
    assert [one.state for one in undone] == [ActionState.UNDONE, ActionState.COMPENSATED]
    assert {one.undo_by for one in undone} == {begun.by_id}


def test_what_was_under_way_is_undone_too_and_then_it_ends() -> None:
    row = live(staged(SECOND))
    roll(row)
    assert run_rollbacks(now=LATER) == 0

    did(SECOND, SUSPENSION)
    assert run_rollbacks(now=ENDED) == 1
    assert run_rollbacks(now=ENDED) == 0
    (ended,) = queries.rollbacks_of(row)

    assert (ended.ended_at, ended.undone, ended.left) == (ENDED, 1, 0)
    bodies = bodies_about(rule_subject("link_posted"), RecordKind.RULE_ROLLED_BACK)
    assert [body["undone"] for body in bodies] == [0, 1]


def test_what_nothing_undoes_is_left_and_counted() -> None:
    row = live(staged(SECOND))
    did(SECOND, Measure(ActionKind.SUSPEND, ACCOUNT))
    Action.objects.update(kind=ActionKind.DEACTIVATE.value)
    roll(row)

    assert run_rollbacks(now=ENDED) == 0
    assert queries.rollbacks_of(row)[0].left == 1


def test_what_a_person_decided_is_not_undone() -> None:
    row = live(staged(SECOND))
    facts = RuleFacts("link_posted", SECOND, "Pia Policy", "Quentin Policy")
    decide(by_person(SUSPENSION, rule=facts), now=LATER)
    roll(row)

    assert run_rollbacks(now=LATER) == 0
    assert states() == [ActionState.PENDING]


def test_a_version_that_never_acted_is_not_rolled_back() -> None:
    row = staged(SECOND)
    RuleVersion.objects.filter(pk=row.id).update(state=RuleState.SHADOW.value, share=None)

    with pytest.raises(RuleStepRefused, match="never acted"):
        roll(row)


def test_a_rollback_needs_a_reason_and_somebody_who_works_on_rules() -> None:
    row = live(staged(SECOND))

    with pytest.raises(RuleStepRefused, match="say why"):
        roll_back(row.id, by=author(), reason=" ", now=LATER)
    with pytest.raises(RuleStepRefused, match="do not work on rules"):
        roll_back(row.id, by=member("Rosa", Role.REVIEWER), reason="No.", now=LATER)
    roll(row)
    with pytest.raises(RuleStepRefused, match="already"):
        roll(row)


def test_an_expired_version_does_not_come_back() -> None:
    before = live(staged(FIRST))
    row = live(staged(SECOND))
    RuleVersion.objects.filter(pk=before.id).update(expires_at=LATER)

    assert roll(row).restored is None
    assert queries.live_versions() == []
    assert steps.end_expired(now=LATER) == 0
