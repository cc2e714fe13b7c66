"""Pure: the link by which the holder of an account asks whether it was concerned."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date

from evenhand.base.sealing import token_for, token_holds

PURPOSE = "concerned"


def link_for(account: str, *, until: date, key: bytes) -> str:
    """Gives the path at which the holder of an account gets the answer, up to a day in UTC."""
    name = urlsafe_b64encode(account.encode()).decode().rstrip("=")
    token = token_for(PURPOSE, _subject(account, until), key=key)
    return f"/concerned/{name}/{until.isoformat()}/{token}/"


def holder(name: str, until: date, token: str, *, on: date, key: bytes) -> str | None:
    """Gives the account that a link was made for, or None where the link does not hold today."""
    try:
        account = urlsafe_b64decode(name.encode() + b"=" * (-len(name) % 4)).decode()
    except ValueError:
        return None
    holds = token_holds(token, PURPOSE, _subject(account, until), key=key)
    return account if holds and on <= until else None


def _subject(account: str, until: date) -> bytes:
    return f"{until}:{account}".encode()
