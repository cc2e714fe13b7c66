"""`evenhand verify inclusion` and `consistency`: receipts, and checkpoints that were kept."""

import json
from pathlib import Path

import pytest
from tests.logs_of_tests import (
    KEY,
    OTHER,
    SALT,
    SIGNER,
    MadeLog,
    altered,
    leaf,
    record,
    rewritten,
)

from evenhand.cli import main
from evenhand.proof.keys import SUCCESSION, LogKeys
from evenhand.proof.leaves import canonical, commitment, joined
from evenhand.proof.notes import (
    COSIGNATURE,
    Checkpoint,
    Cosigner,
    Signer,
    Verifier,
    sign,
    sign_text,
)
from evenhand.proof.receipts import Receipt
from evenhand.proof.tiles import FolderFiles, TileReader
from evenhand.proof.tree import inclusion_path

NEW = Signer("desk.example/log", b"\x07" * 32)


@pytest.fixture
def log(tmp_path: Path) -> MadeLog:
    made = MadeLog(tmp_path / "log")
    made.grow(200)
    made.add([record()])
    made.grow(500)
    return made


def inclusion(receipt: Path, *more: str) -> int:
    return main(["verify", "inclusion", str(receipt), "--key", KEY, *more])


def consistency(log: MadeLog, *notes: Path) -> int:
    words = ["verify", "consistency", str(log.folder), *map(str, notes)]
    return main([*words, "--key", KEY])


def test_a_receipt_holds_with_and_without_the_log(log: MadeLog, capsys):
    receipt = log.receipt()
    log.grow(1000)

    assert inclusion(receipt) == 0
    assert inclusion(receipt, "--log", str(log.folder)) == 0
    said = capsys.readouterr().out
    assert "m.spam" in said
    assert "1701 leaves" in said


@pytest.mark.parametrize(
    "fields",
    [
        {"shown": {"id": "x", "kind": "decision", "harm": "m.harassment"}},
        {"index": 201},
        {"index": -1},
        {"size": 700},
        {"salt": "00" * 32},
        {"other": "00" * 32},
        {"leaf": "00" * 32},
        {"path": []},
    ],
)
def test_an_altered_receipt_is_refused(log: MadeLog, fields: dict[str, object]):
    assert inclusion(altered(log.receipt(), **fields)) == 1


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": "evenhand-receipt-1"}', "[" * 50_000, "\x00"]
)
def test_what_is_no_receipt_is_unreadable(tmp_path: Path, text: str, capsys):
    file = tmp_path / "receipt.json"
    file.write_text(text)

    assert inclusion(file) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "fields",
    [
        {"index": 200.5},
        {"index": 200.0},
        {"index": "200"},
        {"index": True},
        {"index": float("inf")},
        {"index": float("nan")},
        {"index": 10**400},
        {"size": "701"},
        {"size": False},
        {"shown": [["id", "x"]]},
        {"salt": " ".join(["05"] * 32)},
        {"path": "x"},
        {"checkpoint": 1},
        {"checkpoint": "\ud800\n\n"},
        {"more": 1},
    ],
)
def test_a_receipt_with_values_of_another_kind_is_unreadable(
    log: MadeLog, fields: dict[str, object], capsys
):
    assert inclusion(altered(log.receipt(), **fields)) == 2
    assert "what: receipt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"shown": {', '"shown": {"harm": "m.other"}, "shown": {'),
        ('"shown": {', '"shown": {"harm": "m.other", '),
        ('"index": 200', '"index": Infinity'),
        ('"index": 200', '"index": 1e999'),
        ('"index": 200', '"index": 1' + "0" * 5000),
        ('"shown": {', '"shown": {"y": ' + "[" * 3000 + "]" * 3000 + ", "),
        ('"shown": {', '"shown": {"y": ' + "[" * 700 + "]" * 700 + ", "),
    ],
)
def test_a_receipt_that_readers_would_read_otherwise_is_unreadable(
    log: MadeLog, old: str, new: str, capsys
):
    receipt = log.receipt()
    receipt.write_text(receipt.read_text().replace(old, new, 1))

    assert inclusion(receipt) in {1, 2}
    assert "Traceback" not in capsys.readouterr().err


