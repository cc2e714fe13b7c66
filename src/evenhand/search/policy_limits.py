"""Limits of query policies."""

POLICY_BYTES_MAX = 2_000_000
"""Bytes of a policy's text: 20,000 phrases, and more than two people can answer for."""

PHRASES_MAX = 20_000
"""Phrases of a policy, exceptions with them."""

PHRASE_CHARACTERS_MAX = 1_000
"""Characters of a phrase with the choices in it, and of a sentence that people are told."""

FIXTURE_CHARACTERS_MAX = 2_000
"""Characters of a fixture: a query or a short post."""

TITLE_CHARACTERS_MAX = 200
VERSION_CHARACTERS_MAX = 64

NOTE_CHARACTERS_MAX = 1_000
"""Characters in which an author says what changed, or why a version is retired."""

HELP_BYTES_MAX = 2_000_000
"""Bytes of a file of help lines."""
