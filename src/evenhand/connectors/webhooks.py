"""Sends webhook messages: encrypted, to public addresses alone, without following anybody.

An address is somebody else's words. It is resolved here, an address inside a network is refused,
and the connection goes to exactly the address that was looked at. One deadline holds for all of a
call, from the name to the last header; of the answer nothing but its status is read.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Thread
from urllib.parse import urlsplit

import httpx
import structlog

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 10.0
PORT = 443

GLOBAL_UNICAST = IPv6Network("2000::/3")
"""The only part of IPv6 that is given to the public net (IANA, IPv6 address space). What wraps an
IPv4 address lies outside it: mapped, translated (RFC 6052, RFC 8215), compatible."""

TUNNELLED = (IPv6Network("2001::/23"), IPv6Network("2002::/16"))
"""Inside it: Teredo and other protocols' addresses (RFC 2928), and 6to4 (RFC 3056)."""

Resolve = Callable[[str], Sequence[str]]


def resolve(host: str) -> Sequence[str]:
    """Gives the addresses of a name."""
    found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def public_address(host: str, *, resolver: Resolve = resolve) -> IPv4Address | IPv6Address | None:
    """Gives the address to connect to; None if one of the name's addresses is not public."""
    try:
        addresses = [ip_address(text) for text in resolver(host)]
    except (OSError, ValueError):
        return None
    if not addresses or not all(_is_public(one) for one in addresses):
        return None
    return addresses[0]


def post(
    url: str,
    body: str,
    headers: dict[str, str],
    *,
    resolver: Resolve = resolve,
    transport: httpx.AsyncBaseTransport | None = None,
    seconds: float = TIMEOUT_SECONDS,
) -> bool:
    """Sends a message and tells whether it was taken: answered with 2xx, in time."""
    try:
        return asyncio.run(
            asyncio.wait_for(_post(url, body, headers, resolver, transport), timeout=seconds)
        )
    except (httpx.HTTPError, TimeoutError) as error:
        log.info("webhook_failed", error=type(error).__name__)
        return False


async def _post(
    url: str,
    body: str,
    headers: dict[str, str],
    resolver: Resolve,
    transport: httpx.AsyncBaseTransport | None,
) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    address = await _looked_up(host, resolver)
    if parts.scheme != "https" or address is None:
        log.info("webhook_refused", why="not a public address")
        return False
    named = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
    target = parts._replace(netloc=named).geturl()
    async with (
        httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS, follow_redirects=False, transport=transport, trust_env=False
        ) as client,
        client.stream(
            "POST",
            target,
            content=body.encode(),
            headers={**headers, "host": host},
            extensions={"sni_hostname": host},
        ) as answer,
    ):
        return answer.is_success


async def _looked_up(host: str, resolver: Resolve) -> IPv4Address | IPv6Address | None:
    """Gives the address of a name; the thread that asks for it keeps nobody waiting."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[IPv4Address | IPv6Address | None] = loop.create_future()

    def tell(address: IPv4Address | IPv6Address | None) -> None:
        if not found.done():
            found.set_result(address)

    def look_up() -> None:
        address = public_address(host, resolver=resolver)
        with suppress(RuntimeError):  # the call was given up, and its loop is closed
            loop.call_soon_threadsafe(tell, address)

    Thread(target=look_up, daemon=True).start()
    return await found


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv4Address):
        return True
    return address in GLOBAL_UNICAST and not any(address in one for one in TUNNELLED)
