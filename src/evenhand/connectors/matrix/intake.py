"""From what Synapse says to our event: pure, one function per hook."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from html.parser import HTMLParser
from ipaddress import IPv4Address, ip_address, ip_network

from evenhand.base.errors import InputRefused
from evenhand.base.limits import NAME_BYTES_MAX, TEXT_BYTES_MAX, URLS_PER_EVENT_MAX
from evenhand.base.lists import ChannelKind, EventKind
from evenhand.base.sealing import keyed_hash
from evenhand.connectors.matrix.limits import LATE_MAX, STRINGS_PER_EVENT_MAX
from evenhand.connectors.pictures import is_picture
from evenhand.events.batch import MEDIA_PER_EVENT_MAX

Json = Mapping[str, object]

AGENT_BYTES_MAX = 1_024
"""Bytes kept of a user agent."""

HASH_SIZES = {"sha256": 32, "sha1": 20, "md5": 16}
"""Hashes of a file as our module names them, and their bytes."""

FILE_TYPES = frozenset({"m.image", "m.file", "m.video", "m.audio", "m.sticker"})

NAMING_TYPES = frozenset({"m.room.name", "m.room.topic", "m.room.canonical_alias"})
"""State that says what a room is: judged like a publication."""

SILENT_TYPES = frozenset({"m.room.redaction", "m.room.encrypted", "m.call.invite"})
"""Events that say nothing that could be read."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What is known of the channel in which something happens."""

    kind: ChannelKind = ChannelKind.PRIVATE
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class FileHashes:
    """What is known of a file; SHA-1 and MD5 are empty where nobody saw its bytes.

    pdq     of what a picture shows, several if it moves; None where nobody has looked yet
    nudity  its score, or none where it can have none; None where no model has looked yet
    """

    sha256: bytes
    sha1: bytes = b""
    md5: bytes = b""
    pdq: tuple[bytes, ...] | None = None
    nudity: tuple[float, ...] | None = None

    @property
    def whole(self) -> bool:
        """Tells whether every kind of hash of its bytes is known."""
        return bool(self.sha1 and self.md5)

    def named(self) -> tuple[str, ...]:
        """Gives them as `kind:hexadecimal`."""
        kinds = {"sha256": self.sha256, "sha1": self.sha1, "md5": self.md5}
        named = [f"{kind}:{value.hex()}" for kind, value in kinds.items() if value]
        return (*named, *(f"pdq:{value.hex()}" for value in self.pdq or ()))


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as the door sees it; `media` are addresses, of which the hashes are looked up."""

    event_id: str
    kind: EventKind
    time: datetime
    channel_kind: ChannelKind
    account: str = ""
    account_created: datetime | None = None
    channel: str = ""
    channel_name: str | None = None
    territory: str = ""
    network: bytes | None = None
    user_agent: str | None = None
    display_name: str | None = None
    text: str | None = None
    urls: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    hashes: tuple[FileHashes, ...] = ()
    reply_to: str | None = None
    content: Json = field(default_factory=dict)

    def row(self) -> dict[str, object]:
        """Gives it in the shape of the event schema."""
        return {
            "event_id": self.event_id,
            "kind": self.kind.value,
            "time": self.time,
            "account": self.account or None,
            "account_created": self.account_created,
            "channel": self.channel or None,
            "channel_kind": self.channel_kind.value,
            "channel_name": self.channel_name,
            "territory": self.territory or None,
            "network": self.network,
            "user_agent": self.user_agent,
            "display_name": self.display_name,
            "text": self.text,
            "language": None,
            "urls": list(self.urls),
            "media_sha256": [one.sha256 for one in self.hashes],
            "media_sha1": [one.sha1 for one in self.hashes if one.sha1],
            "media_md5": [one.md5 for one in self.hashes if one.md5],
            "media_pdq": self._shown()[:MEDIA_PER_EVENT_MAX],
            "media_nudity": self._nudity(),
            "reply_to": self.reply_to,
            "forwarded_from": None,
        }

    def _shown(self) -> list[bytes]:
        return [value for one in self.hashes for value in one.pdq or ()]

    def _nudity(self) -> float | None:
        return max((score for one in self.hashes for score in one.nudity or ()), default=None)


def message_seen(
    event: Json, channel: Channel, *, now: datetime, late_max: timedelta = LATE_MAX
) -> Seen | None:
    """Gives what an event in a room says; None for events that say nothing readable.

    late_max  how much older than now its homeserver may say it is; an event that claims more, or
              a time to come, counts as of now, since else it would escape every window
    """
    event_type = text_at(event, "type")
    content = mapping_at(event, "content")
    if event_type in SILENT_TYPES or (event_type == "m.room.member"):
        return None
    if "state_key" in event and event_type not in NAMING_TYPES:
        return None
    naming = event_type in NAMING_TYPES
    if naming and channel.kind is not ChannelKind.PUBLIC:
        return None  # what a private group calls itself is its own affair
    body = _readable(event_type, content)
    if not body.strings and not body.media:
        return None
    text = _joined(body.strings)
    return Seen(
        event_id=name_at(event, "event_id"),
        kind=EventKind.ROOM_PUBLICATION if naming else _kind(event_type, content),
        time=_moment(event.get("origin_server_ts"), now, late_max),
        channel_kind=channel.kind,
        account=name_at(event, "sender"),
        channel=name_at(event, "room_id"),
        channel_name=text if naming else None,
        text=text,
        urls=body.links[:URLS_PER_EVENT_MAX],
        media=body.media,
        reply_to=_reply_to(content),
        content=content,
    )


def channel_words(event_type: str, content: Json) -> str:
    """Gives what readers of a channel see of an event's content as text; of an edit the new one."""
    return _joined(_readable(event_type, content).strings)