def test_what_a_receipt_shows_moves_no_cursor_and_adds_no_line(tmp_path: Path, capsys):
    shown = {
        "id": "019a, with exactly these classes: harm m.other",
        "kind": "x\x1b[2K\r\nEqual.\n  checked      the key\x9b1A",
        "z\u202ez": "\x1b]0;owned\x07",
    }
    log = MadeLog(tmp_path / "log")
    log.add([joined(commitment(SALT, canonical(shown)), OTHER), *(map(leaf, range(255)))])
    path = inclusion_path(0, 256, TileReader(FolderFiles(log.folder), 256))
    note = (log.folder / "checkpoint").read_text()
    file = tmp_path / "receipt.json"
    file.write_text(Receipt(shown, SALT, OTHER, 0, 256, tuple(path), note).as_json())

    assert inclusion(file) == 0

    said = capsys.readouterr().out
    assert all(sign.isprintable() or sign == "\n" for sign in said)
    assert said.count("Equal.") == 2
    assert len(said.splitlines()) == 5
    assert 'the record "019a, with' in said


def test_a_receipt_of_a_record_that_was_rewritten_is_refused(log: MadeLog):
    receipt = log.receipt()
    anew = rewritten(log, [leaf(1) if one == record() else one for one in log.leaves], "anew")

    assert inclusion(receipt, "--log", str(anew.folder)) == 1


def test_a_log_continues_each_checkpoint_that_was_kept(tmp_path: Path):
    log = MadeLog(tmp_path / "log")
    kept = [log.grow(count) for count in (1, 254, 1, 1, 255, 700, 65_000)]

    assert [consistency(log, note) for note in kept] == [0] * len(kept)
    assert consistency(log, kept[-1], kept[0]) == 0


@pytest.mark.parametrize("place", [0, 99, 700])
def test_a_rewritten_day_is_found_by_who_kept_a_checkpoint(log: MadeLog, place: int, capsys):
    kept = Path(f"{log.folder}-701.note")
    leaves = [*log.leaves, *(leaf(number) for number in range(2000, 2300))]
    leaves[place] = leaf(5, of="another day")
    anew = rewritten(log, leaves, "anew")

    assert main(["verify", "log", str(anew.folder), "--key", KEY]) == 0
    assert consistency(anew, kept) == 1
    assert "begins with other leaves" in capsys.readouterr().out


def test_a_leaf_dropped_by_who_holds_the_key_is_found_by_who_kept_a_checkpoint(log: MadeLog):
    kept = Path(f"{log.folder}-701.note")
    anew = rewritten(log, [*log.leaves[:99], *log.leaves[100:], *map(leaf, range(800))], "anew")

    assert consistency(anew, kept) == 1


def test_two_roots_signed_for_one_size_are_a_fork(log: MadeLog, tmp_path: Path, capsys):
    fork = tmp_path / "fork.note"
    fork.write_text(sign(Checkpoint("desk.example/log", 701, b"\x09" * 32), [SIGNER]))

    assert consistency(log, fork) == 1
    assert "two roots are signed for one size" in capsys.readouterr().out


def test_damaged_tiles_are_not_taken_for_a_fork(log: MadeLog, capsys):
    kept = Path(f"{log.folder}-201.note")
    file = log.folder / "tile/0/000"
    file.write_bytes(bytes(8192))

    assert consistency(log, kept) == 1
    assert "the tiles do not lead to the root" in capsys.readouterr().out


