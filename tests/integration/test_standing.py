"""Strikes follow from decisions and go with them; misuse leads to a warning, then to a pause."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from tests.integration.actions_of_tests import settle
from tests.integration.cases_of_tests import NOW, Keys, decided, reviewer

from evenhand.actions import steps as actions
from evenhand.actions.drafts import DecisionDraft, Measure
from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action, Decision, Statement
from evenhand.actions.ports import InForce, Target
from evenhand.base.errors import NotFound
from evenhand.base.harms import harms
from evenhand.base.ids import new_id
from evenhand.base.lists import (
    ActionKind,
    ChannelKind,
    Ground,
    Language,
    RecordKind,
    Source,
    TargetKind,
)
from evenhand.cases.lists import CaseKind, CaseOutcome, CaseState
from evenhand.cases.models import Case
from evenhand.connectors.memory import MemoryMessenger
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.models import Record
from evenhand.standing.checks import NotLifted
from evenhand.standing.lists import LiftedWhy, MisuseKind, MisuseStep
from evenhand.standing.models import Misuse, Penalty, Strike
from evenhand.standing.queries import (
    may_appeal,
    may_report,
    outlook,
    panel,
    strikes_of,
    suspended_until,
)
from evenhand.standing.reactions import STANDING, keep_standing
from evenhand.standing.steps import (
    forget_misuse,
    forget_standing,
    lift_misuse,
    lift_strike,
    note_unfounded,
    tell_misuse,
)

pytestmark = pytest.mark.django_db
ACCOUNT = "@sender:example.test"
REPORTER = b"r" * 32


def day(number: float) -> datetime:
    return NOW + timedelta(days=number)


def a_case(by: Person | None = None, *, harm: str = "m.harassment", at: datetime = NOW) -> Case:
    case_id = new_id(now=at)
    return Case.objects.create(
        id=case_id,
        opened_at=at,
        kind=CaseKind.REVIEW.value,
        origin=f"test:{case_id}",
        serve_by=at,
        harm=harm,
        severity=harms()[harm].severity,
        score=0.9,
        language=Language.DE.value,
        channel_kind=ChannelKind.PUBLIC.value,
        account=ACCOUNT,
    )


def decide(
    by: Person,
    *,
    harm: str = "m.harassment",
    kind: ActionKind = ActionKind.REDACT,
    at: datetime = NOW,
    done_at: datetime | None = None,
    event: str = "",
) -> Decision:
    """A person's decision in a case, as the cases room makes it; its records are followed."""
    case = a_case(by, harm=harm, at=done_at or at)
    event = event or f"${case.id}"
    target = (
        Target(TargetKind.EVENT, account=ACCOUNT, channel="!r:x", event=event)
        if kind is ActionKind.REDACT
        else Target(TargetKind.ACCOUNT, account=ACCOUNT)
    )
    decision = actions.decide(
        DecisionDraft(
            id=new_id(now=at),
            at=at,
            origin=f"case:{case.id}",
            ground=Ground.CASE,
            harm=harm,
            severity=harms()[harm].severity,
            score=0.9,
            reason="It insults.",
            source=Source.USER,
            market="DE",
            language=Language.DE,
            channel_kind=ChannelKind.PUBLIC,
            measures=(Measure(kind, target),),
            case=case.id,
            staff=by.id,
            account=ACCOUNT,
            event=event,
        ),
        now=at,
    )
    follow(decision.id, now=at)
    return decision


def follow(subject: UUID, *, now: datetime) -> None:
    """Shows the consumer every record about a subject; what it saw before changes nothing."""
    for record in Record.objects.filter(subject=subject).order_by("serial"):
        if RecordKind(record.kind) in STANDING.kinds:
            keep_standing(record, now)


def undo(decision: Decision, by: Person, *, now: datetime) -> None:
    settle(InForce.YES, now=now)
    for action in Action.objects.filter(decision=decision):
        actions.undo(action.id, by=by.id, reason="It was wrong.", now=now)
    settle(InForce.NO, now=now)
    follow(decision.id, now=now)