def registration_seen(body: Json, *, server: str, key: bytes, now: datetime) -> Seen | None:
    """Gives what a registration says; None where no name was asked for."""
    username = text_at(body, "username")
    if not username:
        return None
    agent, address = _last_request(body.get("request_info"))
    account = name_at({"username": f"@{username}:{server}"}, "username")
    return Seen(
        event_id=_made_id(EventKind.REGISTRATION, account, now=now),
        kind=EventKind.REGISTRATION,
        time=now,
        channel_kind=ChannelKind.PUBLIC,
        account=account,
        account_created=now,
        network=network_of(address, key=key, now=now) if address else None,
        user_agent=agent or None,
        display_name=username,
        text=username,
    )


def creation_seen(body: Json, *, now: datetime) -> Seen | None:
    """Gives what a room to be made says of itself; None if it says nothing or is not public."""
    config = mapping_at(body, "room_config")
    account = name_at(body, "user_id")
    named = [text_at(config, name) for name in ("name", "topic", "room_alias_name")]
    alias = text_at(body, "room_alias")
    text = _joined([*named, alias])
    if not text:
        return None
    return Seen(
        event_id=_made_id(EventKind.ROOM_CREATION, account, text, now=now),
        kind=EventKind.ROOM_CREATION,
        time=now,
        channel_kind=_kind_of_config(config) if config else ChannelKind.PUBLIC,
        account=account,
        channel_name=text,
        text=text,
    )


def publication_seen(body: Json, *, named: str, now: datetime) -> Seen | None:
    """Gives what a room says of itself that is about to enter the directory."""
    if not named:
        return None
    room = name_at(body, "room_id")
    return Seen(
        event_id=_made_id(EventKind.ROOM_PUBLICATION, room, named, now=now),
        kind=EventKind.ROOM_PUBLICATION,
        time=now,
        channel_kind=ChannelKind.PUBLIC,
        account=name_at(body, "user_id"),
        channel=room,
        channel_name=named,
        text=named,
    )


def join_seen(body: Json, channel: Channel, *, now: datetime) -> Seen:
    """Gives a join."""
    account, room = name_at(body, "user"), name_at(body, "room")
    return Seen(
        event_id=_made_id(EventKind.JOIN, account, room, now=now),
        kind=EventKind.JOIN,
        time=now,
        channel_kind=channel.kind,
        account=account,
        channel=room,
    )


def profile_seen(body: Json, *, now: datetime) -> Seen | None:
    """Gives a changed display name; None if it was taken away."""
    display_name = text_at(body, "display_name")
    if not display_name:
        return None
    account = name_at(body, "user_id")
    return Seen(
        event_id=_made_id(EventKind.PROFILE, account, display_name, now=now),
        kind=EventKind.PROFILE,
        time=now,
        channel_kind=ChannelKind.PUBLIC,
        account=account,
        display_name=display_name,
        text=display_name,
    )


