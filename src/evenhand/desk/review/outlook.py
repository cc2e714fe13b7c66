"""What follows if a reviewer acts: strikes, and what they lead to besides the decision."""

from django.utils.translation import gettext

from evenhand.base.lists import ActionKind
from evenhand.standing.queries import Outlook


def follows_words(outlook: Outlook | None) -> str:
    """Gives what follows from acting under the policy as it stands; empty without an account."""
    if outlook is None:
        return ""
    step = outlook.follows
    if not outlook.adds:
        said = gettext("If you act on it: no strike counts under this policy.")
    elif step is None:
        said = gettext("If you act on it: strikes +%(strikes)s; nothing else follows.")
    elif step.does is ActionKind.WARN:
        said = gettext("If you act on it: strikes +%(strikes)s, and the account is warned.")
    elif step.ends_after_days is None:
        said = gettext(
            "If you act on it: strikes +%(strikes)s, and the account is suspended for good."
        )
    else:
        said = gettext(
            "If you act on it: strikes +%(strikes)s, and the account is suspended for"
            " %(days)s days."
        )
    return said % {"strikes": outlook.adds, "days": step.ends_after_days if step else ""}
