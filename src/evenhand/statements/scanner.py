"""The scanner: proves that a submission holds no personal data, right before it leaves the house.

Two proofs, and both must hold. Every text in it is one of the fixed texts that entries are made
of, or a policy's; every other value is on a list, a date, or a number from which nobody can be
found. And no text shows the form of something that points to a person: not even a fixed one, since
policies are the operator's own words.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from evenhand.actions.policies import Policy, PolicyGround, policies
from evenhand.base.harms import harms
from evenhand.base.lists import Language
from evenhand.statements.entry import every_decision_facts
from evenhand.statements.limits import DIGITS_OF_A_NUMBER, KNOWN_CHARACTERS_MIN
from evenhand.statements.lists import Fault, Leak
from evenhand.statements.schema import Field, schema

PUID = re.compile(r"eh-[0-9a-f]{40}")
"""The number of an entry: a keyed hash, from which nothing can be found without the key."""

INVISIBLE = {"Cf", "Cc", "Mn", "Me"}
"""Signs that would hide the form of what stands between them."""

FORMS: Mapping[Leak, re.Pattern[str]] = {
    Leak.MESSENGER_ID: re.compile(r"[@!$#+][\w.=/+-]+:[\w.-]+|(?<![\w])@\w{2,}|\$[\w-]{16,}"),
    Leak.MAIL: re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|\b\w+\s*[(\[]at[)\]]\s*\w+", re.IGNORECASE),
    Leak.PHONE: re.compile(r"(?:\+|\b00)\s?\d(?:[\s().\-/]*\d){5,}"),
    Leak.IP: re.compile(
        r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"
        r"|(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])",
        re.IGNORECASE,
    ),
    Leak.LINK: re.compile(
        r"\b[a-z][a-z0-9+.-]*://|\bwww\.|\bmailto:|\bt\.me/|\bmatrix\.to\b", re.IGNORECASE
    ),
    Leak.NUMBER: re.compile(rf"\d(?:[\s().\-]*\d){{{DIGITS_OF_A_NUMBER - 1},}}"),
    Leak.KEY: re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|(?=\w*\d)\w{20,}|[0-9a-f]{16,}", re.IGNORECASE),
}
"""What something that points to a person looks like."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is wrong with one field; never the text itself, which may be what must not get out."""

    field: str
    fault: Fault
    why: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The texts that each free field may hold."""

    texts: Mapping[str, frozenset[str]]

    def has(self, field: str, text: str) -> bool:
        """Tells whether a text is one of the fixed ones of its field."""
        return text in self.texts.get(field, frozenset())


@cache
def vocabulary() -> Vocabulary:
    """Gives the texts of this installation: the fixed ones and its policies."""
    return vocabulary_of(policies())


def vocabulary_of(known: Mapping[str, Policy]) -> Vocabulary:
    """Gives the texts that entries may hold under these policies."""
    told = schema().texts
    other = told["visibility_other"]
    illegal = [one for one in known.values() if one.ground is PolicyGround.ILLEGAL]
    terms = [one for one in known.values() if one.ground is PolicyGround.TERMS]
    return Vocabulary(
        {
            "decision_visibility_other": frozenset(
                {*other.values(), *(f"{a} {b}" for a in other.values() for b in other.values())}
            ),
            "illegal_content_legal_ground": frozenset(one.law_or_clause for one in illegal),
            "illegal_content_explanation": frozenset(
                one.explanation[Language.EN] for one in illegal
            ),
            "incompatible_content_ground": frozenset(one.law_or_clause for one in terms),
            "incompatible_content_explanation": frozenset(
                one.explanation[Language.EN] for one in terms
            ),
            "category_specification_other": frozenset(harm.title for harm in harms().values()),
            "content_type_other": frozenset(told["content_other"].values()),
            "decision_facts": every_decision_facts(),
        }
    )


def scan(
    payload: Mapping[str, object],
    *,
    known: Collection[str] = (),
    words: Vocabulary | None = None,
) -> list[Found]:
    """Gives what in a submission is not ours or may point to somebody; empty: it may leave.

    known  names of account, channel and message of the decision, of which nothing may get out
    """
    told = words or vocabulary()
    found: list[Found] = []
    for name, value in payload.items():
        field = schema().fields.get(name)
        if field is None:
            found.append(Found("", Fault.NOT_OURS, "a field that the database does not have"))
            continue
        closed = _closed(field, value, told)
        if not closed:
            found.append(Found(name, Fault.NOT_OURS, "not one of the fixed texts or values"))
        # What is fixed beforehand cannot speak of this decision: who calls themself `account`
        # shares a word with it and nothing else.
        shown = {leak: None for text in _texts(value) for leak in leaks(text, known=known)}
        found += [
            Found(name, Fault.PERSONAL_DATA, leak.value)
            for leak in shown
            if not closed or (field.kind == "text" and name != "puid" and leak is not Leak.KNOWN)
        ]
    return found


def leaks(text: str, *, known: Collection[str] = ()) -> list[Leak]:
    """Gives what in a text may point to somebody."""
    plain = _plain(text)
    found = [leak for leak, form in FORMS.items() if form.search(plain)]
    folded = plain.casefold()
    if any(name in folded for name in _names(known)):
        found.append(Leak.KNOWN)
    return found


def _closed(field: Field, value: object, words: Vocabulary) -> bool:
    """Tells whether a value is one of those that are fixed before any decision is made."""
    match field.kind:
        case "text" if field.name == "puid":
            return isinstance(value, str) and PUID.fullmatch(value) is not None
        case "text":
            return isinstance(value, str) and words.has(field.name, value)
        case "one":
            return isinstance(value, str) and value in field.values
        case "many":
            return isinstance(value, list) and all(one in field.values for one in value)
        case "territories":
            return isinstance(value, list) and all(one in schema().territories for one in value)
        case "date":
            return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None
        case "url" | "ean" | "language":
            return False  # entries of ours have none


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                yield str(key)
                yield from _texts(inner)
        case list() | tuple():
            for inner in value:
                yield from _texts(inner)
        case _:
            yield str(value)


def _plain(text: str) -> str:
    """Gives a text without disguise: one form of each sign, and no invisible ones."""
    composed = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in composed if unicodedata.category(sign) not in INVISIBLE)


def _names(known: Collection[str]) -> set[str]:
    """Gives what of a messenger's ids would be recognised: the whole, and the part before `:`."""
    names = set()
    for name in known:
        whole = _plain(name).casefold()
        names |= {whole, whole.lstrip("@!$#").partition(":")[0]}
    return {name for name in names if len(name) >= KNOWN_CHARACTERS_MIN}
