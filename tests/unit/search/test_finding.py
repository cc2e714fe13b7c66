"""Queries: what is found, in which order, what is not, and how pages follow each other."""

from datetime import UTC, datetime

import pytest

from evenhand.base.errors import InputRefused
from evenhand.search.asking import Ask, Filters, Page, Trust
from evenhand.search.finding import Finder
from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.limits import QUERY_CHARACTERS_MAX
from evenhand.search.lists import ItemKind
from evenhand.search.masks import Masks
from evenhand.search.sight import Sight

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = bytes(32)


def room(name, *, at=NOW, members=10, topic="", alias=""):
    local = name.replace(" ", "_").lower()
    return Item(
        id=f"!{local}:a.test",
        kind=ItemKind.ROOM,
        at=at,
        title=name,
        text=topic,
        room=f"!{local}:a.test",
        aliases=(alias,) if alias else (),
        members=members,
    )


def post(number, text, *, room="!garden:a.test", account="@ann:a.test", language=""):
    return Item(
        id=f"${number}",
        kind=ItemKind.POST,
        at=NOW,
        text=text,
        room=room,
        account=account,
        language=language,
    )


@pytest.fixture
def index(tmp_path):
    made = Index.open(tmp_path)
    yield made
    made.close()


def finder(index, *items):
    index.put(items)
    index.commit()
    return Finder(index, KEY, lambda: NOW)


def ids(page):
    return [hit.item.id for hit in page.hits]


def asked(text, **more):
    return Ask(text=text, country="DE", **more)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Die Bundesgartenschau öffnet im Frühjahr", "gartenschau"),
        ("ราคากาแฟวันนี้ขึ้นอีกแล้ว", "กาแฟ"),
        ("今天天气很好，我们去公园散步", "公园散步"),
        ("أَهْلًا وسهلاً بكم في الحديقة", "حديقه"),
        ("हिन्दी में लिखी हुई किताबें", "किताब"),
        ("Yeni evlerimizden birinde oturuyoruz", "evlerimiz"),
        ("Café crème in der Früh", "cafe creme"),
        ("안녕하세요 세계 여러분", "세계"),
    ],
)
def test_words_are_found_in_their_language(index, text, query):
    seeker = finder(index, post(1, text), post(2, "Something else altogether"))

    assert ids(seeker.find(asked(query), sight=Sight())) == ["$1"]


@pytest.mark.parametrize("query", ["cofee roasters", "coffee raosters", "cofeee roastres"])
def test_a_mistake_is_forgiven(index, query):
    seeker = finder(index, room("Coffee Roasters"), room("Tea garden"))

    assert ids(seeker.find(asked(query), sight=Sight()))[0] == "!coffee_roasters:a.test"


def test_an_unfinished_word_is_found_while_somebody_types(index):
    seeker = finder(index, room("Photography club"), room("Philosophy"))

    found = seeker.find(asked("photogr", typing=True), sight=Sight())

    assert ids(found)[0] == "!photography_club:a.test"


def test_the_whole_name_comes_before_larger_rooms(index):
    seeker = finder(
        index, room("Chess", members=3), room("Chess and chess and more chess", members=90_000)
    )

    assert ids(seeker.find(asked("chess"), sight=Sight()))[0] == "!chess:a.test"


def test_trust_comes_before_size(index):
    first, second = room("Chess openings", members=50), room("Chess endings", members=9_000)
    seeker = finder(index, first, second)

    found = seeker.find(asked("chess"), sight=Sight(trust=Trust({second.id: 0.5})))

    assert ids(found) == [first.id, second.id]


def test_what_is_masked_is_not_found_and_leaves_its_place_to_others(index):
    hidden = [post(n, "leaf delivered tonight", room="!shop:a.test") for n in range(300)]
    seeker = finder(index, *hidden, post("kept", "a leaf for tonight's tea"))
    sight = Sight(masks=Masks(rooms={"!shop:a.test": frozenset()}))

    found = seeker.find(asked("leaf tonight"), sight=sight)

    assert ids(found) == ["$kept"]


def test_a_mask_for_one_country_holds_there_and_for_whom_nobody_can_place(index):
    seeker = finder(index, room("Steppe market"))
    sight = Sight(masks=Masks(rooms={"!steppe_market:a.test": frozenset({"KZ"})}))

    found = {
        country: len(seeker.find(Ask("steppe", country=country), sight=sight).hits)
        for country in ("KZ", "DE", None, "")
    }

    assert found == {"KZ": 0, "DE": 1, None: 0, "": 1}


