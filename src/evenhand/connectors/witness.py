"""Asks witnesses to sign our checkpoints too (C2SP tlog-witness): a fork then needs them as well.

A witness sees sizes, roots and hashes of the tree, and nothing else. It keeps the last head that it
signed and signs the next only if it goes on from it. Without any, the log works as well; one that
does not answer is asked again with the next checkpoint.
"""

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

    def __init__(self, asked: Sequence[Witness], client: httpx.Client | None = None) -> None:
        self._asked = asked
        self._client = client or httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False)
        self._sizes: dict[Witness, int] = {}

    def lines(self, note: str, folder: Path) -> list[str]:
        """Gives the lines by which witnesses sign a checkpoint; of those who do not, none."""
        missing = [one for one in self._asked if not _is_signed(note, one.key)]
        return [line for one in missing for line in self._lines(one, note, folder)]

    def _lines(self, witness: Witness, note: str, folder: Path) -> list[str]:
        try:
            answer = self._ask(witness, note, folder)
            if answer.status_code == httpx.codes.CONFLICT:
                # It signed another size last than we remember, and says which.
                self._sizes[witness] = _size(answer)
                answer = self._ask(witness, note, folder)
        except (httpx.HTTPError, InputRefused) as error:
            log.warning("witness_silent", witness=witness.key.name, error=type(error).__name__)
            return []
        if answer.status_code != httpx.codes.OK:
            log.warning("witness_refused", witness=witness.key.name, status=answer.status_code)
            return []
        signed = [line for line in answer.text.splitlines() if _holds(line, note, witness.key)]
        if signed:
            self._sizes[witness] = _head(note).size
        else:
            log.warning("witness_false", witness=witness.key.name)
        return signed[:1]

    def _ask(self, witness: Witness, note: str, folder: Path) -> httpx.Response:
        head, old = _head(note), self._sizes.get(witness, 0)
        if old > head.size:
            raise InputRefused(what="witness", why="it has signed a larger tree than ours")
        path = consistency_path(old, head.size, TileReader(FolderFiles(folder), head.size))
        proof = "".join(f"{b64encode(one).decode()}\n" for one in path)
        answer = self._client.post(
            f"{witness.url}/add-checkpoint", content=f"old {old}\n{proof}\n{note}".encode()
        )
        if len(answer.content) > ANSWER_BYTES_MAX:
            raise InputRefused(what="witness", why=f"an answer over {ANSWER_BYTES_MAX} bytes")
        return answer


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


def _size(answer: httpx.Response) -> int:
    text = answer.text.strip()
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(2**63)):
        raise InputRefused(what="witness", why="says no size of a tree")
    return int(text)
