"""`evenhand audit`: keeps checkpoints, and cries out when a log no longer continues them."""

import fcntl
from pathlib import Path

import pytest
from tests.logs_of_tests import KEY, SIGNER, MadeLog, leaf, rewritten

from evenhand.cli import main
from evenhand.proof.keys import LogKeys
from evenhand.proof.notes import Checkpoint, Signer, sign

NEW = Signer("desk.example/log", b"\x07" * 32)


@pytest.fixture
def log(tmp_path: Path) -> MadeLog:
    made = MadeLog(tmp_path / "log")
    made.grow(300)
    return made


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def audit(log: MadeLog, state: Path, *more: str) -> int:
    return main(["audit", str(log.folder), "--state", str(state), "--once", *more])


def test_a_log_that_grows_is_followed(log: MadeLog, state: Path, capsys):
    found = [audit(log, state)]
    for count in (1, 0, 700):
        log.grow(count) if count else None
        found.append(audit(log, state))

    said = capsys.readouterr().out
    assert found == [0, 0, 0, 0]
    assert [line.split("UTC ")[1].split()[0] for line in said.splitlines()] == [
        "first",
        "grew",
        "unchanged:",
        "grew",
    ]
    assert len(list((state / "checkpoints").iterdir())) == 3


def test_a_fork_is_cried_out_and_both_notes_are_kept(log: MadeLog, state: Path, capsys):
    assert audit(log, state) == 0
    leaves = [leaf(5, of="another day"), *log.leaves[1:], *map(leaf, range(900))]
    anew = rewritten(log, leaves, "anew")

    assert audit(anew, state) == 1

    assert "ALARM" in capsys.readouterr().err
    (evidence,) = (state / "forks").iterdir()
    assert (evidence / "kept.note").read_text() == (log.folder / "checkpoint").read_text()
    assert (evidence / "shown.note").read_text() == (anew.folder / "checkpoint").read_text()
    assert (state / "latest.note").read_text() == (log.folder / "checkpoint").read_text()
    assert audit(log, state) == 0


def test_two_roots_for_one_size_are_cried_out(log: MadeLog, state: Path):
    assert audit(log, state) == 0
    note = sign(Checkpoint("desk.example/log", 300, b"\x09" * 32), [SIGNER])
    (log.folder / "checkpoint").write_text(note)

    assert audit(log, state) == 1
    assert len(list((state / "forks").iterdir())) == 1


def test_an_older_state_is_told_and_the_newer_one_kept(log: MadeLog, state: Path, capsys):
    older = (log.folder / "checkpoint").read_text()
    log.grow(100)
    assert audit(log, state) == 0
    (log.folder / "checkpoint").write_text(older)

    assert audit(log, state) == 0
    assert "shows an older state" in capsys.readouterr().out
    assert "\n400\n" in (state / "latest.note").read_text()


def test_an_older_state_that_never_was_is_a_fork(log: MadeLog, state: Path):
    assert audit(log, state) == 0
    anew = rewritten(log, [leaf(5, of="another day"), *log.leaves[1:200]], "anew")
    (log.folder / "checkpoint").write_text((anew.folder / "checkpoint").read_text())

    assert audit(log, state) == 1
    assert len(list((state / "forks").iterdir())) == 1


def test_the_keys_of_the_first_look_stay(log: MadeLog, state: Path, tmp_path: Path):
    assert audit(log, state) == 0
    thief = MadeLog(tmp_path / "thief", NEW)
    thief.add(log.leaves)

    assert audit(thief, state) == 1


def test_a_key_that_the_old_one_signed_is_followed(log: MadeLog, state: Path):
    assert audit(log, state, "--key", KEY) == 0
    keys = LogKeys(SIGNER.verifier).followed_by(NEW.verifier, old=SIGNER)
    log.signer = NEW
    log.grow(10)
    (log.folder / "keys.json").write_text(keys.as_json())

    assert audit(log, state) == 0


def test_a_log_with_many_keys_is_followed_from_its_first(log: MadeLog, state: Path):
    keys, signer = LogKeys(SIGNER.verifier), SIGNER
    for number in range(25):
        new = Signer("desk.example/log", bytes([50 + number]) * 32)
        keys, signer = keys.followed_by(new.verifier, old=signer), new
    log.signer = signer
    log.grow(10)
    (log.folder / "keys.json").write_text(keys.as_json())

    assert [audit(log, state), audit(log, state)] == [0, 0]
    assert (state / "keys").read_text() == "".join(f"{key}\n" for key in keys.chain())


def test_a_log_that_is_not_there_is_unreadable_and_nothing_is_lost(log: MadeLog, state: Path):
    assert audit(log, state) == 0
    note = (log.folder / "checkpoint").read_text()
    (log.folder / "checkpoint").unlink()

    assert audit(log, state) == 2
    assert (state / "latest.note").read_text() == note


@pytest.mark.parametrize("name", ["keys", "keys.json", "latest.note"])
@pytest.mark.parametrize("content", [b"", b"\xff", b"{}", b"[]" * 60_000])
def test_a_broken_file_of_the_audits_own_is_said_in_words(
    log: MadeLog, state: Path, capsys, name: str, content: bytes
):
    assert audit(log, state) == 0
    (state / name).write_bytes(content)

    assert audit(log, state) in {1, 2}
    said = capsys.readouterr().err
    assert "what to do" in said
    assert "Traceback" not in said


def test_one_folder_is_for_one_audit_at_a_time(log: MadeLog, state: Path, capsys):
    state.mkdir()
    with (state / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert audit(log, state) == 2
    assert "Another audit" in capsys.readouterr().err
    assert audit(log, state) == 0


def test_looks_are_not_closer_than_ten_seconds(log: MadeLog, state: Path, capsys):
    assert audit(log, state, "--every", "1") == 2
    assert "at least 10 seconds" in capsys.readouterr().err