def test_a_decision_counts_once_and_warns() -> None:
    decision = decide(reviewer())

    follow(decision.id, now=NOW)

    (strike,) = strikes_of(ACCOUNT, NOW)
    assert (strike.count, strike.harm, strike.decision) == (1, "m.harassment", decision)
    (penalty,) = Penalty.objects.all()
    assert (penalty.step, penalty.own, penalty.warning) == ("warning", True, None)
    warning = penalty.decision
    assert [action.kind for action in Action.objects.filter(decision=warning)] == ["warn"]
    assert Statement.objects.get(decision=warning).language == "de"
    assert "Verwarnung" in warning.reason
    assert Record.objects.filter(kind=RecordKind.STRIKE_GIVEN, subject=decision.id).count() == 1


def test_what_strikes_lead_to_gives_no_strikes() -> None:
    decide(reviewer())
    penalty = Penalty.objects.get()

    follow(penalty.decision_id, now=NOW)

    assert Strike.objects.count() == 1


def test_a_persons_own_warning_is_the_warning() -> None:
    decision = decide(reviewer(), kind=ActionKind.WARN)

    penalty = Penalty.objects.get()

    assert (penalty.own, penalty.decision) == (False, decision)
    assert Decision.objects.count() == 1


def test_who_is_suspended_anyway_is_not_told_twice() -> None:
    decide(reviewer(), kind=ActionKind.SUSPEND)

    assert Strike.objects.count() == 1
    assert Penalty.objects.count() == 0


def test_strikes_after_the_warning_suspend_for_a_time() -> None:
    ada = reviewer()
    decide(ada)
    decide(ada, harm="m.spam.fraud", at=day(1))

    week = Penalty.objects.get(step="week")

    (action,) = Action.objects.filter(decision=week.decision)
    assert (action.kind, action.ends_at) == ("suspend", day(8))
    assert week.warning == Penalty.objects.get(step="warning")
    assert week.decision.staff == ada.id


def test_many_old_posts_decided_at_once_only_warn() -> None:
    ada = reviewer()
    for number in range(6):
        decide(ada, at=day(1 + number / 1000), done_at=NOW)

    assert [penalty.step for penalty in Penalty.objects.all()] == ["warning"]
    assert panel(ACCOUNT, day(2)).counting == 6


def test_undoing_lifts_the_strike_and_what_rested_on_it() -> None:
    ada = reviewer()
    decide(ada)
    second = decide(ada, harm="m.spam.fraud", at=day(1))

    undo(second, ada, now=day(2))

    assert Strike.objects.get(decision=second).lifted_why == LiftedWhy.UNDONE
    week = Penalty.objects.get(step="week")
    assert week.lifted_why == LiftedWhy.STRIKES_LIFTED
    action = Action.objects.get(decision=week.decision)
    assert action.state in (ActionState.UNDOING, ActionState.UNDONE)
    assert action.undo_by == ada.id
    assert action.undo_reason == "Die Verstöße, auf denen dies beruhte, zählen nicht mehr."
    assert Penalty.objects.get(step="warning").lifted_at is None
    assert panel(ACCOUNT, day(2)).counting == 1
    assert Record.objects.filter(kind=RecordKind.STRIKE_LIFTED, subject=second.id).exists()


def test_without_its_warning_no_suspension_stands() -> None:
    ada = reviewer()
    first = decide(ada, harm="m.spam")
    decide(ada, harm="m.violence.extremist", at=day(1))

    undo(first, ada, now=day(2))

    assert Strike.objects.filter(lifted_at=None).count() == 1
    assert Penalty.objects.filter(lifted_at=None).count() == 0
    week = Action.objects.get(decision=Penalty.objects.exclude(step="warning").get().decision)
    assert week.undo_reason == "Die Verwarnung, die dem vorausging, wurde zurückgenommen."


