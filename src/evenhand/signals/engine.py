"""All signals of a batch, each from its own module, brought together in one table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.base.lists import EventKind
from evenhand.events.normalise import normalise
from evenhand.events.text_column import TextColumn, arrow_text
from evenhand.events.unicode_tables import CharacterClass, unicode_tables
from evenhand.signals.account_habits import AccountHabits, Doings
from evenhand.signals.arrow import milliseconds_of, valid_rows, where_word, without_nulls, words_of
from evenhand.signals.channel_habits import BLOCKED_CHANNELS, ChannelHabits, Happenings
from evenhand.signals.contacts import contacts
from evenhand.signals.counting import Mask, Milliseconds, Table
from evenhand.signals.facts import facts, shape_of_text
from evenhand.signals.hashing import Hashes, keys_of
from evenhand.signals.language import language
from evenhand.signals.links import LinkFinder
from evenhand.signals.media import MEDIA, PICTURE, HashLists
from evenhand.signals.media_watch import WatchedHashLists
from evenhand.signals.nudity import nudity
from evenhand.signals.patterns import Found, PatternScanner
from evenhand.signals.registration import Registrations
from evenhand.signals.scope import Allowed, Scope, allowed
from evenhand.signals.subjects import channel_keys
from evenhand.signals.subjects_watch import WatchedSubjects
from evenhand.signals.table import Block, SignalTable, Values
from evenhand.signals.text_model import TextModel
from evenhand.signals.velocity import Velocity, signatures
from evenhand.signals.views import Views, views_of

_REGISTRATION = frozenset({EventKind.REGISTRATION.value})
_POSTS = frozenset({EventKind.MESSAGE.value, EventKind.EDIT.value, EventKind.MEDIA.value})
_JOINS = frozenset({EventKind.JOIN.value})
_PUBLISHING = frozenset({EventKind.ROOM_CREATION.value, EventKind.ROOM_PUBLICATION.value})
_BLOCKED = frozenset({BLOCKED_CHANNELS})


@dataclass(frozen=True, slots=True)
class Seen:
    """The events of a batch that may be looked at in some way, and in which.

    rows  for each of them its place in the batch that came
    keys  hashes of columns, made when first asked for
    """

    batch: pa.RecordBatch
    rows: NDArray[np.int64]
    kinds: Values
    channels: Values
    look: Allowed
    views: Views
    keys: dict[str, Hashes] = field(default_factory=dict)


def see(batch: pa.RecordBatch, scope: Scope) -> Seen:
    """Gives what may be seen of a checked batch; the other rows are left out altogether."""
    kinds, channels = words_of(batch["kind"]), words_of(batch["channel_kind"])
    look = allowed(kinds, channels, scope)
    rows = np.flatnonzero(look.anything)
    if len(rows) < batch.num_rows:
        batch = batch.take(pa.array(rows))
        kinds = kinds._replace(values=kinds.values[rows])
        channels = channels._replace(values=channels.values[rows])
        look = Allowed(look.read[rows], look.count[rows], look.hash[rows], look.picture[rows])
    return Seen(batch, rows, kinds, channels, look, views_of(batch, kinds, look.read))


@dataclass(frozen=True, slots=True)
class SignalEngine:
    """Everything that signals are computed with. It counts what it sees, so it has one owner.

    seed  secret that keeps strangers from choosing where they are counted
    """

    patterns: PatternScanner
    links: LinkFinder
    hashes: HashLists | WatchedHashLists
    model: TextModel
    velocity: Velocity
    registrations: Registrations
    seed: int
    accounts: AccountHabits = field(default_factory=AccountHabits)
    channels: ChannelHabits = field(default_factory=ChannelHabits)
    subjects: WatchedSubjects = field(default_factory=lambda: WatchedSubjects(None, seed=0))

    def over(self, seen: Seen) -> SignalTable:
        """Counts the events in and gives their signals."""
        return self.counted(seen, self.steady(seen))

    def steady(self, seen: Seen, files: Mapping[str, Values] | None = None) -> SignalTable:
        """Gives the signals that no other event changes; several threads may ask at once.

        files  what `files_of` gave for them; they are looked up now if it is not given
        """
        # What counting needs and no other event changes is made here, where threads may.
        self._accounts(seen), self._channels(seen), self._bands(seen)
        links = self.links.columns(seen.batch, seen.views)
        reached = contacts(seen.views)
        single = {
            **facts(seen.batch, seen.kinds, seen.channels),
            **shape_of_text(seen.views),
            **language(seen.batch, seen.views),
            **links,
            **reached,
            "has_contact": _any_of(links["has_invite"], *reached.values()),
            **(self.files_of([seen])[0] if files is None else files),
            **nudity(seen.batch["media_nudity"], seen.look.picture),
        }
        blocks = self.matches(seen), self.scores(seen.views)
        return SignalTable(seen.batch.num_rows, single, blocks)

    def counted(self, seen: Seen, steady: SignalTable) -> SignalTable:
        """Counts the events in and gives all their signals; one thread at a time, in order."""
        return steady.beside(self.habits(seen, steady.single))

    def files_of(self, several: Sequence[Seen]) -> list[Mapping[str, Values]]:
        """Gives which attached files are listed, or look like pictures that are, batch by batch.

        All are looked up at once, which is faster the more there are.
        """
        if not several:
            return []
        found = self.hashes.look_up(
            [_one([seen.batch[name] for seen in several]) for name in MEDIA],
            np.concatenate([seen.look.hash for seen in several]),
            _one([seen.batch[PICTURE] for seen in several]),
        )
        ends = np.cumsum([seen.batch.num_rows for seen in several])
        return [
            {name: _part(values, end - seen.batch.num_rows, end) for name, values in found.items()}
            for seen, end in zip(several, ends.tolist(), strict=True)
        ]

    def found(self, seen: Seen) -> Found:
        """Gives which pattern is in which text, as far as it is not past its last day."""
        views = seen.views
        raw = views.raw if self.patterns.needs_raw else None
        found = self.patterns.find(views.normalised, views.undisguised, raw)
        return self.patterns.in_force(found, lambda: milliseconds_of(seen.batch["time"]))

    def matches(self, seen: Seen) -> Block:
        """Gives a column for each list of patterns."""
        counts = self.patterns.counts(self.found(seen), len(seen.views.normalised))
        return Block(self.patterns.columns, counts, seen.views.may_read)

    def scores(self, views: Views) -> Block:
        """Gives what the model thinks of each text; NULL where there is none, or no letter in it.

        A text in disguise gets the higher score of both its views.
        """
        scores = self.model.lines(views.normalised.characters)
        undone = views.undisguised
        if len(undone.rows):
            again = self.model.lines(undone.column.characters)
            scores[:, undone.rows] = np.maximum(scores[:, undone.rows], again)
        lettered = views.counts[:, : CharacterClass.OTHER_LETTER + 1].any(axis=1)
        return Block(self.model.heads, scores.astype(np.float64), views.has_text & lettered)

    def habits(self, seen: Seen, steady: Mapping[str, Values]) -> Mapping[str, Values]:
        """Gives what accounts, networks and channels do, and what is known of them."""
        times = milliseconds_of(seen.batch["time"])
        accounts, channels, bands = self._accounts(seen), self._channels(seen), self._bands(seen)
        both = seen.look.read & seen.look.count
        linked = steady["has_link"].values.astype(np.bool_)
        posted = where_word(seen.kinds, _POSTS)
        if not both.all():
            bands = np.where(both[:, None], bands, np.uint64(0))
        columns = {
            **self.velocity.posts(
                accounts, times, posted, seen.look.count, linked=linked, readable=both
            ),
            **self.velocity.near(bands, accounts, times, both),
            **self._registered(seen, times),
        }
        repeated = _whole(columns["near_duplicate_accounts_10m"]) > 1
        repeats = np.flatnonzero(repeated)
        made = columns.get("similar_names_10m")
        doings = Doings(
            accounts=_only(accounts, seen.look.count),
            times=times,
            channels=channels,
            age_hours=steady["account_age_hours"],
            posted=posted,
            replied=steady["is_reply"].values.astype(np.bool_),
            bursts=np.zeros(len(times), np.int32) if made is None else _whole(made),
            repeated=repeats,
            bands=bands[repeats],
            links=_whole(columns["account_links_10m"]),
            posts=_whole(columns["account_posts_10m"]),
        )
        subjects = self.subjects.current
        self.channels.know_blocked(subjects.blocked, at_ms=int(times.max(initial=0)))
        happenings = Happenings(
            channels=_only(channels, seen.look.count),
            accounts=accounts,
            times=times,
            joined=where_word(seen.kinds, _JOINS),
            posted=posted,
            published=where_word(seen.kinds, _PUBLISHING),
            leads=where_word(steady["domain_exact_list"], _BLOCKED),
            texts=bands[:, 0],
            own=~(repeated | steady["forwarded"].values.astype(np.bool_)),
            reports=subjects.reported(channels),
        )
        return {
            **columns,
            **self.accounts.columns(doings),
            **self.channels.columns(happenings),
            **subjects.columns(accounts, channels, times),
        }

    def tables(self) -> Mapping[str, Table]:
        """Gives what is worth keeping over a restart: windows of minutes are not."""
        return {
            "accounts": self.accounts.table,
            "texts": self.accounts.texts,
            "channels": self.channels.heads,
            "channel_counts": self.channels.table,
            "channel_texts": self.channels.kept,
            "contents": self.channels.contents,
            "admins": self.channels.admins,
        }

    def warm_up(self) -> None:
        """Runs the kernels that few batches need."""
        self.accounts.warm_up()
        self.channels.warm_up()

    def flagged(self, seen: Seen, rows: NDArray[np.int64]) -> None:
        """Counts rows that were flagged, where their channels may be counted."""
        self.channels.flag(_only(self._channels(seen)[rows], seen.look.count[rows]))

    def _registered(self, seen: Seen, times: Milliseconds) -> Mapping[str, Values]:
        """Gives how many accounts were made at once; no column where none is made."""
        if _REGISTRATION.isdisjoint(seen.kinds.words):
            return {}
        registered = where_word(seen.kinds, _REGISTRATION) & seen.look.count
        networks = self._keys(seen.batch["network"].cast(pa.binary()))
        return self.registrations.bursts(_chosen_names(seen.batch), networks, times, registered)

    def _accounts(self, seen: Seen) -> Hashes:
        return _kept(seen, "accounts", lambda: self._keys(seen.batch["account"]))

    def _channels(self, seen: Seen) -> Hashes:
        return _kept(seen, "channels", lambda: channel_keys(self._keys(seen.batch["channel"])))

    def _bands(self, seen: Seen) -> Hashes:
        return _kept(seen, "bands", lambda: signatures(seen.views.normalised))

    def _keys(self, column: pa.Array) -> Hashes:
        """Gives a hash per row under the seed; 0 where there is nothing."""
        filled = without_nulls(column, "" if pa.types.is_string(column.type) else b"")
        keys = keys_of(*arrow_text(filled), seed=self.seed)
        if column.null_count:
            keys[~valid_rows(column)] = 0
        return keys


def _only(keys: Hashes, where: Mask) -> Hashes:
    """Gives keys where that may be, else 0."""
    return keys if where.all() else np.where(where, keys, np.uint64(0))


def _kept(seen: Seen, name: str, make: Callable[[], Hashes]) -> Hashes:
    """Gives what was made of these events before under a name, or makes it."""
    if name not in seen.keys:
        seen.keys[name] = make()
    return seen.keys[name]


def _any_of(*columns: Values) -> Values:
    return Values(np.logical_or.reduce([one.values for one in columns]), columns[0].known)


def _one(columns: list[pa.Array]) -> pa.Array:
    return columns[0] if len(columns) == 1 else pa.concat_arrays(columns)


def _part(column: Values, begin: int, end: int) -> Values:
    known = None if column.known is None else column.known[begin:end]
    return Values(column.values[begin:end], known, column.words)


def _whole(column: Values) -> NDArray[np.int32]:
    return column.values.astype(np.int32, copy=False)


def _chosen_names(batch: pa.RecordBatch) -> TextColumn:
    """Gives the name that somebody chose: the account's own, without its server, else as shown."""
    local = pc.replace_substring_regex(batch["account"], r"^@?([^:]*)(:.*)?$", r"\1")
    names = pc.fill_null(pc.coalesce(local, batch["display_name"]), "")
    return normalise(*arrow_text(names), tables=unicode_tables())
