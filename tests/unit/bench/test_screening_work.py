"""The work of the screening benchmark: the same every time, new in every batch, and as stated."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bench"))

from screening_pictures import picture_hashes
from screening_stages import StageClock
from screening_work import HARD, REFERENCE, Sizes, messages, work

SMALL = Sizes(patterns=400, domains=1_000, rules=24, hashes=1_000, pictures=1_000)
ROWS = 512


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return work(tmp_path_factory.mktemp("work"), REFERENCE, SMALL)


def test_the_same_seed_gives_the_same_messages_and_no_batch_repeats_another(made):
    first = list(messages(made, REFERENCE, count=3, rows=ROWS))

    again = list(messages(made, REFERENCE, count=3, rows=ROWS))
    other = list(messages(made, REFERENCE, count=3, rows=ROWS, seed=1))

    assert first == again
    assert other != first
    ids = [one for batch in first for one in batch["event_id"].to_pylist()]
    assert len(set(ids)) == len(ids)
    assert first[0]["text"] != first[1]["text"]


def test_a_tenth_of_the_messages_carries_a_file_and_some_are_listed(made):
    batches = list(messages(made, REFERENCE, count=20, rows=ROWS))

    carried = sum(ROWS - batch["media_pdq"].null_count for batch in batches)

    assert 0.08 < carried / (20 * ROWS) < 0.12
    assert sum(made.plane.screen(batch).num_rows for batch in batches) > 0


@pytest.mark.parametrize(("profile", "least", "most"), [(REFERENCE, 0, 0.5), (HARD, 1, 3)])
def test_a_profile_has_the_pattern_hits_that_it_names(made, profile, least, most):
    (batch,) = messages(made, profile, count=1, rows=4_096)
    held = [one for texts in made.literals.values() for one in texts]

    hits = sum(any(literal in text for literal in held) for text in batch["text"].to_pylist())

    assert least * 0.95 <= hits / 4_096 <= most


def test_hashes_of_pictures_have_half_their_bits_set_and_lean_on_each_other():
    hashes = picture_hashes(4_000, np.random.default_rng(1))

    bits = np.unpackbits(hashes, axis=1)
    together = np.corrcoef(bits.T) - np.eye(256)

    assert (bits.sum(axis=1) == 128).mean() > 0.9
    assert np.abs(together).max() > 0.12, "even bits stay below 0.08"


def test_a_stage_is_charged_with_its_own_time_alone(made):
    (batch,) = messages(made, REFERENCE, count=1, rows=ROWS)
    clock = StageClock()

    with clock.running():
        made.plane.screen(batch)

    stages = {"check", "see", "normalise", "links", "patterns", "model", "habits", "pdq", "rules"}
    assert stages <= set(clock.seconds)
    assert all(seconds >= 0 for seconds in clock.seconds.values())
