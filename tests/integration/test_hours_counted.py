"""What the door counts by the hour is published by the hour."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from evenhand.base.ids import new_id
from evenhand.base.lists import ChannelKind, RecordKind
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append_many
from evenhand.transparency.daily import exact
from evenhand.transparency.figures import Breakdown, Figure, Row
from evenhand.transparency.protect import protect

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def counted(kind: RecordKind, hour: int, quantity: int, **columns: Any) -> NewRecord:
    at = NOON.replace(hour=hour)
    entry = NewRecord(new_id(now=at), at, kind, uuid4(), channel_kind=ChannelKind.PUBLIC)
    return replace(entry, quantity=quantity, **columns)


@pytest.mark.django_db
def test_each_hour_has_what_was_screened_and_what_passed() -> None:
    with transaction.atomic():
        append_many(
            [
                counted(RecordKind.SCREENED, 0, 40),
                counted(RecordKind.SCREENED, 23, 900),
                counted(RecordKind.SCREENED, 23, 100),
                counted(RecordKind.SCREENED, 7, 0),
                counted(RecordKind.UNSCREENED, 23, 12, outcome="late"),
                counted(RecordKind.UNSCREENED, 23, 3, outcome="failure"),
                counted(RecordKind.UNSCREENED, 1, 2, outcome="failure"),
            ]
        )

    found = exact(NOON.date())

    assert found.breakdown(Breakdown.SCREENED_BY_HOUR) == {"00": 40, "23": 1_000}
    assert found.breakdown(Breakdown.UNSCREENED_BY_HOUR) == {"01": 2, "23": 15}
    public = protect([found])
    assert public.figures[Figure.UNSCREENED] == 17
    assert public.breakdowns[Breakdown.SCREENED_BY_HOUR].rows == (Row("23", 1_000), Row("00", 40))
    passed = public.breakdowns[Breakdown.UNSCREENED_BY_HOUR]
    assert (passed.rows, passed.merged) == ((), 17)
