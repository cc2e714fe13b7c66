"""Asks witnesses to sign our checkpoints too (C2SP tlog-witness): a fork then needs them as well.

A witness sees sizes, roots and hashes of the tree, and nothing else. It keeps the last head that it
signed and signs the next only if it goes on from it. Without any, the log works as well; one that
does not answer is asked again with the next checkpoint.
"""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import structlog

from evenhand.base.errors import InputRefused, Misconfigured
from evenhand.proof.notes import COSIGNATURE, Checkpoint, Verifier, open_note, parts
from evenhand.proof.tiles import FolderFiles, TileReader
from evenhand.proof.tree import consistency_path

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 10.0
"""Seconds that a witness has for all of its answer, however slowly it sends it."""

ANSWER_BYTES_MAX = 10_000
"""Bytes of an answer that are looked at: a handful of lines."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: its key, and where it is asked."""

    key: Verifier
    url: str


def witnesses(path: Path) -> tuple[Witness, ...]:
    """Gives the witnesses that a file names, one a line: key and https:// address."""
    found = []
    for line in path.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        key, _, url = line.strip().partition(" ")
        try:
            witness = Witness(Verifier.parse(key), url.strip().rstrip("/"))
        except InputRefused as error:
            raise Misconfigured(
                setting="EVENHAND_LOG_WITNESSES", why=error.fields["why"]
            ) from error
        host = httpx.URL(witness.url).host
        safe = witness.url.startswith("https://") or host in {"localhost", "127.0.0.1"}
        if witness.key.kind != COSIGNATURE or not safe:
            why = "each line needs a witness's key and its https:// address"
            raise Misconfigured(setting="EVENHAND_LOG_WITNESSES", why=why)
        found.append(witness)
    return tuple(found)


class Asking:
    """Asks witnesses, and remembers what each has signed last."""

    def __init__(self, asked: Sequence[Witness], *, seconds: float = TIMEOUT_SECONDS) -> None:
        self._asked = asked
        self._seconds = seconds
        self._sizes: dict[Witness, int] = {}

    def lines(self, note: str, folder: Path) -> list[str]:
        """Gives the lines by which witnesses sign a checkpoint; of those who do not, none."""
        missing = [one for one in self._asked if not _is_signed(note, one.key)]
        return asyncio.run(self._all_lines(missing, note, folder)) if missing else []

    async def _all_lines(self, asked: Sequence[Witness], note: str, folder: Path) -> list[str]:
        """Asks all at once: one that takes its time takes nobody else's."""
        found = await asyncio.gather(*(self._lines(one, note, folder) for one in asked))
        return [line for lines in found for line in lines]

    async def _lines(self, witness: Witness, note: str, folder: Path) -> list[str]:
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._ask(witness, note, folder)
                if answer.status == httpx.codes.CONFLICT:
                    # It signed another size last than we remember, and says which.
                    self._sizes[witness] = _size(answer)
                    answer = await self._ask(witness, note, folder)
        except (httpx.HTTPError, InputRefused, TimeoutError) as error:
            log.warning("witness_silent", witness=witness.key.name, error=type(error).__name__)
            return []
        if answer.status != httpx.codes.OK:
            log.warning("witness_refused", witness=witness.key.name, status=answer.status)
            return []
        signed = [line for line in answer.text.splitlines() if _holds(line, note, witness.key)]
        if signed:
            self._sizes[witness] = _head(note).size
        else:
            log.warning("witness_false", witness=witness.key.name)
        return signed[:1]

    async def _ask(self, witness: Witness, note: str, folder: Path) -> "_Answer":
        head, old = _head(note), self._sizes.get(witness, 0)
        if old > head.size:
            raise InputRefused(what="witness", why="it has signed a larger tree than ours")
        path = consistency_path(old, head.size, TileReader(FolderFiles(folder), head.size))
        proof = "".join(f"{b64encode(one).decode()}\n" for one in path)
        return await _posted(
            f"{witness.url}/add-checkpoint", f"old {old}\n{proof}\n{note}".encode()
        )


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a witness answers."""

    status: int
    text: str


async def _posted(url: str, content: bytes) -> _Answer:
    """Gives the answer to a message, no byte more of it than a witness has to say."""
    found = bytearray()
    plain = {"Accept-Encoding": "identity"}
    async with (
        httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client,
        client.stream("POST", url, content=content, headers=plain) as answer,
    ):
        async for part in answer.aiter_raw():
            found += part
            if len(found) > ANSWER_BYTES_MAX:
                raise InputRefused(what="witness", why=f"an answer over {ANSWER_BYTES_MAX} bytes")
        return _Answer(answer.status_code, found.decode("utf-8", "replace"))


def _head(note: str) -> Checkpoint:
    return Checkpoint.parse(parts(note)[0])


def _holds(line: str, note: str, key: Verifier) -> bool:
    """Tells whether a line is this witness's signature of this checkpoint."""
    return _is_signed(f"{parts(note)[0]}\n{line}\n", key)


def _is_signed(note: str, key: Verifier) -> bool:
    try:
        open_note(note, [key])
    except InputRefused:
        return False
    return True


def _size(answer: _Answer) -> int:
    text = answer.text.strip()
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(2**63)):
        raise InputRefused(what="witness", why="says no size of a tree")
    return int(text)
