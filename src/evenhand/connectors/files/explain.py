"""Shows for one message every signal and rule that mattered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evenhand.connectors.files.events import SteadyClock
from evenhand.connectors.files.formats import Source
from evenhand.connectors.files.ledger import Ledger
from evenhand.connectors.files.limits import EXPLAINED_MAX
from evenhand.connectors.files.problems import FileRefused
from evenhand.connectors.files.summary import printable
from evenhand.pipeline import Explanation, RuleInputs, Scope, ScreeningPlane

Batches = Callable[[Source, Ledger], Iterator[pa.RecordBatch]]


@dataclass(frozen=True, slots=True)
class Explained:
    """One message, where it stands, and why it was judged as it was."""

    source: Source
    event: Mapping[str, object]
    channel_name: str | None
    explanation: Explanation


def explanations(
    sources: Sequence[Source],
    plane: ScreeningPlane,
    wanted: str,
    *,
    batches: Batches,
    say: Callable[[str], None],
) -> Iterator[Explained]:
    """Gives the messages whose id, or channel:id, is `wanted`: of many, the first ten.

    What stands before a message is screened too, since rates count what came before.
    """
    given = 0
    clock = SteadyClock()
    for source in sources:
        ledger = Ledger(name=source.name, say=say)
        try:
            for batch in batches(source, ledger):
                for event, judged in _found(batch, clock.steady(batch), plane, wanted):
                    if given == EXPLAINED_MAX:
                        say(f"Only the first {EXPLAINED_MAX} are shown; name one as CHANNEL:ID.")
                        return
                    channel = str(event["channel"])
                    yield Explained(
                        source,
                        event,
                        ledger.channel_names.get(channel),
                        plane.explain(judged, scope=Scope.FILES),
                    )
                    given += 1
        except FileRefused as refused:
            say(f"{source.name}: {refused.fields['why']}.")


def _found(
    batch: pa.RecordBatch, events: pa.RecordBatch, plane: ScreeningPlane, wanted: str
) -> Iterator[tuple[Mapping[str, object], Mapping[str, object]]]:
    """Gives the wanted messages of a batch, each after everything before it was screened.

    A message comes as it stands in the file, then as the event that is judged.
    """
    named = pc.binary_join_element_wise(batch["channel"], batch["event_id"], ":")
    either = pc.or_kleene(pc.equal(batch["event_id"], wanted), pc.equal(named, wanted))
    either = pc.fill_null(either, False)
    start = 0
    for row in np.flatnonzero(either.to_numpy(zero_copy_only=False)).tolist():
        if row > start:
            plane.screen(events.slice(start, row - start), scope=Scope.FILES)
        yield batch.slice(row, 1).to_pylist()[0], events.slice(row, 1).to_pylist()[0]
        start = row + 1
    if start < batch.num_rows:
        plane.screen(events.slice(start), scope=Scope.FILES)


def explanation_lines(explained: Explained) -> list[str]:
    """Gives what is printed about one message."""
    event, explanation = explained.event, explained.explanation
    place = f"row {event['row']} of {explained.source.name}"
    if event["offset"] is not None:
        place += f", byte {event['offset']}"
    where = f" in {event['channel']}" if event["channel"] is not None else ""
    name = f" ({explained.channel_name})" if explained.channel_name else ""
    lines = [
        f"{event['kind']} {event['event_id']}{where}{name}, {place}",
        f"  text: {event['text'] if event['text'] is not None else '(none)'}",
        f"  verdict: {_verdict(explanation)}",
    ]
    lines += _section("patterns found", [_pattern(*match) for match in explanation.matches])
    fired = [rule for rule in explanation.rules if rule.fired]
    near = [rule for rule in explanation.rules if not rule.fired and _evidence(rule)]
    lines += _section("rules that fired", [line for rule in fired for line in _rule(rule)])
    lines += _section(
        "rules that did not fire, though some of what they ask for is there",
        [line for rule in near for line in _rule(rule)],
    )
    known = {name: value for name, value in explanation.signals.items() if _present(value)}
    lines += _section("signals", [f"{name} = {_value(known[name])}" for name in sorted(known)])
    absent = len(explanation.signals) - len(known)
    lines.append(f"  {absent} other signals are zero, false or not known.")
    return [printable(line, letters_max=500) for line in lines]


def _verdict(explanation: Explanation) -> str:
    verdict = explanation.verdict
    if verdict is None:
        return "none: no rule fired"
    return (
        f"{verdict.harm}, severity {verdict.severity}, score {verdict.score:.2f}, "
        f"proposes {verdict.action}. {verdict.reason}"
    )


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"  {title}:", *(f"    {line}" for line in lines)] if lines else []


def _pattern(list_name: str, line: int, pattern: str) -> str:
    return f"{list_name}, line {line}: {pattern}"


def _rule(rule: RuleInputs) -> list[str]:
    asked = ", ".join(f"{name} = {_value(value)}" for name, value in rule.signals.items())
    return [f"{rule.id} (version {rule.version}): {asked}"]


def _evidence(rule: RuleInputs) -> bool:
    return any(
        _present(value) for name, value in rule.signals.items() if name.startswith("matches_")
    )


def _present(value: object) -> bool:
    return value is not None and value is not False and value != 0 and value != ""


def _value(value: object) -> str:
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
