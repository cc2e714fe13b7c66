"""Finds the files to read and tells what kind each is, by its content rather than its name."""

import json
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol, assert_never

import pyarrow as pa

from evenhand.connectors.files.attached import AttachedFiles
from evenhand.connectors.files.delimited import DelimitedReader
from evenhand.connectors.files.ledger import Ledger
from evenhand.connectors.files.limits import BLOCK_BYTES, HEAD_BYTES
from evenhand.connectors.files.lines import LinesReader
from evenhand.connectors.files.parquet import ParquetReader
from evenhand.connectors.files.problems import FileRefused
from evenhand.connectors.files.telegram import TelegramReader
from evenhand.connectors.files.window import BYTE_ORDER_MARK

STDIN = "-"
SUFFIXES = (".json", ".ndjson", ".jsonl", ".csv", ".tsv", ".parquet")
"""What is looked for in a folder."""

EXPORT_NAME = "result.json"
"""What Telegram Desktop calls an export; what lies beside it was attached to messages."""

_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "it is compressed with gzip; unpack it (gunzip -k FILE)"),
    (b"BZh", "it is compressed with bzip2; unpack it (bunzip2 -k FILE)"),
    (b"\xfd7zXZ", "it is compressed with xz; unpack it (xz -dk FILE)"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd; unpack it (zstd -d FILE)"),
    (b"PK\x03\x04", "it is a ZIP archive; unpack it (unzip FILE)"),
    (b"ARROW1", "it is an Arrow file; write it as Parquet"),
    (b"\xff\xfe", "it is UTF-16; convert it (iconv -f UTF-16 -t UTF-8 FILE)"),
    (b"\xfe\xff", "it is UTF-16; convert it (iconv -f UTF-16 -t UTF-8 FILE)"),
)

_ARRAY = re.compile(rb"\[\s*\{")
_ARRAY_REFUSED = "it is one JSON array; write one object per line (jq -c '.[]' FILE > NEW.ndjson)"


class Format(StrEnum):
    """The kinds of file that can be read."""

    TELEGRAM = "Telegram export"
    LINES = "NDJSON"
    DELIMITED = "CSV"
    PARQUET = "Parquet"


class Reader(Protocol):
    """Gives the events of one file."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Gives batches of `events.SOURCE_SCHEMA`, in the order of the file."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read; standard input has no path and no size.

    searched    True if it was found in a folder, so that it may be something else altogether
    """

    path: Path | None
    format: Format
    size_bytes: int | None
    searched: bool = False

    @property
    def name(self) -> str:
        """Gives what the file is called in messages and verdicts."""
        return STDIN if self.path is None else str(self.path)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not read, and why.

    named   True if somebody asked for it by name, rather than for the folder in which it lies
    """

    path: Path
    why: str
    named: bool = False


def find_sources(paths: list[str]) -> tuple[list[Source], list[LeftOut]]:
    """Gives the files that `paths` name, and what is not read; `FileRefused` if it is all of them.

    Of a folder, every file that can be read is taken.
    """
    sources: list[Source] = []
    left_out: list[LeftOut] = []
    known: set[tuple[int, int]] = set()
    refused: FileRefused | None = None
    for given in paths:
        try:
            for found in _found(given, known):
                if isinstance(found, LeftOut):
                    left_out.append(found)
                else:
                    sources.append(found)
        except FileRefused as error:
            refused = refused or error
            left_out.append(LeftOut(Path(given), str(error.fields["why"]), named=True))
    if refused is not None and not sources:
        raise refused
    return sources, left_out


def _found(given: str, known: set[tuple[int, int]]) -> Iterator[Source | LeftOut]:
    """Gives what one path names; raises `FileRefused` if nothing of it can be read."""
    if given == STDIN:
        yield Source(None, Format.LINES, None)
        return
    path = Path(given)
    searched = path.is_dir()
    found = sorted(_search(path), key=_path_of) if searched else [path]
    for file in found:
        if isinstance(file, LeftOut):
            yield file
            continue
        try:
            source = replace(source_of(file), searched=searched)
        except FileRefused as refused:
            if not searched:
                raise
            yield LeftOut(file, str(refused.fields["why"]))
            continue
        if _is_new(file, known):
            yield source
        else:
            yield LeftOut(file, "it was named before, and is read once")
    if not any(isinstance(file, Path) for file in found):
        raise FileRefused(
            file=given,
            why=f"no export is in this folder: neither {EXPORT_NAME} "
            f"nor a file that ends in {', '.join(SUFFIXES)}",
        )


def source_of(path: Path) -> Source:
    """Gives a file with its format, or refuses one that is of no known kind."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            # Reading would wait for somebody to write, and what was read would be gone.
            why = "it is no regular file; write its content to one, or give it on standard input"
            raise FileRefused(file=str(path), why=why)
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise FileRefused(file=str(path), why="there is no such file") from error
    except OSError as error:
        raise FileRefused(file=str(path), why=f"it cannot be opened ({error.strerror})") from error
    return Source(path, _format_of(path, head), size)


