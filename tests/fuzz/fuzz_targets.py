"""What is fuzzed: each target takes bytes, and compares what we make of them with a slow reference.

A target gives how many inputs the bytes held (rows, lines, files or conditions), and raises
`Wrong` where the two differ; any other exception is a crash. Bytes can come from anywhere: from
the generators here, from the corpus, or from atheris.
"""

import csv
import io
import json
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from evenhand.connectors.files.formats import Format, Source, open_reader
from evenhand.connectors.files.ledger import Ledger
from evenhand.connectors.files.problems import FileRefused, NoMessages
from evenhand.events.normalise import normalise, normalise_text
from evenhand.events.text_column import SEPARATOR, TextColumn, arrow_text, join_rows
from evenhand.events.undisguise import undisguise
from evenhand.events.unicode_tables import unicode_tables
from evenhand.rules.evaluate import is_true
from evenhand.rules.grammar import ConditionRefused, parse
from evenhand.rules.programme import true_rows
from evenhand.signals.columns import ColumnType, all_columns
from evenhand.signals.pattern_lists import parse_pattern_list
from evenhand.signals.patterns import PatternScanner
from evenhand.signals.refang import refang
from evenhand.signals.table import SignalTable, Values

OBJECT_BYTES_MAX = 4_096
"""Bytes of one generated object of NDJSON, at most."""

ROWS = 512
"""Texts of one generated input of the targets that take many."""

SPECIAL = (
    "\n", "\r", " ", "\t", "\x00", "\x1e", "\u200b", "\u200d", "\u00ad", "\ufeff", "\u0301",
    "\u0338", "\u0345", "\u1100", "\u1161", "\u11a8", "\uac00", "\ufdfa", "\ufb03", "\u0130",
    "\u1e9e", "\u03c2", "\U0001f600", "\U0001f1e9", "\U0001f170", "\u20ac", "\uff21", "\u2126",
    "\u0958", "\u0f77", "$", "1", "@", ".", "[.]", "hxxp", "://", "\ufffd", "\U0010ffff",
    "\u0430", "\u043e", "\u0440", "\u0435",
)  # fmt: skip
RANGES = (
    (0x20, 0x7F), (0xA0, 0x250), (0x300, 0x3FF), (0x400, 0x530), (0x590, 0x700), (0x900, 0xE80),
    (0x1100, 0x1200), (0x1E00, 0x2100), (0x2100, 0x2800), (0x3000, 0x3200), (0x4E00, 0x5000),
    (0xAC00, 0xAD00), (0xF900, 0xFB50), (0xFB50, 0x10000), (0x1D400, 0x1D800), (0x1F100, 0x1FA00),
)  # fmt: skip
PIECES = (
    "buy", "gun", "buy gun", "b u y", "s.e.l.l", "v1agra", "ca$h", "cash now",
    "\u043a\u0443\u043f\u0438\u0442\u044c", "k\u0443\u043f\u0438\u0442\u044c", "\u5927\u9ebb",
    "evil.example", "hxxp://evil[.]example", "12345678", "usd", "100usd", "stra\u00dfe",
)  # fmt: skip


class Wrong(AssertionError):
    """What we made of an input is not what the reference makes of it."""


@dataclass(frozen=True)
class Target:
    """One thing to fuzz, and a generator of inputs for it."""

    check: Callable[[bytes], int]
    make: Callable[[random.Random], bytes]


def _same(ours: object, reference: object, about: object) -> None:
    if ours != reference:
        raise Wrong(f"{about!r}: ours {ours!r}, reference {reference!r}")


# Texts


