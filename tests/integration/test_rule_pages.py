"""The pages on rules: who sees them, what the editor says, each step, and what a rollback shows."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from tests.drafts_of_tests import ACCOUNT, by_rule
from tests.integration.cases_of_tests import reviewed
from tests.integration.pages import faults
from tests.integration.people_of_tests import member

from evenhand.actions.drafts import Measure, RuleFacts
from evenhand.actions.steps import decide
from evenhand.base import clock
from evenhand.base.lists import ActionKind
from evenhand.base.sealing import make_keys
from evenhand.cases.lists import CaseLane, CaseOutcome
from evenhand.desk.doors import PROVED_AT
from evenhand.desk.rules.editing import SKELETON
from evenhand.desk.rules.workbench import HISTORY, workbench
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import STAFF_ROLES, Role
from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.models import RuleVersion

pytestmark = pytest.mark.django_db

SEES = {Role.POLICY_AUTHOR, Role.OPERATOR, Role.SENIOR, Role.AUDITOR}
TEXT = SKELETON.replace("id: my_rule", "id: link_flood")


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """The workbench made and used once: no transaction of a test waits for machine code."""
    rule = workbench().read(TEXT)
    workbench().examine(TEXT)
    workbench().backtest(rule, seconds_max=1.0)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    yield tmp_path
    cache.clear()


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    session = client.session
    session[PROVED_AT] = clock.now().isoformat()
    session.save()
    return client


def author(name: str = "Pia Policy") -> Client:
    return browser(member(name, Role.POLICY_AUTHOR))


def drafted(text: str = TEXT) -> RuleVersion:
    answer = author().post("/staff/rules/new/", {"text": text, "do": "keep", "note": "A try."})
    assert answer.status_code == 302, answer.content.decode()
    return RuleVersion.objects.get(id=answer["Location"].split("/")[-2])


def moved(row: RuleVersion, **sent: str) -> RuleVersion:
    author().post(f"/staff/rules/versions/{row.id}/move/", sent)
    row.refresh_from_db()
    return row


def staged() -> RuleVersion:
    row = drafted()
    for sent in ({"do": "try"}, {"do": "shadow"}, {"do": "stage", "share": "5"}):
        row = moved(row, **sent)
    return row


def archive(home: Path, *texts: str) -> None:
    """An archive of the operator's own."""
    folder = home / HISTORY
    folder.mkdir()
    lines = [
        json.dumps({"event_id": f"${number}", "kind": "message", "channel_kind": "public",
                    "account": "@a:example.test", "channel": "!c:example.test", "text": text,
                    "time": f"2026-11-01T10:{number:02}:00Z"})
        for number, text in enumerate(texts)
    ]  # fmt: skip
    (folder / "november.ndjson").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
def test_who_sees_rules_and_who_writes_them(role: Role) -> None:
    row = drafted()
    client = browser(member(f"{role.value} {uuid4()}", role))

    pages = ("/staff/rules/", "/staff/rules/named/link_flood/", f"/staff/rules/versions/{row.id}/")
    seen = [client.get(page).status_code for page in pages]
    written = client.get("/staff/rules/new/").status_code

    assert seen == ([200] * 3 if role in SEES else [403] * 3)
    assert written == (200 if role is Role.POLICY_AUTHOR else 403)


def test_a_draft_is_kept_with_its_note_and_shown() -> None:
    row = drafted()

    page = author().get(f"/staff/rules/versions/{row.id}/").content.decode()

    assert (row.state, row.note) == (RuleState.DRAFT, "A try.")
    assert "has_link AND account_posts_10m &gt;= 5" in page
    assert faults(page) == []


def test_what_is_no_rule_is_said_with_its_place_and_nothing_is_kept() -> None:
    wrong = TEXT.replace("has_link AND", "has_lnik AND")

    answer = author().post("/staff/rules/new/", {"text": wrong, "do": "keep"})

    page = answer.content.decode()
    assert "Line 21, column 3:" in page
    assert "no such column: has_lnik" in page
    assert "has_lnik AND account" in page  # what was written is not lost
    assert not RuleVersion.objects.exists()


@pytest.mark.parametrize(
    "text", ["", "\x00", "id: ../x", "id: x\nwhen: [", "id: x\nv: 2020-99-99", "{" * 5_000]
)
def test_whatever_is_sent_gets_an_answer_in_words(text: str) -> None:
    sent = author().post("/staff/rules/check/", {"text": text, "rule": ""})

    assert sent.status_code == 200
    assert 'class="note bad"' in sent.content.decode()


def test_a_fixture_that_does_not_hold_is_named_with_what_mattered() -> None:
    text = TEXT.replace("account_posts_10m: 6", "account_posts_10m: 4")

    page = author().post("/staff/rules/check/", {"text": text}).content.decode()

    assert "1 fixture does not hold." in page
    assert "fires its rule, does not fire it" in page
    assert "account_posts_10m" in page
    row = moved(drafted(text), do="try")
    assert row.state == RuleState.DRAFT


