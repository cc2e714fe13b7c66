"""A tree that grows by tiles is the tree of RFC 6962, whatever the steps, and keeps its files."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import InputRefused, NotFound
from evenhand.proof.tiles import (
    FolderFiles,
    TileReader,
    TileWriter,
    leaves_under,
    prune,
    tile_path,
    unbundled,
)
from evenhand.proof.tree import (
    EMPTY_ROOT,
    consistency_holds,
    consistency_path,
    inclusion_holds,
    inclusion_path,
    leaf_hash,
    node_hash,
)


def entry(number: int) -> bytes:
    return number.to_bytes(4, "big") * (number % 9)


def naive_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962 section 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(naive_root(leaves[:half]), naive_root(leaves[half:]))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 600), min_size=1, max_size=4), st.data())
def test_any_steps_give_the_tree_and_every_proof(tmp_path_factory, steps, data):
    folder = tmp_path_factory.mktemp("log")
    heads = [(0, EMPTY_ROOT)]
    for step in steps:
        size = heads[-1][0]
        root = TileWriter(folder, size).append([entry(n) for n in range(size, size + step)])
        heads.append((size + step, root))
    size, root = heads[-1]
    entries = [entry(number) for number in range(size)]
    reader = TileReader(FolderFiles(folder), size)
    index = data.draw(st.integers(0, size - 1))

    assert root == naive_root(entries) == reader.root()
    assert list(reader.entries()) == entries
    assert list(reader.entries(index, index + 300)) == entries[index : index + 300]
    path = inclusion_path(index, size, reader)
    assert inclusion_holds(leaf_hash(entries[index]), index, size, path, root)
    assert not inclusion_holds(leaf_hash(b"other"), index, size, path, root)
    for old_size, old_root in heads:
        proof = consistency_path(old_size, size, reader)
        assert consistency_holds(old_size, size, old_root, root, proof)
        assert old_size in {0, size} or not consistency_holds(old_size, size, root, root, proof)


def test_a_reader_of_the_old_tree_sees_no_change_while_it_grows(tmp_path: Path):
    root = TileWriter(tmp_path, 0).append([entry(number) for number in range(300)])
    old = TileReader(FolderFiles(tmp_path), 300)

    TileWriter(tmp_path, 300).append([entry(number) for number in range(300, 70_000)])

    assert old.root() == root
    assert TileReader(FolderFiles(tmp_path), 300).root() == root


def test_a_partial_tile_may_be_gone_once_the_full_one_is_there(tmp_path: Path):
    root = TileWriter(tmp_path, 0).append([entry(number) for number in range(300)])
    TileWriter(tmp_path, 300).append([entry(number) for number in range(300, 600)])
    (tmp_path / tile_path(0, 1, 44)).unlink()

    assert TileReader(FolderFiles(tmp_path), 300).root() == root


def test_partial_tiles_that_became_full_are_taken_away_and_old_readers_go_on(tmp_path: Path):
    root = TileWriter(tmp_path, 0).append([entry(number) for number in range(65_000)])
    new_root = TileWriter(tmp_path, 65_000).append(
        [entry(number) for number in range(65_000, 66_000)]
    )

    prune(tmp_path, before=65_000, size=66_000)

    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.p/*")}
    assert left == {
        "tile/entries/257.p/208", "tile/0/257.p/208", "tile/1/001.p/1", "tile/2/000.p/1",
    }  # fmt: skip
    assert TileReader(FolderFiles(tmp_path), 65_000).root() == root
    assert TileReader(FolderFiles(tmp_path), 66_000).root() == new_root
    assert TileWriter(tmp_path, 66_000).append([b"more"]) != new_root


def test_a_tree_written_anew_from_the_same_size_forgets_what_was_broken_off(tmp_path: Path):
    TileWriter(tmp_path, 0).append([entry(number) for number in range(100)])
    TileWriter(tmp_path, 100).append([b"broken off"] * 700)

    root = TileWriter(tmp_path, 100).append([entry(number) for number in range(100, 500)])

    assert root == naive_root([entry(number) for number in range(500)])


@pytest.mark.parametrize(
    ("number", "width", "path"),
    [
        (0, 256, "tile/3/000"),
        (1234067, 256, "tile/3/x001/x234/067"),
        (1000, 5, "tile/3/x001/000.p/5"),
        (999, 1, "tile/3/999.p/1"),
    ],
)
def test_numbers_are_written_in_groups_of_three(number, width, path):
    assert tile_path(3, number, width) == path


@pytest.mark.parametrize(
    ("level", "number", "width", "leaves"),
    [
        (0, 0, 256, 256),
        ("entries", 2, 7, 519),
        (1, 0, 3, 768),
        (2, 1234, 256, 1235 * 256**3),
        (0, 1_234_067, 1, 1_234_067 * 256 + 1),
    ],
)
def test_a_file_needs_as_many_leaves_as_stand_before_its_end(level, number, width, leaves):
    assert leaves_under(tile_path(level, number, width)) == leaves


def test_what_is_cut_off_or_missing_is_said(tmp_path: Path):
    TileWriter(tmp_path, 0).append([entry(number) for number in range(300)])
    bundle = tmp_path / tile_path("entries", 0)
    bundle.write_bytes(bundle.read_bytes()[:-1])

    with pytest.raises(InputRefused):
        TileReader(FolderFiles(tmp_path), 300).bundle(0)
    with pytest.raises(InputRefused):
        unbundled(b"\0")
    with pytest.raises(NotFound):
        TileReader(FolderFiles(tmp_path / "nowhere"), 300).root()
    with pytest.raises(InputRefused):
        TileReader(FolderFiles(tmp_path), 300).entry(300)
