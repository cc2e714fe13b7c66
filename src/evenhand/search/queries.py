"""The only readers of what closes rooms, of what these are known by, and of the query policy."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from difflib import unified_diff
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings

from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action
from evenhand.actions.ports import RuleAuthors
from evenhand.base.errors import NotFound
from evenhand.base.lists import ActionKind, Ground, RecordKind, TargetKind
from evenhand.records.models import Record
from evenhand.records.queries import still_gagged
from evenhand.search.answers import FOUNDERS, POLICY, RECREATED
from evenhand.search.help import HelpLines, HelpLinesRefused, read_help_lines, shipped_help_lines
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind, PolicyState
from evenhand.search.models import ClosedRoom, PolicyVersion
from evenhand.search.policy import QueryPolicy, load_policy, shipped_policy, shipped_text
from evenhand.search.policy_limits import HELP_BYTES_MAX
from evenhand.search.policy_steps import SUBJECT
from evenhand.search.proposing import Closing

CLOSING_KINDS = (ActionKind.BLOCK_CHANNEL.value, ActionKind.DEINDEX.value)
"""What closes a room so that it must not come back under another name."""

STANDING = (ActionState.PENDING.value, ActionState.IN_FORCE.value)


def closings(rooms: Collection[str] | None = None) -> Mapping[str, Closing]:
    """Gives what closes rooms, by room; the decision that reaches furthest, else the first.

    rooms  these alone; all if left out

    Not what the search decided itself: what resembles a re-creation need not resemble the closed
    room. Nor an order that nobody may be told of: what follows from it would tell.
    """
    actions = Action.objects.filter(
        kind__in=CLOSING_KINDS, target_kind=TargetKind.CHANNEL.value, state__in=STANDING
    )
    if rooms is not None:
        actions = actions.filter(lasting_on__in=list(rooms))
    rows = list(
        actions.exclude(decision__rule_id=RECREATED)
        .exclude(decision__rule_id__startswith=POLICY)
        .order_by("decision_id")
        .values_list("channel", "decision_id", "decision__harm", "territory", "decision__ground")
    )
    ordered = [decision for _, decision, _, _, ground in rows if ground == Ground.ORDER]
    gagged = still_gagged(ordered) if ordered else frozenset()
    found: dict[str, Closing] = {}
    for room, decision, harm, territory, _ in rows:
        if decision in gagged:
            continue
        closing = Closing(decision, room, harm, tuple(territory))
        before = found.get(room)
        if before is None or (before.territory and not closing.territory):
            found[room] = closing
    return found


def closes(decision: UUID) -> bool:
    """Tells whether a decision still closes a room."""
    return Action.objects.filter(
        decision_id=decision,
        kind__in=CLOSING_KINDS,
        target_kind=TargetKind.CHANNEL.value,
        state__in=STANDING,
    ).exists()


def kept_closed(rooms: Collection[str]) -> list[Item]:
    """Gives what is kept of those closed rooms, as items."""
    return [
        Item(
            id=row.room,
            kind=ItemKind.ROOM,
            at=row.at,
            title=row.title,
            text=row.text,
            room=row.room,
            account=row.account,
            aliases=tuple(row.aliases),
            avatar=row.avatar,
        )
        for row in ClosedRoom.objects.filter(room__in=list(rooms))
    ]


def without_facts(item: Item) -> Item:
    """Gives a room's item with all its addresses in one place, as `kept_closed` gives it."""
    alias = (item.facts.alias,) if item.facts.alias else ()
    return replace(item, aliases=tuple(dict.fromkeys((*alias, *item.aliases))))


def policy_in_force() -> tuple[str, QueryPolicy]:
    """Gives the policy that counts now, and what it is called: each time by another name.

    Without a live version that is the shipped one. One small query; texts are read once. It raises
    `PolicyRefused` where the live text can be read no more: whoever asks then answers no query.
    """
    let_live = PolicyVersion.objects.filter(approver__isnull=False).order_by("-state_at", "-number")
    found = list(let_live.values_list("id", "number", "state"))
    live = next((one for one in found if one[2] == PolicyState.LIVE.value), None)
    if live is not None:
        return str(live[1]), _compiled(live[0])
    after = f"-after-{found[0][1]}" if found else ""
    return f"shipped-{_shipped_digest()}{after}", shipped_policy()


def policy_authors(version: str) -> RuleAuthors:
    """Gives who wrote a version of the policy, and who let it go live."""
    if not (version.isascii() and version.isdigit()):
        return FOUNDERS
    row = PolicyVersion.objects.select_related("author", "approver").get(number=int(version))
    return RuleAuthors(row.author.name, row.approver.name if row.approver else "")


@lru_cache(maxsize=4)
def _compiled(version_id: UUID) -> QueryPolicy:
    return load_policy(PolicyVersion.objects.values_list("text", flat=True).get(pk=version_id))


@lru_cache(maxsize=1)
def _shipped_digest() -> str:
    return hashlib.sha256(shipped_text().encode()).hexdigest()[:8]


def policy_versions() -> list[PolicyVersion]:
    """Gives every version, the latest first."""
    rows = PolicyVersion.objects.select_related("author", "approver")
    return list(rows.order_by("-number"))


def policy_version(version_id: UUID) -> PolicyVersion:
    """Gives one version."""
    rows = PolicyVersion.objects.select_related("author", "approver")
    row = rows.filter(pk=version_id).first()
    if row is None:
        raise NotFound(what="version of the query policy", id=str(version_id))
    return row


def changed_lines(before: str, after: str, *, names: tuple[str, str]) -> list[str]:
    """Gives what differs between two texts, as a unified diff."""
    return list(unified_diff(before.splitlines(), after.splitlines(), *names, lineterm=""))


def policy_changes() -> Sequence[Mapping[str, object]]:
    """Gives what happened to the policy, the latest first, as its records say."""
    rows = Record.objects.filter(subject=SUBJECT, kind=RecordKind.SEARCH_POLICY_CHANGED)
    told = rows.order_by("-serial").values_list("at", "outcome", "opening__body")
    return [{"at": at, "state": state, **(body or {})} for at, state, body in told]


def help_lines() -> HelpLines:
    """Gives the help lines that people are shown: the operator's own file, or the shipped ones.

    Raises `HelpLinesRefused` where the operator's file cannot be used.
    """
    if not settings.HELP_LINES_FILE:
        return shipped_help_lines()
    path = Path(settings.HELP_LINES_FILE)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, UnicodeDecodeError) as error:
        raise HelpLinesRefused(file=path.name, line=1, why=str(error)) from error


@lru_cache(maxsize=2)
def _read(path: Path, _changed: int) -> HelpLines:
    if path.stat().st_size > HELP_BYTES_MAX:
        raise HelpLinesRefused(file=path.name, line=1, why=f"larger than {HELP_BYTES_MAX} bytes")
    return read_help_lines(path.read_text(encoding="utf-8"))
