"""Closed lists of the room of statements."""

from enum import StrEnum


class SubmissionState(StrEnum):
    """Where an entry stands on its way to the DSA Transparency Database."""

    WAITING = "waiting"
    SENT = "sent"
    """Sent, and no answer came yet: the database is asked for it before it is sent again."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    GONE = "gone"
    """A person left it out, with reasons."""


class Exemption(StrEnum):
    """Why a decision does not belong into the database."""

    SMALL_ENTERPRISE = "small_enterprise"
    """DSA Art. 19(1): Art. 24(5) does not bind micro and small enterprises."""
    AUTHORITY_ORDER = "authority_order"
    """DSA Art. 17(5): orders of authorities have a way of their own (Art. 9)."""
    COMMERCIAL_SPAM = "commercial_spam"
    """DSA Art. 17(2): deceptive high-volume commercial content."""
    NO_RESTRICTION = "no_restriction"
    """DSA Art. 17(1): only restrictions have a statement there; a warning is none."""
    NOT_PUBLIC = "not_public"
    """DSA Art. 3(k): a private chat is not disseminated to the public."""
    OUTSIDE_EU = "outside_eu"
    """It applies in no country that the database knows."""


class Fault(StrEnum):
    """Why an entry may not leave the house, or why the database did not take it."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    NOT_LISTED = "not_listed"
    WRONG_FORM = "wrong_form"
    OUT_OF_RANGE = "out_of_range"
    NO_DECISION = "no_decision"
    NOT_OURS = "not_ours"
    """A free text that is not one of the fixed texts that entries are made of."""
    PERSONAL_DATA = "personal_data"
    BY_DATABASE = "by_database"
    DIFFERS = "differs"
    """The database holds something else under the same number."""


class Leak(StrEnum):
    """What in a text may point to somebody."""

    MESSENGER_ID = "messenger_id"
    MAIL = "mail"
    PHONE = "phone"
    IP = "ip_address"
    LINK = "link"
    NUMBER = "long_number"
    KEY = "long_key"
    KNOWN = "known_of_the_decision"


class Reversal(StrEnum):
    """How a decision fell after it was submitted: the database knows no correction."""

    UNDONE = "undone_later"
    COMPENSATED = "compensated_later"
    OBJECTION_UPHELD = "objection_upheld"
