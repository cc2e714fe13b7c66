"""Limits of the room."""

CONDITION_CHARACTERS_MAX = 8_000
"""Characters of one condition: far more than a person can read at once."""

CONDITION_DEPTH_MAX = 50
"""Levels of nesting: deeper ones exhaust the parser before they help anybody."""

RULES_MAX = 10_000
"""Rules in one set."""

RULE_FILE_BYTES_MAX = 262_144
"""Bytes of one rule file with its fixtures."""

BACKTEST_NAMES_MAX = 500_000
"""Accounts, and channels, that a backtest tells apart: some 100 MB; beyond it says "more than"."""

BACKTEST_WORDS_MAX = 1_000
"""Languages, and countries, that a backtest tells apart; beyond it counts the rest together."""

BACKTEST_SAMPLE_MAX = 20
"""Hits that a backtest shows: what a person looks through before going on."""
