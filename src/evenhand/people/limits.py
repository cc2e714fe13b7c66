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

SENSITIVE_IDLE_MINUTES = 20
"""Minutes without a page after which a session of a sensitive role ends: time to write a reason,
and no time to leave the desk open over lunch."""

SENSITIVE_SESSION_HOURS = 4
"""Hours after which a session of a sensitive role ends whatever happens: half a working day."""

IDLE_MINUTES = 60
"""Minutes without a page after which any session ends: a meeting."""

SESSION_HOURS = 8
"""Hours after which any session ends: one working day."""

SIGN_ON_CHARACTERS_MAX = 254
"""Characters of a mailbox (RFC 5321 section 4.5.3.1.3), or of a subject (OpenID Connect Core
section 2: 255 at most)."""

SIGN_ON_DAYS = 30
"""Days in which somebody let in signs in through the provider for the first time."""
