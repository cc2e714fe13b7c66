"""Frames of a video, a second apart, for their PDQ hashes (what vPDQ compares).

Videos are read where the extra `video` is installed (`requirements/video.txt`); elsewhere they
have the hashes of their bytes alone. This runs in the reader's process.
"""

import time
from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from evenhand.signals.nudity import SIDE, Colours
from evenhand.signals.picture_hash import Brightness

INSTALLED = find_spec("av") is not None
"""Whether videos can be read here."""

FRAMES_MAX = 32
"""Frames of a video that are hashed, a second apart or more: an event has room for 64 hashes."""

SECONDS_MAX = 3.0
"""Seconds after which no further frame is read: what was found counts."""

SIDE_MAX = 512
"""Rows or columns to which frames are made smaller."""

_CONTAINERS = ((b"\x1a\x45\xdf\xa3", "matroska"),)
_BOXED = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1",
                    b"M4V ", b"qt  ", b"3gp4", b"3gp5", b"dash", b"MSNV"})  # fmt: skip


def container_of(head: bytes) -> str | None:
    """Gives what kind of video a file is that begins like this; None if it is none we read."""
    if head[4:8] == b"ftyp" and head[8:12] in _BOXED:
        return "mp4"
    return next((name for sign, name in _CONTAINERS if head.startswith(sign)), None)


def frames(
    content: bytes, container: str, *, pixels_max: int, coloured: bool
) -> Iterator[tuple[Brightness, Colours | None]]:
    """Gives the brightness of frames: a second apart, further apart in a long video.

    coloured  their colours are given, too, as the nudity model wants them
    """
    import av

    until = time.monotonic() + SECONDS_MAX
    with av.open(BytesIO(content), format=container) as file:
        video = file.streams.video[0]
        # Threads of its own would go beyond the reader's limits.
        video.codec_context.thread_count = 1
        if video.codec_context.width * video.codec_context.height > pixels_max:
            return
        seconds = float(file.duration or 0) / av.time_base
        apart = max(1.0, seconds / FRAMES_MAX)
        taken = _sought(file, seconds, apart) if apart > 1 else _in_turn(file, apart)
        for count, frame in enumerate(taken, 1):
            yield _brightness(frame), _colours(frame) if coloured else None
            if count == FRAMES_MAX or time.monotonic() > until:
                return


def _in_turn(file: Any, apart: float) -> Iterator[Any]:
    """Gives frames of a short video, each so much later than the one before."""
    following = 0.0
    for frame in file.decode(video=0):
        at = float(Fraction(frame.pts or 0) * frame.time_base)
        if at >= following:
            following = at + apart
            yield frame


def _sought(file: Any, seconds: float, apart: float) -> Iterator[Any]:
    """Gives frames of a long video: of each part the first that stands for itself."""
    known = set()
    for number in range(int(seconds / apart)):
        file.seek(int(number * apart * 1_000_000))
        frame = next(file.decode(video=0), None)
        if frame is not None and frame.pts not in known:
            known.add(frame.pts)
            yield frame


def _brightness(frame: Any) -> Brightness:
    factor = max(1.0, max(frame.width, frame.height) / SIDE_MAX)
    small = frame.reformat(
        width=max(1, round(frame.width / factor)),
        height=max(1, round(frame.height / factor)),
        format="gray",
    )
    brightness: Brightness = small.to_ndarray()
    return brightness


def _colours(frame: Any) -> Colours:
    small = frame.reformat(width=SIDE, height=SIDE, format="rgb24", interpolation="AREA")
    colours: Colours = small.to_ndarray()
    return colours
