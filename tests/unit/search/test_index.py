"""The index: what is kept, replaced, removed, and what a kill leaves."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from evenhand.search.index import VERSION, Index, IndexInUse, IndexMissing, IndexUnusable
from evenhand.search.items import Item, RoomFacts
from evenhand.search.lists import ItemKind

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def item(name, *, room="!r", account="@a", text="words"):
    return Item(id=name, kind=ItemKind.POST, at=NOW, room=room, account=account, text=text)


@pytest.fixture
def index(tmp_path):
    made = Index.open(tmp_path)
    yield made
    made.close()


def test_an_item_comes_back_as_it_was(index):
    whole = Item(
        id="!r:a.test",
        kind=ItemKind.ROOM,
        at=NOW,
        title="Räume \ud83c\udf3f".encode("utf-16", "surrogatepass").decode("utf-16"),
        text="über alles",
        room="!r:a.test",
        aliases=("#räume:a.test",),
        avatar="mxc://a.test/x",
        language="de",
        members=7,
        facts=RoomFacts(alias="#räume:a.test", join_rule="public", world_readable=True),
    )
    index.put([whole])
    index.commit()

    assert list(index.items()) == [whole]
    assert index.get("!r:a.test") == whole


def test_what_is_put_again_takes_its_place(index):
    index.put([item("$1", text="old")])
    index.put([item("$1", text="new")])
    index.commit()

    assert [one.text for one in index.items()] == ["new"]
    assert len(index) == 1


def test_rooms_and_accounts_go_with_all_of_theirs(index):
    index.put([item("$1", room="!a"), item("$2", room="!b"), item("$3", room="!b", account="@z")])
    index.commit()
    index.remove(rooms=["!a"], accounts=["@z"])
    index.commit()

    assert [one.id for one in index.items()] == ["$2"]


def test_what_was_not_committed_is_not_there_afterwards(tmp_path):
    first = Index.open(tmp_path)
    first.put([item("$1")])
    first.commit()
    first.put([item("$2")])
    first.close()
    again = Index.open(tmp_path)

    assert [one.id for one in again.items()] == ["$1"]
    again.close()


def test_one_process_writes_and_others_read(tmp_path):
    writer = Index.open(tmp_path)
    writer.put([item("$1")])
    writer.commit()
    with pytest.raises(IndexInUse):
        Index.open(tmp_path)
    reader = Index.open(tmp_path, read_only=True)
    writer.put([item("$2")])
    writer.commit()
    reader.refresh()

    assert sorted(one.id for one in reader.items()) == ["$1", "$2"]
    writer.close()


def test_a_folder_without_index_is_told(tmp_path):
    (tmp_path / f"v{VERSION}").mkdir()
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(IndexMissing):
            Index.open(folder, read_only=True)


WRITES = """
import sys
from pathlib import Path
from tests.unit.search.test_index import item
from evenhand.search.index import Index

index = Index.open(Path(sys.argv[1]))
for number in range(1_000_000):
    index.put([item(f"${number}"), item(f"$again{number}")])
    index.commit()
    print(number, flush=True)
"""


def test_a_kill_leaves_what_was_committed_and_nothing_else(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", WRITES, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        committed = [int(writer.stdout.readline()) for _ in range(7)]
        writer.kill()
        committed += map(int, writer.stdout.read().split())

    with Index.open(tmp_path) as index:
        found = {one.id for one in index.items()}
        index.put([item("$after")])
        index.commit()

        # A commit may have ended of which the writer could not tell any more.
        whole = {f"{name}{number}" for number in committed for name in ("$", "$again")}
        last = committed[-1] + 1
        assert found in (whole, whole | {f"${last}", f"$again{last}"})
        assert index.get("$after") is not None


def test_a_damaged_folder_is_told_with_what_to_do(tmp_path):
    with Index.open(tmp_path) as index:
        index.put([item("$1")])
        index.commit()
    for file in tmp_path.rglob("meta.json"):
        file.write_text("{")

    with pytest.raises(IndexUnusable) as told:
        Index.open(tmp_path)

    assert "filled anew" in told.value.remedy
