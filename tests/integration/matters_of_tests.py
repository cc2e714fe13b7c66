"""What tests of the legal room need: an authority with an officer and a key, staff, a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pyrage
from tests.integration.people_of_tests import holder

from evenhand.actions.drafts import Measure
from evenhand.actions.ports import Target
from evenhand.authorities import steps as registry
from evenhand.authorities.checks import AuthorityDraft
from evenhand.authorities.lists import CallBackAbout, CallBackSaid
from evenhand.authorities.models import Authority, CallBack, Officer
from evenhand.authorities.queries import officer
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, Language, TargetKind
from evenhand.base.personal import PhoneNumber
from evenhand.demo.passkey import Passkey
from evenhand.legal import steps
from evenhand.legal.drafts import (
    IdentifierDraft,
    MatterDraft,
    Plan,
    SubstanceAnswers,
    Validation,
)
from evenhand.legal.lists import (
    Authenticity,
    IdentifierKind,
    PlanKind,
    Said,
    Substance,
)
from evenhand.legal.models import Disclosure, Matter
from evenhand.legal.ports import DataClass
from evenhand.markets.lists import AuthorityKind, DataCategory, MarketState, Purpose, Refusal
from evenhand.markets.models import Market, RightsAssessment
from evenhand.markets.regimes import law
from evenhand.people.models import Person
from evenhand.people.roles import Role

NOW = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
ACCOUNT = "@suspect:example.test"
CHANNEL = "!channel:example.test"
ALL_NO = dict.fromkeys(Substance, Said.NO)
MANIFEST = {"accounts": 1, "unknown": 0, "connections": 2, "phones": 1, "ports": 0, "files": {}}
ANSWER = "It is done as the order says."


@dataclass
class Pages:
    """A pager that keeps what it was told, once per key."""

    told: dict[UUID, tuple[str, bool]] = field(default_factory=dict)

    def page(self, text: str, *, urgent: bool, key: UUID) -> None:
        self.told.setdefault(key, (text, urgent))


@dataclass
class Upheld:
    """Violations that stand."""

    accounts: frozenset[str] = frozenset()

    def upheld(self, account: str) -> bool:
        return account in self.accounts


@dataclass
class Offices:
    """Head offices that were told something."""

    told: list[tuple[str, str]] = field(default_factory=list)

    def tell(
        self,
        address: str,
        *,
        number: str,
        reference: str,
        language: str,
        disclosure: UUID,
        confirm_by: datetime,
    ) -> None:
        self.told.append((address, number))


@dataclass
class Desk:
    """People with passkeys, an authority, its officer and the private half of the officer's key."""

    lawyer: Person
    approver: Person
    second_approver: Person
    board: tuple[Person, Person]
    keys: Mapping[UUID, Passkey]
    authority: Authority
    officer: Officer
    identity: Any
    pages: Pages = field(default_factory=Pages)
    nobody: Upheld = field(default_factory=Upheld)

    def received(self, entry: str, now: datetime = NOW, **changes: Any) -> Matter:
        """A request in the queue, taken by lawyer and approver."""
        draft = replace(draft_of(self, entry, now=now), **changes)
        matter = steps.receive(draft, pager=self.pages, now=now)
        for person in (self.lawyer, self.approver):
            steps.take(matter.id, by=person, now=now)
        matter.refresh_from_db()
        return matter

    def validated(self, entry: str, now: datetime = NOW, **changes: Any) -> Matter:
        """A request whose sender is proved by a call-back and whose substance is answered."""
        matter = self.received(entry, now, **changes)
        call = self.call_back(matter, now=now)
        validation = Validation(
            Authenticity.CALL_BACK,
            "The duty officer knew it.",
            call.id,
            informed_at=matter.received_at - timedelta(days=1),
        )
        steps.validate(matter.id, validation, by=self.lawyer, now=now)
        steps.assess(
            matter.id, SubstanceAnswers(ALL_NO, "Nothing of the kind."), by=self.lawyer, now=now
        )
        matter.refresh_from_db()
        return matter

    def prepared(
        self, entry: str, plan: Plan | None = None, now: datetime = NOW, **changes: Any
    ) -> Matter:
        """A request with a plan, and a package where data leave the house."""
        matter = self.validated(entry, now, **changes)
        steps.prepare(
            matter.id, plan or plan_of(entry), by=self.lawyer, violations=self.nobody, now=now
        )
        matter.refresh_from_db()
        for disclosure in Disclosure.objects.filter(matter=matter):
            self.collect(disclosure, now=now)
        return matter

    def released(
        self, entry: str, plan: Plan | None = None, now: datetime = NOW, **changes: Any
    ) -> Matter:
        """A request that was answered."""
        matter = self.prepared(entry, plan, now, **changes)
        return self.release(matter, now=now)

    def release(self, matter: Matter, *, by: Person | None = None, now: datetime = NOW) -> Matter:
        """Signs and releases, as the approver unless somebody else is named."""
        person = by or self.approver
        options = steps.begin_release(matter.id, by=person, now=now)
        credential = self.keys[person.id].sign_in(options["publicKey"])
        return steps.release(
            matter.id, by=person, credential=credential, violations=self.nobody, now=now
        )

    def collect(self, disclosure: Disclosure, *, now: datetime = NOW) -> Disclosure:
        """What the collector does: data sealed to the officer's key."""
        recipient = pyrage.x25519.Recipient.from_str(disclosure.recipient)
        sealed = pyrage.encrypt(b"198.51.100.7", [recipient])
        return steps.collected(
            disclosure.id,
            sealed=sealed,
            recipient=disclosure.recipient,
            manifest=MANIFEST,
            now=now,
        )

    def call_back(
        self, matter: Matter, *, said: CallBackSaid = CallBackSaid.CONFIRMED, now: datetime = NOW
    ) -> CallBack:
        """A call to the registry's number about a matter."""
        return registry.call_back(
            matter.authority_id,
            CallBackAbout.MATTER,
            said,
            matter=matter.id,
            by=self.lawyer,
            now=now,
        )


