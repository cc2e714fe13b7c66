"""Limits of the room."""

CONDITION_CHARACTERS_MAX = 8_000
"""Characters of one condition: far more than a person can read at once."""

CONDITION_DEPTH_MAX = 50
"""Levels of nesting: deeper ones exhaust the parser before they help anybody."""

RULES_MAX = 10_000
"""Rules in one set."""

RULE_FILE_BYTES_MAX = 262_144
"""Bytes of one rule file with its fixtures."""
