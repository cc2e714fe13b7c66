"""A receipt whose count cannot be told is still a receipt: that is said, and nothing is refused."""

from pathlib import Path

import pytest
from tests.logs_of_tests import OTHER, SALT

from evenhand.proof.receipts import Receipt
from evenhand.verify.counted import counted_here
from evenhand.verify.places import place_of

DECISION = {"kind": "decision", "action": "refuse", "day": "2026-11-21"}


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        ({"kind": "decision"}, "names no day"),
        (DECISION | {"action": "another"}, "does not know"),
        (DECISION | {"day": "yesterday"}, "does not know"),
        (DECISION | {"day": 7}, "does not know"),
        (DECISION | {"kind": "personal_data_read"}, "records of its kind"),
        (DECISION | {"kind": ["decision"]}, "records of its kind"),
        (DECISION | {"gagged": True}, "might be told"),
        (DECISION, "no report of 2026-11-21"),
    ],
)
def test_what_is_counted_nowhere_to_be_seen_is_said(
    tmp_path: Path, shown: dict[str, object], why: str
) -> None:
    receipt = Receipt(shown, SALT, OTHER, index=3, size=8, path=(), checkpoint="")

    found = counted_here(receipt, place_of(str(tmp_path)))

    assert found.checked == ()
    (said,) = found.unchecked
    assert why in said
