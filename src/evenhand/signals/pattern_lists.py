"""Lists of patterns, read from YAML; every fault is named with its list, its line and itself."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

import yaml

from evenhand.base.cache import cached_bytes, forget_cached
from evenhand.base.errors import Misconfigured
from evenhand.base.yaml_text import YamlFault, compose
from evenhand.signals.limits import (
    OWNER_CHARACTERS_MAX,
    PATTERN_CHARACTERS_MAX,
    PATTERN_FILE_BYTES_MAX,
)

KEPT_BYTES_MIN = 1_000
"""Bytes from which a list is kept as it was read: to read YAML takes longest of all when a door
starts, and it stops every other thread of one that answers meanwhile."""

_KEPT_FORMAT = 2
"""Raised whenever a list is read in another way than before."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class View(StrEnum):
    """What a list is looked for in."""

    RAW = "raw"
    NORMALISED = "normalised"


class PatternRefused(Misconfigured):
    """A list of patterns cannot be used; list, line and pattern say where and why."""

    remedy = "Correct the pattern at the line named."


@dataclass(frozen=True, slots=True)
class Pattern:
    """One thing to look for.

    text      a literal, or None; `*` at an end means that letters may go on there
    regex     a regular expression, or None
    bounded   of a regex: no letter or digit may stand beside what it finds
    expires   its last day in UTC, or its list's, whichever is earlier; None if it has no end
    """

    list_name: str
    line: int
    text: str | None
    regex: str | None
    bounded: bool
    languages: tuple[str, ...]
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class PatternList:
    """A named list of patterns and the views in which they are looked for.

    owner  who answers for it; empty if nobody is named
    """

    name: str
    views: frozenset[View]
    patterns: tuple[Pattern, ...]
    owner: str = ""


def read_pattern_lists(folder: Path) -> tuple[PatternList, ...]:
    """Gives every list of a folder, by name; the file is named after its list."""
    lists = tuple(read_pattern_list(path) for path in sorted(folder.glob("*.yaml")))
    assert len({one.name for one in lists}) == len(lists)
    return lists


def read_pattern_list(path: Path) -> PatternList:
    """Gives the list in one file."""
    if path.stat().st_size > PATTERN_FILE_BYTES_MAX:
        raise PatternRefused(list=path.stem, line=1, why=f"over {PATTERN_FILE_BYTES_MAX} bytes")
    content = path.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        why = f"not UTF-8 at byte {error.start}"
        raise PatternRefused(list=path.stem, line=1, why=why) from error
    if len(content) < KEPT_BYTES_MIN:
        return parse_pattern_list(text, name=path.stem)
    digest = hashlib.sha256(f"{_KEPT_FORMAT} {path.stem}\n".encode() + content).hexdigest()
    name = f"patterns-{digest[:40]}.json"
    kept = cached_bytes(name, lambda: _packed(parse_pattern_list(text, name=path.stem)))
    try:
        return _unpacked(kept, path.stem)
    except (ValueError, TypeError, KeyError):
        forget_cached(name)
        return parse_pattern_list(text, name=path.stem)


def _packed(one: PatternList) -> bytes:
    patterns = [
        (each.line, each.text, each.regex, each.bounded, each.languages,
         each.expires and each.expires.isoformat())
        for each in one.patterns
    ]  # fmt: skip
    kept = {"views": sorted(one.views), "owner": one.owner, "patterns": patterns}
    return json.dumps(kept).encode()


def _unpacked(content: bytes, name: str) -> PatternList:
    kept = json.loads(content)
    patterns = tuple(
        Pattern(
            name, line, text, regex, bounded, tuple(languages),
            date.fromisoformat(expires) if expires else None,
        )
        for line, text, regex, bounded, languages, expires in kept["patterns"]
    )  # fmt: skip
    return PatternList(name, frozenset(map(View, kept["views"])), patterns, kept["owner"])


def parse_pattern_list(content: str, *, name: str) -> PatternList:
    """Gives the list that a YAML text holds; `name` is what it must be called."""
    try:
        root = compose(content)
    except YamlFault as fault:
        raise PatternRefused(list=name, line=fault.line, why=fault.why) from fault
    fields = dict(_fields(root, name, {"name", "views", "patterns", "about", "owner", "expires"}))
    given = fields.get("name")
    if not _NAME.fullmatch(name) or given is None or _word(given, name) != name:
        raise PatternRefused(list=name, line=_line(root), why="name differs from the file's")
    views = frozenset(_views(fields.get("views"), name))
    patterns = fields.get("patterns")
    if not isinstance(patterns, yaml.SequenceNode) or not patterns.value:
        raise PatternRefused(list=name, line=_line(root), why="patterns: a list is wanted")
    owner, ends = _owner(fields, name), _day(fields.get("expires"), name)
    found = tuple(_pattern(node, name, ends) for node in patterns.value)
    _refuse_twins(found)
    if not owner and any(pattern.expires for pattern in found):
        why = "owner: who answers for a list that ends is wanted"
        raise PatternRefused(list=name, line=_line(root), why=why)
    return PatternList(name, views, found, owner)


