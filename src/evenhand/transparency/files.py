"""Files that appear whole: written aside, then swapped in under their name."""

from pathlib import Path


def swap_in(path: Path, content: str | bytes) -> None:
    """Writes a file so that nobody ever reads half of it; what stands there equal stays."""
    data = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(data)
    partial.replace(path)
