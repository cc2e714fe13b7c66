"""A matter as pages show it: its words, its clocks as bars, its history."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext, gettext_noop

from evenhand.base.errors import EvenhandError
from evenhand.desk import law_words as words
from evenhand.desk.countries import country
from evenhand.desk.law_rows import EntryRow, entry_row, time_text
from evenhand.desk.words import own_words
from evenhand.legal import clock_steps, queries
from evenhand.legal.lists import (
    ClockName,
    DisclosureState,
    IdentifierKind,
    MatterState,
    Outcome,
)
from evenhand.legal.models import Clock, Disclosure, Document, Matter, Step
from evenhand.legal.sentences import sentence
from evenhand.markets.lists import AuthorityKind, DataCategory, LegalForm, LegalKind

STEP_NAMES = {
    "received": gettext_noop("Received"),
    "assigned": gettext_noop("Taken in hand"),
    "asked": gettext_noop("A question was asked"),
    "completed": gettext_noop("The authority answered"),
    "called_back": gettext_noop("The authority was called at the registry's number"),
    "validated": gettext_noop("Form and sender were validated"),
    "assessed": gettext_noop("The questions of substance were answered"),
    "voted": gettext_noop("A member of the board voted"),
    "scrutiny_begun": gettext_noop("A scrutiny by the home authority began"),
    "scrutiny_ended": gettext_noop("The scrutiny by the home authority ended"),
    "prepared": gettext_noop("An answer was prepared"),
    "returned": gettext_noop("It was sent back to be prepared anew"),
    "vault_task_taken": gettext_noop("Preserved items went, sealed, to the key holders"),
    "vault_answer_brought": gettext_noop("The key holders' package was brought back"),
    "collected": gettext_noop("The data were collected and sealed"),
    "released": gettext_noop("Released by a second person"),
    "refused": gettext_noop("Refused"),
    "executed": gettext_noop("Carried out"),
    "answer_given": gettext_noop("An answer was downloaded by the authority"),
    "preserved": gettext_noop("The data were put away under two keys"),
    "preservation_destroyed": gettext_noop("What was put away was destroyed"),
    "withdrawn": gettext_noop("Withdrawn"),
    "closed": gettext_noop("Closed"),
    "handed_out": gettext_noop("The answer was fetched"),
    "referred_to_review": gettext_noop("The reviewers have it, as reports"),
    "review_acted": gettext_noop("The reviewers acted on one thing that it names"),
    "review_left": gettext_noop("The reviewers left one thing that it names as it is"),
    "handed_over": gettext_noop("Handed over to a colleague"),
    "confirmed": gettext_noop("Receipt was confirmed"),
    "reviewed": gettext_noop("Looked at again by a third person"),
    "window_noted": gettext_noop("The enforcing authority's window was noted"),
    "notice_decided": gettext_noop("It was decided what the user is told"),
    "notice_sent": gettext_noop("The user was told"),
    "gag_lifted": gettext_noop("What forbade telling the user was lifted"),
    "copy_prepared": gettext_noop("A new copy was prepared"),
    "copy_released": gettext_noop("A new copy was released by a second person"),
    "preservation_extended": gettext_noop("The preservation was extended"),
    "preservation_held": gettext_noop("The preservation was put on legal hold"),
    "preservation_hold_lifted": gettext_noop("The legal hold was lifted"),
    "identifiers_revealed": gettext_noop("What it names was shown to somebody, for a reason"),
    "head_office_told": gettext_noop("The head office of the authority was told"),
    "delivery_confirmed": gettext_noop("The head office confirmed the delivery"),
    "package_expired": gettext_noop("The package was not fetched in time"),
    "officer_suspended": gettext_noop("The officer was suspended: no confirmation came"),
    "clock_half": gettext_noop("Half of the time has passed"),
    "clock_four_fifths": gettext_noop("Four fifths of the time have passed"),
    "clock_missed": gettext_noop("The time ran out"),
}
STEPS_FOR_OFFICERS = frozenset(
    {
        "received",
        "asked",
        "completed",
        "validated",
        "released",
        "refused",
        "executed",
        "withdrawn",
        "closed",
        "handed_out",
        "handed_over",
        "confirmed",
        "referred_to_review",
        "review_acted",
        "review_left",
    }
)
"""What of a matter's history its officer sees: how the desk works inside is not among it."""


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A clock as a bar with marks at half and four fifths of its time."""

    name: str
    due_at: datetime
    spent_percent: int
    left: str
    tone: str
    statutory: bool
    state: str
    pause_reason: str
    total: str


@dataclass(frozen=True, slots=True)
class DisclosureRow:
    """A package as its officer sees it."""

    row: Disclosure
    state_name: str
    ready: bool
    fetched: bool
    sha256: str


def matter_row(matter: Matter) -> dict[str, object]:
    """Gives a matter in words, for lists and pages."""
    state = MatterState(matter.state)
    return {
        "matter": matter,
        "kind": gettext(words.KINDS[LegalKind(matter.kind)]),
        "form": gettext(words.FORMS[LegalForm(matter.form)]),
        "state": gettext(words.STATES[state]),
        "tone": words.STATE_TONES[state],
        "outcome": gettext(words.OUTCOMES[Outcome(matter.outcome)]) if matter.outcome else "",
        "country": country(matter.country),
        "authority": matter.authority.name,
        "authority_kind": gettext(words.AUTHORITY_KINDS[AuthorityKind(matter.authority.kind)]),
        "categories": [gettext(words.CATEGORIES[DataCategory(one)]) for one in matter.categories],
        "ground": words.refusal_name(matter.ground) if matter.ground else "",
    }


def entry_of(matter: Matter) -> EntryRow:
    """Gives the entry of the law that a matter came under."""
    return entry_row(*queries.law_of(matter))


def answer_clock(matter_id: UUID) -> Clock | None:
    """Gives the clock that runs out first among those still running."""
    running = [clock for clock in queries.clocks(matter_id) if clock.stopped_at is None]
    return running[0] if running else None


def clock_rows(matter_id: UUID, *, now: datetime) -> list[ClockRow]:
    """Gives a matter's clocks."""
    return [clock_row(clock, now=now) for clock in queries.clocks(matter_id)]


