"""Reads rules from YAML files; what is wrong is named with file, line and column."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from evenhand.base import yaml_text
from evenhand.base.errors import InputRefused
from evenhand.base.harms import harms
from evenhand.base.lists import AUTOMATED_KINDS, ActionKind, Language
from evenhand.base.yaml_text import YamlFault
from evenhand.rules.evidence import leans_on_models_alone
from evenhand.rules.grammar import ConditionRefused, columns_of, parse
from evenhand.rules.limits import (
    BUDGET_MAX,
    DELAY_MINUTES_MAX,
    NUMBER_MAX,
    RULE_FILE_BYTES_MAX,
    RULES_MAX,
    SAYS_CHARACTERS_MAX,
    VERSION_CHARACTERS_MAX,
    WHOLE_MAX,
)
from evenhand.rules.rule import Budget, Fixture, Rule, RuleSet
from evenhand.signals.columns import ColumnType, SignalColumn

FIELDS = frozenset(
    {
        "id", "version", "title", "harm", "proposes", "opens_case", "score", "exact", "owner",
        "author", "false_positives", "references", "says", "when", "fixtures", "budget",
        "delay_minutes",
    }
)  # fmt: skip
OPTIONAL = frozenset({"opens_case", "exact", "budget", "delay_minutes"})
ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
"""What an id may be: it names a file, and stands in addresses."""

VERSION = re.compile(rf"[A-Za-z0-9][A-Za-z0-9.-]{{0,{VERSION_CHARACTERS_MAX - 1}}}")
"""What an author may state as the version: it names a file, too."""

AT_ONCE = frozenset({ActionKind.NONE, ActionKind.HOLD, ActionKind.REFUSE})
"""What follows while somebody waits for the answer: there is nothing to delay."""

ALONE = AUTOMATED_KINDS | {ActionKind.REDACT}
WITHOUT_EVIDENCE = frozenset({ActionKind.NONE, ActionKind.HOLD})


class RuleRefused(InputRefused):
    """A rule file cannot be used."""

    remedy = "Correct the rule file at the place named."

    def in_words(self) -> str:
        """Gives file, line and reason in one line."""
        at = f" line {self.fields['line']}" if "line" in self.fields else ""
        return f"{self.fields['file']}{at}: {self.fields['why']}"


Reading = Callable[[str, Path, Mapping[str, SignalColumn]], Rule]
"""Gives the rule that a text holds, as a file of this name would."""


def load_rules(
    folder: Path, columns: Mapping[str, SignalColumn], read: Reading | None = None
) -> RuleSet:
    """Gives every rule of a folder, ordered by id.

    Raises `RuleRefused` for the first file with a fault; `also` says what is wrong with others.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise RuleRefused(folder=folder.name, why="no rule in it")
    if len(paths) > RULES_MAX:
        raise RuleRefused(folder=folder.name, why=f"more than {RULES_MAX} rules")
    rules, faults = [], []
    for path in paths:
        try:
            rules.append(load_rule(path, columns, read))
        except RuleRefused as fault:
            faults.append(fault)
    if not faults:
        return RuleSet(tuple(rules))
    if also := [one.in_words() for one in faults[1:]]:
        raise RuleRefused(**faults[0].fields, also=tuple(also)) from faults[0]
    raise faults[0]


def load_rule(path: Path, columns: Mapping[str, SignalColumn], read: Reading | None = None) -> Rule:
    """Gives the rule of one file."""
    if path.stat().st_size > RULE_FILE_BYTES_MAX:
        raise _too_large(path)
    try:
        return (read or read_rule)(path.read_text(encoding="utf-8"), path, columns)
    except UnicodeDecodeError as error:
        raise RuleRefused(file=path.name, why=f"not UTF-8 at byte {error.start}") from error


def read_rule(text: str, path: Path, columns: Mapping[str, SignalColumn]) -> Rule:
    """Gives the rule that a text holds, as a file of this name would."""
    if len(text.encode()) > RULE_FILE_BYTES_MAX:
        raise _too_large(path)
    try:
        node, content = yaml_text.compose(text), yaml_text.values(text)
    except YamlFault as fault:
        raise RuleRefused(
            file=path.name, line=fault.line, column=fault.column, why=fault.why
        ) from fault
    if not isinstance(node, yaml.MappingNode) or not isinstance(content, dict):
        raise RuleRefused(file=path.name, line=1, why="a rule is a mapping")
    _refuse_repeated_keys(node, path)
    return _Reader(path, text, node, content).rule(columns)


