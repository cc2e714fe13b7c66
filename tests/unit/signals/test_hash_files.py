"""Files of hashes are read as people write them, and refused with the line that is wrong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import InputRefused
from evenhand.signals import hash_files
from evenhand.signals.hash_files import filled, list_files, read_hash_files


def slowly(content: bytes, size: int) -> list[bytes] | int:
    """Gives the hashes of a file, or the number of the first line that is wrong."""
    hashes = []
    for number, line in enumerate(content.split(b"\n"), 1):
        word = line.split(b"#")[0].strip(b" \t\r").lower()
        if word and (len(word) != 2 * size or word.strip(b"0123456789abcdef")):
            return number
        if word:
            hashes.append(filled(bytes.fromhex(word.decode())))
    return hashes


HEX = st.binary(min_size=16, max_size=16).map(lambda value: value.hex().encode())
NEARLY = st.tuples(HEX, st.integers(0, 31), st.sampled_from(b"/0:9@AFG`afg\x10\x1a\xb0\xe1\xff"))
"""Hashes in which one sign is beside those that there are, or looks like one by its bits."""

LINES = st.lists(
    HEX
    | NEARLY.map(lambda one: one[0][: one[1]] + bytes([one[2]]) + one[0][one[1] + 1 :])
    | HEX.map(lambda word: b"\t" + word.upper() + b" # remark \xff")
    | st.sampled_from([b"", b"#", b"\r", b"  # only a remark", b"g" * 32, b"00" * 15, b"00" * 17])
    | st.tuples(HEX, HEX).map(b" ".join)
)


@given(LINES, st.sampled_from([b"\n", b"\r\n"]), st.booleans(), st.sampled_from([70, 100, 4096]))
def test_a_file_is_read_like_its_lines_one_by_one(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[bytes],
    end: bytes,
    ended: bool,
    block: int,
):
    path = tmp_path_factory.mktemp("lists") / "feed.md5"
    path.write_bytes(end.join(lines) + (end if ended else b""))
    expected = slowly(path.read_bytes(), 16)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hash_files, "_BLOCK_BYTES", block)
        try:
            found: object = [bytes(row) for row in read_hash_files([path]).rows]
        except InputRefused as refused:
            found = refused.fields["line"]

    assert found == expected


def test_what_never_matches_stands_first(tmp_path: Path):
    for name, digits in (("b.sha256", 64), ("a.md5", 32), ("a.sha1", 40), ("z.allow.md5", 32)):
        (tmp_path / name).write_text(f"{'0' * digits}\n{'1' * digits}\n")

    files = read_hash_files(list(list_files(tmp_path)))

    assert files.names == ("z.allow", "a", "b")
    assert files.counts == (2, 4, 2)
    assert len(files.rows) == 8


def test_a_line_without_an_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hash_files, "_BLOCK_BYTES", 1024)
    path = tmp_path / "feed.md5"
    path.write_bytes(b"00" * 16 + b"\n#" + b"0" * 5000)

    with pytest.raises(InputRefused, match="without an end") as caught:
        read_hash_files([path])

    assert caught.value.fields["line"] == 2


def test_more_hashes_than_there_is_memory_for_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hash_files, "HASHES_MAX", 1)
    path = tmp_path / "feed.md5"
    path.write_text(("00" * 16 + "\n") * 3)

    with pytest.raises(InputRefused, match="over 1 hashes"):
        read_hash_files([path])


def test_no_file_is_no_hash():
    assert len(read_hash_files([]).rows) == 0
