"""Closed lists of the room."""

from enum import StrEnum


class CallBackAbout(StrEnum):
    """What somebody at the registry's number was asked.

    OFFICER  whether this officer works there and may write to us
    KEY      whether this officer registered this age key
    MATTER   whether this request is theirs
    """

    OFFICER = "officer"
    KEY = "key"
    MATTER = "matter"


class CallBackSaid(StrEnum):
    """What was said at the registry's number."""

    CONFIRMED = "confirmed"
    DENIED = "denied"
    NO_ANSWER = "no_answer"


class Vouched(StrEnum):
    """Who vouched for an officer: another officer of the same authority, or staff who called."""

    COLLEAGUE = "colleague"
    STAFF = "staff"


class Direction(StrEnum):
    """Which way a filing went: from the authority to us, or from us to it."""

    IN = "in"
    OUT = "out"


class AuthorityChanged(StrEnum):
    """What was done to an entry of the registry."""

    REGISTERED = "registered"
    ALTERED = "altered"
    CONFIRMED = "confirmed"
    CLOSED = "closed"


class OfficerChanged(StrEnum):
    """What happened to an officer."""

    INVITED = "invited"
    LINK_RENEWED = "link_renewed"
    VOUCHED = "vouched"
    REVERIFIED = "reverified"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    DOUBTED = "doubted"
    KEY_ADDED = "key_added"
    KEY_CONFIRMED = "key_confirmed"
    KEY_ENDED = "key_ended"
    PROGRAM_ADMITTED = "program_admitted"
    PROGRAM_ENDED = "program_ended"


class Finding(StrEnum):
    """Why an officer may not file, or may not receive, now."""

    AUTHORITY_CLOSED = "authority_closed"
    AUTHORITY_UNCONFIRMED = "authority_unconfirmed"
    NOT_VOUCHED = "not_vouched"
    VERIFICATION_LAPSED = "verification_lapsed"
    SUSPENDED = "suspended"
    NO_KEY = "no_key"
    KEY_TOO_NEW = "key_too_new"
    KEY_NOT_CONFIRMED = "key_not_confirmed"
    MAILBOX_FOREIGN = "mailbox_foreign"


class DomainMatch(StrEnum):
    """What a mailbox's domain is to an authority's domains."""

    OWN = "own"
    BELOW_OWN = "below_own"
    LOOK_ALIKE = "look_alike"
    FOREIGN = "foreign"
