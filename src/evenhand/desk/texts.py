"""Cleans what was typed: signs that nobody types, and that a database or a heading cannot hold."""

import re
from unicodedata import category

from django.db.models import Model

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_UNWRITABLE = frozenset({"Cc", "Cs"})


def lines(text: str) -> str:
    """Gives a text of several lines without control characters, and without surrounding space."""
    broken = _BREAKS.sub("\n", text)
    kept = (sign for sign in broken if sign in "\n\t" or category(sign) not in _UNWRITABLE)
    return "".join(kept).strip()


def line(text: str) -> str:
    """Gives a text of one line: a break in it is a space."""
    return " ".join(lines(text).split())


def fits(text: str, model: type[Model], field: str) -> bool:
    """Tells whether a field of a model holds a text."""
    most = getattr(model._meta.get_field(field), "max_length", None)  # noqa: SLF001  public in Django
    return most is None or len(text) <= most
