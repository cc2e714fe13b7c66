"""The one event schema: every door turns what it receives into batches of this shape."""

import pyarrow as pa

EVENT_SCHEMA = pa.schema(
    [
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("time", pa.timestamp("ms", tz="UTC"), nullable=False),
        pa.field("account", pa.string()),
        pa.field("account_created", pa.timestamp("ms", tz="UTC")),
        pa.field("channel", pa.string()),
        pa.field("channel_kind", pa.string(), nullable=False),
        pa.field("channel_name", pa.string()),
        pa.field("territory", pa.string()),
        pa.field("network", pa.binary(16)),
        pa.field("user_agent", pa.string()),
        pa.field("display_name", pa.string()),
        pa.field("text", pa.string()),
        pa.field("language", pa.string()),
        pa.field("urls", pa.list_(pa.string())),
        pa.field("media_sha256", pa.list_(pa.binary(32))),
        pa.field("media_sha1", pa.list_(pa.binary(20))),
        pa.field("media_md5", pa.list_(pa.binary(16))),
        pa.field("media_pdq", pa.list_(pa.binary(32))),
        pa.field("media_nudity", pa.float64()),
        pa.field("reply_to", pa.string()),
        pa.field("forwarded_from", pa.string()),
    ]
)
"""One row is one event.

event_id        the messenger's own id, or one made by the door; unique within a messenger
kind            a member of `base.lists.EventKind`
time            when it was posted, UTC
account         who did it; search queries carry none
account_created when that account was made; null if unknown
channel         where; null for registrations and profiles
channel_kind    a member of `ChannelKind`; unknown is private (DESIGN decision 1)
channel_name    name and topic of a room created or published, else null
territory       ISO 3166-1 alpha-2 country where the account is placed; null if unknown
network         keyed hash (16 bytes) of the /24 or /64 it came from; the key rotates daily
user_agent      as the client sent it
display_name    as shown to others
text            body of a message, raw; a query for searches
language        ISO 639-1 code that the sender or file states; null if unknown
urls            links that the messenger marked up apart from the text; others are found in text
media_sha256    SHA-256 of each attached file
media_sha1      SHA-1 of each attached file, for lists that hold nothing else
media_md5       MD5 of each attached file, likewise
media_pdq       PDQ hash of each attached picture, 256 bits
media_nudity    highest score of the nudity model over them, 0 to 1; null where none was judged
reply_to        event_id answered, forwarded_from: account or channel forwarded from
"""
