"""A decision leaves a label on whom it was about, for a time; it falls with its decision."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.cases_of_tests import NOW, reviewer
from tests.integration.test_standing import ACCOUNT, a_case, decide, follow, undo

from evenhand.actions import steps as actions
from evenhand.actions.drafts import DecisionDraft, Measure
from evenhand.actions.ports import Target
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
from evenhand.cases.models import Case
from evenhand.connectors.subjects_file import SubjectFiles
from evenhand.people.models import Person
from evenhand.records.models import Record
from evenhand.signals.subjects import Subjects
from evenhand.standing.label_steps import forget_labels, give_labels
from evenhand.standing.lists import LiftedWhy
from evenhand.standing.models import Label
from evenhand.standing.queries import labels_in_force

pytestmark = pytest.mark.django_db


def draft_of(case: Case, person: Person) -> DecisionDraft:
    return DecisionDraft(
        id=new_id(now=NOW),
        at=NOW,
        origin=f"case:{case.id}",
        ground=Ground.CASE,
        harm=case.harm,
        severity=case.severity,
        score=0.9,
        reason="It insults.",
        source=Source.USER,
        market="DE",
        language=Language.DE,
        channel_kind=ChannelKind.PUBLIC,
        measures=(),
        case=case.id,
        staff=person.id,
        account=ACCOUNT,
        channel="!room:x",
    )


def test_a_persons_decision_labels_the_account_once_and_for_a_time() -> None:
    decision = decide(reviewer())
    follow(decision.id, now=NOW)

    (label,) = labels_in_force(NOW)
    (record,) = Record.objects.filter(kind=RecordKind.LABEL_GIVEN, subject=decision.id)

    assert (label.target_kind, label.target) == (TargetKind.ACCOUNT, ACCOUNT)
    assert (label.harm, label.severity) == (decision.harm, decision.severity)
    assert label.expires_at > NOW + timedelta(days=20)
    assert ACCOUNT not in str(record.__dict__)
    assert labels_in_force(label.expires_at) == []


def test_a_decision_that_is_undone_leaves_no_label_and_no_name() -> None:
    person = reviewer()
    decision = decide(person)

    undo(decision, person, now=NOW)

    label = Label.objects.get(decision=decision)
    assert (label.target, label.lifted_why) == ("", LiftedWhy.UNDONE.value)
    assert labels_in_force(NOW) == []
    assert Record.objects.filter(kind=RecordKind.LABEL_LIFTED, subject=decision.id).count() == 1


def test_what_was_done_to_a_channel_labels_the_channel_too() -> None:
    person = reviewer()
    case = a_case(person)
    target = Target(TargetKind.CHANNEL, account=ACCOUNT, channel="!room:x")
    decision = actions.decide(
        replace(draft_of(case, person), measures=(Measure(ActionKind.UNLIST, target),)), now=NOW
    )

    follow(decision.id, now=NOW)

    named = {label.target_kind: label.target for label in labels_in_force(NOW)}
    assert named == {TargetKind.ACCOUNT: ACCOUNT, TargetKind.CHANNEL: "!room:x"}


def test_the_sealed_lane_labels_nobody() -> None:
    person = reviewer()
    decision = decide(person)
    Label.objects.all().delete()
    decision.harm = "m.child_safety.csam"

    given = give_labels(decision, by=person.id, now=NOW)

    assert given == []
    assert not Label.objects.exists()


def test_a_label_that_ended_keeps_no_name() -> None:
    decision = decide(reviewer())
    end = Label.objects.get(decision=decision).expires_at

    early = forget_labels(now=end - timedelta(seconds=1))
    late = forget_labels(now=end)

    assert (early, late) == (0, 1)
    assert Label.objects.get(decision=decision).target == ""


def test_the_door_is_told_of_labels_and_of_no_more_after_they_fall(tmp_path: Path) -> None:
    person = reviewer()
    decision = decide(person)
    files = SubjectFiles(tmp_path)
    path = tmp_path / "door" / "subjects.arrow"

    first, again = files.write(now=NOW), files.write(now=NOW)
    told = Subjects.read(path, seed=1)
    undo(decision, person, now=NOW)
    files.write(now=NOW)

    assert (first, again) == (1, 0)
    assert (len(told), told.harms) == (1, (decision.harm,))
    assert len(Subjects.read(path, seed=1)) == 0
