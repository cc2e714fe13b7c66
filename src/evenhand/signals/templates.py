"""Sentences written for harms and languages that no permitted data covers, and their counterparts.

Each language has a file of frames under headings, and of words for their slots. A frame is filled
by chance from a seed, and so are slots inside a word. Headings come in pairs: what a head should
find, and what resembles it and is fine: counter-speech, negation, quotation, talk about the
matter. They prove little: whoever wrote the frames also chose what counts as found.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import chain
from random import Random
from types import MappingProxyType

from evenhand.base.errors import InputRefused

FILLINGS = 40
"""Sentences made of one frame, at most: fewer where its slots allow fewer."""

DISGUISED_PART = 6
"""One sentence in so many of those under `DISGUISED` is written as people do who hide from filters,
the harmless ones alike, so that the disguise alone proves nothing."""

DISGUISED = frozenset({"hate", "fair", "rude", "abuse", "polite"})
"""Headings whose sentences are disguised."""

_LEET = str.maketrans("aeiosаеоі", "43105@30!")

SOURCE = "templates"

DAILY = "daily"
"""Heading, and source, of short messages of daily life: nothing is to be found in them."""

LICENCE = "Apache-2.0"


@dataclass(frozen=True, slots=True)
class Heading:
    """What the frames under a heading are, to the heads: everything else is clean of them."""

    marked: frozenset[str] = field(default_factory=frozenset)
    unknown: frozenset[str] = field(default_factory=frozenset)


def _marks(*marked: str, unknown: tuple[str, ...] = ()) -> Heading:
    """Gives a heading by the heads that should find it, and those for which it tells nothing."""
    return Heading(frozenset(marked), frozenset(unknown))


HEADINGS: Mapping[str, Heading] = MappingProxyType(
    {
        "hate": _marks("hate_score", "abuse_score", unknown=("threat_score", "extremism_score")),
        "fair": _marks(),
        "rude": _marks(unknown=("abuse_score", "threat_score")),
        "abuse": _marks("abuse_score", unknown=("threat_score", "sexual_score")),
        "polite": _marks(),
        "threat": _marks("threat_score", unknown=("abuse_score", "sexual_score")),
        "calm": _marks(),
        "drugs": _marks("drugs_score", unknown=("spam_score",)),
        "sober": _marks(),
        "weapons": _marks("weapons_score", unknown=("spam_score",)),
        "peace": _marks(),
        "extremism": _marks(
            "extremism_score", unknown=("hate_score", "abuse_score", "threat_score")
        ),
        "citizen": _marks(),
        "sexual": _marks("sexual_score", unknown=("spam_score", "abuse_score")),
        "decent": _marks(),
        "spam": _marks("spam_score", unknown=("sexual_score",)),
        "ham": _marks(),
        DAILY: _marks(),
    }
)

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One filled frame. Sentences of one frame never stand on both sides of a measurement."""

    text: str
    language: str
    frame: str
    heading: Heading
    source: str = SOURCE

    def label(self, head: str) -> bool | None:
        """Tells whether a head should find it; None where that is not known."""
        if head in self.heading.unknown:
            return None
        return head in self.heading.marked


@cache
def sentences(*, seed: int) -> tuple[Sentence, ...]:
    """Gives every sentence of every language, the same for the same seed."""
    folder = files("evenhand.signals").joinpath("templates")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".txt"))
    return tuple(
        sentence
        for name in names
        for sentence in filled(
            folder.joinpath(name).read_text(encoding="utf-8"),
            language=name.removesuffix(".txt"),
            chance=Random(f"{seed} {name}"),  # noqa: S311  chance for sentences, no secret
        )
    )


def filled(content: str, *, language: str, chance: Random) -> Iterator[Sentence]:
    """Gives the sentences of one language's file."""
    frames, words = read(content, language=language)
    for heading, frame in frames:
        made = {frame: None}
        for _ in range(FILLINGS if _SLOT.search(frame) else 0):
            text = frame
            while _SLOT.search(text):
                text = _SLOT.sub(lambda slot: chance.choice(words[slot[1]]), text)
            made[text] = None
        made.pop(frame) if len(made) > 1 else None
        if heading in DISGUISED:
            hidden = [
                disguised(text, chance) for text in made if not chance.randrange(DISGUISED_PART)
            ]
            made.update(dict.fromkeys(hidden))
        for text in made:
            source = DAILY if heading == DAILY else SOURCE
            yield Sentence(text, language, f"{language} {frame}", HEADINGS[heading], source)


def disguised(text: str, chance: Random) -> str:
    """Gives a sentence spelled as people do who hide from filters: one way, chosen by chance.

    Without spaces, with letters apart, with digits for letters, or with a letter of each second
    word dropped or swapped with its neighbour.
    """
    way = chance.randrange(5)
    if way == 0:
        return text.replace(" ", "")
    if way == 1:
        return " ".join(text.replace(" ", ""))
    if way == 2:
        return text.translate(_LEET)
    words = text.split(" ")
    for place in range(chance.randrange(2), len(words), 2):
        word = words[place]
        if len(word) > 3:
            at = chance.randrange(1, len(word) - 1)
            rest = word[at + 1 :] if way == 3 else word[at + 1] + word[at] + word[at + 2 :]
            words[place] = word[:at] + rest
    return " ".join(words)


def read(content: str, *, language: str) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """Gives the frames with their headings, and the words for each slot."""
    frames: list[tuple[str, str]] = []
    words: dict[str, list[str]] = {}
    heading = ""
    for number, line in enumerate(content.splitlines(), start=1):
        if line.startswith("+ "):
            slot, _, choices = line[2:].partition(": ")
            words[slot] = choices.split(" / ")
        elif line.startswith("= "):
            heading = line[2:]
            if heading not in HEADINGS:
                raise InputRefused(file=language, line=number, reason="no such heading")
        elif line:
            frames.append((heading, line))
    texts = [*(frame for _, frame in frames), *chain.from_iterable(words.values())]
    wanted = {slot for text in texts for slot in _SLOT.findall(text)}
    if wanted - words.keys() or (frames and not frames[0][0]):
        raise InputRefused(file=language, reason="no words", slots=sorted(wanted - words.keys()))
    return frames, words
