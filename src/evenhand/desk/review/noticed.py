"""What rules about habits saw of a case's account and channel, in the reader's words."""

from collections.abc import Mapping

from django.utils import formats
from django.utils.translation import gettext, gettext_noop

NAMES = {
    "fake_account_score": gettext_noop("How much speaks for a made-up account, 0 to 1"),
    "fake_account_facts": gettext_noop("What speaks for it"),
    "account_age_hours": gettext_noop("Hours since the account was made"),
    "account_burst": gettext_noop("Accounts made together with it, under similar names"),
    "account_cluster": gettext_noop("Accounts, about, that post the same texts"),
    "account_channels_1h": gettext_noop("Channels that it posted in within an hour or two"),
    "account_posts_10m": gettext_noop("Its posts within ten minutes"),
    "account_links_10m": gettext_noop("Its posts with a link within ten minutes"),
    "account_reply_share": gettext_noop("Share of its posts that answer somebody"),
    "channel_signs": gettext_noop("What speaks against the channel"),
    "channel_copies": gettext_noop("Posts that nearly equal those of a blocked channel"),
    "channel_blocked_links": gettext_noop("Posts that lead to blocked channels"),
    "channel_flagged_share": gettext_noop("Share of its posts that rules flagged"),
    "channel_report_rate": gettext_noop("Reports for 100 posts"),
    "channel_growth": gettext_noop("How many times faster it grows than in a day or two"),
    "channel_joins_1h": gettext_noop("Joins within an hour or two"),
    "channel_joins_1d": gettext_noop("Joins within a day or two"),
}
WORDS = {
    "new": gettext_noop("younger than three days"),
    "made in a burst": gettext_noop("made in a burst of registrations"),
    "same texts as others": gettext_noop("posts the same texts as others"),
    "many channels": gettext_noop("posts in many channels"),
    "many links": gettext_noop("posts many links"),
    "without pause": gettext_noop("posts without pause"),
    "answers nobody": gettext_noop("answers hardly anybody"),
    "texts of a blocked channel": gettext_noop("has the texts of a blocked channel"),
    "published by who published a blocked channel": gettext_noop(
        "was published by who published a blocked channel"
    ),
    "leads to blocked channels": gettext_noop("leads to blocked channels"),
    "mostly flagged": gettext_noop("a good part of it was flagged"),
    "much reported": gettext_noop("was reported often"),
}
"""The facts and signs that the screening tells apart."""

SHARES = frozenset({"account_reply_share", "channel_flagged_share"})


def noticed_rows(noticed: Mapping[str, float | str]) -> list[tuple[str, str]]:
    """Gives what was seen as pairs of name and value, in the order of `NAMES`."""
    return [(gettext(NAMES[name]), _said(name, noticed[name])) for name in NAMES if name in noticed]


def _said(name: str, value: float | str) -> str:
    if isinstance(value, str):
        known = (one.strip() for one in value.split(","))
        return "; ".join(gettext(WORDS[one]) if one in WORDS else one for one in known)
    if name in SHARES:
        return gettext("%(number)s %%") % {"number": formats.number_format(value * 100, 0)}
    return formats.number_format(value, 0 if value == round(value) else 2)
