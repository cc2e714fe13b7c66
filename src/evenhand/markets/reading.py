"""Reads regime files; whatever is wrong is named with file, line and column, all at once."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml

from evenhand.base.errors import InputRefused
from evenhand.markets.entries import (
    ANYWHERE,
    OwnDuty,
    PreservationRule,
    Regime,
    RequestKind,
    Span,
    Threshold,
)
from evenhand.markets.limits import REGIME_FILE_BYTES_MAX
from evenhand.markets.lists import (
    RELEASING,
    AuthorityKind,
    Confidence,
    DataCategory,
    LegalForm,
    LegalKind,
    NotifyRule,
    Territory,
    UserCount,
    Window,
)

Member = TypeVar("Member", bound=StrEnum)

REGIME_FIELDS = frozenset(
    {
        "id", "version", "name", "citation", "jurisdictions", "valid_from", "valid_to", "closed",
        "channel", "notes", "source", "confidence", "own_duties", "thresholds",
        "requests",
    }
)  # fmt: skip
REGIME_OPTIONAL = frozenset({"valid_to", "closed", "channel", "notes", "own_duties", "thresholds"})
THRESHOLD_FIELDS = frozenset(
    {
        "id", "duty", "counts", "at_least", "together", "articles", "source", "confidence",
        "checked", "verified",
    }
)  # fmt: skip
THRESHOLD_OPTIONAL = frozenset({"together", "checked"})
DUTY_FIELDS = frozenset(
    {"id", "duty", "deadline", "target", "articles", "source", "confidence", "checked", "verified"}
)
DUTY_OPTIONAL = frozenset({"deadline", "target", "checked"})
KIND_FIELDS = frozenset(
    {
        "id", "kind", "form", "title", "articles", "data_categories", "issuing_authorities",
        "validators", "self_validating", "validated_categories", "emergency_unvalidated",
        "emergency_only", "identification_only", "mandatory_fields", "conditional_fields",
        "deadline", "emergency_deadline", "target", "emergency_target", "deadline_text",
        "clock_restarts", "territory", "grounds_to_refuse", "refusal_form", "notify",
        "notify_text", "notify_delay_max", "feedback", "redress", "preservation",
        "preserved_on_receipt",
        "enforcing_authority_notified", "voluntary", "windows", "source", "confidence", "checked",
        "verified", "open_points", "notes", "valid_from", "valid_to",
    }
)  # fmt: skip
KIND_REQUIRED = frozenset(
    {
        "id", "kind", "form", "title", "articles", "data_categories", "issuing_authorities",
        "mandatory_fields", "deadline_text", "territory", "notify", "notify_text", "source",
        "confidence", "verified",
    }
)  # fmt: skip
PRESERVATION_FIELDS = frozenset({"period", "extension", "extension_rule"})
NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
COUNTRY = re.compile(r"[A-Z]{2}")
DURATION = re.compile(
    r"P(?!$)(?:(?P<years>\d{1,2})Y)?(?:(?P<months>\d{1,3})M)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?!$)(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,5})M)?)?"
)
CHECKED = ("confirmed", "corrected")
GENERAL_KNOWLEDGE = re.compile(r"\bGK\b")
"""Marks a fact that rests on general knowledge, and not on a text that was read."""


class RegimeRefused(InputRefused):
    """Regime files cannot be used."""

    remedy = "Correct the files at the places named; `evenhand regimes check` lists them all."


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in a file; lines and columns count from one."""

    file: str
    line: int
    column: int
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.why}"


@dataclass(slots=True)
class Reading:
    """What came out of reading files: regimes, and everything that is wrong."""

    regimes: list[Regime] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read_folder(folder: Path) -> tuple[Regime, ...]:
    """Gives the regimes of a folder, ordered by id; raises `RegimeRefused` if anything is wrong."""
    reading = look_at(folder)
    if reading.faults:
        raise RegimeRefused(faults="; ".join(map(str, reading.faults)))
    return tuple(reading.regimes)


def look_at(folder: Path) -> Reading:
    """Gives what stands in a folder's files, and what is wrong with them."""
    reading = Reading()
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        reading.faults.append(Fault(folder.name, 1, 1, "no regime in it"))
    for path in paths:
        regime, faults = read_file(path)
        reading.faults += faults
        if regime is not None:
            reading.faults += _twice(regime, reading.regimes, path.name)
            reading.regimes.append(regime)
    reading.regimes = _with_others(reading.regimes)
    return reading