def open_reader(
    source: Source,
    stream: BinaryIO,
    ledger: Ledger,
    *,
    block_bytes: int = BLOCK_BYTES,
    attached: AttachedFiles | None = None,
) -> Reader:
    """Gives the reader for a file's format; `attached` are the files that an export names."""
    match source.format:
        case Format.TELEGRAM:
            return TelegramReader(stream, ledger, block_bytes=block_bytes, attached=attached)
        case Format.LINES:
            return LinesReader(stream, ledger, block_bytes=block_bytes)
        case Format.DELIMITED:
            return DelimitedReader(stream, ledger, block_bytes=block_bytes)
        case Format.PARQUET:
            return ParquetReader(stream, ledger, block_bytes=block_bytes)
        case _:
            assert_never(source.format)


def _path_of(found: Path | LeftOut) -> Path:
    return found.path if isinstance(found, LeftOut) else found


def _is_new(file: Path, known: set[tuple[int, int]]) -> bool:
    """Tells whether a file was not met before, under whichever name; notes that it was."""
    about = file.stat()
    identity = about.st_dev, about.st_ino
    if identity in known:
        return False
    known.add(identity)
    return True


def _search(folder: Path) -> list[Path | LeftOut]:
    """Gives the files of a folder that somebody named, which therefore has to open."""
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise FileRefused(
            file=str(folder), why=f"it cannot be opened ({error.strerror})"
        ) from error
    return list(_files_among(folder, entries))


def _files_among(folder: Path, entries: list[Path]) -> Iterator[Path | LeftOut]:
    """Gives what is to be read in a folder, and what looks as if it were but cannot be."""
    entries = [entry for entry in entries if not entry.name.startswith(".")]
    export = folder / EXPORT_NAME
    if export in entries:
        yield export
        return
    for entry in entries:
        try:
            is_folder, is_link = entry.is_dir(), entry.is_symlink()
            below = list(entry.iterdir()) if is_folder and not is_link else []
        except OSError as error:
            yield LeftOut(entry, f"it cannot be opened ({error.strerror})")
            continue
        if is_folder and is_link:
            yield LeftOut(entry, "it is a link to a folder; name that folder to have it read")
        elif is_folder:
            yield from _files_among(entry, below)
        elif entry.suffix.lower() in SUFFIXES:
            yield entry
        else:
            yield LeftOut(entry, "it is a file of another kind")


def _format_of(path: Path, head: bytes) -> Format:
    for sign, why in _SIGNS:
        if head.startswith(sign):
            raise FileRefused(file=str(path), why=why)
    suffix = path.suffix.lower()
    if head.startswith(b"PAR1"):
        return Format.PARQUET
    if suffix == ".parquet":
        why = "it is empty" if not head else "it does not begin as a Parquet file does"
        raise FileRefused(file=str(path), why=why)
    if suffix in (".csv", ".tsv"):
        if not head:
            raise FileRefused(file=str(path), why="it is empty; a CSV file needs a header")
        return Format.DELIMITED
    head = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    if suffix in (".ndjson", ".jsonl"):
        if _ARRAY.match(head):
            raise FileRefused(file=str(path), why=_ARRAY_REFUSED)
        return Format.LINES
    return _json_format(path, head)


def _json_format(path: Path, head: bytes) -> Format:
    """Tells a Telegram export from NDJSON: the first line of NDJSON is an object by itself."""
    if not head:
        raise FileRefused(file=str(path), why="it is empty")
    if head.startswith(b"["):
        raise FileRefused(file=str(path), why=_ARRAY_REFUSED)
    if head[:1] == b"<":
        raise FileRefused(file=str(path), why="it is HTML; export again as machine-readable JSON")
    if not head.startswith(b"{"):
        raise FileRefused(
            file=str(path), why="it is neither a Telegram export, NDJSON, CSV nor Parquet"
        )
    try:
        first = json.loads(head.split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return Format.TELEGRAM
    if "messages" in first or "chats" in first or "left_chats" in first:
        return Format.TELEGRAM
    return Format.LINES
