"""`evenhand rules backtest`: events and signals kept of them give the same figures."""

import json
import stat
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from evenhand.base.errors import Misconfigured
from evenhand.connectors.files.backtest import UnknownRule, add_arguments, run
from evenhand.connectors.files.problems import FileRefused
from evenhand.pipeline import Resources, ScreeningPlane
from evenhand.signals import storing

DATA = Path(__file__).parents[3] / "data" / "files"
RULES = DATA / "rules"


@pytest.fixture(scope="module")
def plane() -> ScreeningPlane:
    return ScreeningPlane.load(Resources.default(rules=RULES))


@pytest.fixture
def backtest(plane: ScreeningPlane, capsys: pytest.CaptureFixture[str]) -> Any:
    def trying(*words: object) -> tuple[int, str, str]:
        parser = ArgumentParser()
        add_arguments(parser)
        args = parser.parse_args([*(str(word) for word in words), "--rules", str(RULES)])
        code = run(args, load=lambda _rules: plane)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return trying


def chat(path: Path, count: int = 50) -> Path:
    rows = [
        {
            "id": n,
            "account": f"@a{n % 3}:example.test",
            "channel": "!c:example.test",
            "channel_kind": "public",
            "text": f"see https://shop{n}.example now" if n % 5 == 0 else f"hello there {n}",
            "time": 1_700_000_000 + n * 3_600,
        }
        for n in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_rule_is_tried_on_events(backtest: Any, tmp_path: Path) -> None:
    code, out, err = backtest("link_posted", chat(tmp_path / "chat.ndjson"))

    assert (code, err) == (0, "")
    assert "10 (20.00%) of 50 events" in out
    assert "accounts: 3, the one with most has 4 (40.00%)" in out
    assert "channels: 1, the one with most has 10 (100.00%)" in out
    assert "2023-11-14" in out
    assert "shop" not in out


def test_what_was_written_is_shown_only_where_asked_for(backtest: Any, tmp_path: Path) -> None:
    path = chat(tmp_path / "chat.ndjson")

    assert "see https://shop5.example now" in backtest("link_posted", path, "--show")[1]


def test_signals_that_were_kept_tell_the_same(backtest: Any, tmp_path: Path) -> None:
    path, kept = chat(tmp_path / "chat.ndjson"), tmp_path / "kept.parquet"

    _, of_events, _ = backtest("link_posted", path, "--json", "--keep", kept)
    code, of_signals, err = backtest("link_posted", kept, "--json")

    assert (code, err) == (0, "")
    assert json.loads(of_signals) == json.loads(of_events)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir() if "partial" in file.name] == []


def test_many_groups_read_side_by_side_tell_the_same(
    backtest: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "GROUP_ROWS", 8_000)
    path, kept = chat(tmp_path / "chat.ndjson", 40_000), tmp_path / "kept.parquet"

    _, of_events, _ = backtest("link_posted", path, "--json", "--keep", kept)
    of_signals = {backtest("link_posted", kept, "--json")[1] for _ in range(3)}

    assert pq.read_metadata(kept).num_row_groups == 5
    assert of_signals == {of_events}


