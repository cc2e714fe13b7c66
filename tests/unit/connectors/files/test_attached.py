"""Files that came with an export: looked up by their hashes, and never sought elsewhere."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from evenhand.connectors.files.attached import AttachedFiles
from evenhand.connectors.files.formats import source_of
from evenhand.connectors.files.ledger import Ledger
from evenhand.connectors.files.screen import source_batches
from evenhand.connectors.pictures import PictureReader, Shown


@pytest.fixture(scope="module")
def pictures() -> Iterator[PictureReader]:
    reader = PictureReader(seconds_max=60.0)
    yield reader
    reader.close()


def picture(path: Path) -> bytes:
    """Writes an invented picture; gives its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grains = np.random.default_rng(3).integers(0, 256, (9, 12, 3), np.uint8)
    Image.fromarray(grains).resize((320, 240), Image.Resampling.BICUBIC).save(path)
    return path.read_bytes()


def test_the_files_of_an_export_are_hashed_message_by_message(tmp_path: Path) -> None:
    photo = picture(tmp_path / "photos" / "photo_1.jpg")
    (tmp_path / "notes.txt").write_bytes(b"a text")
    facts = {"type": "message", "date_unixtime": "1705315800", "from_id": "user5", "text": ""}
    messages: list[dict[str, Any]] = [
        {"id": 1, **facts, "photo": "photos/photo_1.jpg"},
        {"id": 2, **facts, "text": "no file here"},
        {"id": 3, **facts, "file": "notes.txt"},
        {"id": 4, **facts, "file": "(File not included. Change data exporting settings.)"},
        {"id": 5, **facts, "photo": ["no name"]},
    ]
    export = tmp_path / "result.json"
    export.write_text(json.dumps({"type": "public_channel", "id": 7, "messages": messages}))
    said: list[str] = []

    ledger = Ledger(name="export", say=said.append)
    (batch,) = source_batches(source_of(export), ledger, attached=True)
    (plain,) = source_batches(source_of(export), Ledger(name="x", say=print))

    rows = batch.to_pylist()
    assert [row["event_id"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert rows[0]["media_sha256"] == [hashlib.sha256(photo).digest()]
    assert rows[0]["media_md5"] == [hashlib.md5(photo).digest()]
    assert [len(row["media_pdq"] or ()) for row in rows] == [1, 0, 0, 0, 0]
    assert rows[2]["media_sha1"] == [hashlib.sha1(b"a text").digest()]
    assert [row["media_sha256"] for row in rows[3:]] == [None, None]
    assert said == [f"{export}: files that messages name: 2 read, 1 not there."]
    assert plain["media_sha256"].null_count == 5


@pytest.mark.parametrize(
    "named", ["../outside.jpg", "/etc/hostname", "link.jpg", "folder", "pipe", "a\0b", "x" * 5_000]
)
def test_nothing_is_read_outside_the_folder_or_that_is_no_file(
    tmp_path: Path, pictures: PictureReader, named: str
) -> None:
    export = tmp_path / "export"
    (export / "folder").mkdir(parents=True)
    picture(tmp_path / "outside.jpg")
    (export / "link.jpg").symlink_to(tmp_path / "outside.jpg")
    os.mkfifo(export / "pipe")

    files = AttachedFiles(export, pictures)
    columns = files.columns([pa.array([named])])

    assert [column.null_count for column in columns.values()] == [1, 1, 1, 1, 1]
    assert files.said() == "1 not there"


def test_a_damaged_picture_keeps_its_other_hashes(tmp_path: Path, pictures: PictureReader) -> None:
    whole = picture(tmp_path / "whole.png")
    (tmp_path / "half.png").write_bytes(whole[:500])

    files = AttachedFiles(tmp_path, pictures)
    columns = files.columns([pa.array(["half.png"])])

    assert columns["media_sha256"].to_pylist() == [[hashlib.sha256(whole[:500]).digest()]]
    assert columns["media_pdq"].to_pylist() == [[]]
    assert files.said() == "1 read, 1 of them no readable picture"


def test_a_message_has_the_highest_score_of_its_pictures(tmp_path: Path) -> None:
    class Judging(PictureReader):
        def look(self, content: bytes, *, judge: bool) -> Shown:
            return Shown((), content[-1] / 100 if judge else None)

    for name, last in (("a.png", 30), ("b.png", 90), ("c.png", 10)):
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n" + bytes([last]))
    (tmp_path / "notes.txt").write_bytes(b"a text")
    photos, files = (
        pa.array(["a.png", "c.png", None, None]),
        pa.array(["b.png", None, "notes.txt", None]),
    )

    found = AttachedFiles(tmp_path, Judging(), judge=True).columns([photos, files])
    plain = AttachedFiles(tmp_path, Judging()).columns([photos, files])

    assert found["media_nudity"].to_pylist() == [0.9, 0.1, None, None]
    assert plain["media_nudity"].to_pylist() == [None] * 4
