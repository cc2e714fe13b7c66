"""Folds rule hits into one verdict per event: highest severity, then gravest action, then score.

Rules that act come before rules that only open a case, whatever their severity: a message that is
refused for selling drugs must not pass because it may be a threat as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from evenhand.base.lists import ActionKind, Language
from evenhand.rules.noticed import Noticed
from evenhand.rules.programme import Hits
from evenhand.rules.rule import Rule, RuleSet
from evenhand.verdicts.schema import RULE_STRUCT, VERDICT_SCHEMA, RuleHit, Verdict

GRAVITY = {kind: place for place, kind in enumerate(ActionKind)}
TOLD_IN_ENGLISH = Language.EN
TOLD = {language.value: language for language in Language}
_PLACES = {language.value: place for place, language in enumerate(Language)}
_ENGLISH = _PLACES[TOLD_IN_ENGLISH.value]
_WHOSE = ("event_id", "account", "channel")
"""Columns of an event that its verdict takes over."""


def ranks(rules: RuleSet) -> npt.NDArray[np.int32]:
    """Gives each rule's rank among the others; the lowest rank decides."""
    order = sorted(range(len(rules.rules)), key=lambda place: _precedence(rules.rules[place]))
    result = np.empty(len(order), np.int32)
    result[order] = np.arange(len(order), dtype=np.int32)
    return result


@dataclass(frozen=True, slots=True)
class Folder:
    """A set of rules with all that verdicts take from them, made once for all batches.

    columns    an entry per rule
    named      its name and version
    sentences  what it says, in each language in turn
    """

    _ranks: npt.NDArray[np.int32]
    _columns: pa.RecordBatch
    _named: pa.Array
    _sentences: pa.Array

    @classmethod
    def of(cls, rules: RuleSet) -> Self:
        """Gives what verdicts take from a set of rules."""
        every = rules.rules
        columns = {
            "harm": pa.array([rule.harm for rule in every], pa.string()),
            "severity": pa.array([rule.severity for rule in every], pa.int8()),
            "score": pa.array([rule.score for rule in every], pa.float32()),
            "action": pa.array([rule.proposes.value for rule in every], pa.string()),
            "exact": pa.array([rule.exact for rule in every], pa.bool_()),
        }
        named = [{"id": rule.id, "version": rule.version} for rule in every]
        sentences = [rule.says[language] for rule in every for language in Language]
        return cls(
            ranks(rules),
            pa.RecordBatch.from_pydict(columns),
            pa.array(named, RULE_STRUCT),
            pa.array(sentences, pa.string()),
        )

    def fold(
        self, batch: pa.RecordBatch, hits: Hits, languages: Sequence[str | None] | None = None
    ) -> pa.Table:
        """Gives one verdict per event that a rule fired for.

        `languages` gives the language of each flagged row, in order, for the sentence that says
        why; without it the batch's own column is used.
        """
        if len(hits.rows) == 0:
            return VERDICT_SCHEMA.empty_table()
        order = np.lexsort((self._ranks[hits.rules], hits.rows))
        rows, fired = hits.rows[order], hits.rules[order]
        begins = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
        ends = pa.array(np.r_[begins, len(rows)].astype(np.int32))
        taken, deciding = pa.array(rows[begins]), fired[begins]
        if languages is None:
            languages = batch["language"].take(taken).to_pylist()
        told = [_PLACES.get(language or "", _ENGLISH) for language in languages]
        said = deciding * np.int32(len(_PLACES)) + np.array(told, np.int32)
        columns = {
            "row": taken,
            **_taken(batch.select(_WHOSE), taken),
            **_taken(self._columns, pa.array(deciding)),
            "rules": pa.ListArray.from_arrays(ends, self._named.take(pa.array(fired))),
            "language": pa.array(languages, pa.string()),
            "reason": self._sentences.take(pa.array(said)),
        }
        return pa.Table.from_arrays(
            [columns[name] for name in VERDICT_SCHEMA.names], schema=VERDICT_SCHEMA
        )


def _taken(batch: pa.RecordBatch, rows: pa.Array) -> Mapping[str, pa.Array]:
    """Gives some rows of all columns, by their names."""
    return dict(zip(batch.schema.names, batch.take(rows).columns, strict=True))


def fold_one(
    event_id: str,
    fired: Sequence[int],
    rules: RuleSet,
    language: str | None,
    noticed: Noticed = (),
) -> Verdict | None:
    """Gives the verdict on one event for which these rules fired, or None if none did."""
    if not fired:
        return None
    found = sorted((rules.rules[place] for place in fired), key=_precedence)
    first = found[0]
    return Verdict(
        event_id=event_id,
        harm=first.harm,
        severity=first.severity,
        score=first.score,
        rules=tuple(RuleHit(rule.id, rule.version) for rule in found),
        action=first.proposes,
        exact=first.exact,
        language=language,
        reason=sentence(first, language),
        noticed=noticed,
    )


def sentence(rule: Rule, language: str | None) -> str:
    """Gives the sentence that a rule says, in the reader's language or else in English."""
    return rule.says[TOLD.get(language or "", TOLD_IN_ENGLISH)]


def _precedence(rule: Rule) -> tuple[bool, int, int, float, str]:
    only_asks = rule.proposes is ActionKind.NONE
    return (only_asks, -rule.severity, -GRAVITY[rule.proposes], -rule.score, rule.id)
