"""Pure: the parts of the European Union's transparency report, from records of a period.

Implementing Regulation (EU) 2024/2835, Annex I: eight quantitative sections and a qualitative one,
here as ten files. The columns are ours: each row names the section, what is counted, and by what it
is split, so that it can be carried over into the Commission's sheets. Rows that no record can fill
say so and why. These numbers are exact, as the law asks; they are not the protected daily ones.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from evenhand.base.harms import harms
from evenhand.base.lists import ActionKind, Automation, RecordKind, Source
from evenhand.records.period_queries import Crossed, Median

COLUMNS = ("section", "indicator", "member_state", "category", "detail", "value", "unit", "note")
MEMBER_STATES = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
TO_ACT = frozenset({"removal", "geo-restriction"})
TO_INFORM = frozenset({"information", "disclosure", "preservation"})
TIMED = (
    (RecordKind.LEGAL_RELEASED, "median time from receipt to answer"),
    (RecordKind.LEGAL_REFUSED, "median time from receipt to answer"),
    (RecordKind.LEGAL_EXECUTED, "median time from answer to effect"),
)
"""What is measured of an order: the time to give effect to it is both, one after the other."""

NOTHING = frozenset({"", ActionKind.NONE})


@dataclass(frozen=True, slots=True)
class Period:
    """What is reported: from one day to another, both included, of one service."""

    first: date
    last: date
    service: str
    made_on: date


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a part; a value that is None cannot be filled, and the note says why."""

    indicator: str
    value: int | str | None
    member_state: str = ""
    category: str = ""
    detail: str = ""
    unit: str = "number"
    note: str = ""


def parts(period: Period, cells: Sequence[Crossed], medians: Sequence[Median]) -> Mapping[str, str]:
    """Gives the ten parts as CSV (RFC 4180), by file name."""
    made: tuple[tuple[str, str, Iterable[Row]], ...] = (
        ("1-report-identification", "1.1", _identification(period)),
        ("2-orders-to-act", "1.2.1", _orders(cells, medians, TO_ACT)),
        ("3-orders-to-inform", "1.2.2", _orders(cells, medians, TO_INFORM)),
        ("4-orders-context", "1.2.3", _context()),
        ("5-notices", "1.3", _notices(cells, medians)),
        ("6-own-initiative", "1.4", _own_initiative(cells)),
        ("7-complaints", "1.5", _complaints(cells, medians)),
        ("8-automated-means", "1.6", _automated(cells)),
        ("9-people-and-recipients", "1.7, 1.8", _people()),
        ("10-qualitative", "2", _qualitative()),
    )
    return {f"{name}.csv": _csv(section, rows) for name, section, rows in made}


def _identification(period: Period) -> Iterator[Row]:
    yield Row("name of the service", period.service, unit="text")
    yield _unfilled("name of the provider")
    yield Row("start of the reporting period", period.first.isoformat(), unit="date")
    yield Row("end of the reporting period", period.last.isoformat(), unit="date")
    yield Row("date of publication", period.made_on.isoformat(), unit="date", note="as made")
    yield _unfilled("date of the previous report")


def _orders(
    cells: Sequence[Crossed], medians: Sequence[Median], requests: frozenset[str]
) -> Iterator[Row]:
    """Gives Art. 15(1)(a) of Regulation (EU) 2022/2065: per Member State, with median times."""
    asked = [cell for cell in cells if cell.request in requests and cell.market in MEMBER_STATES]
    received = [cell for cell in asked if cell.kind == RecordKind.LEGAL_RECEIVED]
    followed = [cell for cell in asked if cell.kind == RecordKind.LEGAL_RELEASED]
    refused = [cell for cell in asked if cell.kind == RecordKind.LEGAL_REFUSED]
    for name, of in (
        ("orders received", received),
        ("orders given effect", followed),
        ("orders not given effect", refused),
    ):
        yield Row(name, _sum(of))
        for state in MEMBER_STATES:
            yield Row(name, _sum(cell for cell in of if cell.market == state), member_state=state)
        yield from _by_category(name, of)
    for kind, indicator in TIMED:
        for median in medians:
            if (
                median.kind == kind
                and median.request in requests
                and (median.market is None or median.market in MEMBER_STATES)
            ):
                yield Row(
                    indicator,
                    median.milliseconds,
                    member_state=median.market or "",
                    detail=f"{median.request}: {kind.value}",
                    unit="milliseconds",
                    note="" if median.market else "over all countries, not the Union's alone",
                )
    yield _unfilled(
        "median time to acknowledge receipt", "receipts are acknowledged at once, untimed"
    )


def _context() -> Iterator[Row]:
    yield _unfilled("contextual information on orders", "free text of the provider")


def _notices(cells: Sequence[Crossed], medians: Sequence[Median]) -> Iterator[Row]:
    received = [cell for cell in cells if cell.kind == RecordKind.REPORT_RECEIVED]
    acted = [
        cell
        for cell in cells
        if cell.kind == RecordKind.DECISION
        and cell.source in {Source.USER, Source.TRUSTED_FLAGGER}
        and cell.action not in NOTHING
    ]
    for source, who in ((Source.USER, "users"), (Source.TRUSTED_FLAGGER, "trusted flaggers")):
        of = [cell for cell in received if cell.source == source]
        yield Row("notices received", _sum(of), detail=who)
        yield from _by_category("notices received", of, detail=who)
        done = [cell for cell in acted if cell.source == source]
        yield Row("actions taken on notices", _sum(done), detail=who)
        yield from _by_category("actions taken on notices", done, detail=who)
    alone = _sum(cell for cell in acted if cell.automation == Automation.FULL)
    yield Row("notices processed by automated means alone", alone)
    yield from _median("median time to decide on a notice", medians, RecordKind.REPORT_ANSWERED)
    yield _unfilled("actions by ground: law or terms", "stands in the export of statements")
    yield _unfilled("contextual information on notices (1.3.1)", "free text of the provider")


