"""The closing table speaks to people."""

import pytest

from evenhand.demo.findings import Findings


@pytest.mark.parametrize(
    ("value", "said"), [(True, "yes"), (False, "no"), ([], "none"), (["a", 2], "a, 2"), (3, "3")]
)
def test_a_value_is_told_in_words(value: object, said: str) -> None:
    findings = Findings()

    findings.add("something", expected=value, found=value)

    assert (findings.lines[0].expected, findings.lines[0].found) == (said, said)
    assert findings.hold
