"""What the API for reports takes and gives, as it stands in its OpenAPI document."""

from datetime import datetime

from ninja import Field

from evenhand.base.lists import Language
from evenhand.desk.api.schemas import Strict
from evenhand.reports.limits import (
    MAILBOX_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    PLACE_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
)
from evenhand.reports.lists import ReportKind, ReportOutcome, ReportState

IDENTITY_CHARACTERS_MAX = 512
"""Characters of an OpenID token: Synapse makes about thirty."""


class ReportIn(Strict):
    """A report: what it is about, and why."""

    about: str = Field(max_length=PLACE_CHARACTERS_MAX, description="a link, or an id of Matrix")
    text: str = Field(max_length=TEXT_CHARACTERS_MAX)
    harm: str = Field(default="", max_length=64, description="a code of the list of harms")
    language: Language = Language.EN
    name: str = Field(default="", max_length=NAME_CHARACTERS_MAX)
    mailbox: str = Field(default="", max_length=MAILBOX_CHARACTERS_MAX)
    good_faith: bool = Field(
        default=False,
        description="the statement of DSA Art. 16(2)(d); with it the report is a notice",
    )
    identity: str = Field(
        default="",
        max_length=IDENTITY_CHARACTERS_MAX,
        description=(
            "an OpenID token of your homeserver (client-server API, openid/request_token): the desk"
            " learns which account reports, and the report does not wait"
        ),
    )
    disclosure: object = Field(
        default=None,
        description=(
            "one message of an encrypted room: room_id, event_id and prk, the 32 bytes in base64"
            " that open this message alone. Never a session, a backup or an 80-byte block."
        ),
    )


class ReportOut(Strict):
    """A report that was taken."""

    receipt_code: str = Field(description="sixteen digits; the only way back to this report")
    kind: ReportKind
    state: ReportState
    follow_url: str


class CodeIn(Strict):
    """A receipt code; never in an address, since addresses are logged."""

    receipt_code: str = Field(max_length=64)


class StatusOut(Strict):
    """Where a report stands, and in words what may be said."""

    kind: ReportKind
    state: ReportState
    outcome: ReportOutcome | None
    at: datetime
    answered_at: datetime | None
    words: list[str]


class FlaggerReportOut(StatusOut):
    """One notice of a trusted flagger."""

    receipt_code: str
    harm: str


class HarmCount(Strict):
    """How many notices spoke of one harm."""

    harm: str
    notices: int


class YearOut(Strict):
    """A trusted flagger's own figures of one year (for its report under DSA Art. 22(3))."""

    year: int
    notices: int
    acted: int
    not_acted: int
    open: int
    median_hours: float | None
    by_harm: list[HarmCount]
