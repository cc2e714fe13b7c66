"""A live rule asked about stored history: what it finds becomes cases, once, and it can go on."""

import json
from pathlib import Path

import pytest
from tests.integration.people_of_tests import NOW
from tests.integration.test_rulebook import author, figures, live
from tests.rules_of_tests import rule_text

from evenhand import retro
from evenhand.actions.models import Decision
from evenhand.base.sealing import make_keys
from evenhand.cases.models import Case
from evenhand.pipeline import Resources, ScreeningPlane
from evenhand.rulebook import queries, steps, sweep_steps
from evenhand.rulebook.models import RetroSweep, RuleVersion
from evenhand.rules.load import read_rule
from evenhand.signals.columns import all_columns

pytestmark = pytest.mark.django_db

TEXT = rule_text(when="word_count > 4 AND kind = 'message'")


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> ScreeningPlane:
    folder = tmp_path_factory.mktemp("plane")
    for name, text in (("rules", TEXT), ("patterns", "name: a\npatterns:\n  - text: snowdust\n")):
        (folder / name).mkdir()
        file = "goods" if name == "rules" else "a"
        (folder / name / f"{file}.yaml").write_text(text, encoding="utf-8")
    made = Resources(
        rules=folder / "rules",
        patterns=folder / "patterns",
        domains=(),
        hashes=None,
        cache=folder / "cache",
        seed=7,
    )
    return ScreeningPlane.load(made)


@pytest.fixture
def home(tmp_path: Path, settings) -> Path:  # type: ignore[no-untyped-def]
    (tmp_path / "history").mkdir()
    make_keys(tmp_path / "keys")
    settings.KEYS = tmp_path / "keys"
    return tmp_path


def line(number: int, text: str, channel_kind: str = "public") -> str:
    return json.dumps(
        {
            "event_id": f"${number}",
            "kind": "message",
            "time": f"2026-01-01T00:{number:02}:00Z",
            "account": f"@a{number}:example.test",
            "channel": "!c:example.test",
            "channel_kind": channel_kind,
            "text": text,
        }
    )


def kept(home: Path, *lines: str) -> str:
    (home / "history" / "year.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "year.ndjson"


def asked(file: str) -> tuple[RuleVersion, RetroSweep]:
    rule = read_rule(TEXT, Path("goods.yaml"), all_columns([]))
    row = steps.write_version(rule, TEXT, by=author(), now=NOW)
    steps.keep_backtest(row.id, figures(row), by=author(), now=NOW)
    steps.put_in_shadow(row.id, by=author(), now=NOW)
    steps.stage(row.id, 5, by=author(), now=NOW)
    live(row)
    return row, sweep_steps.ask_sweep(row.id, file, kept=[file], by=author(), now=NOW)


LONG = "one two three four five six"


def test_what_a_live_rule_finds_in_history_becomes_cases_and_nothing_is_done(
    home: Path, plane: ScreeningPlane
) -> None:
    file = kept(home, line(1, LONG), line(2, "short"), line(3, LONG), line(4, LONG, "direct"))
    row, sweep = asked(file)

    retro.sweep_history(sweep, plane, home, now=lambda: NOW)

    assert (sweep.rows, sweep.hits, sweep.stopped) == (4, 2, "")
    assert sweep.ended_at == NOW
    assert sorted(Case.objects.values_list("event", flat=True)) == ["$1", "$3"]
    assert Case.objects.first().rules == [["goods", row.version]]  # type: ignore[union-attr]
    assert not Decision.objects.exists()
    assert queries.sweeps_waiting() == []


def test_a_sweep_that_was_killed_finds_nothing_twice(home: Path, plane: ScreeningPlane) -> None:
    file = kept(home, line(1, LONG), line(2, LONG))
    _, sweep = asked(file)
    retro.sweep_history(sweep, plane, home, now=lambda: NOW)
    RetroSweep.objects.update(ended_at=None)

    retro.sweep_history(queries.sweeps_waiting()[0], plane, home, now=lambda: NOW)

    assert Case.objects.count() == 2
    assert RetroSweep.objects.get().hits == 2


def test_a_sweep_stops_when_its_version_is_no_longer_live(
    home: Path, plane: ScreeningPlane
) -> None:
    row, sweep = asked(kept(home, line(1, LONG)))
    steps.retire(row.id, by=author(), now=NOW)

    retro.sweep_history(sweep, plane, home, now=lambda: NOW)

    assert sweep.stopped == "the version is no longer live"
    assert not Case.objects.exists()


def test_a_file_that_is_gone_ends_the_sweep_in_words(home: Path, plane: ScreeningPlane) -> None:
    _, sweep = asked(kept(home, line(1, LONG)))
    (home / "history" / "year.ndjson").unlink()

    retro.sweep_history(sweep, plane, home, now=lambda: NOW)

    assert sweep.ended_at == NOW
    assert sweep.stopped