def read_file(path: Path) -> tuple[Regime | None, list[Fault]]:
    """Gives the regime of one file, or None, and what is wrong with it."""
    return read_bytes(path.name, path.read_bytes())


def read_bytes(name: str, content: bytes) -> tuple[Regime | None, list[Fault]]:
    """Gives the regime in a file's bytes, or None, and what is wrong with it."""
    if len(content) > REGIME_FILE_BYTES_MAX:
        why = f"larger than {REGIME_FILE_BYTES_MAX} bytes"
        return None, [Fault(name, 1, 1, why)]
    try:
        text = content.decode()
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except UnicodeDecodeError as error:
        return None, [Fault(name, 1, 1, f"not UTF-8 at byte {error.start}")]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return None, [Fault(name, line, column, error.problem or "not YAML")]
    except yaml.YAMLError as error:
        return None, [Fault(name, 1, 1, str(error).split("\n")[0])]
    faults: list[Fault] = []
    reader = _Mapping(name, node, faults)
    digest = hashlib.sha256(content).hexdigest()[:8]
    regime = _regime(reader, stem=name.removesuffix(".yaml"), digest=digest)
    return (None if faults else replace(regime, text=text)), faults


class _Mapping:
    """One mapping of a file; every accessor notes what is wrong and gives something harmless."""

    def __init__(self, file: str, node: yaml.Node | None, faults: list[Fault]) -> None:
        self._file = file
        self._faults = faults
        self._node = node
        self._values: dict[str, yaml.Node] = {}
        self._keys: dict[str, yaml.Node] = {}
        if not isinstance(node, yaml.MappingNode):
            self._fault(node, "a mapping belongs here")
            return
        for key, value in node.value:
            name = str(key.value)
            if name in self._values:
                self._fault(key, f"{name} stands here twice")
            self._values[name] = value
            self._keys[name] = key

    def expect(self, allowed: frozenset[str], required: frozenset[str]) -> None:
        """Notes fields that do not exist, and those that are missing."""
        for name, key in self._keys.items():
            if name not in allowed:
                self._fault(key, f"no such field: {name}")
        for name in sorted(required - set(self._values)):
            self._fault(self._node, f"{name} is missing")

    def has(self, name: str) -> bool:
        """Tells whether a field is there and not null."""
        return name in self._values and _scalar(self._values[name]) is not None

    def fault(self, name: str, why: str) -> None:
        """Notes something wrong with a field."""
        self._fault(self._keys.get(name, self._node), why)

    def text(self, name: str) -> str:
        """Gives a text; empty if the field is not there."""
        if name not in self._values:
            return ""
        value = _scalar(self._values[name])
        if not isinstance(value, str) or not value.strip():
            self._fault(self._values[name], f"{name} is a text")
            return ""
        return value.strip()

    def identifier(self, name: str) -> str:
        """Gives an id."""
        value = self.text(name)
        if value and not NAME.fullmatch(value):
            self._fault(self._values[name], f"{name} is small letters, digits, - and _")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Gives a list of texts."""
        found = []
        for node in self._items(name):
            value = _scalar(node)
            if isinstance(value, str) and value.strip():
                found.append(value.strip())
            else:
                self._fault(node, f"{name} is a list of texts")
        return tuple(found)

    def names(self, name: str) -> tuple[str, ...]:
        """Gives a list of ids, each once."""
        found: list[str] = []
        for node in self._items(name):
            value = str(_scalar(node))
            if not NAME.fullmatch(value):
                self._fault(node, f"{value!r} is not small letters, digits, - and _")
            elif value in found:
                self._fault(node, f"{value} stands here twice")
            found.append(value)
        return tuple(found)

    def truth(self, name: str) -> bool:
        """Gives true or false; false if the field is not there."""
        if name not in self._values:
            return False
        value = _scalar(self._values[name])
        if not isinstance(value, bool):
            self._fault(self._values[name], f"{name} is true or false")
            return False
        return value

    def number(self, name: str) -> int:
        """Gives a whole number from one up; one if the field is not there."""
        if name not in self._values:
            return 1
        value = _scalar(self._values[name])
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            self._fault(self._values[name], f"{name} is a whole number from 1 up")
            return 1
        return value

    def day(self, name: str) -> date | None:
        """Gives a day, or None."""
        if not self.has(name):
            return None
        value = _scalar(self._values[name])
        if not isinstance(value, date) or isinstance(value, datetime):
            self._fault(self._values[name], f"{name} is a day, as in 2026-08-18, or null")
            return None
        return value

    def span(self, name: str) -> Span | None:
        """Gives a period, or None."""
        if not self.has(name):
            return None
        value = str(_scalar(self._values[name]))
        found = DURATION.fullmatch(value)
        if found is None:
            self._fault(self._values[name], f"{name} is a duration, as in PT1H, P10D or P6M")
            return None
        part = {unit: int(number or 0) for unit, number in found.groupdict().items()}
        time = timedelta(days=part["days"], hours=part["hours"], minutes=part["minutes"])
        return Span(months=part["years"] * 12 + part["months"], time=time)

    def duration(self, name: str) -> timedelta | None:
        """Gives a fixed time, or None."""
        span = self.span(name)
        if span is None:
            return None
        if span.months:
            self._fault(self._values[name], f"{name} is counted in days, hours and minutes")
            return None
        return span.time

    def member(self, name: str, members: type[Member]) -> Member | None:
        """Gives a member of a closed list."""
        if name not in self._values:
            return None
        return self._member(self._values[name], members)

    def members(self, name: str, members: type[Member]) -> frozenset[Member]:
        """Gives members of a closed list, each once."""
        found: list[Member] = []
        for node in self._items(name):
            member = self._member(node, members)
            if member is None:
                continue
            if member in found:
                self._fault(node, f"{member.value} stands here twice")
            found.append(member)
        return frozenset(found)

    def countries(self, name: str) -> frozenset[str]:
        """Gives ISO 3166-1 codes, or `*` alone."""
        found: list[str] = []
        for node in self._items(name):
            value = str(_scalar_text(node))
            if not COUNTRY.fullmatch(value) and value != ANYWHERE:
                self._fault(node, f"{value!r} is not a country of two capital letters, nor *")
            elif value in found:
                self._fault(node, f"{value} stands here twice")
            found.append(value)
        if ANYWHERE in found and len(found) > 1:
            self._fault(self._values[name], "* stands alone")
        return frozenset(found)

    def mapping(self, name: str) -> "_Mapping | None":
        """Gives a mapping inside this one, or None."""
        if not self.has(name):
            return None
        return _Mapping(self._file, self._values[name], self._faults)

    def mappings(self, name: str) -> list["_Mapping"]:
        """Gives a list of mappings."""
        return [_Mapping(self._file, node, self._faults) for node in self._items(name)]

    def field_names(self) -> tuple[str, ...]:
        """Gives the names of the fields that are there."""
        return tuple(self._values)

    def _items(self, name: str) -> list[yaml.Node]:
        node = self._values.get(name)
        if node is None or _scalar(node) is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self._fault(node, f"{name} is a list")
            return []
        return list(node.value)

    def _member(self, node: yaml.Node, members: type[Member]) -> Member | None:
        value = str(_scalar_text(node))
        try:
            return members(value)
        except ValueError:
            known = ", ".join(member.value for member in members)
            self._fault(node, f"{value!r} is not one of {known}")
            return None

    def _fault(self, node: yaml.Node | None, why: str) -> None:
        mark = node.start_mark if node is not None else None
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        self._faults.append(Fault(self._file, line, column, why))


def _scalar(node: yaml.Node) -> Any:
    """Gives a scalar's value as YAML means it; of a list or mapping, something that is no text."""
    if not isinstance(node, yaml.ScalarNode):
        return ()
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node)
    except (ValueError, OverflowError, yaml.YAMLError):
        return ()  # a date like 2026-02-30, or a tag of another language
    finally:
        loader.dispose()


