"""What a leaf commits to: a record in two salted halves, or one published cell.

A leaf is 32 bytes. Of a record, whoever holds its receipt is given what it shows, the first salt
and the second half's commitment; an auditor with the database is given all. Without the salt
nobody learns from a leaf what it is about, not even by trying every value.
"""

import hmac
import json
import math
from collections.abc import Mapping
from datetime import date
from hashlib import sha256, shake_256

from evenhand.base.errors import InputRefused

RECORD, SALTS, CLASS = b"evenhand-record-1\n", b"evenhand-salts-1\n", b"evenhand-class-1\n"
"""What keeps one kind of commitment from being read as another."""

SALT_BYTES = 32
EXACT_MAX = 2**53 - 1
"""The largest whole number that every JSON reader reads exactly (RFC 8785 section 3.2.2.3)."""

EXPONENT_LOW, EXPONENT_HIGH = -6, 21
"""Where ECMAScript begins to write numbers with an exponent."""

_encode = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode


def canonical(value: object) -> bytes:
    """Gives a value as JSON in its one canonical form (RFC 8785).

    Python's own encoder writes that form as long as there is no number with a fraction and no
    name that sorts otherwise in UTF-16.
    """
    text = _encode(value) if _is_plain(value) else _canonical(value)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InputRefused(what="JSON", why="holds half a character") from error


def salts(salt: bytes) -> tuple[bytes, bytes]:
    """Gives the two salts that a record's salt stands for."""
    both = shake_256(SALTS + salt).digest(2 * SALT_BYTES)
    return both[:SALT_BYTES], both[SALT_BYTES:]


def commitment(salt: bytes, content: bytes) -> bytes:
    """Gives what one half of a record commits to."""
    return sha256(salt + content).digest()


def joined(first: bytes, second: bytes) -> bytes:
    """Gives the leaf over the commitments of both halves."""
    return sha256(RECORD + first + second).digest()


def record_leaf(shown: Mapping[str, object], whole: Mapping[str, object], salt: bytes) -> bytes:
    """Gives the leaf of a record: `shown` to whoever holds its receipt, `whole` to an auditor."""
    return record_leaf_of(canonical(shown), canonical(whole), salt)


def record_leaf_of(shown: bytes, whole: bytes, salt: bytes) -> bytes:
    """Gives the leaf of a record whose halves are canonical JSON already."""
    both = shake_256(SALTS + salt).digest(2 * SALT_BYTES)
    return sha256(
        RECORD
        + sha256(both[:SALT_BYTES] + shown).digest()
        + sha256(both[SALT_BYTES:] + whole).digest()
    ).digest()


def class_leaf(
    salt: bytes,
    *,
    day: date,
    edition: int,
    figure: str,
    dimension: str,
    cell: str,
    quantity: int,
) -> bytes:
    """Gives the leaf that counts something in one published cell."""
    what = canonical([day.isoformat(), edition, figure, dimension, cell, quantity])
    return sha256(CLASS + salt + what).digest()


def day_key(secret: bytes, day: date) -> bytes:
    """Gives the key from which the keys of a day's cells are made."""
    return hmac.digest(secret, day.isoformat().encode(), "sha256")


def cell_key(of_day: bytes, *, edition: int, figure: str, dimension: str, cell: str) -> bytes:
    """Gives the key that opens one cell of a day's edition and no other."""
    return hmac.digest(of_day, canonical([edition, figure, dimension, cell]), "sha256")


def cell_salt(key: bytes, number: int) -> bytes:
    """Gives the salt of a cell's leaf of this number."""
    return hmac.digest(key, number.to_bytes(8, "big"), "sha256")


def _is_plain(value: object) -> bool:
    """Tells whether Python's encoder writes a value as RFC 8785 does."""
    if value is None or isinstance(value, str | bool):
        return True
    if isinstance(value, int):
        return -EXACT_MAX <= value <= EXACT_MAX
    if isinstance(value, dict):
        return all(
            isinstance(name, str) and name.isascii() and _is_plain(inner)
            for name, inner in value.items()
        )
    return isinstance(value, list | tuple) and all(_is_plain(inner) for inner in value)


def _canonical(value: object) -> str:
    match value:
        case None | bool() | str():
            return _encode(value)
        case int():
            if not -EXACT_MAX <= value <= EXACT_MAX:
                raise InputRefused(what="JSON", why="a whole number beyond 2^53-1")
            return str(int(value))
        case float():
            return _number(value)
        case Mapping():
            return "{" + ",".join(_members(value)) + "}"
        case list() | tuple():
            return "[" + ",".join(_canonical(inner) for inner in value) + "]"
        case _:
            raise InputRefused(what="JSON", why=f"has no {type(value).__name__}")


def _members(value: Mapping[object, object]) -> list[str]:
    names: list[str] = []
    for name in value:
        if not isinstance(name, str):
            raise InputRefused(what="JSON", why="a name that is no text")
        names.append(name)
    names.sort(key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return [f"{_encode(name)}:{_canonical(value[name])}" for name in names]


def _number(value: float) -> str:
    """Gives a number with a fraction as ECMAScript writes it (ECMA-262, Number::toString)."""
    if not math.isfinite(value):
        raise InputRefused(what="JSON", why="a number that is not finite")
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    lost = len(whole + fraction) - len(digits)
    point = len(whole) - lost + int(exponent or 0)
    digits = digits.rstrip("0")
    return ("-" if value < 0 else "") + _written(digits, point)


def _written(digits: str, point: int) -> str:
    """Gives digits with the decimal point after `point` of them."""
    if len(digits) <= point <= EXPONENT_HIGH:
        return digits + "0" * (point - len(digits))
    if 0 < point <= EXPONENT_HIGH:
        return f"{digits[:point]}.{digits[point:]}"
    if EXPONENT_LOW < point <= 0:
        return "0." + "0" * -point + digits
    power = point - 1
    fraction = "." + digits[1:] if digits[1:] else ""
    return f"{digits[0]}{fraction}e{'+' if power > 0 else '-'}{abs(power)}"
