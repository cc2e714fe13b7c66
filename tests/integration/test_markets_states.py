"""Markets are opened and changed by two people, sign-offs hold for one version, all is recorded."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import Language, RecordKind
from evenhand.markets import queries, steps
from evenhand.markets.checks import Finding, MarketRefused
from evenhand.markets.lists import DutyState, MarketState, RightsAnswer, RightsQuestion
from evenhand.markets.models import (
    EntrySignOff,
    Market,
    MarketChange,
    MarketFigures,
    MarketProposal,
    Representative,
    RightsAssessment,
)
from evenhand.markets.reading import read_bytes
from evenhand.markets.regimes import Law, law
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.models import Record, RecordOpening

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GOOD = dict.fromkeys(RightsQuestion, RightsAnswer.UPHELD)


def person(name: str, *roles: Role) -> Person:
    return Person.objects.create(
        id=new_id(now=NOW), name=name, roles=[role.value for role in roles], created_at=NOW
    )


@pytest.fixture
def lawyer() -> Person:
    return person("Lena Lawyer", Role.LEGAL_OFFICER)


@pytest.fixture
def board() -> Person:
    return person("Bea Board", Role.BOARD)


def opened(country: str, first: Person, second: Person) -> MarketChange:
    assessment = steps.assess_rights(
        country, GOOD, conclusion="Courts decide freely.", by=first, law=law(), now=NOW
    )
    return steps.open_market(assessment.id, by=second, now=NOW)


def changed(country: str, to: MarketState, first: Person, second: Person) -> MarketChange:
    made = steps.propose_change(country, to, reason="A law was changed.", by=first, now=NOW)
    return steps.approve_change(made.id, by=second, now=NOW)


def findings(call: Callable[[], object]) -> list[str]:
    with pytest.raises(MarketRefused) as refused:
        call()
    found = refused.value.fields["findings"]
    assert isinstance(found, list)
    return found


def refused_by_the_database(call: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        call()


# --- opening ---


def test_a_market_without_a_row_was_never_opened() -> None:
    assert queries.state_of("CH") is None
    assert queries.states() == {}


def test_two_people_open_a_market_by_an_assessment(lawyer: Person, board: Person) -> None:
    change = opened("CH", lawyer, board)

    assert queries.state_of("CH") is MarketState.OPEN
    assert (change.from_state, change.to_state) == ("", "open")
    assert (change.proposed_by, change.approved_by) == (lawyer, board)
    assert queries.changes_of("CH") == [change]
    assert queries.open_assessments() == []


def test_an_assessment_alone_opens_nothing(lawyer: Person) -> None:
    made = steps.assess_rights("CH", GOOD, conclusion="Good.", by=lawyer, law=law(), now=NOW)

    assert queries.state_of("CH") is None
    assert queries.open_assessments() == [made]


def test_who_assessed_cannot_open(lawyer: Person) -> None:
    both = person("Bo Both", Role.LEGAL_OFFICER, Role.BOARD)
    made = steps.assess_rights("CH", GOOD, conclusion="Good.", by=both, law=law(), now=NOW)

    assert findings(lambda: steps.open_market(made.id, by=both, now=NOW)) == ["same_person"]
    assert findings(lambda: steps.open_market(made.id, by=lawyer, now=NOW)) == ["not_its_role"]
    assert queries.state_of("CH") is None


def test_who_has_left_decides_nothing(lawyer: Person, board: Person) -> None:
    board.is_active = False

    made = steps.assess_rights("CH", GOOD, conclusion="Good.", by=lawyer, law=law(), now=NOW)

    assert findings(lambda: steps.open_market(made.id, by=board, now=NOW)) == ["not_its_role"]


def test_an_assessment_opens_once(lawyer: Person, board: Person) -> None:
    made = steps.assess_rights("CH", GOOD, conclusion="Good.", by=lawyer, law=law(), now=NOW)
    steps.open_market(made.id, by=board, now=NOW)
    changed("CH", MarketState.EXITED, lawyer, board)

    assert findings(lambda: steps.open_market(made.id, by=board, now=NOW)) == ["settled_already"]


def test_a_market_that_left_is_opened_by_a_new_assessment(lawyer: Person, board: Person) -> None:
    opened("CH", lawyer, board)
    changed("CH", MarketState.EXITED, lawyer, board)

    opened("CH", lawyer, board)

    assert queries.state_of("CH") is MarketState.OPEN
    assert [one.to_state for one in queries.changes_of("CH")].count("open") == 2


@pytest.mark.parametrize(
    ("country", "answers", "found"),
    [
        ("CH", {**GOOD, RightsQuestion.PRESS: RightsAnswer.VIOLATED}, Finding.RIGHT_VIOLATED),
        ("CH", {RightsQuestion.PRESS: RightsAnswer.UPHELD}, Finding.RIGHT_NOT_ASSESSED),
        ("RU", GOOD, Finding.COUNTRY_CLOSED),
        ("IR", GOOD, Finding.COUNTRY_CLOSED),
    ],
)
def test_a_market_stays_shut_where_rights_are_not_safe(
    country: str,
    answers: dict[RightsQuestion, RightsAnswer],
    found: Finding,
    lawyer: Person,
) -> None:
    def assess() -> object:
        return steps.assess_rights(
            country, answers, conclusion="Hm.", by=lawyer, law=law(), now=NOW
        )

    assert findings(assess) == [found.value]


def test_a_right_in_doubt_leaves_the_decision_to_people(lawyer: Person, board: Person) -> None:
    answers = {**GOOD, RightsQuestion.ASSEMBLY: RightsAnswer.IN_DOUBT}
    made = steps.assess_rights("CH", answers, conclusion="See.", by=lawyer, law=law(), now=NOW)

    steps.open_market(made.id, by=board, now=NOW)

    assert queries.state_of("CH") is MarketState.OPEN


# --- changing ---


@pytest.mark.parametrize("to", [MarketState.CONTESTED, MarketState.SUSPENDED, MarketState.EXITED])
def test_two_people_change_a_market(to: MarketState, lawyer: Person, board: Person) -> None:
    opened("KZ", lawyer, board)

    change = changed("KZ", to, lawyer, board)

    assert queries.state_of("KZ") is to
    assert change.from_state == "open"


def test_a_market_that_was_never_opened_can_be_contested(lawyer: Person, board: Person) -> None:
    changed("KZ", MarketState.CONTESTED, lawyer, board)

    assert queries.state_of("KZ") is MarketState.CONTESTED


def test_a_proposal_alone_changes_nothing(lawyer: Person, board: Person) -> None:
    opened("KZ", lawyer, board)

    made = steps.propose_change("KZ", MarketState.EXITED, reason="Keys.", by=lawyer, now=NOW)

    assert queries.state_of("KZ") is MarketState.OPEN
    assert queries.open_proposals() == [made]


def test_nobody_approves_what_they_proposed(lawyer: Person) -> None:
    both = person("Bo Both", Role.LEGAL_OFFICER, Role.BOARD)
    made = steps.propose_change("KZ", MarketState.EXITED, reason="Keys.", by=both, now=NOW)

    assert findings(lambda: steps.approve_change(made.id, by=both, now=NOW)) == ["same_person"]
    assert findings(lambda: steps.approve_change(made.id, by=lawyer, now=NOW)) == ["not_its_role"]


def test_a_proposal_never_opens_a_market(lawyer: Person, board: Person) -> None:
    changed("KZ", MarketState.CONTESTED, lawyer, board)

    def propose() -> object:
        return steps.propose_change("KZ", MarketState.OPEN, reason="x", by=lawyer, now=NOW)

    assert findings(propose) == ["state_cannot_follow"]


def test_a_reason_is_asked_for(lawyer: Person) -> None:
    def propose() -> object:
        return steps.propose_change("KZ", MarketState.EXITED, reason=" ", by=lawyer, now=NOW)

    assert findings(propose) == ["reason_missing"]


def test_a_rejected_proposal_changes_nothing(lawyer: Person, board: Person) -> None:
    made = steps.propose_change("KZ", MarketState.EXITED, reason="Keys.", by=lawyer, now=NOW)

    steps.reject_change(made.id, by=board, now=NOW)

    assert queries.state_of("KZ") is None
    assert queries.open_proposals() == []
    assert findings(lambda: steps.approve_change(made.id, by=board, now=NOW)) == ["settled_already"]
    assert findings(lambda: steps.reject_change(made.id, by=board, now=NOW)) == ["settled_already"]


def test_one_proposal_for_a_country_at_a_time(lawyer: Person) -> None:
    steps.propose_change("KZ", MarketState.EXITED, reason="Keys.", by=lawyer, now=NOW)

    def again() -> object:
        return steps.propose_change("KZ", MarketState.CONTESTED, reason="y", by=lawyer, now=NOW)

    assert findings(again) == ["proposal_open"]


# --- what the database itself refuses ---


def test_the_database_asks_for_two_people(lawyer: Person, board: Person) -> None:
    made = steps.assess_rights("CH", GOOD, conclusion="Good.", by=lawyer, law=law(), now=NOW)
    rows = RightsAssessment.objects.filter(pk=made.id)
    proposal = steps.propose_change("KZ", MarketState.EXITED, reason="K.", by=lawyer, now=NOW)
    settled = MarketProposal.objects.filter(pk=proposal.id)

    refused_by_the_database(lambda: rows.update(confirmed_by=lawyer, confirmed_at=NOW))
    refused_by_the_database(lambda: rows.update(confirmed_by=board))
    refused_by_the_database(
        lambda: settled.update(settled_by=lawyer, settled_at=NOW, approved=True)
    )
    refused_by_the_database(lambda: settled.update(to_state="open"))
    refused_by_the_database(
        lambda: MarketChange.objects.create(
            id=new_id(now=NOW), country="KZ", to_state="exited", reason="x",
            proposed_by=board, approved_by=board, at=NOW,
        )
    )  # fmt: skip


def test_the_database_opens_no_market_without_an_assessment(lawyer: Person, board: Person) -> None:
    refused_by_the_database(
        lambda: Market.objects.create(country="CH", state="open", changed_at=NOW)
    )
    refused_by_the_database(
        lambda: Market.objects.create(country="CH", state="ajar", changed_at=NOW)
    )
    refused_by_the_database(
        lambda: MarketChange.objects.create(
            id=new_id(now=NOW), country="CH", to_state="open", reason="x",
            proposed_by=lawyer, approved_by=board, at=NOW,
        )
    )  # fmt: skip


def test_what_was_decided_is_never_altered(lawyer: Person, board: Person) -> None:
    change = changed("KZ", MarketState.CONTESTED, lawyer, board)

    with pytest.raises(DatabaseError), transaction.atomic():
        MarketChange.objects.filter(pk=change.id).update(reason="another")


# --- records ---


def test_every_change_of_a_market_is_a_record_of_that_market(lawyer: Person, board: Person) -> None:
    opened("CH", lawyer, board)
    change = changed("CH", MarketState.CONTESTED, lawyer, board)

    rows = Record.objects.filter(kind=RecordKind.MARKET_CHANGED.value).order_by("serial")
    bodies = [RecordOpening.objects.get(record_id=row.id).body for row in rows]

    assert {row.market for row in rows} == {"CH"}
    assert [body["change"] for body in bodies] == [
        "rights_assessed", "open", "contested_proposed", "contested",
    ]  # fmt: skip
    assert rows[3].subject == change.id
    assert bodies[3]["proposed_by"] == str(lawyer.id)
    assert bodies[3]["reason"] == "A law was changed."
    assert not any("Lena" in str(body) or "Bea" in str(body) for body in bodies)


def test_what_is_refused_leaves_no_record(lawyer: Person) -> None:
    findings(lambda: steps.propose_change("KZ", MarketState.OPEN, reason="x", by=lawyer, now=NOW))

    assert not Record.objects.filter(kind=RecordKind.MARKET_CHANGED.value).exists()


# --- sign-offs ---


def test_a_sign_off_holds_for_one_version(lawyer: Person) -> None:
    version = law().regime("in").version

    made = steps.sign_off("in-3-1-j", reason="Gazette read.", by=lawyer, law=law(), now=NOW)

    assert queries.sign_off_of("in-3-1-j", version) == made
    assert queries.signed_off("in-3-1-j", version)
    assert not queries.signed_off("in-3-1-j", "2027-01-01.00000000")
    assert not queries.signed_off("in-3-1-d", version)
    assert queries.sign_offs() == [made]
    assert Record.objects.filter(kind=RecordKind.LAW_SIGNED_OFF.value).count() == 1


def test_the_law_is_kept_as_it_was_signed_off(lawyer: Person) -> None:
    steps.sign_off("in-3-1-j", reason="Gazette read.", by=lawyer, law=law(), now=NOW)
    signed = law().regime("in")
    text = signed.text.replace("deadline: PT72H", "deadline: PT24H")
    later, faults = read_bytes("in.yaml", text.encode())
    assert later is not None
    assert faults == []
    changed_law = Law([later if one.id == "in" else one for one in law().regimes.values()])

    then = queries.regime_at("in", signed.version, changed_law)

    assert then == signed
    assert queries.regime_at("in", later.version, changed_law) == later
    assert not queries.signed_off("in-3-1-j", later.version)
    with pytest.raises(NotFound):
        queries.regime_at("in", "2020-01-01.00000000", changed_law)


def test_a_kept_law_for_any_country_still_steps_back_where_there_is_another(
    lawyer: Person,
) -> None:
    steps.sign_off("un-emergency", reason="Form read.", by=lawyer, law=law(), now=NOW)
    signed = law().regime("default-voluntary")
    text = signed.text.replace("target: PT1H", "target: PT2H")
    later, _ = read_bytes("default-voluntary.yaml", text.encode())
    assert later is not None
    later = replace(later, others=signed.others)
    changed_law = Law([later if one.id == later.id else one for one in law().regimes.values()])

    then = queries.regime_at(signed.id, signed.version, changed_law)

    assert then == signed
    assert not then.covers("DE")


def test_only_a_legal_officer_signs_off_and_only_what_is_unverified(
    lawyer: Person, board: Person
) -> None:
    def sign(entry: str, by: Person, reason: str = "Read.") -> Callable[[], object]:
        return lambda: steps.sign_off(entry, reason=reason, by=by, law=law(), now=NOW)

    assert findings(sign("in-3-1-j", board)) == ["not_its_role"]
    assert findings(sign("us-warrant", lawyer)) == ["entry_verified"]
    assert findings(sign("in-3-1-j", lawyer, "")) == ["reason_missing"]
    with pytest.raises(NotFound):
        sign("no-such-entry", lawyer)()


def test_a_sign_off_taken_back_holds_no_longer_and_can_be_given_again(lawyer: Person) -> None:
    version = law().regime("fr").version
    made = steps.sign_off("fr-requisition", reason="Read.", by=lawyer, law=law(), now=NOW)

    steps.withdraw_sign_off(made.id, by=lawyer, now=NOW + timedelta(days=1))

    assert queries.sign_off_of("fr-requisition", version) is None
    again = steps.sign_off("fr-requisition", reason="Read anew.", by=lawyer, law=law(), now=NOW)
    assert again.id != made.id
    assert EntrySignOff.objects.count() == 2
    with pytest.raises(NotFound):
        steps.withdraw_sign_off(made.id, by=lawyer, now=NOW)


# --- representatives ---


def test_a_representative_has_a_market_and_an_office(lawyer: Person) -> None:
    rep = person("Rauan Representative", Role.REPRESENTATIVE)

    made = steps.name_representative(
        rep, "KZ", office="1 Example Street, Astana", languages=(Language.KK, Language.RU),
        by=lawyer, now=NOW,
    )  # fmt: skip

    assert queries.representatives("KZ") == [made]
    assert queries.representatives("DE") == []
    assert queries.countries_represented_by(rep.id) == ["KZ"]

    steps.dismiss_representative(made.id, by=lawyer, now=NOW)

    assert queries.representatives() == []
    with pytest.raises(NotFound):
        steps.dismiss_representative(made.id, by=lawyer, now=NOW)


def test_a_new_office_does_not_make_a_second_representation(lawyer: Person) -> None:
    rep = person("Rauan Representative", Role.REPRESENTATIVE)
    for office in ("1 Example Street", "2 Example Street"):
        steps.name_representative(
            rep, "KZ", office=office, languages=(Language.KK,), by=lawyer, now=NOW
        )

    assert [one.office for one in queries.representatives("KZ")] == ["2 Example Street"]
    assert Representative.objects.count() == 1


def test_who_does_not_hold_the_role_represents_nobody(lawyer: Person, board: Person) -> None:
    def name() -> object:
        return steps.name_representative(
            board, "KZ", office="x", languages=(Language.KK,), by=lawyer, now=NOW
        )

    assert findings(name) == ["not_a_representative"]


# --- figures and duties ---


def keep(country: str, daily: int, monthly: int, by: Person, month: int = 10) -> list[str]:
    found = steps.keep_figures(
        country, date(2026, month, 17), monthly=monthly, daily=daily, by=by, law=law(), now=NOW
    )
    return [f"{one.threshold.id} {one.state}" for one in found]


def test_the_newest_figures_of_a_country_count(lawyer: Person) -> None:
    assert keep("KZ", 79_000, 900_000, lawyer, month=8) == []
    assert keep("KZ", 85_000, 900_000, lawyer, month=9) == ["kz-rep-threshold near"]
    assert keep("KZ", 100_001, 900_000, lawyer, month=10) == ["kz-rep-threshold holds"]

    (standing,) = queries.duties_of("KZ", law(), on=NOW.date())
    assert (standing.users, standing.state) == (100_001, DutyState.HOLDS)
    assert [row.month.month for row in queries.figures_of("KZ")] == [10, 9, 8]
    assert queries.users()["KZ"].monthly == 900_000


def test_figures_of_a_month_can_be_set_right(lawyer: Person) -> None:
    keep("KZ", 85_000, 900_000, lawyer)
    keep("KZ", 50_000, 900_000, lawyer)

    assert [row.daily for row in queries.figures_of("KZ")] == [50_000]
    assert MarketFigures.objects.get().month == date(2026, 10, 1)


def test_more_people_a_day_than_in_the_month_are_refused(lawyer: Person) -> None:
    assert findings(lambda: keep("KZ", 11, 10, lawyer)) == ["figures_implausible"]
    assert findings(lambda: keep("KZ", -1, 10, lawyer)) == ["figures_implausible"]