def _too_large(path: Path) -> RuleRefused:
    return RuleRefused(file=path.name, why=f"larger than {RULE_FILE_BYTES_MAX} bytes")


def _refuse_repeated_keys(node: yaml.Node, path: Path) -> None:
    """Refuses a key that stands twice in one mapping: YAML would take the last without a word."""
    waiting, met = [node], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in met:
            continue
        met.add(id(one))
        if isinstance(one, yaml.SequenceNode):
            waiting += one.value
        elif isinstance(one, yaml.MappingNode):
            keys = set[str]()
            for key, value in one.value:
                mark = key.start_mark
                if str(key.value) in keys:
                    raise RuleRefused(
                        file=path.name,
                        line=mark.line + 1,
                        column=mark.column + 1,
                        why=f"{key.value} stands twice here",
                    )
                keys.add(str(key.value))
                waiting.append(value)


class _Reader:
    """Reads one file's mapping field by field."""

    def __init__(
        self, path: Path, text: str, node: yaml.MappingNode, content: dict[str, Any]
    ) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._content = content
        self._nodes = {str(key.value): value for key, value in node.value}
        self._keys = {str(key.value): key for key, _ in node.value}

    def rule(self, columns: Mapping[str, SignalColumn]) -> Rule:
        for name in self._content:
            if name not in FIELDS:
                raise self._refused(str(name), f"no such field: {name}")
        for name in sorted(FIELDS - OPTIONAL):
            if name not in self._content:
                raise RuleRefused(file=self._path.name, line=1, why=f"{name} is missing")
        named = self._path.stem.partition("@")[0]  # a version in force: ID@VERSION.yaml
        if self._text("id") != named:
            raise self._refused("id", f"the id must be the file's name, {named}")
        if not ID.fullmatch(named):
            raise self._refused("id", "an id is small letters, digits and _, at most 64")
        harm = harms().get(self._text("harm"))
        if harm is None:
            raise self._refused("harm", f"no such harm: {self._text('harm')}")
        condition = self._condition(columns)
        rule = Rule(
            id=self._text("id"),
            version="",
            title=self._text("title"),
            harm=harm.code,
            severity=harm.severity,
            proposes=self._proposes(),
            opens_case=self._truth("opens_case"),
            score=self._score(),
            exact=self._truth("exact"),
            owner=self._text("owner"),
            author=self._text("author"),
            false_positives=self._texts("false_positives"),
            references=self._texts("references"),
            says=self._says(),
            when=self._text("when"),
            condition=condition,
            hits=self._fixtures("hits", columns),
            passes=self._fixtures("passes", columns),
            budget=self._budget(),
            delay_minutes=self._delay(),
        )
        self._check_proposal(rule, columns)
        return _versioned(rule, stated=self._version())

    def _check_proposal(self, rule: Rule, columns: Mapping[str, SignalColumn]) -> None:
        if rule.proposes not in ALONE:
            raise self._refused("proposes", f"a rule alone may not {rule.proposes}")
        if rule.proposes is ActionKind.REDACT and not rule.exact:
            raise self._refused("proposes", "only an exact match may redact")
        if rule.proposes is ActionKind.NONE and not rule.opens_case:
            raise self._refused("proposes", "a rule that proposes none must open a case")
        if leans_on_models_alone(rule.condition, columns) and rule.proposes not in WITHOUT_EVIDENCE:
            raise self._refused("when", "a model's score alone may only open a case or hold")
        if rule.delay_minutes and rule.proposes in AT_ONCE:
            raise self._refused("delay_minutes", f"what is answered at once ({rule.proposes})")

    def _condition(self, columns: Mapping[str, SignalColumn]) -> Any:
        node = self._nodes["when"]
        try:
            return parse(self._text("when"), columns)
        except ConditionRefused as error:
            line, column = self._place(
                node, int(str(error.fields["line"])), int(str(error.fields["column"]))
            )
            raise RuleRefused(
                file=self._path.name, line=line, column=column, why=error.fields["why"]
            ) from error

    def _place(self, node: yaml.Node, line: int, column: int) -> tuple[int, int]:
        """Gives the place in the file of a place in a text that stands at a node."""
        assert isinstance(node, yaml.ScalarNode), "it was read as a text"
        mark = node.start_mark
        if node.style not in ("|", ">"):
            quote = node.style in ("'", '"')
            return mark.line + line, column + (mark.column + quote if line == 1 else 0)
        at = mark.line + 1
        while at < len(self._lines) - 1 and not self._lines[at].strip():
            at += 1  # the text begins where something stands
        indent = len(self._lines[at]) - len(self._lines[at].lstrip(" "))
        return at + line, column + indent

    def _version(self) -> str:
        version = str(self._content["version"])
        if not VERSION.fullmatch(version):
            why = f"letters, digits, points and -, at most {VERSION_CHARACTERS_MAX}"
            raise self._refused("version", f"a version is {why}")
        return version

    def _budget(self) -> Budget:
        if "budget" not in self._content:
            return Budget()
        told = self._content["budget"]
        if not isinstance(told, dict) or not told or set(told) - {"hour", "day"}:
            raise self._refused("budget", "a budget is hour, day or both")
        if not all(type(one) is int and 1 <= one <= BUDGET_MAX for one in told.values()):
            raise self._refused("budget", f"a budget is a whole number from 1 to {BUDGET_MAX:,}")
        if told.get("hour", 0) > told.get("day", BUDGET_MAX):
            why = f"{told['hour']:,} in an hour are more than {told['day']:,} in a day"
            raise self._refused("budget", why)
        return Budget(**told)

    def _delay(self) -> int:
        minutes = self._content.get("delay_minutes", 0)
        if type(minutes) is not int or not 0 <= minutes <= DELAY_MINUTES_MAX:
            raise self._refused("delay_minutes", f"from 0 to {DELAY_MINUTES_MAX} minutes")
        return minutes

    def _proposes(self) -> ActionKind:
        try:
            return ActionKind(self._text("proposes"))
        except ValueError as error:
            raise self._refused("proposes", f"no such action: {self._text('proposes')}") from error

    def _score(self) -> float:
        score = self._content["score"]
        exact = self._truth("exact")
        if exact and score != 1:
            raise self._refused("score", "an exact match scores 1.0")
        if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
            raise self._refused("score", "a score is a number from 0 to 1")
        return float(score)

    def _says(self) -> dict[Language, str]:
        says = self._content["says"]
        wanted = {language.value for language in Language}
        if not isinstance(says, dict) or set(says) != wanted:
            raise self._refused("says", f"one sentence in each of {', '.join(sorted(wanted))}")
        if not all(isinstance(text, str) and text.strip() for text in says.values()):
            raise self._refused("says", "each sentence is a text")
        if any(len(text.strip()) > SAYS_CHARACTERS_MAX for text in says.values()):
            raise self._refused("says", f"a sentence has at most {SAYS_CHARACTERS_MAX} characters")
        return {Language(language): str(text).strip() for language, text in says.items()}

    def _fixtures(self, kind: str, columns: Mapping[str, SignalColumn]) -> tuple[Fixture, ...]:
        node = self._nodes["fixtures"]
        members = {str(k.value): v for k, v in node.value} if hasattr(node, "value") else {}
        stated = self._content["fixtures"]
        if not isinstance(stated, dict) or set(stated) != {"hits", "passes"}:
            raise self._refused("fixtures", "fixtures are hits and passes")
        listed = stated[kind]
        if not isinstance(listed, list) or not listed:
            raise self._refused("fixtures", f"at least one event must be under {kind}")
        return tuple(
            self._fixture(event, item, columns)
            for event, item in zip(listed, members[kind].value, strict=True)
        )

    def _fixture(
        self, event: object, node: yaml.Node, columns: Mapping[str, SignalColumn]
    ) -> Fixture:
        line = node.start_mark.line + 1
        if not isinstance(event, dict):
            raise RuleRefused(file=self._path.name, line=line, why="a fixture is a mapping")
        fields = {str(name): value for name, value in event.items() if name != "signals"}
        if "lang" in fields:
            fields["language"] = fields.pop("lang")
        signals = event.get("signals", {})
        if not isinstance(signals, dict):
            raise RuleRefused(file=self._path.name, line=line, why="signals is a mapping")
        marks = _marks(node, "signals")
        for name, value in signals.items():
            mark = marks.get(str(name), node.start_mark)
            place = {"line": mark.line + 1, "column": mark.column + 1}
            if name not in columns:
                raise RuleRefused(file=self._path.name, **place, why=f"no such signal: {name}")
            if not _fits(value, columns[name]):
                why = f"{name} is a {columns[name].type.value}, and never {value!r:.40}"
                raise RuleRefused(file=self._path.name, **place, why=why)
        return Fixture(event=fields, signals=signals, line=line)

    def _text(self, name: str) -> str:
        value = self._content[name]
        if not isinstance(value, str) or not value.strip():
            raise self._refused(name, f"{name} is a text")
        return value.strip()

    def _texts(self, name: str) -> tuple[str, ...]:
        value = self._content[name]
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise self._refused(name, f"{name} is a list of texts")
        return tuple(value)

    def _truth(self, name: str) -> bool:
        value = self._content.get(name, False)
        if not isinstance(value, bool):
            raise self._refused(name, f"{name} is true or false")
        return value

    def _refused(self, name: str, why: str) -> RuleRefused:
        mark = self._keys[name].start_mark
        return RuleRefused(
            file=self._path.name, line=mark.line + 1, column=mark.column + 1, field=name, why=why
        )


