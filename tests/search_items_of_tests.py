"""A few things that can be found: a room, a post in it, who wrote it, and one in Arabic."""

from datetime import UTC, datetime

from evenhand.search.items import Item
from evenhand.search.lists import ItemKind

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

ROOM = Item(
    id="!garden:example.test",
    kind=ItemKind.ROOM,
    at=AT,
    title="Garden talk",
    text="Everything about a garden in the city: seeds, soil, and who lends a wheelbarrow.",
    room="!garden:example.test",
    aliases=("#garden:example.test",),
    language="en",
    members=1_234,
)
POST = Item(
    id="$first",
    kind=ItemKind.POST,
    at=AT,
    text="Mein Garten liegt im Schatten. A garden needs patience, and a fence against the deer.",
    room="!garden:example.test",
    account="@gardener:example.test",
    language="de",
    members=1_234,
)
ACCOUNT = Item(
    id="@gardener:example.test",
    kind=ItemKind.ACCOUNT,
    at=AT,
    title="Ada of the garden",
    account="@gardener:example.test",
)
ARABIC = Item(
    id="!hadiqa:example.test",
    kind=ItemKind.ROOM,
    at=AT,
    title="حديقة المدينة",
    text="كل شيء عن حديقة في المدينة: البذور والتربة ومن يعير عربة يد.",
    room="!hadiqa:example.test",
    aliases=("#hadiqa:example.test",),
    language="ar",
    members=87,
)