def test_what_ends_by_itself_lifts_nothing() -> None:
    ada = reviewer()
    decide(ada)
    decide(ada, harm="m.spam.fraud", at=day(1))
    week = Penalty.objects.get(step="week")
    settle(InForce.YES, now=day(2))

    assert actions.end_due(now=day(9)) == 1
    settle(InForce.NO, now=day(9))
    follow(week.decision_id, now=day(9))

    assert Penalty.objects.get(step="week").lifted_at is None
    assert Strike.objects.filter(lifted_at=None).count() == 2


def test_a_rules_decision_counts_once_a_person_stood_by_it() -> None:
    decision = decided(Keys.fresh())
    bea = reviewer("Bea")
    follow(decision.id, now=NOW)
    assert Strike.objects.count() == 0

    record = judged(decision, bea, CaseOutcome.REFUSED)
    keep_standing(record, NOW)

    strike = Strike.objects.get()
    assert (strike.harm, strike.count) == ("m.spam.fraud", 3)


def test_an_objection_upheld_lifts() -> None:
    ada, bea = reviewer(), reviewer("Bea")
    decision = decide(ada)

    keep_standing(judged(decision, bea, CaseOutcome.UPHELD), day(1))

    assert strikes_of(ACCOUNT, day(1)) == []
    assert Strike.objects.get().lifted_why == LiftedWhy.OBJECTION_UPHELD


def judged(decision: Decision, by: Person, outcome: CaseOutcome) -> Record:
    """The record of an objection that was judged, with its case."""
    case_id = new_id(now=NOW)
    item = decision.evidence or decided(Keys.fresh(), event=f"$x{case_id}").evidence
    Case.objects.create(
        id=case_id,
        opened_at=NOW,
        kind=CaseKind.OBJECTION.value,
        origin=f"objection:{decision.id}",
        serve_by=NOW,
        decision=decision,
        objection=item,
        harm=decision.harm,
        severity=decision.severity,
        score=1.0,
        language="de",
        channel_kind="public",
        state=CaseState.CLOSED.value,
        outcome=outcome.value,
        closed_at=NOW,
        closed_by=by,
    )
    upheld = outcome is CaseOutcome.UPHELD
    kind = RecordKind.OBJECTION_UPHELD if upheld else RecordKind.OBJECTION_REFUSED
    return Record(kind=kind.value, subject=case_id)


def test_expired_strikes_count_no_more_and_are_forgotten_later() -> None:
    decide(reviewer())

    assert strikes_of(ACCOUNT, day(181)) == []
    assert forget_standing(now=day(181)) == 0
    assert forget_standing(now=day(181 + 400)) == 1
    assert Strike.objects.get().account == ""
    assert Penalty.objects.get().account == ""


def test_a_senior_lifts_a_strike_with_a_reason() -> None:
    ada, senior = reviewer(), reviewer("Sue", Role.SENIOR)
    decide(ada)
    strike = Strike.objects.get()

    with pytest.raises(NotLifted, match="role_missing"):
        lift_strike(strike.id, by=ada, reason="Mistake.", now=day(1))
    with pytest.raises(NotLifted, match="reason_missing"):
        lift_strike(strike.id, by=senior, reason=" ", now=day(1))
    lift_strike(strike.id, by=senior, reason="The post was satire.", now=day(1))

    assert strikes_of(ACCOUNT, day(1)) == []
    assert Penalty.objects.get().lifted_why == LiftedWhy.STRIKES_LIFTED
    with pytest.raises(NotLifted, match="lifted_already"):
        lift_strike(strike.id, by=senior, reason="Again.", now=day(1))


def test_what_would_follow_is_known_before_deciding() -> None:
    first = outlook(ACCOUNT, "m.spam.fraud", done_at=NOW, at=NOW)
    decide(reviewer())
    then = outlook(ACCOUNT, "m.spam.fraud", done_at=day(1), at=day(1))

    assert first is not None
    assert first.follows is not None
    assert then is not None
    assert then.follows is not None
    assert (first.follows.name, then.follows.name) == ("warning", "week")
    assert Strike.objects.count() == 1


