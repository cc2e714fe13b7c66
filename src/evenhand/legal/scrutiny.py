"""Pure: the scrutiny of a removal order by the home Member State, and the word before a first one.

Regulation (EU) 2021/784 Art. 3(2) and Art. 4(3) to (7); the periods come from the entry of the law.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_never

from evenhand.legal.checks import Actor, check_reason
from evenhand.legal.lists import Finding, MatterState, ScrutinyAsker, ScrutinyOutcome
from evenhand.markets.lists import Window
from evenhand.people.roles import Role

NOTING = frozenset({Role.LEGAL_OFFICER, Role.APPROVER})
"""Who keeps what an authority said of an order."""

WITHOUT_EFFECT = frozenset({MatterState.REFUSED, MatterState.WITHDRAWN})
"""States of an order of which there is nothing to scrutinise."""


def was_informed(
    informed_at: datetime | None, *, urgent: bool, received_at: datetime, before: timedelta
) -> bool:
    """Tells whether an authority said in time how to reach it, or had no time to (Art. 3(2))."""
    return urgent or (informed_at is not None and informed_at + before <= received_at)


def check_begin(
    actor: Actor,
    state: MatterState,
    windows: Mapping[Window, timedelta],
    *,
    asker: ScrutinyAsker,
    asked_at: datetime,
    received_at: datetime,
    told_at: datetime | None,
    note: str,
    now: datetime,
) -> tuple[Finding, ...]:
    """Gives why a scrutiny is not kept: no order for it, nobody's to note, or asked for too late.

    told_at  when the person concerned was told; their 48 hours run from there (Art. 4(4))
    """
    found = [*_may(actor), *check_reason(note)]
    if Window.SCRUTINY_DECISION not in windows or state in WITHOUT_EFFECT or asked_at > now:
        return tuple(dict.fromkeys([*found, Finding.WRONG_STATE]))
    if asked_at < received_at or asked_at > _until(windows, asker, received_at, told_at):
        found.append(Finding.SCRUTINY_TOO_LATE)
    return tuple(dict.fromkeys(found))


def due_at(
    windows: Mapping[Window, timedelta],
    asker: ScrutinyAsker,
    *,
    asked_at: datetime,
    received_at: datetime,
) -> datetime:
    """Gives until when it is decided: by itself from the copy it got, else from the request."""
    begins = received_at if asker is ScrutinyAsker.HOME_AUTHORITY else asked_at
    return begins + windows[Window.SCRUTINY_DECISION]


def check_end(
    actor: Actor, outcome: ScrutinyOutcome, before: ScrutinyOutcome | None, *, note: str, kept: str
) -> tuple[Finding, ...]:
    """Gives why an outcome is not kept; before None: no scrutiny was begun.

    kept  why nothing is reinstated, where the messenger's own terms forbid it
    """
    found = [*_may(actor), *check_reason(note), *(check_reason(kept) if kept else ())]
    if before is not ScrutinyOutcome.OPEN or outcome is ScrutinyOutcome.OPEN:
        found.append(Finding.WRONG_STATE)
    return tuple(dict.fromkeys(found))


def _until(
    windows: Mapping[Window, timedelta],
    asker: ScrutinyAsker,
    received_at: datetime,
    told_at: datetime | None,
) -> datetime:
    request = windows.get(Window.SCRUTINY_REQUEST, timedelta())
    match asker:
        case ScrutinyAsker.HOME_AUTHORITY:
            return received_at + windows[Window.SCRUTINY_DECISION]
        case ScrutinyAsker.PROVIDER:
            return received_at + request
        case ScrutinyAsker.PERSON_CONCERNED:
            return received_at if told_at is None else told_at + request
        case _:
            assert_never(asker)


def _may(actor: Actor) -> list[Finding]:
    found = [] if actor.roles & NOTING else [Finding.ROLE_MISSING]
    return found if actor.assigned else [*found, Finding.NOT_ASSIGNED]
