"""Lists of hashes as files: one hash in hexadecimal a line, # for remarks.

A file may hold ten million hashes, so it is read in blocks, by a kernel that writes each hash where
it stays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evenhand.base.errors import InputRefused
from evenhand.base.kernel import U, inlined, kernel
from evenhand.base.machine import eight_bytes
from evenhand.events.text_column import Bytes
from evenhand.signals.exact_hashes import HASH_BYTES, Places, Rows
from evenhand.signals.limits import HASHES_MAX

PICTURES = ".pdq"
SUFFIXES = {".sha256": 32, ".sha1": 20, ".md5": 16, PICTURES: 32}
"""Files of a list by what is in them, and the bytes of one of its hashes."""

ALLOWED = ".allow"
"""How the name of a list ends that says what never matches."""


_BLOCK_BYTES = 1 << 20
"""Bytes that are read at once, and of the longest line: what a core's own cache holds."""

_EACH = U(0x0101010101010101)
"""Times a byte: that byte in each of eight places."""

_NO_DIGIT = U(16)
_DIGITS = np.full(256, _NO_DIGIT, np.uint8)
for _value, _sign in enumerate(b"0123456789abcdef"):
    _DIGITS[[_sign, bytes([_sign]).upper()[0]]] = _value


@dataclass(frozen=True, slots=True)
class HashFiles:
    """The hashes of several files in one array, and how many of them each name has, in order."""

    rows: Rows
    names: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """On which list each hash of some files stands.

    lists  the place of each list among names; -1 for those that say what never matches
    ends   where the hashes of each list end
    """

    _lists: Places
    _ends: NDArray[np.int64]

    @classmethod
    def of(cls, files: HashFiles, names: tuple[str, ...]) -> "Listing":
        """Gives the listing of files; `names` are those of lists that match."""
        lists = [names.index(name) if name in names else -1 for name in files.names]
        return cls(np.array(lists, np.int32), np.cumsum(files.counts, dtype=np.int64))

    def lists_of(self, places: Places) -> Places:
        """Gives for each place of a hash the place of its list, or -1."""
        found = np.full(len(places), -1, np.int32)
        hit = places >= 0
        if hit.any():
            found[hit] = self._lists[np.searchsorted(self._ends, places[hit], "right")]
        return found


def list_files(folder: Path) -> Iterable[Path]:
    """Gives the files of a folder that are lists of hashes."""
    return sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES)


def filled(value: bytes) -> bytes:
    """Gives a hash of any known kind in 32 bytes; shorter ones end with their length."""
    assert len(value) in SUFFIXES.values(), "a hash has the length of its kind"
    if len(value) == HASH_BYTES:
        return value
    return value.ljust(HASH_BYTES - 1, b"\0") + bytes([len(value)])


def matching(names: Iterable[str]) -> tuple[str, ...]:
    """Gives the names of the lists that match, in order."""
    return tuple(sorted({name for name in names if not name.endswith(ALLOWED)}))


def in_order(names: Iterable[str]) -> list[str]:
    """Gives the names of lists in the order in which they count: first what never matches."""
    return sorted(names, key=lambda name: (not name.endswith(ALLOWED), name))


