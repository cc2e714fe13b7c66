"""The talk about an objection: asked by who may decide, sealed, told, reminded of once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from tests.integration.cases_of_tests import (
    NOW,
    TOKEN_KEY,
    Keys,
    case_draft,
    decided,
    reviewer,
    settle,
    token_of,
)

from evenhand.actions.models import Decision, Delivery, Statement
from evenhand.appeals import queries, steps, talk_steps
from evenhand.appeals.checks import NamesSomebody, NotOpen, WindowClosed, window_ends
from evenhand.appeals.limits import REMINDER_AFTER
from evenhand.appeals.lists import NoticeState
from evenhand.appeals.models import AppealMessage, AppealNotice
from evenhand.appeals.notice_steps import sweep_appeals
from evenhand.base.lists import ActionKind, RecordKind
from evenhand.base.sealing import unseal
from evenhand.cases import steps as cases
from evenhand.cases.checks import CaseNotClosed
from evenhand.cases.models import Case
from evenhand.connectors.memory import MemoryMessenger
from evenhand.evidence.models import Hold
from evenhand.people.models import Person
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db

ACCOUNT = "@sender:example.test"
PUBLIC_URL = "https://desk.test"


def objected(keys: Keys, decision: Decision | None = None) -> Case:
    found = decision or decided(keys)
    return steps.object_to(
        found.id,
        token_of(found.id),
        "I quoted my own bank.",
        token_key=TOKEN_KEY,
        evidence_key=keys.evidence.public_key,
        now=NOW,
    )


def asked(case: Case, by: Person, text: str = "Which bank do you mean?") -> AppealMessage:
    return talk_steps.ask(case.id, text, by=by, now=NOW)


def answered(case: Case, keys: Keys, origin: str = "link:1", text: str = "The blue one.") -> None:
    talk_steps.answer(case.id, text, origin=origin, evidence_key=keys.evidence.public_key, now=NOW)


def told(messenger: MemoryMessenger, *, after: timedelta = timedelta()) -> list[str]:
    sweep_appeals(messenger, public_url=PUBLIC_URL, key=TOKEN_KEY, now=NOW + after)
    return list(messenger.look().notices.get(ACCOUNT, {}).values())


def messenger() -> MemoryMessenger:
    twin = MemoryMessenger()
    twin.register(ACCOUNT)
    return twin


def test_a_question_reaches_the_person_with_the_link() -> None:
    keys, twin = Keys.fresh(), messenger()
    case = objected(keys)

    asked(case, reviewer())

    (notice,) = told(twin)
    assert "Which bank do you mean?" in notice
    assert f"/objection/{case.decision_id}/{token_of(case.decision_id or case.id)}/" in notice
    assert told(twin) == [notice]
    assert AppealNotice.objects.get().state == NoticeState.SENT


def test_an_answer_is_sealed_and_held_until_the_decision() -> None:
    keys = Keys.fresh()
    case = objected(keys)
    asked(case, reviewer())

    answered(case, keys)

    (item,) = queries.sealed_of(case.id).values()
    assert unseal(bytes(item.sealed), key=keys.evidence) == b"The blue one."
    assert Hold.objects.filter(item=item, holder=case.id).exists()
    assert AppealMessage.objects.filter(answered_at=None, side="desk").count() == 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM appeals_appealmessage AS m WHERE m::text LIKE '%blue%'"
        )
        assert cursor.fetchone() == (0,)
    steps.refuse(case.id, by=reviewer("Ben Example"), reason="It was an offer.", now=NOW)
    assert not Hold.objects.filter(item=item).exists()


def test_the_same_answer_twice_is_one() -> None:
    keys = Keys.fresh()
    case = objected(keys)

    answered(case, keys)
    answered(case, keys)

    assert AppealMessage.objects.count() == 1
    kinds = list(Record.objects.values_list("kind", flat=True))
    assert kinds.count(RecordKind.APPEAL_MESSAGE) == 1


def test_only_who_may_decide_may_ask() -> None:
    keys = Keys.fresh()
    ada = reviewer()
    review = cases.open_case(case_draft(keys), now=NOW)
    decision = cases.decide_case(review.id, ActionKind.SUSPEND, by=ada, reason="Hatred.", now=NOW)
    case = objected(keys, decision)

    with pytest.raises(CaseNotClosed):
        asked(case, ada)
    assert asked(case, reviewer("Ben Example")).staff is not None


def test_a_question_names_nobody_else() -> None:
    case = objected(Keys.fresh())

    with pytest.raises(NamesSomebody):
        asked(case, reviewer(), "Do you know @rita:example.test?")

    assert not AppealMessage.objects.exists()


def test_the_reasons_of_an_outcome_name_nobody_else() -> None:
    case = objected(Keys.fresh())

    ben = reviewer("Ben Example")
    for judge in (steps.uphold, steps.refuse):
        with pytest.raises(NamesSomebody):
            judge(case.id, by=ben, reason="rita@example.org was right", now=NOW)

    assert Case.objects.get(id=case.id).state == "open"


def test_nothing_is_added_after_the_decision() -> None:
    keys = Keys.fresh()
    case = objected(keys)
    ben = reviewer("Ben Example")
    steps.refuse(case.id, by=ben, reason="It was an offer.", now=NOW)

    with pytest.raises(NotOpen):
        answered(case, keys)
    with pytest.raises(CaseNotClosed):
        asked(case, ben)


def test_who_does_not_answer_is_reminded_once() -> None:
    keys, twin = Keys.fresh(), messenger()
    asked(objected(keys), reviewer())
    assert len(told(twin)) == 1

    assert len(told(twin, after=REMINDER_AFTER - timedelta(seconds=1))) == 1
    assert len(told(twin, after=REMINDER_AFTER)) == 2
    assert len(told(twin, after=3 * REMINDER_AFTER)) == 2


def test_who_answered_is_not_reminded() -> None:
    keys, twin = Keys.fresh(), messenger()
    case = objected(keys)
    asked(case, reviewer())
    answered(case, keys)

    assert len(told(twin, after=2 * REMINDER_AFTER)) == 1


def test_a_messenger_that_does_not_answer_is_tried_again() -> None:
    keys, twin = Keys.fresh(), messenger()
    asked(objected(keys), reviewer())
    twin.faults.fail_next = 1

    assert told(twin) == []
    assert AppealNotice.objects.get().state == NoticeState.WAITING
    assert len(told(twin, after=timedelta(hours=1))) == 1


def test_a_lost_reply_sends_no_notice_twice() -> None:
    keys, twin = Keys.fresh(), messenger()
    asked(objected(keys), reviewer())
    twin.faults.lose_next = 1

    told(twin)

    assert len(told(twin, after=timedelta(hours=1))) == 1


def test_the_window_is_counted_from_being_told() -> None:
    keys = Keys.fresh()
    decision = decided(keys)
    settle()
    late = window_ends(NOW)
    assert Statement.objects.get(decision=decision).delivered_at == NOW

    with pytest.raises(WindowClosed):
        steps.object_to(
            decision.id,
            token_of(decision.id),
            "I was away.",
            token_key=TOKEN_KEY,
            evidence_key=keys.evidence.public_key,
            now=late,
        )
    assert not Case.objects.exists()
    Statement.objects.update(delivered_at=None)
    case = steps.object_to(
        decision.id,
        token_of(decision.id),
        "Nobody told me.",
        token_key=TOKEN_KEY,
        evidence_key=keys.evidence.public_key,
        now=late,
    )
    assert case.decision_id == decision.id


def test_a_refusal_names_who_settles_disputes_out_of_court() -> None:
    keys = Keys.fresh()
    case = objected(keys, decided(keys, market="DE"))

    steps.refuse(case.id, by=reviewer(), reason="It was an offer.", now=NOW)

    answer = Delivery.objects.get(verb="answer").answer
    assert answer is not None
    assert "User Rights GmbH (DE)" in answer["further"]
    assert "Bundesnetzagentur" in answer["further"]


def test_a_message_is_whole_in_the_database_too() -> None:
    keys = Keys.fresh()
    case = objected(keys)
    message = asked(case, reviewer())

    for wrong in ({"text": ""}, {"staff": None}, {"side": "person"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AppealMessage.objects.filter(id=message.id).update(**wrong)
