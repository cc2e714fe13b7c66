"""Signed notes: what a known key signed is opened, what it did not is refused."""

import pytest

from evenhand.proof.notes import (
    Checkpoint,
    Cosigner,
    NoteRefused,
    Signer,
    Verifier,
    open_note,
    sign,
)

LOG, OTHER = Signer("desk.example/log", bytes(32)), Signer("desk.example/log", bytes([1]) * 32)
WITNESS = Cosigner("witness.example", bytes([2]) * 32, 1_770_000_000)
HEAD = Checkpoint("desk.example/log", 256, bytes(range(32)))


def test_a_note_by_two_keys_and_a_witness_is_opened_by_each():
    note = sign(HEAD, [LOG, OTHER, WITNESS])

    for key in (LOG, OTHER, WITNESS):
        assert open_note(note, [key.verifier]).checkpoint() == HEAD
    assert len(open_note(note, [LOG.verifier, WITNESS.verifier]).signed_by) == 2


def test_a_key_is_written_down_and_read_again():
    for key in (LOG, WITNESS):
        assert Verifier.parse(str(key.verifier)) == key.verifier


def test_a_note_that_only_strangers_signed_is_refused():
    with pytest.raises(NoteRefused, match="no trusted key"):
        open_note(sign(HEAD, [OTHER]), [LOG.verifier])


def test_a_false_signature_by_a_known_key_refuses_the_note_even_beside_a_good_one():
    other_head = Checkpoint(HEAD.origin, 512, HEAD.root)
    false_line = sign(other_head, [OTHER]).split("\n\n")[1]

    with pytest.raises(NoteRefused, match="is false"):
        open_note(sign(HEAD, [LOG]) + false_line, [LOG.verifier, OTHER.verifier])


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.replace("256", "257"),
        lambda note: note.replace("desk.example/log\n", "desk.example/other\n", 1),
        lambda note: note[:-1],
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note.replace("\N{EM DASH}", "-"),
        lambda note: note + "\x01",
        lambda note: "x" * 200_000 + note,
        lambda note: note + "\N{EM DASH} a b\n" * 200,
        lambda _: "",
    ],
)
def test_a_note_that_was_changed_is_refused(change):
    with pytest.raises(NoteRefused):
        open_note(change(sign(HEAD, [LOG])), [LOG.verifier])


@pytest.mark.parametrize("size", ["-1", "01", "1e3", "١", "", " 1"])
def test_a_size_is_written_in_one_way(size):
    with pytest.raises(NoteRefused):
        Checkpoint.parse(HEAD.text().replace("256", size))


def test_a_seed_is_never_printed():
    assert "seed" not in f"{LOG!r} {WITNESS!r}"


def test_the_example_of_the_go_project_is_opened():
    # The example in the documentation of golang.org/x/mod/sumdb/note.
    key = Verifier.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    signature = (
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ"
        "SNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )

    assert open_note(f"{text}\n\N{EM DASH} PeterNeumann {signature}\n", [key]).text == text
