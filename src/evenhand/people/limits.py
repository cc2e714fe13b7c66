"""Limits of the room."""

INVITATION_HOURS = 72
"""Hours in which an enrolment link works: a weekend, and no longer."""

STAFF_NAME_CHARACTERS_MAX = 80
"""Characters of a name as colleagues read it."""

KEYS_PER_STAFF_MAX = 8
"""Passkeys of one person: one for each device, and a spare."""

FIRST_STAFF = 2
"""People whom the command line lets in: as many as it takes to let in others together."""

PROPOSAL_DAYS = 7
"""Days in which a second person may confirm a proposal."""

STEP_UP_MINUTES = 5
"""Minutes for which a passkey just shown opens grave doors."""

SIGNATURE_MINUTES = 10
"""Minutes in which a signature that was asked for can be given: time to read what is signed."""

REASON_CHARACTERS_MAX = 500
"""Characters of the reason for which somebody reads personal data."""