def read_hash_files(paths: Sequence[Path]) -> HashFiles:
    """Gives what stands in files, list by list; a line that is no hash is refused."""
    # No file has more hashes than its bytes have room for; what is not used takes no memory.
    room = sum(path.stat().st_size // (2 * SUFFIXES[path.suffix] + 1) + 1 for path in paths)
    if room > HASHES_MAX + len(paths):
        raise InputRefused(file=paths[0].name, why=f"with the others over {HASHES_MAX} hashes")
    rows = np.empty((room, HASH_BYTES), np.uint8)
    counts = dict.fromkeys(in_order({path.stem for path in paths}), 0)
    begin = 0
    for name in counts:
        for path in paths:
            if path.stem == name:
                read = _read(path, rows[begin:])
                counts[name] += read
                begin += read
    return HashFiles(rows[:begin], tuple(counts), tuple(counts.values()))


def _read(path: Path, rows: Rows) -> int:
    """Writes a file's hashes into rows; gives how many."""
    size = SUFFIXES[path.suffix]
    memory = bytearray(2 * _BLOCK_BYTES)
    content = np.frombuffer(memoryview(memory).toreadonly(), np.uint8)
    read = line = held = 0
    fits = True
    with path.open("rb", buffering=0) as stream:
        while fits and (more := stream.readinto(memoryview(memory)[held : held + _BLOCK_BYTES])):
            end = held + more
            begun = memory.rfind(b"\n", 0, end) + 1
            held = end - begun
            if held > _BLOCK_BYTES:
                raise InputRefused(file=path.name, line=line + 1, why="a line without an end")
            count, line, fits = _read_lines(content[:begun], size, line, rows[read:])
            read += int(count)
            memory[:held] = memory[begun:end]
    if fits:
        count, line, fits = _read_lines(content[:held], size, line, rows[read:])
        read += int(count)
    if not fits:
        kind = path.suffix.removeprefix(".").upper()
        why = f"no {kind} in hexadecimal ({2 * size} signs)"
        raise InputRefused(file=path.name, line=line, why=why)
    return read


def warm_up() -> None:
    """Has the machine code of the reader ready before the first list comes."""
    _read_lines(np.frombuffer(b"", np.uint8), HASH_BYTES, 0, np.empty((0, HASH_BYTES), np.uint8))


@inlined
def _four_of(signs: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Gives four bytes for eight signs in hexadecimal, and a bit for each that is none.

    All eight are told at once: a sum carries into the uppermost bit of a byte what reaches there.
    """
    small = signs | _EACH * U(0x20)
    digits = (signs + _EACH * U(0x80 - ord("0"))) & ~(signs + _EACH * U(0x7F - ord("9")))
    letters = (small + _EACH * U(0x80 - ord("a"))) & ~(small + _EACH * U(0x7F - ord("f")))
    letters &= _EACH * U(0x80)
    wrong = (~(digits | letters) | signs) & _EACH * U(0x80)
    values = (signs & _EACH * U(0x0F)) + (letters >> U(7)) * U(9)
    values = (values << U(4) | values >> U(8)) & U(0x00FF00FF00FF00FF)
    values = (values | values >> U(8)) & U(0x0000FFFF0000FFFF)
    return values | values >> U(16), wrong


@inlined
def _plain_hash(
    content: Bytes, place: np.uint64, size: int, fours: NDArray[np.uint32], row: np.uint64
) -> bool:
    """Writes the hash that begins here if a line has nothing but that; tells whether it did.

    Stays inside: it looks first whether hash and end of the line lie before the end.
    """
    if place + U(2 * size) >= U(content.shape[0]) or row == U(fours.shape[0]):
        return False
    wrong = U(content[place + U(2 * size)]) ^ U(ord("\n"))
    for four in range(size >> 2):
        value, none = _four_of(eight_bytes(content, place + U(8 * four)))
        fours[row, U(four)] = np.uint32(value & U(0xFFFFFFFF))
        wrong |= none
    return bool(wrong == U(0))


@inlined
def _read_line(
    content: Bytes, place: np.uint64, size: int, rows: Rows, row: np.uint64
) -> tuple[np.uint64, int]:
    """Gives where a line ends, and how many signs of a hash it has; -1 if it has others.

    Stays inside: what is read lies before the end, and what is written within the hash of a row.
    """
    signs = 0
    remark = closed = False
    while place < U(content.shape[0]) and content[place] != ord("\n"):
        sign = content[place]
        place += U(1)
        remark = remark or sign == ord("#")
        if remark or sign == ord(" ") or sign == ord("\t") or sign == ord("\r"):
            closed = signs > 0
            continue
        value = U(_DIGITS[sign])
        if (
            value == _NO_DIGIT
            or closed
            or signs < 0
            or signs == 2 * size
            or row == U(rows.shape[0])
        ):
            signs = -1
            continue
        if signs & 1:
            rows[row, U(signs >> 1)] |= np.uint8(value)
        else:
            rows[row, U(signs >> 1)] = value << U(4)
        signs += 1
    return place + U(1), signs


@kernel
def _read_lines(content: Bytes, size: int, line: int, rows: Rows) -> tuple[np.int64, int, bool]:
    """Gives how many hashes it read, the number of the last line, and whether that one fits.

    Stays inside: a row is written up to the number of rows, a line up to the end.
    """
    fours = rows.view(np.uint32)
    place = U(0)
    row = U(0)
    while place < U(content.shape[0]):
        line += 1
        signs = 2 * size
        if _plain_hash(content, place, size, fours, row):
            place += U(signs + 1)
        else:
            place, signs = _read_line(content, place, size, rows, row)
        if signs != 0 and signs != 2 * size:
            return np.int64(row), line, False
        if signs:
            rows[row, U(size) :] = 0
            if size < HASH_BYTES:
                rows[row, U(HASH_BYTES - 1)] = size
            row += U(1)
    return np.int64(row), line, True
