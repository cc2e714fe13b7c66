"""The only writers of what closed rooms are known by."""

from collections.abc import Iterable

from evenhand.search.items import Item
from evenhand.search.models import ClosedRoom
from evenhand.search.queries import closings, without_facts


def keep_closed(items: Iterable[Item]) -> None:
    """Keeps what closed rooms are known by, beside the index."""
    rows = [
        ClosedRoom(
            room=item.id,
            at=item.at,
            title=item.title,
            text=item.text,
            account=item.account,
            avatar=item.avatar,
            aliases=list(without_facts(item).aliases),
        )
        for item in items
    ]
    ClosedRoom.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["room"],
        update_fields=["at", "title", "text", "account", "avatar", "aliases"],
    )


def forget_opened() -> int:
    """Forgets what rooms were known by that no decision closes any more; gives their number."""
    gone = ClosedRoom.objects.exclude(room__in=list(closings()))
    return gone.delete()[0]
