"""A version of a rule from draft to live: each step after the one before, and two people."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from tests.integration.cases_of_tests import reviewed
from tests.integration.people_of_tests import NOW, member

from evenhand.actions.rule_steps import rule_subject
from evenhand.base.lists import RecordKind
from evenhand.cases.lists import CaseLane, CaseOutcome
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.queries import bodies_about
from evenhand.rulebook import queries, steps, sweep_steps
from evenhand.rulebook.checks import RuleStepRefused
from evenhand.rulebook.limits import BACKTEST_DAYS_MAX
from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.models import RuleVersion
from evenhand.rulebook.shipped_steps import RuleText, take_in
from evenhand.rules.load import load_rule
from evenhand.rules.rule import Rule
from evenhand.signals.columns import all_columns

pytestmark = pytest.mark.django_db

FILE = Path(__file__).parents[1] / "data" / "files" / "rules" / "link_posted.yaml"
TEXT = FILE.read_text()


def rule(version: str = "1.aaaaaaaa") -> Rule:
    return replace(load_rule(FILE, all_columns([])), version=version)


def author() -> Person:
    return member("Pia Policy", Role.POLICY_AUTHOR)


def second() -> Person:
    return member("Quentin Policy", Role.POLICY_AUTHOR)


def figures(row: RuleVersion) -> dict[str, object]:
    told = {"count": 1, "more": False, "hits_of_one": 3}
    return {
        "rule": row.rule,
        "version": row.version,
        "events": 1_000,
        "hits": 3,
        "accounts": told,
        "channels": told,
        "sample": [{"event_id": "$1"}],
    }


def staged(version: str = "1.aaaaaaaa") -> RuleVersion:
    row = steps.write_version(rule(version), TEXT, by=author(), now=NOW)
    steps.keep_backtest(row.id, figures(row), by=author(), now=NOW)
    steps.put_in_shadow(row.id, by=author(), now=NOW)
    return steps.stage(row.id, 5, by=author(), now=NOW)


def live(row: RuleVersion, *, by: Person | None = None, holds: bool = True) -> RuleVersion:
    return steps.go_live(row.id, by=by or second(), now=NOW, fixtures_hold=lambda _row: holds)


def test_a_version_goes_from_draft_to_live_and_each_step_is_recorded() -> None:
    row = live(staged())

    assert (row.state, row.share, row.approver) == (RuleState.LIVE, None, second())
    assert "sample" not in queries.rule_version(row.id).backtest
    bodies = bodies_about(rule_subject("link_posted"), RecordKind.RULE_CHANGED)
    assert [body.get("share") for body in bodies] == [None, None, None, 5, None]
    assert bodies[-1]["by"] == str(second().id)
    assert [one.version for one in queries.live_versions()] == ["1.aaaaaaaa"]


def test_what_people_judged_last_of_an_event_is_known_and_nothing_sealed() -> None:
    reviewed("$1", CaseOutcome.NO_ACTION)
    reviewed("$1", CaseOutcome.ACTED, at=NOW + timedelta(hours=1))
    reviewed("$2", CaseOutcome.NO_ACTION)
    reviewed("$3", CaseOutcome.ACTED, lane=CaseLane.SEALED)
    reviewed("", CaseOutcome.ACTED)

    assert queries.judged_events() == {"$1": True, "$2": False}


def test_no_step_is_left_out() -> None:
    row = steps.write_version(rule(), TEXT, by=author(), now=NOW)

    for step in (
        lambda: steps.put_in_shadow(row.id, by=author(), now=NOW),
        lambda: steps.stage(row.id, 5, by=author(), now=NOW),
        lambda: live(row),
    ):
        with pytest.raises(RuleStepRefused, match="does not follow"):
            step()
    assert len(bodies_about(rule_subject("link_posted"), RecordKind.RULE_CHANGED)) == 1


def test_nobody_lets_an_own_rule_go_live() -> None:
    row = staged()

    with pytest.raises(RuleStepRefused, match="somebody else"):
        live(row, by=author())
    with pytest.raises(IntegrityError, match="rulebook_four_eyes"), transaction.atomic():
        RuleVersion.objects.filter(pk=row.id).update(approver=author())
    with pytest.raises(IntegrityError, match="rulebook_live_answered_for"), transaction.atomic():
        RuleVersion.objects.filter(pk=row.id).update(state=RuleState.LIVE, share=None)


def test_live_needs_fixtures_and_a_recent_backtest() -> None:
    row = staged()

    with pytest.raises(RuleStepRefused, match="fixture"):
        live(row, holds=False)
    with pytest.raises(RuleStepRefused, match="no backtest within"):
        steps.go_live(
            row.id,
            by=second(),
            now=NOW + timedelta(days=BACKTEST_DAYS_MAX, seconds=1),
            fixtures_hold=lambda _row: True,
        )


def test_the_next_version_retires_the_one_before_it() -> None:
    first, then = live(staged()), live(staged("2.bbbbbbbb"))

    assert queries.rule_version(first.id).state == RuleState.RETIRED
    assert [one.id for one in queries.live_versions()] == [then.id]
    assert len(queries.versions_of("link_posted")) == 2


def test_a_version_is_written_once_and_never_with_another_text() -> None:
    row = steps.write_version(rule(), TEXT, by=author(), now=NOW)

    assert steps.write_version(rule(), TEXT, by=second(), now=NOW).id == row.id
    with pytest.raises(RuleStepRefused, match="another text"):
        steps.write_version(rule(), TEXT + "\n", by=author(), now=NOW)


def test_a_backtest_of_another_version_is_refused() -> None:
    row = steps.write_version(rule(), TEXT, by=author(), now=NOW)

    for wrong in ({"version": "9"}, {"rule": "x"}, {"events": 0}):
        with pytest.raises(RuleStepRefused):
            steps.keep_backtest(row.id, figures(row) | wrong, by=author(), now=NOW)


def test_only_who_works_on_rules_may_change_them() -> None:
    row = steps.write_version(rule(), TEXT, by=author(), now=NOW)
    reviewer = member("Rosa Reviewer", Role.REVIEWER)

    with pytest.raises(RuleStepRefused, match="you do not work on rules"):
        steps.retire(row.id, by=reviewer, now=NOW)
    with pytest.raises(RuleStepRefused, match="has passed"):
        steps.write_version(rule("3.c"), TEXT, by=author(), now=NOW, expires_at=NOW)


def test_two_versions_are_told_apart_by_lines() -> None:
    first = steps.write_version(rule(), TEXT, by=author(), now=NOW)
    then = steps.write_version(rule("2.b"), TEXT.replace("0.5", "0.6"), by=author(), now=NOW)

    assert "-score: 0.5" in queries.changed_lines(first, then)
    assert "+score: 0.6" in queries.changed_lines(first, then)


def test_one_version_of_a_rule_is_in_shadow_at_a_time() -> None:
    first = steps.write_version(rule(), TEXT, by=author(), now=NOW)
    then = steps.write_version(rule("2.bbbbbbbb"), TEXT, by=author(), now=NOW, note="Fewer links.")
    for row in (first, then):
        steps.keep_backtest(row.id, figures(row), by=author(), now=NOW)
    steps.put_in_shadow(first.id, by=author(), now=NOW)

    with pytest.raises(RuleStepRefused, match="retire it first"):
        steps.put_in_shadow(then.id, by=author(), now=NOW)
    steps.retire(first.id, by=author(), now=NOW)
    steps.put_in_shadow(then.id, by=author(), now=NOW)

    assert [one.version for one in queries.versions_in_force()] == ["2.bbbbbbbb"]
    assert queries.rule_version(then.id).note == "Fewer links."


def test_a_backtest_is_renewed_on_the_way_to_live() -> None:
    row = staged()

    later = NOW + timedelta(days=BACKTEST_DAYS_MAX)
    steps.keep_backtest(row.id, figures(row) | {"hits": 4}, by=author(), now=later)
    renewed = queries.rule_version(row.id)

    assert (renewed.state, renewed.backtest["hits"]) == (RuleState.STAGED, 4)
    assert renewed.backtest_at == later


def test_its_expiry_ends_a_version() -> None:
    end = NOW + timedelta(hours=1)
    row = steps.write_version(rule(), TEXT, by=author(), now=NOW, expires_at=end)
    steps.keep_backtest(row.id, figures(row), by=author(), now=NOW)
    steps.put_in_shadow(row.id, by=author(), now=NOW)

    assert steps.end_expired(now=end - timedelta(seconds=1)) == 0
    assert steps.end_expired(now=end) == 1

    assert queries.rule_version(row.id).state == RuleState.RETIRED
    assert queries.changes_of("link_posted")[-1]["why"] == "expired"


def test_what_comes_with_evenhand_is_live_until_somebody_writes_their_own() -> None:
    shipped = RuleText(rule("1.11111111"), TEXT)

    assert (take_in([shipped], now=NOW), take_in([shipped], now=NOW)) == (1, 0)
    assert [one.version for one in queries.live_versions()] == ["1.11111111"]

    take_in([RuleText(rule("2.22222222"), TEXT)], now=NOW)
    assert [one.version for one in queries.live_versions()] == ["2.22222222"]

    own = live(staged("3.33333333"))
    take_in([RuleText(rule("4.44444444"), TEXT)], now=NOW)
    assert [one.id for one in queries.live_versions()] == [own.id]
    states = {one.version: one.state for one in queries.versions_of("link_posted")}
    assert states["4.44444444"] == RuleState.DRAFT

    take_in([], now=NOW)
    assert [one.id for one in queries.live_versions()] == [own.id]


def test_only_a_live_rule_is_asked_about_history_that_is_kept() -> None:
    row = staged()

    with pytest.raises(RuleStepRefused, match="only a live rule"):
        sweep_steps.ask_sweep(row.id, "a.parquet", kept=["a.parquet"], by=author(), now=NOW)
    live(row)
    with pytest.raises(RuleStepRefused, match="no such file"):
        sweep_steps.ask_sweep(row.id, "../a.parquet", kept=["a.parquet"], by=author(), now=NOW)

    sweep = sweep_steps.ask_sweep(row.id, "a.parquet", kept=["a.parquet"], by=author(), now=NOW)
    sweep_steps.note_swept(sweep.id, rows=10, hits=2)
    sweep_steps.end_sweep(sweep.id, now=NOW)
    sweep_steps.end_sweep(sweep.id, now=NOW)

    bodies = bodies_about(rule_subject("link_posted"), RecordKind.RULE_SWEPT)
    assert [(one["events"], one["hits"]) for one in bodies] == [(10, 2)]
