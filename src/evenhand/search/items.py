"""What can be found, as the index keeps it: public rooms, their posts, public accounts."""

from dataclasses import dataclass, field
from datetime import datetime

from evenhand.search.lists import ItemKind


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What the Matrix directory says of a room beside its words (PublicRoomsChunk)."""

    alias: str = ""
    join_rule: str = ""
    room_type: str = ""
    world_readable: bool = False
    guest_can_join: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be found; ids are the messenger's own.

    id        of the room, the event or the account
    title     a room's name, an account's display name; empty for a post
    text      a room's topic, what a post says
    room      where it is; of a room its own id, of an account empty
    account   who wrote it; of an account its own id, of a room empty
    aliases   addresses under which a room is known
    avatar    mxc:// address of its picture
    language  ISO 639-1; empty if nobody can tell
    members   how many are joined: to the room, of a post to its room; of an account 0
    at        when it was written, when a room was last written in; UTC
    facts     of a room
    """

    id: str
    kind: ItemKind
    at: datetime
    title: str = ""
    text: str = ""
    room: str = ""
    account: str = ""
    aliases: tuple[str, ...] = ()
    avatar: str = ""
    language: str = ""
    members: int = 0
    facts: RoomFacts = field(default_factory=RoomFacts)