def desk(
    *, country: str = "DE", kind: AuthorityKind = AuthorityKind.PROSECUTOR, now: datetime = NOW
) -> Desk:
    """A desk that is ready for an authority's requests; its market is open."""
    lawyer, lawyer_key = holder("Lena Lawyer", Role.LEGAL_OFFICER)
    approver, approver_key = holder("Arno Approver", Role.APPROVER)
    second, second_key = holder("Anna Approver", Role.APPROVER)
    board = [holder(name, Role.BOARD) for name in ("Bea Board", "Bo Board")]
    made = authority(lawyer, approver, country=country, kind=kind, now=now)
    identity = pyrage.x25519.Identity.generate()
    speaker = officer_for(made, "Otto Officer", lawyer, approver, now=now)
    key_for(speaker, str(identity.to_public()), lawyer, now=now)
    open_market(country, lawyer, approver, now=now)
    return Desk(
        lawyer=lawyer,
        approver=approver,
        second_approver=second,
        board=(board[0][0], board[1][0]),
        keys={
            lawyer.id: lawyer_key,
            approver.id: approver_key,
            second.id: second_key,
            **{person.id: key for person, key in board},
        },
        authority=made,
        officer=speaker,
        identity=identity,
    )


def authority(
    keeper: Person,
    confirmer: Person,
    *,
    country: str,
    kind: AuthorityKind,
    name: str = "Prosecutor of Example",
    now: datetime = NOW,
) -> Authority:
    """An entry of the registry that two people stand for."""
    draft = AuthorityDraft(
        name=name,
        country=country,
        kind=kind,
        domains=("example.test",),
        switchboard=PhoneNumber("+4930123456"),
        head_office="head@example.test",
        language=Language.DE,
        source="the state's public directory",
    )
    made = registry.register_authority(draft, by=keeper, now=now)
    return registry.confirm_authority(made.id, by=confirmer, now=now)


def officer_for(
    made: Authority, name: str, registrar: Person, voucher: Person, *, now: datetime = NOW
) -> Officer:
    """An officer vouched for by staff after a call."""
    mailbox = f"{name.split(maxsplit=1)[0].lower()}@example.test"
    invited = registry.invite_officer(made.id, name=name, mailbox=mailbox, by=registrar, now=now)
    call = registry.call_back(
        made.id,
        CallBackAbout.OFFICER,
        CallBackSaid.CONFIRMED,
        officer=invited.officer,
        by=voucher,
        now=now,
    )
    registry.vouch(invited.officer, by=voucher, call_back=call.id, now=now)
    return officer(invited.officer)


