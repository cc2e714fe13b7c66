"""Appeals: six months from being told, and no text that names somebody else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.appeals.checks import (
    NamesSomebody,
    NotOpen,
    ObjectionRefused,
    TooMuchSaid,
    WindowClosed,
    check_complaint,
    check_message,
    check_names_nobody,
    check_window,
    window_ends,
)
from evenhand.appeals.limits import MESSAGE_CHARACTERS_MAX, MESSAGES_MAX
from evenhand.cases.lists import CaseOutcome, CaseState

MOMENTS = st.datetimes(
    min_value=datetime(2024, 2, 17),  # noqa: DTZ001  hypothesis adds the zone
    max_value=datetime(2050, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(told=MOMENTS)
def test_an_appeal_is_taken_for_at_least_six_months(told: datetime) -> None:
    ends = window_ends(told)

    assert ends - told > timedelta(days=180)
    assert ends - told <= timedelta(days=185)
    check_window(told, now=ends - timedelta(microseconds=1))
    with pytest.raises(WindowClosed):
        check_window(told, now=ends)


@pytest.mark.parametrize(
    ("told", "last_day"),
    [("2026-11-22", "2027-05-22"), ("2026-08-31", "2027-02-28"), ("2027-08-31", "2028-02-29")],
)
def test_the_last_day_is_counted_in_months(told: str, last_day: str) -> None:
    with pytest.raises(WindowClosed) as closed:
        check_window(
            datetime.fromisoformat(f"{told}T23:59:00+00:00"), now=datetime(2030, 1, 1, tzinfo=UTC)
        )

    assert closed.value.fields["last_day"] == last_day


def test_who_was_not_told_yet_cannot_be_late() -> None:
    check_window(None, now=datetime(2090, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    ["@rita:example.test reported it.", "Ask rita@example.org.", "by @x=2e/y:[::1]:8448"],
)
def test_a_text_for_the_person_names_nobody_else(text: str) -> None:
    with pytest.raises(NamesSomebody):
        check_names_nobody(text, own="@sender:example.test")


@pytest.mark.parametrize(
    "text",
    ["Your account @sender:example.test quoted it.", "At 10:30 you wrote it @ noon.", ""],
)
def test_a_text_may_name_the_person_it_is_for(text: str) -> None:
    check_names_nobody(text, own="@sender:example.test")


@given(
    local=st.from_regex(r"[a-z0-9._=/+-]{1,20}", fullmatch=True),
    server=st.from_regex(r"[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){1,2}(:[0-9]{2,4})?", fullmatch=True),
    before=st.text(max_size=20).filter(lambda text: "@" not in text),
)
def test_no_account_gets_through_whatever_stands_before_it(
    local: str, server: str, before: str
) -> None:
    with pytest.raises(NamesSomebody):
        check_names_nobody(f"{before} @{local}:{server}", own="@sender:example.test")


def test_nothing_is_added_to_what_is_decided() -> None:
    with pytest.raises(NotOpen):
        check_message("And this.", state=CaseState.CLOSED, said=0)


@pytest.mark.parametrize("text", [" \n", "\0", "x" * (MESSAGE_CHARACTERS_MAX + 1)])
def test_a_message_has_between_one_sign_and_one_page(text: str) -> None:
    with pytest.raises(ObjectionRefused):
        check_message(text, state=CaseState.OPEN, said=0)


def test_a_talk_has_an_end() -> None:
    assert check_message(" Yes. ", state=CaseState.OPEN, said=MESSAGES_MAX - 1) == "Yes."
    with pytest.raises(TooMuchSaid):
        check_message("Yes.", state=CaseState.OPEN, said=MESSAGES_MAX)


@pytest.mark.parametrize("outcome", sorted(set(CaseOutcome) - {CaseOutcome.NO_ACTION}))
def test_only_a_report_that_was_turned_down_is_complained_about(outcome: CaseOutcome) -> None:
    check_complaint(CaseState.CLOSED, CaseOutcome.NO_ACTION.value)
    with pytest.raises(NotOpen):
        check_complaint(CaseState.CLOSED, outcome.value)
    with pytest.raises(NotOpen):
        check_complaint(CaseState.OPEN, "")