def clock_row(clock: Clock, *, now: datetime) -> ClockRow:
    """Gives a clock as a page draws it."""
    facts = clock_steps.facts_of(clock)
    share = facts.share(now)
    left = facts.left(now)
    if clock.stopped_at is not None:
        state, tone = gettext("Stopped"), ""
    elif clock.paused_at is not None:
        state, tone = gettext("Paused"), ""
    elif share >= 1:
        state, tone = gettext("Missed"), "bad"
    else:
        state = gettext("%(time)s left") % {"time": time_text(left)}
        tone = "bad" if share >= 0.8 else "warn" if share >= 0.5 else "good"
    return ClockRow(
        name=gettext(words.CLOCKS[ClockName(clock.name)]),
        due_at=clock.due_at,
        spent_percent=min(100, max(0, round(share * 100))),
        left=time_text(left) if left.total_seconds() > 0 else "",
        tone=tone,
        statutory=clock.statutory,
        state=state,
        pause_reason=own_words(clock.pause_reason) if clock.paused_at else "",
        total=time_text(clock.total),
    )


def history_rows(matter_id: UUID, *, for_officer: bool) -> list[dict[str, object]]:
    """Gives a matter's history, whole or as far as its officer sees it."""
    return [
        {"at": step.at, "name": step_name(step), "step": step}
        for step in queries.history(matter_id)
        if not for_officer or step.what in STEPS_FOR_OFFICERS
    ]


def step_name(step: Step) -> str:
    """Gives what happened, in words."""
    known = STEP_NAMES.get(step.what)
    return gettext(known) if known else words.humanised(step.what)


def identifier_rows(matter_id: UUID) -> list[str]:
    """Gives what kinds of things a request names, without naming them."""
    return [
        gettext(words.IDENTIFIER_KINDS[IdentifierKind(kind)])
        for kind in queries.identifier_kinds(matter_id)
    ]


def document_rows(matter: Matter) -> list[dict[str, object]]:
    """Gives the documents with what their examination found."""
    return [_document_row(one) for one in matter.documents.order_by("at")]


def _document_row(one: Document) -> dict[str, object]:
    report = one.report
    return {
        "document": one,
        "sha256": bytes(one.sha256).hex(),
        "level": one.level,
        "trusted": one.trusted,
        "explained": sentence(
            "levels", one.level, words.reader(), kept=report.get("explained", "")
        ),
        "signer": report.get("signer", ""),
        "issuer": report.get("issuer", ""),
        "signed_at": report.get("signed_at", ""),
        "findings": [
            sentence("findings", code, words.reader(), kept=kept)
            for code, kept in report.get("findings", [])
        ],
        "whole": report.get("covers_whole_file", False),
        "changed": report.get("changed_after_signing", False),
        "producer": report.get("producer", ""),
    }


def fraud_row(matter: Matter) -> dict[str, object]:
    """Gives what speaks for a forgery in a matter, in the reader's language."""
    reasons = [
        (code, points, sentence("fraud", code, words.reader(), kept=kept))
        for code, points, kept in matter.fraud.get("reasons", [])
    ]
    return {**matter.fraud, "reasons": reasons}


def disclosure_row(matter_id: UUID, *, now: datetime) -> DisclosureRow | None:
    """Gives the newest package of a matter as its officer sees it."""
    rows = [
        one
        for one in queries.disclosures(matter_id)
        if one.state not in {DisclosureState.PLANNED.value, DisclosureState.COLLECTED.value}
    ]
    if not rows:
        return None
    row = rows[0]
    state = DisclosureState(row.state)
    fetched = state in {DisclosureState.HANDED_OUT, DisclosureState.CONFIRMED}
    return DisclosureRow(
        row=row,
        state_name=gettext(words.DISCLOSURE_STATES[state]),
        ready=state is DisclosureState.RELEASED
        and row.expires_at is not None
        and now < row.expires_at,
        fetched=fetched,
        sha256=bytes(row.sha256).hex() if row.sha256 else "",
    )


REMEDIES = {
    "SignatureRefused": gettext_noop(
        "Open the page anew, read what is released, and sign again with your own passkey."
    ),
    "ClockRefused": gettext_noop("This clock does not run, or stands already."),
}
"""What is said where a step was refused without findings, by the kind of error."""

ELSE = gettext_noop("It was not done. Load the page again and see where it stands now.")


def said_of(error: EvenhandError) -> list[str]:
    """Gives the findings of a refused step in words."""
    findings = error.fields.get("findings", ())
    codes = findings.split(",") if isinstance(findings, str) else list(findings)  # type: ignore[call-overload]
    said = [words.finding_name(str(code)) for code in codes if code]
    return said or [gettext(REMEDIES.get(type(error).__name__, ELSE))]
