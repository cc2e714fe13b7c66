"""`evenhand regimes check|show`: is the law as data sound, and what does it say?"""

import argparse
import sys
from importlib.resources import as_file, files
from pathlib import Path

from evenhand.base.errors import NotFound
from evenhand.markets.contact import written
from evenhand.markets.entries import OwnDuty, Regime, RequestKind, Threshold
from evenhand.markets.reading import Reading, look_at
from evenhand.markets.regimes import Law, law

EXIT_FAULTS = 1
"""Exit code when a file has a fault."""

WIDTH = 22


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the words after `evenhand regimes`."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    checking = verbs.add_parser("check", help="name every fault with file, line and column")
    checking.add_argument("folder", nargs="?", type=Path, help="the shipped files unless given")
    showing = verbs.add_parser("show", help="say what a regime or an entry holds")
    showing.add_argument("id", nargs="?", help="a regime or an entry; all regimes unless given")


def run(options: argparse.Namespace) -> int:
    """Checks or shows, and gives 1 if a file has a fault."""
    if options.verb == "check":
        return _check(options.folder)
    for line in _shown(law(), options.id):
        sys.stdout.write(f"{line}\n")
    return 0


def _check(folder: Path | None) -> int:
    if folder is not None:
        reading = look_at(folder)
    else:
        with as_file(files("evenhand.markets").joinpath("regimes")) as shipped:
            reading = look_at(shipped)
    for fault in sorted(reading.faults):
        sys.stdout.write(f"{fault}\n")
    sys.stdout.write(f"{_counted(reading)}\n")
    return EXIT_FAULTS if reading.faults else 0


def _counted(reading: Reading) -> str:
    kinds = [kind for one in reading.regimes for kind in one.requests]
    verified = sum(kind.verified for kind in kinds)
    return (
        f"{len(reading.regimes)} regimes, {len(kinds)} kinds, {verified} of them verified; "
        f"{len(reading.faults)} faults"
    )


def _shown(everything: Law, wanted: str | None) -> list[str]:
    if wanted is None:
        return [
            f"{one.id:{WIDTH}} {len(one.requests):2} kinds  {one.name}"
            for one in everything.regimes.values()
        ]
    if wanted in everything.regimes:
        return _regime_lines(everything.regime(wanted))
    if wanted in everything.kinds:
        kind = everything.kind(wanted)
        return _kind_lines(kind, everything.regime_of(kind))
    raise NotFound(what="regime or entry", id=wanted)


def _regime_lines(one: Regime) -> list[str]:
    begins = one.valid_from.isoformat() if one.valid_from else "not in force"
    ends = f" to {one.valid_to.isoformat()}" if one.valid_to else ""
    return [
        f"{one.id}  {one.name}",
        _line("law", one.citation),
        _line("countries", ", ".join(sorted(one.jurisdictions))),
        _line("in force", begins + ends),
        _line("version", one.version),
        *([_line("closed", "its authorities get nothing")] if one.closed else []),
        *(_line("note", note) for note in one.notes),
        *(_line("kind", f"{kind.id}  {kind.title}{_mark(kind)}") for kind in one.requests),
        *(_line("own duty", f"{duty.id}  {duty.duty}{_mark(duty)}") for duty in one.own_duties),
        *(
            _line("threshold", f"{it.id}  {it.counts} {it.at_least:,}: {it.duty}{_mark(it)}")
            for it in one.thresholds
        ),
        *(_line("source", source) for source in one.source),
    ]


def _kind_lines(kind: RequestKind, regime: Regime) -> list[str]:
    rows = {
        "law": f"{regime.citation}, {kind.articles}",
        "is": f"{kind.form} for {kind.kind}",
        "authorities": ", ".join(sorted(kind.issuing_authorities)),
        "validated by": ", ".join(sorted(kind.validators)),
        "needs no validation": ", ".join(sorted(kind.self_validating)),
        "data": ", ".join(sorted(kind.data_categories)),
        "fields": ", ".join(kind.mandatory_fields),
        "further fields": ", ".join(kind.conditional_fields),
        "deadline": written(kind.deadline) or "",
        "own target": written(kind.target) or "",
        "says": kind.deadline_text,
        "emergency deadline": written(kind.emergency_deadline) or "",
        "own emergency target": written(kind.emergency_target) or "",
        "person told": f"{kind.notify}. {kind.notify_text}",
        "may be refused for": ", ".join(kind.grounds_to_refuse),
        "source": kind.source,
        "not seen in the text": ", ".join(kind.open_points),
    }
    return [
        f"{kind.id}  {kind.title}{_mark(kind)}",
        *(_line(name, value) for name, value in rows.items() if value),
        *(_line("note", note) for note in kind.notes),
    ]


def _line(name: str, value: str) -> str:
    return f"  {name:{WIDTH}} {value}"


def _mark(entry: RequestKind | OwnDuty | Threshold) -> str:
    return "" if entry.verified else "  (unverified)"
