"""Frames of invented videos: where the extra `video` is installed, they are found again."""

from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PIL import Image

from evenhand.connectors import pictures, videos
from evenhand.connectors.pictures import (
    _HEAD,
    PictureFault,
    PictureReader,
    PictureUnreadable,
    read,
)
from evenhand.connectors.videos import FRAMES_MAX
from evenhand.signals.image_hash import DISTANCE_MAX
from evenhand.signals.nudity import SIDE

av = pytest.importorskip("av", reason="the extra `video` is not installed")


@pytest.fixture(scope="module")
def reader() -> Iterator[PictureReader]:
    reader = PictureReader(seconds_max=60.0)
    yield reader
    reader.close()


def scene(seed: int) -> np.ndarray[Any, Any]:
    grains = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)
    return np.asarray(Image.fromarray(grains).resize((320, 240), Image.Resampling.BICUBIC))


def video(seconds: int, container: str = "mp4", codec: str = "mpeg4") -> bytes:
    """Gives a video of which each second shows another scene."""
    content = BytesIO()
    with av.open(content, "w", format=container) as file:
        stream: Any = file.add_stream(codec, rate=4)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.bit_rate = 2_000_000
        for number in range(seconds * 4):
            frame = av.VideoFrame.from_ndarray(scene(number // 4), format="rgb24")
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return content.getvalue()


def saved(picture: np.ndarray[Any, Any]) -> bytes:
    content = BytesIO()
    Image.fromarray(picture).save(content, "PNG")
    return content.getvalue()


def bits_apart(one: bytes, other: bytes) -> int:
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(("container", "codec"), [("mp4", "mpeg4"), ("webm", "libvpx")])
def test_every_second_of_a_short_video_is_found_again(
    reader: PictureReader, container: str, codec: str
) -> None:
    found = reader.hashes(video(5, container, codec))

    assert len(found) == 5
    for second in range(5):
        (still,) = reader.hashes(saved(scene(second)))
        assert min(bits_apart(still.value, one.value) for one in found) <= DISTANCE_MAX


def test_of_a_long_video_frames_from_all_its_parts_are_hashed(reader: PictureReader) -> None:
    found = reader.hashes(video(3 * FRAMES_MAX))

    assert FRAMES_MAX // 2 <= len(found) <= FRAMES_MAX
    assert all(bits_apart(a.value, b.value) > DISTANCE_MAX for a, b in pairwise(found))


@pytest.mark.parametrize("cut", [40, 900])
def test_a_damaged_video_is_refused_or_gives_what_could_be_read(
    reader: PictureReader, cut: int
) -> None:
    with pytest.raises(PictureUnreadable) as refused:
        reader.hashes(video(3)[:cut])

    assert refused.value.fields["why"] in (PictureFault.DAMAGED, PictureFault.TOO_SMALL)
    assert reader.hashes(saved(scene(1)))


def test_frames_that_are_judged_are_those_that_are_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(videos, "SECONDS_MAX", 600.0)
    monkeypatch.setattr(pictures, "JUDGING_SECONDS_MAX", 600.0)
    seen: list[np.ndarray[Any, Any]] = []

    class Judge:
        def score(self, colours: np.ndarray[Any, Any]) -> float:
            seen.append(colours)
            return len(seen) / 10

    content = video(4)

    answer = read(content, Judge())

    assert (answer[0], _HEAD.unpack_from(answer)[1]) == (4, 0.4)
    assert answer[_HEAD.size :] == read(content)[_HEAD.size :]
    assert all(one.shape == (SIDE, SIDE, 3) for one in seen)
    first = np.asarray(Image.fromarray(scene(0)).resize((SIDE, SIDE)), np.float32)
    assert np.abs(seen[0] - first).mean() < 20


def test_a_video_is_judged_no_longer_than_it_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    class Judge:
        def score(self, colours: np.ndarray[Any, Any]) -> float:
            seen.append(colours.size)
            return 0.3

    monkeypatch.setattr(videos, "SECONDS_MAX", 600.0)
    monkeypatch.setattr(pictures, "JUDGING_SECONDS_MAX", -1.0)

    answer = read(video(4), Judge())

    assert (answer[0], _HEAD.unpack_from(answer)[1]) == (4, 0.3)
    assert len(seen) == 1
