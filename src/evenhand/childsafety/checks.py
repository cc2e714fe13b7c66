"""Pure: may a feed be connected, may a report be sent?"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from evenhand.actions.policies import CHILD_SAFETY
from evenhand.base.errors import NotAllowed
from evenhand.childsafety.limits import (
    ENTRY_CHARACTERS_MAX,
    FEED_LASTS_DAYS,
    NAME_CHARACTERS_MAX,
    OWNER_CHARACTERS_MAX,
    PLACE_CHARACTERS_MAX,
    REASON_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
)
from evenhand.childsafety.lists import (
    Algorithm,
    FalseMatchState,
    FeedKind,
    FeedState,
    TipState,
)
from evenhand.people.roles import Role

MATERIAL = f"{CHILD_SAFETY}.csam"
EXTREMISM = "m.violence.extremist"
INTIMATE = "m.harassment"

HARMS_OF = {
    FeedKind.NCMEC: frozenset({MATERIAL}),
    FeedKind.TECH_AGAINST_TERRORISM: frozenset({EXTREMISM}),
    FeedKind.STOPNCII: frozenset({INTIMATE}),
    FeedKind.GIFCT: frozenset({EXTREMISM}),
    FeedKind.FILE: frozenset({MATERIAL, EXTREMISM, INTIMATE}),
}
"""What a feed's hashes stand for; a file says it itself."""

ENVIRONMENTS = {
    FeedKind.NCMEC: frozenset({"test_Industry", "Industry", "test_NGO", "NGO"}),
    FeedKind.TECH_AGAINST_TERRORISM: frozenset({"all"}),
    FeedKind.STOPNCII: frozenset({"all"}),
}
"""Where an exchange can be read, by its own names; the sandbox stands first on pages. GIFCT's are
privacy groups, which have numbers."""

HASH_BYTES = {Algorithm.SHA256: 32, Algorithm.SHA1: 20, Algorithm.MD5: 16, Algorithm.PDQ: 32}

HEX = re.compile(r"([0-9a-f]{2})+")

NAME = re.compile(r"[a-z][a-z0-9_-]*")

GROUP = re.compile(r"[1-9][0-9]{0,19}")


class Finding(StrEnum):
    """Why something may not be done in this lane."""

    ROLE_MISSING = "role_missing"
    SAME_PERSON = "same_person"
    WRONG_STATE = "wrong_state"
    NAME_WRONG = "name_wrong"
    NAME_TAKEN = "name_taken"
    PLACE_WRONG = "place_wrong"
    HARM_WRONG = "harm_wrong"
    OWNER_WRONG = "owner_wrong"
    DAYS_WRONG = "days_wrong"
    LANE_WRONG = "lane_wrong"
    TEXT_MISSING = "text_missing"
    TEXT_TOO_LONG = "text_too_long"
    TIP_OPEN = "tip_open"
    ACCOUNT_MISSING = "account_missing"


class LaneRefused(NotAllowed):
    """Something may not be done in the sealed lane like this."""

    remedy = "See the findings; a second person of the lane may be needed."


@dataclass(frozen=True, slots=True)
class FileHash:
    """One hash of a file."""

    algorithm: Algorithm
    value: bytes


@dataclass(frozen=True, slots=True)
class FeedDraft:
    """A feed to be."""

    name: str
    kind: FeedKind
    harm: str
    place: str
    owner: str
    lasts_days: int = FEED_LASTS_DAYS[-1]


def check_feed(draft: FeedDraft, *, roles: Collection[str], taken: bool) -> list[Finding]:
    """Finds why a feed may not be proposed like this."""
    found = _role(roles)
    if not NAME.fullmatch(draft.name) or len(draft.name) > NAME_CHARACTERS_MAX:
        found.append(Finding.NAME_WRONG)
    if taken:
        found.append(Finding.NAME_TAKEN)
    if draft.harm not in HARMS_OF[draft.kind]:
        found.append(Finding.HARM_WRONG)
    if not _place_holds(draft):
        found.append(Finding.PLACE_WRONG)
    if not draft.owner.strip() or len(draft.owner) > OWNER_CHARACTERS_MAX:
        found.append(Finding.OWNER_WRONG)
    if draft.lasts_days not in FEED_LASTS_DAYS:
        found.append(Finding.DAYS_WRONG)
    return found


def check_activation(
    *, roles: Collection[str], state: FeedState, proposed_by_self: bool
) -> list[Finding]:
    """Finds why this person may not activate a feed."""
    found = _role(roles)
    if state is not FeedState.PROPOSED:
        found.append(Finding.WRONG_STATE)
    if proposed_by_self:
        found.append(Finding.SAME_PERSON)
    return found