def test_the_editor_shows_for_what_else_it_fires_blurred(home: Path) -> None:
    archive(home, "See https://a.example", "Nothing", "Or https://b.example")
    text = TEXT.replace("has_link AND account_posts_10m >= 5", "has_link")

    page = author().post("/staff/rules/new/", {"text": text, "do": "check"}).content.decode()

    assert "2 hits among 3 recent events" in page
    assert '<span class="blurred" tabindex="0" dir="auto">See https://a.example</span>' in page
    assert "must pass, says" in page


def test_a_version_goes_from_draft_to_live_by_two_people(home: Path) -> None:
    archive(home, *["See https://a.example"] * 7)

    row = staged()
    own = author().post(f"/staff/rules/versions/{row.id}/live/", follow=True)
    row.refresh_from_db()
    assert (row.state, row.share) == (RuleState.STAGED, 5)
    assert "Somebody else than its author" in own.content.decode()
    author("Quentin Policy").post(f"/staff/rules/versions/{row.id}/live/")
    row.refresh_from_db()

    assert (row.state, row.approver.name) == (RuleState.LIVE, "Quentin Policy")
    assert (row.backtest["events"], row.backtest["hits"]) == (7, 3)
    page = author().get(f"/staff/rules/versions/{row.id}/").content.decode()
    assert "november.ndjson" in page
    assert '<rect class="column"' in page
    assert faults(page) == []


def test_a_backtest_says_how_often_people_agreed_with_its_hits(home: Path) -> None:
    archive(home, *["See https://a.example"] * 7)  # the last three are hits
    reviewed("$4", CaseOutcome.ACTED)
    reviewed("$5", CaseOutcome.NO_ACTION)
    reviewed("$6", CaseOutcome.ACTED, lane=CaseLane.SEALED)
    reviewed("$0", CaseOutcome.ACTED)

    row = moved(drafted(), do="try")

    assert row.backtest["hits"] == 3
    assert (row.backtest["judged"], row.backtest["judged_right"]) == (2, 1)
    page = author().get(f"/staff/rules/versions/{row.id}/").content.decode()
    assert "1 of 2 reviews" in page
    assert faults(page) == []


def test_without_a_history_the_fixtures_of_all_rules_stand_in_for_it() -> None:
    row = moved(drafted(), do="try")

    assert row.state == RuleState.BACKTESTED
    assert row.backtest["events"] > 500
    assert (row.backtest["files"], row.backtest["days"]) == ([], {})


def test_a_step_that_does_not_follow_is_refused_in_words() -> None:
    row = drafted()

    answer = author().post(f"/staff/rules/versions/{row.id}/move/", {"do": "shadow"}, follow=True)

    assert "A version that is “Draft” cannot become “In shadow”." in answer.content.decode()


def test_going_live_and_rolling_back_ask_for_the_passkey() -> None:
    row = staged()
    client = author("Quentin Policy")
    session = client.session
    session[PROVED_AT] = (clock.now() - timedelta(hours=1)).isoformat()
    session.save()

    for address in ("live", "roll-back"):
        answer = client.post(f"/staff/rules/versions/{row.id}/{address}/", {"reason": "x"})
        assert answer["Location"].startswith("/staff/step-up/")
    row.refresh_from_db()
    assert row.state == RuleState.STAGED


def test_a_rollback_shows_its_reach_before_and_says_what_it_did() -> None:
    row = staged()
    author("Quentin Policy").post(f"/staff/rules/versions/{row.id}/live/")
    facts = RuleFacts(row.rule, row.version, "Pia Policy", "Quentin Policy")
    decide(by_rule(Measure(ActionKind.SUSPEND, ACCOUNT), rule=facts), now=clock.now())
    address = f"/staff/rules/versions/{row.id}/roll-back/"

    page = author().get(address).content.decode()
    done = author().post(address, {"reason": "It fires for news."}, follow=True).content.decode()

    assert faults(page) == []
    assert "decisions of this version</dt><dd>1</dd>" in page
    row.refresh_from_db()
    assert row.state == RuleState.RETIRED
    assert "Being rolled back" in done
    assert "It fires for news." in done


def test_two_versions_are_compared_line_by_line() -> None:
    first = drafted()
    text = TEXT.replace('version: "1"', 'version: "2"').replace("score: 0.6", "score: 0.7")
    answer = author().post(f"/staff/rules/versions/{first.id}/edit/", {"text": text, "do": "keep"})
    assert answer.status_code == 302

    page = author().get("/staff/rules/named/link_flood/").content.decode()

    assert "<del>-score: 0.6</del>" in page
    assert "<ins>+score: 0.7</ins>" in page
    assert faults(page) == []


def test_the_next_version_of_a_rule_stays_that_rule() -> None:
    first = drafted()

    page = (
        author()
        .post(
            f"/staff/rules/versions/{first.id}/edit/",
            {"text": TEXT.replace("link_flood", "other"), "do": "keep"},
        )
        .content.decode()
    )

    assert "the id must be the file" in page
    assert RuleVersion.objects.count() == 1
