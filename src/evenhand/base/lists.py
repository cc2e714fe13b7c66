"""Closed lists that more than one room uses."""

from enum import StrEnum


class EventKind(StrEnum):
    """What came in."""

    MESSAGE = "message"
    EDIT = "edit"
    MEDIA = "media"
    REGISTRATION = "registration"
    JOIN = "join"
    ROOM_CREATION = "room_creation"
    ROOM_PUBLICATION = "room_publication"
    PROFILE = "profile"
    SEARCH_QUERY = "search_query"


class ChannelKind(StrEnum):
    """Who can read a channel; a kind that is not known counts as private."""

    PUBLIC = "public"
    PRIVATE = "private"
    DIRECT = "direct"


class ActionKind(StrEnum):
    """What can be done; the order is from mild to grave and breaks ties between verdicts."""

    NONE = "none"
    LABEL = "label"
    WARN = "warn"
    UNLIST = "unlist"
    DEINDEX = "deindex"
    HOLD = "hold"
    REFUSE = "refuse"
    QUARANTINE = "quarantine"
    RESTRICT = "restrict"
    GEO_WITHHOLD = "geo_withhold"
    REDACT = "redact"
    SUSPEND = "suspend"
    LOCK = "lock"
    BLOCK_CHANNEL = "block_channel"
    DEACTIVATE = "deactivate"


class TargetKind(StrEnum):
    """What an action is done to."""

    EVENT = "event"
    ACCOUNT = "account"
    CHANNEL = "channel"
    MEDIA = "media"
    REGISTRATION = "registration"


class UndoResult(StrEnum):
    """What undoing an action returns."""

    UNDONE = "undone"
    COMPENSATED = "compensated"
    NOT_POSSIBLE = "not_possible"


class Ground(StrEnum):
    """Where a decision came from."""

    RULE = "rule"
    CASE = "case"
    ORDER = "order"


class Source(StrEnum):
    """Who drew attention to the thing decided (DSA Art. 17(3)(b))."""

    OWN = "own"
    USER = "user"
    TRUSTED_FLAGGER = "trusted_flagger"
    AUTHORITY = "authority"


