"""What became of the labelled messages is compared with their labels."""

from uuid import UUID

import pytest

from evenhand.base.lists import ActionKind, ChannelKind
from evenhand.demo.actors import Person, Sent
from evenhand.demo.findings import Findings
from evenhand.demo.messages import Expected, Labelled
from evenhand.demo.posting import Posted, compare
from evenhand.demo.readings import Ledger

DECISION = UUID("01981e6a-0000-7000-8000-000000000001")
LEDGER = Ledger({DECISION: "m.spam.fraud"}, {DECISION: frozenset({ActionKind.REFUSE})})
STANDS = Sent("$event", "", 0.1)
REFUSED = Sent(None, f"M_FORBIDDEN: decision {DECISION}", 0.1)


def posted(expect: Expected, sent: Sent, harm: str = "") -> Posted:
    message = Labelled("w1", "Who brings the bread?", "en", ChannelKind.PUBLIC, expect, harm)
    return Posted(message, Person.__new__(Person), "!room:evenhand.test", sent)


def compared(one: Posted, found: Expected) -> Findings:
    findings = Findings()
    compare([(one, found)], LEDGER, findings)
    return findings


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (posted(Expected.NONE, STANDS), Expected.NONE),
        (posted(Expected.REFUSE, REFUSED, "m.spam.fraud"), Expected.REFUSE),
        (posted(Expected.REDACT, STANDS), Expected.REDACT),
        (posted(Expected.REDACT, REFUSED), Expected.REFUSE),
    ],
)
def test_what_went_as_labelled_holds(one: Posted, found: Expected):
    findings = compared(one, found)

    assert findings.hold
    assert not findings.misses


@pytest.mark.parametrize(
    ("one", "found", "story"),
    [
        (
            posted(Expected.REFUSE, STANDS, "m.spam"),
            Expected.NONE,
            "w1: expected refuse m.spam, found none",
        ),
        (
            posted(Expected.REFUSE, REFUSED, "m.hate"),
            Expected.REFUSE,
            "w1: expected refuse m.hate, found refuse, harm m.spam.fraud, client was told",
        ),
        (posted(Expected.NONE, REFUSED), Expected.REFUSE, "w1: expected none, found refuse"),
        (posted(Expected.HOLD, REFUSED), Expected.REFUSE, "w1: expected hold, found refuse"),
        (posted(Expected.REDACT, STANDS), Expected.NONE, "w1: expected redact, found none"),
    ],
)
def test_what_went_otherwise_than_labelled_is_told(one: Posted, found: Expected, story: str):
    findings = compared(one, found)

    assert not findings.hold
    assert findings.lines[0].found == "0 of 1"
    assert findings.misses[0].startswith(story)
