"""The public form and the page to follow a report: whole, broken, huge, hostile, empty."""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings
from tests.integration.pages import faults

from evenhand.base.lists import Language
from evenhand.base.sealing import make_keys
from evenhand.cases.models import Case
from evenhand.desk.limits import FORM_SENDS_MAX
from evenhand.desk.reporting import SLOW_SENDS_MAX
from evenhand.reports.models import Report
from evenhand.reports.work import zero_bits

pytestmark = pytest.mark.django_db

SENT = {
    "place": "https://matrix.to/#/!room:example.test/$event1",
    "text": "It offers forged papers.",
    "harm": "m.tos.prohibited.papers",
    "name": "Ada Example",
    "mailbox": "ada@example.org",
    "good_faith": "yes",
}
HOSTILE = "<script>alert(1)</script>\x00'; DROP TABLE reports_report; --\u202e{{ 7*7 }}"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.REPORT_WORK_BITS = 4
    cache.clear()
    yield tmp_path
    cache.clear()


def challenge(client: Client) -> str:
    page = client.get("/report/").content.decode()
    return re.findall(r'name="challenge" value="([^"]+)"', page)[0]


def number_for(given: str) -> str:
    return next(str(n) for n in count() if zero_bits(given, str(n)) >= 4)


def sent(client: Client, *, work: bool = True, **changes: str) -> HttpResponse:
    given = challenge(client)
    body = {**SENT, "challenge": given, "number": number_for(given) if work else "", **changes}
    return client.post("/report/", body)


def code_on(page: HttpResponse) -> str:
    return re.findall(r"\d{4} \d{4} \d{4} \d{4}", page.content.decode())[0]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("path", ["/report/", "/report/follow/"])
def test_a_page_stands_in_every_language_and_can_be_listened_to(
    client: Client, path: str, language: Language
) -> None:
    page = client.get(path, {"lang": language.value})

    assert page.status_code == 200
    assert page.headers["Content-Language"] == language.value
    assert page.headers["Cache-Control"] == "no-store"
    assert faults(page.content.decode()) == []


def test_a_report_is_taken_and_followed_by_its_code(client: Client) -> None:
    page = sent(client)
    report = Report.objects.get()
    assert page.status_code == 200
    assert (report.state, report.kind, report.way) == ("open", "notice", "form")
    assert (report.about, report.channel) == ("event:$event1", "!room:example.test")
    assert Case.objects.get().about == "event:$event1"

    code = code_on(page)
    shown = client.post("/report/follow/", {"code": code.replace(" ", "-")})
    assert shown.status_code == 200
    assert "A person is going to look at it" in shown.content.decode()
    assert faults(shown.content.decode()) == []
    assert "Ada" not in shown.content.decode()


def test_without_calculation_it_waits(client: Client) -> None:
    page = sent(client, work=False)

    assert page.status_code == 200
    assert Report.objects.get().state == "waiting"
    assert "waits a little longer" in page.content.decode()
    assert Case.objects.count() == 0


def test_the_slow_way_is_narrow(client: Client) -> None:
    answers = [sent(client, work=False).status_code for _ in range(SLOW_SENDS_MAX + 1)]

    assert answers == [200] * SLOW_SENDS_MAX + [429]


def test_sent_twice_it_is_one_report_with_one_code(client: Client) -> None:
    given = challenge(client)
    body = {**SENT, "challenge": given, "number": number_for(given)}

    first, second = (client.post("/report/", body) for _ in range(2))

    assert code_on(first) == code_on(second)
    assert Report.objects.count() == 1


def test_one_calculation_is_good_for_one_report(client: Client) -> None:
    given = challenge(client)
    body = {**SENT, "challenge": given, "number": number_for(given)}
    client.post("/report/", body)

    again = client.post("/report/", {**body, "text": "Another thing"})

    assert again.status_code == 422
    assert "Another thing" in again.content.decode()
    assert Report.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"text": ""}, "the field is empty"),
        ({"text": "x" * 10_001}, "shorten"),
        ({"place": ""}, "link or an address"),
        ({"place": "javascript:alert(1)"}, "cannot find"),
        ({"place": "https://" + "x" * 3_000}, "cannot find"),
        ({"harm": "m.none"}, "choose"),
        ({"harm": ""}, "choose"),
        ({"name": ""}, "your name"),
        ({"mailbox": ""}, "your mail"),
        ({"mailbox": "a@b.c\nBcc: all@example.org"}, "no mail address"),
        ({"mailbox": "not"}, "no mail address"),
        ({"good_faith": ""}, "confirm"),
        ({"text": "-----BEGIN MEGOLM SESSION DATA-----\nAAAA"}, "keys that open other"),
        ({"challenge": "forged.1.4.x"}, "too long"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_typed_is_lost(
    client: Client, changes: dict[str, str], said: str
) -> None:
    page = sent(client, **changes)

    assert page.status_code == 422
    text = page.content.decode()
    assert said in text
    assert "https://matrix.to" in text or "place" in changes
    assert faults(text) == []
    assert Report.objects.count() == 0


def test_all_wrong_fields_are_marked_at_once_and_without_calculation(client: Client) -> None:
    wrong = dict.fromkeys(("text", "harm", "name", "mailbox", "good_faith"), "")

    for place in ("", "no link"):
        for _ in range(SLOW_SENDS_MAX):
            page = sent(client, work=False, place=place, **wrong)

            assert page.status_code == 422
            marked = re.findall(r'id="([a-z_]+)-fault"', page.content.decode())
            assert sorted(marked) == sorted([*wrong, "place"])


def test_nothing_hostile_is_executed_or_breaks_it(client: Client) -> None:
    page = sent(client, text=HOSTILE, name=HOSTILE[:20], harm="")
    assert page.status_code == 422
    assert "<script>alert" not in page.content.decode()
    assert "49" not in re.findall(r"<textarea.*?</textarea>", page.content.decode(), re.DOTALL)[0]

    assert sent(client, text=HOSTILE).status_code == 200
    assert Report.objects.count() == 1


def test_a_huge_body_is_refused_before_it_is_read(client: Client) -> None:
    answer = client.post("/report/", {**SENT, "text": "x" * 300_000})

    assert answer.status_code == 413
    assert Report.objects.count() == 0


def test_bytes_that_are_no_form_are_answered(client: Client) -> None:
    answer = client.post("/report/", b"\xff\xfe\x00" * 50, content_type="multipart/form-data")

    assert answer.status_code in {400, 422}


def test_the_abuse_of_children_is_reported_without_a_name(client: Client) -> None:
    page = sent(client, harm="m.child_safety.csam", name="", mailbox="")

    assert page.status_code == 200
    assert Case.objects.get().lane == "sealed"
    assert bytes(Report.objects.get().contact) == b""


@pytest.mark.parametrize("code", ["", "1", "0000 0000 0000 0000", "x" * 500, HOSTILE])
def test_a_wrong_code_shows_nothing(client: Client, code: str) -> None:
    page = client.post("/report/follow/", {"code": code})

    assert page.status_code == 422
    assert faults(page.content.decode()) == []


def test_nobody_floods_the_form(client: Client) -> None:
    answers = [client.post("/report/", SENT).status_code for _ in range(FORM_SENDS_MAX + 1)]

    assert answers[-1] == 429