def test_the_database_takes_no_suspension_without_a_warning() -> None:
    decide(reviewer())
    strike = Strike.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        Penalty.objects.create(
            id=new_id(now=NOW), decision=strike.decision, strike=strike, account=ACCOUNT,
            step="week", does="suspend", own=True, strikes=4, days=90, given_at=NOW,
        )  # fmt: skip


def unfounded(number: int, *, at: datetime, **facts: object) -> list[Misuse | None]:
    """So many unfounded reports of one person, each on a case of its own."""
    values: dict[str, object] = {"judged": 100 if facts.pop("mostly_right", False) else 1, **facts}
    return [
        note_unfounded(REPORTER, MisuseKind.REPORT, a_case(at=at).id, at, filed_at=at, **values)  # type: ignore[arg-type]
        for _ in range(number)
    ]


def test_unfounded_reports_warn_and_then_pause() -> None:
    warning = unfounded(3, at=NOW)[-1]
    assert warning is not None
    assert warning.step == MisuseStep.WARNED
    assert may_report(REPORTER, day(1))

    pause = unfounded(2, at=day(1))[-1]

    assert pause is not None
    assert (pause.step, pause.warning, pause.until) == ("suspended", warning, day(31))
    assert not may_report(REPORTER, day(2))
    assert suspended_until(REPORTER, MisuseKind.REPORT, day(2)) == day(31)
    assert may_report(REPORTER, day(31))
    assert may_report(b"o" * 32, day(2))
    assert may_appeal(REPORTER, day(2))
    kinds = Record.objects.filter(subject__in=[warning.id, pause.id]).values_list("kind")
    assert sorted(kind for (kind,) in kinds) == ["misuse_suspended", "misuse_warned"]


def test_the_same_case_counts_once() -> None:
    case = a_case()
    for _ in range(9):
        found = note_unfounded(
            REPORTER, MisuseKind.REPORT, case.id, NOW, filed_at=NOW, judged=1, intended=True
        )

    assert found is None
    assert Misuse.objects.count() == 0


def test_who_is_mostly_right_stays_untouched() -> None:
    assert not any(unfounded(9, at=NOW, mostly_right=True))


def test_nothing_is_noted_on_a_case_that_does_not_exist() -> None:
    with pytest.raises(NotFound):
        note_unfounded(REPORTER, MisuseKind.REPORT, new_id(now=NOW), NOW, filed_at=NOW, judged=1)


def test_an_appellant_is_told_by_the_messenger_once() -> None:
    messenger = MemoryMessenger(None)
    messenger.register(ACCOUNT)
    for _ in range(4):
        note_unfounded(
            ACCOUNT.encode(), MisuseKind.APPEAL, a_case().id, NOW,
            filed_at=NOW, judged=4, account=ACCOUNT, language=Language.FR,
        )  # fmt: skip

    told = tell_misuse(messenger, public_url="https://desk.example", now=NOW)
    again = tell_misuse(messenger, public_url="https://desk.example", now=NOW)

    assert (told, again) == (1, 0)
    notices = messenger.look().notices[ACCOUNT]
    assert any("Avertissement" in str(text) for text in notices.values())


def test_a_senior_ends_a_pause() -> None:
    unfounded(3, at=NOW)
    pause = unfounded(2, at=day(1))[-1]
    assert pause is not None

    lift_misuse(pause.id, by=reviewer("Sue", Role.SENIOR), reason="Two were right.", now=day(2))

    assert may_report(REPORTER, day(2))


def test_keys_of_reporters_are_forgotten() -> None:
    unfounded(3, at=NOW)

    assert forget_misuse(now=day(100)) == 0
    assert forget_misuse(now=day(800)) == 4
    assert bytes(Misuse.objects.get().key) == b""


def test_a_message_counts_once_however_often_it_is_decided_about() -> None:
    first = decide(reviewer(), event="$same")

    decide(reviewer("Ben Example"), event="$same")
    assert [strike.decision for strike in strikes_of(ACCOUNT, NOW)] == [first]
    decide(reviewer("Eve Example"), event="$other")
    assert len(strikes_of(ACCOUNT, NOW)) == 2
