"""A publication in the public log: a leaf for each thing counted in each published cell.

One more leaf is the whole report, so that what was published cannot be shown otherwise later.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from django.conf import settings

from evenhand.proof.openings import (
    TOTAL,
    WITHHELD,
    CellName,
    Opening,
    Openings,
    all_leaves,
    as_value,
    cells_of,
    openings_of,
    report_leaf,
)
from evenhand.records.entries import NewRecord
from evenhand.records.log_keys import log_secret, site_log
from evenhand.records.log_queries import batch_of_edition
from evenhand.records.log_steps import Log, append_classes
from evenhand.transparency.documents import as_json
from evenhand.transparency.figures import Exact, Figure, InLog, Public, Report

FILE = "openings.json"


@dataclass(frozen=True, slots=True)
class Prover:
    """The log that publications enter, and the secret from which the keys of cells are made."""

    log: Log
    secret: bytes


def site_prover(*, now: datetime) -> Prover:
    """Gives the prover of this installation."""
    return Prover(site_log(now=now), log_secret(settings.KEYS))


def enter(
    prover: Prover, report: Report, batches: Sequence[Exact], *, record: NewRecord, now: datetime
) -> None:
    """Adds the leaves of a publication to the log, with its record, in one transaction."""
    cells = shown(report, secret=prover.secret) + withheld(report, batches, secret=prover.secret)
    whole = report_leaf(json.loads(as_json(report)), day=report.day, edition=report.revision)
    leaves = chain([whole], all_leaves(cells, day=report.day, edition=report.revision))
    append_classes(
        prover.log, leaves, day=report.day, edition=report.revision, record=record, now=now
    )


def in_log(day: date, *, edition: int, origin: str) -> InLog | None:
    """Gives where a publication stands in the log; None if it is from before there was one."""
    batch = batch_of_edition(day=day, edition=edition)
    if batch is None:
        return None
    return InLog(origin, batch.first, batch.size - batch.first, bytes(batch.root))


def openings_text(report: Report, *, secret: bytes) -> str:
    """Gives the keys of a publication's cells as JSON: what `verify report` recomputes it with."""
    assert report.in_log is not None, "only what is in the log can be opened"
    openings = Openings(
        day=report.day,
        edition=report.revision,
        first=report.in_log.first,
        leaves=report.in_log.leaves,
        cells=shown(report, secret=secret),
    )
    return json.dumps(as_value(openings), ensure_ascii=False, indent=1) + "\n"


def shown(report: Report, *, secret: bytes) -> tuple[Opening, ...]:
    """Gives the openings of all that a report shows."""
    cells = cells_of(json.loads(as_json(report)))
    return openings_of(cells, secret=secret, day=report.day, edition=report.revision)


def withheld(report: Report, batches: Sequence[Exact], *, secret: bytes) -> tuple[Opening, ...]:
    """Gives the cells of what is counted and too small to be shown; their keys are never given."""
    cells = {
        CellName(figure.value, TOTAL, WITHHELD): missing
        for figure in Figure
        if (missing := _missing(figure, report.public, batches))
    }
    return openings_of(cells, secret=secret, day=report.day, edition=report.revision)


def _missing(figure: Figure, public: Public, batches: Sequence[Exact]) -> int:
    return sum(batch.figure(figure) for batch in batches) - (public.figures[figure] or 0)
