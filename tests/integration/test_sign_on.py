"""Staff come in through the operator's provider: whom two people named, and nobody else."""

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings
from tests.integration.people_of_tests import FIRST, SECOND, member
from tests.integration.provider_of_tests import CLIENT, SECRET, OidcTwin

from evenhand.base.clock import now
from evenhand.base.lists import RecordKind
from evenhand.desk.doors import PROVED_AT
from evenhand.people import steps
from evenhand.people.checks import InvitationRefused
from evenhand.people.limits import SIGN_ON_DAYS
from evenhand.people.models import Person, Proposal, SignOn
from evenhand.people.roles import Role
from evenhand.people.sign_on_steps import forget_stale
from evenhand.records.models import RecordOpening

pytestmark = pytest.mark.django_db

DOOR = "/staff/sign-in/provider/"
MAILBOX = "ben@staff.test"


@pytest.fixture
def provider(settings: Settings, tmp_path: Path) -> Iterator[OidcTwin]:
    twin = OidcTwin().start()
    (tmp_path / "token.key").write_bytes(secrets.token_bytes(32))
    (tmp_path / "oidc.secret").write_text(SECRET + "\n")
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.KEYS = tmp_path
    settings.OIDC_ISSUER = twin.issuer
    settings.OIDC_CLIENT_ID = CLIENT
    settings.OIDC_CLIENT_SECRET_FILE = str(tmp_path / "oidc.secret")
    settings.OIDC_NAME = "House directory"
    cache.clear()
    yield twin
    cache.clear()
    twin.stop()


def let_in(settings: Settings, named: str = MAILBOX, *roles: Role, name: str = "Ben") -> Person:
    """Somebody whom two people let in under an account of the provider."""
    first, second = member(FIRST, Role.OPERATOR), member(SECOND, Role.APPROVER)
    wanted = roles or (Role.REVIEWER,)
    proposal = steps.propose(name, wanted, by=first, now=now(), sign_on=named)
    key = (settings.KEYS / "token.key").read_bytes()
    link = steps.confirm(proposal.id, by=second, now=now(), key=key)
    return Person.objects.get(pk=link.person)


def come_in(client: Client, door: str = DOOR) -> HttpResponse:
    """What a browser does: to the provider, and back with its answer."""
    return client.get(returned(client, door))


def returned(client: Client, door: str = DOOR) -> str:
    """The path to which the provider sends the browser back."""
    to_provider = client.get(door)
    assert to_provider.status_code == 302, to_provider.content.decode()
    back = httpx.get(to_provider["Location"]).headers["Location"]
    parts = urlsplit(back)
    return f"{parts.path}?{parts.query}"


def is_in(client: Client) -> bool:
    return client.get("/staff/reports/").status_code == 200


def test_whom_two_people_named_comes_in(
    provider: OidcTwin, settings: Settings, client: Client
) -> None:
    person = let_in(settings)

    answer = come_in(client, f"{DOOR}?next=/staff/reports/")

    assert answer["Location"] == "/staff/reports/"
    assert client.session["_auth_user_id"] == str(person.id)
    (asked,) = provider.asked
    assert asked["redirect_uri"] == f"{settings.PUBLIC_URL}{DOOR}answer/"


def test_the_first_time_binds_the_subject_and_forgets_the_mailbox(
    provider: OidcTwin, settings: Settings
) -> None:
    person = let_in(settings)
    come_in(Client())

    provider.user |= {"sub": "somebody else", "email": MAILBOX}
    other = Client()
    refused = come_in(other)
    provider.user |= {"sub": "248289761001", "email": "married@staff.test"}
    again = Client()
    come_in(again)

    row = SignOn.objects.get(person=person)
    assert (row.expected, row.expires_at) == (None, None)
    assert refused.status_code == 403
    assert not is_in(other)
    assert is_in(again)


def test_a_subject_may_be_named_instead(
    provider: OidcTwin, settings: Settings, client: Client
) -> None:
    let_in(settings, "248289761001")
    provider.user["email_verified"] = False

    come_in(client)

    assert is_in(client)


def test_a_subject_that_reads_as_a_mailbox_proves_none(
    provider: OidcTwin, settings: Settings, client: Client
) -> None:
    let_in(settings)
    provider.user |= {"sub": MAILBOX, "email": "mallory@elsewhere.test"}

    assert come_in(client).status_code == 403
    assert not is_in(client)


def test_nobody_comes_in_whom_nobody_named(
    provider: OidcTwin, settings: Settings, client: Client
) -> None:
    let_in(settings, "another@staff.test")

    answer = come_in(client)

    assert answer.status_code == 403
    assert "does not open this desk" in answer.content.decode()
    assert Person.objects.count() == 3
    assert not is_in(client)


