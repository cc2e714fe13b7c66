"""Reads CSV (RFC 4180): a header that names the columns, then one event per record."""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from evenhand.connectors.files.cells import Findings, strings
from evenhand.connectors.files.faults import EXPLANATIONS, Fault
from evenhand.connectors.files.items import STOPPED, Table, csv_items, record_end
from evenhand.connectors.files.ledger import Ledger
from evenhand.connectors.files.limits import BLOCK_BYTES, COLUMNS_MAX, HEAD_BYTES
from evenhand.connectors.files.lines import LINE_END
from evenhand.connectors.files.problems import FileRefused
from evenhand.connectors.files.rows import COLUMNS, SLOTS, cell_batch, refuse_repeated
from evenhand.connectors.files.tokens import ABSENT, Cells, Numbers
from evenhand.connectors.files.window import Window, skip_mark

SEPARATORS = b",;\t|"


class DelimitedReader:
    """Reads records of CSV; a broken one is refused, and reading goes on with the next line."""

    def __init__(self, stream: BinaryIO, ledger: Ledger, *, block_bytes: int = BLOCK_BYTES) -> None:
        self._window = Window(stream, block_bytes=block_bytes)
        self._ledger = ledger
        self._table = Table(len(COLUMNS))
        self._separator = SEPARATORS[0]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Gives the rows, in the order of the file; the header is not one of them."""
        window, table = self._window, self._table
        columns = self._read_header()
        going = True
        while going:
            table.clear()
            window.top_up()
            ended = window.ended
            count, window.at, ending = csv_items(
                window.address,
                window.at,
                window.end,
                ended,
                self._separator,
                columns.ctypes.data,
                len(columns),
                table.cells.address,
                table.cells.met.ctypes.data,
                len(COLUMNS),
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
                    csv=True,
                    rows=np.arange(first, first + count),
                    offsets=offsets,
                    base=window.base,
                    ledger=self._ledger,
                )
            if ending == STOPPED:
                going = self._mend(ended=ended)
            self._ledger.bytes_done = window.place

    def _mend(self, *, ended: bool) -> bool:
        """Gets more bytes, or refuses the record at hand; False at the end of the file."""
        window, fault = self._window, self._table.fault
        if fault == Fault.MORE:
            # The last record may end without a line break: it is tried again at the end.
            window.fill()
            return not ended
        self._ledger.items += 1
        place = window.base + self._table.fault_place
        self._ledger.refuse(fault, row=self._ledger.items, place=place)
        return window.seek(LINE_END, window.at) is not None

    def _read_header(self) -> Numbers:
        """Gives the slot of each column that the header names, or -1 for one not known."""
        window = self._window
        skip_mark(window)
        while window.end - window.at < HEAD_BYTES and window.fill():
            pass
        head = window.bytes_between(window.at, min(window.end, window.at + HEAD_BYTES))
        line = head.split(b"\n", 1)[0]
        self._separator = max(SEPARATORS, key=line.count)
        cells = Cells.empty(1, COLUMNS_MAX).first(1, bytes_max=window.end - window.at)
        after = record_end(
            window.address,
            window.at,
            window.end,
            window.ended,
            self._separator,
            0,
            0,
            cells.address,
            12,
            cells.met.ctypes.data,
            COLUMNS_MAX,
            self._table.fault_address,
        )
        if after < 0:
            reason, remedy = EXPLANATIONS[self._table.fault]
            raise FileRefused(file=self._ledger.name, why=f"its header: {reason}; {remedy}")
        names = self._names(cells)
        refuse_repeated(self._ledger.name, names)
        window.at = after
        slots = np.array([SLOTS.get(name, -1) for name in names], np.int32)
        if not {"text", "body", "display_name", "channel_name"} & set(names):
            shown = ", ".join(names[:10])
            raise FileRefused(
                file=self._ledger.name,
                why=f"its first line names no column `text` (it names: {shown}); "
                "docs/screen.md lists the columns",
            )
        return slots

    def _names(self, cells: Cells) -> list[str]:
        used = np.flatnonzero(cells.table[:, 0, 2])
        count = int(used[-1]) + 1 if len(used) else 0
        findings = Findings.none(1)
        found = [
            strings(self._window.address, cells, slot, findings, csv=True)[0].as_py()
            if cells.table[slot, 0, 0] != ABSENT
            else ""
            for slot in range(count)
        ]
        return [str(name or "").strip().lower() for name in found]
