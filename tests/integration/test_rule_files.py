"""The rulebook as files for git: exported, imported as drafts, refused where they clash."""

import json
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from tests.integration.people_of_tests import NOW, member

from evenhand.base.errors import EvenhandError, NotFound
from evenhand.connectors.files import rule_import
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.rulebook import export_command, queries, steps
from evenhand.rulebook.checks import RuleStepRefused
from evenhand.rulebook.files import LIST, FilesRefused
from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.models import RuleVersion
from evenhand.rulebook.shipped_steps import RuleText, take_in
from evenhand.rules import in_force
from evenhand.rules.load import read_rule
from evenhand.signals.columns import all_columns

pytestmark = pytest.mark.django_db

RULE = "link_posted"
TEXT = (Path(__file__).parents[1] / "data" / "files" / "rules" / f"{RULE}.yaml").read_text()
TEXT = TEXT.replace('version: "3"', 'version: "1"')
NAME = "Pia Policy"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "rules"


@pytest.fixture(autouse=True)
def author() -> Person:
    return member(NAME, Role.POLICY_AUTHOR)


def called(command: ModuleType, *words: object) -> int:
    parser = ArgumentParser()
    command.add_arguments(parser)
    return int(command.run(parser.parse_args([str(word) for word in words])))


def imported(folder: Path, *words: str) -> int:
    return called(rule_import, folder, "--by", NAME, *words)


def edition(number: int) -> str:
    return TEXT.replace('version: "1"', f'version: "{number}"')


def written(number: int, *, minutes: int = 0, text: str = "") -> RuleVersion:
    """Gives a version as the desk keeps it."""
    told = text or edition(number)
    rule = read_rule(told, Path(f"{RULE}.yaml"), all_columns([]))
    at = NOW + timedelta(minutes=minutes)
    return steps.write_version(rule, told, by=member(NAME, Role.POLICY_AUTHOR), now=at)


def versions() -> list[str]:
    return [row.version.partition(".")[0] for row in queries.versions_of(RULE)]


def test_what_was_exported_and_not_changed_is_imported_as_nothing(folder: Path) -> None:
    written(1)

    assert called(export_command, folder) == 0
    assert imported(folder) == 0

    assert (folder / f"{RULE}.yaml").read_text() == TEXT
    [listed] = json.loads((folder / LIST).read_text())["rules"]
    assert (listed["rule"], listed["state"]) == (RULE, "draft")
    assert versions() == ["1"]


def test_a_changed_file_becomes_a_draft_of_whoever_imports_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(1)
    called(export_command, folder)
    (folder / f"{RULE}.yaml").write_text(edition(2).replace("\n", "\r\n"))

    assert called(rule_import, folder, "--look") == 1
    assert versions() == ["1"]
    assert imported(folder, "--note", "after a review") == 0

    said = capsys.readouterr().out
    assert '-version: "1"' in said
    assert '+version: "2"' in said
    draft, _ = queries.versions_of(RULE)
    assert (draft.state, draft.imported, draft.note) == (RuleState.DRAFT, True, "after a review")
    assert draft.author is not None
    assert draft.author.name == NAME
    assert draft.text == edition(2)
    assert queries.changes_of(RULE)[-1]["why"] == "imported from files"


def test_a_file_may_change_again_before_it_is_exported_again(folder: Path) -> None:
    written(1)
    called(export_command, folder)

    for number in (2, 3):
        (folder / f"{RULE}.yaml").write_text(edition(number))
        assert imported(folder) == 0

    assert versions() == ["3", "2", "1"]
    assert called(export_command, folder) == 0


def test_a_new_rule_becomes_a_draft(folder: Path) -> None:
    folder.mkdir()
    (folder / f"{RULE}.yaml").write_text(TEXT)

    assert imported(folder) == 0

    assert versions() == ["1"]


