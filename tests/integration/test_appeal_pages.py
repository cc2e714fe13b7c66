"""The pages of an appeal: whole in five languages, and no word of who reported on any of them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from tests.integration.cases_of_tests import NOW, Keys, decided, reviewer, settle, token_of
from tests.integration.pages import faults

from evenhand.actions.delivery import _answer_notice
from evenhand.actions.models import Decision, Delivery
from evenhand.actions.ports import InForce
from evenhand.actions.queries import told
from evenhand.actions.statements import statement_text
from evenhand.appeals import steps, talk_steps
from evenhand.appeals.checks import window_ends
from evenhand.appeals.complaint_steps import complaint_path
from evenhand.appeals.models import AppealMessage, AppealNotice
from evenhand.appeals.notice_steps import text_of as notice_text
from evenhand.appeals.queries import sealed_of
from evenhand.base.clock import now
from evenhand.base.lists import ActionKind, ChannelKind, Language
from evenhand.base.personal import MailAddress, MessageText
from evenhand.base.sealing import make_keys, read_key
from evenhand.cases import steps as cases
from evenhand.cases.limits import GRAVE_SEVERITY, SEALED_OPENED_PER_DAY_MAX
from evenhand.cases.models import Case, Exposure
from evenhand.desk import talking
from evenhand.evidence.opener import Opened
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import Role
from evenhand.reports.drafts import ReportDraft, ReporterDraft
from evenhand.reports.lists import ReporterKind, ReportKind, Way
from evenhand.reports.steps import receive

pytestmark = pytest.mark.django_db

PERSON = "@sender:example.test"
PUBLIC_URL = "https://desk.test"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A state folder of the test's own, and no memory of earlier sendings."""
    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    yield tmp_path
    cache.clear()


@pytest.fixture
def keys() -> Keys:
    return Keys.fresh()


@pytest.fixture
def signed_in(client: Client) -> Callable[..., Person]:
    def sign_in(*roles: Role, name: str = "Ada Example") -> Person:
        member = reviewer(name, *roles)
        client.force_login(member, backend=BACKEND)
        return member

    return sign_in


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def token_key(home: Path) -> bytes:
    return read_key(home / "keys" / "token.key")


def link_to(decision_id: UUID, home: Path) -> str:
    return f"/objection/{decision_id}/{token_of(decision_id, key=token_key(home))}/"


def turned_down(report: UUID | None = None) -> Case:
    from tests.integration.cases_of_tests import case_draft

    case = cases.open_case(case_draft(event=f"$e{uuid4().hex[:8]}"), now=NOW)
    cases.decide_case(
        case.id, ActionKind.NONE, by=reviewer("Cara Example"), reason="A quotation.", now=NOW
    )
    return Case.objects.get(id=case.id)


def test_a_question_is_answered_on_the_same_page(
    client: Client, signed_in: Callable[..., Person], keys: Keys, home: Path
) -> None:
    decision = decided(keys)
    link = link_to(decision.id, home)
    client.post(link, {"text": "I quoted my bank."})
    case = Case.objects.get()
    signed_in()
    asked = client.post(
        f"/staff/appeals/{case.id}/ask/", {"text": "Which bank is it?"}, follow=True
    )
    client.logout()

    for language in Language:
        page = client.get(link, headers={"accept-language": language.value})
        assert faults(text_of(page)) == []
        assert "Which bank is it?" in text_of(page)
        assert "Ada Example" not in text_of(page)
    once = str(uuid4())
    for _ in range(2):
        client.post(link, {"text": "The blue one.", "once": once})
    page = text_of(client.get(link))

    assert "The question is on its way." in text_of(asked)
    assert AppealMessage.objects.filter(side="person").count() == 1
    assert "You wrote on" in page
    assert "The blue one." not in page


@pytest.mark.parametrize("text", ["", "x" * 2001])
def test_an_answer_that_cannot_be_taken_comes_back_with_its_words(
    client: Client, keys: Keys, home: Path, text: str
) -> None:
    link = link_to(decided(keys).id, home)
    client.post(link, {"text": "I quoted my bank."})

    page = client.post(link, {"text": text})

    assert page.status_code == 422
    assert faults(text_of(page)) == []
    assert not AppealMessage.objects.exists()


