"""Closed lists of the room of child safety."""

from enum import StrEnum


class FeedKind(StrEnum):
    """Where hashes come from: an exchange that the operator is a member of, or its own file."""

    NCMEC = "ncmec"
    TECH_AGAINST_TERRORISM = "tech_against_terrorism"
    STOPNCII = "stopncii"
    GIFCT = "gifct"
    FILE = "file"


class FeedState(StrEnum):
    """Where a feed stands; only an active one is read, and only its hashes match."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    STOPPED = "stopped"


class Algorithm(StrEnum):
    """How a hash was made; the last one is alike for like pictures."""

    SHA256 = "sha256"
    SHA1 = "sha1"
    MD5 = "md5"
    PDQ = "pdq"


class TipState(StrEnum):
    """Where a report to the CyberTipline stands."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"
    SENT = "sent"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class IncidentType(StrEnum):
    """What a report is about, in the words that the CyberTipline's interface takes."""

    MATERIAL = "Child Pornography (possession, manufacture, and distribution)"
    TRAFFICKING = "Child Sex Trafficking"
    TOURISM = "Child Sex Tourism"
    MOLESTATION = "Child Sexual Molestation"
    ENTICEMENT = "Online Enticement of Children for Sexual Acts"
    OBSCENE_MATERIAL = "Unsolicited Obscene Material Sent to a Child"


class FalseMatchState(StrEnum):
    """Where it stands that a file is not what a feed says; only one in force lifts a match."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"
