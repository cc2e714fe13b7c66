"""The command: exit codes, output, summary and explanations, with two small rules of its own."""

import errno
import io
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from evenhand.base.errors import Misconfigured
from evenhand.connectors.files.problems import FileRefused
from evenhand.connectors.files.screen import add_arguments, run
from evenhand.pipeline import Resources, ScreeningPlane

DATA = Path(__file__).parents[3] / "data" / "files"
EXPORT = DATA / "topics.json"


@pytest.fixture(scope="module")
def plane() -> ScreeningPlane:
    return ScreeningPlane.load(Resources.default(rules=DATA / "rules"))


class Outcome:
    """What a run of the command gave."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


@pytest.fixture
def screen(plane: ScreeningPlane, capsys: pytest.CaptureFixture[str]) -> Any:
    def screening(*words: object) -> Outcome:
        parser = ArgumentParser()
        add_arguments(parser)
        code = run(parser.parse_args([str(word) for word in words]), load=lambda _rules: plane)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return screening


def short_messages(account: str, count: int) -> str:
    rows = [
        {"id": n, "account": account, "text": "x", "time": 1_700_000_000 + n} for n in range(count)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_export_is_screened_and_summed_up(screen: Any) -> None:
    outcome = screen(EXPORT)

    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.out == (
        "4 messages screened in 1 file, 1 flagged (25.00%)\n"
        "3 items hold no message and were not screened: service topic_created 2,"
        " service create_group 1\n"
        "\n"
        "Harm\n"
        "             1  m.spam  Spam\n"
        "\n"
        "Rule\n"
        "             1  link_posted\n"
        "\n"
        "Proposed action\n"
        "             1  hold\n"
        "\n"
        "Channel\n"
        "             1  9000001  Allotment neighbours\n"
    )


def test_flagged_messages_are_written_with_their_reasons(screen: Any, tmp_path: Path) -> None:
    screen(EXPORT, "--output", tmp_path / "v.ndjson")

    (row,) = rows_of(tmp_path / "v.ndjson")
    assert row["rule_versions"][0].startswith("3.")
    assert {**row, "rule_versions": [], "language": "?"} == {
        "message_id": "4",
        "channel": "9000001",
        "account": "user1003",
        "time": "2024-02-01T12:06:00.000Z",
        "harm": "m.spam",
        "severity": 1,
        "score": 0.5,
        "rules": ["link_posted"],
        "rule_versions": [],
        "action": "hold",
        "exact": False,
        "language": "?",
        "reason": "It holds a link.",
        "file": str(EXPORT),
        "row": 4,
        "offset": EXPORT.read_bytes().index(b'"id": 4') - 5,
    }


def test_all_writes_every_message(screen: Any, tmp_path: Path) -> None:
    screen(EXPORT, "--all", "--output", tmp_path / "v.parquet")

    table = pq.read_table(tmp_path / "v.parquet")
    assert table.column("message_id").to_pylist() == ["3", "4", "5", "7"]
    assert table.column("action").to_pylist() == ["none", "hold", "none", "none"]


def test_direct_messages_of_a_file_are_judged_too(screen: Any, tmp_path: Path) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_text('{"id": 1, "text": "https://a.example", "channel": "direct"}\n')

    assert "1 flagged" in screen(path).out


def test_refused_rows_end_with_1_and_are_said(screen: Any, tmp_path: Path) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_text('{"text": "a"}\nbroken\n{"text": "https://a.example"}\n')

    outcome = screen(path)

    assert outcome.code == 1
    assert outcome.err.startswith(f"{path}: byte 14 (row 2): an object was expected here;")
    assert "2 messages screened in 1 file, 1 flagged" in outcome.out
    assert "1 row refused: 1 × an object was expected here" in outcome.out


def test_a_file_of_which_every_row_is_refused_ends_with_2(screen: Any, tmp_path: Path) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_text("broken\nbroken\n")

    assert screen(path).code == 2


def test_quiet_prints_refused_rows_alone(screen: Any, tmp_path: Path) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_text('{"text": "a"}\nbroken\n')

    outcome = screen(path, "--quiet")

    assert (outcome.code, outcome.out) == (1, "")
    assert "row 2" in outcome.err


def test_a_file_that_cannot_be_read_does_not_stop_the_others(screen: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("colour\nred\n")
    (tmp_path / "b.csv").write_text("text\nhello\n")

    outcome = screen(tmp_path / "a.csv", tmp_path / "b.csv")

    assert outcome.code == 1
    assert "a.csv: its first line names no column `text`" in outcome.err
    assert "1 message screened in 1 file" in outcome.out


def test_a_file_that_stops_being_readable_is_said(
    screen: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(io.BytesIO):
        def readinto(self, room: Any) -> int:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Broken()))

    outcome = screen("-", EXPORT)

    assert outcome.code == 1
    assert "-: reading stopped after row 0 (Input/output error)." in outcome.err
    assert "4 messages screened in 1 file" in outcome.out


def test_nothing_readable_ends_with_2(screen: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("colour\nred\n")

    assert screen(tmp_path / "a.csv").code == 2


def test_a_file_that_is_not_there_is_said_and_the_others_are_screened(
    screen: Any, tmp_path: Path
) -> None:
    outcome = screen(tmp_path / "none.json", EXPORT)

    assert outcome.code == 1
    assert "none.json: left out: there is no such file.\n" in outcome.err
    assert "4 messages screened in 1 file, 1 flagged" in outcome.out


def test_a_path_that_does_not_exist_is_refused_where_it_is_the_only_one(
    screen: Any, tmp_path: Path
) -> None:
    with pytest.raises(FileRefused):
        screen(tmp_path / "none.json")


@pytest.mark.parametrize("option", ["--output", "--rules"])
def test_an_option_that_cannot_be_followed_is_refused(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = ArgumentParser()
    add_arguments(parser)
    wrong = tmp_path / "none" / "v.ndjson"

    with pytest.raises(Misconfigured) as caught:
        run(parser.parse_args([str(EXPORT), option, str(wrong)]))

    assert caught.value.fields["setting"] == option


def test_a_file_that_is_read_is_never_written_over(screen: Any, tmp_path: Path) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_text('{"text": "a"}\n')

    with pytest.raises(Misconfigured) as caught:
        screen(path, "--output", tmp_path / "." / "rows.ndjson")

    assert caught.value.fields["setting"] == "--output"
    assert path.read_text() == '{"text": "a"}\n'


def test_all_needs_an_output(screen: Any) -> None:
    with pytest.raises(Misconfigured):
        screen(EXPORT, "--all")


def test_a_folder_is_searched_and_other_json_in_it_is_left_out(screen: Any, tmp_path: Path) -> None:
    (tmp_path / "chat.json").write_text(EXPORT.read_text())
    (tmp_path / "package.json").write_text('{\n "name": "something else"\n}\n')

    outcome = screen(tmp_path)

    assert outcome.code == 0
    assert "package.json: left out: it holds no list of messages" in outcome.err
    assert "4 messages screened in 1 file" in outcome.out


def test_standard_input_is_read_as_ndjson(screen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b'{"text": "https://a.example"}\n'))
    monkeypatch.setattr(sys, "stdin", stdin)

    assert "1 message screened in 1 file, 1 flagged" in screen("-").out


def test_repeated_ids_are_said_and_screened(screen: Any, tmp_path: Path) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_text('{"id": "a", "text": "x"}\n{"id": "a", "text": "https://a.example"}\n')

    outcome = screen(path)

    assert outcome.code == 0
    assert "byte 25 (row 2): id 'a' occurs again; both are screened" in outcome.err
    assert "2 messages screened in 1 file, 1 flagged" in outcome.out


def test_rates_count_what_came_before_but_not_rows_without_a_time(
    screen: Any, tmp_path: Path
) -> None:
    timed, untimed = tmp_path / "timed.ndjson", tmp_path / "untimed.ndjson"
    timed.write_text(short_messages("timed", 3))
    untimed.write_text('{"account": "untimed", "text": "x"}\n' * 5)

    assert "1  third_in_an_hour" in screen(timed).out
    assert ", 0 flagged" in screen(untimed).out


def test_chats_one_after_the_other_and_newest_first_make_no_flood(
    screen: Any, tmp_path: Path
) -> None:
    """An export starts anew with each chat; an account that talks in many is no flood."""
    many, backwards = tmp_path / "many.ndjson", tmp_path / "backwards.ndjson"
    many.write_text(
        "".join(
            json.dumps({"id": n, "account": "many", "text": "x", "time": 1_700_000_000 - n * 7200})
            + "\n"
            for n in range(20)
        )
    )
    backwards.write_text("".join(reversed(short_messages("newest", 4).splitlines(keepends=True))))

    assert ", 0 flagged" in screen(many).out
    assert "2  third_in_an_hour" in screen(backwards).out


def test_explain_shows_rules_and_signals_of_one_message(screen: Any) -> None:
    outcome = screen(EXPORT, "--explain", "4")

    assert outcome.code == 0
    first, text, verdict, *rest = outcome.out.splitlines()
    assert first.startswith("message 4 in 9000001 (Allotment neighbours), row 4 of ")
    assert text == "  text: I do, see https://allotment.example/rota"
    assert verdict == ("  verdict: m.spam, severity 1, score 0.50, proposes hold. It holds a link.")
    assert "  rules that fired:" in rest
    assert any(line.startswith("    link_posted (version 3.") for line in rest)
    assert "    has_link = yes" in rest


def test_explain_takes_channel_and_id_and_says_when_there_is_none(screen: Any) -> None:
    assert "verdict: none: no rule fired" in screen(EXPORT, "--explain", "9000001:5").out

    outcome = screen(EXPORT, "--explain", "8")
    assert outcome.code == 2
    assert "No message has the id '8'." in outcome.err


def test_explain_counts_what_stands_before_the_message(screen: Any, tmp_path: Path) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_text(
        "".join(
            json.dumps({"id": n, "account": "before", "text": "x", "time": 1_700_000_000 + n})
            + "\n"
            for n in range(4)
        )
    )

    assert "    account_posts_1h = 4" in screen(path, "--explain", "3").out.splitlines()


def test_text_from_a_file_cannot_steer_the_terminal(screen: Any, tmp_path: Path) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_text('{"id": "a", "text": "\\u001b[2Jhttps://a.example", "channel": "\\u001b[1m"}\n')

    assert "\x1b" not in screen(path).out
    assert "\x1b" not in screen(path, "--explain", "a").out
