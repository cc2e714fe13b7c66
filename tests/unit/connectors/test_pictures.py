"""The reader of strangers' pictures: what it reads, and what it outlives. All are invented."""

import math
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from evenhand.connectors.pictures import (
    _HEAD,
    _REFUSED,
    FRAMES_MAX,
    PICTURE_BYTES_MAX,
    PIXELS_MAX,
    PictureFault,
    PictureReader,
    PictureUnreadable,
    is_picture,
    read,
)
from evenhand.connectors.videos import INSTALLED, container_of
from evenhand.signals import nudity
from evenhand.signals.image_hash import DISTANCE_MAX
from evenhand.signals.nudity import NudityModel, shrunk
from evenhand.signals.picture_hash import PictureHash, picture_hash


@pytest.fixture(scope="module")
def reader() -> Iterator[PictureReader]:
    reader = PictureReader(seconds_max=60.0)
    yield reader
    reader.close()


def hills(rows: int = 240, columns: int = 320, seed: int = 1) -> Image.Image:
    grains = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)
    return Image.fromarray(grains).resize((columns, rows), Image.Resampling.BICUBIC)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def bits_apart(one: PictureHash, other: PictureHash) -> int:
    return sum((a ^ b).bit_count() for a, b in zip(one.value, other.value, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_a_picture_in_any_usual_form_has_the_hash_of_what_it_shows(
    reader: PictureReader, kind: str
) -> None:
    picture = hills().convert("L")
    content = saved(picture, kind)

    (found,) = reader.hashes(content)

    plain = picture_hash(np.asarray(picture))
    assert plain is not None
    assert is_picture(content[:16])
    assert bits_apart(found, plain) <= DISTANCE_MAX


def test_a_large_picture_is_read_smaller_and_stays_alike(reader: PictureReader) -> None:
    small = hills()

    (large,) = reader.hashes(saved(small.resize((3200, 2400)), "JPEG"))
    (first,) = reader.hashes(saved(small, "JPEG"))

    assert bits_apart(large, first) <= DISTANCE_MAX


def test_what_shows_through_stands_on_white(reader: PictureReader) -> None:
    clear = hills().convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    white = Image.new("RGBA", clear.size, "white")
    white.alpha_composite(clear)

    assert reader.hashes(saved(clear, "PNG")) == reader.hashes(saved(white, "PNG"))


def test_of_a_moving_picture_frames_beyond_the_first_are_hashed(reader: PictureReader) -> None:
    frames = [hills(seed=seed) for seed in range(9)]
    content = saved(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=50)

    found = reader.hashes(content)

    (last,) = reader.hashes(saved(frames[-1], "PNG"))
    assert len(found) == FRAMES_MAX
    assert min(bits_apart(one, last) for one in found) <= DISTANCE_MAX


def test_a_plain_area_gives_no_hash_to_be_compared(reader: PictureReader) -> None:
    assert reader.hashes(saved(Image.new("RGB", (300, 300), "red"), "PNG")) == ()


def png(width: int, height: int, rows: bytes) -> bytes:
    """Gives a PNG that says it is so large, whatever it holds."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        size, check = len(body).to_bytes(4, "big"), zlib.crc32(kind + body).to_bytes(4, "big")
        return size + kind + body + check

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


HOSTILE = [
    (b"", PictureFault.NOT_A_PICTURE),
    (b"<svg onload='x'/>", PictureFault.NOT_A_PICTURE),
    (b"%PDF-1.7\n", PictureFault.NOT_A_PICTURE),
    (saved(hills(), "TIFF"), PictureFault.NOT_A_PICTURE),
    (saved(hills(), "JPEG")[:2_000], PictureFault.DAMAGED),
    (saved(hills(), "PNG")[:-400], PictureFault.DAMAGED),
    (png(20_000, 20_000, b""), PictureFault.TOO_MANY_PIXELS),
    (png(2**31 - 1, 2**31 - 1, b""), PictureFault.TOO_MANY_PIXELS),
    (png(5_000, PIXELS_MAX // 5_000, bytes(100)), PictureFault.DAMAGED),
    (saved(Image.new("L", (3, 900)), "PNG"), PictureFault.TOO_SMALL),
    (bytes(PICTURE_BYTES_MAX + 1), PictureFault.TOO_LARGE),
]


@pytest.mark.parametrize(("content", "why"), HOSTILE, ids=[why.value for _, why in HOSTILE])
def test_hostile_bytes_are_refused_in_words(
    reader: PictureReader, content: bytes, why: PictureFault
) -> None:
    with pytest.raises(PictureUnreadable) as refused:
        reader.hashes(content)

    assert refused.value.fields == {"why": why}
    assert reader.hashes(saved(hills(), "PNG"))


def test_a_reader_that_ended_is_followed_by_another() -> None:
    reader = PictureReader(seconds_max=60.0)
    content = saved(hills(), "PNG")
    first = reader.hashes(content)
    assert reader._reader is not None
    reader._reader.kill()

    with pytest.raises(PictureUnreadable) as refused:
        reader.hashes(content)

    assert refused.value.fields == {"why": PictureFault.READER_ENDED}
    assert reader.hashes(content) == first
    reader.close()


def test_a_picture_that_takes_too_long_is_let_go() -> None:
    reader = PictureReader(seconds_max=0.0)

    with pytest.raises(PictureUnreadable) as refused:
        reader.hashes(saved(hills(2_000, 2_000), "PNG"))

    assert refused.value.fields == {"why": PictureFault.TOO_SLOW}
    reader.close()


def test_a_video_is_read_only_where_the_extra_is_installed(reader: PictureReader) -> None:
    head = b"\0\0\0\x20ftypisom\0\0\x02\0"

    assert container_of(head) == "mp4"
    assert container_of(head.replace(b"isom", b"avif")) is None
    assert is_picture(head) is INSTALLED
    with pytest.raises(PictureUnreadable):
        reader.hashes(head)


class Reddish:
    """A twin of the nudity model: the share of red in a picture is its score."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def score(self, colours: np.ndarray[Any, Any]) -> float:
        self.seen.append(float(colours[:, :, 0].mean() / 255))
        return self.seen[-1]


def told(content: bytes, judge: Reddish | None = None) -> tuple[float, bytes]:
    """Gives the score and the hashes that the reader's own process answers with."""
    answer = read(content, judge)
    return _HEAD.unpack_from(answer)[1], answer[_HEAD.size :]


HOLDS = [
    ("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGB"), ("PNG", "L"),
    ("PNG", "P"), ("PNG", "I;16"), ("WEBP", "RGB"), ("WEBP", "RGBA"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "mode"), HOLDS)
def test_who_judges_sees_the_colours_and_leaves_the_hashes_as_they_are(
    kind: str, mode: str
) -> None:
    picture = hills(2_100, 1_500).convert("L" if mode == "I;16" else mode).convert(mode)
    content = saved(picture, kind)
    judge = Reddish()

    score, hashes = told(content, judge)

    unjudged, plain = told(content)
    with Image.open(BytesIO(content)) as picture:
        grey = mode == "I;16"
        seen = np.asarray(picture) >> 8 if grey else np.asarray(picture.convert("RGB"))[:, :, 0]
    assert math.isnan(unjudged)
    assert hashes == plain
    assert score == pytest.approx(seen.mean() / 255, abs=0.01)


def test_the_highest_score_of_all_frames_is_the_pictures() -> None:
    frames = [Image.new("RGB", (64, 64), (red, 0, 90)) for red in (10, 250, 20, 30)]
    content = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    judge = Reddish()

    score, _ = told(content, judge)

    assert len(judge.seen) == FRAMES_MAX
    assert score == max(judge.seen) == pytest.approx(250 / 255, abs=0.01)


@pytest.mark.parametrize(("content", "why"), HOSTILE, ids=[why.value for _, why in HOSTILE])
def test_hostile_bytes_get_no_score(
    content: bytes, why: PictureFault, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Synapse has Pillow read damaged pictures, in a process that has imported it.
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)
    judge = Reddish()

    answer = read(content[:PICTURE_BYTES_MAX], judge)

    assert answer[0] == _REFUSED
    assert answer[1] == list(PictureFault).index(
        PictureFault.NOT_A_PICTURE if why is PictureFault.TOO_LARGE else why
    )


@pytest.mark.skipif(not nudity.INSTALLED, reason="the extra `nudity` is not installed")
def test_the_confined_reader_judges_where_it_is_asked_to(reader: PictureReader) -> None:
    content = saved(hills(), "PNG")

    judged, again = (reader.look(content, judge=True) for _ in range(2))
    plain = reader.look(content, judge=False)

    assert judged.nudity == pytest.approx(NudityModel.load().score(shrunk(hills())), abs=1e-6)
    assert (judged, judged.hashes, None) == (again, plain.hashes, plain.nudity)
