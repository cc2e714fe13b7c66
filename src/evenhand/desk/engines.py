"""What the desk hands to steps from above, or asks there; `settings` says where it is bound."""

from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from evenhand.base.errors import NotFound
from evenhand.legal.ports import Pager, Violations
from evenhand.reports.ports import Identities
from evenhand.search.ports import Searcher


def pager() -> Pager:
    """Gives who calls the people on duty."""
    return cast("Pager", import_string(settings.PAGER)())


def violations() -> Violations:
    """Gives who knows what an account was found to have done."""
    return cast("Violations", import_string(settings.VIOLATIONS)())


def identities() -> Identities:
    """Gives who knows whose token this is."""
    return cast("Identities", import_string(settings.IDENTITIES)())


def searcher() -> Searcher:
    """Gives who knows what can be found; `NotFound` where the operator runs no search."""
    refuse_without_search()
    return cast("Searcher", import_string(settings.SEARCHER)())


def refuse_without_search() -> None:
    """Raises `NotFound` where the operator runs no search."""
    if not settings.SEARCH_TOKEN_FILE:
        raise NotFound(what="search")
