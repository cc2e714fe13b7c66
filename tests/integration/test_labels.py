"""Labels: decisions of people for training, without whom they concerned."""

import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from tests.integration.cases_of_tests import NOW, SECRET, Keys, case_draft, reviewer

from evenhand.actions import steps as actions
from evenhand.actions.models import Action
from evenhand.base.errors import InputRefused, NotAllowed, NotFound
from evenhand.base.lists import ActionKind
from evenhand.base.sealing import unseal
from evenhand.cases import labels_command, steps
from evenhand.cases.labels import export
from evenhand.cases.models import Case
from evenhand.cases.quality_steps import draw_second_look
from evenhand.evidence.models import SealedItem
from evenhand.evidence.opener import Opened, Request
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db


def nothing(_: UUID) -> str | None:
    return None


def closed(by: Person, kind: ActionKind, keys: Keys, *, event: str, **more: object) -> Case:
    draft = replace(case_draft(keys, event=event), **more)
    case = steps.open_case(draft, now=NOW)
    steps.decide_case(case.id, kind, by=by, reason="So.", now=NOW)
    return Case.objects.get(pk=case.pk)


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_answer_is_a_row_without_whom_it_concerned(tmp_path: Path) -> None:
    ada, keys = reviewer(), Keys.fresh()
    closed(ada, ActionKind.REDACT, keys, event="$one")
    closed(ada, ActionKind.NONE, keys, event="$two")
    steps.open_case(case_draft(event="$open"), now=NOW)

    told = export(tmp_path / "labels.ndjson", read=nothing)

    second, first = sorted(rows(tmp_path / "labels.ndjson"), key=lambda row: str(row["answer"]))
    assert (told.labels, told.texts) == (2, 0)
    assert (first["harm"], first["answer"], first["stands"]) == (
        "m.harassment.hate",
        "redact",
        True,
    )
    assert (second["harm"], second["answer"]) == ("none", "none")
    assert first["rules"] == ["model_hate@2"]
    written = (tmp_path / "labels.ndjson").read_text()
    for name in ("@sender", "!r:x", "$one", ada.name, str(ada.id), SECRET):
        assert name not in written
    assert (tmp_path / "labels.ndjson").stat().st_mode & 0o077 == 0


def test_the_sealed_lane_is_left_out(tmp_path: Path) -> None:
    keeper = reviewer("Kim Example", Role.CHILD_SAFETY)
    closed(keeper, ActionKind.NONE, Keys.fresh(), event="$c", harm="m.child_safety", severity=4)

    assert export(tmp_path / "labels.ndjson", read=nothing).labels == 0


def test_what_was_taken_back_or_answered_otherwise_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben, keys = reviewer(), reviewer("Ben Example"), Keys.fresh()
    undone = closed(ada, ActionKind.SUSPEND, keys, event="$one", about="account:@a:x")
    action = Action.objects.get(decision__case=undone.id)
    actions.undo(action.id, by=ben.id, reason="A mistake.", now=NOW)
    looked_at = closed(ada, ActionKind.REDACT, keys, event="$two")
    monkeypatch.setattr("evenhand.cases.quality_steps.drawn", lambda *_: True)
    draw_second_look(Record.objects.get(kind="case_closed", subject=looked_at.id), NOW)
    again = Case.objects.get(sampled_of=looked_at)
    steps.decide_case(again.id, ActionKind.NONE, by=ben, reason="Satire.", now=NOW)

    export(tmp_path / "labels.ndjson", read=nothing)

    found = {row["answer"]: row for row in rows(tmp_path / "labels.ndjson")}
    assert (found["suspend"]["stands"], found["suspend"]["agreed"]) == (False, None)
    assert (found["redact"]["stands"], found["redact"]["agreed"]) == (True, False)


def test_parquet_holds_the_same(tmp_path: Path) -> None:
    closed(reviewer(), ActionKind.REDACT, Keys.fresh(), event="$one")
    export(tmp_path / "labels.ndjson", read=nothing)

    export(tmp_path / "labels.parquet", read=nothing)

    assert pq.read_table(tmp_path / "labels.parquet").to_pylist() == rows(
        tmp_path / "labels.ndjson"
    )


@pytest.mark.parametrize("name", ["labels.csv", "labels", "there.ndjson"])
def test_a_file_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "there.ndjson").write_text("kept")

    with pytest.raises(InputRefused):
        export(tmp_path / name, read=nothing)
    assert (tmp_path / "there.ndjson").read_text() == "kept"


def test_texts_come_through_the_opener_until_it_says_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ada, keys = reviewer(), Keys.fresh()
    for number in range(3):
        closed(ada, ActionKind.REDACT, keys, event=f"$e{number}")
    asked: list[Request] = []

    def ask(home: Path, request: Request) -> Opened:
        asked.append(request)
        if len(asked) > 2:
            raise NotAllowed(why="enough")
        item = SealedItem.objects.get(pk=request.item)
        return Opened(item.media_type, unseal(bytes(item.sealed), key=keys.evidence))

    monkeypatch.setattr(labels_command, "ask", ask)
    file = tmp_path / "labels.ndjson"
    options = Namespace(file=file, by=ada.name, reason="Training the model of hate.")

    assert labels_command.run(options) == 0

    assert [row["text"] for row in rows(file)] == [SECRET, SECRET, None]
    assert {(one.staff, one.reason) for one in asked} == {(ada.id, "Training the model of hate.")}
    said = capsys.readouterr()
    assert "3 labels, 2 with their text" in said.out
    assert "opens no more" in said.err


def test_who_reads_texts_is_known_and_says_why() -> None:
    with pytest.raises(NotFound):
        labels_command.reading("Nobody", "Training.")
    for by, reason in ((None, "Training."), ("Ada", None), ("Ada", "  ")):
        with pytest.raises(InputRefused):
            labels_command.reading(by, reason)
