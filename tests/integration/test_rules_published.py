"""What the rulebook holds in force becomes files, and what other rooms ask of it is answered."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from tests.integration.people_of_tests import NOW
from tests.integration.test_rulebook import TEXT, author, figures, live, rule, second, staged
from tests.rules_of_tests import rule_text

from evenhand.actions.drain import store
from evenhand.actions.journal import ShadowEntry
from evenhand.actions.ports import RuleAuthors
from evenhand.actions.rule_steps import rule_subject
from evenhand.base.ids import new_id
from evenhand.base.lists import ChannelKind, Language, RecordKind
from evenhand.records.entries import NewRecord
from evenhand.records.models import Record
from evenhand.records.steps import append
from evenhand.rulebook import queries, steps
from evenhand.rulebook.answers import StoredRules
from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.publishing import RuleFiles
from evenhand.rulebook.reactions import over_budget
from evenhand.rulebook.shipped_steps import RuleText
from evenhand.rules.acting import LIVE, Acting, Terms
from evenhand.rules.in_force import LIST, load_in_force, read_in_force
from evenhand.rules.load import read_rule
from evenhand.signals.columns import all_columns
from evenhand.wiring import CaseReviews

pytestmark = pytest.mark.django_db

COLUMNS = all_columns([])
SHIPPED = rule_text(version="1")


def shipped() -> list[RuleText]:
    return [RuleText(read_rule(SHIPPED, Path("goods.yaml"), COLUMNS), SHIPPED)]


def own(text: str) -> list[RuleText]:
    return [RuleText(read_rule(text, Path("goods.yaml"), COLUMNS), text)]


@pytest.fixture
def files(tmp_path: Path) -> RuleFiles:
    return RuleFiles(tmp_path, shipped)


def test_as_long_as_all_is_as_it_comes_no_file_is_needed(files: RuleFiles, tmp_path: Path) -> None:
    files.keep(now=NOW)

    assert [one.rule for one in queries.live_versions()] == ["goods"]
    assert list(tmp_path.iterdir()) == []


def test_each_step_of_a_rule_becomes_what_the_door_judges_by(
    files: RuleFiles, tmp_path: Path
) -> None:
    text = rule_text(version="2", when="word_count > 5")
    mine = own(text)[0].rule
    row = steps.write_version(mine, text, by=author(), now=NOW)
    steps.keep_backtest(row.id, figures(row), by=author(), now=NOW)
    told: list[list[tuple[str, Terms]]] = []

    def look() -> None:
        files.keep(now=NOW)
        rules = load_in_force(tmp_path, COLUMNS, now=NOW)
        told.append([(one.version[:2], t) for one, t in zip(rules.rules, rules.terms, strict=True)])

    steps.put_in_shadow(row.id, by=author(), now=NOW)
    look()
    steps.stage(row.id, 10, by=author(), now=NOW)
    look()
    live(row)
    look()

    assert [set(one) for one in told] == [
        {("2.", Terms(Acting.SHADOW, 0))},
        {("2.", Terms(Acting.STAGED, 10))},
        {("2.", LIVE)},
    ]


def test_a_version_beside_the_shipped_one_is_written_beside_it(
    files: RuleFiles, tmp_path: Path
) -> None:
    files.keep(now=NOW)
    text = rule_text(version="2", when="word_count > 5")
    row = steps.write_version(own(text)[0].rule, text, by=author(), now=NOW)
    steps.keep_backtest(row.id, figures(row), by=author(), now=NOW)
    steps.put_in_shadow(row.id, by=author(), now=NOW)
    files.keep(now=NOW)
    assert len(read_in_force(tmp_path) or ()) == 2

    steps.retire(row.id, by=author(), now=NOW)
    files.keep(now=NOW)

    assert list(tmp_path.iterdir()) == []


def test_rules_that_a_hand_laid_there_are_not_overruled_in_silence(
    files: RuleFiles, tmp_path: Path
) -> None:
    (tmp_path / "goods.yaml").write_text(SHIPPED, encoding="utf-8")
    staged()

    files.keep(now=NOW)

    assert [path.name for path in tmp_path.iterdir()] == ["goods.yaml"]


def test_an_expired_version_is_no_longer_written(files: RuleFiles, tmp_path: Path) -> None:
    end = NOW + timedelta(hours=1)
    text = rule_text(version="2")
    row = steps.write_version(own(text)[0].rule, text, by=author(), now=NOW, expires_at=end)
    steps.keep_backtest(row.id, figures(row), by=author(), now=NOW)
    steps.put_in_shadow(row.id, by=author(), now=NOW)
    files.keep(now=NOW)
    assert [one.expires_at for one in read_in_force(tmp_path) or ()] == [end]

    files.keep(now=end)

    assert queries.rule_version(row.id).state == RuleState.RETIRED
    assert read_in_force(tmp_path) == ()
    assert (tmp_path / LIST).exists()


def test_what_other_rooms_ask_is_answered_by_the_version_that_decided() -> None:
    rules = StoredRules.of({"goods": SHIPPED})
    row = live(staged())

    assert rules.authors("goods", "1.x") == RuleAuthors("founding team", "")
    assert rules.sentence("goods", "1.x", Language.EN) == "It is goods."
    assert rules.authors(row.rule, row.version) == RuleAuthors(author().name, second().name)
    assert rules.sentence(row.rule, row.version, Language.EN) is not None
    assert rules.sentence("gone", "1", Language.EN) is None
    assert rules.delay_minutes(row.rule, row.version) == 0


def test_a_delay_is_read_from_the_version_that_decided() -> None:
    later = TEXT + "delay_minutes: 30\n"
    row = steps.write_version(rule("2.b"), later, by=author(), now=NOW)

    assert StoredRules.of({}).delay_minutes(row.rule, row.version) == 30


class Calls:
    def __init__(self) -> None:
        self.pages: dict[UUID, str] = {}

    def page(self, text: str, *, urgent: bool, key: UUID) -> None:
        assert urgent
        self.pages[key] = text


def test_a_rule_beyond_its_budget_calls_somebody_once_an_hour() -> None:
    calls = Calls()
    for number in range(2):
        append(
            NewRecord(
                id=new_id(now=NOW),
                at=NOW,
                kind=RecordKind.RULE_OVER_BUDGET,
                subject=rule_subject("goods"),
                market="KZ",
                quantity=40 + number,
                body={"rule": "goods", "version": "2.b", "hour": NOW.isoformat()},
            )
        )
    for record in Record.objects.filter(kind=RecordKind.RULE_OVER_BUDGET.value):
        over_budget(calls).react(record, NOW)

    (text,) = calls.pages.values()
    assert "goods 2.b" in text
    assert "KZ" in text
    assert queries.hits_of("goods", "2.b", since=NOW).held_back == 81


def test_what_the_door_counted_in_shadow_becomes_a_record() -> None:
    entry = ShadowEntry(new_id(now=NOW), NOW, "goods", "2.b", "DE", ChannelKind.PUBLIC, 17)

    for _ in range(2):
        store([entry], rulebook=StoredRules.of({}), reviews=CaseReviews(), now=NOW)

    assert queries.hits_of("goods", "2.b", since=NOW).shadow == 17
    assert queries.hits_of("goods", "3.c", since=NOW).shadow == 0
