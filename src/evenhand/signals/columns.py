"""Every signal column: its name, its type, what it draws on, and what it means in one line.

A rule may name these columns and no others. Each list of patterns adds one column of its own,
`matches_<name of the list>`. A column is NULL where the scope table forbids to look, or where
what it needs is not known; NULL never fires a rule.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from evenhand.base.harms import harms
from evenhand.base.lists import ChannelKind, EventKind


class ColumnType(StrEnum):
    """What the values of a column are; whole numbers count something and are never negative."""

    TRUTH = "truth"
    WHOLE = "whole number"
    SHARE = "number"
    WORD = "word"


class DrawsOn(StrEnum):
    """What has to be looked at to know a column; the scope table allows or forbids each.

    FACT       what the messenger says of the event, without looking at what is in it
    TEXT       what a person wrote: text, name of a room, display name, links
    MODEL      a trained model's opinion of the text; never enough alone to act (DESIGN 5)
    BEHAVIOUR  how often an account or a network does something
    HASH       hashes of attached files against the operator's lists
    PICTURE    a trained model's opinion of what a picture shows; never enough alone to act
    """

    FACT = "fact"
    TEXT = "text"
    MODEL = "model"
    BEHAVIOUR = "behaviour"
    HASH = "hash"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class SignalColumn:
    """One column that rules can name.

    `words` are those that it may be, where they are a closed list; `form`, else, is how all of
    them look, as a regular expression. `evidence` is true where the column speaks of wrongdoing
    itself (a pattern, a listed domain, a flood) and not only of circumstances: a rule that can fire
    without any may not act alone on a model's score, nor on another `opinion`, which weighs facts
    against each other.
    """

    name: str
    type: ColumnType
    draws_on: DrawsOn
    meaning: str
    evidence: bool = False
    opinion: bool = False
    words: frozenset[str] = frozenset()
    form: str = ""


def _fact(
    name: str, type_: ColumnType, meaning: str, *, words: Iterable[str] = (), form: str = ""
) -> SignalColumn:
    return SignalColumn(
        name, type_, DrawsOn.FACT, meaning, words=frozenset(map(str, words)), form=form
    )


def _text(name: str, type_: ColumnType, meaning: str, *, evidence: bool = False) -> SignalColumn:
    return SignalColumn(name, type_, DrawsOn.TEXT, meaning, evidence=evidence)


def _model(name: str, meaning: str) -> SignalColumn:
    return SignalColumn(name, ColumnType.SHARE, DrawsOn.MODEL, meaning, opinion=True)


def _habit(name: str, meaning: str) -> SignalColumn:
    return SignalColumn(name, ColumnType.WHOLE, DrawsOn.BEHAVIOUR, meaning, evidence=True)


TRUTH, WHOLE, SHARE, WORD = ColumnType

FIXED: tuple[SignalColumn, ...] = (
    # What the messenger says.
    _fact(
        "kind",
        WORD,
        "what came in: message, edit, media, registration, join, room_creation, …",
        words=EventKind,
    ),
    _fact("channel_kind", WORD, "public, private or direct", words=ChannelKind),
    _fact("territory", WORD, "ISO 3166-1 country where the account is placed", form="[A-Z]{2}"),
    _fact("account_age_hours", SHARE, "hours since the account was made"),
    _fact("forwarded", TRUTH, "it was forwarded from elsewhere"),
    _fact("is_reply", TRUTH, "it answers another event"),
    _fact("media_count", WHOLE, "files attached"),
    # What the text is like. Rooms give their name, registrations and profiles the display name.
    SignalColumn(
        "language",
        WORD,
        DrawsOn.TEXT,
        "ISO 639-1 code, as stated, else as detected from the text",
        form="[a-z]{2,3}",
    ),
    _text("text_length", WHOLE, "characters of the text"),
    _text("word_count", WHOLE, "words of the text"),
    _text("digits_share", SHARE, "share of characters that are digits, 0 to 1"),
    _text("upper_share", SHARE, "share of letters that are capitals, 0 to 1"),
    _text("emoji_count", WHOLE, "emoji and pictographs"),
    _text("invisible_count", WHOLE, "characters that show nothing (zero width, soft hyphen, …)"),
    _text("mixed_script", TRUTH, "a word mixes letters of two scripts, as look-alikes do"),
    _text(
        "disguised", TRUTH, "the text changes when look-alikes, leet and s p a c i n g are undone"
    ),
    # Links and ways to be reached.
    _text("link_count", WHOLE, "links in the text and beside it"),
    _text("has_link", TRUTH, "there is a link"),
    _text("has_contact", TRUTH, "there is a way to be reached: any of the next five"),
    _text("has_phone", TRUTH, "there is a phone number"),
    _text("has_handle", TRUTH, "there is an @handle"),
    _text("has_invite", TRUTH, "there is a link into a messenger (t.me, wa.me, matrix.to, …)"),
    _text("has_email", TRUTH, "there is an e-mail address"),
    _text("has_wallet", TRUTH, "there is the address of a crypto wallet"),
    _text("shortener", TRUTH, "a link goes through a link shortener"),
    _text("punycode_link", TRUTH, "a link's host has letters beyond ASCII, or is written xn--…"),
    _text("disguised_link", TRUTH, "a link is written so as not to be one: hxxp, [.], (dot)"),
    _text("lookalike_host", TRUTH, "a link's host mixes scripts within one label", evidence=True),
    _text("domain_listed", WHOLE, "links whose host (and path) is on a domain list", evidence=True),
    _text("domain_exact_list", WORD, "name of the domain list that was hit first", evidence=True),
    # What the text model thinks: calibrated probabilities, 0 to 1.
    _model("spam_score", "the text is spam; fraud is within it, since no data tells them apart"),
    _model("abuse_score", "the text insults or harasses"),
    _model("hate_score", "the text attacks people for what they are"),
    _model("threat_score", "the text announces violence against somebody"),
    _model("drugs_score", "the text offers drugs, or seeks couriers for them"),
    _model("weapons_score", "the text offers or seeks weapons without papers"),
    _model("extremism_score", "the text praises violent groups, or calls to join or pay them"),
    _model("sexual_score", "the text offers or asks for sex in public, among adults"),
    # How often. Windows end with the event itself, which is counted.
    _habit("account_posts_10s", "messages, edits and files of this account in the last 10 seconds"),
    _habit("account_posts_1m", "messages, edits and files of this account in the last minute"),
    _habit("account_posts_10m", "messages, edits and files of this account in the last 10 minutes"),
    _habit("account_posts_1h", "messages, edits and files of this account in the last hour"),
    SignalColumn(
        "account_links_10m",
        WHOLE,
        DrawsOn.TEXT,
        "events with a link by this account in the last 10 minutes",
        evidence=True,
    ),
    SignalColumn(
        "near_duplicates_10m",
        WHOLE,
        DrawsOn.TEXT,
        "events with the same or nearly the same text by anybody in the last 10 minutes",
        evidence=True,
    ),
    SignalColumn(
        "near_duplicate_accounts_10m",
        WHOLE,
        DrawsOn.TEXT,
        "accounts, about, that posted such a text in the last 10 minutes",
        evidence=True,
    ),
    _habit("network_registrations_10m", "registrations from this network in the last 10 minutes"),
    _habit("similar_names_10m", "of those, registrations under a name similar to this one"),
    # What an account does that is at most 60 days old, or of which nobody knows how old it is.
    _habit(
        "account_channels_1h", "channels, about, that this account posted in, in an hour or two"
    ),
    SignalColumn(
        "account_reply_share",
        SHARE,
        DrawsOn.BEHAVIOUR,
        "share of its posts of a day or two that answer another, 0 to 1; known from five posts on",
    ),
    _habit("account_burst", "registrations in the burst in which this account was made, if any"),
    SignalColumn(
        "account_cluster",
        WHOLE,
        DrawsOn.TEXT,
        "accounts, about, that post the same different texts as this one within a day or two",
        evidence=True,
    ),
    SignalColumn(
        "fake_account_score",
        SHARE,
        DrawsOn.BEHAVIOUR,
        "how much speaks for a made-up account, 0 to 1: a sum of facts, never enough alone",
        opinion=True,
    ),
    SignalColumn(
        "fake_account_facts",
        WORD,
        DrawsOn.BEHAVIOUR,
        "the facts that moved that score, the same for the same facts: new, made in a burst, …",
        opinion=True,
    ),
    SignalColumn(
        "fake_account_news",
        TRUTH,
        DrawsOn.BEHAVIOUR,
        "one of those facts is seen for the first time today",
        opinion=True,
    ),
    # What happens in a channel; shares are known from twenty posts of a day or two on.
    _habit("channel_joins_1h", "joins of this channel in an hour or two"),
    _habit("channel_joins_1d", "joins of this channel in a day or two"),
    SignalColumn(
        "channel_growth",
        SHARE,
        DrawsOn.BEHAVIOUR,
        "how many times faster it grows now than in a day or two; known from twenty joins on",
        evidence=True,
    ),
    SignalColumn(
        "channel_flagged_share",
        SHARE,
        DrawsOn.BEHAVIOUR,
        "share of its posts that rules flagged, 0 to 1; rules about channels are left out",
        evidence=True,
    ),
    SignalColumn(
        "channel_report_rate",
        SHARE,
        DrawsOn.BEHAVIOUR,
        "reports of seven days about it for 100 posts of a day or two",
        evidence=True,
    ),
    SignalColumn(
        "channel_blocked_links",
        WHOLE,
        DrawsOn.TEXT,
        "posts of a day or two in it that lead to blocked channels",
        evidence=True,
    ),
    SignalColumn(
        "channel_copies",
        WHOLE,
        DrawsOn.TEXT,
        "posts of a day or two in it that nearly equal those of a channel that was blocked",
        evidence=True,
    ),
    SignalColumn(
        "channel_recreated",
        TRUTH,
        DrawsOn.TEXT,
        "it resembles a blocked channel: a quarter of its texts, or who published it",
        evidence=True,
    ),
    SignalColumn(
        "channel_signs",
        WORD,
        DrawsOn.TEXT,
        "what speaks against it, the same words for the same signs",
        evidence=True,
    ),
    _text("channel_news", TRUTH, "one of those signs is seen for the first time today"),
    # Labels that earlier decisions left, as long as they last.
    _fact(
        "account_label", WORD, "harm of the gravest label in force on the account", words=harms()
    ),
    _fact("account_labels", WHOLE, "labels in force on the account"),
    _fact(
        "channel_label", WORD, "harm of the gravest label in force on the channel", words=harms()
    ),
    _fact("channel_labels", WHOLE, "labels in force on the channel"),
    # Attached files.
    SignalColumn(
        "media_listed",
        WHOLE,
        DrawsOn.HASH,
        "attached files whose SHA-256, SHA-1 or MD5 is on a hash list",
        evidence=True,
    ),
    SignalColumn(
        "media_list",
        WORD,
        DrawsOn.HASH,
        "name of the hash list that was hit, the first by name",
        evidence=True,
    ),
    SignalColumn(
        "media_near_listed",
        WHOLE,
        DrawsOn.HASH,
        "attached pictures that look like one on a hash list: PDQ, 31 of 256 bits differ at most",
        evidence=True,
    ),
    SignalColumn(
        "media_near_list",
        WORD,
        DrawsOn.HASH,
        "name of the hash list with the picture that looks most like one of them",
        evidence=True,
    ),
    SignalColumn(
        "media_near_distance",
        WHOLE,
        DrawsOn.HASH,
        "bits in which the PDQ hashes of these two differ, 0 to 31",
    ),
    SignalColumn(
        "media_near_share",
        SHARE,
        DrawsOn.HASH,
        "share of the pictures, and frames of videos, that look like listed ones, 0 to 1",
    ),
    SignalColumn(
        "nudity_score",
        SHARE,
        DrawsOn.PICTURE,
        "how much an attached picture looks like pornography to a model, 0 to 1; the highest",
        opinion=True,
    ),
)

MATCHES = "matches_"


def matches_column(pattern_list: str) -> SignalColumn:
    """Gives the column that a list of patterns adds: how many of its patterns are in the text."""
    return SignalColumn(
        MATCHES + pattern_list,
        ColumnType.WHOLE,
        DrawsOn.TEXT,
        f"different patterns of the list {pattern_list} found in the text",
        evidence=True,
    )


def all_columns(pattern_lists: Iterable[str]) -> MappingProxyType[str, SignalColumn]:
    """Gives every column by its name, for these lists of patterns."""
    columns = (*FIXED, *(matches_column(name) for name in sorted(pattern_lists)))
    return MappingProxyType({column.name: column for column in columns})
