"""What a member of staff may do; a closed list, and nobody stands above it."""

from enum import StrEnum


class Role(StrEnum):
    """One kind of work at the desk."""

    OPERATOR = "operator"
    POLICY_AUTHOR = "policy_author"
    REVIEWER = "reviewer"
    LEGAL_OFFICER = "legal_officer"
    APPROVER = "approver"


RELEASE_ROLES = frozenset({Role.LEGAL_OFFICER, Role.APPROVER})
"""Roles that hand data out of the house; whoever runs the machines holds none of them."""
