"""Pure: what is known of an account as the vault keeps it, and as much of it as an order gets."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from evenhand.base.errors import InputRefused
from evenhand.base.personal import IpAddress, PhoneNumber, reveal
from evenhand.legal.ports import AccountFacts, Connection, DataClass, PurposeClass


def account_json(facts: AccountFacts) -> bytes:
    """Gives what is known of an account as the vault keeps it."""
    value = {
        "account": facts.account,
        "known": facts.known,
        "source": facts.source,
        "read_at_utc": facts.read_at.isoformat(),
        "phones": [reveal(one) for one in facts.phones],
        "connections": [
            {
                "address": reveal(one.address),
                "port": one.port,
                "seen_at_utc": one.seen_at.isoformat(),
                "purpose": one.purpose.value,
            }
            for one in facts.connections
        ],
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()


def account_of(content: bytes) -> AccountFacts:
    """Gives back what `account_json` kept; there is no field for anything else."""
    try:
        value = json.loads(content)
        return AccountFacts(
            account=str(value["account"]),
            known=value["known"] is True,
            phones=tuple(PhoneNumber(str(one)) for one in value["phones"]),
            connections=tuple(_connection(one) for one in value["connections"]),
            source=str(value["source"]),
            read_at=_moment(value["read_at_utc"]),
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputRefused(what="vault item", why="holds no account's data") from error


def narrowed(
    facts: AccountFacts,
    *,
    want: frozenset[DataClass],
    since: datetime | None,
    until: datetime | None,
    purpose: PurposeClass,
) -> AccountFacts:
    """Gives of what was kept no more than the messenger would have been asked for.

    Where it is only to identify, each address comes once, with the last time it was seen. What was
    read only to identify stays that, whatever is asked now.
    """
    connections = tuple(
        one
        for one in facts.connections
        if DataClass.CONNECTIONS in want
        and (since is None or since <= one.seen_at)
        and (until is None or one.seen_at < until)
    )
    if purpose is PurposeClass.IDENTIFY_ONLY:
        connections = _last_of_each(connections)
    return replace(
        facts,
        phones=facts.phones if DataClass.PHONE in want else (),
        connections=connections,
        source=f"{facts.source}; preserved {facts.read_at.isoformat()}, opened by two key holders",
    )


def _last_of_each(connections: tuple[Connection, ...]) -> tuple[Connection, ...]:
    last: dict[tuple[str, int | None], Connection] = {}
    for one in sorted(connections, key=lambda one: one.seen_at):
        last[reveal(one.address), one.port] = replace(one, purpose=PurposeClass.IDENTIFY_ONLY)
    return tuple(last.values())


def _connection(value: Mapping[str, object]) -> Connection:
    port = value["port"]
    if port is not None and not isinstance(port, int):
        raise ValueError("port")
    return Connection(
        address=IpAddress(str(value["address"])),
        port=port,
        seen_at=_moment(value["seen_at_utc"]),
        purpose=PurposeClass(str(value["purpose"])),
    )


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError("time zone")
    return moment