def test_a_mailbox_that_the_provider_did_not_verify_means_nothing(
    provider: OidcTwin, settings: Settings, client: Client
) -> None:
    let_in(settings)

    for unproved in (False, None, "true", 1):
        provider.user["email_verified"] = unproved
        assert come_in(client).status_code == 403

    assert not is_in(client)


def test_what_was_named_expires(provider: OidcTwin, settings: Settings, client: Client) -> None:
    person = let_in(settings)
    SignOn.objects.filter(person=person).update(expires_at=now())

    answer = come_in(client)

    assert answer.status_code == 403
    assert forget_stale(now=now()) == 1
    assert not SignOn.objects.exists()


def spoil(name: str, value: Any) -> Callable[[OidcTwin], None]:
    return lambda twin: twin.says.update({name: value})


def other_key(twin: OidcTwin) -> None:
    twin.signing_key = rsa.generate_private_key(65537, 2048)


def shared_key(twin: OidcTwin) -> None:
    twin.algorithm = "HS256"


def unsigned(twin: OidcTwin) -> None:
    twin.algorithm = "none"


def denied(twin: OidcTwin) -> None:
    twin.denies = True


def other_issuer(twin: OidcTwin) -> None:
    twin.config["issuer"] = "https://elsewhere.test"


def somebody_elses_information(twin: OidcTwin) -> None:
    twin.says["email"] = None
    twin.information["sub"] = "somebody else"


HOSTILE: dict[str, Callable[[OidcTwin], None]] = {
    "signed with another key": other_key,
    "signed with a shared key": shared_key,
    "not signed": unsigned,
    "for another client": spoil("aud", "another"),
    "for several, without saying for whom": spoil("aud", [CLIENT, "another"]),
    "handed on from another client": spoil("azp", "another"),
    "of another issuer": spoil("iss", "https://elsewhere.test"),
    "expired": spoil("exp", 1_600_000_000),
    "from the future": spoil("iat", 9_000_000_000),
    "answers another question": spoil("nonce", "another"),
    "answers no question": spoil("nonce", None),
    "names nobody": spoil("sub", ""),
    "names a number": spoil("sub", 5),
    "endless": spoil("exp", None),
    "denied at the provider": denied,
    "user info of somebody else": somebody_elses_information,
}


@pytest.mark.parametrize("fault", HOSTILE)
def test_an_answer_that_does_not_hold_lets_nobody_in(
    provider: OidcTwin, settings: Settings, client: Client, fault: str
) -> None:
    let_in(settings)
    HOSTILE[fault](provider)

    answer = come_in(client)

    assert answer.status_code == 403
    assert not is_in(client)
    assert SignOn.objects.get().bound is None


def test_the_mailbox_may_come_from_the_user_info(
    provider: OidcTwin, settings: Settings, client: Client
) -> None:
    let_in(settings)
    provider.says["email"] = None

    come_in(client)

    assert is_in(client)


def test_an_answer_opens_the_session_that_asked_and_once(
    provider: OidcTwin, settings: Settings, client: Client
) -> None:
    let_in(settings)
    path = returned(client)

    foreign = Client()
    stolen = foreign.get(path)
    first, second = client.get(path), Client().get(path)

    assert stolen.status_code == second.status_code == 403
    assert first.status_code == 302
    assert not is_in(foreign)


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x&code=x", "?error=access_denied"])
def test_an_answer_that_nobody_asked_for_is_refused(
    provider: OidcTwin, client: Client, query: str
) -> None:
    assert client.get(f"{DOOR}answer/{query}").status_code == 403


def test_an_answer_of_another_provider_is_refused(
    provider: OidcTwin, settings: Settings, client: Client
) -> None:
    let_in(settings)
    path = returned(client)

    answer = client.get(f"{path}&iss=https%3A%2F%2Felsewhere.test")

    assert answer.status_code == 403
    assert not is_in(client)


@pytest.mark.parametrize(
    "member_of", ["authorization_endpoint", "token_endpoint", "jwks_uri", "issuer"]
)
def test_a_provider_that_names_unsafe_addresses_is_not_asked(
    provider: OidcTwin, client: Client, member_of: str
) -> None:
    provider.config[member_of] = "http://elsewhere.test/"

    assert client.get(DOOR).status_code == 403


def test_a_wrong_secret_lets_nobody_in(
    provider: OidcTwin, settings: Settings, client: Client
) -> None:
    let_in(settings)
    Path(settings.OIDC_CLIENT_SECRET_FILE).write_text("another")

    assert come_in(client).status_code == 403


