"""What tests of people need: staff let in by two, and a passkey in software."""

import html
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from evenhand.base import clock
from evenhand.base.ids import new_id
from evenhand.demo.passkey import Passkey
from evenhand.people import steps
from evenhand.people.models import Person
from evenhand.people.roles import Role

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FIRST, SECOND = "First Operator", "Second Approver"


def member(name: str, *roles: Role) -> Person:
    """A member of staff as the database knows one, without link or passkey."""
    known = Person.objects.filter(name=name).first()
    return known or Person.objects.create(
        id=new_id(now=NOW),
        name=name,
        roles=sorted(role.value for role in roles),
        created_at=NOW,
    )


def link_for(name: str, *roles: Role, now: datetime | None = None) -> steps.Invited:
    """A one-time link for a member of staff, proposed and confirmed by two others."""
    moment = now or clock.now()
    first, second = member(FIRST, Role.OPERATOR), member(SECOND, Role.APPROVER)
    proposal = steps.propose(name, roles, by=first, now=moment)
    return steps.confirm(proposal.id, by=second, now=moment)


def passkey() -> Passkey:
    """A passkey in software for the address that the settings name."""
    parts = urlsplit(settings.PUBLIC_URL)
    return Passkey(f"{parts.scheme}://{parts.netloc}", parts.hostname or "")


def holder(name: str, *roles: Role) -> tuple[Person, Passkey]:
    """A member of staff with an enrolled passkey, without the web."""
    person = member(name, *roles)
    key = passkey()
    return person, enrolled(person, key)


def enrolled(person: Person, key: Passkey) -> Passkey:
    """Enrols a passkey for a person by a link of their own."""
    link = steps._link(person, by=None, now=NOW)
    steps.enrol(link.token, credential_of(person, key), now=NOW)
    return key


def credential_of(person: Person, key: Passkey) -> dict[str, Any]:
    """What a browser gives when a passkey is made for somebody."""
    handle = str(person.id).encode()
    return key.register({"user": {"id": handle}, "challenge": "Y2hhbGxlbmdl"})


def options_on(answer: HttpResponse) -> dict[str, Any]:
    """The options of the passkey form on a page."""
    page = answer.content.decode()
    begin = page.index('data-options="') + len('data-options="')
    options: dict[str, Any] = json.loads(html.unescape(page[begin : page.index('"', begin)]))
    return options["publicKey"]


def enrol_by_web(client: Client, path: str, key: Passkey) -> HttpResponse:
    """Enrols a passkey as a browser does, and gives the answer."""
    credential = key.register(options_on(client.get(path)))
    return client.post(path, {"credential": json.dumps(credential)})


def prove_by_web(client: Client, path: str, key: Passkey) -> HttpResponse:
    """Shows a passkey at a door, and gives the answer."""
    credential = key.sign_in(options_on(client.get(path)))
    target = dict(part.split("=", 1) for part in urlsplit(path).query.split("&") if part)
    fields = {"credential": json.dumps(credential), "next": unquote(target.get("next", ""))}
    return client.post(urlsplit(path).path, fields)