def test_a_rule_may_be_a_file_that_is_not_in_force(backtest: Any, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    content = (RULES / "link_posted.yaml").read_text()
    draft.write_text(content.replace("id: link_posted", "id: draft"))

    _, out, _ = backtest(draft, chat(tmp_path / "chat.ndjson"), "--json")

    told = json.loads(out)
    assert (told["rule"], told["hits"]) == ("draft", 10)
    assert told["overlap"] == {"link_posted": 10}
    assert told["hits_of_no_other_rule"] == 0


def test_signals_of_an_older_list_are_said_and_lacking_ones_refused(
    backtest: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, kept = chat(tmp_path / "chat.ndjson"), tmp_path / "kept.parquet"
    backtest("link_posted", path, "--keep", kept)
    draft = tmp_path / "draft.yaml"
    content = (RULES / "link_posted.yaml").read_text().replace("id: link_posted", "id: draft")
    draft.write_text(content.replace("when: has_link", "when: has_link AND matches_drug_name = 0"))
    assert "matches_drug_name" in draft.read_text()

    assert backtest(draft, kept)[2] == ""
    monkeypatch.setattr("evenhand.connectors.files.backtest.editions", lambda _lists: {})
    _, out, err = backtest(draft, kept)
    assert "lists have changed since it was made: matches_drug_name" in err
    assert "10 (20.00%)" in out


def test_what_people_judged_is_told_with_its_interval(backtest: Any, tmp_path: Path) -> None:
    path, judged = chat(tmp_path / "chat.ndjson"), tmp_path / "judged.ndjson"
    told = [(0, True), (5, True), (10, False), (10, True), (1, False)]
    judged.write_text("".join(json.dumps({"id": str(i), "right": one}) + "\n" for i, one in told))

    _, out, _ = backtest("link_posted", path, "--judged", judged)
    figures = json.loads(backtest("link_posted", path, "--judged", judged, "--json")[1])

    assert "people agreed with 3 (100.00%) of those judged; between 43.9% and 100.0%" in out
    assert (figures["judged"], figures["judged_right"], figures["precision"]) == (3, 3, 1.0)


@pytest.mark.parametrize("line", ["[]", "{", '{"id": "a"}', '{"id": "a", "right": 1}', "x" * 5_000])
def test_a_file_of_judgements_that_says_nothing_is_refused_with_its_line(
    backtest: Any, tmp_path: Path, line: str
) -> None:
    judged = tmp_path / "judged.ndjson"
    judged.write_text('{"id": "a", "right": true}\n' + line + "\n")

    with pytest.raises(FileRefused) as refused:
        backtest("link_posted", chat(tmp_path / "chat.ndjson"), "--judged", judged)
    assert refused.value.fields["line"] == 2


def test_what_cannot_be_followed_is_said(backtest: Any, tmp_path: Path) -> None:
    path = chat(tmp_path / "chat.ndjson")

    with pytest.raises(UnknownRule) as unknown:
        backtest("link_poste", path)
    assert unknown.value.fields["perhaps"] == "link_posted"
    with pytest.raises(Misconfigured):
        backtest("link_posted", path, "--keep", tmp_path / "x.csv")
    with pytest.raises(Misconfigured):
        backtest("link_posted", path, "--keep", path)
    with pytest.raises(Misconfigured):
        backtest("link_posted", path, "--keep", tmp_path / "none" / "x.parquet")


def test_what_is_refused_and_what_holds_no_message_is_counted(
    backtest: Any, tmp_path: Path
) -> None:
    path = chat(tmp_path / "chat.ndjson")
    path.write_text(path.read_text() + '{"id": 50, "text": }\n')

    code, out, _ = backtest("link_posted", DATA / "topics.json", path)
    _, told, _ = backtest("link_posted", DATA / "topics.json", path, "--json")

    assert code == 1
    assert "1 row refused: 1 × it is not JSON at this byte\n" in out
    assert "3 items hold no message and were not screened: service topic_created 2" in out
    assert json.loads(told)["rows_refused"] == {"it is not JSON at this byte": 1}
    assert json.loads(told)["items_passed_over"]["service topic_created"] == 2


def test_a_file_that_cannot_be_used_is_said_once_and_the_others_are_tried(
    backtest: Any, tmp_path: Path
) -> None:
    path, cut = chat(tmp_path / "chat.ndjson"), tmp_path / "cut.parquet"
    cut.write_bytes(b"PAR1 and no more")

    code, out, err = backtest("link_posted", tmp_path / "none.json", cut, path)

    assert code == 1
    assert err.count(str(cut)) == 1
    assert "none.json: left out: there is no such file.\n" in err
    assert "10 (20.00%) of 50 events" in out


def test_a_damaged_file_of_signals_is_said_and_others_are_read(
    backtest: Any, tmp_path: Path
) -> None:
    path, kept = chat(tmp_path / "chat.ndjson"), tmp_path / "kept.parquet"
    backtest("link_posted", path, "--keep", kept)
    content = bytearray(kept.read_bytes())
    content[4:600] = bytes(596)
    kept.write_bytes(content)

    code, out, err = backtest("link_posted", kept, path)

    assert code == 1
    assert "it is damaged" in err
    assert "10 (20.00%) of 50 events" in out
