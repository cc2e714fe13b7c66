"""Taking something out of search: the decision itself hides it, and this sees to it that it does.

The searcher follows the table of actions. To apply or undo is to have it read that table now; to
read back is to ask it what it hides.
"""

from collections.abc import Mapping

from evenhand.actions.ports import InForce, Order
from evenhand.connectors.searcher import SearcherClient


class Deindex:
    """Takes a channel, a post or an account out of search."""

    def __init__(self, searcher: SearcherClient) -> None:
        self._searcher = searcher

    def apply(self, order: Order) -> Mapping[str, object]:  # noqa: ARG002  the table says what
        """Has the searcher read what is hidden."""
        self._searcher.reload()
        return {}

    def undo(self, order: Order) -> None:  # noqa: ARG002  the table says what
        """Has the searcher read what is hidden no longer."""
        self._searcher.reload()

    def read_back(self, order: Order) -> InForce:
        """Asks the searcher whether it hides the target wherever it should."""
        hidden = self._searcher.hidden(order.target, order.territory)
        return InForce.YES if hidden else InForce.NO
