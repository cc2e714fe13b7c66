"""The search as everybody reaches it: one page that works without a script, and no account.

A query is counted per network, answered and forgotten; nothing here writes it anywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from evenhand.base.errors import InputRefused, Unavailable
from evenhand.desk.engines import refuse_without_search, searcher
from evenhand.desk.limits import count_send
from evenhand.desk.problems import RETRY_SECONDS
from evenhand.desk.search.asked import FAULTS, PAGE_GONE, SIZES, UNREADABLE, Asked, asked
from evenhand.desk.search.asker import country_of, network_today, reader_of
from evenhand.desk.search.helping import help_for
from evenhand.desk.search.limits import (
    PREFIX_CHARACTERS_MAX,
    SEARCHES_MAX,
    SUGGESTIONS_SHOWN_MAX,
    SUGGESTS_MAX,
)
from evenhand.desk.search.rows import row_of
from evenhand.desk.search.tongues import TONGUES
from evenhand.desk.texts import line
from evenhand.search.asking import Page
from evenhand.search.limits import QUERY_CHARACTERS_MAX
from evenhand.search.lists import ItemKind

log = structlog.get_logger(__name__)

KINDS: Mapping[str, str] = {
    "": gettext_noop("Everything"),
    ItemKind.ROOM: gettext_noop("Rooms"),
    ItemKind.POST: gettext_noop("Posts"),
    ItemKind.ACCOUNT: gettext_noop("Accounts"),
}
SIZE_NAMES: Mapping[str, str] = {
    "small": gettext_noop("Below 50 members"),
    "medium": gettext_noop("50 to 499 members"),
    "large": gettext_noop("500 to 4,999 members"),
    "huge": gettext_noop("5,000 members or more"),
}


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Shows the form, and what was found."""
    refuse_without_search()
    query = asked(request.GET)
    if not query.given:
        return _shown(request, query, {"trending": _trending(request)})
    count_send(request, form="search", sends_max=SEARCHES_MAX)
    if query.fault:
        return _shown(request, query, {}, status=400)
    country = country_of(request)
    try:
        found = searcher().search(
            query.ask(country=country, reader=reader_of(request), network=network_today(request))
        )
    except InputRefused:
        fault = PAGE_GONE if query.after else UNREADABLE
        return _shown(request, replace(query, fault=fault, after=""), {}, status=400)
    except Unavailable as error:
        log.warning("search_away", error=type(error).__name__)
        return _away(request, query)
    if found.topic:
        told = help_for(found.topic, country=country, reader=reader_of(request))
        return _shown(request, query, {"help": told})
    return _shown(request, query, _results(query, found))


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Gives what a beginning may be completed to, for the page's script."""
    count_send(request, form="suggest", sends_max=SUGGESTS_MAX)
    prefix = line(request.GET.get("q", "")[:PREFIX_CHARACTERS_MAX])
    found: Sequence[str] = ()
    if prefix:
        found = searcher().suggest(prefix, country=country_of(request), language=reader_of(request))
    return JsonResponse({"suggestions": list(found)[:SUGGESTIONS_SHOWN_MAX]})


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Tells what the search finds, how it orders it, what it hides and how to stay out of it."""
    refuse_without_search()
    return render(request, "desk/search_about.html", {"section": "search"})


def _trending(request: HttpRequest) -> Sequence[str]:
    """Gives what many look for; the page stands without it where the searcher is away."""
    try:
        return searcher().trending(country=country_of(request), language=reader_of(request))
    except Unavailable as error:
        log.warning("search_away", error=type(error).__name__)
        return ()


def _results(query: Asked, found: Page) -> Mapping[str, object]:
    return {
        "searched": True,
        "rows": [row_of(hit, query.text) for hit in found.hits],
        "more": query.query(after=found.after) if found.after else "",
        "first": query.query() if query.after else "",
    }


def _away(request: HttpRequest, query: Asked) -> HttpResponse:
    response = _shown(request, query, {"away": True}, status=503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _shown(
    request: HttpRequest, query: Asked, found: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    context = {
        "section": "search",
        "query": query,
        "fault": gettext(FAULTS[query.fault]) if query.fault else "",
        "kinds": [(code, gettext(name), query.query(kind=code)) for code, name in KINDS.items()],
        "sizes": [(code, gettext(SIZE_NAMES[code])) for code in SIZES],
        "tongues": TONGUES.items(),
        "query_max": QUERY_CHARACTERS_MAX,
        **found,
    }
    return render(request, "desk/search.html", context, status=status)
