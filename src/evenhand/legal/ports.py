"""What the legal room needs from above; connectors provide it, `wiring.py` binds it.

The types of what is read from a messenger are the limit of what can be disclosed: an IP address
with its port and time, and a phone number. A field for anything else does not exist.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from evenhand.base.personal import IpAddress, PhoneNumber


class DataClass(StrEnum):
    """What a collection may ask for; nothing else can be asked."""

    CONNECTIONS = "connections"
    PHONE = "phone"


class PurposeClass(StrEnum):
    """For what an address was read.

    Regulation (EU) 2023/1543 Art. 3(10) treats addresses that are asked for only to identify a
    user as a class of their own, milder than traffic data (Art. 3(11)).
    """

    IDENTIFY_ONLY = "identify_only"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Connection:
    """One address from which an account was used.

    port     the source port; None where the messenger keeps none
    seen_at  in UTC
    purpose  for what it was read
    """

    address: IpAddress
    port: int | None
    seen_at: datetime
    purpose: PurposeClass


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the messenger knows of one account, of the two classes that can be disclosed.

    known   False where the messenger has no such account
    source  where it was read, in words for the package ("Synapse, admin API, whois")
    """

    account: str
    known: bool
    phones: tuple[PhoneNumber, ...]
    connections: tuple[Connection, ...]
    source: str
    read_at: datetime


class AccountData(Protocol):
    """Who reads an account's data at the messenger: the collector's own token, nobody else's.

    Both methods raise `Unavailable` where trying again may help.
    """

    def read(
        self,
        account: str,
        *,
        want: frozenset[DataClass],
        since: datetime | None,
        until: datetime | None,
        purpose: PurposeClass,
    ) -> AccountFacts:
        """Gives what is wanted of an account, seen from `since` (included) to `until` (excluded).

        Where it is only to identify, each address comes once, with the last time it was seen:
        a course of movements does not identify anybody better.
        """

    def account_of(self, phone: PhoneNumber) -> str | None:
        """Gives the account that has this phone number."""


class Violations(Protocol):
    """Who knows what an account was found to have done (cases and actions know)."""

    def upheld(self, account: str) -> bool:
        """Tells whether a person's decision against the account stands and is not appealed."""


class Pager(Protocol):
    """Who calls the people on duty."""

    def page(self, text: str, *, urgent: bool, key: UUID) -> None:
        """Keeps a page durably to be sent at once; the same key twice is sent once.

        `text` names matters by number and never a person. Sending and trying again is the
        worker's; what came of it is a record of kind `paged` with `key` as its subject.
        """


@dataclass(frozen=True, slots=True)
class CollectionTask:
    """What the collector is to read, and for whom it is sealed; `legal.queries` gives it.

    number      the matter's number, as the authority knows it
    reference   the authority's own file number
    law         regime, version and article, as the package names them
    language    of the authority
    accounts    the messenger's ids that the plan names; nothing else is read
    phones      numbers that the request named; they are not looked up here, since an account
                found by one would not have passed the plan's barriers
    recipient   the officer's age recipient (age1…)
    """

    disclosure: UUID
    matter: UUID
    number: str
    reference: str
    authority: str
    country: str
    law: str
    language: str
    purpose: PurposeClass
    want: frozenset[DataClass]
    accounts: tuple[str, ...]
    recipient: str
    since: datetime | None = None
    until: datetime | None = None
    phones: tuple[PhoneNumber, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class PreservationTask:
    """What the collector is to put away, sealed for two key holders; `legal.queries` gives it.

    channels, events  named by the request, and only where it covers content
    """

    preservation: UUID
    matter: UUID
    number: str
    expires_at: datetime
    purpose: PurposeClass
    want: frozenset[DataClass]
    accounts: tuple[str, ...]
    channels: tuple[str, ...]
    events: tuple[str, ...]
    since: datetime | None = None
    until: datetime | None = None


class HeadOffices(Protocol):
    """Who writes to an authority's head office, at the address in the registry."""

    def tell(
        self,
        address: str,
        *,
        number: str,
        reference: str,
        language: str,
        disclosure: UUID,
        confirm_by: datetime,
    ) -> None:
        """Tells that an officer received data under a number, and asks to confirm it in time.

        The same disclosure twice is told once; raises `Unavailable` where trying again may help.
        """