def _own_initiative(cells: Sequence[Crossed]) -> Iterator[Row]:
    own = [
        cell
        for cell in cells
        if cell.kind == RecordKind.DECISION
        and cell.source == Source.OWN
        and cell.action not in NOTHING
    ]
    yield Row("measures taken", _sum(own))
    yield from _by_category("measures taken", own)
    yield from _by("measures by kind of restriction", own, lambda cell: cell.action)
    yield from _by("measures by automation", own, lambda cell: cell.automation)
    yield _unfilled("measures by ground: law or terms", "stands in the export of statements")


def _complaints(cells: Sequence[Crossed], medians: Sequence[Median]) -> Iterator[Row]:
    for name, kind in (
        ("complaints received from people concerned", RecordKind.OBJECTION_RECEIVED),
        ("complaints received from people who notified", RecordKind.COMPLAINT_RECEIVED),
        ("decisions reversed", RecordKind.OBJECTION_UPHELD),
        ("decisions upheld", RecordKind.OBJECTION_REFUSED),
        ("suspensions for manifestly unfounded notices or complaints", RecordKind.MISUSE_SUSPENDED),
    ):
        of = [cell for cell in cells if cell.kind == kind]
        yield Row(name, _sum(of))
        yield from _by_category(name, of)
    yield from _median("median time to decide", medians, RecordKind.OBJECTION_UPHELD, "reversed")
    yield from _median("median time to decide", medians, RecordKind.OBJECTION_REFUSED, "upheld")
    yield _unfilled("disputes before bodies of Art. 21", "they come to the provider, not here")
    yield _unfilled("suspensions for frequent illegal content", "strikes are not split by it")


def _automated(cells: Sequence[Crossed]) -> Iterator[Row]:
    decided = [cell for cell in cells if cell.kind == RecordKind.DECISION]
    yield from _by("decisions by automation", decided, lambda cell: cell.automation)
    full = _sum(cell for cell in decided if cell.automation == Automation.FULL)
    fell = _sum(
        cell
        for cell in cells
        if cell.kind == RecordKind.OBJECTION_UPHELD and cell.automation == Automation.FULL
    )
    note = "decisions by software alone that fell on a complaint, of all such decisions"
    yield Row("indicator of error", f"{fell / full:.6f}" if full else None, unit="share", note=note)
    yield _unfilled("accuracy by language", "objections are too few in most languages to say")


def _people() -> Iterator[Row]:
    yield _unfilled("people who moderate, by language", "Art. 42(2): very large platforms only")
    yield _unfilled("average monthly active recipients", "the messenger counts them, not the desk")


def _qualitative() -> Iterator[Row]:
    for indicator in (
        "summary of own-initiative moderation",
        "meaningful information on own-initiative moderation",
        "description of automated means",
        "purposes of automated means",
        "safeguards applied to automated means",
        "qualifications and support of people who moderate",
    ):
        yield _unfilled(indicator, "free text of the provider")


def _unfilled(indicator: str, why: str = "the provider fills it in") -> Row:
    return Row(indicator, None, unit="", note=f"cannot be filled from records: {why}")


def _median(
    indicator: str, medians: Iterable[Median], kind: RecordKind, detail: str = ""
) -> Iterator[Row]:
    """Gives the median of a kind over the Union and beyond, and in each Member State."""
    for median in medians:
        of_all = median.request is None
        in_state = median.request == "" and median.market in MEMBER_STATES
        if median.kind == kind and (of_all or in_state):
            state = "" if of_all else median.market or ""
            yield Row(indicator, median.milliseconds, state, detail=detail, unit="milliseconds")


def _by_category(indicator: str, cells: Iterable[Crossed], *, detail: str = "") -> Iterator[Row]:
    counted: Counter[str] = Counter()
    for cell in cells:
        listed = harms().get(cell.harm)
        counted[listed.dsa_category if listed else "not specified"] += cell.quantity
    for category, quantity in sorted(counted.items()):
        yield Row(indicator, quantity, category=category, detail=detail)


def _by(indicator: str, cells: Iterable[Crossed], key: Callable[[Crossed], str]) -> Iterator[Row]:
    counted: Counter[str] = Counter()
    for cell in cells:
        counted[key(cell) or "not stated"] += cell.quantity
    for detail, quantity in sorted(counted.items()):
        yield Row(indicator, quantity, detail=detail)


def _sum(cells: Iterable[Crossed]) -> int:
    return sum(cell.quantity for cell in cells)


def _csv(section: str, rows: Iterable[Row]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)  # RFC 4180: lines end with CRLF
    writer.writerow(COLUMNS)
    for row in rows:
        value = "" if row.value is None else row.value
        where = (row.member_state, row.category, row.detail)
        writer.writerow((section, row.indicator, *where, value, row.unit, row.note))
    return text.getvalue()
