"""Pure: how far two people decide alike, beyond what chance alone would bring."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often second answers agreed with first ones, for one harm.

    kappa  Cohen's: 1 always, 0 as by chance; None where chance alone explains everything
    """

    harm: str
    number: int
    agreed: int
    kappa: float | None

    @property
    def share(self) -> float:
        """Gives the share that agreed."""
        return self.agreed / self.number


def agreement_of(harm: str, pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Gives the agreement of pairs of answers; there is at least one pair."""
    assert pairs, "a harm is listed because something was compared"
    number = len(pairs)
    agreed = sum(first == second for first, second in pairs)
    firsts = Counter(first for first, _ in pairs)
    seconds = Counter(second for _, second in pairs)
    by_chance = sum(firsts[answer] * seconds[answer] for answer in firsts) / number**2
    kappa = None if by_chance == 1 else (agreed / number - by_chance) / (1 - by_chance)
    return Agreement(harm, number, agreed, kappa)
