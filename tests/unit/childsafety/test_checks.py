"""What the lane allows, and to whom."""

import pytest

from evenhand.childsafety.checks import (
    FeedDraft,
    Finding,
    check_activation,
    check_confirmation,
    check_draft,
    check_feed,
    check_stop,
    check_withdrawal,
)
from evenhand.childsafety.lists import FeedKind, FeedState, TipState
from evenhand.people.roles import Role

LANE = (Role.CHILD_SAFETY,)
MATERIAL = "m.child_safety.csam"
FILE = FeedDraft("own-list", FeedKind.FILE, MATERIAL, "feeds/own.csv", owner="Safety office")


@pytest.mark.parametrize(
    ("draft", "found"),
    [
        (FILE, []),
        (FeedDraft("ncmec", FeedKind.NCMEC, MATERIAL, "test_Industry", owner="Safety office"), []),
        (
            FeedDraft("Own list", FeedKind.FILE, MATERIAL, "a.csv", owner="Safety office"),
            [Finding.NAME_WRONG],
        ),
        (
            FeedDraft("x" * 65, FeedKind.FILE, MATERIAL, "a.csv", owner="Safety office"),
            [Finding.NAME_WRONG],
        ),
        (
            FeedDraft("own", FeedKind.FILE, "m.spam", "a.csv", owner="Safety office"),
            [Finding.HARM_WRONG],
        ),
        (
            FeedDraft("own", FeedKind.FILE, MATERIAL, "/etc/passwd", owner="Safety office"),
            [Finding.PLACE_WRONG],
        ),
        (
            FeedDraft("own", FeedKind.FILE, MATERIAL, "../keys/x", owner="Safety office"),
            [Finding.PLACE_WRONG],
        ),
        (
            FeedDraft("own", FeedKind.FILE, MATERIAL, "", owner="Safety office"),
            [Finding.PLACE_WRONG],
        ),
        (
            FeedDraft("ncmec", FeedKind.NCMEC, MATERIAL, "elsewhere", owner="Safety office"),
            [Finding.PLACE_WRONG],
        ),
        (
            FeedDraft(
                "tat", FeedKind.TECH_AGAINST_TERRORISM, MATERIAL, "all", owner="Safety office"
            ),
            [Finding.HARM_WRONG],
        ),
    ],
)
def test_a_feed_is_what_it_says(draft: FeedDraft, found: list[Finding]) -> None:
    assert check_feed(draft, roles=LANE, taken=False) == found


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CHILD_SAFETY])
def test_nobody_outside_the_lane_does_anything_in_it(role: Role) -> None:
    roles = (role,)

    assert Finding.ROLE_MISSING in check_feed(FILE, roles=roles, taken=False)
    assert Finding.ROLE_MISSING in check_activation(
        roles=roles, state=FeedState.PROPOSED, proposed_by_self=False
    )
    assert Finding.ROLE_MISSING in check_stop(roles=roles, state=FeedState.ACTIVE)
    assert Finding.ROLE_MISSING in check_draft(
        roles=roles, sealed=True, account="@a:x", text="x", open_tip=False
    )
    assert Finding.ROLE_MISSING in check_confirmation(
        roles=roles, state=TipState.DRAFT, drafted_by_self=False
    )
    assert Finding.ROLE_MISSING in check_withdrawal(roles=roles, state=TipState.DRAFT)


def test_two_people_stand_for_a_feed_and_for_a_report() -> None:
    assert check_activation(roles=LANE, state=FeedState.PROPOSED, proposed_by_self=True) == [
        Finding.SAME_PERSON
    ]
    assert check_confirmation(roles=LANE, state=TipState.DRAFT, drafted_by_self=True) == [
        Finding.SAME_PERSON
    ]
    assert check_confirmation(roles=LANE, state=TipState.DRAFT, drafted_by_self=False) == []


@pytest.mark.parametrize("state", [TipState.CONFIRMED, TipState.SENT, TipState.WITHDRAWN])
def test_what_is_on_its_way_is_not_taken_back(state: TipState) -> None:
    assert check_withdrawal(roles=LANE, state=state) == [Finding.WRONG_STATE]
    assert Finding.WRONG_STATE in check_confirmation(roles=LANE, state=state, drafted_by_self=False)


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, []),
        ({"sealed": False}, [Finding.LANE_WRONG]),
        ({"account": ""}, [Finding.ACCOUNT_MISSING]),
        ({"text": " \n"}, [Finding.TEXT_MISSING]),
        ({"text": "x" * 20_001}, [Finding.TEXT_TOO_LONG]),
        ({"open_tip": True}, [Finding.TIP_OPEN]),
    ],
)
def test_text_alone_makes_a_draft(facts: dict[str, object], found: list[Finding]) -> None:
    whole = {"sealed": True, "account": "@a:x", "text": "What happened.", "open_tip": False}

    assert check_draft(roles=LANE, **{**whole, **facts}) == found  # type: ignore[arg-type]
