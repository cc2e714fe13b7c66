"""`evenhand report daily` publishes days of the desk's own life alone: a publication stays."""

import argparse
from datetime import UTC, date, datetime

import pytest

from evenhand.transparency.command import NothingToReport, add_arguments, check_day
from evenhand.transparency.figures import Exact, Report
from evenhand.transparency.pages import page_context
from evenhand.transparency.protect import THRESHOLD, protect

TODAY = date(2026, 11, 22)
RECORDED = [date(2026, 11, 21), date(2026, 11, 19)]


@pytest.mark.parametrize("day", [date(2026, 11, 19), date(2026, 11, 20), TODAY])
def test_a_day_since_the_first_record_is_reported_quiet_ones_too(day: date):
    check_day(day, today=TODAY, recorded=RECORDED)


@pytest.mark.parametrize("day", [date(2026, 11, 23), date(2026, 11, 18), date.min, date.max])
def test_a_day_to_come_or_before_the_first_record_is_refused(day: date):
    with pytest.raises(NothingToReport):
        check_day(day, today=TODAY, recorded=RECORDED)


def test_a_fresh_installation_has_nothing_to_report():
    with pytest.raises(NothingToReport):
        check_day(date(2026, 11, 21), today=TODAY, recorded=[])


def test_what_is_no_day_is_refused_in_plain_words(capsys: pytest.CaptureFixture[str]):
    parser = argparse.ArgumentParser()
    add_arguments(parser)

    with pytest.raises(SystemExit):
        parser.parse_args(["--date", "tomorrow"])

    assert "'tomorrow' is no day: write it as YYYY-MM-DD" in capsys.readouterr().err


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_first_and_the_last_day_there_is_have_a_page(day: date):
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    public = protect([Exact({}, {}, {})])

    assert page_context(Report(day, 0, moment, True, THRESHOLD, public))["day_text"]
