"""Which entry of the public log shows that an answer was given, and the code that finds it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from evenhand.base.lists import RecordKind
from evenhand.legal.answers.facts import AnswerFacts, AnswerKind
from evenhand.records.proof_queries import AboutRecord, records_about

ENTRIES: Mapping[AnswerKind, RecordKind] = {
    AnswerKind.REFUSAL: RecordKind.LEGAL_REFUSED,
    AnswerKind.TCO_NOT_EXECUTED: RecordKind.LEGAL_REFUSED,
    AnswerKind.EPOC_NOT_EXECUTED: RecordKind.LEGAL_REFUSED,
    AnswerKind.EFFECT: RecordKind.LEGAL_EXECUTED,
    AnswerKind.DSA_ORDER_EFFECT: RecordKind.LEGAL_EXECUTED,
    AnswerKind.TCO_REMOVED: RecordKind.LEGAL_EXECUTED,
    AnswerKind.DISCLOSURE_CERTIFICATE: RecordKind.LEGAL_RELEASED,
    AnswerKind.DSA_INFORMATION_EFFECT: RecordKind.LEGAL_RELEASED,
}
"""What an answer speaks of, as it is recorded; all others speak of what was received."""

RECEIVED = RecordKind.LEGAL_RECEIVED


@dataclass(frozen=True, slots=True)
class Codes:
    """How an answer names its entry: the code of a record, and the page that takes it."""

    of: Callable[[UUID], str]
    url: str


def entries_of(matter_id: UUID) -> list[AboutRecord]:
    """Gives the records of a matter that its answers speak of, the earliest first."""
    return records_about(matter_id, {RECEIVED, *ENTRIES.values()})


def proof_of(
    kind: AnswerKind, facts: AnswerFacts, entries: Sequence[AboutRecord], codes: Codes | None
) -> str:
    """Gives the code and the page for an answer; empty where nothing of it is recorded.

    The latest record up to the answer's own time: later ones change no answer that was given.
    """
    if codes is None:
        return ""
    wanted = ENTRIES.get(kind, RECEIVED)
    named = [one for one in entries if one.kind is wanted] or [
        one for one in entries if one.kind is RECEIVED
    ]
    before = [one for one in named if one.at <= facts.answered_at] or named[:1]
    return f"{codes.of(before[-1].id)} ({codes.url})" if before else ""
