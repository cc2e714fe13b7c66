"""Makes an answer: words from the catalogue of its language, facts from the matter, one layout.

For the forms of Regulation (EU) 2021/784 (Annexes II and III) and of Regulation (EU) 2023/1543
(Annex III) an answer carries the content that the articles ask for, in our own words: the wording
of the annexes and the letters of their sections were not seen and are not claimed.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, ClassVar

import typst

from evenhand.base.errors import EvenhandError
from evenhand.base.lists import Language
from evenhand.legal.answers.facts import Answer, AnswerFacts, AnswerKind
from evenhand.legal.answers.limits import SHOWN_ROWS_MAX
from evenhand.legal.answers.words import (
    UNSHOWN,
    Words,
    field,
    ground,
    moment,
    number,
    showable,
    words,
)

FORMAT = "evenhand-answer/1"
Section = dict[str, Any]
Parts = Iterator[Section]


class AnswerIncomplete(EvenhandError):
    """An answer of this kind needs a fact that was not given."""

    remedy: ClassVar[str] = "Give the facts named, or choose another kind of answer."


NEEDED: Mapping[AnswerKind, tuple[str, ...]] = {
    AnswerKind.REFUSAL: ("ground",),
    AnswerKind.EFFECT: ("effects",),
    AnswerKind.TCO_REMOVED: ("effects",),
    AnswerKind.TCO_NOT_EXECUTED: ("ground",),
    AnswerKind.EPOC_NOT_EXECUTED: ("ground",),
    AnswerKind.PRESERVED: ("copy",),
    AnswerKind.DISCLOSURE_CERTIFICATE: ("package",),
    AnswerKind.DESTRUCTION_CERTIFICATE: ("copy",),
}
"""Facts without which an answer would say nothing; an order's effect may be that there is none."""


def answer(kind: AnswerKind, facts: AnswerFacts, language: Language) -> Answer:
    """Gives an answer as JSON and PDF/A; the same facts give the same bytes.

    Raises `AnswerIncomplete` where a fact is missing that the kind cannot do without.
    """
    missing = [name for name in NEEDED.get(kind, ()) if not getattr(facts, name)]
    if kind is AnswerKind.PLEASE_COMPLETE and not (facts.missing or facts.questions):
        missing = ["missing", "questions"]
    if kind is AnswerKind.DESTRUCTION_CERTIFICATE and facts.copy and not facts.copy.destroyed_at:
        missing = ["copy.destroyed_at"]
    if missing:
        raise AnswerIncomplete(kind=kind.value, missing=missing)
    said = words(language)
    content = {
        "format": FORMAT,
        "kind": kind.value,
        "language": language.value,
        "title": said["titles"][kind.value],
        "lead": said["leads"][kind.value],
        "head": [list(row) for row in _head(said, facts)],
        "sections": [part for make in SECTIONS[kind] for part in make(said, facts)],
        "notes": _notes(said, facts),
        "facts": _plain(asdict(facts)),
    }
    pdf = _pdf(said, facts, content)
    return Answer(kind, language, json=content, pdf=pdf, sha256=sha256(pdf).hexdigest())


def _head(said: Words, facts: AnswerFacts) -> Iterator[tuple[str, str]]:
    """Gives what every answer begins with."""
    label = said["labels"]
    yield label["number"], facts.number
    if facts.reference:
        yield label["reference"], facts.reference
    yield label["authority"], f"{facts.authority} ({facts.country})"
    yield label["subject"], facts.title
    yield label["law"], facts.law
    yield label["entry"], facts.entry
    if facts.issued_at:
        yield label["issued_at"], moment(said, facts.issued_at)
    yield label["received_at"], moment(said, facts.received_at)
    yield label["answered_at"], moment(said, facts.answered_at)
    yield label["service"], facts.service
    yield label["contact"], facts.contact
    if facts.proof:
        yield label["proof"], facts.proof


