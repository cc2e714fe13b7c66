"""Objections to what was done under an authority's order: linked to, judged, and answered."""

import re
from datetime import datetime
from uuid import UUID

import pytest
from tests.integration.cases_of_tests import Keys, reviewer
from tests.integration.matters_of_tests import ACCOUNT, NOW, desk, withhold

from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action, Decision, Delivery
from evenhand.appeals import steps
from evenhand.appeals.checks import WindowClosed, window_ends
from evenhand.appeals.models import AppealNotice
from evenhand.appeals.notice_steps import sweep_appeals
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.cases.models import Case
from evenhand.connectors.memory import MemoryMessenger
from evenhand.legal import steps as legal
from evenhand.legal.drafts import NoticeDecision
from evenhand.legal.lists import NoticeState
from evenhand.legal.models import UserNotice
from evenhand.markets.lists import AuthorityKind
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db

URL = "https://desk.example.test"
KEY = b"k" * 32
LINK = re.compile(re.escape(URL) + r"/objection/([0-9a-f-]{36})/([\w=-]+)/")


def told_of_an_order(twin: MemoryMessenger) -> tuple[UUID, str]:
    """An order that was carried out and told; gives what the notice links to."""
    one = desk(kind=AuthorityKind.COURT)
    matter = one.released("eu-dsa-art9", withhold("DE"))
    legal.decide_notice(
        matter.id, NoticeDecision(ACCOUNT, "DSA Art. 9(5)", "de"), by=one.lawyer, now=NOW
    )
    legal.conclude(matter.id, by=one.lawyer, reason="As far as it can be.", now=NOW)
    legal.sweep_notices(twin, one.pages, public_url=URL, key=KEY, now=NOW)
    (text,) = notices(twin)
    found = LINK.search(text)
    assert found is not None, text
    return UUID(found[1]), found[2]


def notices(twin: MemoryMessenger) -> list[str]:
    return list(twin.look().notices.get(ACCOUNT, {}).values())


def objected(decision: UUID, token: str, now: datetime = NOW) -> Case:
    return steps.object_to(
        decision,
        token,
        "You withheld another room.",
        token_key=KEY,
        evidence_key=Keys.fresh().evidence.public_key,
        now=now,
    )


def swept(twin: MemoryMessenger) -> None:
    sweep_appeals(twin, public_url=URL, key=KEY, now=NOW)


@pytest.fixture
def twin() -> MemoryMessenger:
    made = MemoryMessenger()
    made.register(ACCOUNT)
    return made


@pytest.mark.parametrize("upheld", [True, False])
def test_an_objection_against_what_an_order_led_to_is_answered(
    twin: MemoryMessenger, upheld: bool
) -> None:
    case = objected(*told_of_an_order(twin))
    judge = steps.uphold if upheld else steps.refuse

    judge(case.id, by=reviewer("Zoe Example"), reason="Es war der falsche Raum.", now=NOW)
    swept(twin)
    swept(twin)

    assert len(notices(twin)) == 2
    answer = notices(twin)[-1]
    assert "Es war der falsche Raum." in answer
    assert ("stattgegeben" in answer) is upheld
    assert not Delivery.objects.filter(verb="answer").exists()
    kinds = list(Record.objects.values_list("kind", flat=True))
    assert kinds.count(RecordKind.OBJECTION_ANSWERED) == 1


def test_upholding_it_undoes_what_was_done(twin: MemoryMessenger) -> None:
    decision, token = told_of_an_order(twin)
    Action.objects.update(state=ActionState.IN_FORCE.value, in_force_at=NOW)

    undone = steps.uphold(
        objected(decision, token).id, by=reviewer("Zoe Example"), reason="Falscher Raum.", now=NOW
    )

    assert [action.state for action in undone] == [ActionState.UNDOING]


def test_who_released_the_order_does_not_judge_the_objection(twin: MemoryMessenger) -> None:
    decision, token = told_of_an_order(twin)

    case = objected(decision, token)

    assert case.barred_staff == Decision.objects.get(id=decision).staff


def test_who_may_not_be_told_learns_nothing_by_an_answer(twin: MemoryMessenger) -> None:
    decision, token = told_of_an_order(twin)
    other = "@other:example.test"
    twin.register(other)
    notice = UserNotice.objects.get()
    UserNotice.objects.create(
        id=new_id(now=NOW),
        matter=notice.matter,
        account=other,
        language="de",
        state=NoticeState.FORBIDDEN_UNTIL_LIFTED.value,
        basis="Order no. 7",
        decided_by=notice.decided_by,
        decided_at=NOW,
        review_at=NOW,
    )

    steps.refuse(
        objected(decision, token).id, by=reviewer("Zoe Example"), reason="Es war richtig.", now=NOW
    )
    swept(twin)

    assert list(AppealNotice.objects.values_list("account", flat=True)) == [ACCOUNT]
    assert other not in twin.look().notices


def test_the_six_months_run_from_the_notice(twin: MemoryMessenger) -> None:
    decision, token = told_of_an_order(twin)

    with pytest.raises(WindowClosed):
        objected(decision, token, window_ends(NOW))
