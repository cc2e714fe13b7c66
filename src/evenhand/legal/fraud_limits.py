"""Limits by which a request stands out, each with its reason."""

CALL_BACK_SCORE = 30
"""From which a request is called back before anything else: one grave reason or two mild ones."""

SECOND_LOOK_SCORE = 50
"""From which a second person looks before anybody prepares an answer."""

NEW_ACCOUNT_DAYS = 14
"""Days for which an officer's account is new: bought accounts are used soon."""

NEW_KEY_HOURS = 24
"""Hours for which a key waits (DESIGN section 6.16): who takes an account over adds a key first."""

TARGETS_MAX = 10
"""Targets beyond which a request is not about a case but about a group."""

DAYS_OF_DATA_MAX = 366
"""Days of addresses beyond which a whole history is asked for."""

REQUESTS_DAY_MAX = 10
"""Requests of one officer in a day beyond which somebody else may be typing."""

STORY_CHARACTERS_MIN = 15
"""Characters of an answer about a danger below which it tells nothing."""

SEAL_BITS_MAX = 6
"""Bits of 64 by which two pictures of one seal may differ: measured on scaled and pale copies."""

FILE_NUMBER_CHARACTERS_MAX = 120
"""Characters of a file number that are compared with the authority's pattern."""

SAME_TARGET_DAYS = 30
"""Days in which another authority's question about the same person is remembered."""

SEALS_COMPARED_MAX = 5_000
"""Documents, the latest, whose pictures a new one is compared with: some hundredths of a second."""
