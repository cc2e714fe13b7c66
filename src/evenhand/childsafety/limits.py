"""Limits of the room of child safety."""

from datetime import timedelta

NAME_CHARACTERS_MAX = 64
"""Characters of a feed's name."""

PLACE_CHARACTERS_MAX = 500
"""Characters of a file's place or of an environment's name."""

ENTRY_CHARACTERS_MAX = 128
"""Characters of the number that an exchange gives an entry."""

HASH_BYTES_MAX = 32
"""Bytes of a hash: SHA-256 and PDQ have as many."""

LIFTED = timedelta(days=365)
"""How long a match that two people found false stays lifted; then somebody looks again."""

DOUBTED = timedelta(days=7)
"""How long one person's word that a match is false keeps rules from acting on it by themselves."""

FEED_LASTS_DAYS = (90, 180, 365)
"""Days for which a feed can be connected; then somebody renews it, or it ends."""

ENDS_SOON = timedelta(days=30)
"""How long before its end a feed is shown as one to be renewed."""

OWNER_CHARACTERS_MAX = 64
"""Characters of who answers for a feed: a team or an office."""

PAGES_MAX = 20
"""Pages of one feed read in one sweep; the rest waits, from where the cursor stands."""

FILE_BYTES_MAX = 64 * 2**20
"""Bytes of a file of hashes: about a million lines."""

READ_EVERY = timedelta(hours=1)
"""How often an active feed is asked for changes."""

PRESERVED = timedelta(days=365)
"""How long what was reported is preserved (18 U.S.C. § 2258A(h)(1): one year)."""

TEXT_CHARACTERS_MAX = 20_000
"""Characters of a report's account of what happened: a long conversation."""

REASON_CHARACTERS_MAX = 1_000
"""Characters of a reason."""

DOCUMENT_BYTES_MAX = 256 * 1024
"""Bytes of a report's XML: its texts at their longest, in any script."""

ATTEMPTS_MAX = 12
"""Times that a report is sent before a person has to look."""

RETRY_MINUTES = (1, 2, 5, 10, 30, 60)
"""Minutes between attempts; the last one repeats."""

SWEEP_ROWS_MAX = 50
"""Reports that one sweep sends or ends."""

ROWS_SHOWN_MAX = 100
"""Rows of one table on the page."""
