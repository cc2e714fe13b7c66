"""A small HTTP/1.1 server with strict limits: what Synapse needs of the door, and no more.

Only an answer of the door itself is JSON. A fault of the request is answered in plain text: the
module synapse-http-antispam takes any JSON error for a refusal of the message, and anything else
for a failure, at which it lets the message pass.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from evenhand.base.limits import BODY_BYTES_MAX
from evenhand.connectors.matrix.limits import (
    CONNECTIONS_MAX,
    HEADER_BYTES_MAX,
    IDLE_SECONDS_MAX,
    REQUEST_SECONDS_MAX,
)

LOOK_SECONDS = 1.0
"""Seconds between two looks whether a connection has been silent for too long."""

_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    411: "Length Required",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request, whole; `peer` is the address that the connection came from."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `close` ends the connection after it; `headers` are added as they are."""

    status: int
    body: bytes
    content_type: str = "application/json"
    close: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Awaitable[Answer]]


class _Refused(Exception):
    """The request breaks a limit or the protocol."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


def json_answer(status: int, value: object) -> Answer:
    """Gives a JSON answer."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


def text_answer(status: int, text: str, *, close: bool = False) -> Answer:
    """Gives a plain text answer."""
    return Answer(status, text.encode() + b"\n", "text/plain; charset=utf-8", close)


class HttpServer:
    """Answers requests on one address, each connection in order."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.connections: set[_Connection] = set()

    async def serve(self, host: str, port: int) -> asyncio.Server:
        """Begins to listen."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: _Connection(self, loop), host, port, backlog=1024)

    async def close(self) -> None:
        """Ends every connection, also in the middle of an answer."""
        ended = [one.end() for one in tuple(self.connections)]
        answering = [one for one in ended if one is not None]
        await asyncio.gather(*answering, return_exceptions=True)


class _Connection(asyncio.Protocol):
    """One connection. Streams of asyncio would cost a request three times as much."""

    def __init__(self, server: HttpServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server, self._loop = server, loop
        self._transport: asyncio.Transport
        self._peer = ""
        self._received = bytearray()
        self._answering: asyncio.Task[None] | None = None
        self._ended = self._full = False
        self._until = loop.time() + IDLE_SECONDS_MAX
        self._timer = loop.call_later(LOOK_SECONDS, self._look_at_clock)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Takes a connection, or turns it away where there are too many."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        name = transport.get_extra_info("peername")
        self._peer = str(name[0]) if isinstance(name, tuple) else ""
        self._server.connections.add(self)
        if len(self._server.connections) > CONNECTIONS_MAX:
            self._write(text_answer(503, "too many connections", close=True))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio names it
        """Forgets a connection. What is being answered is done to its end: it may be written down.

        Nobody is there to be told why.
        """
        self._timer.cancel()
        self._server.connections.discard(self)
        self._received.clear()
        self._ended = True

    def data_received(self, data: bytes) -> None:
        """Takes bytes; what comes while a request is answered waits, and no more is read."""
        if not self._received:
            self._until = self._loop.time() + IDLE_SECONDS_MAX
        self._received += data
        if self._answering is None and not self._full:
            self._go_on()
        else:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Answers what is there before the connection ends."""
        self._ended = True
        if self._answering is None:
            self._transport.close()
        return True

    def pause_writing(self) -> None:
        """Answers no more while the peer does not take what it was answered."""
        self._full = True

    def resume_writing(self) -> None:
        """Goes on where the peer takes answers again."""
        self._full = False
        if self._answering is None:
            self._go_on()

    def end(self) -> "asyncio.Task[None] | None":
        """Ends the connection, and gives what was answering, which is cancelled."""
        self._transport.abort()
        if self._answering is not None:
            self._answering.cancel()
        return self._answering

    def _look_at_clock(self) -> None:
        if self._answering is None and self._loop.time() >= self._until:
            self._transport.abort()
            return
        self._timer = self._loop.call_later(LOOK_SECONDS, self._look_at_clock)

    def _go_on(self) -> None:
        """Begins to answer the next request if all of it is there."""
        try:
            request = self._next()
        except _Refused as refused:
            self._write(text_answer(refused.status, refused.why, close=True))
            return
        if request is not None:
            self._answering = self._loop.create_task(self._answer(request))
        elif self._ended:
            self._transport.close()
        else:
            self._transport.resume_reading()

    def _next(self) -> Request | None:
        end = self._received.find(b"\r\n\r\n", 0, HEADER_BYTES_MAX)
        if end < 0:
            if len(self._received) >= HEADER_BYTES_MAX:
                raise _Refused(431, f"head larger than {HEADER_BYTES_MAX} bytes")
            return None
        method, path, headers = _head(self._received[: end + 4])
        if "transfer-encoding" in headers:
            raise _Refused(411, "send a Content-Length")
        whole = end + 4 + _length(headers)
        if len(self._received) < whole:
            self._until = min(self._until, self._loop.time() + REQUEST_SECONDS_MAX)
            return None
        body = bytes(self._received[end + 4 : whole])
        del self._received[:whole]
        return Request(method, path, headers, body, self._peer)

    async def _answer(self, request: Request) -> None:
        try:
            answer = await self._server.handler(request)
        except BaseException:
            self._transport.abort()
            raise
        if request.headers.get("connection", "").lower() == "close":
            answer = replace(answer, close=True)
        self._answering = None
        self._until = self._loop.time() + IDLE_SECONDS_MAX
        self._write(answer)
        if not answer.close and not self._full:
            self._go_on()

    def _write(self, answer: Answer) -> None:
        self._transport.write(_bytes_of(answer))
        if answer.close:
            self._transport.close()


def _head(head: bytearray) -> tuple[str, str, dict[str, str]]:
    try:
        first, *lines = head.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")
        method, path, version = first.split(" ")
    except (UnicodeDecodeError, ValueError) as error:
        raise _Refused(400, "not an HTTP request") from error
    if version != "HTTP/1.1":
        raise _Refused(400, "HTTP/1.1 only")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        known = name.lower() in headers
        if not colon or (known and name.lower() in ("content-length", "host")):
            raise _Refused(400, "malformed header")
        headers[name.lower()] = value.strip()
    return method, path, headers


def _length(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "0")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise _Refused(400, "malformed Content-Length")
    if int(text) > BODY_BYTES_MAX:
        raise _Refused(413, f"body larger than {BODY_BYTES_MAX} bytes")
    return int(text)


def _bytes_of(answer: Answer) -> bytes:
    reason = _REASONS.get(answer.status, "Unknown")
    connection = "close" if answer.close else "keep-alive"
    more = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    head = (
        f"HTTP/1.1 {answer.status} {reason}\r\n"
        f"Content-Type: {answer.content_type}\r\n"
        f"Content-Length: {len(answer.body)}\r\n"
        f"Connection: {connection}\r\n"
        "Cache-Control: no-store\r\n"
        f"{more}\r\n"
    )
    return head.encode() + answer.body
