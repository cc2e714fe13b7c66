"""The closed lists of the room."""

from enum import StrEnum


class ItemKind(StrEnum):
    """What can be found.

    ROOM     a room in the public directory that is not encrypted
    POST     what somebody wrote in such a room, if anybody may read its history
    ACCOUNT  who is in such a room, as everybody sees them there
    """

    ROOM = "room"
    POST = "post"
    ACCOUNT = "account"
