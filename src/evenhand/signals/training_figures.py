"""What is measured of a trained head: by language, by source, and on plainly fine texts."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from typing import Self

import numpy as np
from numpy.typing import NDArray

NEWS_ALARMS_MAX = 0.004
"""Share of plain news sentences that may reach the threshold: no more than of all plain texts, of
which news is a part. At half of that, recall is given away that nobody asked for."""

PLAIN_ALARMS_MAX = 0.004
"""Share of plain conversation and news that may: the bound is 0.5 %, the rest is for chance."""

THRESHOLD_MIN = 20
"""Hundredths below which no threshold goes: a lower score says nothing to a reader."""

LANGUAGE_ROWS_MIN = 100
"""Rows of each label below which a language's figures say too little to be printed."""

CLEAN_ROWS_MIN = 2_000
"""Clean rows from which a language's false alarms are held against a bound: with fewer, the 95 %
bound lies above 0.2 % even where there is no alarm at all."""

NORMAL_95 = 1.96
"""Standard deviations of a normal distribution between which 95 % of it lie."""

LANGUAGE_ALARMS_MAX = 0.02
"""Upper 95 % bound of alarms in every language with that many clean rows."""

BENIGN_SHARES = (0.1, 0.01, 0.001)
"""Shares of clean texts for which the card gives the score that so many of them reach."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share that was counted, and between which shares the true one lies with 95 %."""

    count: int
    of: int
    share: float
    low: float
    high: float

    @classmethod
    def counted(cls, count: int, of: int) -> Self:
        """Gives the share with its interval by Wilson, which holds for few rows and for none."""
        if of == 0:
            return cls(0, 0, float("nan"), 0.0, 1.0)
        share, z = count / of, NORMAL_95**2 / of
        middle = (share + z / 2) / (1 + z)
        reach = sqrt(z * share * (1 - share) + z * z / 4) / (1 + z)
        return cls(count, of, share, max(middle - reach, 0.0), min(middle + reach, 1.0))


@dataclass(frozen=True, slots=True)
class Scored:
    """Rows with the scores that they got from a model which had not seen them."""

    scores: NDArray[np.float64]
    labels: NDArray[np.bool_]
    languages: NDArray[np.str_]
    sources: NDArray[np.str_]
    licences: NDArray[np.str_]
    news: NDArray[np.bool_]
    plain: NDArray[np.bool_]
    written: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """How one language or one source fares at the threshold."""

    name: str
    area: float
    recall: Share
    alarms: Share


@dataclass(frozen=True, slots=True)
class NewsFigures:
    """Alarms on the plain news sentences of one language."""

    language: str
    rows: int
    alarms: int


@dataclass(frozen=True, slots=True)
class SourceShare:
    """Rows of one source, with its licence."""

    source: str
    licence: str
    languages: str
    rows: int
    marked: int


@dataclass(frozen=True, slots=True)
class HeadFigures:
    """Everything that the card says of one head."""

    head: str
    rows: int
    marked: int
    threshold: float
    area: float
    recall: float
    alarms: float
    calibration_error: float
    quantiles: tuple[tuple[float, float], ...]
    plain: Share
    languages: tuple[GroupFigures, ...]
    frames: tuple[GroupFigures, ...]
    unseen_sources: tuple[GroupFigures, ...]
    news: tuple[NewsFigures, ...]
    shares: tuple[SourceShare, ...]

    @property
    def news_rows(self) -> int:
        """Gives the number of plain news sentences scored."""
        return sum(news.rows for news in self.news)

    @property
    def news_alarms(self) -> int:
        """Gives how many of them reach the threshold."""
        return sum(news.alarms for news in self.news)

    @property
    def summary(self) -> str:
        """Gives the figures that matter most, in one line."""
        return (
            f"area {self.area:.3f}; at {self.threshold:.2f} recall {self.recall:.2f}, "
            f"alarms on plain conversation and news {self.plain.share:.2%}, "
            f"on all clean texts {self.alarms:.2%}, "
            f"on plain news {self.news_alarms} of {self.news_rows:,}"
        )


