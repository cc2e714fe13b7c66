"""A backtest tells what a rule would have done; stored signals tell the same as computed ones."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from evenhand.rules import backtest as room
from evenhand.rules.backtest import Backtest, Names, backtest
from evenhand.rules.grammar import parse
from evenhand.rules.load import load_rules
from evenhand.rules.rule import Rule, RuleSet
from evenhand.signals.columns import all_columns
from evenhand.signals.stored import (
    ABOUT,
    SignalsReader,
    StoredRefused,
    is_stored,
)
from evenhand.signals.storing import SignalsWriter
from evenhand.signals.table import SignalTable, Values

COLUMNS = all_columns(["drug_name"])
PACK = Path(__file__).parents[2] / "data" / "files" / "rules"
ROWS = 1_000


@pytest.fixture(scope="module")
def rule() -> Rule:
    return rule_of("a", "word_count > 90")


def rule_of(name: str, when: str, harm: str = "m.spam") -> Rule:
    [first, *_] = load_rules(PACK, all_columns([])).rules
    return replace(first, id=name, harm=harm, when=when, condition=parse(when, COLUMNS))


def table_of(rows: int = ROWS) -> SignalTable:
    known = np.arange(rows) % 10 != 0
    return SignalTable(
        rows,
        {
            "word_count": Values(np.arange(rows, dtype=np.int16) % 100, known),
            "has_link": Values(np.arange(rows) % 2 == 1),
            "spam_score": Values(np.linspace(0, 1, rows), known),
            "language": Values((np.arange(rows) % 2).astype(np.int32), known, ("de", "kk")),
            "matches_drug_name": Values(np.full(rows, 3, np.int32)),
        },
    )


def about_of(rows: int = ROWS) -> pa.Table:
    times = [None if row < 100 else row // 500 * 86_400_000 for row in range(rows)]
    return pa.table(
        [
            pa.array([f"${row}" for row in range(rows)]),
            pa.array(times, pa.int64()).cast(ABOUT.field("time").type),
            pa.array([f"@a{row % 7}:example.test" for row in range(rows)]),
            pa.array([None if row % 2 else "!c:example.test" for row in range(rows)]),
        ],
        names=ABOUT.names,
    )


def kept(path: Path, *, batches: int = 1, **lists: str) -> Path:
    writer = SignalsWriter(path, COLUMNS, lists)
    for _ in range(batches):
        writer.write(about_of(), table_of())
    writer.close()
    return path


def tried(path: Path, rule: Rule, *others: Rule) -> Backtest:
    made = Backtest(rule, RuleSet(others))
    groups = SignalsReader(path).groups(made.asked, gates=made.gates)
    return backtest(rule, RuleSet(others), groups)


def test_hits_are_told_by_day_language_account_and_channel(tmp_path: Path, rule: Rule) -> None:
    found = tried(kept(tmp_path / "s.parquet"), rule)

    assert (found.rows, found.hits) == (1_000, 90)
    assert found.days.as_counts() == {"1970-01-02": 45, "1970-01-01": 36, "unknown": 9}
    assert found.languages.as_counts() == {"kk": 50, "de": 40}
    assert found.territories.as_counts() == {"unknown": 90}
    assert len(found.accounts.counts) == 7
    assert found.accounts.counts.total() == 90
    assert list(found.channels.counts.values()) == [40]


def test_other_rules_are_compared_and_the_rule_itself_is_not(tmp_path: Path, rule: Rule) -> None:
    links = rule_of("links", "has_link AND word_count > 95")
    drugs = rule_of("drugs", "matches_drug_name > 2 AND word_count = 97", "m.harassment")

    found = tried(kept(tmp_path / "s.parquet"), rule, links, drugs, rule_of("a", "has_link"))

    assert found.compared == 90
    assert dict(found.overlap) == {"links": 20, "drugs": 10}
    assert dict(found.harms) == {"m.spam": 20, "m.harassment": 10}
    assert found.alone == 70


def test_what_people_judged_of_the_hits_tells_how_precise_a_rule_is(
    tmp_path: Path, rule: Rule
) -> None:
    judged = {"$91": True, "$92": True, "$93": False, "$1": False, "$99999": True}

    work = Backtest(rule, RuleSet(()), judged=judged)
    for part in SignalsReader(kept(tmp_path / "s.parquet")).groups(work.asked, gates=work.gates):
        work.add(part)

    assert (work.precision.right, work.precision.judged) == (2, 3)
    assert work.precision.low is not None
    assert work.precision.low < 2 / 3


def test_the_sample_is_bounded_and_the_same_at_every_run(tmp_path: Path, rule: Rule) -> None:
    path = kept(tmp_path / "s.parquet")

    first, second = tried(path, rule).sample(), tried(path, rule).sample()

    assert first == second
    assert len({hit.event_id for hit in first}) == len(first) == 20
    assert all(int(hit.event_id[1:]) % 100 > 90 for hit in first)
    assert all(hit.text is None for hit in first)


def test_what_was_kept_is_what_was_written(tmp_path: Path) -> None:
    path = kept(tmp_path / "s.parquet", batches=3, matches_drug_name="1f")

    reader = SignalsReader(path)
    [group] = reader.groups(sorted(COLUMNS))

    assert is_stored(path)
    assert reader.lists == {"matches_drug_name": "1f"}
    for row in (0, 1, 11, 999, 1_000, 2_999):
        assert group.own.row(row) == table_of().row(row % 1_000)


def test_no_name_of_an_account_is_kept(tmp_path: Path) -> None:
    content = kept(tmp_path / "s.parquet").read_bytes()

    assert b"example.test" not in content
    assert b"event_id" in content


def test_a_file_that_holds_no_signals_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pa.parquet.write_table(about_of(), path)
    damaged = tmp_path / "d.parquet"
    damaged.write_bytes(b"PAR1" + bytes(100))

    assert not is_stored(path)
    assert not is_stored(damaged)
    for one in (path, damaged):
        with pytest.raises(StoredRefused):
            SignalsReader(one)


def test_a_file_with_nulls_is_of_another_version(tmp_path: Path) -> None:
    path = kept(tmp_path / "s.parquet")
    table = pa.parquet.read_table(path)
    fields = [field.with_nullable(True) for field in table.schema]
    pa.parquet.write_table(table.cast(pa.schema(fields, table.schema.metadata)), path)

    with pytest.raises(StoredRefused, match="another version"):
        SignalsReader(path)


def test_a_damaged_group_is_refused_in_words(tmp_path: Path, rule: Rule) -> None:
    path = kept(tmp_path / "s.parquet")
    content = bytearray(path.read_bytes())
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    content[4:footer] = bytes(footer - 4)
    path.write_bytes(content)

    with pytest.raises(StoredRefused, match="damaged"):
        tried(path, rule_of("a", "matches_drug_name > 1 AND word_count > 1 AND has_link"))


def test_names_past_the_limit_are_counted_together() -> None:
    names = Names(2)

    names.add(pa.array(["a", "b", "a", None, "c"]))
    names.add(pa.array(["c", "b"]))

    assert names.as_counts() == {"a": 2, "b": 2, "others": 2}
    assert names.largest == 2


def test_a_sample_of_fewer_hits_is_whole(
    tmp_path: Path, rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "BACKTEST_SAMPLE_MAX", 100)

    assert len(tried(kept(tmp_path / "s.parquet"), rule).sample()) == 90
