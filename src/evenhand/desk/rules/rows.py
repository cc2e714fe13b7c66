"""What the pages on rules show of versions, steps and figures, in the reader's words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_noop

from evenhand.base.lists import RecordKind
from evenhand.desk import words
from evenhand.desk.countries import country
from evenhand.desk.rules.limits import BARS_SHOWN_MAX, DAYS_SHOWN_MAX, SAMPLE_SHOWN_MAX
from evenhand.desk.rules.workbench import Examined, Tried
from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.models import RuleVersion
from evenhand.rules.backtest import OTHERS, UNKNOWN
from evenhand.rules.load import RuleRefused
from evenhand.signals.columns import ColumnType
from evenhand.transparency.charts import bar, columns
from evenhand.transparency.words import language_name

STATES: Mapping[RuleState, str] = {
    RuleState.DRAFT: gettext_noop("Draft"),
    RuleState.BACKTESTED: gettext_noop("Tried on history"),
    RuleState.SHADOW: gettext_noop("In shadow"),
    RuleState.STAGED: gettext_noop("For a share"),
    RuleState.LIVE: gettext_noop("Live"),
    RuleState.RETIRED: gettext_noop("Retired"),
}
TONES: Mapping[RuleState, str] = {
    RuleState.SHADOW: "warn",
    RuleState.STAGED: "warn",
    RuleState.LIVE: "good",
}
WAY = tuple(state for state in RuleState if state is not RuleState.RETIRED)
"""The states in the order in which a version goes through them."""

WHYS: Mapping[str, str] = {
    "rolled back": gettext_noop("Rolled back"),
    "comes with Evenhand": gettext_noop("it comes with Evenhand"),
    "a new one comes with Evenhand": gettext_noop("a newer one comes with Evenhand"),
    "no longer comes with Evenhand": gettext_noop("it no longer comes with Evenhand"),
    "imported from files": gettext_noop("imported from files"),
    "backtested again": gettext_noop("tried on history again"),
    "expired": gettext_noop("its last day was over"),
}
"""What records say of why a version changed; what a person wrote stays as it is."""

TYPES: Mapping[ColumnType, str] = {
    ColumnType.TRUTH: gettext_noop("true or false"),
    ColumnType.WHOLE: gettext_noop("whole number"),
    ColumnType.SHARE: gettext_noop("number"),
    ColumnType.WORD: gettext_noop("word"),
}


@dataclass(frozen=True, slots=True)
class Bars:
    """One table of a backtest: names with how many hits, each with a bar."""

    title: str
    rows: Sequence[tuple[str, int, SafeString]]
    left: int


def state_name(state: str) -> str:
    """Gives what a state is called."""
    return gettext(STATES[RuleState(state)])


def version_row(row: RuleVersion) -> dict[str, object]:
    """Gives a version with its state in words."""
    state = RuleState(row.state)
    return {
        "row": row,
        "state": gettext(STATES[state]),
        "tone": TONES.get(state, ""),
        "harm": words.harm_name(row.harm),
    }


def way_of(state: str) -> list[dict[str, object]]:
    """Gives the steps from draft to live, and where a version stands."""
    return [{"name": gettext(STATES[one]), "here": one == state} for one in WAY]


def examined_rows(found: Examined) -> dict[str, object]:
    """Gives what is to be said of a text that was looked at as a rule."""
    return {
        "examined": found,
        "fault": _fault(found.refused) if found.refused else None,
        "sampled": found.sampled[:SAMPLE_SHOWN_MAX],
        "more_sampled": max(0, len(found.sampled) - SAMPLE_SHOWN_MAX),
    }


def glance_rows(tried: Tried | None) -> dict[str, object]:
    """Gives for what of the history a rule fires; nothing where there is no history."""
    return {"tried": tried, "no_history": tried is None}


def _fault(refused: RuleRefused) -> dict[str, object]:
    """Gives where a text is no rule, and why."""
    found = refused.fields
    return {"line": found.get("line", 1), "column": found.get("column", 1), "why": found["why"]}


def diff_rows(lines: Sequence[str]) -> list[tuple[str, str]]:
    """Gives the lines of a diff with what each is: added, taken, where, or the same."""
    kinds = {"+": "added", "-": "taken", "@": "where"}
    return [(kinds.get(line[:1], ""), line) for line in lines[2:]]


def change_rows(
    told: Sequence[Mapping[str, Any]], names: Mapping[UUID, str]
) -> list[dict[str, object]]:
    """Gives who did what with the versions of a rule, the latest first."""
    return [
        {
            **change,
            "what": _what(change),
            "why": gettext(WHYS[change["why"]]) if change.get("why") in WHYS else change.get("why"),
            "name": names.get(UUID(change["by"]), "") if change.get("by") else "",
        }
        for change in reversed(told)
    ]


def _what(change: Mapping[str, Any]) -> str:
    """Gives what a record says was done."""
    match change["kind"]:
        case RecordKind.RULE_CHANGED:
            return state_name(change["state"])
        case RecordKind.RULE_LIVE:
            return gettext("Screening judges by it")
        case RecordKind.RULE_ROLLED_BACK if change["state"] == "begun":
            return gettext("Rolling back began")
        case RecordKind.RULE_ROLLED_BACK:
            return gettext("Rolled back")
        case _:
            return gettext("Asked about history")


def backtest_rows(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Gives the figures of a backtest as tiles, a chart of days and tables with bars."""
    if not figures:
        return {}
    hits, compared = int(figures["hits"]), int(figures.get("hits_compared", 0))
    days = [(_day(name), count) for name, count in _every_day(figures.get("days", {}))]
    return {
        "events": figures["events"],
        "hits": hits,
        "share": 100 * hits / figures["events"],
        "accounts": figures["accounts"],
        "channels": figures["channels"],
        "alone": figures.get("hits_of_no_other_rule", 0),
        "compared": compared,
        "judged": figures.get("judged", 0),
        "right": figures.get("judged_right", 0),
        "low": round(100 * (figures.get("precision_low") or 0)),
        "high": round(100 * (figures.get("precision_high") or 0)),
        "files": figures.get("files", []),
        "whole": figures.get("whole", True),
        "days": days,
        "chart": _svg(columns([(f"{day}: {count}", count) for day, count in days])),
        "highest": max((count for _, count in days), default=0),
        "first": days[0][0] if days else "",
        "last": days[-1][0] if days else "",
        "tables": [table for table in _tables(figures, hits, compared) if table.rows],
    }