class Automation(StrEnum):
    """How far a decision was automated (DSA Art. 17(3)(c))."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


class Language(StrEnum):
    """The languages in which people are told things."""

    DE = "de"
    EN = "en"
    FR = "fr"
    RU = "ru"
    KK = "kk"


class RecordKind(StrEnum):
    """What a record says happened."""

    SCREENED = "screened"
    UNSCREENED = "unscreened"
    DECISION = "decision"
    EFFECT_CONFIRMED = "effect_confirmed"
    EFFECT_FAILED = "effect_failed"
    EFFECT_UNDONE = "effect_undone"
    EFFECT_COMPENSATED = "effect_compensated"
    STATEMENT_DELIVERED = "statement_delivered"
    STATEMENT_UNDELIVERABLE = "statement_undeliverable"
    CASE_OPENED = "case_opened"
    CASE_CLOSED = "case_closed"
    OBJECTION_RECEIVED = "objection_received"
    OBJECTION_UPHELD = "objection_upheld"
    OBJECTION_REFUSED = "objection_refused"
    OBJECTION_ANSWERED = "objection_answered"
    EVIDENCE_OPENED = "evidence_opened"
    EVIDENCE_EXPIRED = "evidence_expired"
    RECORD_FORGOTTEN = "record_forgotten"
    REPORT_PUBLISHED = "report_published"
    STAFF_CHANGED = "staff_changed"
    PERSONAL_DATA_READ = "personal_data_read"
    AUTHORITY_CHANGED = "authority_changed"
    OFFICER_CHANGED = "officer_changed"
    CALLED_BACK = "called_back"
    FILING_KEPT = "filing_kept"
    MARKET_CHANGED = "market_changed"
    LAW_SIGNED_OFF = "law_signed_off"
    LEGAL_RECEIVED = "legal_received"
    LEGAL_STEP = "legal_step"
    LEGAL_RELEASED = "legal_released"
    LEGAL_REFUSED = "legal_refused"
    LEGAL_EXECUTED = "legal_executed"
    LEGAL_CLOSED = "legal_closed"
    LEGAL_REVIEWED = "legal_reviewed"
    CLOCK_WARNED = "clock_warned"
    CLOCK_MISSED = "clock_missed"
    CLOCK_MET = "clock_met"
    PAGED = "paged"
    DISCLOSED = "disclosed"
    DISCLOSURE_CONFIRMED = "disclosure_confirmed"
    PRESERVED = "preserved"
    PRESERVATION_CHANGED = "preservation_changed"
    PRESERVATION_DESTROYED = "preservation_destroyed"
    USER_NOTICE = "user_notice"
    GAG_ENDED = "gag_ended"
    DANGER_REPORTED = "danger_reported"
    SAMPLE_DRAWN = "sample_drawn"
    REPORT_RECEIVED = "report_received"
    REPORT_ANSWERED = "report_answered"
    FLAGGER_CHANGED = "flagger_changed"
    CASE_ESCALATED = "case_escalated"
    CASE_HANDED_OVER = "case_handed_over"
    OPINION_GIVEN = "opinion_given"
    QUALITY_CHECKED = "quality_checked"
    BULK_DECIDED = "bulk_decided"
    STRIKE_GIVEN = "strike_given"
    STRIKE_LIFTED = "strike_lifted"
    LABEL_GIVEN = "label_given"
    LABEL_LIFTED = "label_lifted"
    STAGE_ASKED = "stage_asked"
    MISUSE_WARNED = "misuse_warned"
    MISUSE_SUSPENDED = "misuse_suspended"
    APPEAL_MESSAGE = "appeal_message"
    COMPLAINT_RECEIVED = "complaint_received"
    STATEMENT_SUBMITTED = "statement_submitted"
    STATEMENT_REJECTED = "statement_rejected"
    HASH_FEED_CHANGED = "hash_feed_changed"
    CHILD_SAFETY_MATCHED = "child_safety_matched"
    CHILD_SAFETY_REPORTED = "child_safety_reported"
    RULE_LIVE = "rule_live"
    RULE_CHANGED = "rule_changed"
    RULE_SHADOWED = "rule_shadowed"
    RULE_OVER_BUDGET = "rule_over_budget"
    RULE_ROLLED_BACK = "rule_rolled_back"
    RULE_SWEPT = "rule_swept"
    SEARCH_POLICY_CHANGED = "search_policy_changed"
    SEARCH_AUDITED = "search_audited"
    SEARCH_FLAGGED = "search_flagged"
    SEARCH_LEAKED = "search_leaked"


class BatchKind(StrEnum):
    """What a batch of the log holds: records as they came, or the cells of a published day."""

    RECORDS = "records"
    CLASSES = "classes"


class LegalLane(StrEnum):
    """How what an authority asks is handled, and so how it is counted; drills are not."""

    ORDINARY = "ordinary"
    EMERGENCY = "emergency"
    DRILL = "drill"


UNKNOWN_MARKET = "ZZ"
"""The market of what cannot be placed in a country (ISO 3166-1 reserves ZZ for users)."""

AUTOMATED_KINDS = frozenset(
    {
        ActionKind.NONE,
        ActionKind.LABEL,
        ActionKind.WARN,
        ActionKind.UNLIST,
        ActionKind.DEINDEX,
        ActionKind.HOLD,
        ActionKind.REFUSE,
        ActionKind.QUARANTINE,
        ActionKind.RESTRICT,
        ActionKind.SUSPEND,
        ActionKind.BLOCK_CHANNEL,
    }
)
"""What a rule may do alone: refuse at posting, or act so that it can be undone."""