def key_for(one: Officer, recipient: str, caller: Person, *, now: datetime = NOW) -> None:
    """A key that has waited and was confirmed by a call."""
    key = registry.add_key(one.id, recipient, by=one.person, now=now - timedelta(days=2))
    registry.call_back(
        one.authority_id,
        CallBackAbout.KEY,
        CallBackSaid.CONFIRMED,
        key=key.id,
        by=caller,
        now=now - timedelta(days=1),
    )


def open_market(country: str, first: Person, second: Person, *, now: datetime = NOW) -> None:
    """A market opened by a rights assessment of two people."""
    market(country, MarketState.OPEN, first, second, now=now)


def market(
    country: str, state: MarketState, first: Person, second: Person, *, now: datetime = NOW
) -> None:
    """A market in a state, whatever it was before."""
    assessment = RightsAssessment.objects.filter(country=country).first()
    if assessment is None:
        assessment = RightsAssessment.objects.create(**_assessment(country, first, second, now=now))
    Market.objects.update_or_create(
        country=country,
        defaults={"state": state.value, "assessment": assessment, "changed_at": now},
    )


def _assessment(country: str, first: Person, second: Person, *, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(now=now),
        "country": country,
        "assessed_at": now,
        "assessed_by": first,
        "confirmed_at": now,
        "confirmed_by": second,
        "answers": {},
        "conclusion": "Courts are independent.",
    }


def draft_of(one: Desk, entry: str, *, now: datetime = NOW) -> MatterDraft:
    """A request with every mandatory field, for one account or one channel."""
    kind = law().kind(entry)
    content = not kind.data_categories
    identifier = (
        IdentifierDraft(IdentifierKind.CHANNEL, CHANNEL)
        if content
        else IdentifierDraft(IdentifierKind.ACCOUNT, ACCOUNT)
    )
    return MatterDraft(
        id=new_id(now=now),
        origin=f"portal:{new_id(now=now)}",
        entry=entry,
        authority=one.authority.id,
        country=one.authority.country,
        received_at=now,
        language="de",
        purpose=Purpose.IDENTIFY_ONLY,
        categories=frozenset(
            kind.data_categories & {DataCategory.SUBSCRIBER, DataCategory.IDENTIFICATION}
        ),
        identifiers=(identifier,),
        fields=dict.fromkeys(kind.mandatory_fields, "given"),
        officer=one.officer.id,
    )


def plan_of(entry: str) -> Plan:
    """The plan that does what an entry asks for."""
    kind = law().kind(entry)
    if kind.releases:
        return Plan(
            kind=PlanKind.ACCEPT,
            answer=ANSWER,
            accounts=(ACCOUNT,),
            want=frozenset({DataClass.PHONE, DataClass.CONNECTIONS}),
        )
    if kind.kind.value == "preservation":
        return Plan(kind=PlanKind.ACCEPT, answer=ANSWER, accounts=(ACCOUNT,))
    return withhold("KZ")


def withhold(*countries: str) -> Plan:
    """The plan to withhold a channel in some countries."""
    target = Target(TargetKind.CHANNEL, channel=CHANNEL)
    return Plan(
        kind=PlanKind.ACCEPT,
        answer=ANSWER,
        measures=(Measure(ActionKind.GEO_WITHHOLD, target, territory=countries),),
        harm="m.violence.extremist",
        notified=(ACCOUNT,),
    )


def refusal(ground: Refusal = Refusal.WRONG_AUTHORITY) -> Plan:
    """The plan to refuse."""
    return Plan(kind=PlanKind.REFUSE, answer="This authority has no such power.", ground=ground)


def signed(one: Desk, matter: Matter) -> dict[str, Any]:
    """What a release writes, as far as the database can see."""
    text = {
        "matter": str(matter.id),
        "authority": str(matter.authority_id),
        "plan": matter.plan,
    }
    return {
        "state": "released",
        "released_at": NOW,
        "released_by": one.approver,
        "assertion": {"signature": "something", "person": str(one.approver.id)},
        "signed": text,
        "digest": b"0" * 32,
    }
