"""The names of the rooms in which posts stand, for those who read them."""

from dataclasses import replace

from evenhand.search.asking import Page
from evenhand.search.index import Reader
from evenhand.search.lists import ItemKind
from evenhand.search.sight import Sight
from evenhand.search.vocabulary import shown_name


def with_room_names(page: Page, reader: Reader, sight: Sight, country: str | None) -> Page:
    """Gives a page with the name of each post's room, where that may be seen as well."""
    places = dict.fromkeys(hit.item.room for hit in page.hits if hit.item.kind is ItemKind.POST)
    rooms = [room for room in map(reader.get, places) if room is not None]
    shown = sight.seen(rooms, country)
    names = {room.id: shown_name(room) for room, seen in zip(rooms, shown, strict=True) if seen}
    hits = (
        replace(hit, room_name=names.get(hit.item.room, ""))
        if hit.item.kind is ItemKind.POST
        else hit
        for hit in page.hits
    )
    return replace(page, hits=tuple(hits))
