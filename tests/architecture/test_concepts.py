"""CONCEPTS.md says what the code says: every place exists, every closed list is complete."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from evenhand.actions.following import Following
from evenhand.actions.policies import PolicyGround
from evenhand.appeals import lists as appealed
from evenhand.appeals.commands import Command
from evenhand.authorities import lists as known
from evenhand.base import lists
from evenhand.cases import lists as cases
from evenhand.childsafety import lists as childsafety
from evenhand.evidence.megolm import ProofFinding
from evenhand.legal import documents, fraud
from evenhand.legal import lists as legal
from evenhand.legal.answers import facts
from evenhand.markets import lists as law
from evenhand.people.powers import Power
from evenhand.people.roles import Role
from evenhand.reports import lists as flagged
from evenhand.rulebook.lists import FileState, RuleState
from evenhand.rules.acting import Acting
from evenhand.search import lists as searched
from evenhand.standing import lists as standing
from evenhand.statements import lists as entries
from evenhand.verify.audit import Seen

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src/evenhand"
ROWS = re.findall(
    r"^\| \*\*(.+?)\*\* \| (.+) \| `(.+?)` \|$", (ROOT / "CONCEPTS.md").read_text(), re.MULTILINE
)
ON_PAGE = (
    lists.EventKind, lists.ChannelKind, lists.ActionKind, lists.TargetKind, lists.UndoResult,
    lists.Ground, lists.Source, lists.Automation, lists.Language, lists.RecordKind,
    lists.BatchKind, lists.LegalLane,
    law.LegalKind, law.LegalForm, law.DataCategory, law.AuthorityKind, law.NotifyRule,
    law.MarketState, law.Refusal, law.RightsQuestion, law.RightsAnswer, law.DutyState,
    Role, Power, known.CallBackAbout, known.CallBackSaid, known.Vouched, known.Direction,
    known.AuthorityChanged, known.Finding, known.DomainMatch,
    documents.SignatureLevel, documents.DocumentFinding, fraud.FraudReason, fraud.SealMatch,
    legal.MatterState, legal.Verb, legal.PlanKind, legal.Outcome, legal.IdentifierKind,
    legal.Authenticity, legal.ClockName, legal.EnforcingAnswer, legal.Substance, legal.Said,
    legal.ScrutinyAsker, legal.ScrutinyOutcome, legal.ProtectedGround,
    legal.BoardDecision, legal.DisclosureState, legal.NoticeState, legal.DangerLaw, legal.Finding,
    flagged.ReportKind, flagged.Way, flagged.ReporterKind, flagged.ReportState,
    flagged.ReportOutcome, flagged.ProofLevel, flagged.Mass, flagged.ReportFinding,
    PolicyGround, cases.CaseKind, cases.CaseOutcome, cases.CaseLane, cases.StepKind,
    cases.StageOutcome,
    cases.BulkState, Following,
    appealed.Side, appealed.AppealNoticeKind, appealed.NoticeState, Command,
    ProofFinding,
    facts.AnswerKind, facts.FurtherGround, facts.StillVisible, facts.UserTold,
    entries.SubmissionState, entries.Exemption, entries.Fault, entries.Leak, entries.Reversal,
    standing.LiftedWhy, standing.MisuseKind, standing.MisuseStep,
    childsafety.FeedKind, childsafety.FeedState, childsafety.Algorithm, childsafety.TipState,
    childsafety.IncidentType, childsafety.FalseMatchState,
    RuleState, FileState, Acting,
    searched.Sign, searched.ProposalKind, searched.ProposalState, searched.HelpKind,
    searched.PolicyState,
    Seen,
)  # fmt: skip


def missing(members: type[StrEnum], page: str) -> list[str]:
    named = [member.value for member in members if member.value]
    return [value for value in named if f"`{value}`" not in page]


def test_the_page_has_its_table():
    assert len(ROWS) > 25


@pytest.mark.parametrize(("term", "place"), [(term, place) for term, _, place in ROWS])
def test_a_term_stands_where_the_page_says(term: str, place: str):
    path = SRC / place
    files = [path] if path.is_file() else [*path.rglob("*.py"), *path.rglob("*.yaml")]
    text = "\n".join(file.read_text() for file in files).lower()
    first_word = term.lower().split(" ")[0]

    assert files, f"{place} does not exist"
    assert first_word in text, f"{place} does not speak of {term}"


@pytest.mark.parametrize("members", ON_PAGE, ids=lambda members: members.__name__)
def test_a_closed_list_is_on_the_page_whole(members: type[StrEnum]):
    assert missing(members, (ROOT / "CONCEPTS.md").read_text()) == []


def test_a_member_that_is_not_on_the_page_is_caught():
    planted = StrEnum("Planted", {"X": "no_such_member"})

    assert missing(planted, (ROOT / "CONCEPTS.md").read_text()) == ["no_such_member"]
