"""The public table of what is screened: read from the table that the screening itself uses."""

from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from evenhand.base.lists import ChannelKind, EventKind
from evenhand.signals.columns import DrawsOn
from evenhand.signals.scope import BY_CHANNEL, BY_EVENT, Looks


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """One place where people write or appear, and what is looked at there."""

    place: str
    text: bool
    behaviour: bool
    files: bool
    note: str


CHANNELS = {
    ChannelKind.PUBLIC: (
        gettext_noop("Public rooms and channels"),
        gettext_noop("Nothing is stored that was not flagged."),
    ),
    ChannelKind.PRIVATE: (
        gettext_noop("Private groups"),
        gettext_noop("What is written is read only when a member reports it."),
    ),
    ChannelKind.DIRECT: (
        gettext_noop("Direct and encrypted chats"),
        gettext_noop("Only what a person in the chat reports is read."),
    ),
}

EVENTS = {
    EventKind.REGISTRATION: (
        gettext_noop("Sign-ups"),
        gettext_noop("Bursts of similar accounts from one network are stopped."),
    ),
    EventKind.PROFILE: (
        gettext_noop("Names and pictures of accounts"),
        gettext_noop("Everybody sees them."),
    ),
    EventKind.ROOM_PUBLICATION: (
        gettext_noop("Names of rooms in the public directory"),
        gettext_noop("Everybody sees them."),
    ),
    EventKind.SEARCH_QUERY: (
        gettext_noop("Searches"),
        gettext_noop("Results are filtered; a search never counts against an account."),
    ),
}


def scope_rows() -> list[ScopeRow]:
    """Gives the table, in the active language."""
    rows = [_row(*CHANNELS[kind], looks) for kind, looks in BY_CHANNEL.items()]
    return rows + [_row(*EVENTS[kind], looks) for kind, looks in BY_EVENT.items()]


def _row(place: str, note: str, looks: Looks) -> ScopeRow:
    return ScopeRow(
        place=gettext(place),
        text=DrawsOn.TEXT in looks,
        behaviour=DrawsOn.BEHAVIOUR in looks,
        files=DrawsOn.HASH in looks,
        note=gettext(note),
    )
