"""A second reader that is not ours: aics-tlog checks a log of Evenhand under Python 3.12.

python aics.py FOLDER KEY [NOTE]     the whole log; with NOTE also that it continues that one
"""

import sys
from pathlib import Path

from aics_tlog import (
    FileSystemTileReader,
    audit_tiles,
    consistency_proof_from_tiles,
    inclusion_proof_from_tiles,
    leaf_hash,
    parse_checkpoint,
    parse_note,
    parse_vkey,
    read_entry,
    verify_checkpoint,
    verify_consistency,
    verify_inclusion,
)


def opened(path, key):
    """Gives the checkpoint of a signed note, or stops."""
    note = parse_note(Path(path).read_text(encoding="utf-8"))
    result = verify_checkpoint(note, key)
    if not result.ok:
        sys.exit(f"{path}: {result}")
    return parse_checkpoint(note.text)


def main(folder, key, earlier=None):
    """Checks all that it can."""
    key = parse_vkey(key)
    tree = opened(Path(folder) / "checkpoint", key)
    tiles = FileSystemTileReader(folder)
    audit_tiles(tiles, tree.size, tree.root)
    for index in {0, tree.size // 2, tree.size - 1}:
        leaf = leaf_hash(read_entry(tiles, index, tree.size))
        path = inclusion_proof_from_tiles(tiles, index, tree.size)
        if not verify_inclusion(leaf, index, tree.size, path, tree.root):
            sys.exit(f"entry {index} is not in the tree")
    if earlier is not None:
        old = opened(earlier, key)
        path = consistency_proof_from_tiles(tiles, old.size, tree.size)
        if not verify_consistency(old.size, tree.size, old.root, tree.root, path):
            sys.exit("the log does not continue the earlier one")
    print(tree.size)


main(*sys.argv[1:])
