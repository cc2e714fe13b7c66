"""Prints a backtest: for people as tables, for programs as one JSON object."""

from collections.abc import Iterator, Mapping, Sequence

from evenhand.base.harms import harms
from evenhand.connectors.files.ledger import Ledger
from evenhand.connectors.files.summary import (
    counted,
    items_lines,
    passed_over,
    printable,
    refused,
)
from evenhand.rules.backtest import Backtest, Names, SampledHit
from evenhand.rules.precision import Precision

ENTRIES_SHOWN_MAX = 14
"""Lines of one table: two weeks of days."""


def report_lines(work: Backtest, ledgers: Sequence[Ledger], *, seconds: float) -> list[str]:
    """Gives what is printed at the end."""
    rule = work.rule
    pace = f"{work.rows / max(seconds, 1e-9):,.0f}/s"
    events = counted(work.rows, "event")
    lines = [
        f"{rule.id} {rule.version}: {_share(work.hits, work.rows)} of {events} ({pace})",
        f"it proposes: {rule.proposes}, for {rule.harm}  {harms()[rule.harm].title}",
        *items_lines(ledgers),
    ]
    if not work.hits:
        return lines
    lines += [
        f"accounts: {_names(work.accounts, work.hits)}",
        f"channels: {_names(work.channels, work.hits)}",
        f"hits of no other rule: {_share(work.alone, work.compared)} of those compared",
    ]
    lines += _precision(work.precision)
    lines += _table("Day", dict(sorted(work.days.as_counts().items())), last=True)
    lines += _table("Language", work.languages.as_counts())
    lines += _table("Country", work.territories.as_counts())
    lines += _table("Hit by another rule too", dict(work.overlap.most_common()))
    lines += _table("Of which for the harm", dict(work.harms.most_common()))
    lines += ["", "Sample"]
    for hit in work.sample():
        lines += _sampled(hit)
    return lines


def as_json(work: Backtest) -> dict[str, object]:
    """Gives the same figures as JSON holds them; of accounts and channels, how many."""
    return {
        "rule": work.rule.id,
        "version": work.rule.version,
        "harm": work.rule.harm,
        "proposes": work.rule.proposes.value,
        "events": work.rows,
        "hits": work.hits,
        "hits_compared": work.compared,
        "hits_of_no_other_rule": work.alone,
        "accounts": _counted(work.accounts),
        "channels": _counted(work.channels),
        "days": dict(sorted(work.days.as_counts().items())),
        "languages": work.languages.as_counts(),
        "countries": work.territories.as_counts(),
        "judged": work.precision.judged,
        "judged_right": work.precision.right,
        "precision": work.precision.share,
        "precision_low": work.precision.low,
        "precision_high": work.precision.high,
        "overlap": dict(work.overlap.most_common()),
        "overlap_by_harm": dict(work.harms.most_common()),
        "sample": [
            {
                "event_id": hit.event_id,
                "day": hit.day,
                **hit.signals,
                **({} if hit.text is None else {"text": hit.text}),
            }
            for hit in work.sample()
        ],
    }


def items_json(ledgers: Sequence[Ledger]) -> dict[str, object]:
    """Gives as JSON holds it what was refused, and what held no message."""
    return {"rows_refused": refused(ledgers), "items_passed_over": passed_over(ledgers)}


def _precision(found: Precision) -> Iterator[str]:
    if found.share is not None and found.low is not None and found.high is not None:
        interval = f"between {found.low:.1%} and {found.high:.1%}, at 95 %"
        yield f"people agreed with {_share(found.right, found.judged)} of those judged; {interval}"


def _counted(names: Names) -> dict[str, object]:
    return {"count": len(names.counts), "more": names.beyond > 0, "hits_of_one": names.largest}


def _names(names: Names, hits: int) -> str:
    more = "more than " * (names.beyond > 0)
    return f"{more}{len(names.counts):,}, the one with most has {_share(names.largest, hits)}"


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({part / whole:.2%})" if whole else f"{part:,}"


def _table(title: str, counts: Mapping[str, int], *, last: bool = False) -> Iterator[str]:
    """Gives the first entries, or the last, and how many more there are."""
    if not counts:
        return
    entries = list(counts.items())
    yield from ("", title)
    left = len(entries) - ENTRIES_SHOWN_MAX
    shown = entries[-ENTRIES_SHOWN_MAX:] if last else entries[:ENTRIES_SHOWN_MAX]
    if last and left > 0:
        yield f"  … {left:,} earlier"
    for name, count in shown:
        yield f"  {count:>12,}  {printable(name)}"
    if not last and left > 0:
        yield f"  … and {left:,} more"


def _sampled(hit: SampledHit) -> Iterator[str]:
    told = ", ".join(f"{name} {_value(value)}" for name, value in hit.signals.items())
    yield f"  {hit.day}  {printable(hit.event_id)}  {told}"
    if hit.text is not None:
        yield f"      {printable(hit.text, letters_max=300)}"


def _value(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else printable(str(value))
