"""Limits of the room."""

VERIFIED_DAYS = 90
"""Days for which an officer counts as verified: people change posts, and nobody tells us."""

KEY_WAIT_HOURS = 24
"""Hours before a new key can receive: time in which its owner notices a stranger's."""

CALL_BACK_DAYS = 7
"""Days for which a call-back about an officer or a key carries a decision."""

AUTHORITY_NAME_CHARACTERS_MAX = 200
"""Characters of an authority's name, in its own language."""

DOMAINS_MAX = 20
"""Domains of one authority."""

DOMAIN_CHARACTERS_MAX = 253
"""Characters of a domain name (RFC 1035 section 2.3.4)."""

MAILBOX_CHARACTERS_MAX = 254
"""Characters of a mail address (RFC 5321 section 4.5.3.1.3)."""

SWITCHBOARD_DIGITS_MIN = 5
"""Digits of a switchboard with its country code; below that it is a short code, not a number."""

SWITCHBOARD_DIGITS_MAX = 15
"""Digits of a number (ITU-T E.164)."""

CERTIFICATES_CHARACTERS_MAX = 200_000
"""Characters of an authority's certificates in PEM: some sixty of them."""

PATTERN_CHARACTERS_MAX = 200
"""Characters of the pattern of an authority's file numbers."""

STATUTES_MAX = 100
"""Statutes that an authority is known to cite."""

STATUTE_CHARACTERS_MAX = 200
"""Characters of one statute's citation."""

RANK_CHARACTERS_MAX = 80
"""Characters of an officer's rank or office."""

NOTE_CHARACTERS_MAX = 1_000
"""Characters of a note on a call-back, or of a reason."""

SUBJECT_CHARACTERS_MAX = 200
"""Characters of a filing's subject."""

FILING_CHARACTERS_MAX = 20_000
"""Characters of a filing's text: ten pages."""

RECEIPT_CHARACTERS_MAX = 200
"""Characters of a receipt's number."""

RECIPIENT_CHARACTERS = 62
"""Characters of an age X25519 recipient (`age1…`)."""

KEYS_PER_OFFICER_MAX = 3
"""Keys that one officer may hold at a time: one in use, one to come, one spare."""

LOOK_ALIKE_EDITS_MAX = 2
"""Signs by which a domain may differ from an authority's and still be taken for it."""
