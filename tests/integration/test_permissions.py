"""Who passes which door: every address of the desk, every role, every method, against one table.

`tests/data/people/matrix.csv` is written by hand. A view without its rows fails here, and so does
a door that lets in anybody else than its rows say.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.core.cache import cache as counters
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs
from tests.integration.matters_of_tests import desk
from tests.integration.people_of_tests import member

from evenhand.authorities.machines.steps import make_token
from evenhand.base.clock import now
from evenhand.base.sealing import make_keys
from evenhand.desk.doors import PROVED_AT
from evenhand.legal.checks import ROLES
from evenhand.legal.lists import Verb
from evenhand.people.passkeys import BACKEND
from evenhand.people.powers import POWERS, Power, roles_with
from evenhand.people.roles import STAFF_ROLES, Role

MATRIX = Path(__file__).parents[1] / "data/people/matrix.csv"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
VISITOR, PROGRAM = "visitor", "program"
EVERYBODY = (VISITOR, *sorted(Role), PROGRAM)
GROUPS: Mapping[str, tuple[str, ...]] = {
    "everybody": EVERYBODY,
    "people": (VISITOR, *sorted(Role)),
    "signed-in": tuple(sorted(Role)),
    "staff": tuple(sorted(STAFF_ROLES)),
}
"""Words of the table for many: whoever comes by; without programs; signed in; who works here."""

GAPS = {
    "uuid": "00000000-0000-7000-8000-000000000000",
    "day": "2026-11-21",
    "int": "1",
    "str": "x",
    "slug": "x",
    "path": "x",
    "year": "2026",
}
SIGN_IN = re.compile(r"^/(staff|authorities/portal)/sign-in/\?next=")
CLOSED = {"RoleMissing", "NotAnOfficer", "OfficerSuspended"}


@dataclass(frozen=True)
class Address:
    """One address and the name of what answers there."""

    view: str
    path: str


def addresses() -> list[Address]:
    """Every address of the desk, once."""
    return list(dict.fromkeys(below(get_resolver().url_patterns)))


def below(patterns: Iterable[URLPattern | URLResolver], before: str = "/") -> Iterator[Address]:
    """Every address below these patterns, with something in its gaps."""
    for entry in patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from below(entry.url_patterns, route)
        else:
            path = re.sub(
                r"<(?:(\w+):)?(\w+)>", lambda gap: GAPS.get(gap[2]) or GAPS[gap[1] or "str"], route
            )
            name = route.removeprefix("/") if route.startswith("/api/v1/") else entry.name
            if name != "api/v1/":  # the frame of the API: it answers nothing but 404
                yield Address(name or route, path)


@cache
def matrix() -> Mapping[str, Mapping[str, tuple[frozenset[str], bool]]]:
    """Who may, and whether a fresh passkey is asked for, by view and method."""
    found: dict[str, dict[str, tuple[frozenset[str], bool]]] = defaultdict(dict)
    with MATRIX.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            who: set[str] = set()
            for word in row["who"].split():
                who |= set(GROUPS.get(word, (word,)))
            assert who <= set(EVERYBODY), f"{row['view']}: nobody is called {who - set(EVERYBODY)}"
            for method in row["methods"].split():
                assert method in METHODS, f"{row['view']}: {method}"
                assert method not in found[row["view"]], f"{row['view']}: {method} twice"
                found[row["view"]][method] = (frozenset(who), row["passkey"] == "fresh")
    return dict(found)


def test_every_view_has_its_row_and_every_row_its_view() -> None:
    views = {address.view for address in addresses()}

    lacking = sorted(views - set(matrix()))
    left = sorted(set(matrix()) - views)

    assert lacking == [], f"add a row to {MATRIX.name} for each of these views: {lacking}"
    assert left == [], f"no such view exists any more; take its row out of {MATRIX.name}: {left}"


def test_each_view_has_one_name() -> None:
    names = [address.view for address in addresses()]

    assert len(names) == len(set(names)) > 90


class Everybody:
    """One browser for each role, one without a session, one program with a token."""

    def __init__(self) -> None:
        made = desk()
        self.people = {
            role: made.officer.person if role is Role.OFFICER else member(f"Only {role}", role)
            for role in Role
        }
        token = make_token(made.officer, "A program", by=made.officer.person, now=now())
        self.clients: dict[str, Client] = {
            VISITOR: Client(),
            PROGRAM: Client(headers={"authorization": f"Bearer {token.text}"}),
            **{role: Client() for role in Role},
        }
        for role in Role:
            self.sign_in(role)

    def sign_in(self, role: Role, *, fresh: bool = True) -> None:
        """Signs a role in, with a passkey shown just now or not."""
        client = self.clients[role]
        client.force_login(self.people[role], backend=BACKEND)
        session = client.session
        session.pop(PROVED_AT, None)
        if fresh:
            session[PROVED_AT] = now().isoformat()
        session.save()

    def ask(self, who: str, method: str, path: str) -> tuple[HttpResponse, set[str]]:
        """What somebody is answered, and the names of the errors on the way."""
        counters.clear()
        client = self.clients[who]
        if who in set(Role) and not client.cookies[site_settings.SESSION_COOKIE_NAME].value:
            self.sign_in(Role(who))
        with capture_logs() as logs:
            # As a program, so that what is refused need not be laid out as a page.
            answer = client.generic(method, path, headers={"accept": "application/json"})
        return answer, {str(entry.get("error")) for entry in logs}


def what_came(answer: HttpResponse, errors: set[str]) -> str:
    """Says in a word how a door answered: open, closed, no such method, or broken."""
    location = answer.headers.get("Location", "")
    if answer.status_code == 405:
        return "no method"
    if answer.status_code == 401 or errors & CLOSED or SIGN_IN.match(location):
        return "closed"
    return "broken" if answer.status_code == 500 else "open"


@pytest.fixture
def everybody(settings: Settings, tmp_path: Path) -> Iterator[Everybody]:
    settings.ALLOWED_HOSTS = ["testserver"]
    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME, settings.KEYS = tmp_path, tmp_path / "keys"
    yield Everybody()
    counters.clear()


def expected(view: str, method: str, who: str) -> set[str]:
    """What a door should answer: closed or no such method are both a no."""
    row = matrix().get(view, {}).get(method)
    if row is None:
        return {"closed", "no method"}
    return {"open"} if who in row[0] else {"closed"}


def tried(view: str) -> tuple[str, ...]:
    """Who tries a door: everybody, or a few where it is open to the whole world."""
    public = any(VISITOR in who for who, _ in matrix().get(view, {}).values())
    return (VISITOR, Role.OFFICER, Role.REVIEWER) if public else EVERYBODY


@pytest.mark.django_db
def test_each_door_lets_in_whom_the_table_names(everybody: Everybody) -> None:
    wrong = []
    asked = 0
    for address in addresses():
        for who in tried(address.view):
            for method in ("GET", "POST"):
                came = what_came(*everybody.ask(who, method, address.path))
                asked += 1
                wanted = expected(address.view, method, who)
                if came not in wanted:
                    said = " or ".join(sorted(wanted))
                    wrong.append(f"{address.view} {method} by {who}: {came}, not {said}")

    assert asked > 2000
    assert wrong == [], "\n" + "\n".join(wrong)


@pytest.mark.django_db
def test_no_door_takes_a_method_that_the_table_does_not_name(everybody: Everybody) -> None:
    wrong = []
    for address in addresses():
        rows = matrix().get(address.view, {})
        insiders = sorted(set().union(*(who for who, _ in rows.values())))[:2]
        for who in insiders:
            for method in ("PUT", "PATCH", "DELETE"):
                came = what_came(*everybody.ask(who, method, address.path))
                if came not in expected(address.view, method, who):
                    wrong.append(f"{address.view} {method} by {who}: {came}")

    assert wrong == [], "\n" + "\n".join(wrong)


@pytest.mark.django_db
def test_grave_doors_want_the_passkey_of_just_now(everybody: Everybody) -> None:
    wrong = []
    for address in addresses():
        for method, (who, fresh) in matrix().get(address.view, {}).items():
            insider = next((role for role in sorted(Role) if role in who), None)
            if insider is None:
                continue
            everybody.sign_in(insider, fresh=False)
            answer, _ = everybody.ask(insider, method, address.path)
            asks = answer.headers.get("Location", "").startswith("/staff/step-up/")
            everybody.sign_in(insider)
            if asks != fresh:
                wrong.append(f"{address.view} {method}: {'asks' if asks else 'does not ask'}")

    assert wrong == [], "\n" + "\n".join(wrong)


@pytest.mark.django_db
def test_who_is_suspended_passes_no_door_of_staff(everybody: Everybody) -> None:
    for role, person in everybody.people.items():
        person.suspended_at = now()
        person.save()
        assert role in everybody.clients

    for address in addresses():
        for method, (who, _) in matrix().get(address.view, {}).items():
            for role in sorted(STAFF_ROLES & who)[:1]:
                if VISITOR in who:
                    continue
                answer = everybody.clients[role].generic(method, address.path)
                assert SIGN_IN.match(answer.headers.get("Location", "")), address.view


def test_each_power_is_held_and_no_role_holds_all() -> None:
    for power in Power:
        assert roles_with(power), f"nobody holds {power}"
    for role, powers in POWERS.items():
        assert powers < set(Power), f"{role} may do everything"


@pytest.mark.parametrize(
    ("role", "never"),
    [
        (Role.OPERATOR, {Power.SEE_CASES, Power.SEE_MATTERS, Power.OPEN_EVIDENCE,
                         Power.RELEASE_ANSWERS, Power.READ_AUDIT}),
        (Role.APPROVER, {Power.PREPARE_ANSWERS, Power.OPEN_EVIDENCE, Power.SEE_CASES}),
        (Role.LEGAL_OFFICER, {Power.RELEASE_ANSWERS, Power.ADMIT_STAFF, Power.DECIDE_CASES}),
        (Role.REVIEWER, {Power.SEE_MATTERS, Power.WORK_SEALED_LANE, Power.DECIDE_IN_BULK}),
        (Role.SENIOR, {Power.SEE_MATTERS, Power.WORK_SEALED_LANE}),
        (Role.CHILD_SAFETY, {Power.SEE_MATTERS, Power.ADMIT_STAFF}),
        (Role.POLICY_AUTHOR, set(Power)
         - {Power.SEE_RULES, Power.WORK_ON_RULES, Power.WORK_ON_SEARCH_POLICY,
            Power.SEE_EXACT_REPORTS}),
        (Role.REPRESENTATIVE, {Power.SEE_MATTERS, Power.SEE_CASES, Power.OPEN_EVIDENCE}),
        (Role.AUDITOR, set(Power)
         - {Power.READ_AUDIT, Power.SEE_RULES, Power.SEE_SUBMISSIONS, Power.SEE_EXACT_REPORTS}),
    ],
)  # fmt: skip
def test_what_a_role_never_holds(role: Role, never: set[Power]) -> None:
    assert POWERS[role] & never == set()


DOORS = {
    Power.SEE_CASES: ("staff_cases", "GET"),
    Power.DECIDE_CASES: ("staff_case_decide", "POST"),
    Power.JUDGE_APPEALS: ("staff_case_judge", "POST"),
    Power.CHECK_QUALITY: ("staff_case_golden", "POST"),
    Power.DECIDE_IN_BULK: ("staff_bulk_propose", "POST"),
    Power.OPEN_EVIDENCE: ("staff_case_evidence", "POST"),
    Power.SEE_ACTIONS: ("staff_actions", "GET"),
    Power.UNDO_ACTIONS: ("staff_action_undo", "POST"),
    Power.SEE_STANDING: ("staff_standing", "POST"),
    Power.SEE_SUBMISSIONS: ("staff_statements", "GET"),
    Power.KEEP_FLAGGERS: ("staff_flaggers", "POST"),
    Power.WORK_SEALED_LANE: ("staff_lane", "GET"),
    Power.REPORT_DANGER: ("staff_case_danger", "POST"),
    Power.SEE_MATTERS: ("legal_queue", "GET"),
    Power.ENTER_PAPER: ("legal_paper", "POST"),
    Power.SEE_REGISTRY: ("legal_registry", "GET"),
    Power.SEE_MARKETS: ("legal_markets", "GET"),
    Power.SIGN_OFF_LAW: ("legal_sign_off", "POST"),
    Power.LOOK_AFTERWARDS: ("legal_samples", "GET"),
    Power.ADMIT_STAFF: ("staff_people", "POST"),
    Power.SEE_EXACT_REPORTS: ("staff_reports", "GET"),
    Power.READ_AUDIT: ("staff_audit", "GET"),
}
"""One door for each power that opens one."""

STEPS = {
    Power.PREPARE_ANSWERS: Verb.PREPARE,
    Power.RELEASE_ANSWERS: Verb.RELEASE,
    Power.DECIDE_SUBSTANCE: Verb.BOARD,
}
"""Powers that a step asks for, behind the door of the matter."""


@pytest.mark.parametrize("power", sorted(DOORS))
def test_the_table_of_powers_says_what_the_doors_do(power: Power) -> None:
    view, method = DOORS[power]

    assert set(roles_with(power)) == matrix()[view][method][0]


@pytest.mark.parametrize("power", sorted(STEPS))
def test_the_table_of_powers_says_what_the_steps_do(power: Power) -> None:
    assert set(roles_with(power)) == ROLES[STEPS[power]]


def test_nobody_alone_reads_the_sealed_lane_and_admits_others() -> None:
    for powers in POWERS.values():
        assert not {Power.PREPARE_ANSWERS, Power.RELEASE_ANSWERS} <= powers
        assert not {Power.READ_AUDIT, Power.ADMIT_STAFF} <= powers


def test_the_settings_hold_no_back_door() -> None:
    assert site_settings.AUTHENTICATION_BACKENDS == [BACKEND]
    assert not site_settings.DEBUG
