"""The searcher: owns the index, fills it from the messenger, answers what is sought.

It answers on loopback whoever shows the door's token: the desk, the directory proxy, the worker,
and Synapse's module, which says where something is new. Queries carry no account; they are not
logged and not stored. It can be killed at any moment: what was committed to the index stays, the
rest is read anew, and nothing is answered before it is known what is hidden.

`python -m evenhand.searcher --port 8603` runs it until SIGTERM or SIGINT.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hmac import compare_digest
from pathlib import Path
from typing import Any

import django
import structlog
from django.conf import settings
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from evenhand import wiring  # noqa: E402
from evenhand.actions.ports import Target  # noqa: E402
from evenhand.base.errors import EvenhandError, InputRefused, where  # noqa: E402
from evenhand.base.lists import TargetKind  # noqa: E402
from evenhand.base.logs import configure_logs  # noqa: E402
from evenhand.base.sealing import read_key  # noqa: E402
from evenhand.connectors.matrix.crawl import Crawl  # noqa: E402
from evenhand.connectors.matrix.serving import (  # noqa: E402
    Answer,
    HttpServer,
    Request,
    json_answer,
    text_answer,
)
from evenhand.connectors.searcher_wire import ask_of, page_json  # noqa: E402
from evenhand.search.finding import Finder  # noqa: E402
from evenhand.search.index import Index  # noqa: E402
from evenhand.search.masks import Masks  # noqa: E402
from evenhand.search.naming import with_room_names  # noqa: E402
from evenhand.search.suggesting import suggestions  # noqa: E402
from evenhand.search.trending import Trending  # noqa: E402
from evenhand.search.watching import NotReady, Watch  # noqa: E402

log = structlog.get_logger()

HOST, PORT = "127.0.0.1", 8603

THREADS = 4
"""Queries that are answered at the same time; more wait."""

WAITING_MAX = 64
"""Queries that wait; one more is told to come again."""

AGAIN_SECONDS = 1
"""Seconds after which somebody who was turned away may ask again."""

FAILED_SECONDS = 1.0
"""Seconds until a loop that failed goes on."""

Json = Mapping[str, Any]


class Desk:
    """Answers requests: queries in threads, all else at once."""

    def __init__(self, finder: Finder, watch: Watch, crawl: Crawl, token: str) -> None:
        self._finder, self._watch, self._crawl, self._token = finder, watch, crawl, token
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="query")
        self._waiting = 0
        self._counts: dict[str, int] = {}
        self._trending_words = Trending()
        self._posts: dict[str, Callable[[Json], Json]] = {
            "/search": self._search,
            "/suggest": self._suggest,
            "/trending": self._trending,
            "/poke": self._poke,
            "/reload": self._reload,
            "/hidden": self._hidden,
        }

    async def handle(self, request: Request) -> Answer:
        """Answers one request."""
        path = request.path.partition("?")[0]
        if request.method == "GET":
            return self._looked_at(path)
        shown = request.headers.get("authorization", "")
        if not compare_digest(shown.encode(), f"Bearer {self._token}".encode()):
            return text_answer(401, "token missing or wrong")
        method = self._posts.get(path)
        if method is None:
            return text_answer(404, "no such call")
        self._count(path.removeprefix("/"))
        if self._waiting >= WAITING_MAX:
            return _away("too many queries wait")
        self._waiting += 1
        try:
            return await self._answer(method, request.body)
        finally:
            self._waiting -= 1

    async def _answer(self, method: Callable[[Json], Json], body: bytes) -> Answer:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            return json_answer(400, {"what": "body", "why": "no JSON object"})
        loop = asyncio.get_running_loop()
        try:
            return json_answer(200, await loop.run_in_executor(self._pool, method, value))
        except InputRefused as error:
            return json_answer(400, {name: str(value) for name, value in error.fields.items()})
        except NotReady:
            return _away("what is hidden is not known yet")
        except Exception as error:  # noqa: BLE001  one query that fails must not end the others
            log.error("query_failed", error=type(error).__name__, at=where(error))  # noqa: TRY400
            self._count("failed")
            return text_answer(500, "the query failed")

    def _looked_at(self, path: str) -> Answer:
        match path:
            case "/health" if self._watch.ready:
                return json_answer(200, {"status": "ok"})
            case "/health":
                return _away("what is hidden is not known yet")
            case "/metrics":
                return Answer(200, self._metrics().encode(), "text/plain; version=0.0.4")
            case _:
                return text_answer(404, "no such page")

    def _metrics(self) -> str:
        """Gives counts; never what was sought."""
        gauges = {"evenhand_search_items": len(self._finder.index), **self._crawl.gauges()}
        lines = [f"{name} {value}" for name, value in gauges.items()]
        lines += [
            f'evenhand_search_requests_total{{call="{name}"}} {count}'
            for name, count in sorted(self._counts.items())
        ]
        return "\n".join(lines) + "\n"

    def _count(self, name: str) -> None:
        self._counts[name] = self._counts.get(name, 0) + 1

    # The calls

    def _search(self, value: Json) -> Json:
        ask, sight = ask_of(value), self._watch.sight
        page = self._finder.find(ask, sight=sight)
        if page.topic:
            self._count(f"topic_{page.topic}")
        reader = self._finder.index.reader()
        if page.hits:
            self._trending_words.note(ask, reader)
        return page_json(with_room_names(page, reader, sight, ask.country))

    def _suggest(self, value: Json) -> Json:
        country, language = _asker(value)
        found = suggestions(
            self._finder.index.reader(),
            _text(value, "prefix"),
            country=country,
            language=language,
            sight=self._watch.sight,
        )
        return {"suggestions": list(found)}

    def _trending(self, value: Json) -> Json:
        country, language = _asker(value)
        found = self._trending_words.terms(
            self._finder.index.reader(),
            country=country,
            language=language,
            sight=self._watch.sight,
        )
        return {"terms": list(found)}

    def _poke(self, value: Json) -> Json:
        self._crawl.poke(
            rooms=_names(value, "rooms"),
            leaving=_names(value, "leaving"),
            accounts=_names(value, "accounts"),
            closed=_names(value, "closed"),
        )
        return {}

    def _reload(self, value: Json) -> Json:  # noqa: ARG002
        close_old_connections()
        self._watch.look()
        return {}

    def _hidden(self, value: Json) -> Json:
        try:
            kind = TargetKind(value["kind"])
            names = (value["account"], value["channel"], value["event"])
        except (KeyError, ValueError) as error:
            raise InputRefused(what="target", why=type(error).__name__) from error
        target = Target(kind, *names)
        return {"hidden": _hides(self._watch.deindexed, target, _names(value, "territory"))}


def _hides(masks: Masks, target: Target, territory: list[str]) -> bool:
    """Tells whether a target was taken out of search in all of a territory."""
    found = None
    match target.kind:
        case TargetKind.CHANNEL:
            found = masks.rooms.get(target.channel)
        case TargetKind.EVENT:
            found = masks.posts.get(target.event)
        case TargetKind.ACCOUNT:
            found = masks.accounts.get(target.account)
        case TargetKind.MEDIA | TargetKind.REGISTRATION:
            pass
    if found is None:
        return False
    return not found or (bool(territory) and set(territory) <= found)


def _names(value: Json, name: str) -> list[str]:
    found = value.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise InputRefused(field=name, why="no list of names")
    return found


def _text(value: Json, name: str) -> str:
    found = value.get(name, "")
    if not isinstance(found, str):
        raise InputRefused(field=name, why="no text")
    return found


def _asker(value: Json) -> tuple[str | None, str]:
    """Gives country and language of who asks; no country is one where all is hidden."""
    country = None if value.get("country") is None else _text(value, "country")
    return country, _text(value, "language")


def _away(why: str) -> Answer:
    answer = text_answer(503, why)
    return Answer(
        503, answer.body, answer.content_type, headers={"Retry-After": f"{AGAIN_SECONDS}"}
    )


def main(arguments: list[str] | None = None) -> int:
    """Runs the searcher until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default=HOST, help="address to listen on")
    parser.add_argument("--port", type=int, default=PORT, help="port to listen on")
    options = parser.parse_args(arguments)
    configure_logs()
    home: Path = settings.EVENHAND_HOME
    token = Path(settings.DOOR_TOKEN_FILE).read_text(encoding="utf-8").strip()
    with Index.open(home / "search" / "index") as index:
        asyncio.run(_serve(index, home, token, options))
    return 0


