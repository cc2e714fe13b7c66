"""The directory proxy: before Synapse, it hides what is withheld in the asking account's country.

    python -m evenhand.connectors.matrix.directory --port 8602

It answers these calls alone, to which the operator's own proxy sends it (docs/operators.md): the
public room directory and a search in it, a room's address, a space's rooms, a room's summary, a
room's report. It asks Synapse with the client's own token and holds none of Synapse's. Who asks is
learnt by `whoami`, believed for seconds; their country from the file that the door reads too.
Whoever cannot be placed at all (no token, or Synapse does not say whose it is) is shown nothing
that is withheld anywhere, and everything else. A search is answered by the searcher, where there is
one, to which the token of the door is shown.

EVENHAND_HOME, EVENHAND_SYNAPSE_URL and EVENHAND_PLACES come from the environment, as
`settings.py` describes them. The client's address is passed on in X-Forwarded-For, since Synapse
would otherwise write down this machine's as the account's.

Reports of rooms, which Synapse keeps where no interface reads them, are passed on, answered as
Synapse answers, and sealed into a folder that the worker empties and alone can open.
"""

import argparse
import asyncio
import hashlib
import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import structlog

from evenhand.base.errors import InputRefused, Misconfigured, Unavailable
from evenhand.base.logs import configure_logs
from evenhand.base.personal import IpAddress
from evenhand.base.sealing import KEY_BYTES
from evenhand.connectors.matrix.hiding import (
    METHODS,
    Ask,
    Content,
    Hides,
    PageAsk,
    Route,
    Tokens,
    missing,
    page_ask,
    parsed,
    rooms_shown,
    route_of,
    without,
)
from evenhand.connectors.matrix.limits import (
    ASKERS_KEPT,
    ASKERS_SECONDS,
    DIRECTORY_ANSWER_BYTES_MAX,
    DIRECTORY_PAGES_MAX,
    DIRECTORY_SECONDS_MAX,
    DIRECTORY_WAITING_MAX,
)
from evenhand.connectors.matrix.lookup import Kept
from evenhand.connectors.matrix.seeking import Seeker, words_sought
from evenhand.connectors.matrix.serving import (
    Answer,
    HttpServer,
    Request,
    text_answer,
)
from evenhand.connectors.matrix.snapshot import Snapshot, SnapshotFile
from evenhand.connectors.matrix.spool import Spool, spool_for
from evenhand.markets.places import Places, places

log = structlog.get_logger()

HOST, PORT = "127.0.0.1", 8602

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "X-Requested-With, Content-Type, Authorization, Date",
}
"""What browsers need (Matrix client-server API, "Web browser clients")."""

_HANDED_ON = ("authorization", "user-agent", "accept-language", "content-type")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks; `country` is None where they cannot be placed at all."""

    account: str
    country: str | None


class _Refused(Exception):
    """The call is answered with an error of Synapse's or of ours."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.status))
        self.answer = answer