def test_what_the_desk_wrote_meanwhile_is_not_passed_over(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(1)
    called(export_command, folder)
    written(2, minutes=1)
    assert imported(folder) == 0  # the file did not change: it is behind, and that is all
    (folder / f"{RULE}.yaml").write_text(edition(3))

    assert imported(folder) == 2

    said = capsys.readouterr().out
    assert "refused: version 2." in said
    assert "nothing was imported" in said
    assert versions() == ["2", "1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (edition(3), "was not exported"),
        (edition(1), "is version 1."),
        (edition(2) + "# another word\n", "has another text already"),
    ],
)
def test_a_file_that_clashes_is_refused_with_all_others(
    folder: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    steps.retire(written(1).id, by=member(NAME, Role.POLICY_AUTHOR), now=NOW)
    written(2, minutes=1)
    folder.mkdir()
    (folder / f"{RULE}.yaml").write_text(text)
    (folder / "another.yaml").write_text(TEXT.replace(RULE, "another"))

    assert imported(folder) == 2

    assert said in capsys.readouterr().out
    assert versions() == ["2", "1"]
    assert queries.versions_of("another") == []


def test_every_fault_is_named_and_nothing_is_imported(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.mkdir()
    (folder / f"{RULE}.yaml").write_text(TEXT)
    (folder / "broken.yaml").write_text("id: [")
    (folder / "latin.yaml").write_bytes(b"id: \xff")
    (folder / "large.yaml").write_bytes(b"#" * 300_000)
    (folder / "Up\x1b[2J.yaml").write_text(TEXT)

    assert imported(folder) == 2

    said = capsys.readouterr().out
    assert "broken.yaml line" in said
    assert "latin.yaml: not UTF-8 at byte 4" in said
    assert "large.yaml: larger than" in said
    assert "named ID.yaml" in said
    assert "\x1b" not in said
    assert versions() == []


def test_an_export_writes_over_nothing_that_was_not_imported(folder: Path) -> None:
    written(1)
    called(export_command, folder)
    (folder / f"{RULE}.yaml").write_text(edition(2))

    with pytest.raises(FilesRefused) as refused:
        called(export_command, folder)

    assert f"{RULE}.yaml" in str(refused.value.fields["files"])
    assert (folder / f"{RULE}.yaml").read_text() == edition(2)


def test_a_retired_rule_has_no_file_and_an_offered_version_is_not_taken(folder: Path) -> None:
    row = written(1)
    rule = read_rule(edition(2), Path(f"{RULE}.yaml"), all_columns([]))
    take_in([RuleText(rule, edition(2))], now=NOW + timedelta(minutes=1))
    called(export_command, folder)
    assert (folder / f"{RULE}.yaml").read_text() == TEXT

    steps.retire(row.id, by=member(NAME, Role.POLICY_AUTHOR), now=NOW)
    called(export_command, folder)

    assert not (folder / f"{RULE}.yaml").exists()
    assert json.loads((folder / LIST).read_text())["rules"] == []


def test_who_works_on_no_rules_imports_none(folder: Path) -> None:
    member("Rita Reviewer", Role.REVIEWER)
    folder.mkdir()
    (folder / f"{RULE}.yaml").write_text(TEXT)

    for name, error in (("Rita Reviewer", RuleStepRefused), ("Nobody", NotFound)):
        with pytest.raises(error):
            called(rule_import, folder, "--by", name)
    assert versions() == []


@pytest.mark.parametrize("content", ["[]", "{", '{"format": 9}', '{"format": 1, "rules": [1]}'])
def test_a_list_that_says_nothing_is_refused(folder: Path, content: str) -> None:
    folder.mkdir()
    (folder / f"{RULE}.yaml").write_text(TEXT)
    (folder / LIST).write_text(content)

    with pytest.raises(FilesRefused):
        imported(folder)


def test_the_folder_of_what_is_in_force_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / in_force.LIST).write_text("{}")

    for command in (export_command, rule_import):
        with pytest.raises(EvenhandError, match="take another folder"):
            called(command, folder, *(["--look"] if command is rule_import else []))
