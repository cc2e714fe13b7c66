"""Pictures against named lists: the nearest decides, and answers are kept while their lists are."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from evenhand.signals import picture_lists
from evenhand.signals.image_hash import PdqIndex
from evenhand.signals.media import HashLists
from evenhand.signals.media_watch import WatchedHashLists

CHANCE = np.random.default_rng(11)
ONE, TWO = CHANCE.bytes(32), CHANCE.bytes(32)


def turned(value: bytes, count: int, first: int = 0) -> bytes:
    number = int.from_bytes(value, "big")
    for bit in range(first, first + count):
        number ^= 1 << bit
    return number.to_bytes(32, "big")


def near(lists: HashLists, *pictures: list[bytes] | None) -> list[tuple[object, ...]]:
    """Gives for each row how many pictures are near, the list of the nearest and its distance."""
    column = pa.array(pictures, pa.list_(pa.binary(32)))
    found = lists.look_up([], np.ones(len(pictures), np.bool_), column)
    listed, name, distance = (
        found["media_near_listed"], found["media_near_list"], found["media_near_distance"],
    )  # fmt: skip
    assert name.known is not None
    return [
        (count, name.words[name.values[row]], int(distance.values[row]))
        if name.known[row]
        else (count,)
        for row, count in enumerate(listed.values.tolist())
    ]


def test_each_row_says_how_many_pictures_are_near_and_which_is_nearest():
    lists = HashLists.of({}, {"b": [ONE], "a": [TWO]})

    found = near(lists, [turned(ONE, 9), turned(TWO, 31)], None, [], [turned(ONE, 32)], [TWO])

    assert found == [(2, "b", 9), (0,), (0,), (0,), (1, "a", 0)]


def test_of_two_pictures_equally_near_the_first_list_by_name_is_named():
    lists = HashLists.of({}, {"b": [ONE], "a": [TWO]})

    assert near(lists, [turned(ONE, 5), turned(TWO, 5)]) == [(2, "a", 5)]


def test_the_share_of_frames_that_look_like_listed_pictures_is_told():
    lists = HashLists.of({}, {"a": [ONE]})
    frames = [[turned(ONE, 3), TWO, TWO, TWO], [ONE], [TWO], [], None]
    column = pa.array(frames, pa.list_(pa.binary(32)))

    share = lists.look_up([], np.ones(5, np.bool_), column)["media_near_share"]

    assert share.known is not None
    assert share.known.tolist() == [True, True, True, False, False]
    assert share.values[:3].tolist() == [0.25, 1.0, 0.0]


def test_a_false_match_that_is_allowed_frees_what_is_nearer_to_it():
    innocent = turned(ONE, 20)
    lists = HashLists.of({}, {"a": [ONE], "false_matches.allow": [innocent]})

    assert lists.names == ("a",)
    assert near(lists, [innocent], [turned(ONE, 18)]) == [(0,), (0,)]
    assert near(lists, [turned(ONE, 10)]) == [(0,)], "as near to one as to the other"
    assert near(lists, [ONE], [turned(ONE, 9)]) == [(1, "a", 0), (1, "a", 9)]


def test_a_listed_picture_that_is_allowed_itself_never_matches():
    lists = HashLists.of({}, {"a": [ONE], "false_matches.allow": [ONE]})

    assert near(lists, [ONE], [turned(ONE, 31)]) == [(0,), (0,)]


def test_rows_that_are_not_watched_are_null():
    lists = HashLists.of({}, {"a": [ONE]})
    found = lists.look_up([], np.array([False]), pa.array([[ONE]], pa.list_(pa.binary(32))))

    for name in ("media_near_listed", "media_near_list", "media_near_distance", "media_near_share"):
        assert found[name].known is not None
        assert not found[name].known.any()


def test_what_is_forwarded_is_searched_once(monkeypatch: pytest.MonkeyPatch):
    lists = HashLists.of({}, {"a": [ONE]})
    asked: list[int] = []
    search = PdqIndex.nearest

    def counted(index: PdqIndex, rows: np.ndarray):
        asked.append(len(rows))
        return search(index, rows)

    monkeypatch.setattr(PdqIndex, "nearest", counted)
    far = CHANCE.bytes(32)

    first = near(lists, [turned(ONE, 3), far, far], [turned(ONE, 3)], [ONE])
    again = near(lists, [turned(ONE, 3), far, far], [turned(ONE, 3)], [ONE])

    assert first == again == [(1, "a", 3), (1, "a", 3), (1, "a", 0)]
    assert asked == [3]


def test_answers_that_push_each_other_out_stay_right(monkeypatch: pytest.MonkeyPatch):
    """More pictures than answers are kept, asked for by several threads at once."""
    listed = [CHANCE.bytes(32) for _ in range(400)]
    lists = HashLists.of({}, {"a": listed[::2], "b": listed[1::2]})
    many = [turned(listed[k % 400], k % 40, first=k % 200) for k in range(picture_lists.RECENT)]
    chosen = [many[k] for k in CHANCE.integers(0, len(many), 4_000)] + many[:400]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: near(lists, *([one] for one in chosen)), range(8)))

    fresh = near(HashLists.of({}, {"a": listed[::2], "b": listed[1::2]}), *([k] for k in chosen))
    assert all(answer == fresh for answer in answers)


def test_a_list_of_pictures_follows_its_folder(tmp_path: Path):
    lists = WatchedHashLists(tmp_path)
    (tmp_path / "operator.pdq").write_text(ONE.hex() + "\n")
    (tmp_path / "operator.sha256").write_text(TWO.hex() + "\n")

    assert lists.refresh()
    assert (lists.lists.names, len(lists.lists)) == (("operator",), 2)
    assert near(lists.lists, [turned(ONE, 4)], [TWO]) == [(1, "operator", 4), (0,)]

    (tmp_path / "checked.allow.pdq").write_text(turned(ONE, 4).hex())
    assert lists.refresh()
    assert near(lists.lists, [turned(ONE, 4)], [ONE]) == [(0,), (1, "operator", 0)]
