"""The act in which a burst of fake accounts signs up, and twenty people who share an address."""

import asyncio
import time

from evenhand.base.lists import ChannelKind
from evenhand.demo.actors import Person
from evenhand.demo.findings import Findings
from evenhand.demo.names import person_names

BURST = 20
CAUGHT_BY = 10
SETTLE_SECONDS_MAX = 30.0

FAKE_ADDRESS = "203.0.113.66"
SHARED_ADDRESS = "198.51.100.20"
"""Addresses reserved for documentation (RFC 5737)."""


async def burst_signs_up(homeserver: str, room: str, findings: Findings) -> None:
    """Twenty accounts of one pattern from one network: from the tenth on, none may be usable."""
    begun = time.monotonic()
    fakes = [Person(homeserver, f"gift_helper_{n:03}", FAKE_ADDRESS) for n in range(1, BURST + 1)]
    refused = [bool(await fake.register()) for fake in fakes]
    give_up = begun + SETTLE_SECONDS_MAX
    while True:
        usable = [
            not was_refused and await _can_post(fake, room)
            for fake, was_refused in zip(fakes, refused, strict=True)
        ]
        if not any(usable[CAUGHT_BY - 1 :]) or time.monotonic() > give_up:
            break
        await asyncio.sleep(0.5)
    findings.add(
        f"burst of {BURST} fake sign-ups: usable accounts from the tenth on",
        expected=0,
        found=sum(usable[CAUGHT_BY - 1 :]),
        seconds=time.monotonic() - begun,
    )
    findings.refused_seen += sum(refused)
    findings.suspended_seen += BURST - sum(refused) - sum(usable)
    findings.say(
        f"burst: {sum(refused)} refused, {BURST - sum(refused) - sum(usable)} suspended with a "
        f"notice, {sum(usable)} first ones usable"
    )
    for fake in fakes:
        await fake.close()


async def neighbours_sign_up(homeserver: str, room: str, findings: Findings) -> None:
    """Twenty different people behind one address: every one may post."""
    people = [Person(homeserver, name, SHARED_ADDRESS) for name in person_names()[-BURST:]]
    refused = [bool(await person.register()) for person in people]
    await asyncio.sleep(2.0)  # time enough for a suspension that should not come
    usable = [
        not was_refused and await _can_post(person, room)
        for person, was_refused in zip(people, refused, strict=True)
    ]
    findings.add(
        f"{BURST} genuine sign-ups behind one address: usable accounts",
        expected=BURST,
        found=sum(usable),
    )
    for person in people:
        await person.close()


async def _can_post(person: Person, room: str) -> bool:
    if ChannelKind.PUBLIC not in person.rooms:
        if not await person.join(room):
            return False
        person.rooms[ChannelKind.PUBLIC] = room
    sent = await person.post(room, f"Good morning from {person.name}")
    return sent.event_id is not None
