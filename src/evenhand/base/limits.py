"""Limits of the whole house; a room's own limits stand in its own `limits.py`."""

BATCH_ROWS_MAX = 8_192
"""Rows in one batch: measured best for the screening plane; larger batches leave the cache."""

TEXT_BYTES_MAX = 65_536
"""Bytes of text in one event: a Matrix event is at most 65,536 bytes (client-server API)."""

NAME_BYTES_MAX = 255
"""Bytes of an identifier: a Matrix user, room or event id is at most 255 bytes."""

URLS_PER_EVENT_MAX = 64
"""Links looked at in one event; more are counted, and the event is marked."""

BODY_BYTES_MAX = 262_144
"""Bytes of one request body at a door: four Matrix events."""

DOCUMENT_BYTES_MAX = 10 * 1024 * 1024
"""Bytes of one document of an authority: two hundred scanned pages."""

FORM_WITH_DOCUMENT_BYTES_MAX = DOCUMENT_BYTES_MAX * 4 // 3 + 2 * BODY_BYTES_MAX
"""Bytes of a request that carries a document: the document in base64, and the form around it."""

EVIDENCE_DAYS = 183
"""Days that evidence is kept: the six months in which DSA Art. 20(1) lets a person complain."""