def area_under_curve(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    """Gives how often a marked text scores above a clean one; ties count half."""
    marked = int(labels.sum())
    clean = len(labels) - marked
    if marked == 0 or clean == 0:
        return float("nan")
    _, where, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    total = float(ranks[where][labels].sum())
    return (total - marked * (marked + 1) / 2) / (marked * clean)


def threshold_for(scored: Scored) -> float:
    """Gives the lowest score, to two digits, at which few plain texts raise an alarm."""
    plain = scored.scores[scored.plain]
    news = scored.scores[scored.news]
    for hundredth in range(THRESHOLD_MIN, 100):
        threshold = hundredth / 100
        news_fine = len(news) == 0 or (news >= threshold).mean() <= NEWS_ALARMS_MAX
        plain_fine = (plain >= threshold).mean() <= PLAIN_ALARMS_MAX
        if news_fine and plain_fine and _fine_in_every_language(scored, threshold):
            return threshold
    return 0.99


def _fine_in_every_language(scored: Scored, threshold: float) -> bool:
    """Tells whether the bound on alarms holds in each language with enough plain rows."""
    languages, rows = np.unique(scored.languages[scored.plain], return_counts=True)
    alarms = scored.languages[scored.plain & (scored.scores >= threshold)]
    return all(
        Share.counted(int((alarms == language).sum()), of).high <= LANGUAGE_ALARMS_MAX
        for language, of in zip(languages, rows.tolist(), strict=True)
        if of >= CLEAN_ROWS_MIN
    )


def calibration_error(
    scores: NDArray[np.float64], labels: NDArray[np.bool_], *, base_rate: float | None = None
) -> float:
    """Gives the mean distance between score and share of marked texts, over ten equal bins.

    With a base rate, rows are weighed so that marked texts make up that share.
    """
    weights = np.ones(len(labels))
    if base_rate is not None:
        share = labels.mean()
        weights = np.where(labels, base_rate / share, (1 - base_rate) / (1 - share))
    bins = np.minimum((scores * 10).astype(int), 9)
    total = np.bincount(bins, weights, 10)
    mean_score = np.bincount(bins, weights * scores, 10)
    mean_label = np.bincount(bins, weights * labels, 10)
    return float(np.abs(mean_score - mean_label).sum() / total.sum())


def group_figures(
    name: str, scores: NDArray[np.float64], labels: NDArray[np.bool_], *, threshold: float
) -> GroupFigures:
    """Gives the figures of one group of rows."""
    over = scores >= threshold
    return GroupFigures(
        name=name,
        area=area_under_curve(scores, labels),
        recall=Share.counted(int(over[labels].sum()), int(labels.sum())),
        alarms=Share.counted(int(over[~labels].sum()), int((~labels).sum())),
    )


def head_figures(
    head: str,
    scored: Scored,
    unseen: Iterable[tuple[str, NDArray[np.bool_], NDArray[np.float64]]],
    shares: Iterable[SourceShare],
    *,
    threshold: float,
    base_rate: float | None = None,
) -> HeadFigures:
    """Gives everything measured of one head."""
    whole = group_figures(head, scored.scores, scored.labels, threshold=threshold)
    clean = scored.scores[~scored.labels]
    on_plain = scored.scores[scored.plain] >= threshold
    return HeadFigures(
        head=head,
        rows=len(scored.labels),
        marked=whole.recall.of,
        threshold=threshold,
        area=whole.area,
        recall=whole.recall.share,
        alarms=whole.alarms.share,
        calibration_error=calibration_error(scored.scores, scored.labels, base_rate=base_rate),
        quantiles=tuple((share, float(np.quantile(clean, 1 - share))) for share in BENIGN_SHARES),
        plain=Share.counted(int(on_plain.sum()), len(on_plain)),
        languages=tuple(_by_language(scored, ~scored.written, threshold=threshold)),
        frames=tuple(_by_language(scored, scored.written, threshold=threshold)),
        unseen_sources=tuple(
            group_figures(name, scores, labels, threshold=threshold)
            for name, labels, scores in unseen
        ),
        news=tuple(_on_news(scored, threshold=threshold)),
        shares=tuple(shares),
    )


def _by_language(
    scored: Scored, those: NDArray[np.bool_], *, threshold: float
) -> Iterable[GroupFigures]:
    """Gives the figures of each language that has enough marked ones of those rows, news aside."""
    for language in np.unique(scored.languages[scored.labels & those]):
        inside = (scored.languages == language) & those & ~scored.news
        enough = LANGUAGE_ROWS_MIN if not scored.written[inside].any() else 1
        if scored.labels[inside].sum() >= enough:
            yield group_figures(
                str(language), scored.scores[inside], scored.labels[inside], threshold=threshold
            )


def _on_news(scored: Scored, *, threshold: float) -> Iterable[NewsFigures]:
    """Gives the alarms on plain news, language by language."""
    for language in np.unique(scored.languages[scored.news]):
        inside = scored.news & (scored.languages == language)
        alarms = int((scored.scores[inside] >= threshold).sum())
        yield NewsFigures(str(language), int(inside.sum()), alarms)


def source_shares(
    sources: NDArray[np.str_],
    licences: NDArray[np.str_],
    languages: NDArray[np.str_],
    labels: NDArray[np.bool_],
) -> Iterable[SourceShare]:
    """Gives how many rows each source brought, and under which licence."""
    for source in np.unique(sources):
        inside = sources == source
        spoken = np.unique(languages[inside])
        yield SourceShare(
            source=str(source),
            licence=str(licences[inside][0]),
            languages=", ".join(spoken) if len(spoken) <= 4 else f"{len(spoken)} languages",
            rows=int(inside.sum()),
            marked=int(labels[inside].sum()),
        )