def _scalar_text(node: yaml.Node) -> str:
    """Gives a scalar as it is written: NO is Norway and not a truth value."""
    return str(node.value) if isinstance(node, yaml.ScalarNode) else "a list or mapping"


def _regime(reader: _Mapping, *, stem: str, digest: str) -> Regime:
    reader.expect(REGIME_FIELDS, REGIME_FIELDS - REGIME_OPTIONAL)
    regime_id = reader.identifier("id")
    if regime_id != stem:
        reader.fault("id", f"the id must be the file's name, {stem}")
    valid_from, valid_to = reader.day("valid_from"), reader.day("valid_to")
    if valid_from and valid_to and valid_to < valid_from:
        reader.fault("valid_to", "it ends before it begins")
    jurisdictions = reader.countries("jurisdictions")
    if not jurisdictions:
        reader.fault("jurisdictions", "at least one country, or *")
    kinds = [
        _kind(item, regime=regime_id, valid_from=valid_from, valid_to=valid_to)
        for item in reader.mappings("requests")
    ]
    closed = reader.truth("closed")
    if closed and kinds:
        reader.fault("closed", "a closed regime has no requests")
    return Regime(
        id=regime_id,
        name=reader.text("name"),
        citation=reader.text("citation"),
        jurisdictions=jurisdictions,
        others=frozenset(),
        valid_from=valid_from,
        valid_to=valid_to,
        version=f"{reader.day('version')}.{digest}",
        closed=closed,
        channel=reader.text("channel"),
        notes=reader.texts("notes"),
        own_duties=tuple(_duty(one, regime=regime_id) for one in reader.mappings("own_duties")),
        thresholds=tuple(
            _threshold(one, regime=regime_id) for one in reader.mappings("thresholds")
        ),
        requests=tuple(kinds),
        source=reader.texts("source"),
        confidence=reader.member("confidence", Confidence) or Confidence.LOW,
    )


