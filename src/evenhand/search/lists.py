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


class ProposalKind(StrEnum):
    """Why an item should leave the search.

    RECREATION  a room that resembles a closed one
    POLICY      an item whose words a topic of the query policy names
    """

    RECREATION = "recreation"
    POLICY = "policy"


class ProposalState(StrEnum):
    """What became of a proposal.

    WAITING  for the worker; a re-creation is held back meanwhile
    DECIDED  by a decision, which a person can object to
    DROPPED  its ground is gone: the closed room is open again, the room itself is gone
    """

    WAITING = "waiting"
    DECIDED = "decided"
    DROPPED = "dropped"


class HelpKind(StrEnum):
    """What help lines help with.

    EMERGENCY   life is in danger now
    CRISIS      somebody to talk to, whatever it is
    CHILDREN    somebody for children and young people to talk to
    PREVENTION  who fears to harm a child
    REPORTING   where pictures of abuse are reported
    DRUGS       addiction
    FRAUD       who lost money, data or papers to deceivers
    """

    EMERGENCY = "emergency"
    CRISIS = "crisis"
    CHILDREN = "children"
    PREVENTION = "prevention"
    REPORTING = "reporting"
    DRUGS = "drugs"
    FRAUD = "fraud"


class PolicyState(StrEnum):
    """How far a version of the query policy is.

    DRAFT    written, and asked of nothing
    LIVE     asked of every query
    RETIRED  no longer
    """

    DRAFT = "draft"
    LIVE = "live"
    RETIRED = "retired"


class Difference(StrEnum):
    """How an item of the index is not what is public at the messenger.

    MISSING     it is public, and not in the index
    NOT_PUBLIC  it is in the index, and not public
    CHANGED     it says something else
    """

    MISSING = "missing"
    NOT_PUBLIC = "not_public"
    CHANGED = "changed"
