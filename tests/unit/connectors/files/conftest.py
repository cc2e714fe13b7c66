import io
import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from evenhand.connectors.files.events import SOURCE_SCHEMA
from evenhand.connectors.files.formats import Format, Source, open_reader
from evenhand.connectors.files.ledger import Ledger


class Read:
    """What reading a file gave: events, ledger and everything said."""

    def __init__(self, content: bytes, format_: Format, block_bytes: int, step: int) -> None:
        self.said: list[str] = []
        self.ledger = Ledger(name="file", say=self.said.append)
        stream = Stingy(content, step)
        reader = open_reader(
            Source(None, format_, None), stream, self.ledger, block_bytes=block_bytes
        )
        batches = list(reader.batches())
        for batch in batches:
            batch.validate(full=True)
        self.table = pa.Table.from_batches(batches, SOURCE_SCHEMA)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.table.to_pylist()

    def column(self, name: str) -> list[Any]:
        return self.table.column(name).to_pylist()


class Stingy(io.BytesIO):
    """A stream that gives at most `step` bytes at once."""

    def __init__(self, content: bytes, step: int) -> None:
        super().__init__(content)
        self._step = step

    def readinto(self, room: Any) -> int:
        return super().readinto(memoryview(room)[: self._step])


ReadFile = Callable[..., Read]


@pytest.fixture
def read() -> ReadFile:
    def reading(
        content: bytes | str | dict[str, Any],
        format_: Format = Format.TELEGRAM,
        *,
        block_bytes: int = 1 << 16,
        step: int = 1 << 20,
    ) -> Read:
        if isinstance(content, dict):
            content = json.dumps(content)
        if isinstance(content, str):
            content = content.encode()
        return Read(content, format_, block_bytes, step)

    return reading
