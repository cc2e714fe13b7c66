"""From what Synapse shows to everybody to items of the search: pure."""

from collections.abc import Mapping
from datetime import UTC, datetime

from evenhand.connectors.matrix.intake import channel_words, mapping_at, text_at
from evenhand.search.items import Item, RoomFacts
from evenhand.search.lists import ItemKind
from evenhand.signals.language import spoken_language

Json = Mapping[str, object]

INDEX = "eu.evenhand.search"
"""Name of the state event of a room, and of the field of a profile, that opts out."""

PUBLIC_RULES = frozenset({"public", "knock", "knock_restricted"})
"""Join rules of rooms that stand in a directory to be found."""

WORDS = frozenset({"m.text", "m.notice", "m.emote", "m.image", "m.file", "m.video", "m.audio"})

LANGUAGE_LETTERS_MIN = 12
"""Characters from which a language is told at all."""


def is_public(summary: Json | None) -> bool:
    """Tells whether strangers may find a room, were it in the directory: never an encrypted one."""
    if summary is None or summary.get("encryption") or summary.get("im.nheko.summary.encryption"):
        return False
    return summary.get("join_rule") in PUBLIC_RULES


def opts_out(content: Json | None) -> bool:
    """Tells whether a state event or a profile field says that nothing is to be found."""
    return content is not None and content.get("index") is False


def room_item(summary: Json, *, last: float) -> Item:
    """Gives a room as it is found; `last` in seconds since 1970, when it was written in."""
    room, alias = text_at(summary, "room_id"), text_at(summary, "canonical_alias")
    title, topic = text_at(summary, "name"), text_at(summary, "topic")
    members = summary.get("num_joined_members")
    return Item(
        id=room,
        kind=ItemKind.ROOM,
        at=datetime.fromtimestamp(last, tz=UTC),
        title=title,
        text=topic,
        room=room,
        aliases=(alias,) if alias else (),
        avatar=text_at(summary, "avatar_url"),
        language=_language(f"{title} {topic}"),
        members=members if isinstance(members, int) else 0,
        facts=RoomFacts(
            alias=alias,
            join_rule=text_at(summary, "join_rule"),
            room_type=text_at(summary, "room_type"),
            world_readable=summary.get("world_readable") is True,
            guest_can_join=summary.get("guest_can_join") is True,
        ),
    )


def account_item(account: str, member: Json, *, last: float) -> Item:
    """Gives an account as everybody sees it in a room."""
    return Item(
        id=account,
        kind=ItemKind.ACCOUNT,
        at=datetime.fromtimestamp(last, tz=UTC),
        title=text_at(member, "display_name") or text_at(member, "displayname"),
        account=account,
        aliases=(account.removeprefix("@").partition(":")[0],),
        avatar=text_at(member, "avatar_url"),
    )


def post_item(event: Json, *, room: str, members: int) -> Item | None:
    """Gives what somebody wrote, as readers see it now; None for what says nothing.

    An edit is none itself: its original carries the newest one (`m.relations`).
    """
    content = mapping_at(event, "content")
    if text_at(event, "type") != "m.room.message" or original_of(event) or "state_key" in event:
        return None
    if text_at(content, "msgtype") not in WORDS:
        return None
    newest = mapping_at(mapping_at(mapping_at(event, "unsigned"), "m.relations"), "m.replace")
    text = channel_words("m.room.message", mapping_at(newest, "content") or content)
    written = written_at(event)
    if not text:
        return None
    return Item(
        id=text_at(event, "event_id"),
        kind=ItemKind.POST,
        at=datetime.fromtimestamp(written, tz=UTC),
        text=text,
        room=room,
        account=text_at(event, "sender"),
        language=_language(text),
        members=members,
    )


def original_of(event: Json) -> str:
    """Gives the event that this one edits; empty if it edits none."""
    relation = mapping_at(mapping_at(event, "content"), "m.relates_to")
    return text_at(relation, "event_id") if relation.get("rel_type") == "m.replace" else ""


def redacted_by(event: Json) -> str:
    """Gives the event that this one redacts (in its content from room version 11 on)."""
    if text_at(event, "type") != "m.room.redaction":
        return ""
    return text_at(event, "redacts") or text_at(mapping_at(event, "content"), "redacts")


def written_at(event: Json) -> float:
    """Gives when an event says it was written, in seconds since 1970; 0 if it says nothing."""
    said = event.get("origin_server_ts")
    return said / 1000 if isinstance(said, int) and 0 <= said < 2**43 else 0.0


def _language(text: str) -> str:
    plain = " ".join(text.split())
    return (spoken_language(plain) or "") if len(plain) >= LANGUAGE_LETTERS_MIN else ""