def test_a_room_that_is_not_open_hides_its_posts(index):
    seeker = finder(index, post(1, "blue whale"), post(2, "blue whale", room="!sea:a.test"))

    found = seeker.find(asked("whale"), sight=Sight(is_open=lambda name: name == "!sea:a.test"))

    assert ids(found) == ["$2"]


def test_pages_repeat_nothing_and_end(index):
    items = [post(n, f"lantern number {n} by the sea") for n in range(57)]
    seeker = finder(index, *items)
    shown, after = [], ""

    while True:
        page = seeker.find(asked("lantern sea", limit=10, after=after), sight=Sight())
        shown += ids(page)
        after = page.after
        if not after:
            break

    assert sorted(shown) == sorted(item.id for item in items)


def test_a_token_of_another_query_is_refused(index):
    seeker = finder(index, *[post(n, f"lantern {n}") for n in range(30)])
    after = seeker.find(asked("lantern", limit=5), sight=Sight()).after

    with pytest.raises(InputRefused):
        seeker.find(asked("harbour", limit=5, after=after), sight=Sight())


@pytest.mark.parametrize(
    "text", ["", "   ", "!!! ???", "\x00\x01", "\u200b\u200d", "x" * (QUERY_CHARACTERS_MAX + 1)]
)
def test_what_cannot_be_sought_is_refused(index, text):
    seeker = finder(index, post(1, "anything"))

    with pytest.raises(InputRefused):
        seeker.find(asked(text), sight=Sight())


@pytest.mark.parametrize(
    "text",
    ["AND OR NOT", "title:x^9999", "((((( a", "a" * 500, "*" * 99 + "a", "[a TO z]", "\ud800a"],
)
def test_query_syntax_is_nothing_but_words(index, text):
    seeker = finder(index, post(1, "and or not"))

    seeker.find(asked(text), sight=Sight())


def test_a_phrase_in_quotes_stands_as_it_is(index):
    seeker = finder(index, post(1, "red door, blue window"), post(2, "blue door, red window"))

    assert ids(seeker.find(asked('"blue window"'), sight=Sight())) == ["$1"]


def test_filters_hold(index):
    seeker = finder(
        index,
        room("Harbour", members=5),
        room("Harbour tower", members=500),
        post(1, "harbour lights", language="en"),
        post(2, "harbour", language="de"),
    )

    def found(**filters):
        return sorted(ids(seeker.find(asked("harbour", filters=Filters(**filters)), sight=Sight())))

    assert found(kinds=frozenset({ItemKind.POST})) == ["$1", "$2"]
    assert found(language="de") == ["$2"]
    assert found(members_min=100) == ["!harbour_tower:a.test"]
    assert found(members_min=1, members_max=100) == ["!harbour:a.test"]
    assert found(room="!garden:a.test") == ["$1", "$2"]


def test_posts_that_say_the_same_are_one_hit_on_all_pages(index):
    copies = [post(n, "cheap blue whale toys") for n in range(30)]
    seeker = finder(index, *copies, *(post(f"x{n}", f"blue whale {n}") for n in range(3)))

    found, page = [], Page(after="first")
    while page.after:
        page = seeker.find(asked("blue whale toys", limit=2, after="" if not found else page.after),
                           sight=Sight())  # fmt: skip
        found += [hit.item.text for hit in page.hits]

    assert len(found) == len(set(found)) == 4


def test_a_whole_name_is_found_among_many_better_matches_of_its_words(index):
    louder = [
        room(f"sea {n}", topic="sea view " * 20, alias=f"#sea_{n}:a.test") for n in range(120)
    ]
    posts = [post(n, f"sea view sea view {n}") for n in range(200)]
    seeker = finder(index, *louder, *posts, room("view of a sea", topic="x"))

    assert (
        ids(seeker.find(asked("view of a sea", limit=5), sight=Sight()))[0]
        == "!view_of_a_sea:a.test"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("room", "!r\ud800:a.test"),
        ("language", "d\udfff"),
        ("room", "!" * 300),
        ("members_min", -1),
        ("members_min", 2**63),
        ("members_max", 2**70),
    ],
)
def test_a_filter_that_can_be_none_is_refused_by_name(index, field, value):
    seeker = finder(index, post(1, "whale"))

    with pytest.raises(InputRefused) as refused:
        seeker.find(asked("whale", filters=Filters(**{field: value})), sight=Sight())

    assert refused.value.fields["field"] == field
