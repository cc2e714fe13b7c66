"""Closed lists of the legal room."""

from enum import StrEnum


class MatterState(StrEnum):
    """Where a matter stands; `legal.checks.FLOW` says which step leads where."""

    RECEIVED = "received"
    ASKED = "asked"
    VALIDATED = "validated"
    PREPARED = "prepared"
    RELEASED = "released"
    EXECUTED = "executed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Verb(StrEnum):
    """One kind of step in a matter's life."""

    ASK = "ask"
    COMPLETE = "complete"
    VALIDATE = "validate"
    ASSESS = "assess"
    BOARD = "board"
    PREPARE = "prepare"
    RETURN = "return"
    RELEASE = "release"
    EXECUTE = "execute"
    WITHDRAW = "withdraw"
    CLOSE = "close"


class PlanKind(StrEnum):
    """What is proposed to be answered."""

    ACCEPT = "accept"
    NARROW = "narrow"
    REFUSE = "refuse"


class Outcome(StrEnum):
    """How a matter ended."""

    NONE = ""
    ACCEPTED = "accepted"
    NARROWED = "narrowed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class IdentifierKind(StrEnum):
    """What a request names."""

    ACCOUNT = "account"
    PHONE = "phone"
    LINK = "link"
    CHANNEL = "channel"
    EVENT = "event"
    IP = "ip"


class Authenticity(StrEnum):
    """By what a matter was found to come from the authority it names."""

    NONE = ""
    SIGNATURE = "signature"  # a signed document under a root that the registry trusts
    CALL_BACK = "call_back"  # a call to the number in the registry
    SERVED = "served"  # handed over on paper to the representative


class ClockName(StrEnum):
    """What a clock measures."""

    ANSWER = "answer"  # the law's deadline, or the desk's own target
    WINDOW = "window"  # the enforcing authority's (Regulation (EU) 2023/1543 Art. 10(2))
    AFTER_REVIEW = "after_review"  # the look of a third person after an emergency
    CONFIRMATION = "confirmation"  # the head office's answer
    SCRUTINY = "scrutiny"  # of an order from another Member State (TCO Art. 4)


class EnforcingAnswer(StrEnum):
    """How the enforcing authority's window ended."""

    NONE = ""
    NO_GROUND = "no_ground"
    LAPSED = "lapsed"
    REFUSES = "refuses"


class ScrutinyAsker(StrEnum):
    """Who set the scrutiny of an order going (Regulation (EU) 2021/784 Art. 4(3) and (4))."""

    HOME_AUTHORITY = "home_authority"
    PROVIDER = "provider"
    PERSON_CONCERNED = "person_concerned"


class ScrutinyOutcome(StrEnum):
    """What the home authority found of an order (Art. 4(3), (6) and (7))."""

    OPEN = ""
    NO_INFRINGEMENT = "no_infringement"
    INFRINGES = "infringes"


class ProtectedGround(StrEnum):
    """Why somebody, or a channel, is not reached without the policy board."""

    PRESS = "press"
    COUNSEL = "counsel"
    MEMBER_OF_PARLIAMENT = "member_of_parliament"
    JUDGE = "judge"
    CLERGY = "clergy"
    RIGHTS_DEFENDER = "rights_defender"
    MINOR = "minor"


class Substance(StrEnum):
    """The questions that a person answers before anything is released."""

    SPEECH = "speech"
    PRESS = "press"
    RELIGION = "religion"
    ORIENTATION = "orientation"
    ASSEMBLY = "assembly"
    NO_CRIME_HERE = "no_crime_here"
    OUT_OF_PROPORTION = "out_of_proportion"


class Said(StrEnum):
    """The answer to one question of substance; all but `no` goes to the board."""

    NO = "no"
    YES = "yes"
    UNSURE = "unsure"


class BoardDecision(StrEnum):
    """What the policy board decided."""

    GO_ON = "go_on"
    REFUSE = "refuse"


class DisclosureState(StrEnum):
    """Where a package stands."""

    PLANNED = "planned"
    COLLECTED = "collected"
    RELEASED = "released"
    HANDED_OUT = "handed_out"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    DESTROYED = "destroyed"


class NoticeState(StrEnum):
    """What is owed to a user, and what became of it."""

    NOT_REQUIRED = "not_required"
    DUE_NOW = "due_now"
    DELAYED_UNTIL = "delayed_until"
    FORBIDDEN_UNTIL_LIFTED = "forbidden_until_lifted"
    AUTHORITY_NOTIFIES = "authority_notifies"
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"


class DangerLaw(StrEnum):
    """Under which duty a danger to life is reported to an authority."""

    DSA_18 = "dsa_18"
    TCO_14_5 = "tco_14_5"


class Finding(StrEnum):
    """Why a step may not be taken now."""

    WRONG_STATE = "wrong_state"
    ROLE_MISSING = "role_missing"
    NOT_ASSIGNED = "not_assigned"
    REASON_MISSING = "reason_missing"
    TOO_LONG = "too_long"
    FIELD_MISSING = "field_missing"
    FIELD_UNKNOWN = "field_unknown"
    IDENTIFIER_MISSING = "identifier_missing"
    CATEGORY_MISSING = "category_missing"
    OFFICER_MAY_NOT_FILE = "officer_may_not_file"
    SAME_PERSON = "same_person"
    NOT_VALIDATED = "not_validated"
    NOT_AUTHENTIC = "not_authentic"
    CALL_BACK_MISSING = "call_back_missing"
    SECOND_LOOK_MISSING = "second_look_missing"
    QUESTIONS_OPEN = "questions_open"
    QUESTIONNAIRE_INCOMPLETE = "questionnaire_incomplete"
    SUBSTANCE_UNANSWERED = "substance_unanswered"
    BOARD_PENDING = "board_pending"
    BOARD_REFUSES = "board_refuses"
    LAW_REFUSES = "law_refuses"
    UNVERIFIED_ENTRY = "unverified_entry"
    OUTSIDE_CATEGORY = "outside_category"
    CONTENT_OUTSIDE_DESK = "content_outside_desk"
    NO_VIOLATION = "no_violation"
    MARKET_NOT_OPEN = "market_not_open"
    TERRITORY_TOO_WIDE = "territory_too_wide"
    MEASURE_MISSING = "measure_missing"
    MEASURE_NOT_ALLOWED = "measure_not_allowed"
    GROUND_MISSING = "ground_missing"
    KEY_MISSING = "key_missing"
    NOT_COLLECTED = "not_collected"
    NOT_PRESERVED = "not_preserved"
    NOT_INFORMED_BEFORE = "not_informed_before"
    RANK_TOO_LOW = "rank_too_low"
    WITHOUT_EFFECT = "without_effect"
    SCRUTINY_TOO_LATE = "scrutiny_too_late"
    WINDOW_OPEN = "window_open"
    ENFORCING_AUTHORITY_REFUSES = "enforcing_authority_refuses"
    REFERRAL_IS_NO_ORDER = "referral_is_no_order"
    CHANGED_SINCE = "changed_since"
    SIGNATURE_WRONG = "signature_wrong"
    NOTICE_UNDECIDED = "notice_undecided"
    NOTICE_RULE = "notice_rule"
    REVIEW_MISSING = "review_missing"
    NOT_EXECUTED = "not_executed"
    NOT_RECIPIENT = "not_recipient"
    ALREADY_HANDED_OUT = "already_handed_out"
    EXPIRED = "expired"
    LEGAL_HOLD = "legal_hold"
    EXTENDED_TO_THE_END = "extended_to_the_end"
    OTHER_AUTHORITY = "other_authority"
