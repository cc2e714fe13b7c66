"""What a report needs, by its kind and door."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.personal import MailAddress, MessageText
from evenhand.evidence.disclosures import Disclosure
from evenhand.people.roles import Role
from evenhand.reports.checks import (
    FlaggerFacts,
    FlaggerFinding,
    check_confirmer,
    check_entry,
    check_report,
    in_area,
    is_mailbox,
)
from evenhand.reports.drafts import FlaggerDraft, ReportDraft, ReporterDraft
from evenhand.reports.limits import TEXT_CHARACTERS_MAX
from evenhand.reports.lists import ReportFinding, ReportKind, Way

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WHO = ReporterDraft(name="Ada Example", mailbox=MailAddress("ada@example.org"))
NOTICE = ReportDraft(
    origin="form:1",
    kind=ReportKind.NOTICE,
    way=Way.FORM,
    about="event:$e",
    event="$e",
    text=MessageText("It offers forged papers."),
    at=NOW,
    reporter=WHO,
    harm="m.tos.prohibited.papers",
    good_faith=True,
)
USER = replace(NOTICE, kind=ReportKind.USER_REPORT, way=Way.MATRIX, good_faith=False, harm="",
               reporter=ReporterDraft(account="@ada:x.test"), text=MessageText(""))  # fmt: skip
FLAGGER = FlaggerDraft("Flag e.V.", "DE", "https://example.org/list", date(2028, 1, 1), ("m.spam",))
TODAY = NOW.date()
ONE, TWO = UUID(int=1), UUID(int=2)


def test_a_whole_notice_and_a_press_of_a_button_are_taken() -> None:
    assert check_report(NOTICE) == ()
    assert check_report(USER) == ()


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"text": MessageText(" \n")}, ReportFinding.TEXT_MISSING),
        ({"text": MessageText("x" * (TEXT_CHARACTERS_MAX + 1))}, ReportFinding.TEXT_TOO_LONG),
        ({"about": ""}, ReportFinding.PLACE_MISSING),
        ({"about": "place:" + "x" * 400}, ReportFinding.PLACE_UNREADABLE),
        ({"about": "event:\x00"}, ReportFinding.PLACE_UNREADABLE),
        ({"harm": ""}, ReportFinding.HARM_MISSING),
        ({"harm": "m.none"}, ReportFinding.HARM_UNKNOWN),
        ({"good_faith": False}, ReportFinding.GOOD_FAITH_MISSING),
        ({"reporter": replace(WHO, name=" ")}, ReportFinding.NAME_MISSING),
        ({"reporter": replace(WHO, name="x" * 201)}, ReportFinding.NAME_TOO_LONG),
        ({"reporter": replace(WHO, mailbox=None)}, ReportFinding.MAILBOX_MISSING),
        ({"reporter": replace(WHO, mailbox=MailAddress("a@b\nBcc: c@d.e"))},
         ReportFinding.MAILBOX_UNREADABLE),
        ({"disclosure": Disclosure("!r:x", "$other", b"k" * 32)},
         ReportFinding.DISCLOSURE_ELSEWHERE),
        ({"disclosure": Disclosure("!r:x", "$e", b"k" * 80)}, ReportFinding.DISCLOSURE_TOO_MUCH),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_named(
    change: dict[str, object], finding: ReportFinding
) -> None:
    assert check_report(replace(NOTICE, **change)) == (finding,)  # type: ignore[arg-type]


def test_who_reports_the_abuse_of_children_need_not_say_who_they_are() -> None:
    assert check_report(replace(NOTICE, harm="m.child_safety.csam", reporter=ReporterDraft())) == ()


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@b", "a@", "@b.c", "a@b.c, d@e.f", "a b@c.d", "a@b.c\r\n", "ä@b.c", "<a@b.c>"],
)
def test_what_is_no_mailbox(text: str) -> None:
    assert not is_mailbox(text)


@given(st.text(max_size=300))
def test_a_mailbox_is_one_line_or_none(text: str) -> None:
    assert not is_mailbox(text) or ("\n" not in text and "\r" not in text and "," not in text)


def test_a_flagger_is_entered_by_one_and_confirmed_by_another() -> None:
    keeper = {Role.LEGAL_OFFICER}

    assert check_entry(FLAGGER, keeper, today=TODAY) == []
    assert check_entry(FLAGGER, {Role.REVIEWER}, today=TODAY) == [FlaggerFinding.ROLE_MISSING]
    facts = FlaggerFacts(ONE, ended=False)
    assert check_confirmer(facts, TWO, keeper) == []
    assert check_confirmer(facts, ONE, keeper) == [FlaggerFinding.SAME_PERSON]


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"name": " "}, FlaggerFinding.NAME_MISSING),
        ({"awarded_by": "de"}, FlaggerFinding.COUNTRY_UNKNOWN),
        ({"areas": ("m.none",)}, FlaggerFinding.AREA_UNKNOWN),
        ({"source": "http://example.org"}, FlaggerFinding.SOURCE_MISSING),
        ({"valid_until": TODAY}, FlaggerFinding.DATE_PAST),
        ({"valid_until": date(2099, 1, 1)}, FlaggerFinding.DATE_TOO_FAR),
    ],
)
def test_an_entry_that_nobody_could_check_is_refused(
    change: dict[str, object], finding: FlaggerFinding
) -> None:
    draft = replace(FLAGGER, **change)  # type: ignore[arg-type]

    assert check_entry(draft, {Role.APPROVER}, today=TODAY) == [finding]


def test_an_area_holds_what_stands_below_it() -> None:
    assert in_area(["m.spam"], "m.spam.fraud")
    assert in_area([], "m.violence")
    assert not in_area(["m.spam"], "m.spamming")
    assert not in_area(["m.spam"], "")
