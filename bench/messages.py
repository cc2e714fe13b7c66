"""Seeded batches of invented messages in eight scripts, for benches; nobody wrote any of them.

A message is a few words made of common function words and invented ones, cut to the lengths of
chats (log-normal, about 90 bytes in the mean). Some carry a link, emoji, a number, a disguise or
a phrase of the pattern lists; one in a hundred is a flood that comes again and again.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pyarrow as pa

from evenhand.base.lists import ChannelKind, EventKind
from evenhand.events.schema import EVENT_SCHEMA

SCRIPTS = {
    "en": "aeioubcdfghklmnprstvwy",
    "de": "aeiouäöübcdfghklmnprstz",
    "ru": "аеиоуыбвгдзклмнпрстжчш",
    "kk": "аәеиоөұүбғгдқклмнңпрст",
    "ar": "ابتثجحدرزسشصضعغفقكلمنهوي",
    "el": "αεηιουωβγδζθκλμνπρστφχ",
    "hi": "अआइईउऊएओकखगघचजटडतदनपबमयरलवसह",
    "zh": "".join(map(chr, range(0x4E00, 0x5100))),
    "ko": "".join(map(chr, range(0xAC00, 0xD7A0, 19))),
}
LENGTH_MEAN, LENGTH_SPREAD = 3.4, 0.85
START = datetime(2026, 1, 1, tzinfo=UTC)


def batches(
    *, rows: int, count: int, seed: int, phrases: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Gives `count` different batches; `phrases` are what the pattern lists look for."""
    chance = random.Random(seed)
    words = {code: words_of_script(code, letters, chance) for code, letters in SCRIPTS.items()}
    floods = [_sentence(words[code], chance, 60) for code in SCRIPTS for _ in range(3)]
    number = 0
    for _ in range(count):
        events = []
        for _ in range(rows):
            number += 1
            events.append(_event(number, _text(words, floods, phrases, chance), chance))
        yield pa.RecordBatch.from_pylist(events, schema=EVENT_SCHEMA)


def words_of_script(code: str, letters: str, chance: random.Random) -> list[str]:
    """Gives function words of a language, often, and then invented words in its letters."""
    listed = files("evenhand.signals").joinpath("lists", "function_words.txt").read_text("utf-8")
    common = [
        word
        for line in listed.splitlines()
        if line.startswith(f"{code}:")
        for word in line.split(":")[1].split()
    ]
    lengths = (1, 3) if code == "zh" else (3, 10)
    made = ["".join(chance.choices(letters, k=chance.randint(*lengths))) for _ in range(4000)]
    return common * 20 + made


def _sentence(words: Sequence[str], chance: random.Random, length: int) -> str:
    text = chance.choice(words)
    while len(text) < length:
        text += " " + chance.choice(words)
    return text[:1].upper() + text[1:]


def _text(
    words: dict[str, list[str]],
    floods: Sequence[str],
    phrases: Sequence[str],
    chance: random.Random,
) -> str:
    if chance.random() < 0.01:
        return f"{chance.choice(floods)} {chance.randint(1, 99)}"
    length = min(900, int(chance.lognormvariate(LENGTH_MEAN, LENGTH_SPREAD)))
    text = _sentence(words[chance.choice(list(words))], chance, length)
    if chance.random() < 0.03:
        text += " " + chance.choice(phrases)
    if chance.random() < 0.06:
        text += f" https://{chance.choice(words['en'])}.com/{chance.randint(1, 10**6)}"
    if chance.random() < 0.15:
        text += " " + chance.choice("😀😂🙏👍🔥❤🎉")
    if chance.random() < 0.05:
        text += f" {chance.randint(1, 10**5)}"
    if chance.random() < 0.01:
        text = text.replace("o", "0").replace("e", "е")
    return text


def _event(number: int, text: str, chance: random.Random) -> dict[str, object]:
    time = START + timedelta(milliseconds=5 * number)
    return {
        "event_id": f"${number}",
        "kind": EventKind.MESSAGE.value,
        "time": time,
        "account": f"@invented{int(200_000 * chance.random() ** 2)}:example.test",
        "account_created": time - timedelta(hours=chance.randint(1, 20_000)),
        "channel": f"!{chance.randint(1, 5000)}:example.test",
        "channel_kind": ChannelKind.PUBLIC.value,
        "text": text,
    }
