"""Uploaded pictures: read once, by the time somebody posts them, and looked at if that matters."""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import httpx
import numpy as np
import pytest
from PIL import Image

from evenhand.connectors.matrix.client import MatrixClient
from evenhand.connectors.matrix.intake import FileHashes
from evenhand.connectors.matrix.limits import MEDIA_JUDGED_WAITING_MAX
from evenhand.connectors.matrix.lookup import Lookup
from evenhand.connectors.pictures import PictureReader, Shown
from evenhand.signals.picture_hash import PictureHash

ADDRESS = "mxc://x.test/abc"


def picture(seed: int = 1) -> bytes:
    """Gives an invented picture: patches of colour."""
    grains = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)
    file = BytesIO()
    Image.fromarray(grains).resize((320, 240), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def reader() -> Iterator[PictureReader]:
    reader = PictureReader(seconds_max=60.0)
    reader.hashes(picture())
    yield reader
    reader.close()


class Synapse:
    """A homeserver that stores one file, after so many questions for it."""

    def __init__(self, content: bytes, *, missing: int = 0) -> None:
        self.content, self.missing = content, missing
        self.downloads = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.downloads += 1
        if self.downloads <= self.missing:
            return httpx.Response(404, json={"errcode": "M_NOT_FOUND"})
        return httpx.Response(200, content=self.content)

    def lookup(self, reader: PictureReader, *, wanted: bool = True, judged: bool = False) -> Lookup:
        client = MatrixClient("http://x.test", "secret", transport=httpx.MockTransport(self))
        return Lookup(client, pictures=reader, wanted=lambda: wanted, judged=lambda: judged)

    @property
    def told(self) -> FileHashes:
        """Gives what the module tells of the file."""
        return FileHashes(
            *(hashlib.new(name, self.content).digest() for name in ("sha256", "sha1", "md5"))
        )


def test_a_picture_is_known_by_the_event_that_posts_it(reader: PictureReader) -> None:
    synapse = Synapse(picture(), missing=1)
    lookup = synapse.lookup(reader)

    async def uploaded_then_posted() -> FileHashes | None:
        lookup.remember_media(ADDRESS, synapse.told)
        await lookup.read_soon(ADDRESS)
        return await lookup.hashes(ADDRESS)

    known = asyncio.run(uploaded_then_posted())

    (shown,) = reader.hashes(synapse.content)
    assert known is not None
    assert known.pdq == (shown.value,)
    assert known.sha256 == synapse.told.sha256
    assert known.named()[-1] == f"pdq:{shown.value.hex()}"
    assert synapse.downloads == 2


def test_what_begins_like_a_picture_and_is_none_has_no_such_hash(reader: PictureReader) -> None:
    synapse = Synapse(picture()[:100])

    async def posted() -> FileHashes | None:
        await synapse.lookup(reader).hashes(ADDRESS)
        lookup = synapse.lookup(reader)
        lookup.remember_media(ADDRESS, synapse.told)
        await lookup.read_soon(ADDRESS)
        return await lookup.hashes(ADDRESS)

    known = asyncio.run(posted())

    assert known is not None
    assert (known.whole, known.pdq) == (True, ())


def test_without_a_list_of_pictures_none_is_read(reader: PictureReader) -> None:
    synapse = Synapse(picture())
    lookup = synapse.lookup(reader, wanted=False)

    async def posted() -> FileHashes | None:
        lookup.remember_media(ADDRESS, synapse.told)
        assert not lookup.wants_picture(synapse.told)
        return await lookup.hashes(ADDRESS)

    assert asyncio.run(posted()) == synapse.told
    assert synapse.downloads == 0


def test_a_file_that_is_no_picture_is_read_for_its_other_hashes_alone(
    reader: PictureReader,
) -> None:
    synapse = Synapse(b"a text, and no picture")
    lookup = synapse.lookup(reader)

    async def read() -> FileHashes | None:
        await lookup.read_soon(ADDRESS)
        return await lookup.hashes(ADDRESS)

    known = asyncio.run(read())

    assert known is not None
    assert known.pdq == ()
    assert known.sha256 == hashlib.sha256(synapse.content).digest()


HASH = PictureHash(b"\x55" * 32, 100)


class Judging(PictureReader):
    """A twin that finds 0.9 in every picture, and counts how often it is asked to judge."""

    def __init__(self, *, hashes: tuple[PictureHash, ...] = (HASH,)) -> None:
        self.found, self.asked = hashes, list[bool]()

    def look(self, content: bytes, *, judge: bool) -> Shown:
        self.asked.append(judge)
        return Shown(self.found, 0.9 if judge else None)


def test_a_picture_is_judged_once_and_only_for_an_event_that_lets_it() -> None:
    synapse, judging = Synapse(picture()), Judging()
    lookup = synapse.lookup(judging, judged=True)

    async def uploaded_then_posted() -> list[FileHashes | None]:
        lookup.remember_media(ADDRESS, synapse.told)
        await lookup.read_soon(ADDRESS)
        return [await lookup.hashes(ADDRESS, judge=judge) for judge in (False, True, True)]

    private, public, again = asyncio.run(uploaded_then_posted())

    assert private is not None
    assert (private.pdq, private.nudity) == ((HASH.value,), None)
    assert public is not None
    assert (public.pdq, public.nudity) == ((HASH.value,), (0.9,))
    assert again == public
    assert judging.asked == [False, True]
    assert "0.9" not in "".join(public.named())


def test_a_score_alone_is_asked_for_where_no_list_of_pictures_is() -> None:
    synapse, judging = Synapse(picture()), Judging()
    lookup = synapse.lookup(judging, wanted=False, judged=True)

    async def posted(judge: bool) -> FileHashes | None:
        return await lookup.hashes(ADDRESS, judge=judge)

    lookup.remember_media(ADDRESS, synapse.told)
    assert not lookup.wants_picture(synapse.told)
    assert asyncio.run(posted(False)) == synapse.told
    assert judging.asked == []


@pytest.mark.parametrize("judged", [False, True])
def test_a_picture_is_read_for_its_score_only_where_a_rule_asks(judged: bool) -> None:
    synapse, judging = Synapse(picture()), Judging()
    lookup = synapse.lookup(judging, wanted=False, judged=judged)

    async def posted() -> FileHashes | None:
        lookup.remember_media(ADDRESS, synapse.told)
        return await lookup.hashes(ADDRESS, judge=True)

    known = asyncio.run(posted())

    assert known is not None
    assert known.nudity == ((0.9,) if judged else None)
    assert synapse.downloads == len(judging.asked) == int(judged)


def test_a_reading_that_finds_no_hash_leaves_the_one_that_was_found() -> None:
    synapse = Synapse(picture())
    lookup = synapse.lookup(Judging(hashes=()), judged=True)

    async def posted() -> FileHashes | None:
        lookup.remember_media(ADDRESS, replace(synapse.told, pdq=(HASH.value,)))
        return await lookup.hashes(ADDRESS, judge=True)

    known = asyncio.run(posted())

    assert known is not None
    assert (known.pdq, known.nudity) == ((HASH.value,), (0.9,))


def test_what_is_no_picture_is_never_judged() -> None:
    synapse, judging = Synapse(b"a text, and no picture"), Judging()
    lookup = synapse.lookup(judging, judged=True)

    async def posted() -> list[FileHashes | None]:
        lookup.remember_media(ADDRESS, synapse.told)
        return [await lookup.hashes(ADDRESS, judge=True) for _ in range(2)]

    first, second = asyncio.run(posted())

    assert first is not None
    assert (first, first.nudity) == (second, ())
    assert (judging.asked, synapse.downloads) == ([], 1)


def test_where_many_wait_no_further_picture_is_judged() -> None:
    synapse, judging = Synapse(picture()), Judging()
    lookup = synapse.lookup(judging, judged=True)

    async def posted() -> FileHashes | None:
        waiting = asyncio.get_running_loop().create_future()
        for number in range(MEDIA_JUDGED_WAITING_MAX):
            lookup._being_read[str(number), True] = waiting
        lookup.remember_media(ADDRESS, synapse.told)
        return await lookup.hashes(ADDRESS, judge=True)

    known = asyncio.run(posted())

    assert known is not None
    assert (known.pdq, known.nudity) == ((HASH.value,), None)
