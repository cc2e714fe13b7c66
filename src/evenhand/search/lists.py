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


class Sign(StrEnum):
    """What a room has of a closed one.

    NAME       the name, as it is seen once disguises are undone
    NAME_SAID  the name, as it is said: transliterated
    NAME_NEAR  the name but for one letter
    ALIAS      its address
    CREATOR    who opened it
    AVATAR     the picture
    TOPIC      most words of its topic
    """

    NAME = "name"
    NAME_SAID = "name_said"
    NAME_NEAR = "name_near"
    ALIAS = "alias"
    CREATOR = "creator"
    AVATAR = "avatar"
    TOPIC = "topic"