def _duty(reader: _Mapping, *, regime: str) -> OwnDuty:
    reader.expect(DUTY_FIELDS, DUTY_FIELDS - DUTY_OPTIONAL)
    confidence, verified = _certainty(reader)
    return OwnDuty(
        id=reader.identifier("id"),
        regime=regime,
        duty=reader.text("duty"),
        deadline=reader.duration("deadline"),
        target=reader.duration("target"),
        articles=reader.text("articles"),
        source=reader.text("source"),
        confidence=confidence,
        verified=verified,
    )


def _threshold(reader: _Mapping, *, regime: str) -> Threshold:
    reader.expect(THRESHOLD_FIELDS, THRESHOLD_FIELDS - THRESHOLD_OPTIONAL)
    confidence, verified = _certainty(reader)
    return Threshold(
        id=reader.identifier("id"),
        regime=regime,
        duty=reader.text("duty"),
        counts=reader.member("counts", UserCount) or UserCount.MONTHLY,
        at_least=reader.number("at_least"),
        together=reader.truth("together"),
        articles=reader.text("articles"),
        source=reader.text("source"),
        confidence=confidence,
        verified=verified,
    )


def _kind(
    reader: _Mapping, *, regime: str, valid_from: date | None, valid_to: date | None
) -> RequestKind:
    reader.expect(KIND_FIELDS, KIND_REQUIRED)
    confidence, verified = _certainty(reader)
    kind = RequestKind(
        id=reader.identifier("id"),
        regime=regime,
        kind=reader.member("kind", LegalKind) or LegalKind.REMOVAL,
        form=reader.member("form", LegalForm) or LegalForm.REQUEST,
        title=reader.text("title"),
        data_categories=reader.members("data_categories", DataCategory),
        issuing_authorities=reader.members("issuing_authorities", AuthorityKind),
        validators=reader.members("validators", AuthorityKind),
        self_validating=reader.members("self_validating", AuthorityKind),
        validated_categories=reader.members("validated_categories", DataCategory),
        emergency_unvalidated=reader.truth("emergency_unvalidated"),
        emergency_only=reader.truth("emergency_only"),
        identification_only=reader.truth("identification_only"),
        mandatory_fields=reader.names("mandatory_fields"),
        conditional_fields=reader.names("conditional_fields"),
        deadline=reader.duration("deadline"),
        emergency_deadline=reader.duration("emergency_deadline"),
        target=reader.duration("target"),
        emergency_target=reader.duration("emergency_target"),
        deadline_text=reader.text("deadline_text"),
        clock_restarts=reader.truth("clock_restarts"),
        territory=reader.member("territory", Territory) or Territory.ORDER,
        grounds_to_refuse=reader.names("grounds_to_refuse"),
        refusal_form=reader.text("refusal_form"),
        notify=reader.member("notify", NotifyRule) or NotifyRule.NOT_APPLICABLE,
        notify_text=reader.text("notify_text"),
        notify_delay_max=reader.duration("notify_delay_max"),
        feedback=reader.names("feedback"),
        redress=reader.names("redress"),
        preservation=_preservation(reader),
        preserved_on_receipt=reader.truth("preserved_on_receipt"),
        enforcing_authority_notified=reader.truth("enforcing_authority_notified"),
        voluntary=reader.truth("voluntary"),
        windows=_windows(reader),
        articles=reader.text("articles"),
        source=reader.text("source"),
        confidence=confidence,
        verified=verified,
        open_points=reader.names("open_points"),
        notes=reader.texts("notes"),
        valid_from=reader.day("valid_from") or valid_from,
        valid_to=reader.day("valid_to") or valid_to,
    )
    _check_kind(reader, kind)
    return kind