def _notes(said: Words, facts: AnswerFacts) -> list[str]:
    notes = [said["notes"]["utc"]]
    if any(effect.territory for effect in facts.effects):
        notes.append(said["notes"]["countries"])
    if not facts.entry_verified:
        notes.append(said["notes"]["unverified"])
    return notes


def _rows(heading: str, rows: list[list[str]]) -> Section:
    return {"heading": heading, "rows": rows}


def _text(heading: str, *text: str) -> Section:
    return {"heading": heading, "text": [one for one in text if one]}


def _list(heading: str, items: list[str]) -> Section:
    return {"heading": heading, "list": items}


def _table(heading: str, columns: list[str], rows: list[list[str]], widths: list[int]) -> Section:
    return {"heading": heading, "table": {"columns": columns, "rows": rows, "widths": widths}}


def _next(said: Words, facts: AnswerFacts) -> Parts:
    if facts.due_at:
        row = [said["labels"]["due_answer"], moment(said, facts.due_at)]
        yield _rows(said["headings"]["next"], [row])
        yield _text("", said["notes"]["receipt"])
    else:
        yield _text(said["headings"]["next"], said["notes"]["receipt"])


def _missing(said: Words, facts: AnswerFacts) -> Parts:
    if facts.missing:
        yield _list(said["headings"]["missing"], [field(said, code) for code in facts.missing])
    if facts.questions:
        yield _list(said["headings"]["questions"], list(facts.questions))


def _deadline(said: Words, facts: AnswerFacts) -> Parts:
    if facts.due_at:
        row = [said["labels"]["due_completion"], moment(said, facts.due_at)]
        yield _rows(said["headings"]["next"], [row])


def _ground(said: Words, facts: AnswerFacts) -> Parts:
    """Says why not: the coded ground first, then what a person wrote."""
    label = said["labels"]
    rows = [[label["ground"], f"{ground(said, facts.ground)} ({facts.ground})"]]
    if facts.explanation:
        rows.append([label["explanation"], facts.explanation])
    if facts.provision:
        rows.append([label["provision"], facts.provision])
    if facts.data_kept is not None:
        rows.append([label["data_kept"], said["data_kept"]["yes" if facts.data_kept else "no"]])
    if facts.redress:
        rows.append([label["redress"], facts.redress])
    yield _rows(said["headings"]["ground"], rows)


def _effects(said: Words, facts: AnswerFacts) -> Parts:
    label = said["labels"]
    if not facts.effects:
        yield _text(said["headings"]["effects"], said["no_effect"], facts.explanation)
        return
    rows = [
        [
            effect.target,
            said["actions"][effect.done.value],
            ", ".join(effect.territory) or label["everywhere"],
            moment(said, effect.at),
        ]
        for effect in facts.effects
    ]
    columns = [label[name] for name in ("target", "done", "territory", "at")]
    yield _table(said["headings"]["effects"], columns, rows, [9, 5, 4, 6])
    if facts.explanation:
        yield _text("", facts.explanation)


def _visible(said: Words, facts: AnswerFacts) -> Parts:
    if facts.still_visible:
        told = [said["still_visible"][one.value] for one in facts.still_visible]
        yield _list(said["headings"]["visible"], told)


def _user(said: Words, facts: AnswerFacts) -> Parts:
    if facts.user_told is not None:
        at = moment(said, facts.user_told_at) if facts.user_told_at else ""
        yield _text(said["headings"]["user"], said["user_told"][facts.user_told.value], at)


def _copy(said: Words, facts: AnswerFacts) -> Parts:
    copy, label = facts.copy, said["labels"]
    assert copy is not None
    rows = [
        [label["items"], number(said, copy.items)],
        [label["hash_list"], copy.hash_list_sha256],
        [label["kept_at"], moment(said, copy.kept_at)],
    ]
    if copy.expires_at:
        rows.append([label["expires_at"], moment(said, copy.expires_at)])
    if copy.destroyed_at:
        rows.append([label["destroyed_at"], moment(said, copy.destroyed_at)])
    if copy.destroyed_because:
        because = said["destroyed_because"].get(copy.destroyed_because, copy.destroyed_because)
        rows.append([label["destroyed_because"], because])
    yield _rows(said["headings"]["copy"], rows)


