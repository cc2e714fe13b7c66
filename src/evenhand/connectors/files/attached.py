"""The pictures and files that came with an export: their hashes, for lists of known ones."""

import hashlib
import stat
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pyarrow as pa

from evenhand.connectors.files.limits import ATTACHED_BYTES_MAX
from evenhand.connectors.pictures import (
    HEAD_BYTES,
    PICTURE_BYTES_MAX,
    PictureReader,
    PictureUnreadable,
    Shown,
    is_picture,
)
from evenhand.events.batch import MEDIA_PER_EVENT_MAX
from evenhand.events.schema import EVENT_SCHEMA

HASHES = {"media_sha256": "sha256", "media_sha1": "sha1", "media_md5": "md5"}
"""Columns of an event, and the hash of a file's bytes that each holds."""

SHOWN = "media_pdq"
"""The column that holds hashes of what pictures show."""

JUDGED = "media_nudity"
"""The column that holds the highest score of the nudity model."""

_CHUNK_BYTES = 1 << 20

Hashes = dict[str, list[bytes]]


@dataclass(slots=True)
class AttachedFiles:
    """Reads files below the folder of an export, and counts what became of them.

    judge  the nudity model gives pictures their scores
    """

    folder: Path
    pictures: PictureReader = field(default_factory=PictureReader)
    counts: Counter[str] = field(default_factory=Counter)
    judge: bool = False

    def columns(self, named: Sequence[pa.StringArray]) -> Mapping[str, pa.Array]:
        """Gives the hashes of the files that each row names, and their scores, by column."""
        rows: dict[int, Hashes] = {}
        scores: dict[int, float] = {}
        for column in named:
            for row, path in enumerate(column.to_pylist()):
                if path and (read := self._hashes(path)) is not None:
                    found, score = read
                    if score is not None:
                        scores[row] = max(score, scores.get(row, 0.0))
                    held = rows.setdefault(row, {name: [] for name in (*HASHES, SHOWN)})
                    for name, values in found.items():
                        held[name] += values
        count = len(named[0])
        judged = pa.array([scores.get(row) for row in range(count)], pa.float64())
        return {JUDGED: judged} | {
            name: pa.array(
                [
                    rows[row][name][:MEDIA_PER_EVENT_MAX] if row in rows else None
                    for row in range(count)
                ],
                EVENT_SCHEMA.field(name).type,
            )
            for name in (*HASHES, SHOWN)
        }

    def said(self) -> str:
        """Tells what became of the files that messages name."""
        return ", ".join(f"{count:,} {what}" for what, count in self.counts.items()) or "none named"

    def _hashes(self, path: str) -> tuple[Hashes, float | None] | None:
        file = self._file(path)
        if file is None:
            self.counts["not there"] += 1
            return None
        try:
            if file.stat().st_size > ATTACHED_BYTES_MAX:
                self.counts["too large to be read"] += 1
                return None
            made, picture = _read(file)
        except OSError:
            self.counts["that could not be read"] += 1
            return None
        self.counts["read"] += 1
        shown = self._shown(picture) if picture else Shown(())
        return {**made, SHOWN: [one.value for one in shown.hashes]}, shown.nudity

    def _shown(self, picture: bytes) -> Shown:
        try:
            return self.pictures.look(picture, judge=self.judge)
        except PictureUnreadable:
            self.counts["of them no readable picture"] += 1
            return Shown(())

    def _file(self, path: str) -> Path | None:
        """Gives a file that lies below the folder, wherever links lead; None for all else."""
        named = PurePosixPath(path)
        if named.is_absolute() or ".." in named.parts or "\0" in path:
            return None
        try:
            file = (self.folder / named).resolve()
            inside = file.is_relative_to(self.folder.resolve())
            return file if inside and stat.S_ISREG(file.stat().st_mode) else None
        except (OSError, RuntimeError):
            return None


def _read(file: Path) -> tuple[Hashes, bytes]:
    """Gives the hashes of a file's bytes, and the bytes themselves if it may be a picture."""
    made = {name: hashlib.new(kind, usedforsecurity=False) for name, kind in HASHES.items()}
    picture, shows = bytearray(), None
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            if shows is None:
                shows = is_picture(chunk[:HEAD_BYTES])
            for one in made.values():
                one.update(chunk)
            if shows and len(picture) <= PICTURE_BYTES_MAX:
                picture += chunk
    return {name: [one.digest()] for name, one in made.items()}, bytes(picture)
