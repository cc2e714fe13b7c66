"""Pure: may this be objected to, and may it be judged like this?"""

from calendar import monthrange
from datetime import UTC, datetime, time, timedelta

from evenhand.appeals.limits import (
    MESSAGE_CHARACTERS_MAX,
    MESSAGES_MAX,
    OBJECTION_CHARACTERS_MAX,
    WINDOW_MONTHS,
)
from evenhand.base.errors import InputRefused, NotAllowed
from evenhand.cases.checks import CaseFacts, Finding, NamesSomebody, check_names_nobody
from evenhand.cases.lists import CaseKind, CaseOutcome, CaseState

__all__ = ["NamesSomebody", "check_names_nobody"]


class ObjectionRefused(InputRefused):
    """An objection cannot be taken as it is."""

    remedy = "Write what you object to, in at most the number of characters given."


class ObjectionExists(NotAllowed):
    """This decision was objected to already."""

    remedy = "Follow the first objection at the same address."


class TokenWrong(NotAllowed):
    """The link is not one that was given out for this decision."""

    remedy = "Copy the whole link from the notice."


class WindowClosed(NotAllowed):
    """The six months in which an appeal is taken are over."""

    remedy = "Turn to an out-of-court dispute settlement body, or to a court."


class AppealsPaused(NotAllowed):
    """Appeals of this account are not taken for a time, after repeated misuse."""

    remedy = "Wait for the day that the notice named, or turn to a court."


class NotOpen(NotAllowed):
    """The appeal is decided, or there is none: nothing can be added."""

    remedy = "Look at the outcome at the same address."


class TooMuchSaid(NotAllowed):
    """This talk has as many messages as it may have."""

    remedy = "Decide, or wait for the decision, on what was said."


def window_ends(informed_at: datetime) -> datetime:
    """Gives the moment before which an appeal is taken (DSA Art. 20(1) and (2)).

    At least six months from the day on which the person was told, that day's number in the sixth
    month included; a month that is shorter ends with its last day.
    """
    told = informed_at.astimezone(UTC).date()
    months = told.year * 12 + told.month - 1 + WINDOW_MONTHS
    year, month = divmod(months, 12)
    last = told.replace(
        year=year, month=month + 1, day=min(told.day, monthrange(year, month + 1)[1])
    )
    return datetime.combine(last + timedelta(days=1), time(), tzinfo=UTC)


def check_window(informed_at: datetime | None, *, now: datetime) -> None:
    """Refuses an appeal that comes too late; who was not told yet cannot be late."""
    if informed_at is not None and now >= window_ends(informed_at):
        last = (window_ends(informed_at) - timedelta(days=1)).date()
        raise WindowClosed(last_day=last.isoformat())


def check_objection_case(case: CaseFacts) -> list[Finding]:
    """Finds why this case cannot be upheld or refused."""
    return [] if case.kind is CaseKind.OBJECTION else [Finding.NOT_AN_OBJECTION]


def check_objection_text(text: str) -> str:
    """Gives an objection's text without surrounding space, or refuses it."""
    return _checked(text, characters_max=OBJECTION_CHARACTERS_MAX)


def check_message(text: str, *, state: CaseState, said: int) -> str:
    """Gives a message's text without surrounding space, or refuses it."""
    if state is not CaseState.OPEN:
        raise NotOpen(why="decided")
    kept = _checked(text, characters_max=MESSAGE_CHARACTERS_MAX)
    if said >= MESSAGES_MAX:
        raise TooMuchSaid(messages_max=MESSAGES_MAX)
    return kept


def check_complaint(state: CaseState, outcome: str) -> None:
    """Refuses a complaint about a report that is not decided, or was not turned down."""
    if state is not CaseState.CLOSED or outcome != CaseOutcome.NO_ACTION:
        raise NotOpen(why="not turned down")


def _checked(text: str, *, characters_max: int) -> str:
    kept = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not kept:
        raise ObjectionRefused(why="empty")
    if len(kept) > characters_max:
        raise ObjectionRefused(why="too long", characters_max=characters_max)
    return kept
