"""What somebody who signs in may do; a closed list, and nobody stands above it."""

from enum import StrEnum


class Role(StrEnum):
    """One kind of work at the desk.

    OPERATOR        runs the machines: the administrator
    SENIOR          reviewer of the reviewers: second opinions, escalations, quality
    CHILD_SAFETY    works in the sealed lane; nobody else sees what lies there
    AUDITOR         reads who did and read what, and changes nothing
    BOARD           decides where substance is in doubt, and about markets
    REPRESENTATIVE  the local representative of a market: enters what was served on paper
    OFFICER         of an authority, and nothing else: whoever holds it is no member of staff
    """

    OPERATOR = "operator"
    POLICY_AUTHOR = "policy_author"
    REVIEWER = "reviewer"
    LEGAL_OFFICER = "legal_officer"
    APPROVER = "approver"
    BOARD = "board"
    REPRESENTATIVE = "representative"
    SENIOR = "senior_reviewer"
    CHILD_SAFETY = "child_safety"
    AUDITOR = "auditor"
    OFFICER = "officer"


RELEASE_ROLES = frozenset({Role.LEGAL_OFFICER, Role.APPROVER})
"""Roles that hand data out of the house; whoever runs the machines holds none of them."""

STAFF_ROLES = frozenset(Role) - {Role.OFFICER}
"""Roles of those who work here."""

ADMITTING_ROLES = frozenset({Role.OPERATOR, Role.APPROVER})
"""Roles that propose and confirm who else works here, two people each time."""

SENSITIVE_ROLES = frozenset(
    {Role.CHILD_SAFETY, Role.APPROVER, Role.LEGAL_OFFICER, Role.OPERATOR, Role.AUDITOR}
)
"""Roles whose sessions are short: an open desk of theirs shows, releases or admits most."""