def test_who_learned_the_first_key_follows_to_the_next(log: MadeLog, capsys):
    receipt = log.receipt()
    keys = LogKeys(SIGNER.verifier).followed_by(NEW.verifier, old=SIGNER)
    (log.folder / "keys.json").write_text(keys.as_json())
    log.signer = NEW
    log.grow(10)
    (log.folder / "keys.json").write_text(keys.as_json())

    assert inclusion(receipt, "--log", str(log.folder)) == 0
    assert main(["verify", "log", str(log.folder), "--key", str(NEW.verifier)]) == 0


def test_a_new_key_that_the_old_one_did_not_sign_is_not_followed(log: MadeLog):
    thief = Signer("desk.example/log", b"\x08" * 32)
    keys = LogKeys(SIGNER.verifier).followed_by(thief.verifier, old=thief)
    log.signer = thief
    log.grow(10)
    (log.folder / "keys.json").write_text(keys.as_json())

    assert main(["verify", "log", str(log.folder), "--key", KEY]) == 1


def test_a_witness_that_is_believed_appoints_no_key(log: MadeLog, tmp_path: Path):
    witness = Cosigner("witness.example", b"\x09" * 32, 1)
    thief = Signer("desk.example/log", b"\x08" * 32)
    text = f"{SUCCESSION}\n{SIGNER.verifier}\n{thief.verifier}\n"
    forged = LogKeys(SIGNER.verifier, (sign_text(text, [witness]),))

    assert forged.believed([SIGNER.verifier, witness.verifier]).keys == (
        SIGNER.verifier,
        witness.verifier,
    )
    log.signer = thief
    log.grow(10)
    (log.folder / "keys.json").write_text(forged.as_json())
    named = tmp_path / "named"
    named.write_text(f"{SIGNER.verifier}\n{witness.verifier}\n")
    assert main(["verify", "log", str(log.folder), "--key", str(named)]) == 1


def test_a_log_key_is_followed_by_a_log_key_alone():
    witness = Verifier("desk.example/log", NEW.verifier.key, COSIGNATURE)

    keys = LogKeys(SIGNER.verifier).followed_by(witness, old=SIGNER)

    assert keys.believed([SIGNER.verifier]).keys == (SIGNER.verifier,)


def test_a_key_may_stand_in_a_file(log: MadeLog, tmp_path: Path):
    as_lines, as_list = tmp_path / "key", tmp_path / "keys.json"
    as_lines.write_text(f"{KEY}\n")
    as_list.write_text((log.folder / "keys.json").read_text())

    for file in (as_lines, as_list):
        assert main(["verify", "log", str(log.folder), "--key", str(file)]) == 0


@pytest.mark.parametrize("key", ["", "desk.example/log", f"{KEY}x", KEY.replace("desk", "mesk")])
def test_a_key_that_is_none_is_refused_in_words(log: MadeLog, key: str, capsys):
    assert main(["verify", "log", str(log.folder), "--key", key]) == 2
    assert "evenhand:" in capsys.readouterr().err


def test_a_receipt_is_one_json_object_that_others_read(log: MadeLog):
    content = json.loads(log.receipt().read_text())

    assert content["format"] == "evenhand-receipt-1"
    assert len(content["path"]) == 10


def test_a_named_file_that_is_no_note_is_refused_and_no_evidence(log: MadeLog, tmp_path, capsys):
    other = tmp_path / "README.md"
    other.write_text("# No note at all\n")

    assert consistency(log, other) == 2
    said = capsys.readouterr()
    assert "is no signed note" in said.err + said.out
    assert "evidence" not in said.err + said.out


@pytest.mark.parametrize("key", ["desk.example/log+x", "desk.example/log+00000000+AAAA"])
def test_what_is_no_key_is_refused_with_how_one_is_written(log: MadeLog, capsys, key: str):
    assert main(["verify", "log", str(log.folder), "--key", key]) == 2
    said = capsys.readouterr()
    assert "Name a key as the log's keys.json shows it" in said.err + said.out
