"""Files that appear whole: written aside, then swapped in under their name."""

from pathlib import Path

from evenhand.proof.tiles import synced


def swap_in(path: Path, content: str | bytes) -> None:
    """Writes a file so that nobody ever reads half of it; what stands there equal stays."""
    data = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    write_synced(partial, data)
    partial.replace(path)


def write_synced(path: Path, data: bytes) -> None:
    """Writes a file, on disk for good: a name never stands for what is not there yet."""
    path.write_bytes(data)
    synced(path)
