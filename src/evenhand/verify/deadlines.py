"""Deadlines for whole answers of a server, from the first byte of their headers on.

Timeouts as usual run anew with each byte that comes: a server that sends one now and then holds
its reader for ever. Here each wait ends when the time for the whole file does.
"""

import ssl
import threading
from collections.abc import Callable, Iterable
from math import inf
from typing import Any

import httpcore
import httpx


class Deadline(threading.local):
    """Until when the file must have come that this thread reads; each thread has its own."""

    until: float = inf


class TimelyClient(httpx.Client):
    """A client of which no wait is longer than to the deadline of the thread that waits."""

    def __init__(self, deadline: Deadline, clock: Callable[[], float], **options: Any) -> None:
        super().__init__(**options)

        def left(timeout: float | None) -> float:
            seconds = min(inf if timeout is None else timeout, deadline.until - clock())
            if seconds <= 0:
                raise httpcore.ReadTimeout
            return seconds

        for transport in (self._transport, *self._mounts.values()):
            if isinstance(transport, httpx.HTTPTransport):
                pool = transport._pool  # noqa: SLF001  httpx hands no backend on to its pools
                pool._network_backend = _Backend(pool._network_backend, left)  # noqa: SLF001  the same


class _Backend(httpcore.NetworkBackend):
    def __init__(
        self, inner: httpcore.NetworkBackend, left: Callable[[float | None], float]
    ) -> None:
        self._inner = inner
        self._left = left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._inner.connect_tcp(
            host, port, self._left(timeout), local_address, socket_options
        )
        return _Stream(stream, self._left)


class _Stream(httpcore.NetworkStream):
    def __init__(
        self, inner: httpcore.NetworkStream, left: Callable[[float | None], float]
    ) -> None:
        self._inner = inner
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._inner.start_tls(ssl_context, server_hostname, self._left(timeout))
        return _Stream(stream, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