def _every_day(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Gives hits by day, those without a hit between two others too, and what has no day last."""
    known = sorted(name for name in counts if name not in (UNKNOWN, OTHERS))
    days = [date.fromisoformat(name) for name in known]
    if days and (days[-1] - days[0]).days < DAYS_SHOWN_MAX:
        span = range((days[-1] - days[0]).days + 1)
        known = [(days[0] + timedelta(days=at)).isoformat() for at in span]
    beside = [name for name in (UNKNOWN, OTHERS) if name in counts]
    return [(name, counts.get(name, 0)) for name in [*known, *beside]]


def _day(name: str) -> str:
    """Gives a day as the reader writes it."""
    beside = _beside()
    return beside.get(name) or date_format(date.fromisoformat(name), "DATE_FORMAT")


def _beside() -> dict[str, str]:
    return {UNKNOWN: gettext("not known"), OTHERS: gettext("all others")}


def _tables(figures: Mapping[str, Any], hits: int, compared: int) -> list[Bars]:
    languages = _named(figures.get("languages", {}), language_name)
    countries = _named(figures.get("countries", {}), country)
    beside = _named(figures.get("overlap_by_harm", {}), words.harm_name)
    return [
        _bars(gettext("Languages"), languages, hits),
        _bars(gettext("Countries"), countries, hits),
        _bars(gettext("Hit by another rule too"), figures.get("overlap", {}), compared),
        _bars(gettext("Harms of those rules"), beside, compared),
    ]


def _bars(title: str, counts: Mapping[str, int], whole: int) -> Bars:
    shown = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:BARS_SHOWN_MAX]
    rows = [(name, count, _svg(bar(min(count, whole), of=max(whole, 1)))) for name, count in shown]
    return Bars(title, rows, len(counts) - len(shown))


def _named(counts: Mapping[str, int], name_of: Callable[[str], str]) -> dict[str, int]:
    """Gives counts by what their codes are called."""
    beside = _beside()
    return {beside.get(code) or name_of(code): count for code, count in counts.items()}


def _svg(drawn: str) -> SafeString:
    return mark_safe(drawn)  # noqa: S308  made by `charts`, which escapes every label
