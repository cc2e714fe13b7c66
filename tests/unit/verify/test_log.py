"""`evenhand verify log`: whatever was altered in any file of a log is found and named."""

import random
import sys
from pathlib import Path

import pytest
from tests.logs_of_tests import KEY, MadeLog, flip, flipped, leaf

from evenhand.cli import main
from evenhand.proof.notes import Signer
from evenhand.proof.tiles import bundle

SIZE = 600
BITS_EACH = 24


@pytest.fixture
def log(tmp_path: Path) -> MadeLog:
    made = MadeLog(tmp_path / "log")
    made.grow(SIZE)
    return made


def verify(log: MadeLog, *more: str) -> int:
    return main(["verify", "log", str(log.folder), *more])


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 1000])
def test_a_log_as_it_was_written_is_equal(tmp_path: Path, size: int):
    made = MadeLog(tmp_path / "log")
    made.grow(size // 2)
    made.grow(size - size // 2)

    assert verify(made, "--key", KEY) == 0


def test_a_log_of_three_levels_is_equal(tmp_path: Path):
    made = MadeLog(tmp_path / "log")
    made.grow(256 * 256 + 300)

    assert verify(made, "--key", KEY) == 0


def test_a_public_site_with_the_log_in_its_folder_is_taken_too(log: MadeLog, capsys):
    assert main(["verify", "log", str(log.folder.parent), "--key", KEY]) == 0
    assert f"{SIZE} entries" in capsys.readouterr().out


def test_it_says_what_was_not_checked(log: MadeLog, capsys):
    assert verify(log) == 0

    said = capsys.readouterr().out
    assert "taken from the log itself" in said
    assert "never recorded" in said


def test_a_flipped_bit_in_any_file_is_found(log: MadeLog):
    chance = random.Random(7)
    files = [path for path in log.folder.rglob("*") if path.is_file()]

    missed = []
    for file in files:
        bits = 8 * file.stat().st_size
        for bit in {0, bits - 1, *(chance.randrange(bits) for _ in range(BITS_EACH))}:
            with flipped(file, bit):
                if verify(log, "--key", KEY) == 0:
                    missed.append((file.relative_to(log.folder), bit))

    assert len(files) == 9
    assert missed == []


def test_the_file_that_differs_is_named(log: MadeLog, capsys):
    flip(log.folder / "tile/0/001", 77)

    assert verify(log, "--key", KEY) == 1
    assert "tile/0/001" in capsys.readouterr().out


def test_a_leaf_dropped_from_a_bundle_is_found(log: MadeLog, capsys):
    file = log.folder / "tile/entries/001"
    file.write_bytes(bundle([leaf(number) for number in range(257, 512)]))

    assert verify(log, "--key", KEY) == 1
    assert "255 entries where 256 are signed" in capsys.readouterr().out


def test_a_leaf_dropped_everywhere_is_found(log: MadeLog):
    without = MadeLog(log.folder.parent / "without")
    without.add([*log.leaves[:100], *log.leaves[101:], leaf(9999)])
    (without.folder / "checkpoint").write_text((log.folder / "checkpoint").read_text())

    assert verify(without, "--key", KEY) == 1


def test_two_leaves_in_each_others_place_are_found(log: MadeLog):
    swapped = MadeLog(log.folder.parent / "swapped")
    swapped.add([log.leaves[1], log.leaves[0], *log.leaves[2:]])
    (swapped.folder / "checkpoint").write_text((log.folder / "checkpoint").read_text())

    assert verify(swapped, "--key", KEY) == 1


def test_a_log_signed_by_somebody_else_is_not_believed(log: MadeLog):
    foreign = Signer("desk.example/log", b"\x02" * 32)

    assert verify(log, "--key", str(foreign.verifier)) == 1


def test_a_missing_file_is_told_as_unreadable(log: MadeLog, capsys):
    (log.folder / "tile/0/001").unlink()

    assert verify(log, "--key", KEY) == 2
    assert "tile/0/001" in capsys.readouterr().err


def test_files_beyond_the_checkpoint_do_no_harm(log: MadeLog):
    signed = (log.folder / "checkpoint").read_text()
    log.grow(300)
    (log.folder / "checkpoint").write_text(signed)

    assert verify(log, "--key", KEY) == 0


def test_a_partial_tile_may_be_gone_once_the_full_one_is_there(log: MadeLog):
    signed = (log.folder / "checkpoint").read_text()
    log.grow(168 + 256)
    (log.folder / "checkpoint").write_text(signed)
    for file in log.folder.rglob("*.p/88"):
        file.unlink()

    assert verify(log, "--key", KEY) == 0


def test_a_bar_is_drawn_at_a_terminal_alone(log: MadeLog, capsys, monkeypatch):
    assert verify(log, "--key", KEY) == 0
    assert "reading the log" not in capsys.readouterr().err

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert verify(log, "--key", KEY) == 0
    assert "reading the log" in capsys.readouterr().err
