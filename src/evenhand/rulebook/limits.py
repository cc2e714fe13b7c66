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

HISTORY_NAME_CHARACTERS_MAX = 200
"""Characters of the name of a file of history."""

NOTE_CHARACTERS_MAX = 2_000
"""Characters of what its author says of a version: a few sentences."""

ROLLBACK_ACTIONS_PER_TRANSACTION = 100
"""Actions whose undoing begins together: few enough that nothing else waits for long."""

ROLLBACK_MINUTES = 15
"""Minutes for which a rollback looks again: what the door had judged by then is drained."""
