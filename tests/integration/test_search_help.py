"""What is shown in place of results: the policy and the lines in force, whatever fails."""

from pathlib import Path

import pytest
from django.db import DatabaseError
from pytest_django import Settings
from tests.integration.test_search_policy import TEXT, live

from evenhand.base.lists import Language
from evenhand.desk.search import helping
from evenhand.desk.search.helping import help_for
from evenhand.search.models import PolicyVersion
from evenhand.search.policy import shipped_policy

pytestmark = pytest.mark.django_db

DRUGS = "drug_trade"
HEADER = "countries,kind,name,phone,url,languages,hours,source,checked\n"


def test_who_cannot_be_placed_is_given_a_number_to_call() -> None:
    told = help_for(DRUGS, country=None, reader=Language.EN)

    assert told.emergency == "112"
    assert told.lines


def test_help_is_that_of_the_version_in_force() -> None:
    live(TEXT.replace("trade", DRUGS))

    told = help_for(DRUGS, country="DE", reader=Language.DE)

    assert told.text[0] == "Hilfe."


def test_the_operators_own_lines_are_shown(settings: Settings, tmp_path: Path) -> None:
    lines = tmp_path / "lines.csv"
    settings.HELP_LINES_FILE = str(lines)
    source = "https://example.test"
    lines.write_text(
        f"{HEADER}**,crisis,Anyone,123,,,,{source},\n**,drugs,Own line,456,,,,{source},\n"
    )

    told = help_for(DRUGS, country="DE", reader=Language.DE)

    assert [line.name for line in told.lines] == ["Own line", "Anyone"]


@pytest.mark.parametrize("fault", ["policy", "database", "lines"])
def test_help_is_shown_whatever_cannot_be_read(
    fault: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "policy":
        PolicyVersion.objects.filter(pk=live().pk).update(text="no policy any more")
    elif fault == "database":
        monkeypatch.setattr(helping, "policy_in_force", _away)
    else:
        settings.HELP_LINES_FILE = str(tmp_path / "absent.csv")

    told = help_for(DRUGS, country="DE", reader=Language.EN)

    assert told.text[0] == shipped_policy().topics[DRUGS].says[Language.EN]
    assert told.emergency == "112"


def _away() -> None:
    raise DatabaseError
