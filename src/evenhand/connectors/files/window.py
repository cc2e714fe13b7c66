"""A sliding window over a stream: bounded memory, however long the stream."""

import re
from typing import BinaryIO

import numpy as np

from evenhand.connectors.files.limits import BLOCK_BYTES, ITEM_BYTES_MAX, SEEK_BYTES
from evenhand.connectors.files.tokens import Bytes
from evenhand.connectors.files.wide import WIDTH

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_SPARE_BYTES = 2 * WIDTH
"""Behind the window's end, for what reads many bytes at once."""


class Window:
    """The stretch of a stream that is in memory.

    data     the bytes; what is not consumed yet is `data[at:end]`; a few more may be read behind
    address  where they lie in memory; they move when the window grows
    base     the place in the stream of `data[0]`
    ended    True once the stream gives no more
    """

    def __init__(self, stream: BinaryIO, *, block_bytes: int = BLOCK_BYTES) -> None:
        self._stream = stream
        self._room = bytearray(block_bytes + _SPARE_BYTES)
        self.data: Bytes = np.frombuffer(self._room, np.uint8)
        self.address = int(self.data.ctypes.data)
        self.at = 0
        self.end = 0
        self.base = 0
        self.ended = False

    @property
    def place(self) -> int:
        """Gives the place in the stream of the first byte not consumed."""
        return self.base + self.at

    @property
    def _size(self) -> int:
        return len(self._room) - _SPARE_BYTES

    def top_up(self) -> None:
        """Reads on if less than half of the window is left, so that searches find full batches."""
        if self.end - self.at < self._size // 2:
            self.fill()

    def fill(self) -> bool:
        """Drops what is consumed and reads on; False if the stream gives no more.

        What is not consumed keeps its bytes; where it fills the window, the window grows, to
        twice the largest item at most, which no reader needs to exceed.
        """
        if self.ended:
            return False
        self._slide()
        began = self.end
        with memoryview(self._room) as room:
            while self.end < self._size:
                got = self._stream.readinto(room[self.end : self._size])  # type: ignore[attr-defined]
                if not got:
                    self.ended = True
                    break
                self.end += got
        return self.end > began

    def index(self, mark: bytes, start: int) -> int:
        """Gives the place of `mark` at or after `start`, or the end of the window."""
        place = self._room.find(mark, start, self.end)
        return self.end if place < 0 else place

    def seek(self, mark: re.Pattern[bytes], start: int) -> re.Match[bytes] | None:
        """Consumes everything from `start` up to the first match, however far on; None if none."""
        start = min(start, self.end)
        while True:
            match = mark.search(self._room, start, self.end)
            if match:
                self.at = match.start()
                return match
            self.at = max(start, self.end - SEEK_BYTES)
            if not self.fill():
                self.at = self.end
                return None
            start = self.at

    def bytes_between(self, start: int, end: int) -> bytes:
        """Gives a copy of a part of the window."""
        return bytes(self._room[start:end])

    def _slide(self) -> None:
        kept = self.end - self.at
        room = self._room
        if kept == self._size:
            assert kept <= 2 * ITEM_BYTES_MAX + BLOCK_BYTES, "a reader must consume or refuse"
            self._room = bytearray(2 * self._size + _SPARE_BYTES)
            self.data = np.frombuffer(self._room, np.uint8)
            self.address = int(self.data.ctypes.data)
        with memoryview(room) as old, memoryview(self._room) as new:
            new[:kept] = old[self.at : self.end]
        self.base += self.at
        self.at, self.end = 0, kept


def skip_mark(window: Window) -> None:
    """Passes over the byte order mark that some editors put before UTF-8."""
    while window.end < len(BYTE_ORDER_MARK) and window.fill():
        pass
    if window.bytes_between(0, len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK:
        window.at = len(BYTE_ORDER_MARK)
