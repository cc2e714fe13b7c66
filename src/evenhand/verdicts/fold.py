"""Folds rule hits into one verdict per event: highest severity, then gravest action, then score.

Rules that act come before rules that only open a case, whatever their severity: a message that is
refused for selling drugs must not pass because it may be a threat as well.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from evenhand.base.lists import ActionKind, Language
from evenhand.rules.programme import Hits
from evenhand.rules.rule import Rule, RuleSet
from evenhand.verdicts.schema import RULE_STRUCT, VERDICT_SCHEMA, RuleHit, Verdict

GRAVITY = {kind: place for place, kind in enumerate(ActionKind)}
TOLD_IN_ENGLISH = Language.EN
TOLD = {language.value: language for language in Language}


def ranks(rules: RuleSet) -> npt.NDArray[np.int32]:
    """Gives each rule's rank among the others; the lowest rank decides."""
    order = sorted(range(len(rules.rules)), key=lambda place: _precedence(rules.rules[place]))
    result = np.empty(len(order), np.int32)
    result[order] = np.arange(len(order), dtype=np.int32)
    return result


def fold(
    batch: pa.RecordBatch,
    hits: Hits,
    rules: RuleSet,
    languages: Sequence[str | None] | None = None,
) -> pa.Table:
    """Gives one verdict per event that a rule fired for.

    `languages` gives each row's language, for the sentence that says why; without it the batch's
    own column is used.
    """
    if len(hits.rows) == 0:
        return VERDICT_SCHEMA.empty_table()
    order = np.lexsort((ranks(rules)[hits.rules], hits.rows))
    rows, fired = hits.rows[order], hits.rules[order]
    begins = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
    offsets = pa.array(np.r_[begins, len(rows)].astype(np.int32))
    flagged, deciding = rows[begins], fired[begins]
    spoken = _spoken(batch, flagged, languages)
    taken = pa.array(flagged)
    return pa.Table.from_arrays(
        [
            taken,
            batch["event_id"].take(taken),
            batch["account"].take(taken),
            batch["channel"].take(taken),
            _per_rule(rules, deciding, lambda rule: rule.harm, pa.string()),
            _per_rule(rules, deciding, lambda rule: rule.severity, pa.int8()),
            _per_rule(rules, deciding, lambda rule: rule.score, pa.float32()),
            pa.ListArray.from_arrays(offsets, _rule_structs(rules, fired)),
            _per_rule(rules, deciding, lambda rule: rule.proposes.value, pa.string()),
            _per_rule(rules, deciding, lambda rule: rule.exact, pa.bool_()),
            pa.array(spoken, pa.string()),
            pa.array(
                [
                    sentence(rules.rules[place], language)
                    for place, language in zip(deciding.tolist(), spoken, strict=True)
                ]
            ),
        ],
        schema=VERDICT_SCHEMA,
    )


def fold_one(
    event_id: str, fired: Sequence[int], rules: RuleSet, language: str | None
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
    )


def sentence(rule: Rule, language: str | None) -> str:
    """Gives the sentence that a rule says, in the reader's language or else in English."""
    return rule.says[TOLD.get(language or "", TOLD_IN_ENGLISH)]


def _precedence(rule: Rule) -> tuple[bool, int, int, float, str]:
    only_asks = rule.proposes is ActionKind.NONE
    return (only_asks, -rule.severity, -GRAVITY[rule.proposes], -rule.score, rule.id)


def _spoken(
    batch: pa.RecordBatch, flagged: npt.NDArray[np.int32], languages: Sequence[str | None] | None
) -> list[str | None]:
    if languages is None:
        stated: list[str | None] = batch["language"].take(pa.array(flagged)).to_pylist()
        return stated
    return [languages[row] for row in flagged.tolist()]


def _per_rule(
    rules: RuleSet,
    places: npt.NDArray[np.int32],
    member: Callable[[Rule], object],
    type_: pa.DataType,
) -> pa.Array:
    return pa.array([member(rule) for rule in rules.rules], type_).take(pa.array(places))


def _rule_structs(rules: RuleSet, places: npt.NDArray[np.int32]) -> pa.Array:
    known: list[Mapping[str, str]] = [
        {"id": rule.id, "version": rule.version} for rule in rules.rules
    ]
    return pa.array(known, RULE_STRUCT).take(pa.array(places))