async def _serve(index: Index, home: Path, token: str, options: argparse.Namespace) -> None:
    stop, halt = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    finder = Finder(index, read_key(settings.KEYS / "token.key"))
    crawl, watch = await asyncio.to_thread(wiring.crawling, index, finder, home)
    server = await HttpServer(Desk(finder, watch, crawl, token).handle).serve(
        options.host, options.port
    )
    threads = [
        threading.Thread(target=_go_on, args=(name, work, halt), name=name, daemon=True)
        for name, work in (
            ("watch", watch.follow),
            ("follow_up", watch.keep_up),
            ("crawl", crawl.run),
        )
    ]
    async with server:
        for thread in threads:
            thread.start()
        log.info("searcher_open", port=server.sockets[0].getsockname()[1], items=len(index))
        await stop.wait()
        halt.set()
        server.close()
    for thread in threads:
        await asyncio.to_thread(thread.join, 5.0)


def _go_on(name: str, work: Callable[[threading.Event], None], halt: threading.Event) -> None:
    """Does one kind of work until told to stop, whatever fails on the way."""
    while not halt.is_set():
        close_old_connections()
        try:
            work(halt)
        except EvenhandError as error:
            log.warning("searcher_waits", loop=name, error=type(error).__name__)
        except Exception as error:  # noqa: BLE001  a loop survives whatever its work meets
            log.warning("loop_failed", loop=name, error=type(error).__name__, at=where(error))
        halt.wait(FAILED_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