def _package(said: Words, facts: AnswerFacts) -> Parts:
    package, label, heading = facts.package, said["labels"], said["headings"]
    assert package is not None
    counted = ("accounts", "unknown", "connections", "ports", "phones")
    yield _rows(
        heading["disclosed"],
        [
            [label["source"], package.source],
            [label["collected_at"], moment(said, package.collected_at)],
            *([label[name], number(said, getattr(package, name))] for name in counted),
            [label["recipient"], package.recipient],
            [f"{label['package']} ({label['sha256']})", package.sha256],
        ],
    )
    yield _table(
        heading["files"],
        [label["file"], label["sha256"]],
        [[name, hashed] for name, hashed in package.files.items()],
        [3, 7],
    )
    yield _table(
        heading["dictionary"],
        [label["column"], label["meaning"]],
        [[name, meaning] for name, meaning in said["columns"].items()],
        [3, 7],
    )
    yield _text("", said["notes"]["ports"], said["notes"]["manifest"])


def _information(said: Words, facts: AnswerFacts) -> Parts:
    """Says what was given, or that nothing was so far."""
    yield from _package(said, facts) if facts.package else _effects(said, facts)


SECTIONS: Mapping[AnswerKind, tuple[Callable[[Words, AnswerFacts], Parts], ...]] = {
    AnswerKind.RECEIPT: (_next,),
    AnswerKind.PLEASE_COMPLETE: (_missing, _deadline),
    AnswerKind.REFUSAL: (_ground, _missing, _user),
    AnswerKind.EFFECT: (_effects, _visible, _user),
    AnswerKind.DSA_ORDER_EFFECT: (_effects, _visible, _user),
    AnswerKind.DSA_INFORMATION_EFFECT: (_information, _user),
    AnswerKind.TCO_REMOVED: (_effects, _visible, _user),
    AnswerKind.TCO_NOT_EXECUTED: (_ground, _missing),
    AnswerKind.EPOC_NOT_EXECUTED: (_ground, _missing),
    AnswerKind.PRESERVED: (_copy,),
    AnswerKind.DISCLOSURE_CERTIFICATE: (_package, _user),
    AnswerKind.DESTRUCTION_CERTIFICATE: (_copy,),
}


def _pdf(said: Words, facts: AnswerFacts, content: Mapping[str, Any]) -> bytes:
    """Gives the PDF/A; texts reach the engine as data, so that none of them is a command."""
    shown = _shown({k: v for k, v in content.items() if k != "facts"}, said["notes"]["shortened"])
    if UNSHOWN in json.dumps(shown, ensure_ascii=False):
        shown["notes"].append(said["notes"]["unshown"])
    shown["page"] = said["page"]
    made = typst.compile(
        _template(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(shown)},
        pdf_standards=["a-2a"],
        timestamp=int(facts.answered_at.timestamp()),
    )
    assert isinstance(made, bytes)
    return made


def _shown(value: Any, shortened: str) -> Any:  # a tree of JSON
    """Gives a tree with every text as the PDF can show it and every table of a bearable length."""
    match value:
        case str():
            return showable(value, shortened=shortened)
        case list():
            more = [[shortened]] if value and isinstance(value[0], list) else [shortened]
            kept = [_shown(one, shortened) for one in value[:SHOWN_ROWS_MAX]]
            return kept + (more if len(value) > SHOWN_ROWS_MAX else [])
        case dict():
            return {name: _shown(one, shortened) for name, one in value.items()}
        case _:
            return value


def _plain(value: Any) -> Any:  # a tree of JSON
    """Gives the facts as JSON has them; times in RFC 3339, in UTC."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case StrEnum():
            return value.value
        case dict():
            return {name: _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return value


@cache
def _template() -> bytes:
    return files("evenhand.legal.answers").joinpath("answer.typ").read_bytes()
