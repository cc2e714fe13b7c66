"""One of everything that a page can show, and the addresses of all pages that can be opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.test import Client
from django.urls import reverse
from tests.integration.cases_of_tests import Keys, case_draft, reviewer
from tests.integration.house_of_tests import House, house, own_keys
from tests.integration.matters_of_tests import (
    ACCOUNT,
    Desk,
    desk,
    officer_for,
    refusal,
    withhold,
)
from tests.integration.people_of_tests import member

from evenhand.actions.models import Action
from evenhand.authorities import steps as registry
from evenhand.authorities.checks import AuthorityDraft
from evenhand.authorities.machines.steps import make_token, register_webhook
from evenhand.base.clock import now
from evenhand.base.lists import ActionKind, Language
from evenhand.base.personal import PhoneNumber
from evenhand.base.sealing import read_key
from evenhand.cases import bulk_steps
from evenhand.cases import steps as cases
from evenhand.cases.quality_steps import make_golden
from evenhand.desk.doors import PROVED_AT
from evenhand.desk.rules.editing import SKELETON
from evenhand.desk.rules.workbench import workbench
from evenhand.legal import steps as legal
from evenhand.legal.asking import link_for
from evenhand.legal.lists import IdentifierKind, ProtectedGround
from evenhand.legal.models import Matter
from evenhand.markets import steps as markets
from evenhand.markets.lists import (
    AuthorityKind,
    MarketState,
    RightsAnswer,
    RightsQuestion,
)
from evenhand.markets.regimes import law
from evenhand.people import steps as people
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import Role
from evenhand.reports import flagger_steps
from evenhand.reports.drafts import FlaggerDraft
from evenhand.rulebook import steps as rulebook
from evenhand.search import policy_steps as search_policy
from evenhand.search.policy import shipped_text
from evenhand.transparency.publish import publish

EPOC = "eu-epoc-subscriber"
TCO = "eu-tco-removal"
VISITOR = "visitor"

NAMES = frozenset(
    {
        "Ada Example", "Anna Approver", "Arno Approver", "Aud Itor", "Bea Board", "Ben Example",
        "Bo Board", "Case system", "First Operator", "Gil Example", "Hal Example",
        "Helpline of Example", "Lena Lawyer", "Ministry of Example", "Nora New", "Oleg Officer",
        "Olga Officer", "Otto Officer", "Pat Author", "Prosecutor of Example", "Rosa Reviewer",
        "Second Approver", "Sina Senior", "StopNCII", "Watch of Example",
        "Floods of links", "linkflood", "garden", "forbidden", "nowhere",
    }
)  # fmt: skip
"""Who lives here, what has a name, and what is typed: all that stays as it is in every language."""


@dataclass(frozen=True)
class Town:
    """A desk in full work: who can open pages, and what there is to open.

    people     a signed-in browser of everybody who works here, by name; a visitor's as well
    addresses  by the name of a view, the addresses that it can answer
    forms      forms that lead to more than an empty one: view, address, fields
    """

    people: Mapping[str, Client]
    roles: Mapping[str, frozenset[Role]]
    addresses: Mapping[str, Sequence[str]]
    forms: Sequence[tuple[str, str, Mapping[str, str]]]


def town() -> Town:
    """Fills a site whose state folder the settings name."""
    moment = now()
    token_key = read_key(settings.KEYS / "token.key")
    keys = own_keys()
    home = house(keys, token_key=token_key)
    office = desk(now=moment)
    matters = _matters(office)
    unsure = _registered(office)
    bulk = _bulk(home.senior)
    _quality(keys, home.senior)
    _flaggers(office)
    _law(office)
    _access(office)
    author = member("Pat Author", Role.POLICY_AUTHOR)
    rules = _rules(author)
    operator = member("First Operator", Role.OPERATOR)
    approver = member("Second Approver", Role.APPROVER)
    people.propose("Ben Example", [Role.REVIEWER], by=operator, now=moment)
    enrolling = people._link(member("Nora New", Role.REVIEWER), by=None, now=moment).path
    officers = people._link(office.officer.person, by=None, now=moment).path
    day = date(2026, 11, 21)
    publish(day, now=moment, folder=Path(settings.PUBLIC_FILES))
    who = {
        "senior": home.senior,
        "auditor": home.auditor,
        "lawyer": office.lawyer,
        "approver": office.approver,
        "board": office.board[0],
        "operator": operator,
        "second": approver,
        "author": author,
        "officer": office.officer.person,
    }
    return Town(
        people={VISITOR: Client(HTTP_HOST="localhost:8600")}
        | {name: browser(person) for name, person in who.items()},
        roles={name: frozenset(person.roles) for name, person in who.items()},
        addresses=_addresses(home, office, matters, unsure, bulk, day, (enrolling, officers))
        | _rule_addresses(rules)
        | _search_policy_addresses(author),
        forms=(
            ("report_follow", "/report/follow/", {"code": home.code}),
            (
                "staff_standing",
                "/staff/standing/",
                {"do": "find", "account": "@sender:example.test", "reason": "A complaint."},
            ),
            (
                "staff_labels",
                "/staff/standing/labels/",
                {"do": "find", "name": "@sender:example.test", "reason": "A complaint."},
            ),
        ),
    )


def browser(person: Person) -> Client:
    """Gives a browser in which somebody has just shown their passkey."""
    client = Client(HTTP_HOST="localhost:8600")
    client.force_login(person, backend=BACKEND)
    session = client.session
    session[PROVED_AT] = now().isoformat()
    session.save()
    return client


def _matters(office: Desk) -> list[Matter]:
    moment = now() - timedelta(minutes=1)
    asked = office.received(TCO, moment)
    legal.ask(asked.id, by=office.lawyer, text="Which post?", missing=["legal_basis"], now=moment)
    gone = office.received(TCO, moment)
    legal.withdraw(gone.id, by=office.officer.person, reason="Sent by mistake.", now=moment)
    return [
        asked,
        gone,
        office.received(EPOC, moment),
        office.received(
            "eu-epoc-emergency" if "eu-epoc-emergency" in law().kinds else EPOC, moment
        ),
        office.validated(EPOC, moment),
        office.prepared(EPOC, None, moment),
        office.prepared(TCO, withhold("DE"), moment),
        office.released(EPOC, None, moment),
        office.released(TCO, withhold("DE"), moment),
        office.released(TCO, refusal(), moment),
    ]


def _registered(office: Desk) -> UUID:
    draft = AuthorityDraft(
        name="Ministry of Example",
        country="KZ",
        kind=AuthorityKind.MINISTRY,
        domains=("gov.example.test",),
        switchboard=PhoneNumber("+77172123456"),
        head_office="office@gov.example.test",
        language=Language.KK,
        source="https://gov.example.test/contact",
    )
    made = registry.register_authority(draft, by=office.lawyer, now=now())
    registry.invite_officer(
        office.authority.id, name="Olga Officer", mailbox="olga@example.test",
        by=office.lawyer, now=now(),
    )  # fmt: skip
    officer_for(office.authority, "Oleg Officer", office.lawyer, office.approver, now=now())
    return made.id


def _bulk(senior: Person) -> UUID:
    raid = [
        cases.open_case(replace(case_draft(event=f"$raid{number}"), at=now()), now=now())
        for number in range(12)
    ]
    made = bulk_steps.propose_bulk(
        [case.id for case in raid], ActionKind.REDACT, by=senior, reason="One raid.", seed=7,
        now=now(),
    )  # fmt: skip
    return made.id


def _quality(keys: Keys, senior: Person) -> None:
    case = cases.open_case(replace(case_draft(keys, event="$known"), at=now()), now=now())
    first = reviewer("Gil Example")
    cases.decide_case(case.id, ActionKind.REDACT, by=first, reason="It incites.", now=now())
    make_golden(case.id, ActionKind.REDACT, by=senior, reason="Clear incitement.", now=now())
    mixed = cases.claim_next(reviewer("Hal Example"), now=now(), chance=0.0)
    assert mixed is not None
    cases.decide_case(
        mixed.id, ActionKind.REDACT, by=Person.objects.get(name="Hal Example"),
        reason="It incites.", now=now(),
    )  # fmt: skip


def _flaggers(office: Desk) -> None:
    for name in ("Helpline of Example", "Watch of Example"):
        made = flagger_steps.enter(
            FlaggerDraft(
                name=name,
                areas=frozenset({"m.spam"}),
                awarded_by="DE",
                source="https://example.test/list",
                valid_until=now().date() + timedelta(days=300),
            ),
            by=office.lawyer,
            now=now(),
        )
    flagger_steps.confirm(made.id, by=office.approver, now=now())
    flagger_steps.give_token(made.id, by=office.lawyer, now=now())


def _law(office: Desk) -> None:
    markets.propose_change(
        "DE", MarketState.CONTESTED, reason="Courts were bypassed.", by=office.lawyer, now=now()
    )
    markets.assess_rights(
        "FR", dict.fromkeys(RightsQuestion, RightsAnswer.UPHELD), conclusion="Sound.",
        by=office.lawyer, law=law(), now=now(),
    )  # fmt: skip
    legal.protect(
        IdentifierKind.ACCOUNT, "@paper:example.test", ProtectedGround.PRESS, days=30,
        by=office.lawyer, now=now(),
    )  # fmt: skip


def _access(office: Desk) -> None:
    make_token(office.officer, "Case system", by=office.officer.person, now=now())
    register_webhook(office.officer, "https://hooks.example.test/", now=now())


def _rules(author: Person) -> list[UUID]:
    """Writes two versions of a rule: one kept as a draft, one tried and staged."""
    made = []
    for version in ("1", "2"):
        text = SKELETON.replace("my_rule", "linkflood").replace("1", version, 1)
        text = text.replace("What it looks for, in a few words", "Floods of links")
        rule = workbench().read(text)
        row = rulebook.write_version(rule, text, by=author, now=now(), note="A try.")
        made.append(row.id)
    tried = workbench().backtest(rule, seconds_max=1.0)
    rulebook.keep_backtest(row.id, tried.figures, by=author, now=now())
    rulebook.put_in_shadow(row.id, by=author, now=now())
    rulebook.stage(row.id, 10, by=author, now=now())
    return made


def _rule_addresses(rules: Sequence[UUID]) -> dict[str, Sequence[str]]:
    views = ("staff_rule_version", "staff_rule_edit", "staff_rule_roll_back", "staff_rule_hits")
    return {view: [reverse(view, args=[one]) for one in rules] for view in views} | {
        "staff_rule": [reverse("staff_rule", args=["linkflood"])],
        "staff_rules": ["/staff/rules/"],
    }


def _search_policy_addresses(author: Person) -> dict[str, Sequence[str]]:
    row = search_policy.write_version(shipped_text(), by=author, now=now(), note="A try.")
    return {
        "staff_search_policy": ["/staff/search-policy/"],
        "staff_search_policy_edit": ["/staff/search-policy/next/"],
        "staff_search_policy_version": [reverse("staff_search_policy_version", args=[row.id])],
    }


def _addresses(
    home: House,
    office: Desk,
    matters: Sequence[Matter],
    unsure: UUID,
    bulk: UUID,
    day: date,
    links: tuple[str, str],
) -> dict[str, Sequence[str]]:
    def each(view: str, *values: object) -> list[str]:
        return [reverse(view, args=[value]) for value in values]

    site = Path(settings.PUBLIC_FILES) / "reports"
    all_cases = [home.case, home.picture, home.closed, home.sealed, home.objection, home.complaint]
    authorities = each("legal_authority", office.authority.id, unsure)
    new = reverse("portal_new")
    chosen = [("purpose", "identify_only"), ("emergency", "no"), ("entry", EPOC)]
    whole = [*chosen, ("data", "chosen"), ("category", "subscriber")]
    paper = reverse("legal_paper")
    on_paper = [("authority", str(office.authority.id)), ("purpose", "identify_only")]
    ids = [matter.id for matter in matters]
    return {
        "search": [
            "/search/",
            "/search/?q=garden",
            "/search/?q=forbidden",
            "/search/?q=nowhere&size=huge",
        ],
        "authorities_country": each("authorities_country", "de", "kz", "kg", "ru"),
        "concerned_answer": [
            link_for(ACCOUNT, until=now().date(), key=read_key(settings.KEYS / "token.key"))
        ],
        "report": [reverse("report", args=[day])],
        "report_file": sorted(
            f"/reports/{page.parent.relative_to(site)}/" for page in site.glob("*/**/en.html")
        ),
        "objection": [home.objection_link, home.new_objection_link],
        "complaint": [home.complaint_link],
        "staff_enrol": [links[0], "/staff/enrol/gone/"],
        "portal_enrol": [links[1], "/authorities/enrol/gone/"],
        "staff_report": [reverse("staff_report", args=[day])],
        "staff_statement": each("staff_statement", home.submission),
        "staff_case": each("staff_case", *(case.id for case in all_cases)),
        "staff_cases": [
            "/staff/cases/",
            "/staff/cases/?lane=sealed",
            "/staff/cases/?state=closed",
        ],
        "staff_case_talk": each("staff_case_talk", home.objection.id, home.complaint.id),
        "staff_bulks": ["/staff/cases/bulk/?harm=m.harassment.hate"],
        "staff_bulk": each("staff_bulk", bulk),
        "staff_action": each("staff_action", *(a.id for a in Action.objects.all()[:4])),
        "legal_matter": each("legal_matter", *ids),
        "legal_authority": authorities,
        "legal_authority_alter": [f"{one}alter/" for one in authorities],
        "legal_mailbox": [f"{one}mailbox/" for one in authorities],
        "legal_authority_change": [f"{one}change/" for one in authorities],
        "legal_market": each("legal_market", "de", "fr", "kg", "ru"),
        "legal_regime": each("legal_regime", *sorted(law().regimes)[::4]),
        "legal_paper": [
            paper,
            f"{paper}?{urlencode(on_paper)}",
            f"{paper}?{urlencode([*on_paper, ('entry', EPOC)])}",
        ],
        "legal_samples": ["/staff/legal/samples/", "/staff/legal/samples/?month=2026-01"],
        "portal_new": [
            new,
            *(f"{new}?{urlencode(whole[:count])}" for count in range(1, len(whole) + 1)),
        ],
        "portal_request": each("portal_request", *ids),
    }
