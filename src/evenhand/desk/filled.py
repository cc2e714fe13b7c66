"""What an officer typed: parsed once, with words for what is wrong; shared with paper intake."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from django.http import QueryDict
from django.utils.translation import gettext

from evenhand.desk import law_words as words
from evenhand.desk.intake import Choice, fields_of
from evenhand.desk.texts import fits, line, lines
from evenhand.legal.drafts import IdentifierDraft
from evenhand.legal.identifiers import read
from evenhand.legal.limits import FIELD_CHARACTERS_MAX, IDENTIFIERS_MAX
from evenhand.legal.lists import IdentifierKind
from evenhand.legal.models import Matter
from evenhand.markets.lists import AuthorityKind, DataCategory, Purpose
from evenhand.markets.regimes import law

SIGILS = {"@": IdentifierKind.ACCOUNT, "!": IdentifierKind.CHANNEL, "#": IdentifierKind.CHANNEL}
MATRIX_TO = "https://matrix.to/#/"
TEXTS = (
    "reference",
    "identifiers",
    "since",
    "until",
    "validator_name",
    "gagged_until",
    "gag_basis",
)
KEPT_AS_TYPED = ("reference", "validator_name", "gag_basis")


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was filled in.

    texts    what was typed, by name, to show it again
    fields   the law's own fields
    faults   what is wrong, in words
    """

    texts: Mapping[str, str]
    fields: Mapping[str, str]
    identifiers: tuple[IdentifierDraft, ...] = ()
    gagged_until: datetime | None = None
    identifier_faults: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    missing: frozenset[str] = field(default=frozenset())

    @property
    def is_sound(self) -> bool:
        """Tells whether it can be sent."""
        return not (self.faults or self.identifier_faults or self.missing)


def choice_of(values: QueryDict) -> tuple[Purpose | None, bool]:
    """Gives the purpose, None if it was not chosen, and whether it is an emergency."""
    purpose = values.get("purpose", "")
    return Purpose(purpose) if purpose in set(Purpose) else None, values.get("emergency") == "yes"


def full_choice(values: QueryDict) -> Choice | None:
    """Gives the choice so far, None as long as no entry was chosen."""
    purpose, emergency = choice_of(values)
    entry = values.get("entry", "")
    if purpose is None or entry not in law().kinds:
        return None
    kind = law().kind(entry)
    validator = values.get("validator", "")
    return Choice(
        entry=kind,
        regime=law().regime_of(kind),
        purpose=purpose,
        emergency=emergency,
        categories=frozenset(
            DataCategory(one) for one in values.getlist("category") if one in set(DataCategory)
        ),
        validator=AuthorityKind(validator) if validator in set(AuthorityKind) else None,
    )


def chosen_pairs(choice: Choice) -> list[tuple[str, str]]:
    """Gives a choice as names and values of a form or an address."""
    return [
        ("purpose", choice.purpose.value),
        ("emergency", "yes" if choice.emergency else "no"),
        ("entry", choice.entry.id),
        *(("category", one.value) for one in sorted(choice.categories)),
        *([("validator", choice.validator.value)] if choice.validator else []),
        ("data", "chosen"),
    ]


def filled(values: QueryDict, choice: Choice) -> Filled:
    """Gives what was typed, read and checked for form; the legal room checks the rest."""
    texts = {name: cleaned(name, values.get(name, "")) for name in TEXTS}
    wanted = fields_of(choice)
    fields = {name: lines(values.get(f"field-{name}", "")) for name, _ in wanted}
    faults = []
    since, until = _moment(texts["since"]), _moment(texts["until"])
    if (texts["since"] and since is None) or (texts["until"] and until is None):
        faults.append(gettext("A date is not well formed."))
    if since and until and since >= until:
        faults.append(gettext("The period ends before it begins."))
    gagged = _day(texts["gagged_until"])
    if texts["gagged_until"] and gagged is None:
        faults.append(gettext("A date is not well formed."))
    if gagged and not texts["gag_basis"]:
        faults.append(gettext("Name the article or order by which the user may not be told."))
    if choice.validator and not texts["validator_name"]:
        faults.append(gettext("Name who validated it."))
    if any(len(text) > FIELD_CHARACTERS_MAX for text in [*fields.values(), *texts.values()]) or (
        not all(fits(texts[name], Matter, name) for name in KEPT_AS_TYPED)
    ):
        faults.append(gettext("A text is too long."))
    missing = frozenset(name for name, required in wanted if required and not fields[name])
    if missing:
        faults.append(gettext("A field that the law requires is empty."))
    named, wrong = identifiers_of(texts["identifiers"].splitlines(), since=since, until=until)
    return Filled(
        texts=texts,
        fields={name: text for name, text in fields.items() if text},
        identifiers=named,
        gagged_until=gagged,
        identifier_faults=wrong,
        faults=tuple(dict.fromkeys(faults)),
        missing=missing,
    )


def cleaned(name: str, text: str) -> str:
    """Gives a text of the form as it is kept; all but the identifiers are of one line."""
    return lines(text) if name == "identifiers" else line(text)


def identifiers_of(
    named: Iterable[str], *, since: datetime | None, until: datetime | None
) -> tuple[tuple[IdentifierDraft, ...], tuple[str, ...]]:
    """Gives what the lines name, and what is wrong with those that name nothing."""
    found: dict[tuple[str, str], IdentifierDraft] = {}
    wrong = []
    for number, one in enumerate((one for one in named if one.strip()), start=1):
        reading = read(one)
        if reading.kind is None or reading.fault is not None:
            said = gettext(words.FAULTS[reading.fault]) if reading.fault else ""
            wrong.append(gettext("Line %(number)s: %(fault)s") % {"number": number, "fault": said})
            continue
        kind, value = target_of(reading.kind, reading.value)
        found[kind, value] = IdentifierDraft(kind=kind, value=value, since=since, until=until)
    if not found and not wrong:
        wrong.append(gettext("Name at least one account, link or number."))
    if len(found) > IDENTIFIERS_MAX:
        wrong.append(gettext("These are too many for one request."))
    return tuple(found.values()), tuple(wrong)


def target_of(kind: IdentifierKind, value: str) -> tuple[IdentifierKind, str]:
    """Gives what a link leads to, where that has an id of its own; anything else as it is."""
    target = value.removeprefix(MATRIX_TO)
    if kind is IdentifierKind.LINK and "/" not in target:
        return SIGILS[target[0]], target
    return kind, value


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) if text else None
    except ValueError:
        return None
