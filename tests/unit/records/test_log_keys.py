"""The keys of the log as its operator changes them: by rotation, and after a theft."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from evenhand.base.errors import Misconfigured
from evenhand.proof.keys import LogKeys
from evenhand.proof.notes import Verifier
from evenhand.records.log_keys import NoSuchKey, open_log, rotate, withdraw
from evenhand.records.log_steps import Log

NOW = datetime.now(UTC)
SIZE = 512


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "log.key").write_bytes(bytes([1]) * 32)
    return folder


def opened(keys: Path) -> Log:
    return open_log(keys, keys.parent / "log", origin="", host="desk.example", now=NOW)


def change(keys: Path, number: int, stolen_at: int | None = None) -> Verifier:
    seed = bytes([number]) * 32
    return rotate(keys, new_seed=seed, origin="", host="desk.example", stolen_at=stolen_at).verifier


def published(keys: Path) -> LogKeys:
    return LogKeys.from_json((keys.parent / "log" / "keys.json").read_text())


def test_a_stolen_key_signs_nothing_any_more_and_neither_does_the_one_before(keys: Path):
    first = opened(keys).signer.verifier
    second = change(keys, 2)
    third = change(keys, 3, stolen_at=SIZE)

    log = opened(keys)

    assert [key.verifier for key in log.signers] == [third]
    assert published(keys).chain() == (first, second, third)
    assert published(keys).withdrawn() == {second: SIZE, first: SIZE}
    assert published(keys).believed([first]).heir == third
    assert sorted(path.name for path in keys.iterdir()) == ["log.key", "log.keys.json"]


@pytest.mark.parametrize("broken_off", ["log.keys.json", "log.key"])
def test_a_withdrawal_that_was_broken_off_goes_on(keys: Path, monkeypatch, broken_off: str):
    first = opened(keys).signer.verifier
    replace = Path.replace

    def fail(path: Path, target: Path) -> Path:
        if target.name == broken_off:
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(KeyboardInterrupt):
            change(keys, 2, stolen_at=SIZE)
    if broken_off == "log.key":
        with pytest.raises(Misconfigured, match="is withdrawn"):
            opened(keys)

    change(keys, 3, stolen_at=SIZE + 256)

    assert first in opened(keys).verifiers
    assert published(keys).withdrawn()[first] >= SIZE
    assert opened(keys).signer.verifier not in published(keys).withdrawn()
    assert not (keys / "log.next.key").exists()


def test_a_rotation_that_was_broken_off_before_a_theft_leaves_no_key_believed(
    keys: Path, monkeypatch
):
    opened(keys)
    (keys / "log.next.key").write_bytes(bytes([2]) * 32)

    last = change(keys, 3, stolen_at=SIZE)
    log = opened(keys)

    assert log.signer.verifier == last
    assert log.signer.seed == bytes([3]) * 32
    assert len(published(keys).withdrawn()) == 2


def test_an_earlier_key_is_withdrawn_by_its_eight_signs(keys: Path):
    first = opened(keys).signer.verifier
    second = change(keys, 2)

    gone = withdraw(keys, first.key_id.hex(), origin="", host="desk.example", size=SIZE)
    log = opened(keys)

    assert gone == first
    assert [key.verifier for key in log.signers] == [second]
    assert published(keys).withdrawn() == {first: SIZE}
    for wrong in ("00000000", second.key_id.hex(), ""):
        with pytest.raises(NoSuchKey, match="is no earlier key"):
            withdraw(keys, wrong, origin="", host="desk.example", size=SIZE)


def test_a_list_of_keys_that_is_an_older_copy_is_not_published(keys: Path):
    opened(keys)
    older = {path.name: path.read_bytes() for path in keys.iterdir()}
    change(keys, 2)
    opened(keys)
    for name, content in older.items():
        (keys / name).write_bytes(content)

    with pytest.raises(Misconfigured, match=r"older than the published keys\.json"):
        opened(keys)
    assert len(published(keys).chain()) == 2


def test_the_private_keys_are_for_their_owner_alone(keys: Path):
    opened(keys)
    change(keys, 2, stolen_at=0)

    assert {path.stat().st_mode & 0o777 for path in keys.iterdir()} == {0o600}