def check_renewal(*, roles: Collection[str], state: FeedState, lasts_days: int) -> list[Finding]:
    """Finds why this person may not renew a feed; two people connected it, one may keep it."""
    found = _role(roles)
    if state is not FeedState.ACTIVE:
        found.append(Finding.WRONG_STATE)
    if lasts_days not in FEED_LASTS_DAYS:
        found.append(Finding.DAYS_WRONG)
    return found


def check_stop(*, roles: Collection[str], state: FeedState) -> list[Finding]:
    """Finds why this person may not stop a feed; one alone may, since it shows nothing."""
    found = _role(roles)
    if state is FeedState.STOPPED:
        found.append(Finding.WRONG_STATE)
    return found


def check_false_match(*, roles: Collection[str], reason: str, known: bool) -> list[Finding]:
    """Finds why a match may not be called false; nothing is lifted by that alone."""
    found = _role(roles)
    if not reason.strip():
        found.append(Finding.TEXT_MISSING)
    if len(reason) > REASON_CHARACTERS_MAX:
        found.append(Finding.TEXT_TOO_LONG)
    if known:
        found.append(Finding.WRONG_STATE)
    return found


def check_lifting(
    *, roles: Collection[str], state: FalseMatchState, proposed_by_self: bool
) -> list[Finding]:
    """Finds why this person may not lift a match: it lifts every other match of the file, too."""
    found = _role(roles)
    if state is not FalseMatchState.PROPOSED:
        found.append(Finding.WRONG_STATE)
    if proposed_by_self:
        found.append(Finding.SAME_PERSON)
    return found


def check_lifting_ends(*, roles: Collection[str], state: FalseMatchState) -> list[Finding]:
    """Finds why a file may not match again; one alone may see to that."""
    found = _role(roles)
    if state is FalseMatchState.WITHDRAWN:
        found.append(Finding.WRONG_STATE)
    return found


def check_draft(
    *, roles: Collection[str], sealed: bool, account: str, text: str, open_tip: bool
) -> list[Finding]:
    """Finds why a report may not be drafted; text alone is enough (grooming leaves no file)."""
    found = _role(roles)
    if not sealed:
        found.append(Finding.LANE_WRONG)
    if not account:
        found.append(Finding.ACCOUNT_MISSING)
    if not text.strip():
        found.append(Finding.TEXT_MISSING)
    if len(text) > TEXT_CHARACTERS_MAX:
        found.append(Finding.TEXT_TOO_LONG)
    if open_tip:
        found.append(Finding.TIP_OPEN)
    return found


def check_confirmation(
    *, roles: Collection[str], state: TipState, drafted_by_self: bool
) -> list[Finding]:
    """Finds why this person may not have a report sent."""
    found = _role(roles)
    if state is not TipState.DRAFT:
        found.append(Finding.WRONG_STATE)
    if drafted_by_self:
        found.append(Finding.SAME_PERSON)
    return found


def check_withdrawal(*, roles: Collection[str], state: TipState) -> list[Finding]:
    """Finds why a report may not be withdrawn; what is confirmed may be on its way."""
    found = _role(roles)
    if state not in (TipState.DRAFT, TipState.REFUSED):
        found.append(Finding.WRONG_STATE)
    return found


def hash_holds(algorithm: Algorithm, value: bytes) -> bool:
    """Tells whether a value is as long as its algorithm's hashes."""
    return len(value) == HASH_BYTES[algorithm]


def hashes_named(names: Collection[str]) -> tuple[FileHash, ...]:
    """Gives the hashes that a door wrote as `kind:hexadecimal`; others are passed over."""
    found = []
    for name in names:
        kind, _, text = name.partition(":")
        if kind in set(Algorithm) and HEX.fullmatch(text):
            one = FileHash(Algorithm(kind), bytes.fromhex(text))
            found += [one] if hash_holds(one.algorithm, one.value) else []
    return tuple(found)


def entry_holds(entry: str) -> bool:
    """Tells whether an entry's number can be kept: short, and of signs that are shown."""
    return 0 < len(entry) <= ENTRY_CHARACTERS_MAX and entry.isprintable()


def refuse_if(findings: Collection[Finding]) -> None:
    """Raises `LaneRefused` if there is any finding."""
    if findings:
        raise LaneRefused(findings=",".join(findings))


def _role(roles: Collection[str]) -> list[Finding]:
    return [] if Role.CHILD_SAFETY in roles else [Finding.ROLE_MISSING]


def _place_holds(draft: FeedDraft) -> bool:
    """A file stands below the state folder; an exchange has names for its environments."""
    if draft.kind is FeedKind.GIFCT:
        return GROUP.fullmatch(draft.place) is not None
    if draft.kind is not FeedKind.FILE:
        return draft.place in ENVIRONMENTS[draft.kind]
    path = PurePosixPath(draft.place)
    named = bool(path.parts) and len(draft.place) <= PLACE_CHARACTERS_MAX
    return named and not path.is_absolute() and ".." not in path.parts and "\0" not in draft.place
