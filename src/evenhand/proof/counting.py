"""Where a report counts a record: told from what its receipt shows, and from the report alone.

Which number a record adds to follows from its classes, and those are fixed when it enters the
log. So its holder needs nobody's word for where it must be counted, and learns of no other
record: only numbers that everybody sees. Rows that protection does not show are not told apart.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evenhand.base.lists import ActionKind, LegalLane, RecordKind
from evenhand.proof.openings import LOG, MERGED, TOTAL, CellName

FIGURES: Mapping[RecordKind, str] = {
    RecordKind.SCREENED: "screened",
    RecordKind.UNSCREENED: "unscreened",
    RecordKind.EFFECT_CONFIRMED: "effects_confirmed",
    RecordKind.EFFECT_FAILED: "effects_failed",
    RecordKind.EFFECT_UNDONE: "effects_undone",
    RecordKind.EFFECT_COMPENSATED: "effects_compensated",
    RecordKind.STATEMENT_DELIVERED: "statements_delivered",
    RecordKind.STATEMENT_UNDELIVERABLE: "statements_undeliverable",
    RecordKind.REPORT_RECEIVED: "reports_received",
    RecordKind.REPORT_ANSWERED: "reports_answered",
    RecordKind.CASE_OPENED: "cases_opened",
    RecordKind.CASE_CLOSED: "cases_closed",
    RecordKind.OBJECTION_RECEIVED: "objections_received",
    RecordKind.OBJECTION_UPHELD: "objections_upheld",
    RecordKind.OBJECTION_REFUSED: "objections_refused",
    RecordKind.COMPLAINT_RECEIVED: "complaints_received",
    RecordKind.STRIKE_GIVEN: "strikes_given",
    RecordKind.MISUSE_SUSPENDED: "misuse_suspended",
    RecordKind.EVIDENCE_OPENED: "evidence_opened",
    RecordKind.LEGAL_RECEIVED: "legal_received",
    RecordKind.PRESERVED: "preserved",
    RecordKind.DANGER_REPORTED: "dangers_reported",
    RecordKind.CLOCK_MET: "clocks_met",
    RecordKind.CLOCK_MISSED: "clocks_missed",
    RecordKind.RULE_LIVE: "rules_live",
    RecordKind.SEARCH_AUDITED: "search_audited",
    RecordKind.SEARCH_FLAGGED: "search_flagged",
    RecordKind.SEARCH_LEAKED: "search_leaked",
}
"""The number that each kind of record adds to; kinds that are nowhere here are not reported."""

ANSWERS: Mapping[tuple[RecordKind, str], str] = {
    (RecordKind.LEGAL_RELEASED, "accepted"): "legal_accepted",
    (RecordKind.LEGAL_RELEASED, "narrowed"): "legal_narrowed",
    (RecordKind.LEGAL_REFUSED, "refused"): "legal_refused",
    (RecordKind.LEGAL_STEP, "withdrawn"): "legal_withdrawn",
}
"""The number that an answer to an authority adds to, by how it ended."""

FAMILIES: Mapping[ActionKind, str] = {
    ActionKind.NONE: "left_up",
    ActionKind.LABEL: "left_up",
    ActionKind.WARN: "left_up",
    ActionKind.UNLIST: "restricted",
    ActionKind.DEINDEX: "deindexed",
    ActionKind.HOLD: "held",
    ActionKind.REFUSE: "refused",
    ActionKind.QUARANTINE: "removed",
    ActionKind.RESTRICT: "restricted",
    ActionKind.GEO_WITHHOLD: "restricted",
    ActionKind.REDACT: "removed",
    ActionKind.SUSPEND: "accounts_blocked",
    ActionKind.LOCK: "accounts_blocked",
    ActionKind.BLOCK_CHANNEL: "channels_blocked",
    ActionKind.DEACTIVATE: "accounts_blocked",
}
"""What the gravest action of a decision makes of what was decided."""

FAKE_ACCOUNT = "m.spam.fake_account"
"""A refusal under this harm is a fake account that did not come in."""

COLUMNS: Mapping[str, str] = {
    "harm": "harm",
    "action": "action",
    "automation": "automation",
    "market": "market",
    "source": "source",
    "language": "language",
    "channel_kind": "channel_kind",
    "reason": "outcome",
    "regime": "regime",
    "request": "request",
    "lane": "lane",
    "data": "outcome",
}
"""The column of a record that each property is read from."""

HOUR = "hour"
HOUR_PLACE = slice(11, 13)
"""Where a moment as 2026-11-21T14:00:00Z has its hour."""


TABLES: Mapping[str, object] = {
    "figures": {kind.value: figure for kind, figure in FIGURES.items()},
    "answers": {f"{kind.value} {outcome}": figure for (kind, outcome), figure in ANSWERS.items()},
    "families": {kind.value: figure for kind, figure in FAMILIES.items()},
    "fake": FAKE_ACCOUNT,
    "columns": dict(COLUMNS),
}
"""All of it as JSON holds it: for the script that does the same in a browser."""

FIRST = 1
"""The edition of a day that no other was added to."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One number of a report in which a record is counted.

    quantity  None if it is too small to be shown; 0 if nothing is shown where it must be counted
    """

    name: CellName
    quantity: int | None


def figures_of(shown: Mapping[str, object]) -> tuple[str, ...]:
    """Gives the figures that a record adds to: none if its kind is not reported, or it is a drill.

    All decisions are left out: they are the sum of what these show of them.
    """
    said, outcome = str(shown.get("kind")), str(shown.get("outcome", ""))
    if said not in set(RecordKind) or shown.get("lane") == LegalLane.DRILL:
        return ()
    kind = RecordKind(said)
    if kind is RecordKind.DECISION:
        return (family_of(str(shown.get("action", "")), str(shown.get("harm", ""))),)
    if kind is RecordKind.DISCLOSED and outcome:
        return ("disclosures", "users_disclosed")
    figure = FIGURES.get(kind) or ANSWERS.get((kind, outcome))
    return () if figure is None else (figure,)


def family_of(action: str, harm: str) -> str:
    """Gives what a decision led to, by the gravest thing that it did."""
    kind = ActionKind(action) if action else ActionKind.NONE
    if kind is ActionKind.REFUSE and harm == FAKE_ACCOUNT:
        return "fake_accounts_refused"
    return FAMILIES[kind]


def is_counted(report: Mapping[str, Any], index: int) -> bool:
    """Tells whether a report counts what stands at this place of the log: what was in it before."""
    stands = report[LOG]
    return stands is not None and index < int(stands["first"])


def counted_in(shown: Mapping[str, object], report: Mapping[str, Any]) -> tuple[Counted, ...]:
    """Gives the numbers of the report of its day that count a record, each figure's total first."""
    return tuple(one for figure in figures_of(shown) for one in _numbers(figure, shown, report))


