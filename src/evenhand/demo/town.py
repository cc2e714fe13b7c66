"""The accounts and rooms of the demo."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from evenhand.base.lists import ChannelKind
from evenhand.demo.actors import Person
from evenhand.demo.names import address, person_names

AT_ONCE = 4
"""Clients that talk to Synapse at once: on SQLite more only wait for each other."""


@dataclass(slots=True)
class Town:
    """The accounts of the demo: senders, and a witness who reads every room."""

    homeserver: str
    witness: Person
    senders: list[Person] = field(default_factory=list)
    public: list[str] = field(default_factory=list)

    @classmethod
    async def built(
        cls, homeserver: str, senders: int, *, step: Callable[[], None] = lambda: None
    ) -> "Town":
        """Gives a town with public rooms, and private and direct ones for each sender."""
        witness = await Person(homeserver, "vera.witness", address(500)).registered()
        town = cls(homeserver, witness)
        names = person_names()
        gate = asyncio.Semaphore(AT_ONCE)

        async def sign_up(number: int) -> Person:
            label = names[number % len(names)] + ("" if number < len(names) else f".{number}")
            async with gate:
                person = await Person(homeserver, label, address(number)).registered()
            step()
            return person

        town.senders += await asyncio.gather(*(sign_up(number) for number in range(senders)))
        owner = town.senders[0]
        for name in ("Market square", "Reading room", "Station forecourt"):
            room = await owner.create(ChannelKind.PUBLIC, name=name)
            await witness.join(room)
            town.public.append(room)
        return town

    async def room_for(self, sender: Person, kind: ChannelKind, number: int) -> str:
        """Gives a room of a kind in which the sender is, and which the witness reads."""
        if kind is ChannelKind.PUBLIC:
            room = self.public[number % len(self.public)]
            if sender is not self.senders[0]:
                await sender.join(room)
            return room
        if kind not in sender.rooms:
            invited = (self.witness.id,)
            room = await sender.create(kind, invite=invited)
            await self.witness.join(room)
            if kind is ChannelKind.PRIVATE:
                third = next(one for one in self.senders if one is not sender)
                await sender.client.room_invite(room, third.id)
                await third.join(room)
            sender.rooms[kind] = room
        return sender.rooms[kind]

    async def close(self) -> None:
        """Closes every client."""
        for person in (self.witness, *self.senders):
            await person.close()
