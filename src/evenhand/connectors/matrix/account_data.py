"""What Synapse knows of an account that can be disclosed: sessions' addresses, phone numbers.

Synapse keeps the address and the last time of each session (`user_ips_max_age`, 28 days) and no
source port. It forgets phone numbers when an account is closed. The client carries the
collector's own token (EVENHAND_COLLECTOR_TOKEN_FILE); no other process reads that file.
"""

from collections.abc import Callable
from datetime import datetime

import httpx

from evenhand.base.clock import now as moment_now
from evenhand.base.errors import NotAllowed, NotFound
from evenhand.base.personal import PhoneNumber
from evenhand.connectors.matrix.client import MatrixClient
from evenhand.legal.narrowing import Seen, chosen
from evenhand.legal.ports import AccountFacts, Connection, DataClass, PurposeClass

SOURCE = "Synapse admin API: whois (address and last time of each session), user (phone numbers)"


class SynapseAccountData:
    """The port `AccountData` on Synapse."""

    def __init__(self, client: MatrixClient, clock: Callable[[], datetime] = moment_now) -> None:
        self._client = client
        self._clock = clock

    def read(
        self,
        account: str,
        *,
        want: frozenset[DataClass],
        since: datetime | None,
        until: datetime | None,
        purpose: PurposeClass,
    ) -> AccountFacts:
        """Gives what is wanted of an account, and asks for nothing that is not wanted."""
        try:
            phones = self._client.phones(account)
        except NotFound:
            return self._facts(account, known=False)
        except NotAllowed as error:
            if error.fields.get("status") != httpx.codes.BAD_REQUEST:
                raise
            return self._facts(account, known=False)  # an account of another homeserver
        lines: list[Seen] = []
        if DataClass.CONNECTIONS in want:
            lines = [Seen(address, None, at) for at, address in self._client.seen(account)]
        return self._facts(
            account,
            known=True,
            phones=tuple(_international(one) for one in phones) if DataClass.PHONE in want else (),
            connections=chosen(lines, since=since, until=until, purpose=purpose),
        )

    def account_of(self, phone: PhoneNumber) -> str | None:
        """Gives the account that has this phone number."""
        return self._client.account_with_phone(phone)

    def _facts(
        self,
        account: str,
        *,
        known: bool,
        phones: tuple[PhoneNumber, ...] = (),
        connections: tuple[Connection, ...] = (),
    ) -> AccountFacts:
        return AccountFacts(account, known, phones, connections, SOURCE, self._clock())


def _international(digits: str) -> PhoneNumber:
    """Gives a number as ITU E.164 writes it; Matrix keeps the digits alone (msisdn)."""
    return PhoneNumber("+" + digits.removeprefix("+"))
