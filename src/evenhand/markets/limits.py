"""Limits of the room."""

REGIME_FILE_BYTES_MAX = 262_144
"""Bytes of one regime file: the longest law that is shipped takes a tenth."""
