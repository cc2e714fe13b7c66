"""Who plays in the legal part of the day: staff with passkeys, authorities, officers, accounts.

Staff come in by the web like everybody and sign with their own passkeys. Authorities and officers
are invented, on domains reserved for examples; they were entered "two days ago", since a new key
waits a day before anything is sealed to it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import pyrage
from django.db import close_old_connections

from evenhand.authorities import steps as registry
from evenhand.authorities.checks import AuthorityDraft
from evenhand.authorities.lists import CallBackAbout, CallBackSaid
from evenhand.authorities.models import Authority, Officer
from evenhand.authorities.queries import officer as officer_by_id
from evenhand.base.clock import now
from evenhand.base.lists import Language
from evenhand.base.personal import PhoneNumber
from evenhand.demo.papers import SealingOffice
from evenhand.demo.staff import Clerk
from evenhand.legal import steps
from evenhand.legal.models import Matter
from evenhand.markets.lists import AuthorityKind
from evenhand.people.limits import FIRST_STAFF
from evenhand.people.models import Person
from evenhand.people.queries import everybody, person_named
from evenhand.people.roles import Role
from evenhand.people.steps import confirm, invite, propose
from evenhand.wiring import violations

STAFF = (
    ("Aru (demo)", (Role.APPROVER,)),
    ("Kim (demo)", (Role.APPROVER,)),
    ("Lea (demo)", (Role.LEGAL_OFFICER, Role.REVIEWER)),
)
HOMESERVER_SECONDS = 20.0


@dataclass(slots=True)
class Colleague:
    """A member of staff with the passkey that they enrolled by the web."""

    person: Person
    clerk: Clerk


@dataclass(slots=True)
class Bureau:
    """An authority of the registry, its officer, its seal and the officer's age key."""

    authority: Authority
    officer: Officer
    seal: SealingOffice
    identity: Any


@dataclass(slots=True)
class Office:
    """The staff of the legal desk."""

    public_url: str
    lawyer: Colleague = field(init=False)
    approver: Colleague = field(init=False)
    third: Colleague = field(init=False)

    def open(self) -> None:
        """Lets the staff in: two by the command line's step, then two people a third."""
        close_old_connections()
        self.approver, self.third, self.lawyer = (
            self._enrolled(name, roles) for name, roles in STAFF
        )

    def bureau(
        self, name: str, *, country: str, kind: AuthorityKind, domain: str, language: Language
    ) -> Bureau:
        """Enters an authority and an officer as two people do it, with the calls that it takes."""
        lawyer, approver = self.lawyer.person, self.approver.person
        before = now() - timedelta(days=2)
        seal = SealingOffice(name, before)
        draft = AuthorityDraft(
            name=name,
            country=country,
            kind=kind,
            domains=(domain,),
            switchboard=PhoneNumber("+49300000000"),
            head_office=f"head@{domain}",
            language=language,
            certificates=seal.pem,
            source="invented for the demo",
        )
        entry = registry.register_authority(draft, by=lawyer, now=before)
        entry = registry.confirm_authority(entry.id, by=approver, now=before)
        invited = registry.invite_officer(
            entry.id, name=f"Officer, {name}", mailbox=f"officer@{domain}", by=lawyer, now=before
        )
        call = registry.call_back(
            entry.id,
            CallBackAbout.OFFICER,
            CallBackSaid.CONFIRMED,
            officer=invited.officer,
            by=approver,
            now=before,
        )
        registry.vouch(invited.officer, by=approver, call_back=call.id, now=before)
        officer = officer_by_id(invited.officer)
        identity = pyrage.x25519.Identity.generate()
        key = registry.add_key(officer.id, str(identity.to_public()), by=officer.person, now=before)
        registry.call_back(
            entry.id,
            CallBackAbout.KEY,
            CallBackSaid.CONFIRMED,
            key=key.id,
            by=lawyer,
            now=before + timedelta(hours=1),
        )
        return Bureau(entry, officer_by_id(officer.id), seal, identity)

    def release(self, matter: Matter, *, by: Colleague) -> Matter:
        """Releases what was prepared: the approver's passkey signs the digest of exactly that."""
        close_old_connections()
        options = steps.begin_release(matter.id, by=by.person, now=now())
        credential = by.clerk.passkey.sign_in(options["publicKey"])
        return steps.release(
            matter.id, by=by.person, credential=credential, violations=violations(), now=now()
        )

    def _enrolled(self, name: str, roles: tuple[Role, ...]) -> Colleague:
        admitters = [person for person in everybody() if person.has(Role.APPROVER)]
        if len(admitters) < FIRST_STAFF:
            link = invite(name, list(roles), now=now())
        else:
            proposal = propose(name, list(roles), by=admitters[0], now=now())
            link = confirm(proposal.id, by=admitters[1], now=now())
        clerk = Clerk(self.public_url)
        clerk.enrol(link.path)
        found = person_named(name)
        assert found is not None, "who enrolled is known"
        return Colleague(found, clerk)


@dataclass(frozen=True, slots=True)
class Registrar:
    """The homeserver's own administration: gives accounts a phone number, and says what it has."""

    url: str
    token: str

    def give_phone(self, account: str, phone: str) -> None:
        """Gives an account a phone number, as an identity server would."""
        self._call(
            "PUT",
            f"/_synapse/admin/v2/users/{account}",
            {"threepids": [{"medium": "msisdn", "address": phone}]},
        )

    def addresses(self, account: str) -> set[str]:
        """Gives every address that Synapse has of an account."""
        told = self._call("GET", f"/_synapse/admin/v1/whois/{account}", None)
        return {
            str(connection["ip"])
            for device in told["devices"].values()
            for session in device["sessions"]
            for connection in session["connections"]
        }

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        answer = httpx.request(
            method,
            f"{self.url}{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=HOMESERVER_SECONDS,
        )
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told


def moment() -> datetime:
    """Gives now: acts take it anew for each step."""
    close_old_connections()
    return now()
