"""Every Django room has the same anatomy, and only steps write."""

import ast
from pathlib import Path

SRC = Path(__file__).resolve().parents[2] / "src/evenhand"
WRITES = {"save", "create", "bulk_create", "update", "bulk_update", "delete", "get_or_create",
          "update_or_create"}  # fmt: skip
WRITERS = {"steps.py", "outbox.py"}
"""Steps write; the outbox moves its consumers' cursors in the transaction that it runs."""


def may_write(path: Path) -> bool:
    """Tells whether a module holds steps: a large room has one such module for each idea."""
    return path.name in WRITERS or path.name.endswith("_steps.py")


def django_rooms() -> list[Path]:
    return sorted(path.parent for path in SRC.glob("*/models.py"))


def manager_writes(source: str) -> list[str]:
    """Gives the writes through a model manager: `….objects.….create(…)` and the like."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr not in WRITES:
            continue
        chain = ast.unparse(node.func.value)
        if ".objects" in chain or (node.func.attr == "save" and "form" not in chain):
            found.append(f"line {node.lineno}: {chain}.{node.func.attr}")
    return found


def test_every_django_room_has_steps_and_queries():
    rooms = django_rooms()

    assert len(rooms) >= 4
    for room in rooms:
        for part in ("steps.py", "queries.py"):
            assert (room / part).exists(), f"{room.name} lacks {part}"


def test_only_steps_write_through_managers():
    looked = 0
    for room in [*django_rooms(), SRC / "desk"]:
        for path in room.rglob("*.py"):
            if may_write(path) or "migrations" in path.parts:
                continue
            looked += 1
            assert manager_writes(path.read_text()) == [], f"{path.relative_to(SRC)} writes"

    assert looked > 10


def test_a_write_outside_steps_is_caught():
    assert manager_writes("Case.objects.filter(id=1).update(state='closed')")
    assert manager_writes("case.save()")


def test_no_room_is_called_utils():
    names = {path.stem for path in SRC.rglob("*.py")} | {path.name for path in SRC.iterdir()}

    assert names.isdisjoint({"utils", "helpers", "common", "misc", "lib"})
