"""Pure: may this be objected to, and may it be judged like this?"""

from evenhand.appeals.limits import OBJECTION_CHARACTERS_MAX
from evenhand.base.errors import InputRefused, NotAllowed
from evenhand.cases.checks import CaseFacts, Finding
from evenhand.cases.lists import CaseKind


class ObjectionRefused(InputRefused):
    """An objection cannot be taken as it is."""

    remedy = "Write what you object to, in at most the number of characters given."


class ObjectionExists(NotAllowed):
    """This decision was objected to already."""

    remedy = "Follow the first objection at the same address."


class TokenWrong(NotAllowed):
    """The link is not one that was given out for this decision."""

    remedy = "Copy the whole link from the notice."


def check_objection_case(case: CaseFacts) -> list[Finding]:
    """Finds why this case cannot be upheld or refused."""
    return [] if case.kind is CaseKind.OBJECTION else [Finding.NOT_AN_OBJECTION]


def check_objection_text(text: str) -> str:
    """Gives an objection's text without surrounding space, or refuses it."""
    kept = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not kept:
        raise ObjectionRefused(why="empty")
    if len(kept) > OBJECTION_CHARACTERS_MAX:
        raise ObjectionRefused(why="too long", characters_max=OBJECTION_CHARACTERS_MAX)
    return kept
