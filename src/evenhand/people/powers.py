"""Which role may do what, in one table: each role holds what its work needs, and no more.

Doors ask for a power (`desk.doors.staff_who`) or for roles; both come from here. What an officer
of an authority may do stands in the registry, and is nothing of this.
"""

from collections.abc import Mapping
from enum import StrEnum

from evenhand.people.roles import STAFF_ROLES, Role


class Power(StrEnum):
    """One thing that a door of the desk lets somebody do."""

    SEE_CASES = "see_cases"
    DECIDE_CASES = "decide_cases"
    JUDGE_APPEALS = "judge_appeals"
    CHECK_QUALITY = "check_quality"
    DECIDE_IN_BULK = "decide_in_bulk"
    WORK_SEALED_LANE = "work_sealed_lane"
    OPEN_EVIDENCE = "open_evidence"
    SEE_ACTIONS = "see_actions"
    UNDO_ACTIONS = "undo_actions"
    SEE_STANDING = "see_standing"
    SEE_SUBMISSIONS = "see_submissions"
    KEEP_FLAGGERS = "keep_flaggers"
    REPORT_DANGER = "report_danger"
    SEE_MATTERS = "see_matters"
    ENTER_PAPER = "enter_paper"
    SEE_REGISTRY = "see_registry"
    SEE_MARKETS = "see_markets"
    SIGN_OFF_LAW = "sign_off_law"
    PREPARE_ANSWERS = "prepare_answers"
    RELEASE_ANSWERS = "release_answers"
    DECIDE_SUBSTANCE = "decide_substance"
    LOOK_AFTERWARDS = "look_afterwards"
    ADMIT_STAFF = "admit_staff"
    SEE_EXACT_REPORTS = "see_exact_reports"
    READ_AUDIT = "read_audit"
    SEE_RULES = "see_rules"
    WORK_ON_RULES = "work_on_rules"
    WORK_ON_SEARCH_POLICY = "work_on_search_policy"


_EVERYBODY = frozenset({Power.SEE_EXACT_REPORTS})
"""What everybody who works here may do: the exact numbers name nobody."""

_REVIEWING = frozenset(
    {
        Power.SEE_CASES,
        Power.DECIDE_CASES,
        Power.JUDGE_APPEALS,
        Power.OPEN_EVIDENCE,
        Power.SEE_ACTIONS,
        Power.UNDO_ACTIONS,
        Power.SEE_STANDING,
    }
)

POWERS: Mapping[Role, frozenset[Power]] = {
    Role.OPERATOR: _EVERYBODY | {Power.ADMIT_STAFF, Power.SEE_SUBMISSIONS, Power.SEE_RULES},
    Role.POLICY_AUTHOR: _EVERYBODY
    | {Power.SEE_RULES, Power.WORK_ON_RULES, Power.WORK_ON_SEARCH_POLICY},
    Role.REVIEWER: _EVERYBODY | _REVIEWING | {Power.REPORT_DANGER},
    Role.SENIOR: _EVERYBODY
    | _REVIEWING
    | {
        Power.REPORT_DANGER,
        Power.CHECK_QUALITY,
        Power.DECIDE_IN_BULK,
        Power.SEE_SUBMISSIONS,
        Power.SEE_RULES,
    },
    Role.CHILD_SAFETY: _EVERYBODY
    | {
        Power.WORK_SEALED_LANE,
        Power.REPORT_DANGER,
        Power.SEE_CASES,
        Power.DECIDE_CASES,
        Power.JUDGE_APPEALS,
        Power.OPEN_EVIDENCE,
        Power.SEE_ACTIONS,
        Power.UNDO_ACTIONS,
    },
    Role.LEGAL_OFFICER: _EVERYBODY
    | {
        Power.SEE_CASES,
        Power.OPEN_EVIDENCE,
        Power.SEE_ACTIONS,
        Power.SEE_SUBMISSIONS,
        Power.KEEP_FLAGGERS,
        Power.REPORT_DANGER,
        Power.SEE_MATTERS,
        Power.ENTER_PAPER,
        Power.SEE_REGISTRY,
        Power.SEE_MARKETS,
        Power.SIGN_OFF_LAW,
        Power.PREPARE_ANSWERS,
    },
    Role.APPROVER: _EVERYBODY
    | {
        Power.ADMIT_STAFF,
        Power.KEEP_FLAGGERS,
        Power.SEE_MATTERS,
        Power.SEE_REGISTRY,
        Power.SEE_MARKETS,
        Power.RELEASE_ANSWERS,
        Power.LOOK_AFTERWARDS,
    },
    Role.BOARD: _EVERYBODY
    | {
        Power.SEE_MATTERS,
        Power.SEE_REGISTRY,
        Power.SEE_MARKETS,
        Power.DECIDE_SUBSTANCE,
        Power.LOOK_AFTERWARDS,
    },
    Role.REPRESENTATIVE: _EVERYBODY | {Power.ENTER_PAPER, Power.SEE_REGISTRY, Power.SEE_MARKETS},
    Role.AUDITOR: _EVERYBODY | {Power.READ_AUDIT, Power.SEE_SUBMISSIONS, Power.SEE_RULES},
}
"""What each role may do. An officer of an authority is no member of staff and has no row."""

assert frozenset(POWERS) == STAFF_ROLES, "each role of staff has its row, and nobody else"


def roles_with(power: Power) -> tuple[Role, ...]:
    """Gives the roles that hold a power, in order."""
    return tuple(sorted(role for role, powers in POWERS.items() if power in powers))
