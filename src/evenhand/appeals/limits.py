"""Limits of the room."""

OBJECTION_CHARACTERS_MAX = 4_000
"""Characters of an objection: two pages, and far below a request body's limit in any script."""
