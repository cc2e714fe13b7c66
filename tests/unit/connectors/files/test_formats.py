"""Telling what kind of file it is, and what a folder holds."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenhand.connectors.files.formats import Format, find_sources, source_of
from evenhand.connectors.files.problems import FileRefused

CHAT = {"name": "x", "type": "personal_chat", "id": 1, "messages": []}


@pytest.mark.parametrize(
    ("name", "content", "format_"),
    [
        ("result.json", json.dumps(CHAT, indent=1), Format.TELEGRAM),
        ("one_line.json", json.dumps(CHAT), Format.TELEGRAM),
        ("full.json", json.dumps({"chats": {"list": [CHAT]}}), Format.TELEGRAM),
        ("long.json", '{"name": "' + "x" * 100_000, Format.TELEGRAM),
        ("rows.json", '{"id": 1, "text": "a"}\n{"id": 2, "text": "b"}\n', Format.LINES),
        ("export", json.dumps(CHAT, indent=1), Format.TELEGRAM),
        ("rows.ndjson", "", Format.LINES),
        ("rows.JSONL", "{}", Format.LINES),
        ("rows.csv", "text\nx", Format.DELIMITED),
        ("rows.tsv", "text\nx", Format.DELIMITED),
        ("rows.bin", "PAR1", Format.PARQUET),
    ],
)
def test_a_format_is_told_by_content_and_name(
    tmp_path: Path, name: str, content: str, format_: Format
) -> None:
    path = tmp_path / name
    path.write_text(content)

    assert source_of(path).format == format_


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("result.json.gz", b"\x1f\x8b\x08", "compressed with gzip; unpack it"),
        ("result.json", b"\x1f\x8b\x08", "compressed with gzip"),
        ("a.zip", b"PK\x03\x04", "ZIP archive"),
        ("a.json.zst", b"\x28\xb5\x2f\xfd", "zstd"),
        ("a.csv", "text\nx".encode("utf-16"), "UTF-16; convert it"),
        ("a.json", b"", "it is empty"),
        ("a.csv", b"", "it is empty"),
        ("a.parquet", b"", "it is empty"),
        ("a.parquet", b"junk", "does not begin as a Parquet file"),
        ("a.json", b'[{"id": 1}]', "jq -c"),
        ("messages.html", b"<!DOCTYPE html>", "machine-readable JSON"),
        ("notes.txt", b"hello", "neither a Telegram export"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(
    tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(FileRefused) as caught:
        source_of(path)

    assert why in str(caught.value.fields["why"])


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as caught:
        find_sources([str(tmp_path / "none.json")])

    assert caught.value.fields["why"] == "there is no such file"


def test_a_named_file_that_cannot_be_read_leaves_the_others_to_be_read(tmp_path: Path) -> None:
    (tmp_path / "rows.ndjson").write_text("")
    (tmp_path / "packed.json").write_bytes(b"\x1f\x8b\x08")
    (tmp_path / "empty").mkdir()
    names = ["none.json", "rows.ndjson", "packed.json", "empty"]

    sources, left_out = find_sources([str(tmp_path / name) for name in names])

    assert [source.path for source in sources] == [tmp_path / "rows.ndjson"]
    assert [(file.path.name, file.named) for file in left_out] == [
        ("none.json", True),
        ("packed.json", True),
        ("empty", True),
    ]


@pytest.mark.parametrize("name", ["rows.json", "rows.ndjson", "rows.jsonl"])
def test_an_array_is_refused_with_the_way_out_under_each_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('\ufeff[\n {"id": 1, "text": "hello"}\n]\n')

    with pytest.raises(FileRefused) as caught:
        source_of(tmp_path / name)

    assert "jq -c '.[]' FILE > NEW.ndjson" in str(caught.value.fields["why"])


def test_a_line_that_is_an_array_does_not_cost_the_lines_after_it(tmp_path: Path) -> None:
    (tmp_path / "rows.ndjson").write_text('["a heading"]\n{"id": 1, "text": "hello"}\n')

    assert source_of(tmp_path / "rows.ndjson").format is Format.LINES


def test_a_folder_gives_its_exports_and_names_what_is_left_out(tmp_path: Path) -> None:
    export = tmp_path / "ChatExport" / "result.json"
    (export.parent / "files").mkdir(parents=True)
    export.write_text(json.dumps(CHAT))
    (export.parent / "files" / "sent_by_somebody.json").write_text('{"id": 1}\n')
    (tmp_path / "rows.ndjson").write_text("")
    (tmp_path / "broken.json").write_bytes(b"\x1f\x8b\x08")
    (tmp_path / ".hidden.csv").write_text("text\n")
    (tmp_path / "readme.md").write_text("hello")

    sources, left_out = find_sources([str(tmp_path)])

    assert [source.path for source in sources] == [export, tmp_path / "rows.ndjson"]
    assert [file.path.name for file in left_out] == ["broken.json", "readme.md"]


def test_a_subfolder_that_does_not_open_leaves_the_others_to_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "rows.ndjson").write_text("")
    iterdir = Path.iterdir

    def opened(folder: Path) -> Iterator[Path]:
        if folder.name == "closed":  # root may open what its mode closes
            raise PermissionError(13, "Permission denied", str(folder))
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", opened)

    sources, left_out = find_sources([str(tmp_path)])

    assert [source.path for source in sources] == [tmp_path / "rows.ndjson"]
    assert [file.why for file in left_out] == ["it cannot be opened (Permission denied)"]


def test_what_only_looks_like_a_file_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.ndjson").write_text("")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "elsewhere").symlink_to(tmp_path, target_is_directory=True)

    _, left_out = find_sources([str(tmp_path)])

    assert [file.path.name for file in left_out] == ["elsewhere", "gone.json", "pipe.csv"]


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ndjson")

    with pytest.raises(FileRefused) as caught:
        find_sources([str(tmp_path / "pipe.ndjson")])

    assert "no regular file" in str(caught.value.fields["why"])


def test_a_file_named_twice_is_read_once_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_text("")

    sources, left_out = find_sources([str(path), str(tmp_path), str(path)])

    assert len(sources) == 1
    assert [file.path for file in left_out] == [path, path]


def test_a_folder_without_exports_is_refused(tmp_path: Path) -> None:
    (tmp_path / "readme.md").write_text("hello")

    with pytest.raises(FileRefused) as caught:
        find_sources([str(tmp_path)])

    assert "no export is in this folder" in str(caught.value.fields["why"])


def test_a_dash_is_ndjson_on_standard_input() -> None:
    (source,), _ = find_sources(["-"])

    assert (source.name, source.format, source.size_bytes) == ("-", Format.LINES, None)
