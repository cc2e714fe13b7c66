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
        self._handler = handler
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, host: str, port: int) -> asyncio.Server:
        """Begins to listen."""
        return await asyncio.start_server(
            self._connected, host, port, limit=HEADER_BYTES_MAX, backlog=1024
        )

    async def close(self) -> None:
        """Ends every connection, also in the middle of an answer."""
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            if len(self._connections) > CONNECTIONS_MAX:
                _write(writer, text_answer(503, "too many connections", close=True))
                await writer.drain()
                return
            while await self._answer_one(reader, writer):
                pass
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            return  # the peer went away or fell silent: nobody is there to be told
        except asyncio.CancelledError:
            # Only `close` cancels; asyncio 3.11 would report a cancelled connection as an error.
            return
        finally:
            self._connections.discard(task)
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            request = await _read(reader, peer=_peer(writer))
        except _Refused as refused:
            answer = text_answer(refused.status, refused.why, close=True)
        else:
            if request is None:
                return False
            answer = await self._handler(request)
            if request.headers.get("connection", "").lower() == "close":
                answer = replace(answer, close=True)
        _write(writer, answer)
        await writer.drain()
        return not answer.close


async def _read(reader: asyncio.StreamReader, *, peer: str) -> Request | None:
    """Gives the next request; None where the peer ended the connection between two."""
    try:
        async with asyncio.timeout(IDLE_SECONDS_MAX):
            head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise _Refused(431, f"head larger than {HEADER_BYTES_MAX} bytes") from error
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    method, path, headers = _head(head)
    if "transfer-encoding" in headers:
        raise _Refused(411, "send a Content-Length")
    length = _length(headers)
    async with asyncio.timeout(REQUEST_SECONDS_MAX):
        body = await reader.readexactly(length) if length else b""
    return Request(method, path, headers, body, peer)


def _head(head: bytes) -> tuple[str, str, dict[str, str]]:
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


def _peer(writer: asyncio.StreamWriter) -> str:
    name = writer.get_extra_info("peername")
    return str(name[0]) if isinstance(name, tuple) else ""


def _write(writer: asyncio.StreamWriter, answer: Answer) -> None:
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
    writer.write(head.encode() + answer.body)
