"""Closed lists of the cases room."""

from enum import StrEnum


class CaseKind(StrEnum):
    """Why a person has to look."""

    REVIEW = "review"
    OBJECTION = "objection"
    FAILED_EFFECT = "failed_effect"
    COMPLAINT = "complaint"
    DISAGREEMENT = "disagreement"


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLOSED = "closed"


class CaseOutcome(StrEnum):
    """How a person closed a case."""

    ACTED = "acted"
    NO_ACTION = "no_action"
    UPHELD = "upheld"
    REFUSED = "refused"
    COMPARED = "compared"


class CaseLane(StrEnum):
    """Who may see a case: its queue's people, or the child-safety role alone."""

    OPEN = "open"
    SEALED = "sealed"


class StepKind(StrEnum):
    """One step that somebody took with a case."""

    CLAIMED = "claimed"
    LET_GO = "let_go"
    HANDED_OVER = "handed_over"
    ESCALATED = "escalated"
    OPINION_ASKED = "opinion_asked"
    OPINION_GIVEN = "opinion_given"
    JOINED = "joined"
    REPORTED = "reported"
    NOTED = "noted"
    OPENED = "opened"
    CLOSED = "closed"
    STAGE_VIOLATION = "stage_violation"
    STAGE_NO_VIOLATION = "stage_no_violation"


class StageOutcome(StrEnum):
    """What came of asking the second stage: an answer, one it gave before, or none that counts."""

    ANSWERED = "answered"
    KNOWN = "known"
    REFUSED = "answer_refused"
    NO_TEXT = "no_text"


class BulkState(StrEnum):
    """Where a bulk decision stands: its sample is being decided, the rest follow, or it ended."""

    SAMPLING = "sampling"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