def contradicts(report: Mapping[str, Any], counted: Iterable[Counted]) -> bool:
    """Tells whether a report cannot have counted a record: it shows nothing where it must be.

    A later edition may leave it out: a group of fewer than five among late records is not added.
    """
    return bool(report["revision"] == FIRST and any(one.quantity == 0 for one in counted))


def _numbers(
    figure: str, shown: Mapping[str, object], report: Mapping[str, Any]
) -> Iterator[Counted]:
    yield Counted(CellName(figure, TOTAL, TOTAL), report["figures"].get(figure, 0))
    for table in report["breakdowns"].values():
        if table["figure"] == figure:
            yield _row(figure, shown, table)


def _row(figure: str, shown: Mapping[str, object], table: Mapping[str, Any]) -> Counted:
    dimension, key = table["dimension"], _key(table["dimension"], shown)
    rows = {row["key"]: row["quantity"] for row in table["rows"]}
    if key not in rows and table["merged"]:
        return Counted(CellName(figure, dimension, MERGED), table["merged"])
    unshown = None if table["withheld"] else 0
    return Counted(CellName(figure, dimension, key), rows.get(key, unshown))


def _key(dimension: str, shown: Mapping[str, object]) -> str:
    if dimension == HOUR:
        return str(shown.get("at", ""))[HOUR_PLACE]
    return str(shown.get(COLUMNS.get(dimension, dimension), ""))