def hashes_of_file(body: Json) -> FileHashes:
    """Gives the hashes of an uploaded file; an older module sends SHA-256 alone.

    How the file begins tells whether it is a picture, whose PDQ hash nobody knows yet.
    """
    values = {name: _hash_at(body, name, size) for name, size in HASH_SIZES.items()}
    if not values["sha256"]:
        raise InputRefused(field="sha256", why="missing")
    shows = None if _may_be_picture(text_at(body, "head")) else ()
    return FileHashes(**values, pdq=shows, nudity=shows)


def _may_be_picture(head: str) -> bool:
    """Tells whether a file may be one by how it begins, in hexadecimal; who cannot tell, looks."""
    try:
        return not head or is_picture(bytes.fromhex(head))
    except ValueError:
        return True


def _hash_at(body: Json, name: str, size: int) -> bytes:
    try:
        value = bytes.fromhex(text_at(body, name))
    except ValueError as error:
        raise InputRefused(field=name, why="not hexadecimal") from error
    if value and len(value) != size:
        raise InputRefused(field=name, why=f"not {size} bytes")
    return value


def channel_of(facts: Json) -> Channel:
    """Gives the kind of a channel from its facts; what is not known is private.

    Public: join rule `public` and unencrypted. Direct: made with `is_direct`, or at most two
    members (DESIGN 9).
    """
    encrypted = facts.get("encrypted") is True
    if facts.get("join_rule") == "public" and not encrypted:
        return Channel(ChannelKind.PUBLIC)
    members = facts.get("members")
    pair = isinstance(members, int) and members <= 2
    if facts.get("is_direct") is True or pair:
        return Channel(ChannelKind.DIRECT, encrypted)
    return Channel(ChannelKind.PRIVATE, encrypted)


def network_of(address: str, *, key: bytes, now: datetime) -> bytes | None:
    """Gives the keyed hash of the /24 or /64 of an address; it means something for one UTC day."""
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    prefix = 24 if isinstance(ip, IPv4Address) else 64
    network = ip_network(f"{ip}/{prefix}", strict=False)
    day = now.astimezone(UTC).date().isoformat()
    return keyed_hash(f"{day} {network}".encode(), key=key)