class Directory:
    """Answers calls about rooms that one is not in."""

    def __init__(
        self,
        *,
        synapse: httpx.AsyncClient,
        snapshot: SnapshotFile,
        table: Places,
        tokens: Tokens,
        spool: Spool | None = None,
        seeker: Seeker | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._synapse = synapse
        self._snapshot = snapshot
        self._table = table
        self._tokens = tokens
        self._spool = spool
        self._seeker = seeker
        self._clock = clock
        self._askers: Kept[bytes, str] = Kept(ASKERS_KEPT, seconds=ASKERS_SECONDS)
        self._waiting = asyncio.Semaphore(DIRECTORY_WAITING_MAX)

    async def handle(self, request: Request) -> Answer:
        """Gives the answer to one request."""
        if request.path == "/health":
            return text_answer(200 if self._ready() else 503, "directory")
        route = route_of(request.path)
        if route is None:
            return _error(404, "M_UNRECOGNIZED", "This proxy answers calls about rooms only")
        if request.method == "OPTIONS":
            return Answer(200, b"{}", headers=CORS)
        if request.method not in METHODS[route.ask]:
            return _error(405, "M_UNRECOGNIZED", "Unrecognized request")
        if route.ask is not Ask.REPORT and not self._ready():
            return _error(503, "M_UNKNOWN", "What is withheld is not known yet")
        try:
            async with self._waiting:
                return await self._answer(request, route)
        except _Refused as refused:
            return refused.answer
        except InputRefused as error:
            log.warning("directory_answer_unreadable", ask=route.ask.value, **error.fields)
            return _error(502, "M_UNKNOWN", "The homeserver's answer could not be read")

    def _ready(self) -> bool:
        self._snapshot.current()
        return self._snapshot.known

    async def _answer(self, request: Request, route: Route) -> Answer:
        if request.method in ("PUT", "DELETE"):
            return _handed_on(await self._ask(request, route.query, request.body))
        if route.ask is Ask.REPORT:
            return await self._report(request, route)
        snapshot = self._snapshot.current()
        asker = await self._asker(request, route, snapshot)

        def hides(room: str) -> bool:
            listed = route.ask is Ask.ROOMS
            if listed and snapshot.deindexes(room, country=asker.country):
                return True
            return snapshot.hides(room, country=asker.country)

        if route.ask is Ask.ROOMS:
            if self._seeker is not None and request.method == "POST":
                found = await self._found(self._seeker, request, route)
                if found is not None:
                    return found
            return await self._rooms(request, route, hides)
        answer = await self._ask(request, route.query, b"")
        if not answer.is_success:
            return _handed_on(answer)
        shown = without(parsed(answer.content), route, hides)
        return _missing(route, asker) if shown is None else _said(shown)

    async def _report(self, request: Request, route: Route) -> Answer:
        """Passes a report of a room on; what Synapse took is kept before the client learns so.

        A client that hears nothing, because we were killed or the disk is full, sends it again.
        """
        answer = await self._ask(request, route.query, request.body)
        if answer.is_success and self._spool is not None:
            masked = parse_qs(route.query).get("user_id", [""])[0]
            account = await self._whoami(request, route, masked)
            reason = parsed(request.body).get("reason")
            try:
                self._spool.put(account, route.name, reason if isinstance(reason, str) else "")
            except OSError as error:
                log.error("room_report_not_kept", why=type(error).__name__)  # noqa: TRY400
                raise _Refused(_error(502, "M_UNKNOWN", "Please try again")) from error
        return _handed_on(answer)

    async def _found(self, seeker: Seeker, request: Request, route: Route) -> Answer | None:
        """Answers a search; None where all rooms are asked for.

        What Synapse itself would find is not shown in its place.
        """
        try:
            body = parsed(request.body or b"{}")
            words = words_sought(body)
            if not words:
                return None
            asker = await self._placed(request, route)
            return _said(await seeker.answer(body, words, country=asker.country))
        except InputRefused:
            return _error(400, "M_INVALID_PARAM", "This cannot be sought, or the page is none")
        except Unavailable as error:
            log.warning("directory_searcher_lost", **error.fields)
            return _error(503, "M_UNKNOWN", "The search does not answer; please try again")

    async def _rooms(self, request: Request, route: Route, hides: Hides) -> Answer:
        try:
            wanted, since = page_ask(request.method, route.query, request.body, self._tokens)
        except InputRefused:
            return _error(400, "M_INVALID_PARAM", "The page asked for is none")
        first: Content | None = None
        chunk: list[object] = []
        for _ in range(DIRECTORY_PAGES_MAX):
            page = await self._page(request, wanted, since, wanted.limit - len(chunk))
            first = first or page
            chunk += rooms_shown(page, hides)
            since = str(page.get("next_batch") or "")
            if not since or not wanted.limit or len(chunk) >= wanted.limit:
                break
        return _said(self._page_shown(first or {}, chunk, since))

    async def _page(self, request: Request, wanted: PageAsk, since: str, limit: int) -> Content:
        query, body = wanted.asking(since, limit if wanted.limit else 0)
        answer = await self._ask(request, query, body)
        if not answer.is_success:
            raise _Refused(_handed_on(answer))
        return parsed(answer.content)

    def _page_shown(self, first: Content, chunk: list[object], since: str) -> Content:
        """Gives a page as the client sees it, never with the number of all rooms.

        Synapse counts those that are withheld too; left out only there, it would tell where.
        """
        page: dict[str, object] = {"chunk": chunk}
        before = first.get("prev_batch")
        if isinstance(before, str) and before:
            page["prev_batch"] = self._tokens.close(before)
        if since:
            page["next_batch"] = self._tokens.close(since)
        return page

    async def _asker(self, request: Request, route: Route, snapshot: Snapshot) -> Asker:
        if snapshot.hides_nothing:
            return Asker("", None)
        return await self._placed(request, route)

    async def _placed(self, request: Request, route: Route) -> Asker:
        """Gives who asks and from where, whether anything is hidden or not."""
        snapshot = self._snapshot.current()
        token = _token(request, route)
        if not token:
            return Asker("", self._country_of_address(_address(request)))
        masked = parse_qs(route.query).get("user_id", [""])[0]
        key = hashlib.sha256(f"{masked}\0{token}".encode()).digest()
        account = self._askers.get(key, at=self._clock())
        if account is None:
            account = await self._whoami(request, route, masked)
            if account:
                self._askers.put(key, account, at=self._clock())
        if not account:
            return Asker("", None)
        # An account that could not be placed is in no country, at the door as here.
        return Asker(account, snapshot.account_countries.get(account, ""))

    async def _whoami(self, request: Request, route: Route, masked: str) -> str:
        path = "/_matrix/client/v3/account/whoami"
        query = {"user_id": masked} if masked else {}
        try:
            headers = {**_headers(request), "authorization": f"Bearer {_token(request, route)}"}
            answer = await self._synapse.get(path, params=query, headers=headers)
        except httpx.HTTPError:
            return ""
        if not answer.is_success:
            return ""
        try:
            account = parsed(answer.content).get("user_id")
        except InputRefused:
            return ""
        return account if isinstance(account, str) else ""

    def _country_of_address(self, address: str) -> str | None:
        placed = self._table.place(phone=None, network=IpAddress(address))
        return placed.country if placed else None

    async def _ask(self, request: Request, query: str, body: bytes) -> "_Reply":
        path = request.path.partition("?")[0]
        target = f"{path}?{query}" if query else path
        try:
            async with self._synapse.stream(
                request.method, target, content=body, headers=_headers(request)
            ) as answer:
                return _Reply(answer.status_code, answer.headers, await _read_within(answer))
        except httpx.HTTPError as error:
            log.warning("directory_synapse_lost", why=type(error).__name__)
            said = _error(502, "M_UNKNOWN", "The homeserver does not answer")
            raise _Refused(said) from error


@dataclass(frozen=True, slots=True)
class _Reply:
    """What Synapse answered, whole."""

    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def is_success(self) -> bool:
        return self.status == httpx.codes.OK


async def _read_within(answer: httpx.Response) -> bytes:
    """Reads an answer, or refuses one that is larger than any that Synapse gives."""
    content = bytearray()
    async for piece in answer.aiter_bytes():
        content += piece
        if len(content) > DIRECTORY_ANSWER_BYTES_MAX:
            raise InputRefused(what="answer", why="too large")
    return bytes(content)


def serve(settings: "DirectorySettings") -> None:
    """Runs a directory proxy until SIGTERM or SIGINT."""

    async def main_loop() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await run(settings, stop, ready=lambda port: log.info("directory_open", port=port))

    asyncio.run(main_loop())


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    """What the proxy needs to be told; `places_file` is the operator's table, if there is one."""

    home: Path
    synapse_url: str
    host: str = HOST
    port: int = PORT
    places_file: Path | None = None
    search_url: str = ""
    search_token: str = ""
    public_url: str = ""


async def run(
    settings: DirectorySettings, stop: asyncio.Event, *, ready: Callable[[int], None]
) -> None:
    """Answers until `stop` is set; `ready` is called with the port that it listens on."""
    limits = httpx.Limits(max_connections=DIRECTORY_WAITING_MAX)
    async with httpx.AsyncClient(
        base_url=settings.synapse_url.rstrip("/"), timeout=DIRECTORY_SECONDS_MAX, limits=limits
    ) as synapse:
        searcher = httpx.AsyncClient(base_url=settings.search_url, timeout=DIRECTORY_SECONDS_MAX)
        seeker = (
            Seeker(searcher, settings.search_token, settings.public_url)
            if settings.search_url
            else None
        )
        directory = Directory(
            synapse=synapse,
            snapshot=SnapshotFile(settings.home / "door" / "snapshot.json"),
            table=places(settings.places_file),
            # Tokens live as long as the process: a client asks for the first page again.
            tokens=Tokens(os.urandom(KEY_BYTES)),
            spool=spool_for(settings.home),
            seeker=seeker,
        )
        http = HttpServer(directory.handle)
        server = await http.serve(settings.host, settings.port)
        async with server:
            ready(server.sockets[0].getsockname()[1])
            await stop.wait()
            server.close()
            await http.close()


def settings_from(environment: Mapping[str, str], *, host: str, port: int) -> DirectorySettings:
    """Gives the settings that the environment describes."""
    url = environment.get("EVENHAND_SYNAPSE_URL", "")
    if not url:
        raise Misconfigured(setting="EVENHAND_SYNAPSE_URL", why="the proxy stands before Synapse")
    table = environment.get("EVENHAND_PLACES", "")
    return DirectorySettings(
        home=Path(environment.get("EVENHAND_HOME", "var")).absolute(),
        synapse_url=url,
        host=host,
        port=port,
        places_file=Path(table) if table else None,
        **_search(environment),
    )


def _search(environment: Mapping[str, str]) -> dict[str, str]:
    """Gives where searches are answered, where there is a search."""
    if not environment.get("EVENHAND_SEARCH_TOKEN_FILE"):
        return {}
    file = environment.get("EVENHAND_DOOR_TOKEN_FILE", "")
    try:
        token = Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(setting="EVENHAND_DOOR_TOKEN_FILE", why="not readable") from error
    return {
        "search_url": environment.get("EVENHAND_SEARCH_URL") or "http://127.0.0.1:8603",
        "search_token": token,
        "public_url": environment.get("EVENHAND_PUBLIC_URL", "http://localhost:8600").rstrip("/"),
    }


def main(arguments: list[str] | None = None) -> int:
    """Starts the proxy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default=HOST, help="address to listen on")
    parser.add_argument("--port", type=int, default=PORT, help="port to listen on")
    options = parser.parse_args(arguments)
    configure_logs()
    serve(settings_from(os.environ, host=options.host, port=options.port))
    return 0


def _headers(request: Request) -> dict[str, str]:
    headers = {name: request.headers[name] for name in _HANDED_ON if name in request.headers}
    return {**headers, "x-forwarded-for": request.headers.get("x-forwarded-for") or request.peer}


def _address(request: Request) -> str:
    """Gives the client's address as the operator's own proxy, the last on the way, says it."""
    told = request.headers.get("x-forwarded-for", "").split(",")[-1].strip()
    return told or request.peer


def _token(request: Request, route: Route) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    return parse_qs(route.query).get("access_token", [""])[0]


def _said(content: Content) -> Answer:
    return Answer(200, _as_synapse_writes(content), headers=CORS)


def _handed_on(answer: _Reply) -> Answer:
    kind = answer.headers.get("content-type", "application/json")
    wait = answer.headers.get("retry-after")
    more = {"Retry-After": wait} if wait else {}
    return Answer(answer.status, answer.content, kind, headers={**CORS, **more})


def _missing(route: Route, asker: Asker) -> Answer:
    said = missing(route, asker.account)
    return _error(said.status, said.errcode, said.error)


def _error(status: int, errcode: str, error: str) -> Answer:
    body = _as_synapse_writes({"errcode": errcode, "error": error})
    return Answer(status, body, headers=CORS)


def _as_synapse_writes(content: Content) -> bytes:
    """Gives JSON as Synapse gives it: in order and without spaces, so that ours looks the same."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(
        errors="surrogatepass"
    )


if __name__ == "__main__":
    raise SystemExit(main())
