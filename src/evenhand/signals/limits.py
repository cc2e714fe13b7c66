"""Limits of the room."""

PATTERNS_MAX = 200_000
"""Patterns of all lists together: beyond it, compiling takes minutes."""

OWNER_CHARACTERS_MAX = 80
"""Characters of who answers for a list: a name, or that of a team."""

PATTERN_CHARACTERS_MAX = 1_000
"""Characters of one pattern: longer ones are texts, which near-duplicates find better."""

PATTERN_FILE_BYTES_MAX = 8_388_608
"""Bytes of one pattern file."""

DOMAIN_FILE_BYTES_MAX = 268_435_456
"""Bytes of one domain list: ten million hosts."""

HASHES_MAX = 100_000_000
"""Hashes of all lists of files together: 6 GB of memory, and twice that while lists change."""

SUBJECTS_MAX = 5_000_000
"""Accounts and channels of which something is known: 400 MB of memory."""
