"""The appender's duties: what fails holds up nothing else."""

import errno
import os
from datetime import date
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from evenhand import appender
from evenhand.base.errors import Unavailable
from evenhand.records.day_queries import DayReached
from evenhand.records.queries import END

DAYS = [date(2026, 3, 3), date(2026, 3, 2), date(2026, 3, 1)]


def test_a_day_that_cannot_be_published_holds_up_no_other(monkeypatch, tmp_path: Path):
    tried = []

    def publish(day: date, **_: object) -> None:
        tried.append(day)
        if day == DAYS[0]:
            raise Unavailable(what="disk")

    for name, double in {
        "days_reached": lambda: [DayReached(day, END, True, True) for day in DAYS],
        "published": lambda _day, folder: None,
        "site_prover": lambda now: None,
        "publish": publish,
    }.items():
        monkeypatch.setattr(appender, name, double)

    with pytest.raises(Unavailable):
        appender.publish_days(tmp_path)

    assert tried == DAYS


def test_a_full_disk_is_told_in_the_systems_words():
    def work() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/nowhere")

    with capture_logs() as said:
        appender.Duty("log", 1.0, work).do(0.0)

    assert said[0]["why"] == "No space left on device"
    assert "/nowhere" not in str(said)