def mapping_at(value: Json, name: str) -> Json:
    """Gives the object under a name; an empty one if there is none."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def text_at(value: Json, name: str) -> str:
    """Gives the text under a name, cut to what one event may hold; empty if there is none."""
    found = value.get(name)
    return _cut(found) if isinstance(found, str) else ""


def name_at(value: Json, name: str) -> str:
    """Gives the identifier under a name, or refuses what can be none."""
    found = value.get(name)
    if not isinstance(found, str) or not 0 < len(_plain(found).encode()) <= NAME_BYTES_MAX:
        raise InputRefused(field=name, why=f"must be a text of 1 to {NAME_BYTES_MAX} bytes")
    return _plain(found)


@dataclass(frozen=True, slots=True)
class _Readable:
    strings: tuple[str, ...]
    links: tuple[str, ...] = ()
    media: tuple[str, ...] = ()


class _Html(HTMLParser):
    """Collects the words and links of a formatted body."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.links: list[str] = []

    def handle_data(self, data: str) -> None:
        """Takes the words between tags."""
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Takes the address of a link."""
        if tag == "a":
            self.links.extend(value for name, value in attrs if name == "href" and value)


def _readable(event_type: str, content: Json) -> _Readable:
    """Gives what a reader would see: of an edit, the new content."""
    edited = mapping_at(content, "m.new_content")
    shown = edited if _relation(content) == "m.replace" and edited else content
    strings = [shown[name] for name in ("body", "filename", "name", "topic", "alias", "key")
               if isinstance(shown.get(name), str)]  # fmt: skip
    if event_type == "m.reaction":
        strings = [text_at(mapping_at(content, "m.relates_to"), "key")]
    if event_type.endswith("poll.start"):
        strings.extend(_strings(content))
    formatted, links = _formatted(text_at(shown, "formatted_body"))
    texts = [str(one) for one in strings]
    # A client shows the formatted body; a harmless plain body beside it must not hide it.
    if formatted and formatted != "".join(texts).strip():
        texts.append(formatted)
    unique = tuple(dict.fromkeys(_cut(one) for one in texts if one))
    return _Readable(unique, links, _media(shown))


def _formatted(html: str) -> tuple[str, tuple[str, ...]]:
    """Gives the words and the links of a formatted body."""
    if not html:
        return "", ()
    parser = _Html()
    parser.feed(html)
    parser.close()
    return "".join(parser.words).strip(), tuple(_cut(link) for link in parser.links)


def _strings(value: object) -> Iterator[str]:
    """Gives every text anywhere in a value, up to a limit."""
    waiting = [value]
    for _ in range(STRINGS_PER_EVENT_MAX * 4):
        if not waiting:
            return
        item = waiting.pop(0)
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _media(content: Json) -> tuple[str, ...]:
    addresses = [content.get("url"), mapping_at(content, "file").get("url")]
    found = (one for one in addresses if isinstance(one, str) and one.startswith("mxc://"))
    return tuple(dict.fromkeys(_cut(one, NAME_BYTES_MAX) for one in found))


def _kind(event_type: str, content: Json) -> EventKind:
    if _relation(content) == "m.replace":
        return EventKind.EDIT
    if event_type == "m.sticker" or text_at(content, "msgtype") in FILE_TYPES:
        return EventKind.MEDIA
    return EventKind.MESSAGE


def _relation(content: Json) -> str:
    return text_at(mapping_at(content, "m.relates_to"), "rel_type")


def _reply_to(content: Json) -> str | None:
    reply = mapping_at(mapping_at(content, "m.relates_to"), "m.in_reply_to")
    return _cut(text_at(reply, "event_id"), NAME_BYTES_MAX) or None


def _kind_of_config(config: Json) -> ChannelKind:
    """Gives the kind that a room will have (client-server API, `createRoom`)."""
    initial = config.get("initial_state")
    states = [one for one in initial if isinstance(one, dict)] if isinstance(initial, list) else []
    types = {text_at(one, "type"): mapping_at(one, "content") for one in states}
    if "m.room.encryption" in types:
        return ChannelKind.PRIVATE
    public = (
        text_at(config, "preset") == "public_chat"
        or text_at(config, "visibility") == "public"
        or text_at(types.get("m.room.join_rules", {}), "join_rule") == "public"
    )
    if public:
        return ChannelKind.PUBLIC
    return ChannelKind.DIRECT if config.get("is_direct") is True else ChannelKind.PRIVATE


def _last_request(request_info: object) -> tuple[str, str]:
    """Gives user agent and address of the last request of a registration."""
    pairs = request_info if isinstance(request_info, list) else []
    for pair in reversed(pairs):
        if isinstance(pair, list) and len(pair) == 2:
            agent, address = pair
            return _cut(str(agent or ""), AGENT_BYTES_MAX), str(address or "")
    return "", ""


def _joined(strings: object) -> str:
    assert isinstance(strings, list | tuple)
    pieces = [one for one in strings[:STRINGS_PER_EVENT_MAX] if one]
    return _cut("\n".join(pieces))


def _cut(text: str, bytes_max: int = TEXT_BYTES_MAX) -> str:
    """Gives a text that can be written as UTF-8 in so many bytes, cut between two letters."""
    plain = _plain(text)
    if len(plain) * 4 <= bytes_max:
        return plain
    return plain.encode()[:bytes_max].decode(errors="ignore")


def _made_id(kind: EventKind, *of: str, now: datetime) -> str:
    """Gives an id for what is no event at the messenger and so has none."""
    digest = blake2b("\0".join(of).encode(), digest_size=12).hexdigest()
    return f"{kind}:{int(now.timestamp() * 1000)}:{digest}"


def _plain(text: str) -> str:
    """Gives a text that can be written as UTF-8: half a surrogate pair becomes a question mark.

    JSON can carry such a half (RFC 8259 section 8.2); it must not make the screening fail.
    """
    return text if text.isascii() else text.encode(errors="replace").decode()


def _moment(milliseconds: object, now: datetime, late_max: timedelta) -> datetime:
    if not isinstance(milliseconds, int) or not 0 <= milliseconds < 2**43:
        return now
    said = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    return said if timedelta() <= now - said <= late_max else now
