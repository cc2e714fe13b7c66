"""A short, seeded part of the fuzzing; `script/fuzz` goes on for as long as it is let."""

import random

import pytest
from tests.fuzz.fuzz_targets import TARGETS, corpus

GENERATED = 3


@pytest.mark.parametrize("name", TARGETS)
def test_invented_inputs_are_read_as_the_reference_reads_them(name: str) -> None:
    made = [TARGETS[name].make(random.Random(f"test {number}")) for number in range(GENERATED)]

    for data in (*corpus(name), *made):
        assert TARGETS[name].check(data) > 0
