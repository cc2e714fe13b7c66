"""The lists of `bench screening`, all invented and seeded: patterns, domains, rules, hashes.

They are written as the files that an operator keeps, and read from there like any others.
"""

import random
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from evenhand.base.lists import Language
from evenhand.signals.text_model import TextModel

LISTS = 40
HOT_LISTS = 8
"""Lists of what many messages hold (prices, places, ways to be reached); rules name them only
together with something else."""

REGEX_SHARE = 0.1
SPACED_SHARE = 1 / 8
GENERIC = (
    r"\+?\d[\d ()-]{8,14}\d",
    r"\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}",
    r"0x[a-f0-9]{40}",
    r"t\.me/(?:joinchat/|\+)[a-z0-9_-]{8,}",
    r"(?:free|win|prize|claim).{0,40}(?:cash|award|voucher)",
    r"[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,6}",
)
TOPS = ("com", "net", "org", "io", "info", "top", "shop", "online", "site", "me")

Hashes = NDArray[np.uint8]


def invented(chance: random.Random) -> str:
    """Gives a word that no language has."""
    return "".join(
        chance.choice("bcdfghklmnprstvz") + chance.choice("aeiou")
        for _ in range(chance.randint(3, 5))
    )


def write_patterns(
    folder: Path, *, count: int, words: Sequence[str], seed: int
) -> dict[str, list[str]]:
    """Writes so many patterns, nine literals to one regular expression; gives the literals.

    words  rare words of the messages; a part of the literals is taken from them
    """
    chance = random.Random(seed)
    literals: dict[str, None] = {}
    while len(literals) < count - round(count * REGEX_SHARE):
        literals[_literal(words, chance)] = None
    regexes = dict.fromkeys(GENERIC)
    while len(regexes) < round(count * REGEX_SHARE):
        regexes[_regex(chance)] = None
    folder.mkdir(parents=True)
    written = {}
    for number in range(LISTS):
        name = f"hot_{number}" if number < HOT_LISTS else f"topic_{number}"
        texts = list(literals)[number::LISTS]
        # The generic ones meet many messages: they stand in the lists that are said to.
        found = list(GENERIC)[number::HOT_LISTS] if number < HOT_LISTS else []
        found += list(regexes)[len(GENERIC) :][number::LISTS]
        patterns = [*({"text": one} for one in texts), *({"regex": one} for one in found)]
        content = {"name": name, "patterns": patterns}
        path = folder / f"{name}.yaml"
        path.write_text(yaml.dump(content, Dumper=yaml.CSafeDumper, allow_unicode=True), "utf-8")
        written[name] = texts
    return written


