"""What a rule about habits saw of an account or a channel, for whoever looks at its case.

A score says how much speaks for something; a person judges what speaks for it.
"""

from collections.abc import Iterable

ACCOUNT_HABITS = (
    "fake_account_score",
    "fake_account_facts",
    "account_age_hours",
    "account_burst",
    "account_cluster",
    "account_channels_1h",
    "account_posts_10m",
    "account_links_10m",
    "account_reply_share",
)
CHANNEL_HABITS = (
    "channel_signs",
    "channel_copies",
    "channel_blocked_links",
    "channel_flagged_share",
    "channel_report_rate",
    "channel_growth",
    "channel_joins_1h",
    "channel_joins_1d",
)
"""Columns whose values a case keeps, in the order in which they are shown: numbers and a few fixed
words, nothing that anybody wrote."""

ASKS_OF_ACCOUNT = frozenset(
    {
        "fake_account_score", "fake_account_facts", "fake_account_news",
        "account_burst", "account_cluster", "account_channels_1h", "account_reply_share",
    }
)  # fmt: skip
ASKS_OF_CHANNEL = frozenset({*CHANNEL_HABITS, "channel_news", "channel_recreated"})
"""A rule that looks at one of these is about habits."""

Noticed = tuple[tuple[str, float | str], ...]
"""Columns and their values; the unknown ones are left out."""


def noticed_columns(asked: Iterable[str]) -> tuple[str, ...]:
    """Gives the columns that a case keeps when a rule fired that asks for these."""
    named = frozenset(asked)
    account = ACCOUNT_HABITS if named & ASKS_OF_ACCOUNT else ()
    return account + (CHANNEL_HABITS if named & ASKS_OF_CHANNEL else ())


def noticed_of(known: Iterable[tuple[str, object]]) -> Noticed:
    """Gives values of such columns as they are kept."""
    return tuple(
        (name, value if isinstance(value, str) else round(float(str(value)), 3))
        for name, value in known
    )
