"""Days of a large messenger, made by chance from a seed: nothing in them ever happened."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

from evenhand.base.lists import ActionKind, Automation, ChannelKind, Language, Source
from evenhand.transparency import words
from evenhand.transparency.figures import (
    BREAKDOWNS_OF,
    DIMENSION_OF_BREAKDOWN,
    FAMILIES,
    FIGURE_OF_BREAKDOWN,
    Breakdown,
    Dimension,
    Duration,
    Exact,
    Figure,
    Report,
    Span,
)
from evenhand.transparency.implied import JOINTLY
from evenhand.transparency.protect import THRESHOLD, protect

KEYS: dict[Dimension, list[str]] = {
    Dimension.HARM: list(words.HARMS),
    Dimension.ACTION: [kind.value for kind in ActionKind],
    Dimension.AUTOMATION: [one.value for one in Automation],
    Dimension.MARKET: [
        "KZ",
        "RU",
        "DE",
        "FR",
        "UZ",
        "TR",
        "KG",
        "UA",
        "PL",
        "US",
        "IN",
        "ZZ",
        "XK",
    ],
    Dimension.SOURCE: [one.value for one in Source],
    Dimension.LANGUAGE: [one.value for one in Language],
    Dimension.CHANNEL_KIND: [one.value for one in ChannelKind],
    Dimension.REASON: ["failure", "late"],
    Dimension.REGIME: ["kz", "eu-dsa", "eu-tco", "de", "default-voluntary"],
    Dimension.REQUEST: ["removal", "disclosure", "preservation", "geo-restriction"],
    Dimension.LANE: ["ordinary", "emergency"],
    Dimension.HOUR: [f"{hour:02}" for hour in range(24)],
    Dimension.DATA: ["phone", "connections", "connections+phone"],
}
USUAL = {figure: 60 for figure in Figure if figure is not Figure.DECISIONS} | {
    Figure.SCREENED: 1_200_000,
    Figure.UNSCREENED: 310,
    Figure.REFUSED: 3_100,
    Figure.FAKE_ACCOUNTS_REFUSED: 810,
    Figure.REMOVED: 400,
    Figure.LEFT_UP: 260,
    Figure.REPORTS_RECEIVED: 730,
    Figure.REPORTS_ANSWERED: 700,
    Figure.STATEMENTS_DELIVERED: 4_200,
    Figure.EFFECTS_FAILED: 3,
    Figure.CLOCKS_MISSED: 0,
}
MILLISECONDS = (3, 420, 3_900_000, 7_200_000, 40_000_000, 2_700_000, 260_000_000, 1_200_000, 5_000)


def exact_of(day: date, *, size: float = 1.0) -> Exact:
    """Gives the exact numbers of a day; `size` scales it."""
    chance = Random(f"{day} {size}")
    figures: dict[Figure, int] = {
        figure: round(usual * size * chance.uniform(0.8, 1.2)) for figure, usual in USUAL.items()
    }
    breakdowns: dict[Breakdown, Counter[str]] = {}
    for figure, quantity in figures.items():
        for breakdown in BREAKDOWNS_OF[figure]:
            breakdowns[breakdown] = _shared(quantity, DIMENSION_OF_BREAKDOWN[breakdown], chance)
    figures[Figure.DECISIONS] = sum(figures[family] for family in FAMILIES)
    for breakdown in BREAKDOWNS_OF[Figure.DECISIONS]:
        breakdowns[breakdown] = sum(
            (
                breakdowns[one]
                for family in FAMILIES
                for one in BREAKDOWNS_OF[family]
                if DIMENSION_OF_BREAKDOWN[one] is DIMENSION_OF_BREAKDOWN[breakdown]
            ),
            Counter(),
        )
    durations = {
        span: Duration(50, milliseconds, milliseconds * 7)
        for span, milliseconds in zip(Span, MILLISECONDS, strict=True)
    }
    joints: dict[Breakdown, dict[tuple[str, ...], int]] = {
        breakdown: {("",): figures[FIGURE_OF_BREAKDOWN[breakdown]]}
        for breakdown in JOINTLY
        if figures.get(FIGURE_OF_BREAKDOWN[breakdown])
    }
    return Exact(figures, breakdowns, durations, joints)


def report_of(day: date, *, late: float = 0.0) -> Report:
    """Gives the public report of a day; `late` is how much came after its first edition."""
    batches = [exact_of(day), *([exact_of(day, size=late)] if late else [])]
    at = datetime(day.year, day.month, day.day, 0, 10, tzinfo=UTC)
    return Report(
        day=day,
        revision=len(batches),
        generated_at=at + timedelta(days=len(batches)),
        complete=True,
        threshold=THRESHOLD,
        public=protect(batches),
    )


def _shared(quantity: int, dimension: Dimension, chance: Random) -> Counter[str]:
    """Gives a quantity shared among the keys of a property, the first getting most."""
    keys = KEYS[dimension]
    weights = [1 / (place + 1) ** 1.3 for place in range(len(keys))]
    shared = Counter(
        {
            key: int(quantity * weight / sum(weights) * chance.uniform(0.5, 1))
            for key, weight in zip(keys, weights, strict=True)
        }
    )
    shared[keys[0]] += quantity - shared.total()
    return +shared
