"""Reads NDJSON: one JSON object per line, keys named like the columns of the event schema."""

import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from evenhand.connectors.files.faults import Fault
from evenhand.connectors.files.items import STOPPED, Table, line_items
from evenhand.connectors.files.ledger import Ledger
from evenhand.connectors.files.limits import BLOCK_BYTES
from evenhand.connectors.files.rows import COLUMNS, ROW_KEYS, cell_batch
from evenhand.connectors.files.window import Window, skip_mark

LINE_END = re.compile(rb"[\r\n]")


class LinesReader:
    """Reads rows of NDJSON; a broken line is refused, and reading goes on with the next one."""

    def __init__(self, stream: BinaryIO, ledger: Ledger, *, block_bytes: int = BLOCK_BYTES) -> None:
        self._window = Window(stream, block_bytes=block_bytes)
        self._ledger = ledger
        self._table = Table(len(COLUMNS))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Gives the rows, in the order of the file."""
        window, table = self._window, self._table
        skip_mark(window)
        going = True
        while going:
            table.clear()
            window.top_up()
            count, window.at, ending = line_items(
                window.address,
                window.at,
                window.end,
                ROW_KEYS.address,
                table.cells.address,
                table.cells.met.ctypes.data,
                table.starts.ctypes.data,
                table.rows_max,
                table.fault_address,
            )
            cells, offsets = table.found(count, window)
            if count:
                first = self._ledger.items + 1
                self._ledger.items += count
                yield cell_batch(
                    window.data,
                    cells,
                    csv=False,
                    rows=np.arange(first, first + count),
                    offsets=offsets,
                    base=window.base,
                    ledger=self._ledger,
                )
            if ending == STOPPED:
                going = self._mend()
            self._ledger.bytes_done = window.place

    def _mend(self) -> bool:
        """Gets more bytes, or refuses the line at hand; False at the end of the file."""
        window, fault = self._window, self._table.fault
        if fault == Fault.MORE:
            if window.fill():
                return True
            if window.at == window.end:
                return False
            fault = Fault.TRUNCATED
        self._ledger.items += 1
        about = window.at if fault == Fault.TRUNCATED else self._table.fault_place
        self._ledger.refuse(fault, row=self._ledger.items, place=window.base + about)
        return window.seek(LINE_END, window.at) is not None
