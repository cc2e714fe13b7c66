"""What a card of one hit shows; pictures are not loaded, so that nobody learns who looks."""

from dataclasses import dataclass
from datetime import datetime
from unicodedata import bidirectional
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format

from evenhand.desk.search.excerpts import Piece, excerpt
from evenhand.desk.search.links import own_link, web_link
from evenhand.desk.search.tongues import TONGUES
from evenhand.desk.texts import line
from evenhand.search.asking import Hit
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind

TITLE_CHARACTERS_MAX = 160
_STRONG = frozenset({"L", "R", "AL"})


@dataclass(frozen=True, slots=True)
class Row:
    """One card.

    direction  in which its words are written: ltr or rtl
    title      a room's or an account's name, else its id; empty for a post
    letter     stands where a picture would
    place      a room's address; of a post, that of its room where its name is not known
    room_name  of a post, what its room is called
    author     who wrote a post, or the account itself
    language   ISO 639-1; empty if nobody can tell
    tongue     what that language calls itself
    members    how many are in the room, as the reader writes numbers; empty where none is known
    """

    kind: ItemKind
    direction: str
    title: str
    letter: str
    pieces: tuple[Piece, ...]
    place: str
    room_name: str
    author: str
    language: str
    tongue: str
    members: str
    at: datetime
    web_link: str
    own_link: str
    report_link: str


def row_of(hit: Hit, query: str) -> Row:
    """Gives the card of a hit."""
    item = hit.item
    link = web_link(item)
    title = line(item.title)[:TITLE_CHARACTERS_MAX]
    return Row(
        kind=item.kind,
        direction=_direction(title + item.text),
        title=title if item.kind is ItemKind.POST else title or _address(item),
        letter=_letter(title or item.account or _address(item)),
        pieces=excerpt(item.text, query),
        place="" if item.kind is ItemKind.ACCOUNT or hit.room_name else _address(item),
        room_name=line(hit.room_name)[:TITLE_CHARACTERS_MAX],
        author=item.account,
        language=item.language,
        tongue=TONGUES.get(item.language, ""),
        members=number_format(item.members, force_grouping=True) if item.members else "",
        at=item.at,
        web_link=link,
        own_link=own_link(item),
        report_link=f"{reverse('report_form')}?{urlencode({'place': link})}",
    )


def _address(item: Item) -> str:
    return item.aliases[0] if item.aliases else item.room or item.id


def _direction(text: str) -> str:
    """Gives the direction of the first letter that has one, as a browser's `dir=auto` does."""
    strong = (bidirectional(sign) for sign in text)
    return "rtl" if next((one for one in strong if one in _STRONG), "L") != "L" else "ltr"


def _letter(text: str) -> str:
    """Gives the first letter or digit of a name."""
    return next((sign.upper()[:1] for sign in text if sign.isalnum()), "·")
