"""Pure: may this token be made, may this address be told, and with which signature?"""

import hashlib
import hmac
from base64 import b64encode
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from evenhand.authorities.machine_limits import (
    TOKEN_NAME_CHARACTERS_MAX,
    TOKENS_MAX,
    URL_CHARACTERS_MAX,
    WEBHOOKS_MAX,
)
from evenhand.base.errors import InputRefused, NotAllowed
from evenhand.base.sealing import keyed_hash

SECRET_BYTES = 32


class TooMany(NotAllowed):
    """An officer has as many tokens or webhooks as there may be."""

    remedy = "End one that is no longer used."


def check_token(name: str, *, living: int) -> str:
    """Gives the name without surrounding space, or refuses it, or one token too many."""
    kept = name.strip()
    if not 0 < len(kept) <= TOKEN_NAME_CHARACTERS_MAX or not kept.isprintable():
        raise InputRefused(what="token", field="name", characters_max=TOKEN_NAME_CHARACTERS_MAX)
    if living >= TOKENS_MAX:
        raise TooMany(what="tokens", most=TOKENS_MAX)
    return kept


def check_webhook(url: str, *, living: int) -> str:
    """Gives an address that may be told: https, a name on the public net, the usual port.

    A number in place of a name is refused: it could be a machine of ours.
    """
    if living >= WEBHOOKS_MAX:
        raise TooMany(what="webhooks", most=WEBHOOKS_MAX)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InputRefused(what="webhook", field="url", why="no address") from error
    host = parts.hostname or ""
    sound = (
        url.isascii()
        and url.isprintable()
        and " " not in url
        and len(url) <= URL_CHARACTERS_MAX
        and parts.scheme == "https"
        and not parts.username
        and not parts.fragment
        and port in {None, 443}
        and "." in host.strip(".")
        and not _is_number(host)
    )
    if not sound:
        raise InputRefused(what="webhook", field="url", why="not https, or no public name")
    return url


def secret_of(webhook: UUID, *, key: bytes) -> bytes:
    """Gives the secret of a webhook, from the installation's key."""
    return keyed_hash(b"webhook\0" + webhook.bytes, key=key, size_bytes=SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """Gives a secret as Standard Webhooks writes it."""
    return f"whsec_{b64encode(secret).decode()}"


def signed_headers(message: UUID, body: str, *, secret: bytes, at: datetime) -> dict[str, str]:
    """Gives the headers of Standard Webhooks 1.0: id, time, HMAC-SHA256 over both and the body."""
    seconds = int(at.timestamp())
    signed = hmac.new(secret, f"{message}.{seconds}.{body}".encode(), hashlib.sha256).digest()
    return {
        "webhook-id": str(message),
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{b64encode(signed).decode()}",
        "content-type": "application/json",
    }


def _is_number(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return host.replace(".", "").isdigit()
    return True
