"""Reads the text of a query policy; every fault is named with its line and what to do."""

import re
from collections.abc import Iterator, Mapping

import yaml

from evenhand.base.errors import InputRefused
from evenhand.base.harms import harms
from evenhand.base.lists import Language
from evenhand.base.yaml_text import YamlFault, compose
from evenhand.search.lists import HelpKind
from evenhand.search.phrases import Phrase, PhraseRefused
from evenhand.search.policy_limits import (
    FIXTURE_CHARACTERS_MAX,
    PHRASE_CHARACTERS_MAX,
    PHRASES_MAX,
    POLICY_BYTES_MAX,
    TITLE_CHARACTERS_MAX,
    VERSION_CHARACTERS_MAX,
)
from evenhand.search.topics import Fixture, PolicyText, Topic

_ID = re.compile(r"[a-z][a-z0-9_]{0,59}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")

_POLICY = frozenset({"version", "title", "topics", "passes"})
_TOPIC = frozenset({"id", "harm", "says", "help", "items", "terms", "except", "hits", "passes"})
_OPTIONAL = frozenset({"items", "except", "passes"})


class PolicyRefused(InputRefused):
    """A query policy cannot be used; line and reason say why."""

    remedy = "Correct the policy at the line named."

    def in_words(self) -> str:
        """Gives line and reason in one line."""
        return f"line {self.fields['line']}: {self.fields['why']}"


def read_policy(text: str) -> PolicyText:
    """Gives what the YAML of a policy says."""
    if len(text.encode()) > POLICY_BYTES_MAX:
        raise PolicyRefused(line=1, why=f"larger than {POLICY_BYTES_MAX} bytes")
    try:
        root = compose(text)
    except YamlFault as fault:
        raise PolicyRefused(line=fault.line, why=fault.why) from fault
    fields = _fields(root, _POLICY)
    topics = tuple(_topic(node) for node in _sequence(fields["topics"]))
    if not topics:
        raise _refused(fields["topics"], "topics: at least one is wanted")
    _refuse_twins(topics)
    phrases = sum(len(topic.terms) + len(topic.exceptions) for topic in topics)
    if phrases > PHRASES_MAX:
        raise _refused(fields["topics"], f"{phrases} phrases; at most {PHRASES_MAX} are looked for")
    return PolicyText(
        version=_short(fields["version"], VERSION_CHARACTERS_MAX),
        title=_short(fields["title"], TITLE_CHARACTERS_MAX),
        topics=topics,
        passes=tuple(_fixtures(fields.get("passes"))),
    )


def _topic(node: yaml.Node) -> Topic:
    fields = _fields(node, _TOPIC)
    topic = _word(fields["id"])
    if not _ID.fullmatch(topic):
        raise _refused(fields["id"], "id: small letters, digits and _, at most 60, are wanted")
    harm = _word(fields["harm"])
    if harm not in harms():
        raise _refused(fields["harm"], f"no such harm: {harm}")
    items = _word(fields["items"]) if "items" in fields else "false"
    if items not in {"true", "false"}:
        raise _refused(fields["items"], "items: true or false is wanted")
    terms = tuple(_phrases(fields["terms"]))
    if not terms:
        raise _refused(fields["terms"], "terms: at least one phrase is wanted")
    hits = tuple(_fixtures(fields["hits"]))
    if not hits:
        raise _refused(fields["hits"], "hits: at least one query that must be refused is wanted")
    return Topic(
        id=topic,
        line=_line(node),
        harm=harm,
        says=_says(fields["says"]),
        help=tuple(_help(fields["help"])),
        items=items == "true",
        terms=terms,
        exceptions=tuple(_phrases(fields["except"])) if "except" in fields else (),
        hits=hits,
        passes=tuple(_fixtures(fields.get("passes"))),
    )


def _refuse_twins(topics: tuple[Topic, ...]) -> None:
    seen: dict[str, int] = {}
    for topic in topics:
        first = seen.setdefault(topic.id, topic.line)
        if first != topic.line:
            raise PolicyRefused(line=topic.line, why=f"{topic.id} stands in line {first} already")


def _says(node: yaml.Node) -> Mapping[Language, str]:
    said = _fields(node, frozenset(Language))
    return {language: _short(said[language.value], PHRASE_CHARACTERS_MAX) for language in Language}


def _help(node: yaml.Node) -> Iterator[HelpKind]:
    kinds = [(_word(one), one) for one in _sequence(node)]
    if not kinds:
        raise _refused(node, "help: at least one kind of help is wanted")
    for word, one in kinds:
        if word not in set(HelpKind):
            raise _refused(one, f"help: no such kind: {word}; known are {', '.join(HelpKind)}")
        yield HelpKind(word)


def _phrases(node: yaml.Node) -> Iterator[Phrase]:
    for language, phrases in _pairs(node):
        if not _LANGUAGE.fullmatch(_word(language)):
            raise _refused(language, f"{_word(language)}: an ISO 639 code is wanted")
        seen: dict[str, int] = {}
        for one in _sequence(phrases):
            text = _short(one, PHRASE_CHARACTERS_MAX)
            first = seen.setdefault(text, _line(one))
            if first != _line(one):
                raise _refused(one, f"{text}: it stands in line {first} already")
            try:
                yield Phrase.of(text, _line(one))
            except PhraseRefused as error:
                raise _refused(one, f"{text}: {error}") from error


def _fixtures(node: yaml.Node | None) -> Iterator[Fixture]:
    if node is not None:
        for one in _sequence(node):
            yield Fixture(_short(one, FIXTURE_CHARACTERS_MAX), _line(one))


def _fields(node: yaml.Node | None, known: frozenset[str]) -> dict[str, yaml.Node]:
    """Gives the fields of a mapping; refuses unknown ones, and lets none be missing."""
    fields: dict[str, yaml.Node] = {}
    for key, value in _pairs(node):
        name = _word(key)
        if name not in known:
            raise _refused(key, f"no such field: {name}; known are {', '.join(sorted(known))}")
        fields[name] = value
    for name in sorted(known - _OPTIONAL):
        if name not in fields:
            raise _refused(node, f"{name} is missing")
    return fields


def _pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Gives keys and values; YAML would take the last of two like keys without a word."""
    if not isinstance(node, yaml.MappingNode):
        raise _refused(node, "fields with values are wanted")
    seen = set()
    for key, value in node.value:
        if _word(key) in seen:
            raise _refused(key, f"{_word(key)} stands twice here")
        seen.add(_word(key))
        yield key, value


def _sequence(node: yaml.Node) -> list[yaml.Node]:
    if not isinstance(node, yaml.SequenceNode):
        raise _refused(node, "a list is wanted")
    return list(node.value)


def _short(node: yaml.Node, characters_max: int) -> str:
    said = _word(node).strip()
    if not said or len(said) > characters_max:
        raise _refused(node, f"1 to {characters_max} characters are wanted")
    return said


def _word(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _refused(node, "a word is wanted")
    return str(node.value)


def _refused(node: yaml.Node | None, why: str) -> PolicyRefused:
    return PolicyRefused(line=_line(node), why=why)


def _line(node: yaml.Node | None) -> int:
    return int(node.start_mark.line) + 1 if node else 1
