"""Limits of the room."""

BACKTEST_DAYS_MAX = 30
"""Days after which a backtest tells too little of today to let a rule go live."""

SHARE_MAX = 99
"""Per cent of accounts for whom a staged rule acts; all of them is live."""

RULE_ID_CHARACTERS_MAX = 64
"""Characters of a rule's id: it names a file."""

VERSION_CHARACTERS_MAX = 64
"""Characters of a version: as its author states it, and eight digits of a hash."""

BACKTEST_BYTES_MAX = 262_144
"""Bytes of a backtest's figures as JSON: a year of days and every other rule need less."""
