"""Limits of the room."""

INVITATION_HOURS = 72
"""Hours in which an enrolment link works: a weekend, and no longer."""

STAFF_NAME_CHARACTERS_MAX = 80
"""Characters of a name as colleagues read it."""

KEYS_PER_STAFF_MAX = 8
"""Passkeys of one person: one for each device, and a spare."""
