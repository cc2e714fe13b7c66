"""The whole log from its files: every entry hashed anew, every tile compared, up to the root.

Nothing is taken from a tile: the tree is built from the entries, and each tile must be what comes
out. So a single bit that differs anywhere is found, and named by its file.
"""

from dataclasses import dataclass, field

from evenhand.base.errors import InputRefused
from evenhand.proof.notes import Checkpoint
from evenhand.proof.tiles import (
    ENTRIES,
    HEIGHT,
    WIDTH,
    folded,
    tile_path,
    unbundled,
    width_at,
)
from evenhand.proof.tree import EMPTY_ROOT, HASH_BYTES, leaf_hash, node_hash
from evenhand.verify.findings import Differs, Unreadable
from evenhand.verify.places import Place
from evenhand.verify.progress import Progress


@dataclass(slots=True)
class _Tree:
    """The tree as it grows from the entries: at each level the hashes of the tile in hand."""

    place: Place
    size: int
    levels: list[list[bytes]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    ready: dict[str, bytes | None] = field(default_factory=dict)
    tiles: int = 0

    def add(self, hashes: list[bytes], level: int = 0) -> None:
        """Adds hashes to a level; what fills a tile is compared and gives one hash above."""
        if level == len(self.levels):
            self.levels.append([])
            self.numbers.append(0)
        self.levels[level] += hashes
        while len(self.levels[level]) >= WIDTH:
            tile, self.levels[level] = self.levels[level][:WIDTH], self.levels[level][WIDTH:]
            self._compare(level, tile)
            self.numbers[level] += 1
            self.add([folded(tile)], level + 1)

    def root(self) -> bytes:
        """Compares the last tiles, which are not full, and gives the root."""
        found: bytes | None = None
        for level, hashes in enumerate(self.levels):
            if not hashes:
                continue
            self._compare(level, hashes)
            for one in _peaks(hashes):
                found = one if found is None else node_hash(one, found)
        return EMPTY_ROOT if found is None else found

    def _compare(self, level: int, hashes: list[bytes]) -> None:
        path = tile_path(level, self.numbers[level], len(hashes))
        content = self.ready.pop(path, None) or _read(self.place, path, level, self.numbers[level])
        if content[: len(hashes) * HASH_BYTES] != b"".join(hashes):
            raise Differs(file=path, why="its hashes do not follow from the entries")
        if len(content) not in {len(hashes) * HASH_BYTES, WIDTH * HASH_BYTES}:
            raise Differs(file=path, why="holds more than the hashes of this tree")
        self.tiles += 1


@dataclass(frozen=True, slots=True)
class Whole:
    """How much was looked at."""

    entries: int
    tiles: int


def check_whole(place: Place, checkpoint: Checkpoint) -> Whole:
    """Checks every entry and every tile against a checkpoint, or says what differs."""
    tree = _Tree(place, checkpoint.size)
    bundles = -(-checkpoint.size // WIDTH)
    bar = Progress("reading the log", bundles)
    try:
        for begin in range(0, bundles, WIDTH):
            numbers = range(begin, min(begin + WIDTH, bundles))
            widths = [width_at(checkpoint.size, 0, number) for number in numbers]
            paths, beside = (
                [tile_path(level, *one) for one in zip(numbers, widths, strict=True)]
                for level in (ENTRIES, 0)
            )
            tiles = zip(beside, place.ahead(beside), strict=True)
            for path, number, width, content, tile in zip(
                paths, numbers, widths, place.ahead(paths), tiles, strict=True
            ):
                tree.ready.update([tile])
                bundle = content if content is not None else _read(place, path, ENTRIES, number)
                tree.add([leaf_hash(entry) for entry in _entries(bundle, path, width)])
                bar.at(number + 1)
        if tree.root() != checkpoint.root:
            raise Differs(
                file="checkpoint", why="the root over all entries is another than the signed one"
            )
    finally:
        bar.end()
    return Whole(checkpoint.size, tree.tiles)


def _entries(content: bytes, path: str, width: int) -> list[bytes]:
    try:
        entries = unbundled(content)
    except InputRefused as error:
        raise Differs(file=path, why="is cut off within an entry") from error
    if len(entries) not in {width, WIDTH}:
        raise Differs(file=path, why=f"holds {len(entries)} entries where {width} are signed")
    if any(len(entry) != HASH_BYTES for entry in entries):
        raise Differs(file=path, why=f"holds an entry that has not {HASH_BYTES} bytes")
    return entries[:width]


def _read(place: Place, path: str, level: int | str, number: int) -> bytes:
    """Gives a tile; a partial one may be gone once the full one is there (C2SP tlog-tiles)."""
    content = place.read(path)
    if content is None:
        content = place.read(tile_path(level, number))
    if content is None:
        raise Unreadable(file=path, why="is missing, though the checkpoint covers it")
    return content


def _peaks(hashes: list[bytes]) -> list[bytes]:
    """Gives the roots of the complete subtrees over a tile that is not full, the last one first."""
    peaks: list[bytes] = []
    begin = 0
    for level in reversed(range(HEIGHT)):
        if len(hashes) >> level & 1:
            peaks.append(folded(hashes[begin : begin + (1 << level)]))
            begin += 1 << level
    return peaks[::-1]
