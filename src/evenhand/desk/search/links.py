"""Where a hit is opened: matrix.to, which knows every client, and `matrix:` for one's own."""

from urllib.parse import quote

from evenhand.search.items import Item
from evenhand.search.lists import ItemKind

MATRIX_TO = "https://matrix.to/#/"


def web_link(item: Item) -> str:
    """Gives the permalink (Matrix specification, appendix "matrix.to navigation")."""
    match item.kind:
        case ItemKind.ROOM:
            return MATRIX_TO + _room(item)
        case ItemKind.POST:
            return f"{MATRIX_TO}{_id(item.room)}/{_id(item.id)}{_via(item)}"
        case ItemKind.ACCOUNT:
            return MATRIX_TO + _id(item.id)


def own_link(item: Item) -> str:
    """Gives the `matrix:` address (Matrix specification, appendix "Matrix URI scheme")."""
    match item.kind:
        case ItemKind.ROOM if item.aliases:
            return f"matrix:r/{_bare(item.aliases[0])}"
        case ItemKind.ROOM:
            return f"matrix:roomid/{_bare(item.id)}{_via(item)}"
        case ItemKind.POST:
            return f"matrix:roomid/{_bare(item.room)}/e/{_bare(item.id)}{_via(item)}"
        case ItemKind.ACCOUNT:
            return f"matrix:u/{_bare(item.id)}"


def _room(item: Item) -> str:
    return _id(item.aliases[0]) if item.aliases else _id(item.id) + _via(item)


def _via(item: Item) -> str:
    """Gives through which server a room without an address can be reached."""
    server = (item.room or item.id).partition(":")[2]
    return f"?via={quote(server, safe=':.')}" if server else ""


def _id(text: str) -> str:
    """Gives an id as a part of a link; a slash in it would end the part."""
    return quote(text, safe="!#@$:=+.-_~")


def _bare(text: str) -> str:
    return quote(text[1:], safe=":=+.-_~")
