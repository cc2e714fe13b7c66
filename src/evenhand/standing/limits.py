"""Limits of the standing room."""

from evenhand.base.limits import EVIDENCE_DAYS

KEY_BYTES_MAX = 255
"""Bytes of the key under which somebody's reports are known, or of an account's id."""

REASON_CHARACTERS_MAX = 1_000
"""Characters of the reason for lifting something: as long as a case's."""

KEPT_DAYS = EVIDENCE_DAYS
"""Days that names stay on what no longer counts: as long as it can be objected to."""

SWEEP_ROWS_MAX = 500
"""Rows that one sweep changes."""

LABELS_MAX = 1_000_000
"""Labels in force that the screening is told of, those that last longest first."""

NOTICES_MAX = 100
"""Notices of misuse sent in one sweep; the rest waits for the next."""

ROWS_SHOWN_MAX = 200
"""Strikes, penalties or suspensions on a page: more than anybody reads."""

POLICY_DAYS_MAX = 3_650
"""Days in `penalties.yaml`: ten years; nothing is held against anybody for ever."""

POLICY_NUMBER_MAX = 1_000
"""Other numbers in it: more is a slip of the hand."""

STEP_NAME_CHARACTERS_MAX = 32
"""Characters of a step's name."""
