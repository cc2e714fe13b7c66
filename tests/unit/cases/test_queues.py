"""Queues as data, and the order in which cases come."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.harms import harms
from evenhand.base.lists import Language
from evenhand.cases.order import serve_by
from evenhand.cases.queues import QueuesWrong, is_sealed, queues, read_queues, route
from evenhand.people.roles import Role

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CHILDREN = {"name": "children", "harms": ["m.child_safety"], "role": "child_safety"}
REST = {"name": "general"}


def read(*rows: object) -> object:
    return read_queues(yaml.safe_dump(list(rows)))


def test_every_case_has_a_queue():
    names = {queue.name for queue in queues()}

    for harm in harms():
        for language in Language:
            for market in ("KZ", "DE", "ZZ"):
                assert route(harm, language=language.value, market=market).name in names


def test_harms_to_children_go_to_their_own_role_and_nothing_else_does():
    for harm in harms():
        queue = route(harm, language="en", market="ZZ")
        assert (queue.role is Role.CHILD_SAFETY) == is_sealed(harm)


def test_language_and_market_choose_a_queue():
    assert route("m.harassment", language="kk", market="KZ").name == "kazakhstan"
    assert route("m.harassment", language="kk", market="DE").name == "general"


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([CHILDREN, {**REST, "harms": ["m.nothing"]}, REST], {"queue": 2, "field": "harms"}),
        ([CHILDREN, {**REST, "langs": ["de"]}, REST], {"queue": 2, "field": "langs"}),
        ([CHILDREN, {"name": ""}], {"queue": 2, "field": "name"}),
        ([CHILDREN, {"harms": ["m.spam"]}, REST], {"queue": 2, "field": "name"}),
        ([CHILDREN, {**REST, "markets": ["Kazakhstan"]}], {"queue": 2, "field": "markets"}),
        ([CHILDREN, {**REST, "languages": []}], {"queue": 2, "field": "languages"}),
        ([CHILDREN, {**REST, "role": "operator"}], {"queue": 2, "field": "role"}),
        ([CHILDREN, REST, REST], {"queue": 3, "field": "name"}),
        ([CHILDREN, {"name": "a"}, REST], {"queue": 2}),
        ([CHILDREN, {"name": "a", "harms": ["m.spam"]}], {"queue": 2}),
        ([REST], {"queue": 1, "harm": "m.child_safety"}),
        ([{**CHILDREN, "role": "reviewer"}, REST], {"queue": 1}),
        ([{**CHILDREN, "harms": ["m.child_safety.csam"]}, REST], {"queue": 2}),
        (["children"], {"queue": 1}),
        ([], {}),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(rows: list[object], place: dict[str, object]):
    with pytest.raises(QueuesWrong) as refused:
        read(*rows)

    assert place.items() <= refused.value.fields.items()


def test_what_is_no_yaml_is_refused_with_its_line():
    with pytest.raises(QueuesWrong) as refused:
        read_queues("- name: a\n- {")

    assert refused.value.fields["line"] >= 2


@given(
    severity=st.integers(1, 4),
    reach=st.integers(0, 10**9),
    raising=st.integers(0, 10**6),
    minutes=st.none() | st.integers(-60, 10**5),
)
def test_more_reach_and_more_reports_never_let_a_case_wait_longer(
    severity: int, reach: int, raising: int, minutes: int | None
):
    due = None if minutes is None else NOW + timedelta(minutes=minutes)

    def moment(**more: int) -> datetime:
        facts = {"severity": severity, "reach": reach, "raising": raising, **more}
        return serve_by(NOW, due_at=due, **facts)

    assert moment(reach=reach + 1000) <= moment()
    assert moment(raising=raising + 10) <= moment()
    assert moment(severity=min(4, severity + 1)) <= moment()
    assert due is None or moment() <= due
