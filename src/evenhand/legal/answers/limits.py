"""Limits of answers, each with its reason."""

SHOWN_CHARACTERS_MAX = 3_000
"""Characters of one text in the PDF, about a page; the JSON form holds all of it."""

SHOWN_ROWS_MAX = 200
"""Rows of one table in the PDF, about eight pages; the JSON form holds all of them."""