def test_a_provider_that_does_not_answer_is_said_in_words(
    provider: OidcTwin, settings: Settings, client: Client
) -> None:
    let_in(settings)
    settings.OIDC_ISSUER = "http://127.0.0.1:9"

    answer = client.get(DOOR)

    assert answer.status_code == 503
    assert "Traceback" not in answer.content.decode()


def test_a_desk_without_a_provider_has_no_such_door(settings: Settings, client: Client) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.OIDC_ISSUER = ""

    assert client.get(DOOR).status_code == 404
    assert DOOR not in client.get("/staff/sign-in/").content.decode()


def test_the_sign_in_page_leads_to_the_provider(provider: OidcTwin, client: Client) -> None:
    page = client.get("/staff/sign-in/?next=/staff/cases/").content.decode()

    assert f'href="{DOOR}?next=/staff/cases/"' in page
    assert "House directory" in page


@pytest.mark.parametrize("wanted", ["https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere"])
def test_nobody_is_sent_elsewhere_afterwards(
    provider: OidcTwin, settings: Settings, client: Client, wanted: str
) -> None:
    let_in(settings)

    assert come_in(client, f"{DOOR}?next={wanted}")["Location"] == "/staff/"


def test_a_grave_door_still_wants_the_passkey(
    provider: OidcTwin, settings: Settings, client: Client
) -> None:
    let_in(settings, MAILBOX, Role.APPROVER)
    come_in(client)

    answer = client.get("/staff/people/")

    assert PROVED_AT not in client.session
    assert answer["Location"].startswith("/staff/step-up/")


def test_who_is_suspended_or_has_left_comes_in_no_more(
    provider: OidcTwin, settings: Settings, client: Client
) -> None:
    person = let_in(settings)
    come_in(client)

    steps.suspend(person.id, by=None, now=now())
    suspended = come_in(Client())
    steps.restore(person.id, by=member(FIRST), now=now())
    steps.leave(person.id, by=None, now=now())
    left = come_in(Client())

    assert suspended.status_code == left.status_code == 403
    assert not is_in(client)
    assert not SignOn.objects.exists()


def test_one_account_is_one_person(provider: OidcTwin, settings: Settings) -> None:
    let_in(settings)

    with pytest.raises(InvitationRefused):
        let_in(settings, MAILBOX.upper(), name="Bert")


def test_neither_mailbox_nor_subject_is_kept_or_recorded(
    provider: OidcTwin, settings: Settings
) -> None:
    let_in(settings)
    come_in(Client())

    kept = [*Proposal.objects.values_list(), *SignOn.objects.values_list()]
    said = [str(body) for body in RecordOpening.objects.values_list("body", flat=True)]

    assert "sign_on_bound" in " ".join(said)
    for secret in (MAILBOX, "248289761001"):
        assert secret not in repr(kept)
        assert secret not in " ".join(said)


def test_each_change_is_recorded(provider: OidcTwin, settings: Settings) -> None:
    person = let_in(settings)
    come_in(Client())
    come_in(Client())

    rows = RecordOpening.objects.filter(
        record__kind=RecordKind.STAFF_CHANGED.value, record__subject=person.id
    )
    changes = [body["change"] for body in rows.values_list("body", flat=True)]

    assert changes.count("sign_on_expected") == 1
    assert changes.count("sign_on_bound") == 1


def test_a_proposal_that_nobody_confirmed_forgets_the_mailbox() -> None:
    first = member(FIRST, Role.OPERATOR)
    old = now() - timedelta(days=8)
    steps.propose("Ben", [Role.REVIEWER], by=first, now=old, sign_on=MAILBOX)
    young = steps.propose("Bea", [Role.REVIEWER], by=first, now=now(), sign_on="bea@staff.test")

    forgotten = forget_stale(now=now())

    assert forgotten == 1
    assert [p.sign_on for p in Proposal.objects.exclude(sign_on="")] == ["bea@staff.test"]
    steps.withdraw(young.id, by=first, now=now())
    assert not Proposal.objects.exclude(sign_on="").exists()


def test_a_sign_on_is_either_expected_or_bound() -> None:
    person = member("Ben", Role.REVIEWER)
    until = now() + timedelta(days=SIGN_ON_DAYS)

    for wrong in (
        {},
        {"expected": b"e" * 32},
        {"expected": b"e" * 32, "expires_at": until, "bound": b"b" * 32},
        {"bound": b"b" * 32},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            SignOn.objects.create(person=person, **wrong)
