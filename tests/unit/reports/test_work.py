"""Proof of work: done, not done, forged, over."""

from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from evenhand.reports.work import CHALLENGE_LIVES, Work, challenge_for, looked_at, zero_bits

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = b"k" * 32


def worked(challenge: str, bits: int) -> str:
    return next(str(n) for n in count() if zero_bits(challenge, str(n)) >= bits)


def test_work_that_was_done_is_seen() -> None:
    challenge = challenge_for(bits=8, now=NOW, key=KEY, nonce="n1")

    assert looked_at(challenge, worked(challenge, 8), now=NOW, key=KEY) == Work("n1", done=True)


def test_without_work_the_form_is_known_all_the_same() -> None:
    challenge = challenge_for(bits=20, now=NOW, key=KEY, nonce="n1")

    assert looked_at(challenge, "", now=NOW, key=KEY) == Work("n1", done=False)
    assert looked_at(challenge, "7", now=NOW, key=KEY) == Work("n1", done=False)


def test_nobody_makes_their_own_easier_challenge() -> None:
    challenge = challenge_for(bits=20, now=NOW, key=KEY)
    easier = challenge.replace(".20.", ".1.")

    assert looked_at(easier, worked(easier, 1), now=NOW, key=KEY) == Work("", done=False)
    assert looked_at(challenge, "1", now=NOW, key=b"x" * 32).nonce == ""


def test_a_challenge_ends() -> None:
    challenge = challenge_for(bits=1, now=NOW, key=KEY)
    number = worked(challenge, 1)

    assert looked_at(challenge, number, now=NOW + CHALLENGE_LIVES, key=KEY).done
    late = NOW + CHALLENGE_LIVES + timedelta(seconds=1)
    assert looked_at(challenge, number, now=late, key=KEY).nonce == ""
    early = NOW - timedelta(minutes=2)
    assert looked_at(challenge, number, now=early, key=KEY).nonce == ""


@given(st.text(max_size=400), st.text(max_size=60))
def test_whatever_is_sent_is_answered(challenge: str, number: str) -> None:
    assert looked_at(challenge, number, now=NOW, key=KEY) == Work("", done=False)
