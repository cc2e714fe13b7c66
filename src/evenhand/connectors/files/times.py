"""Reads times out of cells: ISO 8601, Unix seconds or Unix milliseconds."""

import numpy as np
from numpy.typing import NDArray

from evenhand.connectors.files.cells import Findings, found
from evenhand.connectors.files.compiled import byte_at, compiled, number_at
from evenhand.connectors.files.faults import Fault
from evenhand.connectors.files.tokens import ABSENT, NULL, NUMBER, STRING, Cells

_WRONG_TYPE = int(Fault.WRONG_TYPE)
_TIME = int(Fault.TIME)

NO_TIME = -(2**63)
"""Stands for a time that the file does not give."""


@compiled
def _digits(data: int, at: int, count: int, end: int) -> int:
    if at + count > end:
        return -1
    value = 0
    for place in range(at, at + count):
        if byte_at(data + place) < 48 or byte_at(data + place) > 57:
            return -1
        value = value * 10 + byte_at(data + place) - 48
    return value


@compiled
def _unix_milliseconds(data: int, at: int, end: int) -> int:
    sign = 1
    if at < end and byte_at(data + at) == 0x2D:
        sign = -1
        at += 1
    value = 0
    whole = at
    while at < end and 48 <= byte_at(data + at) <= 57 and at - whole < 15:
        value = value * 10 + byte_at(data + at) - 48
        at += 1
    if at == whole:
        return NO_TIME
    thousandths = 0
    if at < end and byte_at(data + at) == 0x2E:
        scale = 100
        at += 1
        while at < end and 48 <= byte_at(data + at) <= 57:
            thousandths += scale * (byte_at(data + at) - 48)
            scale //= 10
            at += 1
    if at != end:
        return NO_TIME
    seconds = value < 100_000_000_000
    return sign * (value * 1000 + thousandths if seconds else value)


@compiled
def _days(year: int, month: int, day: int) -> int:
    """Gives the days since 1970-01-01 in the Gregorian calendar."""
    if month <= 2:
        year -= 1
        month += 12
    era_days = 365 * year + year // 4 - year // 100 + year // 400
    return era_days + (153 * (month - 3) + 2) // 5 + day - 1 - 719468


@compiled
def _month_days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@compiled
def _zone_minutes(data: int, at: int, end: int) -> int:
    """Gives the minutes east of UTC that a zone names, or 10,000 if it is none."""
    if at == end or (at + 1 == end and (byte_at(data + at) | 32) == 0x7A):
        return 0
    hours = _digits(data, at + 1, 2, end)
    colon = 1 if at + 3 < end and byte_at(data + at + 3) == 0x3A else 0
    minutes = _digits(data, at + 3 + colon, 2, end)
    after = at + 5 + colon
    if after != end or hours < 0 or hours > 18 or minutes < 0 or minutes > 59:
        return 10_000
    if byte_at(data + at) == 0x2B:
        return hours * 60 + minutes
    return -hours * 60 - minutes if byte_at(data + at) == 0x2D else 10_000


@compiled
def _clock_milliseconds(data: int, at: int, end: int) -> int:
    """Gives the milliseconds of `HH:MM[:SS[.fff]]` with its zone, or NO_TIME."""
    hour = _digits(data, at, 2, end)
    minute = _digits(data, at + 3, 2, end)
    if not 0 <= hour <= 23 or not 0 <= minute <= 59 or byte_at(data + at + 2) != 0x3A:
        return NO_TIME
    at += 5
    second, thousandths = 0, 0
    if at < end and byte_at(data + at) == 0x3A:
        second = _digits(data, at + 1, 2, end)
        if not 0 <= second <= 60:
            return NO_TIME
        at += 3
        if at < end and (byte_at(data + at) == 0x2E or byte_at(data + at) == 0x2C):
            scale = 100
            at += 1
            while at < end and 48 <= byte_at(data + at) <= 57:
                thousandths += scale * (byte_at(data + at) - 48)
                scale //= 10
                at += 1
    zone = _zone_minutes(data, at, end)
    if zone == 10_000:
        return NO_TIME
    return ((hour * 60 + minute - zone) * 60 + second) * 1000 + thousandths


@compiled
def _iso_milliseconds(data: int, at: int, end: int) -> int:
    year = _digits(data, at, 4, end)
    month = _digits(data, at + 5, 2, end)
    day = _digits(data, at + 8, 2, end)
    if (
        year < 1
        or not 1 <= month <= 12
        or byte_at(data + at + 4) != 0x2D
        or byte_at(data + at + 7) != 0x2D
    ):
        return NO_TIME
    if not 1 <= day <= _month_days(year, month):
        return NO_TIME
    midnight = _days(year, month, day) * 86_400_000
    if at + 10 == end:
        return midnight
    if (byte_at(data + at + 10) | 32) != 0x74 and byte_at(data + at + 10) != 32:
        return NO_TIME
    clock = _clock_milliseconds(data, at + 11, end)
    return NO_TIME if clock == NO_TIME else midnight + clock


@compiled
def _milliseconds(data: int, at: int, end: int) -> int:
    if end - at >= 10 and byte_at(data + at + 4) == 0x2D:
        return _iso_milliseconds(data, at, end)
    return _unix_milliseconds(data, at, end)


@compiled
def _times(
    data: int, cells: int, stride: int, slot: int, findings: int, out: NDArray[np.int64]
) -> None:
    for row in range(len(out)):
        cell = cells + 12 * (slot * stride + row)
        kind = number_at(cell)
        if out[row] != NO_TIME or kind in (ABSENT, NULL):
            continue
        start = number_at(cell + 4)
        if kind not in (STRING, NUMBER):
            found(findings, row, _WRONG_TYPE, slot, start)
            continue
        out[row] = _milliseconds(data, start, number_at(cell + 8))
        if out[row] == NO_TIME:
            found(findings, row, _TIME, slot, start)


def times(data: int, cells: Cells, slots: tuple[int, ...], findings: Findings) -> NDArray[np.int64]:
    """Gives milliseconds since 1970 UTC from the first of `slots` that has a value, or NO_TIME.

    A time is ISO 8601 (without a zone it counts as UTC), Unix seconds or Unix milliseconds.
    """
    out = np.full(cells.rows, NO_TIME, np.int64)
    for slot in slots:
        _times(data, cells.address, cells.stride, slot, findings.address, out)
    return out
