"""Verifiers that are not ours agree with ours: on a log of a million leaves, and on what is false.

`second` is made of the code with which the Go project checks its own checksum database; it checks
inclusion and consistency. `aics-tlog` is a reader of C2SP logs for Python 3.12; it runs where there
is one. Both are installed by these tests.
"""

import random
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.logs_of_tests import KEY, MadeLog, flipped, leaf, rewritten
from tests.verifiers_of_tests import aics, judged, said, second

from evenhand.cli import main
from evenhand.proof.tiles import FolderFiles, TileReader
from evenhand.proof.tree import (
    consistency_holds,
    consistency_path,
    inclusion_holds,
    inclusion_path,
    leaf_hash,
    root,
)

MILLION = 1_000_000
SIZES = 40
EARLIER = (1, 300, 65_536, 70_001)


@pytest.fixture(scope="module")
def verifier() -> Path:
    return second()


@pytest.fixture(scope="module")
def large() -> Iterator[MadeLog]:
    """A million leaves, in memory where the machine has such a folder: nothing here is kept."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    made = MadeLog(folder / "log")
    for size in (*EARLIER, MILLION):
        made.grow(size - len(made.leaves))
    yield made
    shutil.rmtree(folder)


@pytest.fixture
def small(tmp_path: Path) -> MadeLog:
    made = MadeLog(tmp_path / "log")
    made.grow(300)
    made.grow(400)
    return made


def ours(log: MadeLog, *notes: Path) -> bool:
    words = (
        ["consistency", str(log.folder), *map(str, notes)] if notes else ["log", str(log.folder)]
    )
    return main(["verify", *words, "--key", KEY]) == 0


def kept(log: MadeLog, size: int) -> Path:
    return log.folder.parent / f"{log.folder.name}-{size}.note"


def test_a_million_leaves_are_equal_to_ours_and_to_the_go_projects_code(large, verifier):
    assert ours(large)
    held, words = said(verifier, "log", large.folder, KEY)
    assert (held, words.split()[0]) == (True, str(MILLION))
    for size in EARLIER:
        assert ours(large, kept(large, size))
        assert said(verifier, "since", large.folder, KEY, kept(large, size))[0]


def test_a_million_leaves_are_equal_to_aics_tlog(large):
    reader = aics()
    if reader is None:
        pytest.skip("no Python 3.12 on this machine; the other verifier runs everywhere")

    assert said(*reader, large.folder, KEY, kept(large, 70_001)) == (True, str(MILLION))


def test_what_was_altered_is_found_by_each(small, verifier):
    reader = aics()
    chance = random.Random(3)
    # Partial tiles of the earlier size are left out: no reader of this checkpoint asks for them.
    files = [
        file
        for file in small.folder.rglob("*")
        if file.is_file() and file.suffix != ".json" and file.name not in {"44", "1"}
    ]

    for file in files:
        with flipped(file, chance.randrange(8 * file.stat().st_size)):
            assert not ours(small), file
            assert not said(verifier, "log", small.folder, KEY)[0], file
            if reader is not None:
                assert not said(*reader, small.folder, KEY)[0], file
    assert ours(small)
    assert said(verifier, "log", small.folder, KEY)[0]


def test_a_rewritten_day_is_found_by_each(small, verifier):
    reader = aics()
    anew = rewritten(
        small, [leaf(5, of="another day"), *small.leaves[1:], *map(leaf, range(900))], "anew"
    )

    assert ours(anew)
    assert said(verifier, "log", anew.folder, KEY)[0]
    assert not ours(anew, kept(small, 300))
    assert not said(verifier, "since", anew.folder, KEY, kept(small, 300))[0]
    if reader is not None:
        assert not said(*reader, anew.folder, KEY, kept(small, 300))[0]


def test_both_judge_every_proof_of_small_trees_alike(small, verifier):
    tiles = TileReader(FolderFiles(small.folder), SIZES)
    roots = [root(size, tiles) for size in range(SIZES + 1)]
    chance = random.Random(11)
    proofs, found = [], []
    for size in range(1, SIZES + 1):
        for index in range(size):
            path = inclusion_path(index, size, tiles)
            for one in (path, *spoiled(path, chance)):
                value = leaf_hash(small.leaves[index])
                proofs.append(
                    {"leaf": text(value), "index": index, "size": size, "root": text(roots[size])}
                    | {"path": [text(node) for node in one]}
                )
                found.append(inclusion_holds(value, index, size, one, roots[size]))
        for old in range(1, size + 1):
            path = consistency_path(old, size, tiles)
            for one in (path, *spoiled(path, chance)):
                proofs.append(
                    {"old_size": old, "old_root": text(roots[old]), "size": size}
                    | {"root": text(roots[size]), "path": [text(node) for node in one]}
                )
                found.append(consistency_holds(old, size, roots[old], roots[size], one))

    assert judged(verifier, proofs) == found
    assert found.count(True) >= SIZES * (SIZES + 1)
    assert found.count(False) > 3 * SIZES * SIZES


def spoiled(path: list[bytes], chance: random.Random) -> Iterator[list[bytes]]:
    """Gives proofs that are a little wrong."""
    yield [*path, chance.randbytes(32)]
    yield [chance.randbytes(32), *path]
    if path:
        yield path[:-1]
        yield path[1:]
        place = chance.randrange(len(path))
        yield [*path[:place], chance.randbytes(32), *path[place + 1 :]]
    if len(path) > 1:
        yield path[::-1]


def text(value: bytes) -> str:
    return b64encode(value).decode()