def _owner(fields: Mapping[str, yaml.Node], name: str) -> str:
    if "owner" not in fields:
        return ""
    said = _word(fields["owner"], name).strip()
    if not said or len(said) > OWNER_CHARACTERS_MAX or not said.isprintable():
        why = f"owner: 1 to {OWNER_CHARACTERS_MAX} characters are wanted"
        raise PatternRefused(list=name, line=_line(fields["owner"]), why=why)
    return said


def _day(node: yaml.Node | None, name: str) -> date | None:
    if node is None:
        return None
    try:
        return date.fromisoformat(_word(node, name))
    except ValueError as error:
        why = "expires: a day such as 2026-12-31 is wanted"
        raise PatternRefused(list=name, line=_line(node), why=why) from error


def _refuse_twins(patterns: Sequence[Pattern]) -> None:
    seen: dict[tuple[str | None, str | None], int] = {}
    for pattern in patterns:
        first = seen.setdefault((pattern.text, pattern.regex), pattern.line)
        if first != pattern.line:
            raise refused(pattern, f"it stands in line {first} already")


def refused(pattern: Pattern, why: str) -> PatternRefused:
    """Gives the error that names a pattern by its list, its line and itself."""
    return PatternRefused(
        list=pattern.list_name, line=pattern.line, pattern=pattern.text or pattern.regex, why=why
    )


def _pattern(node: yaml.Node, name: str, ends: date | None) -> Pattern:
    fields = dict(_fields(node, name, {"text", "regex", "bounded", "languages", "expires"}))
    line = _line(node)
    if ("text" in fields) == ("regex" in fields):
        raise PatternRefused(list=name, line=line, why="either text or regex is wanted")
    what = _word(fields["text"] if "text" in fields else fields["regex"], name)
    if not what.strip(" *") or len(what) > PATTERN_CHARACTERS_MAX:
        why = f"1 to {PATTERN_CHARACTERS_MAX} characters are wanted"
        raise PatternRefused(list=name, line=line, why=why)
    bounded = fields.get("bounded")
    if bounded is not None and "regex" not in fields:
        raise PatternRefused(list=name, line=line, pattern=what, why="a text is always bounded")
    if bounded is not None and _word(bounded, name) not in {"true", "false"}:
        raise PatternRefused(list=name, line=line, pattern=what, why="bounded: true or false")
    own = _day(fields.get("expires"), name)
    languages = tuple(_words(fields.get("languages"), name))
    if any(not _LANGUAGE.fullmatch(language) for language in languages):
        raise PatternRefused(list=name, line=line, pattern=what, why="languages: ISO 639 codes")
    return Pattern(
        list_name=name,
        line=line,
        text=what if "text" in fields else None,
        regex=what if "regex" in fields else None,
        bounded=bounded is not None and _word(bounded, name) == "true",
        languages=languages,
        expires=min((day for day in (own, ends) if day), default=None),
    )


def _views(node: yaml.Node | None, name: str) -> Iterator[View]:
    if node is None:
        yield View.NORMALISED
        return
    for word in _words(node, name):
        try:
            yield View(word)
        except ValueError as error:
            why = f"views: {' and '.join(View)} are known"
            raise PatternRefused(list=name, line=_line(node), why=why) from error


def _fields(node: yaml.Node | None, name: str, known: set[str]) -> Iterator[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise PatternRefused(list=name, line=_line(node), why="fields with values are wanted")
    seen = set()
    for key, value in node.value:
        word = _word(key, name)
        if word not in known or word in seen:
            why = f"{word}: unknown or twice; known are {', '.join(sorted(known))}"
            raise PatternRefused(list=name, line=_line(key), why=why)
        seen.add(word)
        yield word, value


def _words(node: yaml.Node | None, name: str) -> Iterator[str]:
    if node is None:
        return
    if not isinstance(node, yaml.SequenceNode):
        raise PatternRefused(list=name, line=_line(node), why="a list is wanted")
    for item in node.value:
        yield _word(item, name)


def _word(node: yaml.Node, name: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise PatternRefused(list=name, line=_line(node), why="a word is wanted")
    return str(node.value)


def _line(node: yaml.Node | None) -> int:
    return int(node.start_mark.line) + 1 if node else 1
