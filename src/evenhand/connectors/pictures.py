"""Reads strangers' pictures for their PDQ hashes, in a process of its own with tight limits.

Where it is asked to, a model judges there, too, what they show (`signals/nudity.py`).

A decoder of pictures is where hostile bytes do most harm: whatever a picture does there, this
process loses one hash and starts another reader. The reader keeps nothing, and what it is given
reaches no disk.
"""

import math
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from threading import Lock
from typing import NamedTuple, Protocol

import numpy as np
import structlog
from PIL import Image, UnidentifiedImageError

from evenhand.base.errors import InputRefused
from evenhand.connectors import videos
from evenhand.signals.nudity import SIDE, Colours, NudityModel, shrunk
from evenhand.signals.picture_hash import Brightness, PictureHash, picture_hash

log = structlog.get_logger()

PICTURE_BYTES_MAX = 64 * 2**20
"""Bytes of a file that is read as a picture: above what Synapse takes by default (50 MB)."""

PIXELS_MAX = 50_000_000
"""Points of a picture: above what telephones take; 200 MB when it is unpacked."""

SECONDS_MAX = 5.0
"""Seconds that one picture may take; a large one takes a tenth of that."""

START_SECONDS_MAX = 300.0
"""Seconds until the reader is ready: a second, or a minute where its kernels are made first."""

MEMORY_BYTES_MAX = 1 << 30
"""Bytes that the reader may take for a picture beside what it needs itself."""

SIDE_MAX = 1_024
"""Rows or columns beyond which a picture is made smaller first: the hash sees 64 of them."""

JUDGING_SECONDS_MAX = 1.0
"""Seconds after which no further frame of a video is judged: the highest score so far counts."""

