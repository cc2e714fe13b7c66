"""Limits of the room."""

REASON_CHARACTERS_MAX = 1_000
"""Characters of the reasons that a person gives for closing a case."""

CASES_PER_PAGE = 50
"""Cases on one page of the console."""