def random_texts(chance: random.Random, rows: int = ROWS) -> bytes:
    """Gives lines of letters of every script, signs, marks, and pieces that mean something."""
    draw = np.random.default_rng(chance.getrandbits(64))
    letters = draw.integers(0, len(RANGES), rows * 24)
    first, last = np.array(RANGES)[letters].T
    codes = (first + (draw.random(len(first)) * (last - first)).astype(np.int64)).astype("<u4")
    codes[(codes >= 0xD800) & (codes < 0xE000)] = ord("x")
    run = codes.tobytes().decode("utf-32-le")
    lines, at = [], 0
    for _ in range(rows):
        size = min(int(chance.expovariate(1 / 14)), 80)
        parts = [run[at : at + size]]
        at = (at + size) % (len(run) - 100)
        parts += chance.choices(chance.choice((SPECIAL, PIECES)), k=chance.randrange(4))
        chance.shuffle(parts)
        lines.append("".join(parts).replace("\n", " "))
    return "\n".join(lines).encode()


def _texts(data: bytes) -> list[str]:
    return data.decode(errors="replace").split("\n")


def check_normalising(data: bytes) -> int:
    """Compares the kernel with Unicode as Python knows it, and the two ways to undo disguises."""
    texts = _texts(data)
    column = normalise(*arrow_text(pa.array(texts, pa.string())), tables=unicode_tables())
    for text, ours in zip(texts, column.texts(), strict=True):
        _same(ours, normalise_text(text), text)
    quick, slow = undisguise(column), undisguise(column, look_at_all=True)
    _same(quick.rows.tolist(), slow.rows.tolist(), "rows that change")
    _same(quick.column.texts(), slow.column.texts(), "what they become")
    return len(texts)


def check_offsets(data: bytes) -> int:
    """Compares what is found in rows that stand together with what is found in each alone."""
    texts = _texts(data)
    before = len(data) % 5
    sliced = pa.array([*texts[:before], *texts, *texts[:3]]).slice(before, len(texts))
    source, starts = arrow_text(sliced)
    raw = join_rows(source, starts)
    for text, ours in zip(texts, raw.texts(), strict=True):
        _same(ours, text.replace(chr(SEPARATOR), " "), text)
    column = normalise(source, starts, tables=unicode_tables())
    changed = undisguise(column)
    found = _scanner().find(column, changed, raw)
    together = set(zip(found.rows.tolist(), found.patterns.tolist(), strict=True))
    plain, rows = refang(column)
    refanged = dict(zip(rows.tolist(), plain.texts(), strict=True))
    for row in range(len(texts)):
        one = TextColumn.of([column.text(row)])
        alone = _scanner().find(one, undisguise(one), TextColumn.of([raw.text(row)]))
        ours = {pattern for place, pattern in together if place == row} if together else set()
        _same(ours, set(alone.patterns.tolist()), texts[row])
        _same([refanged[row]] if row in refanged else [], refang(one)[0].texts(), texts[row])
    return len(texts)


