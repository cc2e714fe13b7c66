"""Limits of the verifiers: how much of a stranger's files is read before they are refused."""

from evenhand.proof.notes import NOTE_BYTES_MAX
from evenhand.proof.tiles import LENGTH_BYTES, WIDTH
from evenhand.proof.tree import HASH_BYTES

TILE_BYTES_MAX = WIDTH * HASH_BYTES
"""Bytes of a full tile of hashes."""

BUNDLE_BYTES_MAX = WIDTH * (LENGTH_BYTES + HASH_BYTES)
"""Bytes of a full bundle: each entry of an Evenhand log has 32."""

KEYS_BYTES_MAX = 1_000_000
"""Bytes of a list of keys: a thousand changes of the key have a tenth of that."""

REPORT_BYTES_MAX = 20_000_000
"""Bytes of one day's report, or of its openings: a report of every country has a tenth of that."""

LEAVES_MAX = 2**40
"""Leaves that a log may say it has: a billion a day for three years; more is no honest log."""

EDITION_LEAVES_MAX = 2**27
"""Leaves of one publication that are counted again: ten million decisions of a day have ten each.

Each takes 32 bytes of memory while they are counted.
"""

FILE_SECONDS_MAX = 60.0
"""Seconds in which a file must have come whole: the largest one over a slow line."""

SILENCE_SECONDS_MAX = 20.0
"""Seconds for which a server may say nothing."""

READERS = 8
"""Files asked for at once: a distant server answers eight as fast as one, and is not flooded."""

FILES_AHEAD = 64
"""Files asked for before they are needed."""

LOG = "log/"
"""Folder of a public site in which its log lies."""

BYTES_MAX = {"checkpoint": NOTE_BYTES_MAX, "keys.json": KEYS_BYTES_MAX}
"""Bytes of the files with one name; tiles and bundles have their own."""


def bytes_max(path: str) -> int:
    """Gives how many bytes of a file of the log or of a report are read."""
    path = path.removeprefix(LOG)
    if path.startswith("tile/entries/"):
        return BUNDLE_BYTES_MAX
    if path.startswith("tile/"):
        return TILE_BYTES_MAX
    return BYTES_MAX.get(path, REPORT_BYTES_MAX)
