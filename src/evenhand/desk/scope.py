"""The public table of what is screened and what is not (DESIGN decision 1), in words."""

from dataclasses import dataclass

from django.utils.translation import gettext


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """One place where people write, and what is looked at there."""

    place: str
    looked_at: str
    not_looked_at: str


def scope_rows() -> list[ScopeRow]:
    """Gives the table, in the active language."""
    return [
        ScopeRow(
            gettext("Public rooms and channels, their files and profiles"),
            gettext("Text, links, files and behaviour"),
            gettext("Nothing is stored that was not flagged"),
        ),
        ScopeRow(
            gettext("Private groups"),
            gettext(
                "Behaviour, such as many joins at once, and files on lists of known illegal content"
            ),
            gettext("Text, unless a member reports it"),
        ),
        ScopeRow(
            gettext("Direct and encrypted chats"),
            gettext("Only what a person in the chat reports"),
            gettext("Everything else"),
        ),
        ScopeRow(
            gettext("Sign-ups"),
            gettext("Bursts of similar accounts from one network"),
            gettext("Who a person is"),
        ),
        ScopeRow(
            gettext("Searches"),
            gettext("Results are filtered"),
            gettext("A search never counts against an account"),
        ),
    ]
