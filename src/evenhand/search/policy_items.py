"""Items whose words the query policy names: pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from evenhand.search.items import Item
from evenhand.search.proposing import Proposed, may_be_decided, named_by_policy
from evenhand.search.sight import words_of


class HarmfulTopic(Protocol):
    """A topic of the query policy."""

    @property
    def harm(self) -> str:
        """Gives the harm that it is about, a code of `base/harms.csv`."""


class ItemPolicy(Protocol):
    """A version of the query policy, as items are asked about."""

    def hides(self, texts: Sequence[str]) -> Sequence[str]:
        """Gives for each text the topic that names it; empty where none does."""

    @property
    def topics(self) -> Mapping[str, "HarmfulTopic"]:
        """Gives the topics by their ids."""


def named_items(items: Sequence[Item], policy: ItemPolicy, *, version: str) -> Iterator[Proposed]:
    """Gives those items that the policy names and a decision can take out of the search."""
    some = [item for item in items if may_be_decided(item.kind)]
    for item, topic in zip(some, policy.hides([words_of(item) for item in some]), strict=True):
        if topic:
            yield named_by_policy(
                item, topic=topic, harm=policy.topics[topic].harm, version=version
            )