@cache
def _scanner() -> PatternScanner:
    words = "\n".join(f"  - text: {json.dumps(one)}" for one in PIECES if "[" not in one)
    expressions = ("buy\\s+gun", "[a-z]{3}\\.", "cash.?", "(?:v.agra|\u5927.)", "\\d{4}", "a.?b")
    more = "\n".join(
        f"  - regex: {json.dumps(one)}\n    bounded: {str(place % 2 == 0).lower()}"
        for place, one in enumerate(expressions)
    )
    lists = [
        parse_pattern_list(f"name: a\nviews: [normalised]\npatterns:\n{words}\n{more}\n", name="a"),
        parse_pattern_list(f"name: b\nviews: [raw]\npatterns:\n{words}\n{more}\n", name="b"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        return PatternScanner(lists, folder=Path(folder))


# Files


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Gives some bytes with a few of them changed, taken out, doubled or cut off."""
    changed = bytearray(content)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(6):
            case 0:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del changed[at : at + chance.randrange(1, 9)]
            case 2:
                changed[at:at] = changed[at : at + chance.randrange(1, 30)]
            case 3:
                changed[at:at] = chance.choice(_TOKENS)
            case 4:
                changed[at : at + 2] = chance.choice(_TOKENS)
            case _:
                del changed[len(changed) - chance.randrange(0, 9) :]
    return bytes(changed)


_TOKENS = (
    b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\\u", b"\\ud800", b"\\udc00", b"null",
    b"true", b"1e400", b"-", b"NaN", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\x00", b"\x1f",
    b"\r\n", b"\n", b"/*", b'"text":', b'"id":', b"[[[[[[[[", b"0x1", b"01", b"\xef\xbb\xbf",
    b"'", b";", b'""', b"\t",
)  # fmt: skip


class _Stream(io.BytesIO):
    """Gives bytes in portions, so that what is read spans windows."""

    def __init__(self, content: bytes, step: int) -> None:
        super().__init__(content)
        self._step = step

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]
        return super().readinto(room[: self._step])


def _read(content: bytes, format_: Format) -> tuple[list[dict[str, object]], Ledger]:
    # Windows of uneven sizes, so that items lie across their borders.
    ledger = Ledger(name="fuzz", say=lambda _line: None)
    source, stream = Source(None, format_, len(content)), _Stream(content, 997 + len(content) % 512)
    reader = open_reader(source, stream, ledger, block_bytes=2048 + len(content) % 2048)
    rows: list[dict[str, object]] = []
    try:
        for batch in reader.batches():
            rows += batch.to_pylist()
    except (FileRefused, NoMessages):
        pass
    return rows, ledger


def random_lines(chance: random.Random) -> bytes:
    """Gives NDJSON, a third of its lines damaged."""
    texts = random_texts(chance, 64).decode().split("\n")
    lines = []
    for number, text in enumerate(texts):
        row = {"id": f"${number}", "text": text, "sender": f"@{number}:x", "lang": "en"}
        row |= {"urls": [text[:9]]} if chance.random() < 0.2 else {}
        row |= {"time": chance.choice(("2026-01-01T00:00:00Z", 1_700_000_000, "soon", None, -1.5))}
        line = json.dumps(row, ensure_ascii=chance.random() < 0.4).encode(errors="replace")
        lines.append(mutated(line, chance) if chance.random() < 0.35 else line)
    return chance.choice((b"\n", b"\r\n", b"\n\n")).join(lines)


def check_lines(data: bytes) -> int:
    """Compares every row of NDJSON that is read with what Python reads at its place."""
    rows, ledger = _read(data, Format.LINES)
    _same(len(rows) + ledger.refusals, ledger.items, "rows and refusals")
    for row in rows:
        start = int(str(row["offset"]))
        # Bytes that are no UTF-8 may stand in what is not read: under a name that nobody knows.
        # And an object may go on over several lines.
        line = data[start : start + OBJECT_BYTES_MAX].decode(errors="replace")
        known, _ = json.JSONDecoder().raw_decode(line)
        _same(row["text"] or "", _said(known, "text", "body") or "", line)
        named = _said(known, "event_id", "id", "message_id")
        _same(row["event_id"], f"row-{row['row']}" if named is None else str(named), line)
    return max(1, ledger.items)


def _said(known: dict[str, object], *names: str) -> object:
    value = next((known[name] for name in names if known.get(name) not in (None, "")), None)
    # Half a surrogate pair cannot be written as UTF-8.
    return re.sub("[\ud800-\udfff]", "\ufffd", value) if isinstance(value, str) else value


def random_export(chance: random.Random) -> bytes:
    """Gives a Telegram export, half of the time damaged."""
    messages = [
        {"id": number, "type": "message", "date": "2026-01-01T00:00:00", "from_id": "user1",
         "text": text, "text_entities": [{"type": "plain", "text": text}]}
        for number, text in enumerate(_texts(random_texts(chance, 12)))
    ]  # fmt: skip
    chat = {"name": "x", "type": "public_channel", "id": 1, "messages": messages}
    indent, ascii_ = chance.choice((None, 1)), chance.random() < 0.3
    whole = json.dumps(chat, indent=indent, ensure_ascii=ascii_).encode(errors="replace")
    return mutated(whole, chance) if chance.random() < 0.5 else whole


def check_export(data: bytes) -> int:
    """Compares an export with what Python reads, where Python can read it as a chat."""
    rows, ledger = _read(data, Format.TELEGRAM)
    try:
        # A number stays as it is written: 1e400 is no number of Python's.
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
        chat = json.loads(text, parse_float=str, parse_int=str)
        messages = chat["messages"]
        known = {(str(one["id"]), one["text"]) for one in messages if one["type"] == "message"}
    except (ValueError, KeyError, TypeError, RecursionError):
        return 1
    _same(ledger.items, len(messages), "items")
    read = {(str(row["event_id"]), row["text"] or "") for row in rows}
    wrong = {
        one
        for one in read
        if one not in {(name, _said({"t": text}, "t") or "") for name, text in known}
    }
    _same(wrong, set(), "rows that are in no message")
    return 1


def random_table(chance: random.Random) -> bytes:
    """Gives CSV with texts of every kind, a third of the time damaged."""
    told = io.StringIO(newline="")
    writer = csv.writer(
        told, delimiter=chance.choice(",;\t"), lineterminator=chance.choice(("\n", "\r\n"))
    )
    writer.writerow(("id", "text", "sender"))
    for number, text in enumerate(_texts(random_texts(chance, 12))):
        writer.writerow((f"${number}", text.replace("\0", "") or "x", "@a:x"))
    whole = told.getvalue().encode(errors="replace")
    return mutated(whole, chance) if chance.random() < 0.35 else whole


def check_table(data: bytes) -> int:
    """Compares a table with what Python reads, where quotes stand as Python writes them."""
    rows, ledger = _read(data, Format.DELIMITED)
    _same(len(rows) + ledger.refusals <= max(ledger.items, 1), True, "rows and refusals")
    expected = _written(data)
    if expected is not None:
        _same([(row["event_id"], row["text"]) for row in rows], expected, "rows")
    return 1


def _written(data: bytes) -> list[tuple[str, str]] | None:
    """Gives the rows of a table if Python would write exactly these bytes, else None."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    for delimiter in ",;\t":
        for end in ("\n", "\r\n"):
            try:
                rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
            except csv.Error:
                continue
            told = io.StringIO(newline="")
            csv.writer(told, delimiter=delimiter, lineterminator=end).writerows(rows)
            whole = told.getvalue() == text and all(len(row) == 3 for row in rows)
            if whole and rows[:1] == [["id", "text", "sender"]] and all(all(row) for row in rows):
                return [(row[0], row[1]) for row in rows[1:]]
    return None


# Rules

COLUMNS = all_columns(["goods", "scams"])
_NAMES = (
    "text_length", "link_count", "spam_score", "digits_share", "has_link", "mixed_script",
    "language", "media_list", "matches_goods", "matches_scams", "account_posts_1m", "domain_listed",
)  # fmt: skip
_WORDS = ("de", "en", "kk", "message", "")
_PARTS = (
    "AND", "OR", "NOT", "(", ")", "=", "<>", "!=", "<", "<=", ">", ">=", "+", "-", "*", "IN",
    "BETWEEN", "IS NULL", "IS NOT NULL", "TRUE", "FALSE", "NULL", "coalesce(", ",", "'de'", "'",
    "0", "1", "0.5", "-3", "1e9", "99999999999999999999", "/", "%", "||", "::int", "CASE WHEN",
    "--", "/*", ";", "lower(", "\u00b2", "x.y", '"kind"', "LIKE", "~", "@", "$1", "[1]", "EXISTS",
    "SELECT", "\x00", "e'\\x'", "1.", ".5", "1e999",
)  # fmt: skip


def random_condition(chance: random.Random) -> bytes:
    """Gives a condition from the grammar, half of the time with parts of anything in between."""
    words = _condition(chance, 0).split(" ")
    if chance.random() < 0.5:
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(words) + 1)
            words[at : at + chance.randrange(2)] = [chance.choice((*_PARTS, *_NAMES))]
    return " ".join(words).encode()


def _condition(chance: random.Random, depth: int) -> str:
    kind = chance.randrange(9 if depth < 4 else 6)
    value, other = _value(chance, depth), _value(chance, depth)
    match kind:
        case 0:
            return f"{chance.choice(('has_link', 'mixed_script'))}"
        case 1 | 2:
            return f"{value} {chance.choice(('=', '<>', '<', '<=', '>', '>='))} {other}"
        case 3:
            return f"{value} BETWEEN {chance.randrange(-2, 4)} AND {other}"
        case 4:
            negated = chance.choice(("", " NOT"))
            return f"{chance.choice(('language', 'media_list'))}{negated} IN ('de', 'en')"
        case 5:
            return f"{chance.choice(_NAMES)} IS {chance.choice(('', 'NOT '))}NULL"
        case 6:
            return f"NOT ( {_condition(chance, depth + 1)} )"
        case _:
            joint = chance.choice(("AND", "OR"))
            parts = [_condition(chance, depth + 1) for _ in range(chance.randrange(2, 4))]
            return "( " + f" {joint} ".join(parts) + " )"


def _value(chance: random.Random, depth: int) -> str:
    kind = chance.randrange(6 if depth < 3 else 4)
    numbers = [
        name for name in _NAMES if COLUMNS[name].type in (ColumnType.WHOLE, ColumnType.SHARE)
    ]
    match kind:
        case 0 | 1:
            return chance.choice(numbers)
        case 2:
            return chance.choice(("0", "1", "2", "0.5", "-1", "100"))
        case 3:
            return f"coalesce({chance.choice(numbers)}, {chance.choice(('0', '3', '0.5'))})"
        case _:
            inner = depth + 1
            return f"( {_value(chance, inner)} {chance.choice('+-*')} {_value(chance, inner)} )"


@cache
def _table() -> SignalTable:
    chance, rows = np.random.default_rng(6), 70
    columns = {}
    for name in _NAMES[:-1]:  # the last is NULL throughout
        type_ = COLUMNS[name].type
        known = None if name == "media_list" else chance.random(rows) < 0.8
        words: tuple[str, ...] = ()
        values: np.ndarray = chance.integers(0, 4, rows)
        if type_ is ColumnType.SHARE:
            values = np.array([0.0, 0.5, 1.0, 2.0])[values]
        elif type_ is ColumnType.TRUTH:
            values = values % 2 == 1
        elif type_ is ColumnType.WORD:
            words = _WORDS
        columns[name] = Values(values.astype(np.int32) if words else values, known, words)
    return SignalTable(rows, columns)


@cache
def _known() -> Sequence[dict[str, object]]:
    return [_table().row(row) for row in range(_table().rows)]


def check_condition(data: bytes) -> int:
    """Compares a condition over a table with the same condition asked of each row by itself."""
    condition = data.decode(errors="replace")
    try:
        tree = parse(condition, COLUMNS)
    except ConditionRefused:
        return 1
    ours = true_rows([tree], _table()).rows.tolist()
    _same(ours, [row for row, known in enumerate(_known()) if is_true(tree, known)], condition)
    return 1


TARGETS = {
    "normalising": Target(check_normalising, random_texts),
    "offsets": Target(check_offsets, lambda chance: random_texts(chance, 64)),
    "lines": Target(check_lines, random_lines),
    "export": Target(check_export, random_export),
    "table": Target(check_table, random_table),
    "condition": Target(check_condition, random_condition),
}


def corpus(name: str) -> Iterator[bytes]:
    """Gives the inputs kept for a target: what once went wrong, and one of each kind."""
    folder = Path(__file__).parent / "corpus" / name
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        yield path.read_bytes()
