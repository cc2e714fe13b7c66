"""Limits of the evidence room."""

SEAL_BYTES = 48
"""Bytes that a sealed box adds to its content (libsodium crypto_box_SEALBYTES)."""

ITEM_BYTES_MAX = 32 * 2**20
"""Bytes of one item: a snapshot of a room or a picture; longer ones are cut at the messenger."""

SWEEP_ROWS_MAX = 500
"""Items expired in one transaction."""

REASON_CHARACTERS_MIN, REASON_CHARACTERS_MAX = 4, 500
"""Characters of the reason for opening an item: more than a sign, less than a story."""

OPENINGS_PER_HOUR_MAX = 300
"""Items opened for one person in an hour: a reviewer decides fewer; a thief would want more."""

REQUEST_BYTES_MAX = 4_096
"""Bytes of one request at the opener's socket."""

ANSWER_SECONDS_MAX = 10.0
"""Seconds for which either side of the opener's socket waits for the other."""

EVENT_BYTES_MAX = 80_000
"""Bytes of an event as homeservers pass it on: at most 65,536 (Matrix client-server API, "Size
limits"), and what a homeserver notes in `unsigned`."""

DISCLOSED_TEXT_MAX = 16_384
"""Characters of a disclosed message's text that are shown; the whole of it is kept."""
