"""Limits of the room."""

REGIME_FILE_BYTES_MAX = 262_144
"""Bytes of one regime file: the longest law that is shipped takes a tenth."""

REASON_CHARACTERS_MAX = 4_000
"""Characters of the reasons for a change of a market, a sign-off or an assessment: two pages."""

OFFICE_CHARACTERS_MAX = 500
"""Characters of an office's address."""

ENTRY_CHARACTERS_MAX = 64
"""Characters of the id of a regime or an entry."""

VERSION_CHARACTERS_MAX = 32
"""Characters of a regime's version: a day, a dot and eight digits leave room."""

NEAR_PERCENT = 80
"""Per cent of a threshold from which the desk warns: a representative is not found in a day."""
