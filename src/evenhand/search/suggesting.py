"""What a beginning may be completed to: names first, then words; each screened before it exists.

Everything comes from items that may be seen from the asker's country now. Nothing that the query
policy closes is offered, and to a beginning that it closes nothing is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from evenhand.search import analysis
from evenhand.search.index import Reader, Wanted
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.sight import Sight
from evenhand.search.vocabulary import once, shown_name, word_seen

SUGGESTIONS_MAX = 8
"""Suggestions of one call: more are not read."""

PREFIX_CHARACTERS_MAX = 100
"""Characters of a beginning that is completed; a longer one is a query of its own."""

PREFIX_WORDS_MAX = 8
"""Words of such a beginning."""

COMPLETIONS_MAX = 8
"""Words that the last one may become which are looked at, the most frequent first."""

NAMES_MAX = 8
"""Rooms and accounts that are looked at for one of them."""

LETTERS_MIN = 2
"""Letters of the last word from which it is completed: one begins too many words."""

NAMED = Wanted(kinds=frozenset({ItemKind.ROOM, ItemKind.ACCOUNT}))


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What was typed: as it came, its finished words, and the last one."""

    typed: str
    folded: str
    finished: tuple[str, ...]
    last: str


def suggestions(
    reader: Reader, prefix: str, *, country: str | None, language: str, sight: Sight
) -> Sequence[str]:
    """Gives up to `SUGGESTIONS_MAX` queries that begin so, names first.

    country   as in an `Ask`
    language  ISO 639-1; names in it come first
    """
    beginning = _read(prefix)
    if beginning is None or sight.policy.topic_of(prefix):
        return ()
    found = once(
        text
        for text in (
            *_names(reader, beginning, sight, country, language),
            *_words(reader, beginning, sight, country),
        )
        if not sight.policy.topic_of(text)
    )
    return tuple(found[:SUGGESTIONS_MAX])


def _read(prefix: str) -> _Beginning | None:
    """Gives a beginning in its parts; None where there is nothing to complete."""
    if len(prefix) > PREFIX_CHARACTERS_MAX:
        return None
    folded = analysis.folded(prefix)
    words = analysis.words(folded)
    if not words or len(words) > PREFIX_WORDS_MAX:
        return None
    if prefix[-1:].isspace():
        return _Beginning(prefix, folded, tuple(words), "")
    last = words[-1]
    if len(last) < LETTERS_MIN and last.isascii():
        return None
    return _Beginning(prefix, folded, tuple(words[:-1]), last)


def _names(
    reader: Reader, beginning: _Beginning, sight: Sight, country: str | None, language: str
) -> Iterator[str]:
    """Gives names of rooms and accounts that hold what was typed, those that begin so first."""
    found: dict[str, Item] = {}
    ends = [""] if not beginning.last else _completions(reader, "title", beginning.last)
    for end in ends:
        words = [*beginning.finished, *filter(None, (end,))]
        for item, _ in reader.named(words, NAMED, limit=NAMES_MAX):
            found[item.id] = item
    items = list(found.values())
    shown = [item for item, seen in zip(items, sight.seen(items, country), strict=True) if seen]

    def order(item: Item) -> tuple[bool, bool, float, int, str]:
        begins = analysis.folded(item.title).startswith(beginning.folded)
        trust = sight.trust.factors.get(item.room, 1.0)
        return (not begins, item.language != language, -trust, -item.members, item.id)

    for item in sorted(shown, key=order):
        # An address may hold the words, and the name not: what is offered is the name.
        name = shown_name(item)
        bare = replace(item, aliases=(), title=name)
        if name and _holds(bare, beginning):
            yield name


def _holds(item: Item, beginning: _Beginning) -> bool:
    words = analysis.words(analysis.folded(item.title))
    return set(beginning.finished) <= set(words) and any(
        word.startswith(beginning.last) for word in words
    )


def _words(
    reader: Reader, beginning: _Beginning, sight: Sight, country: str | None
) -> Iterator[str]:
    """Gives what was typed with its last word finished."""
    last = beginning.typed.split()[-1]
    if analysis.words(analysis.folded(last)) != [beginning.last]:
        return  # A script without spaces, or no single word: it has names alone.
    before = beginning.typed[: beginning.typed.rindex(last)]
    for term in _completions(reader, "words", beginning.last):
        if term != beginning.last and (word := word_seen(reader, term, sight, country)):
            yield " ".join(f"{before}{word.text}".split())


def _completions(reader: Reader, field: str, prefix: str) -> list[str]:
    return [term for term, _ in reader.beginning(field, prefix, limit=COMPLETIONS_MAX)]
