"""What `evenhand search audit` reads from a file of items, and refuses."""

from pathlib import Path

import pytest

from evenhand.base.errors import InputRefused
from evenhand.search.lists import ItemKind
from evenhand.search_audit import read_items


def test_items_are_read_by_line(tmp_path: Path) -> None:
    file = tmp_path / "items.ndjson"
    file.write_text('{"id": "!a:town", "kind": "room", "names": ["Snow Kitchen"]}\n\n')

    (item,) = read_items(file)

    assert (item.id, item.kind, item.names) == ("!a:town", ItemKind.ROOM, ("Snow Kitchen",))


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": "x", "kind": "no", "names": []}', "9" * 20_000]
)
def test_a_line_that_is_no_item_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    file = tmp_path / "items.ndjson"
    file.write_text(line + "\n")

    with pytest.raises(InputRefused) as refused:
        read_items(file)

    assert refused.value.fields["line"] == 1
