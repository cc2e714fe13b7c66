"""Limits of the room."""

OBJECTION_CHARACTERS_MAX = 4_000
"""Characters of an objection: two pages, and far below a request body's limit in any script."""

REASON_CHARACTERS_MAX = 1_000
"""Characters of the reasons that a person gives for closing a case."""

CASES_PER_PAGE = 50
"""Cases on one page of the console."""