FRAMES_MAX, FRAMES_LOOKED_AT = 4, 64
"""Frames of a moving picture that are hashed, spread over so many from its beginning."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")
"""What is read; other decoders are never asked."""

_QUESTION, _HEAD = struct.Struct(">?I"), struct.Struct(">Bd")
"""Whether to judge and how many bytes follow; how many hashes follow and the score."""
_HASH_BYTES, _REFUSED = 33, 255

_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"BM")
HEAD_BYTES = 16
"""Bytes at the beginning of a file by which it is known for a picture."""


class PictureFault(StrEnum):
    """Why a file has no hash of what it shows, in the order of the numbers that say so."""

    NOT_A_PICTURE = "not a picture"
    TOO_MANY_PIXELS = "more points than are read"
    TOO_SMALL = "too small for a hash"
    DAMAGED = "damaged"
    TOO_LARGE = "larger than is read"
    TOO_SLOW = "takes too long to read"
    READER_ENDED = "ended the process that read it"


class PictureUnreadable(InputRefused):
    """A file cannot be read as a picture."""

    remedy = "Nothing has to be done: its other hashes are looked up all the same."


_FAULTS = tuple(PictureFault)


class Shown(NamedTuple):
    """What a picture shows: hashes that tell something, several if it moves.

    nudity  the highest score of its frames, 0 to 1; None where it was not judged
    """

    hashes: tuple[PictureHash, ...]
    nudity: float | None = None


class Judge(Protocol):
    """Who gives pictures of 256 × 256 points a score from 0 to 1."""

    def score(self, colours: Colours) -> float:
        """Gives the score of one."""


class _Frame(NamedTuple):
    """One frame: its brightness, and its colours where they are asked for."""

    brightness: Brightness
    colours: Colours | None


@dataclass(slots=True)
class PictureReader:
    """Gives hashes of pictures; several threads may ask, and wait for each other."""

    seconds_max: float = SECONDS_MAX
    _lock: Lock = field(default_factory=Lock)
    _judges: bool = field(default=False, init=False)
    _reader: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _line: socket.socket | None = field(default=None, init=False)

    def hashes(self, content: bytes) -> tuple[PictureHash, ...]:
        """Gives the hash of a picture, of several frames if it moves; those that tell something.

        Raises `PictureUnreadable`.
        """
        return self.look(content, judge=False).hashes

    def look(self, content: bytes, *, judge: bool) -> Shown:
        """Gives the hashes of a picture and, where it is asked for, its score.

        Only where the extra `nudity` is installed may that be asked. Raises `PictureUnreadable`.
        """
        if len(content) > PICTURE_BYTES_MAX:
            raise PictureUnreadable(why=PictureFault.TOO_LARGE)
        with self._lock:
            answer = self._ask(content, judge=judge)
        if answer[0] == _REFUSED:
            raise PictureUnreadable(why=_FAULTS[answer[1]])
        _, score = _HEAD.unpack_from(answer)
        rows = range(_HEAD.size, len(answer), _HASH_BYTES)
        found = [PictureHash(answer[at : at + 32], answer[at + 32]) for at in rows]
        telling = tuple({one.value: one for one in found if one.tells}.values())
        return Shown(telling, None if math.isnan(score) else score)

    def close(self) -> None:
        """Ends the reader."""
        with self._lock:
            self._end()

    def _ask(self, content: bytes, *, judge: bool) -> bytes:
        if judge and not self._judges:
            self._end()  # the next one reads the model before it is confined
            self._judges = True
        try:
            line = self._line or self._begin()
            deadline = time.monotonic() + self.seconds_max
            _send(line, _QUESTION.pack(judge, len(content)), content, deadline)
            return _answer(line, deadline)
        except TimeoutError:
            self._end()
            return _refusal(PictureFault.TOO_SLOW)
        except OSError:
            self._end()
            log.warning("picture_reader_ended")
            return _refusal(PictureFault.READER_ENDED)

    def _begin(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            self._reader = subprocess.Popen(  # noqa: S603  our own program
                [sys.executable, "-m", __name__, str(theirs.fileno()), *["judge"] * self._judges],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
        self._line = ours
        # It says when it is ready: making its machine code takes time, and is no picture's.
        _received(ours, 1, time.monotonic() + START_SECONDS_MAX)
        return ours

    def _end(self) -> None:
        if self._reader is not None:
            self._reader.kill()
            self._reader.wait()
        if self._line is not None:
            self._line.close()
        self._reader = self._line = None


def is_picture(head: bytes) -> bool:
    """Tells whether a file that begins like this may be a picture, or video, that can be read."""
    if videos.INSTALLED and videos.container_of(head) is not None:
        return True
    riff = head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    avif = head[4:8] == b"ftyp" and head[8:11] == b"avi"
    return riff or avif or head.startswith(_BEGINNINGS)


def _send(line: socket.socket, question: bytes, content: bytes, deadline: float) -> None:
    line.settimeout(max(0.001, deadline - time.monotonic()))
    line.sendall(question)
    line.sendall(content)


def _answer(line: socket.socket, deadline: float) -> bytes:
    head = _received(line, 1, deadline)
    rest = 1 if head[0] == _REFUSED else _HEAD.size - 1 + head[0] * _HASH_BYTES
    return head + _received(line, rest, deadline)


def _received(line: socket.socket, size: int, deadline: float | None = None) -> bytes:
    """Gives so many bytes, or raises `ConnectionError` where the other side ended."""
    got = bytearray()
    while len(got) < size:
        if deadline is not None:
            line.settimeout(max(0.001, deadline - time.monotonic()))
        more = line.recv(min(size - len(got), 1 << 20))
        if not more:
            raise ConnectionError
        got += more
    return bytes(got)


def _refusal(fault: PictureFault) -> bytes:
    return bytes([_REFUSED, _FAULTS.index(fault)])


# What follows runs in the reader's process.


def read(content: bytes, judge: Judge | None = None) -> bytes:
    """Gives the answer to one picture: its hashes and its score, or why there are none."""
    found, colours = [], []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for frame in _frames(content, coloured=judge is not None):
                found.append(picture_hash(frame.brightness))
                colours.append(frame.colours)
    except PictureUnreadable as refused:
        return _refusal(PictureFault(str(refused.fields["why"])))
    except UnidentifiedImageError:
        return _refusal(PictureFault.NOT_A_PICTURE)
    except Image.DecompressionBombError:
        return _refusal(PictureFault.TOO_MANY_PIXELS)
    except Exception:  # noqa: BLE001  decoders raise whatever their parts raise
        return _refusal(PictureFault.DAMAGED)
    hashes = [one for one in found if one is not None]
    if not hashes:
        return _refusal(PictureFault.TOO_SMALL)
    score = (
        math.nan if judge is None else _highest(judge, [one for one in colours if one is not None])
    )
    rows = b"".join(one.value + bytes([one.quality]) for one in hashes)
    return _HEAD.pack(len(hashes), score) + rows


def _highest(judge: Judge, frames: Sequence[Colours]) -> float:
    """Gives the highest score of some frames; those beyond the time are not judged."""
    until = time.monotonic() + JUDGING_SECONDS_MAX
    highest = math.nan
    for frame in frames:
        highest = max(judge.score(frame), highest)
        if time.monotonic() > until:
            break
    return highest


def _frames(content: bytes, *, coloured: bool) -> Iterator[_Frame]:
    """Gives a picture, or several frames of one that moves."""
    container = videos.container_of(content[:HEAD_BYTES])
    if container is not None and videos.INSTALLED:
        taken = videos.frames(content, container, pixels_max=PIXELS_MAX, coloured=coloured)
        yield from (_Frame(*frame) for frame in taken)
        return
    with Image.open(BytesIO(content), formats=FORMATS) as picture:
        if picture.width * picture.height > PIXELS_MAX:
            raise PictureUnreadable(why=PictureFault.TOO_MANY_PIXELS)
        # Of a JPEG in colours the brightness is a plane of its own: both ways it is the same.
        picture.draft("YCbCr" if coloured else "L", (SIDE_MAX, SIDE_MAX))
        count = min(getattr(picture, "n_frames", 1), FRAMES_LOOKED_AT)
        last = max(1, FRAMES_MAX - 1)
        for number in sorted({(count - 1) * k // last for k in range(FRAMES_MAX)}):
            if number:
                picture.seek(number)
            yield _frame(picture, coloured=coloured)


def _frame(picture: Image.Image, *, coloured: bool) -> _Frame:
    """Gives brightness from 0 to 255; what shows through stands on white, as clients show it."""
    if picture.mode.startswith("I;16"):
        brightness = (np.asarray(picture) >> 8).astype(np.uint8)
        return _Frame(brightness, shrunk(Image.fromarray(brightness)) if coloured else None)
    clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    factor = max(1, max(picture.size) // SIDE_MAX)
    whole = picture.convert("RGBA" if clear else "RGB" if picture.mode == "P" else picture.mode)
    if factor > 1 and whole.mode in ("RGBA", "RGB", "L", "CMYK", "YCbCr"):
        whole = whole.reduce(factor)
    if clear:
        behind = Image.new("RGBA", whole.size, "white")
        behind.alpha_composite(whole)
        whole = behind
    plane = whole.getchannel("Y") if whole.mode == "YCbCr" else whole.convert("L")
    return _Frame(np.asarray(plane), shrunk(whole) if coloured else None)


def _confine() -> None:
    """Lets this process take no more memory, write no file, and end when its parent does."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        pages = int(file.read().split()[0])
    room = pages * resource.getpagesize() + MEMORY_BYTES_MAX
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _model() -> NudityModel | None:
    """Gives the model, which has run once; None where it cannot: hashes are made all the same."""
    try:
        model = NudityModel.load()
        model.score(np.zeros((SIDE, SIDE, 3), np.uint8))
    except Exception as error:  # noqa: BLE001  its engine raises kinds of its own
        log.error("nudity_model_unusable", why=str(error))  # noqa: TRY400
        return None
    return model


def main(descriptor: int, *, judges: bool) -> int:
    """Answers until the other side ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    Image.init()
    picture_hash(np.zeros((8, 8), np.uint8))
    model = _model() if judges else None
    _confine()
    with socket.socket(fileno=descriptor) as line:
        line.sendall(b"\0")
        while True:
            try:
                judge, size = _QUESTION.unpack(_received(line, _QUESTION.size))
                line.sendall(read(_received(line, size), model if judge else None))
            except OSError:
                return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), judges=sys.argv[2:] == ["judge"]))
