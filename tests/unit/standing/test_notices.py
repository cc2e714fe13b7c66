"""What people are told of strikes and misuse, in five languages."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from evenhand.base.lists import Language
from evenhand.standing.lists import MisuseKind, MisuseStep
from evenhand.standing.models import Misuse
from evenhand.standing.notices import lifted_reason, misuse_text, penalty_reason
from evenhand.standing.policy import penalties

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", MisuseKind)
def test_a_suspension_says_what_was_counted_until_when_and_where_to_object(
    language: Language, kind: MisuseKind
) -> None:
    warning = Misuse(id=uuid4(), at=datetime(2026, 10, 1, tzinfo=UTC), step="warned")
    misuse = Misuse(
        id=uuid4(), kind=kind.value, step=MisuseStep.SUSPENDED.value, at=NOW,
        until=datetime(2026, 12, 22, 12, tzinfo=UTC), warning=warning, days=180,
        unfounded=5, judged=6,
    )  # fmt: skip

    text = misuse_text(misuse, language, public_url="https://desk.example")

    for said in ("180", "5", "6", "2026-12-22", "2026-10-01", "https://desk.example/", "23"):
        assert said in text
    assert "{" not in text


@pytest.mark.parametrize("language", Language)
def test_a_penalty_says_how_many_count_and_when_was_warned(language: Language) -> None:
    warning, week = penalties().ladder[:2]

    first = penalty_reason(warning, language, count=3, warned_at=None)
    then = penalty_reason(week, language, count=4, warned_at=NOW)

    assert "180" in first
    assert "3" in first
    assert "2026-11-22" in then
    ended = [lifted_reason(language, unwarned=unwarned) for unwarned in (True, False)]
    assert ended[0] != ended[1]
    assert "{" not in "".join([first, then, *ended])