def test_after_six_months_the_page_says_so_and_where_to_turn(
    client: Client, keys: Keys, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = decided(keys, market="DE")
    settle()
    monkeypatch.setattr("evenhand.desk.objections.now", lambda: window_ends(NOW))
    link = link_to(decision.id, home)

    page, sent = client.get(link), client.post(link, {"text": "I was away."})

    assert "ended on 2027-05-21" in text_of(page)
    assert "<textarea" not in text_of(page)
    assert "User Rights GmbH (DE)" in text_of(page)
    assert sent.status_code == 422
    assert faults(text_of(page)) == []
    assert not Case.objects.exists()


def test_what_followed_stands_on_the_page(client: Client, keys: Keys, home: Path) -> None:
    decision = decided(keys)
    settle()
    link = link_to(decision.id, home)
    client.post(link, {"text": "I quoted my bank."})
    steps.uphold(Case.objects.get().id, by=reviewer(), reason="It was a quotation.", now=NOW)

    before = text_of(client.get(link))
    settle(InForce.NO)
    after = text_of(client.get(link))

    assert "is being undone" in before
    assert "was undone" in after


def test_a_complaint_goes_from_the_form_to_its_end(client: Client, home: Path) -> None:
    report, earlier = uuid4(), turned_down()
    link = complaint_path(report, earlier.id, key=token_key(home))

    for language in Language:
        page = client.get(link, headers={"accept-language": language.value})
        assert faults(text_of(page)) == []
    received = client.post(link, {"text": "It is no quotation."}, follow=True)
    case = Case.objects.get(kind="complaint")
    cases.decide_case(
        case.id, ActionKind.SUSPEND, by=reviewer("Ben Example"), reason="An offer.", now=now()
    )
    ended = client.get(link)

    assert faults(text_of(received)) == []
    assert "We have received it" in text_of(received)
    assert "You were right" in text_of(ended)
    assert "An offer." in text_of(ended)
    for page in (received, ended):
        assert PERSON not in text_of(page)
        assert "Example" not in text_of(page)


def test_a_complaint_needs_the_link_of_its_report(client: Client, home: Path) -> None:
    earlier = turned_down()
    link = complaint_path(uuid4(), earlier.id, key=token_key(home))
    token = link.split("/")[-2]

    assert client.get(f"/complaint/{uuid4()}/{earlier.id}/{token}/").status_code == 403
    assert client.get(f"/complaint/{uuid4()}/{uuid4()}/wrong/").status_code == 403


def test_an_outcome_that_names_the_account_is_not_shown_to_who_reported(
    client: Client, home: Path
) -> None:
    link = complaint_path(uuid4(), turned_down().id, key=token_key(home))
    client.post(link, {"text": "It is no quotation."})
    case = Case.objects.get(kind="complaint")
    cases.decide_case(
        case.id,
        ActionKind.NONE,
        by=reviewer("Ben Example"),
        reason=f"{PERSON} quoted it.",
        now=now(),
    )

    assert PERSON not in text_of(client.get(link))


def test_staff_open_what_was_said_only_where_they_may(
    client: Client, signed_in: Callable[..., Person], keys: Keys, home: Path
) -> None:
    client.post(link_to(decided(keys).id, home), {"text": "I quoted my bank."})
    case = Case.objects.get()
    review = turned_down()
    signed_in()

    page = client.get(f"/staff/appeals/{case.id}/")

    assert faults(text_of(page)) == []
    assert client.get(f"/staff/appeals/{review.id}/").status_code == 404
    assert client.get(f"/staff/appeals/{uuid4()}/").status_code == 404
    Case.objects.filter(id=case.id).update(lane="sealed", needs_role=Role.CHILD_SAFETY.value)
    assert client.get(f"/staff/appeals/{case.id}/").status_code == 404
    for role in sorted({*Role} - {Role.CHILD_SAFETY, Role.OFFICER}):
        signed_in(role, name=f"Person {role.value}")
        assert client.get(f"/staff/appeals/{case.id}/").status_code in {403, 404}, role


def test_a_question_with_a_name_is_not_sent(
    client: Client, signed_in: Callable[..., Person], keys: Keys, home: Path
) -> None:
    client.post(link_to(decided(keys).id, home), {"text": "I quoted my bank."})
    case = Case.objects.get()
    signed_in()

    page = client.post(
        f"/staff/appeals/{case.id}/ask/", {"text": "Is it @rita:example.test?"}, follow=True
    )

    assert "Say it without names." in text_of(page)
    assert not AppealMessage.objects.exists()


NAMES = st.from_regex(r"[A-Z][a-z]{5,12}q[a-z]{3} [A-Z][a-z]{5,12}x", fullmatch=True)
LOCALS = st.from_regex(r"[a-z]{6,12}zq[a-z]{2}", fullmatch=True)
WORDS = st.from_regex(r"[a-z]{12,20} [a-z]{12,20}", fullmatch=True)


def reported(name: str, local: str, words: str) -> tuple[Case, list[str]]:
    """A report by somebody who is named in every way, and what must never come out again."""
    event = f"$e{uuid4().hex[:12]}"
    received = receive(
        ReportDraft(
            origin=f"api:test:{uuid4()}",
            kind=ReportKind.NOTICE,
            way=Way.FORM,
            about=f"event:{event}",
            text=MessageText(words),
            at=NOW,
            language=Language.RU,
            reporter=ReporterDraft(
                kind=ReporterKind.USER,
                account=f"@{local}:example.test",
                name=name,
                mailbox=MailAddress(f"{local}@example.org"),
            ),
            harm="m.harassment.hate",
            account=PERSON,
            channel="!r:x",
            channel_kind=ChannelKind.PUBLIC,
            event=event,
            good_faith=True,
        ),
        now=NOW,
    )
    report = received.report
    assert report.case is not None
    secrets = [
        name,
        local,
        words,
        received.receipt_code,
        str(report.id),
        str(report.reporter_id),
    ]
    return report.case, secrets


def outside(client: Client, decision: Decision, home: Path) -> list[str]:
    """Everything that the person concerned can see by now."""
    key = token_key(home)
    seen = [
        text_of(client.get(link_to(decision.id, home), headers={"accept-language": one.value}))
        for one in Language
    ]
    seen += [statement_text(told(decision), language, url="") for language in Language]
    seen += [
        notice_text(notice, public_url=PUBLIC_URL, key=key)
        for notice in AppealNotice.objects.filter(case__decision=decision)
    ]
    seen += [
        _answer_notice(delivery).text
        for delivery in Delivery.objects.filter(statement_id=decision.id, verb="answer")
    ]
    return seen


@tuned(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(name=NAMES, local=LOCALS, words=WORDS, upheld=st.booleans())
def test_nothing_of_who_reported_reaches_the_person_concerned(
    client: Client, home: Path, keys: Keys, name: str, local: str, words: str, upheld: bool
) -> None:
    case, secrets = reported(name, local, words)
    tag = uuid4().hex[:6]
    decision = cases.decide_case(
        case.id,
        ActionKind.SUSPEND,
        by=reviewer(f"Ada {tag}"),
        reason="It incites hatred.",
        now=NOW,
    )
    assert decision is not None
    assert decision.language == Language.EN, "not the language of who reported"
    cache.clear()
    client.post(link_to(decision.id, home), {"text": "I quoted it."})
    objection = Case.objects.get(decision=decision, kind="objection")
    ben = reviewer(f"Ben {tag}")
    seen = outside(client, decision, home)
    talk_steps.ask(objection.id, "What did you quote?", by=ben, now=now())
    seen += outside(client, decision, home)
    judge = steps.uphold if upheld else steps.refuse
    judge(objection.id, by=ben, reason="It was looked at again.", now=now())
    seen += outside(client, decision, home)

    assert len(seen) > 3 * len(Language)
    for text in seen:
        assert [secret for secret in secrets if secret in text] == []
        assert tag not in text


def test_what_staff_open_of_an_appeal_counts_against_what_they_may_see(
    client: Client,
    signed_in: Callable[..., Person],
    keys: Keys,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = link_to(decided(keys).id, home)
    client.post(link, {"text": "I object."})
    case = Case.objects.get()
    signed_in()
    client.post(f"/staff/appeals/{case.id}/ask/", {"text": "Which bank is it?"})
    client.logout()
    client.post(link, {"text": "I quoted my bank."})
    Case.objects.filter(id=case.id).update(severity=GRAVE_SEVERITY)
    asked: list[UUID] = []
    opened = Opened("text/plain", b"I quoted my bank.")
    monkeypatch.setattr(talking, "ask", lambda _home, one: asked.append(one.item) or opened)
    member, path = signed_in(name="Ben Example"), f"/staff/appeals/{case.id}/open/"
    item = next(iter(sealed_of(case.id)))
    form = {"item": str(item), "reason": "To decide."}

    assert "I quoted my bank." in text_of(client.post(path, form))
    assert Exposure.objects.get(person=member).grave == 1
    Exposure.objects.filter(person=member).update(grave=SEALED_OPENED_PER_DAY_MAX)
    page = client.post(path, form, follow=True)

    assert "That is enough of this for today" in text_of(page)
    assert len(asked) == 1
