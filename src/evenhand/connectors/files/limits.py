"""Limits of reading files; reaching one refuses a row, which is counted and shown."""

BLOCK_BYTES = 4 * 1024 * 1024
"""Bytes read at once: large enough that refilling costs nothing, small enough for any machine."""

ITEM_BYTES_MAX = 1024 * 1024
"""Bytes of one item as written: sixteen Matrix events; entities, buttons and reactions included."""

SEEK_BYTES = 4096
"""Bytes that the beginning of an item or chat may take to be found again after broken input."""

NESTING_MAX = 64
"""Objects and arrays inside each other: exports use seven; deeper ones attack the reader."""

COLUMNS_MAX = 256
"""Columns of a CSV file: the event schema has nineteen; a file with more is of another kind."""

REFUSALS_SHOWN_MAX = 20
"""Refused rows printed per file; the others are counted by reason."""

NAMES_COUNTED_MAX = 100
"""Different names of unscreened items counted apart; the rest counts as `other`."""

ATTACHED_BYTES_MAX = 4 * 1024 * 1024 * 1024
"""Bytes of a file that came with an export: what Telegram takes at most."""

SEEN_IDS_MAX = 6 * 1024 * 1024
"""Ids remembered per file to notice repeated ones: 64 MB; that no more are compared is said."""

EXPLAINED_MAX = 10
"""Items explained for one id: Telegram numbers messages per chat, so chats share ids."""

HEAD_BYTES = 64 * 1024
"""Bytes looked at to tell what kind of file it is."""

CHANNELS_SHOWN_MAX = 20
"""Channels in the printed summary, those with most flagged messages first."""
