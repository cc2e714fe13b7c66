"""Finds ways to be reached in columns of text: phone numbers, handles, e-mail, crypto wallets."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, borrowing_kernel, inlined
from evenhand.events.text_column import AT, DIGIT, Bytes, Offsets
from evenhand.signals.table import Values
from evenhand.signals.views import Views

PHONE, HANDLE, EMAIL, WALLET = 1, 2, 4, 8

PHONE_DIGITS_MIN, PHONE_DIGITS_MAX = 8, 15
"""Digits of a phone number with its country (ITU-T E.164: at most 15)."""

LOCAL_PHONE_DIGITS_MIN = 10
"""Digits of a phone number without `+`; shorter ones are prices, dates and codes."""

HANDLE_LETTERS_MIN = 4
"""Characters of a handle: Telegram's have five, others four."""

_PLUS, _AT, _DOT, _LOW_LINE, _DASH, _SPACE, _OPEN, _CLOSE, _COLON = b"+@._- ():"


@inlined
def _is_digit(byte: int) -> bool:
    return 48 <= byte <= 57


@inlined
def _is_letter(byte: int) -> bool:
    return 97 <= byte <= 122


@inlined
def _is_name(byte: int) -> bool:
    return _is_letter(byte) or _is_digit(byte) or byte == _LOW_LINE


@borrowing_kernel
def _phone_end(source: Bytes, at: np.uint64, end: np.uint64) -> tuple[np.uint64, bool]:
    """Gives where a run of digits with phone punctuation ends, and whether it is a phone number.

    Stays inside: nothing is read at or beyond `end`.
    """
    international = source[at] == _PLUS
    # In most countries a number without its country's code begins with 0, in Russia with 8 or 7.
    first = source[at]
    digits = gap = 0
    position = at + (U(1) if international else U(0))
    stop = position
    while position < end:
        byte = source[position]
        if _is_digit(byte):
            digits += 1
            gap = 0
            stop = position + U(1)
        elif byte in (_SPACE, _DASH, _OPEN, _CLOSE) and gap < 2:
            gap += 1
        else:
            break
        position += U(1)
    least = PHONE_DIGITS_MIN if international else LOCAL_PHONE_DIGITS_MIN
    begins = international or first in (48, 55, 56, _OPEN)
    glued = stop < end and (_is_letter(source[stop]) or source[stop] == _LOW_LINE)
    return stop, begins and least <= digits <= PHONE_DIGITS_MAX and not glued


@borrowing_kernel
def _name_bits(source: Bytes, start: np.uint64, end: np.uint64) -> int:
    """Tells whether a run of letters and digits looks like the address of a wallet.

    Ethereum 0x + 40 hex digits; Bitcoin bc1… or 1…/3…; Tron T + 33; TON UQ…/EQ… + 46.
    Stays inside the run.
    """
    length = end - start
    if length < U(26) or length > U(64):
        return 0
    digits = letters = 0
    position = start
    while position < end:
        digits += _is_digit(source[position])
        letters += _is_letter(source[position])
        position += U(1)
    if digits < 2 or letters < 2:
        return 0
    first, second, third = source[start], source[start + U(1)], source[start + U(2)]
    ether = first == 48 and second == 120 and length == U(42)
    segwit = first == 98 and second == 99 and third == 49
    legacy = first in (49, 51) and length <= U(35)
    tron = first == 116 and length == U(34)
    ton = first in (117, 101) and second == 113 and length == U(48)
    return WALLET if ether or segwit or legacy or tron or ton else 0


@borrowing_kernel
def _at_bits(source: Bytes, at: np.uint64, row_start: np.uint64, end: np.uint64) -> int:
    """Tells whether an @ makes an e-mail address or a handle. Stays inside the row."""
    position = at + U(1)
    dots = letters = 0
    while position < end and (_is_name(source[position]) or source[position] in (_DOT, _DASH)):
        dots += source[position] == _DOT
        letters += 1
        position += U(1)
    before = source[at - U(1)] if at > row_start else 32
    if _is_name(before) or before in (_DOT, _DASH):
        return EMAIL if dots > 0 and letters > 3 else 0
    if before >= 128 or before == 47:
        return 0
    return HANDLE if letters >= HANDLE_LETTERS_MIN else 0


@borrowing_kernel
def _find_contacts(source: Bytes, starts: Offsets, signs: Bytes, bits: NDArray[np.uint8]) -> None:
    """Marks what each row has: nothing without a digit or an @. Stays inside its rows."""
    for row in range(starts.shape[0] - 1):
        if not signs[row] & (DIGIT | AT):
            continue
        row_start = position = U(starts[row])
        end = U(starts[row + 1]) - U(1)
        found = 0
        while position < end:
            byte = source[position]
            if byte == _AT:
                found |= _at_bits(source, position, row_start, end)
                position += U(1)
            elif byte in (_PLUS, _OPEN) or _is_digit(byte):
                stop, is_phone = _phone_end(source, position, end)
                if is_phone:
                    found |= PHONE
                    position = stop
                    continue
                start = position
                position += U(1)
                while position < end and _is_name(source[position]):
                    position += U(1)
                found |= _name_bits(source, start, position)
            elif _is_letter(byte):
                start = position
                while position < end and _is_name(source[position]):
                    position += U(1)
                found |= _name_bits(source, start, position)
            else:
                position += U(1)
        bits[row] = found


def contacts(views: Views) -> Mapping[str, Values]:
    """Gives the columns that say how somebody can be reached, but for links into messengers."""
    bits = np.zeros(len(views.may_read), np.uint8)
    text = views.normalised
    _find_contacts(text.buffer, text.offsets, text.signs, bits)
    known = views.may_read
    return {
        "has_phone": Values(bits & PHONE != 0, known),
        "has_handle": Values(bits & HANDLE != 0, known),
        "has_email": Values(bits & EMAIL != 0, known),
        "has_wallet": Values(bits & WALLET != 0, known),
    }
