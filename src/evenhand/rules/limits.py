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

BACKTEST_JUDGED_MAX = 500_000
"""Events judged by people that a backtest knows: some 60 MB; the latest are enough."""

VERSION_CHARACTERS_MAX = 23
"""Characters of a version as stated: with a dot and eight digits of a hash, a decision's column."""

BUDGET_HOUR = 5_000
"""Times that a rule acts in one market in an hour unless it says more: a wave of spam in a country
of millions stays below; a rule that fires for everybody is stopped within minutes."""

BUDGET_DAY = 50_000
"""The same for a day, UTC."""

BUDGET_MAX = 1_000_000_000
"""The largest budget: more messages than any market writes in a day."""

DELAY_MINUTES_MAX = 1_440
"""Minutes by which an action may be delayed: after a day it comes too late."""

SAYS_CHARACTERS_MAX = 400
"""Characters of the sentence that people are told: it stands in a notice on a telephone."""

WHOLE_MAX = 2**31 - 1
"""The largest whole number that a fixture may state: what is counted is kept in 32 bits."""

NUMBER_MAX = 1e15
"""The largest number that a fixture may state for a signal that is no whole number."""
