"""Others on the same messages: what each does of the screening, and nothing else of it.

None is needed by Evenhand; `requirements/bench.in` names them. What is not installed is said.
Osprey and Draupnir are no packages that could run here; what they did with the same kind of work,
and on what terms, stands in docs/screening_speed.md.
"""

import importlib.util
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import numpy as np

PEERS = {
    "ahocorasick_rs": "ahocorasick_rs: literals alone, message by message",
    "ahocorasick": "pyahocorasick: literals alone, message by message",
    "sklearn": "scikit-learn: hashed character 2..5-grams and a linear model of eight heads",
    "profanity_check": "alt-profanity-check: one harm, English",
}
HASHED_FEATURES = 1 << 18
SAMPLE = 2_048

Figure = tuple[str, str, float]


def peers(texts: Sequence[str], literals: Sequence[str]) -> Iterator[Figure]:
    """Gives name, description and messages a second of each peer that is installed."""
    works = {
        "ahocorasick_rs": lambda: _ahocorasick_rs(literals),
        "ahocorasick": lambda: _pyahocorasick(literals),
        "sklearn": _sklearn,
        "profanity_check": _profanity_check,
    }
    folded = [text.casefold() for text in texts[:SAMPLE]]
    for module, make in works.items():
        if importlib.util.find_spec(module) is None:
            continue
        work = make()
        work(folded[:64])
        began = time.thread_time()
        work(folded)
        yield module, PEERS[module], len(folded) / (time.thread_time() - began)


def not_installed() -> list[str]:
    """Gives the names of peers that cannot be measured here."""
    return [name for name in PEERS if importlib.util.find_spec(name) is None]


def _ahocorasick_rs(literals: Sequence[str]) -> Callable[[Sequence[str]], object]:
    import ahocorasick_rs

    found = ahocorasick_rs.AhoCorasick(literals).find_matches_as_indexes
    return lambda texts: [found(text) for text in texts]


def _pyahocorasick(literals: Sequence[str]) -> Callable[[Sequence[str]], object]:
    import ahocorasick

    automaton = ahocorasick.Automaton()
    for number, literal in enumerate(literals):
        automaton.add_word(literal, number)
    automaton.make_automaton()
    return lambda texts: list(chain.from_iterable(automaton.iter(text) for text in texts))


def _sklearn() -> Callable[[Sequence[str]], object]:
    from sklearn.feature_extraction.text import HashingVectorizer

    hashed = HashingVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), n_features=HASHED_FEATURES, lowercase=False
    )
    weights = np.random.default_rng(1).normal(size=(HASHED_FEATURES, 8)).astype(np.float32)
    return lambda texts: hashed.transform(texts) @ weights


def _profanity_check() -> Callable[[Sequence[str]], object]:
    import profanity_check

    return profanity_check.predict_prob