def _literal(words: Sequence[str], chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.2:
        return chance.choice(words)
    if kind < 0.55:
        return invented(chance)
    if kind < 0.85:
        return f"{invented(chance)} {invented(chance)}"
    return f"{chance.choice(words)} {chance.choice(words)}"


def _regex(chance: random.Random) -> str:
    one, other, third = (invented(chance) for _ in range(3))
    if chance.random() < SPACED_SHARE:
        return "".join(letter + "[ ._*-]{0,2}" for letter in one[:-1]) + one[-1]
    return chance.choice(
        (
            rf"{one}\s+(?:now\s+|today\s+)?{other}",
            rf"{one}.{{0,20}}{other}",
            rf"(?:buy|sell|order|куплю|продам)\s+{other}",
            rf"{one}\d{{2,6}}",
            rf"(?:{one}|{other}|{third})(?:s|ing|er)?",
            rf"t\.me/(?:joinchat/|\+)?{one}[a-z0-9_]{{2,}}",
            rf"{one}.{{0,10}}(?:https?://|www\.)",
        )
    )


def write_domains(folder: Path, *, count: int, seed: int) -> list[str]:
    """Writes a list of so many hosts; gives some of them."""
    chance = np.random.default_rng(seed)
    signs = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz0123456789", np.uint8)
    letters = signs[chance.integers(0, len(signs), (count, 14))].tobytes().decode()
    lengths = chance.integers(6, 15, count).tolist()
    tops = chance.integers(0, len(TOPS), count).tolist()
    hosts = [
        f"{letters[14 * place : 14 * place + length]}.{TOPS[top]}"
        for place, (length, top) in enumerate(zip(lengths, tops, strict=True))
    ]
    folder.mkdir(parents=True)
    (folder / "invented.txt").write_text("\n".join(hosts) + "\n")
    return hosts[:5_000]


def write_rules(folder: Path, *, count: int, seed: int) -> None:
    """Writes so many rules over all kinds of columns."""
    chance = random.Random(seed)
    folder.mkdir(parents=True)
    conditions = _Conditions(chance)
    for number in range(count):
        proposes = "hold" if number % 2 else "none"
        rule = {
            "id": f"invented_{number:04}", "version": "1", "title": f"Invented rule {number}",
            "harm": "m.spam", "proposes": proposes, "opens_case": proposes == "none",
            "score": 0.5, "owner": "bench", "author": "bench", "false_positives": [],
            "references": [], "says": {one.value: "It is a rule of a bench." for one in Language},
            "when": conditions.drawn(number),
            "fixtures": {"hits": [{"text": "a"}], "passes": [{"text": "b"}]},
        }  # fmt: skip
        path = folder / f"{rule['id']}.yaml"
        path.write_text(yaml.dump(rule, Dumper=yaml.CSafeDumper), "utf-8")


class _Conditions:
    """Draws conditions over all kinds of columns."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._heads = list(TextModel.load().heads)

    def drawn(self, number: int) -> str:
        """Gives a condition of one of twelve forms."""
        form = FORMS[number % len(FORMS)]
        return re.sub(r"<(\w+)>", lambda found: self._part(found[1]), form)

    def _part(self, name: str) -> str:
        chance = self._chance
        match name:
            case "topic":
                return f"matches_topic_{chance.randrange(HOT_LISTS, LISTS)} >= 1"
            case "hot":
                return f"matches_hot_{chance.randrange(HOT_LISTS)} >= {chance.randint(1, 2)}"
            case "score":
                return f"{chance.choice(self._heads)} >= {chance.choice((0.9, 0.95, 0.99, 0.995))}"
            case "flood":
                return f"near_duplicates_10m > {chance.choice((40, 80, 150, 300))}"
            case "young":
                return f"account_age_hours < {chance.choice((24, 72, 168, 720))}"
            case "place":
                return f"territory IN {tuple(sorted(chance.sample(TERRITORIES, 3)))}"
            case _:
                return chance.choice(PARTS[name])


PARTS = {
    "habit": (
        "account_posts_10s > 5", "account_posts_1m > 20", "account_posts_10m > 100",
        "account_posts_1h > 500", "account_links_10m > 3",
    ),
    "kind": ("NOT forwarded", "NOT is_reply", "forwarded", "kind = 'message'", "kind <> 'edit'"),
    "shape": (
        "invisible_count > 2", "mixed_script", "has_link", "domain_listed >= 1", "link_count > 2",
        "digits_share > 0.3", "upper_share > 0.5", "emoji_count > 3", "text_length > 200",
        "language = 'ru'", "has_phone", "disguised",
    ),
    "media": ("media_listed >= 1", "media_near_distance <= 31", "media_near_distance <= 20"),
}  # fmt: skip
FORMS = (
    "<topic> AND <hot> AND <kind>",
    "(<topic> OR <topic> OR <topic>) AND <score>",
    "<score> AND <young> AND <hot>",
    "<flood> AND (<shape> OR <score>) AND <kind>",
    "<habit> AND <shape> AND <kind>",
    "<media> AND <kind>",
    "<place> AND <topic> AND NOT is_reply",
    "<place> AND <score> AND <hot> AND <shape>",
    "domain_listed >= 1 AND (<habit> OR <young>)",
    "(<score> AND <hot> AND <shape>) OR (<topic> AND <habit>)",
    "<hot> AND <hot> AND <score> AND <kind>",
    "<topic> AND <topic> AND <young> AND <kind>",
)
TERRITORIES = ("DE", "FR", "KZ", "RU", "IN", "BR", "ID", "IR", "TR", "US", "EG", "UA")


def even_hashes(count: int, chance: np.random.Generator) -> Hashes:
    """Gives hashes of which each bit is set by chance."""
    return np.frombuffer(bytearray(chance.bytes(32 * count)), np.uint8).reshape(-1, 32)
