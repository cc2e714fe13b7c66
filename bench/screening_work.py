"""The work of `bench screening`: batches of messages that nobody wrote, and a plane to judge them.

A message is a few words, mostly common function words and else invented ones drawn as rarely as
words are (Zipf), in eight scripts and the lengths of chats (log-normal, about 90 bytes in the
mean). Every message is a public one, so that nothing is passed over. Two profiles:

REFERENCE  about one message in ten holds something that a pattern finds; each file comes once
HARD       every message does; PDQ hashes lean on each other as those of pictures do; what is
           attached has mostly been forwarded before
"""

import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent))

from evenhand.base.limits import BATCH_ROWS_MAX
from evenhand.base.lists import ChannelKind, EventKind
from evenhand.events.schema import EVENT_SCHEMA
from evenhand.pipeline import Resources, ScreeningPlane
from evenhand.signals.media import HashLists
from evenhand.signals.velocity import Velocity
from messages import SCRIPTS, words_of_script
from screening_lists import (
    HOT_LISTS,
    TERRITORIES,
    Hashes,
    even_hashes,
    write_domains,
    write_patterns,
    write_rules,
)
from screening_pictures import picture_hashes

SEED = 20_260_601
PER_SECOND = 174_000
"""Messages a second of the clock that they carry: fifteen billion a day."""

START_MS = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
SHARES = {
    "en": 24, "de": 8, "ru": 26, "kk": 4, "ar": 16, "hi": 9, "el": 3, "zh": 4, "ko": 4, "ka": 2,
}  # fmt: skip
GEORGIAN = "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ"
CHARACTERS_MEAN, CHARACTERS_SPREAD = 3.5, 0.9
STREAM = 1 << 18
"""Words of a script in the order in which messages take them; each begins somewhere in it."""

EMOJI = ("😀", "😂", "🙏", "👍", "🔥", "❤️", "🎉", "👍🏽", "🇰🇿", "😭", "💰", "✅")
COMMON_HOSTS = ("youtube.com", "t.me", "instagram.com", "vk.com", "wikipedia.org", "github.com")
ZERO_WIDTH = "\u200b"
LOOKALIKE = str.maketrans("aceopxy", "асеорху")
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
MEDIA_SHARE, LISTED_SHARE = 0.1, 0.005
ACCOUNTS, ACCOUNTS_OF_FLOODS = 2_000_000, 300
PLACES = 1 << 20
"""Accounts whose habits are counted at a time: half a gigabyte."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What one kind of work is like.

    hot, topic  share of messages that a literal of these lists is written into
    forwarded   share of files that came before
    pictures    whether PDQ hashes are like those of pictures, else even
    """

    name: str
    hot: float
    topic: float
    forwarded: float
    pictures: bool


