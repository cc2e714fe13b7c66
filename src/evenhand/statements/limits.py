"""Limits of the room of statements, each with its reason."""

BATCH_ENTRIES_MAX = 100
"""Entries in one call: the database takes no more."""

BACK_OFF_SECONDS_MIN = 5.0
"""Seconds before a further attempt; doubled each time."""

BACK_OFF_SECONDS_MAX = 3600.0
"""Seconds between attempts at most: DSA Art. 24(5) asks for no undue delay."""

ERROR_CHARACTERS_MAX = 200
"""Characters kept of an error."""

FAULTS_KEPT_MAX = 40
"""Faults kept of one entry: it has 36 fields."""

REASON_CHARACTERS_MAX = 1000
"""Characters of the reasons for leaving an entry out."""

ROWS_PER_PAGE = 50
"""Entries on one page."""

KNOWN_CHARACTERS_MIN = 4
"""Characters from which a name of the decision is looked for: shorter ones are in every text."""

DIGITS_OF_A_NUMBER = 9
"""Digits in a row, or set apart by signs, from which a number may be somebody's; a phone number
with its country has at least 7, so that 7 with a plus count too."""

SENT_SECONDS = 120.0
"""Seconds after which a batch without an answer is looked for: longer than any call takes."""