def _check_kind(reader: _Mapping, kind: RequestKind) -> None:
    """Notes what each field allows and all of them together do not."""
    has_data = kind.kind not in (LegalKind.REMOVAL, LegalKind.GEO_RESTRICTION)
    validates = bool(kind.validators)
    wrong = (
        ("issuing_authorities", not kind.issuing_authorities, "somebody must be able to ask"),
        (
            "self_validating",
            bool(kind.self_validating - kind.issuing_authorities),
            "only who may issue it can do so without validation",
        ),
        (
            "validated_categories",
            bool(kind.validated_categories - kind.data_categories),
            "categories that are not among data_categories",
        ),
        (
            "validators",
            bool(kind.self_validating or kind.validated_categories) and not validates,
            "who validates it is missing",
        ),
        (
            "emergency_unvalidated",
            kind.emergency_unvalidated and not (validates and kind.emergency_lane),
            "needs validators and an emergency lane",
        ),
        (
            "emergency_only",
            kind.emergency_only and not kind.emergency_lane,
            "needs emergency_deadline or emergency_target",
        ),
        (
            "deadline",
            kind.deadline is None and kind.target is None,
            "needs the law's deadline or a target of the desk's own",
        ),
        (
            "data_categories",
            has_data != bool(kind.data_categories),
            "named exactly where data are asked for",
        ),
        (
            "preservation",
            kind.kind is LegalKind.PRESERVATION and kind.preservation is None,
            "a preservation says how long",
        ),
        (
            "preserved_on_receipt",
            kind.preserved_on_receipt and kind.kind not in RELEASING,
            "only what may be given is put away until it is",
        ),
    )
    for name, is_wrong, why in wrong:
        if is_wrong:
            reader.fault(name, why)


def _certainty(reader: _Mapping) -> tuple[Confidence, bool]:
    """Gives how sure an entry is; verified asks for high confidence and a text that was read."""
    confidence = reader.member("confidence", Confidence) or Confidence.LOW
    verified = reader.truth("verified")
    checked = reader.text("checked")
    if checked and checked not in CHECKED:
        reader.fault("checked", f"one of {', '.join(CHECKED)}")
    if verified and confidence is not Confidence.HIGH:
        reader.fault("verified", "only an entry of high confidence is verified")
    if verified and GENERAL_KNOWLEDGE.search(reader.text("source")) and not checked:
        reader.fault("verified", "general knowledge is verified only once it was checked")
    return confidence, verified


def _preservation(reader: _Mapping) -> PreservationRule | None:
    inner = reader.mapping("preservation")
    if inner is None:
        return None
    inner.expect(PRESERVATION_FIELDS, PRESERVATION_FIELDS - {"extension"})
    return PreservationRule(
        period=inner.span("period") or Span(),
        extension=inner.span("extension"),
        extension_rule=inner.text("extension_rule"),
    )


def _windows(reader: _Mapping) -> Mapping[Window, timedelta]:
    inner = reader.mapping("windows")
    if inner is None:
        return MappingProxyType({})
    inner.expect(frozenset(window.value for window in Window), frozenset())
    found = {
        window: inner.duration(window.value)
        for window in Window
        if window.value in inner.field_names()
    }
    return MappingProxyType({window: time for window, time in found.items() if time is not None})


def _twice(regime: Regime, others: Sequence[Regime], file: str) -> list[Fault]:
    """Finds ids of entries that another file uses too."""
    known = {one for other in others for one in _ids(other)}
    ids = _ids(regime)
    seen: set[str] = set()
    faults = []
    for one in ids:
        if one in known or one in seen:
            faults.append(Fault(file, 1, 1, f"{one} exists twice"))
        seen.add(one)
    return faults


def _ids(regime: Regime) -> list[str]:
    return [
        *(kind.id for kind in regime.requests),
        *(duty.id for duty in regime.own_duties),
        *(threshold.id for threshold in regime.thresholds),
    ]


def _with_others(regimes: Sequence[Regime]) -> list[Regime]:
    """Tells the regimes for `*` which countries they are not for.

    These are the closed ones, and those whose own law in force says how data are asked for: a
    voluntary lane never goes round it.
    """
    named = frozenset(
        country
        for one in regimes
        for country in one.jurisdictions - {ANYWHERE}
        if one.closed or (one.valid_from and any(kind.releases for kind in one.requests))
    )
    return [replace(one, others=named) if ANYWHERE in one.jurisdictions else one for one in regimes]
