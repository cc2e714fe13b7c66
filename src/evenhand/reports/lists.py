"""Closed lists of the reports room."""

from enum import StrEnum


class ReportKind(StrEnum):
    """What a report is in law; a notice has legal effects that a user report has not."""

    USER_REPORT = "user_report"
    NOTICE = "notice"
    TRUSTED_FLAGGER_NOTICE = "trusted_flagger_notice"
    REFERRAL = "referral"


class Way(StrEnum):
    """By which door a report came."""

    MATRIX = "matrix"
    FORM = "form"
    API = "api"
    MAIL = "mail"
    LEGAL = "legal"


class ReporterKind(StrEnum):
    """Who reports."""

    USER = "user"
    ANONYMOUS = "anonymous"
    TRUSTED_FLAGGER = "trusted_flagger"
    AUTHORITY = "authority"


class ReportState(StrEnum):
    """Where a report stands: in the slow queue, before a person, or answered."""

    WAITING = "waiting"
    OPEN = "open"
    ANSWERED = "answered"


class ReportOutcome(StrEnum):
    """What came of a report."""

    ACTED = "acted"
    NOT_ACTED = "not_acted"
    REVERSED = "reversed"


class ProofLevel(StrEnum):
    """What is known of a message that a reporter disclosed from an encrypted room."""

    NONE = "none"
    CLAIMED = "claimed"
    PROVED = "proved"


class Mass(StrEnum):
    """A sign of coordinated mass reporting."""

    BURST = "burst"
    SHARED_ORIGIN = "shared_origin"
    POOR_RECORD = "poor_record"
    SAME_WORDS = "same_words"


class ReportFinding(StrEnum):
    """Why something cannot be taken as a report."""

    TEXT_MISSING = "text_missing"
    TEXT_TOO_LONG = "text_too_long"
    PLACE_MISSING = "place_missing"
    PLACE_UNREADABLE = "place_unreadable"
    HARM_MISSING = "harm_missing"
    HARM_UNKNOWN = "harm_unknown"
    NAME_MISSING = "name_missing"
    NAME_TOO_LONG = "name_too_long"
    MAILBOX_MISSING = "mailbox_missing"
    MAILBOX_UNREADABLE = "mailbox_unreadable"
    GOOD_FAITH_MISSING = "good_faith_missing"
    DISCLOSURE_ELSEWHERE = "disclosure_elsewhere"
    DISCLOSURE_TOO_MUCH = "disclosure_too_much"
    QUEUE_FULL = "queue_full"
    FORM_USED = "form_used"
    FORM_EXPIRED = "form_expired"