def _marks(node: yaml.Node, name: str) -> dict[str, yaml.Mark]:
    """Gives where the members of a mapping within a mapping begin, by their names."""
    held = {str(k.value): v for k, v in node.value} if isinstance(node, yaml.MappingNode) else {}
    inner = held.get(name)
    if not isinstance(inner, yaml.MappingNode):
        return {}
    return {str(key.value): value.start_mark for key, value in inner.value}


def _fits(value: object, column: SignalColumn) -> bool:
    """Tells whether a column may have a value; nothing at all is that it is not known."""
    match value:
        case None:
            return True
        case bool():
            return column.type is ColumnType.TRUTH
        case int() if column.type is ColumnType.WHOLE:
            return 0 <= value <= WHOLE_MAX
        case int() | float():
            return column.type is ColumnType.SHARE and abs(value) <= NUMBER_MAX
        case str():
            named = value in column.words or not column.words
            formed = not column.form or re.fullmatch(column.form, value) is not None
            return column.type is ColumnType.WORD and named and formed
        case _:
            return False


def _versioned(rule: Rule, *, stated: str) -> Rule:
    """Gives the rule with its version: as stated, then a hash over everything that decides."""
    decides = [
        rule.id, rule.harm, rule.proposes.value, rule.opens_case, rule.score, rule.exact, rule.when,
        {language.value: text for language, text in rule.says.items()},
    ]  # fmt: skip
    if rule.budget != Budget() or rule.delay_minutes:
        decides += [rule.budget.hour, rule.budget.day, rule.delay_minutes]
    digest = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
    return replace(rule, version=f"{stated}.{digest[:8]}")


def columns_used(rules: RuleSet) -> frozenset[str]:
    """Gives the names of the columns that a set of rules looks at."""
    return frozenset().union(*(columns_of(rule.condition) for rule in rules.rules))


@dataclass(frozen=True, slots=True)
class Told:
    """What can be read of a rule without knowing the signals: for who asks about an old one.

    says  what people are told, by language
    """

    author: str
    says: Mapping[str, str]
    delay_minutes: int


def told_of(text: str) -> Told:
    """Gives what a text says that was read as a rule before; nothing where it holds no rule."""
    try:
        content = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        content = None
    held = content if isinstance(content, dict) else {}
    says, delay = held.get("says"), held.get("delay_minutes")
    return Told(
        author=str(held.get("author", "")),
        says={str(key): str(value).strip() for key, value in says.items()}
        if isinstance(says, dict)
        else {},
        delay_minutes=delay if isinstance(delay, int) else 0,
    )
