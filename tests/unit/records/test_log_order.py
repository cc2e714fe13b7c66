"""The order of a batch tells nothing, and no more is in memory than a part of it."""

import os
from pathlib import Path

import pytest

from evenhand.records import log_order
from evenhand.records.log_order import shuffled


def test_the_size_of_a_batch_does_not_tell_how_many_leaves_have_a_meaning(tmp_path: Path):
    leaf = bytes(32)

    sizes = {
        count: {
            len([*shuffled([leaf] * count, _drawn(extra), beside=tmp_path)]) for extra in range(256)
        }
        for count in (0, 1, 255, 256, 300)
    }

    assert sizes == {0: {256}, 1: {256, 512}, 255: {256, 512}, 256: {512}, 300: {512, 768}}


@pytest.mark.parametrize("together", [1, 999, 1_000, 5_000])
def test_what_is_sorted_in_parts_is_in_the_order_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int
):
    monkeypatch.setattr(log_order, "TOGETHER_MAX", together)
    leaves = [os.urandom(32) for _ in range(1_000)]

    found = [*shuffled(iter(leaves), os.urandom, beside=tmp_path)]

    assert found == sorted(found)
    assert {*leaves} <= {*found}
    assert len(found) % 256 == 0
    assert not [*tmp_path.iterdir()]


def _drawn(extra: int) -> log_order.Chance:
    return lambda count: bytes([extra]) * count
