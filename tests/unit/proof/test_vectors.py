"""The published test vectors of RFC 6962: those of the Certificate Transparency reference code.

The eight entries, the roots and the proofs are the ones that implementations of Certificate
Transparency have shared since 2013 (today: transparency-dev/merkle, testonly).
"""

from pathlib import Path

import pytest

from evenhand.proof.tiles import FolderFiles, TileReader, TileWriter
from evenhand.proof.tree import (
    EMPTY_ROOT,
    consistency_holds,
    consistency_path,
    inclusion_holds,
    inclusion_path,
    leaf_hash,
    root,
)

ENTRIES = [
    bytes.fromhex(one)
    for one in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
OVER_2_3 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
OVER_4_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
OVER_6_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
OVER_4_7 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
INCLUSION = [
    (0, 1, []),
    (0, 2, [LEAF_1]),
    (1, 2, [ROOTS[1]]),
    (2, 3, [ROOTS[2]]),
    (1, 5, [ROOTS[1], OVER_2_3, LEAF_4]),
    (0, 8, [LEAF_1, OVER_2_3, OVER_4_7]),
    (5, 8, [LEAF_4, OVER_6_7, ROOTS[4]]),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [LEAF_1, OVER_2_3, OVER_4_7]),
    (2, 5, [OVER_2_3, LEAF_4]),
    (6, 8, [OVER_4_5, OVER_6_7, ROOTS[4]]),
]


@pytest.fixture
def tiles(tmp_path: Path) -> TileReader:
    TileWriter(tmp_path, 0).append(ENTRIES)
    return TileReader(FolderFiles(tmp_path), len(ENTRIES))


def test_roots_are_the_published_ones(tmp_path: Path):
    writer = TileWriter(tmp_path, 0)

    found = [writer.append([entry]).hex() for entry in ENTRIES]

    assert [EMPTY_ROOT.hex(), *found] == ROOTS


@pytest.mark.parametrize(("index", "size", "published"), INCLUSION)
def test_inclusion_paths_are_the_published_ones(tiles, index: int, size: int, published: list[str]):
    path = inclusion_path(index, size, tiles)

    assert [one.hex() for one in path] == published
    leaf, head = leaf_hash(ENTRIES[index]), bytes.fromhex(ROOTS[size])
    assert inclusion_holds(leaf, index, size, path, head)
    assert not inclusion_holds(leaf_hash(b"another"), index, size, path, head)


@pytest.mark.parametrize(("old", "new", "published"), CONSISTENCY)
def test_consistency_paths_are_the_published_ones(tiles, old: int, new: int, published: list[str]):
    path = consistency_path(old, new, tiles)

    assert [one.hex() for one in path] == published
    heads = bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new])
    assert consistency_holds(old, new, *heads, path)
    if old != new:
        assert not consistency_holds(old, new, heads[1], heads[0], path)


def test_every_root_follows_from_the_tiles(tiles):
    assert [root(size, tiles).hex() for size in range(len(ENTRIES) + 1)] == ROOTS
