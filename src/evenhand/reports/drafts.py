"""What somebody reports: a report to be, as a door hands it over."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from evenhand.base.lists import UNKNOWN_MARKET, ChannelKind, Language
from evenhand.base.personal import IpAddress, MailAddress, MessageText
from evenhand.evidence.disclosures import Disclosure
from evenhand.reports.lists import ReporterKind, ReportKind, Way


@dataclass(frozen=True, slots=True)
class ReporterDraft:
    """Who reports, as far as it is known.

    account   their account at the messenger; empty where there is none
    flagger   the id of a trusted flagger whose token was shown
    """

    kind: ReporterKind = ReporterKind.ANONYMOUS
    account: str = ""
    name: str = ""
    mailbox: MailAddress | None = None
    flagger: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A report to be.

    origin      the same origin again is the same report: `matrix:event:17`, `api:FLAGGER:KEY`
    about       what it is about: `event:…`, `channel:…`, `account:…` or `place:URL`
    account     whose the thing is, where it is known; so is the channel, and the event
    harm        what the reporter says that it is; empty if they do not say
    network     from where it came, for recognising one origin of many reports
    slow        it waits in the slow queue, since no proof of work came with it
    place       what the reporter typed as the place; sealed with the reasons
    content     what the messenger holds of the thing, for a report from within it; sealed
    """

    origin: str
    kind: ReportKind
    way: Way
    about: str
    text: MessageText
    at: datetime
    language: Language = Language.EN
    reporter: ReporterDraft = ReporterDraft()
    harm: str = ""
    account: str = ""
    channel: str = ""
    event: str = ""
    channel_kind: ChannelKind = ChannelKind.PRIVATE
    market: str = UNKNOWN_MARKET
    good_faith: bool = False
    network: IpAddress | None = None
    disclosure: Disclosure | None = None
    slow: bool = False
    place: str = ""
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class FlaggerDraft:
    """A trusted flagger to be entered, as the Commission's public list has it."""

    name: str
    awarded_by: str
    source: str
    valid_until: date
    areas: tuple[str, ...] = ()