REFERENCE = Profile("reference", hot=0.02, topic=0.02, forwarded=0.0, pictures=False)
HARD = Profile("hard", hot=1.0, topic=0.05, forwarded=0.6, pictures=True)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is of everything that messages are held against."""

    patterns: int = 10_000
    domains: int = 1_000_000
    rules: int = 200
    hashes: int = 10_000_000
    pictures: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Work:
    """A plane as an operator would have it, and what its lists hold, for messages to meet."""

    plane: ScreeningPlane
    resources: Resources
    literals: Mapping[str, Sequence[str]]
    hosts: Sequence[str]
    hashes: Hashes
    pictures: Hashes
    words: Mapping[str, Sequence[str]]


def work(folder: Path, profile: Profile, sizes: Sizes = Sizes(), seed: int = SEED) -> Work:
    """Writes lists and rules below a folder, and gives the plane that judges by them."""
    words = _words(seed)
    rare = [word for spoken in words.values() for word in spoken[-200:]]
    literals = write_patterns(folder / "patterns", count=sizes.patterns, words=rare, seed=seed)
    hosts = write_domains(folder / "domains", count=sizes.domains, seed=seed)
    write_rules(folder / "rules", count=sizes.rules, seed=seed)
    chance = np.random.default_rng(seed)
    hashes = even_hashes(sizes.hashes, chance)
    draw = picture_hashes if profile.pictures else even_hashes
    pictures = draw(sizes.pictures, chance)
    resources = Resources(
        rules=folder / "rules",
        patterns=folder / "patterns",
        domains=(folder / "domains",),
        hashes=None,
        cache=folder.parent / "cache",
        seed=seed,
    )
    loaded = ScreeningPlane.load(resources)
    lists = HashLists.of_rows({"invented": hashes}, {"invented": pictures})
    signals = replace(loaded.signals, hashes=lists, velocity=Velocity(places=PLACES))
    plane = ScreeningPlane(loaded.rules, signals)
    return Work(plane, resources, literals, hosts, hashes, pictures, words)


def messages(
    work: Work, profile: Profile, *, count: int, seed: int = SEED, rows: int = BATCH_ROWS_MAX
) -> Iterator[pa.RecordBatch]:
    """Gives `count` batches; none holds a message of another."""
    chance, numbers = random.Random(seed), np.random.default_rng(seed)
    writer = _Writer(work, profile, chance, numbers)
    media = _Media(work, profile, numbers)
    for place in range(count):
        first = place * rows
        yield _batch(first, writer.texts(rows), media.of(rows), numbers)


def _words(seed: int) -> dict[str, list[str]]:
    """Gives the words of each script, the common ones first."""
    chance = random.Random(seed)
    alphabets = {**SCRIPTS, "ka": GEORGIAN}
    return {code: words_of_script(code, alphabets[code], chance) for code in SHARES}


class _Writer:
    """Writes texts."""

    def __init__(
        self, work: Work, profile: Profile, chance: random.Random, numbers: np.random.Generator
    ) -> None:
        self._profile, self._chance, self._numbers, self._hosts = (
            profile, chance, numbers, work.hosts,
        )  # fmt: skip
        self._streams = {
            code: [words[place] for place in _zipf(STREAM, len(words), numbers).tolist()]
            for code, words in work.words.items()
        }
        self._per_word = {
            code: sum(map(len, stream)) / STREAM + (code != "zh")
            for code, stream in self._streams.items()
        }
        lists = list(work.literals.values())
        self._hot = [one for texts in lists[:HOT_LISTS] for one in texts]
        self._topics = [one for texts in lists[HOT_LISTS:] for one in texts]
        self._floods = [self._plain(code, 90) for code in list(SHARES) * 4]

    def texts(self, rows: int) -> list[str]:
        codes = self._chance.choices(list(SHARES), list(SHARES.values()), k=rows)
        spread = self._numbers.lognormal(CHARACTERS_MEAN, CHARACTERS_SPREAD, rows)
        lengths = np.clip(spread, 2, 900).astype(int).tolist()
        return [self._text(code, length) for code, length in zip(codes, lengths, strict=True)]

    def _plain(self, code: str, length: int) -> str:
        words = max(1, round(length / self._per_word[code]))
        begin = int(self._chance.random() * (STREAM - words))
        text = ("" if code == "zh" else " ").join(self._streams[code][begin : begin + words])
        return text if self._chance.random() < 0.6 else text[:1].upper() + text[1:]

    def _text(self, code: str, length: int) -> str:
        random_, choice = self._chance.random, self._chance.choice
        if random_() < 0.006:
            return f"{choice(self._floods)} {int(random_() * 1e6)}"
        text = self._plain(code, length)
        if random_() < self._profile.hot:
            text += " " + choice(self._hot)
        if random_() < self._profile.topic:
            text += " " + choice(self._topics)
        if random_() < 0.2:
            text += " " + choice(EMOJI)
        if random_() < 0.06:
            text += " " + self._link()
        if random_() < 0.04:
            text = f"@user{int(random_() * 1e5)} {text}"
        if random_() < 0.01:
            text += f" +7 7{int(random_() * 90) + 10} {int(random_() * 9e6) + 10**6}"
        return _disguised(text, self._chance) if random_() < 0.015 else text

    def _link(self) -> str:
        chance = self._chance
        host = chance.choice(COMMON_HOSTS)
        if chance.random() < 0.03:
            host = chance.choice(self._hosts)
        elif chance.random() < 0.3:
            host = f"{chance.randrange(10**6):x}.com"
        return (
            f"{chance.choice(('https://', 'https://www.', ''))}{host}/{chance.randrange(10**9):x}"
        )


def _disguised(text: str, chance: random.Random) -> str:
    match chance.randrange(4):
        case 0:
            return "".join(one + ZERO_WIDTH * (chance.random() < 0.3) for one in text)
        case 1:
            return text.translate(FULL_WIDTH)
        case 2:
            return text.translate(LOOKALIKE)
        case _:
            return text.upper()


class _Media:
    """Attaches files: to a tenth of all messages one, with its SHA-256 and its PDQ hash."""

    def __init__(self, work: Work, profile: Profile, numbers: np.random.Generator) -> None:
        self._work, self._profile, self._numbers = work, profile, numbers
        self._before = np.empty((0, 64), np.uint8)

    def of(self, rows: int) -> dict[str, pa.Array]:
        numbers = self._numbers
        has = numbers.random(rows) < MEDIA_SHARE
        count = int(has.sum())
        again = numbers.random(count) < (self._profile.forwarded if len(self._before) else 0)
        files = np.empty((count, 64), np.uint8)
        files[~again] = self._new(int((~again).sum()))
        if again.any():
            files[again] = self._before[_zipf(int(again.sum()), len(self._before), numbers)]
        self._before = np.concatenate([self._before, files[~again]])[:100_000]
        ends = np.concatenate([[0], np.cumsum(has)]).astype(np.int32)
        return {
            name: pa.ListArray.from_arrays(
                pa.array(ends), _binary(np.ascontiguousarray(files[:, place : place + 32])),
                mask=pa.array(~has),
            )
            for name, place in (("media_sha256", 0), ("media_pdq", 32))
        }  # fmt: skip

    def _new(self, count: int) -> Hashes:
        numbers, work = self._numbers, self._work
        hashes = even_hashes(count, numbers)
        draw = picture_hashes if self._profile.pictures else even_hashes
        pictures = draw(count, numbers)
        listed = numbers.random(count) < LISTED_SHARE
        hashes[listed] = work.hashes[numbers.integers(0, len(work.hashes), int(listed.sum()))]
        for place in np.flatnonzero(numbers.random(count) < LISTED_SHARE):
            bits = np.unpackbits(work.pictures[numbers.integers(len(work.pictures))])
            bits[numbers.choice(256, int(numbers.integers(32)), replace=False)] ^= 1
            pictures[place] = np.packbits(bits)
        return np.concatenate([hashes, pictures], axis=1)


def _batch(
    first: int, texts: list[str], media: dict[str, pa.Array], numbers: np.random.Generator
) -> pa.RecordBatch:
    rows = len(texts)
    accounts = (ACCOUNTS * numbers.random(rows) ** 1.5).astype(np.int64)
    floods = numbers.random(rows) < 0.01
    accounts[floods] = ACCOUNTS + numbers.integers(0, ACCOUNTS_OF_FLOODS, int(floods.sum()))
    times = START_MS + (first + np.arange(rows)) * 1000 // PER_SECOND
    moment = pa.timestamp("ms", tz="UTC")
    ids = range(first, first + rows)
    columns = {
        "event_id": pa.array([f"${number}" for number in ids]),
        "kind": pa.array([EventKind.MESSAGE.value] * rows),
        "time": pa.array(times, moment),
        "account": pa.array([f"@invented{one}:example.test" for one in accounts.tolist()]),
        "account_created": pa.array(times - accounts % 700 * 86_400_000, moment),
        "channel": pa.array([f"!{one}:example.test" for one in (accounts // 10).tolist()]),
        "channel_kind": pa.array([ChannelKind.PUBLIC.value] * rows),
        "territory": pa.array(np.array(TERRITORIES)[accounts % len(TERRITORIES)].tolist()),
        "text": pa.array(texts),
        "reply_to": _some([f"${number // 2}" for number in ids], numbers.random(rows) < 0.25),
        "forwarded_from": _some([f"!{n}:example.test" for n in ids], numbers.random(rows) < 0.15),
        **media,
    }
    return pa.RecordBatch.from_arrays(
        [columns.get(one.name, pa.nulls(rows, one.type)).cast(one.type) for one in EVENT_SCHEMA],
        schema=EVENT_SCHEMA,
    )


def _some(values: list[str], kept: NDArray[np.bool_]) -> pa.Array:
    return pa.array(values, pa.string(), mask=~kept)


def _binary(rows: Hashes) -> pa.Array:
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(32), len(rows), [None, pa.py_buffer(rows.tobytes())]
    )


def _zipf(count: int, kinds: int, numbers: np.random.Generator) -> NDArray[np.int64]:
    """Gives places below `kinds`, the first ones most often, as words and forwards are."""
    drawn: NDArray[np.int64] = (kinds ** numbers.random(count)).astype(np.int64) - 1
    return np.clip(drawn, 0, kinds - 1)
