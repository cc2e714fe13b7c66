"""Pure: the sixteen digits by which somebody follows a report.

The code follows from the report's id and the installation's key, so that it can be told again to
the same mailbox; only its hash is stored.
"""

from uuid import UUID

from evenhand.base.sealing import keyed_hash
from evenhand.reports.limits import RECEIPT_DIGITS

_PURPOSE = b"report-receipt\0"


def code_of(report_id: UUID, *, key: bytes) -> str:
    """Gives the code of a report."""
    digest = keyed_hash(_PURPOSE + report_id.bytes, key=key, size_bytes=32)
    return str(int.from_bytes(digest, "big") % 10**RECEIPT_DIGITS).zfill(RECEIPT_DIGITS)


def hash_of(code: str, *, key: bytes) -> bytes:
    """Gives what is stored of a code."""
    return keyed_hash(_PURPOSE + code.encode(), key=key, size_bytes=32)


def grouped(code: str) -> str:
    """Gives a code in groups of four, as people read and type it."""
    return " ".join(code[place : place + 4] for place in range(0, len(code), 4))


def typed(text: str) -> str:
    """Gives the code in what somebody typed; empty where there is none."""
    digits = "".join(sign for sign in text if sign not in " -\u00a0\u202f\t")
    whole = len(digits) == RECEIPT_DIGITS and digits.isascii() and digits.isdigit()
    return digits if whole else ""
