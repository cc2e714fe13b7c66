"""Reads Telegram Desktop's `result.json`: one chat, or a full export with many."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.base.lists import ChannelKind, EventKind
from evenhand.connectors.files import outline, tokens
from evenhand.connectors.files.attached import AttachedFiles
from evenhand.connectors.files.cells import Findings, holding, strings
from evenhand.connectors.files.events import check_lengths, event_batch, report, without
from evenhand.connectors.files.faults import Fault
from evenhand.connectors.files.items import CLOSED, STOPPED, Table, array_items
from evenhand.connectors.files.ledger import Ledger
from evenhand.connectors.files.limits import BLOCK_BYTES, ITEM_BYTES_MAX
from evenhand.connectors.files.problems import NoMessages
from evenhand.connectors.files.texts import texts
from evenhand.connectors.files.times import times
from evenhand.connectors.files.tokens import NULL, STRING, Cells, keys_of
from evenhand.connectors.files.window import Window, skip_mark

MESSAGE_KEYS = keys_of(
    "id",
    "type",
    "date",
    "date_unixtime",
    "from",
    "from_id",
    "text",
    "text_entities",
    "reply_to_message_id",
    "forwarded_from",
    "forwarded_from_id",
    "action",
    "photo",
    "file",
    "media_type",
    "file_name",
    "poll",
    "todo_list",
    "contact_information",
    "inline_bot_buttons",
    "invoice_information",
    "game_title",
    "game_description",
    "place_name",
    "address",
    "performer",
    "title",
)
"""The keys of a message, as Telegram Desktop's exporter names them (export_output_json.cpp)."""

_SLOT = {name: slot for slot, name in enumerate(MESSAGE_KEYS.names)}
_AROUND = tuple(
    _SLOT[name]
    for name in (
        "file_name",
        "poll",
        "todo_list",
        "contact_information",
        "inline_bot_buttons",
        "invoice_information",
        "game_title",
        "game_description",
        "place_name",
        "address",
        "performer",
        "title",
    )
)
_NAMED = {
    "event_id": "id",
    "account": "from_id",
    "display_name": "from",
    "text": "text",
    "reply_to": "reply_to_message_id",
    "forwarded_from": "forwarded_from_id",
}
_FILES = (_SLOT["photo"], _SLOT["file"])
_MEDIA = tuple(_SLOT[name] for name in ("photo", "file", "media_type"))

CHANNEL_KINDS = {
    "public_supergroup": ChannelKind.PUBLIC,
    "public_channel": ChannelKind.PUBLIC,
    "private_group": ChannelKind.PRIVATE,
    "private_supergroup": ChannelKind.PRIVATE,
    "private_channel": ChannelKind.PRIVATE,
    "personal_chat": ChannelKind.DIRECT,
    "bot_chat": ChannelKind.DIRECT,
    "saved_messages": ChannelKind.DIRECT,
    "replies": ChannelKind.DIRECT,
    "verification_codes": ChannelKind.DIRECT,
}
"""What each of Telegram's kinds of chat is here; one that is not known counts as private."""

_AGAIN = re.compile(
    rb'\{\s{0,64}"id"\s{0,64}:\s{0,64}-?\d{1,20}\s{0,64},\s{0,64}"type"\s{0,64}:\s{0,64}"'
    rb'|(?P<chat>\{\s{0,64}"name"\s{0,64}:\s{0,64}(?:null|"(?:[^"\\]|\\.){0,1024}")\s{0,64},'
    rb'\s{0,64}"type"\s{0,64}:\s{0,64}")'
)
"""Where reading can go on after broken input: the exporter begins messages and chats like this."""


@dataclass
class Chat:
    """The chat to which the messages at hand belong."""

    serial: int = -1
    name: str | None = None
    type: str = ""
    id: str | None = None

    @property
    def kind(self) -> ChannelKind:
        """Gives who can read it."""
        return CHANNEL_KINDS.get(self.type, ChannelKind.PRIVATE)


class TelegramReader:
    """Reads the messages of an export; service messages and unknown items are counted by name."""

    def __init__(
        self,
        stream: BinaryIO,
        ledger: Ledger,
        *,
        block_bytes: int = BLOCK_BYTES,
        attached: AttachedFiles | None = None,
    ) -> None:
        self._window = Window(stream, block_bytes=block_bytes)
        self._ledger = ledger
        self._attached = attached
        self._state = outline.new_state()
        self._facts: dict[int, Chat] = {}
        self._chat = Chat()
        self._inside = False
        self._fresh = True
        self._lost = False
        self._table = Table(len(MESSAGE_KEYS.names))
        self._lists = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Gives the messages, in the order of the file; `NoMessages` if it has no list of them."""
        skip_mark(self._window)
        going = True
        while going:
            if self._inside:
                batch, going = self._read_messages()
                if batch is not None and batch.num_rows:
                    yield batch
            else:
                going = self._read_outside()
            self._ledger.bytes_done = self._window.place
        if self._lists == 0:
            raise NoMessages(
                file=self._ledger.name, why="it holds no list of messages as exports do"
            )

    def _read_outside(self) -> bool:
        """Takes one step outside the messages; False at the end of the file."""
        window = self._window
        began = window.at
        met, window.at = outline.outline_step(
            window.address,
            window.at,
            min(window.end, window.at + ITEM_BYTES_MAX),
            outline.OUTLINE_KEYS.address,
            self._state.ctypes.data,
            self._table.fault_address,
        )
        if met == outline.FACT:
            self._note_fact()
        elif met == outline.MESSAGES:
            self._chat = self._facts.get(outline.owner(self._state), Chat())
            if self._chat.id is not None and self._chat.name:
                self._ledger.name_channel(self._chat.id, self._chat.name)
            self._inside = self._fresh = True
            self._lists += 1
        elif met == outline.END:
            return self._end_outside()
        elif window.at == began or self._table.fault != Fault.MORE:
            return self._mend_outside()
        return True

    def _note_fact(self) -> None:
        serial = outline.owner(self._state)
        if serial not in self._facts:
            # Facts of closed objects are of no use: an export's lists can be long.
            opened = {serial, *self._open_serials()}
            self._facts = {key: chat for key, chat in self._facts.items() if key in opened}
            self._facts[serial] = Chat(serial=serial)
        chat = self._facts[serial]
        kind, start, end = (
            int(self._state[place])
            for place in (outline.KIND, outline.VALUE_START, outline.VALUE_END)
        )
        value = self._window.bytes_between(start, end)
        match outline.OUTLINE_KEYS.names[self._state[outline.SLOT]], kind:
            case "name", tokens.STRING:
                chat.name = _text(value)
            case "type", tokens.STRING:
                chat.type = _text(value)
            case "id", tokens.STRING:
                chat.id = _text(value)
            case "id", tokens.NUMBER:
                chat.id = value.decode()
            case _:
                pass

    def _open_serials(self) -> set[int]:
        return {int(serial) for serial in outline.serials(self._state)}

    def _end_outside(self) -> bool:
        """Goes on after a document: with another one, if somebody joined exports."""
        if self._lost:
            return self._find_again(self._window.at)
        self._state = outline.new_state()
        self._facts = {}
        return True

    def _mend_outside(self) -> bool:
        """Gets more bytes, or refuses what is there; False at the end of the file."""
        window, fault = self._window, self._table.fault
        if fault == Fault.MORE:
            if window.end - window.at > ITEM_BYTES_MAX:
                fault = Fault.TOO_LARGE
            elif window.fill():
                return True
            elif self._lost or (self._state[outline.DEPTH] == 0 and window.at == window.end):
                return False
            else:
                fault = Fault.TRUNCATED
        place = window.base + self._table.fault_place
        self._ledger.refuse(fault, row=self._ledger.items + 1, place=place)
        return self._find_again(window.at + 1)

    def _find_again(self, start: int) -> bool:
        """Goes to the next place where a message or a chat begins; False if there is none."""
        match = self._window.seek(_AGAIN, start)
        if match is None:
            return False
        self._lost = True
        if match.group("chat"):
            self._inside = False
            self._state = outline.new_state()
            self._facts = {}
        elif not self._inside:
            self._chat = Chat()
            self._inside = True
            self._lists += 1
            self._state = outline.new_state()
        self._fresh = True
        return True

    def _read_messages(self) -> tuple[pa.RecordBatch | None, bool]:
        """Reads messages of one list; gives them, and False at the end of the file."""
        window, table = self._window, self._table
        table.clear()
        window.top_up()
        count, window.at, ending = array_items(
            window.address,
            window.at,
            window.end,
            self._fresh,
            MESSAGE_KEYS.address,
            table.cells.address,
            table.cells.met.ctypes.data,
            table.starts.ctypes.data,
            table.rows_max,
            table.fault_address,
        )
        cells, offsets = table.found(count, window)
        batch = self._batch(cells, offsets) if count else None
        self._fresh = self._fresh and count == 0
        if ending == CLOSED:
            self._inside = False
            if self._state[outline.DEPTH] == 0:
                return batch, self._find_again(window.at)
        elif ending == STOPPED:
            return batch, self._mend_messages()
        return batch, True

    def _mend_messages(self) -> bool:
        """Gets more bytes, or refuses the item at hand; False at the end of the file."""
        window, fault = self._window, self._table.fault
        if fault == Fault.MORE:
            return window.fill() or self._mend_truncation()
        place = self._table.fault_place
        # A comma is missing between two items: neither of them is to blame.
        between = fault == Fault.SYNTAX and place == window.at
        self._ledger.items += not between
        row = self._ledger.items + between
        self._ledger.refuse(fault, row=row, place=window.base + place)
        return self._find_again(window.at + (not between))

    def _mend_truncation(self) -> bool:
        window = self._window
        begun = window.index(b"{", window.at)
        self._ledger.items += begun < window.end
        self._ledger.refuse(
            Fault.TRUNCATED, row=max(1, self._ledger.items), place=window.base + begun
        )
        return self._find_again(begun + 1)

    def _batch(self, cells: Cells, offsets: NDArray[np.int64]) -> pa.RecordBatch:
        window = self._window
        rows = np.arange(self._ledger.items + 1, self._ledger.items + 1 + cells.rows)
        self._ledger.items += cells.rows
        spoken = holding(window.address, cells, _SLOT["type"], b"message")
        if not spoken.all():
            self._pass_over(cells.copied(~spoken), rows[~spoken], offsets[~spoken])
            cells, rows, offsets = cells.packed(spoken), rows[spoken], offsets[spoken]
        return self._messages(cells, rows, offsets)

    def _messages(
        self, cells: Cells, rows: NDArray[np.int64], offsets: NDArray[np.int64]
    ) -> pa.RecordBatch:
        window, findings = self._window, Findings.none(cells.rows)
        findings.add(cells.doubled(), Fault.TWICE, -1)
        cells.fill(_SLOT["forwarded_from_id"], _SLOT["forwarded_from"])
        columns = {
            name: strings(window.address, cells, _SLOT[key], findings)
            for name, key in _NAMED.items()
            if name != "text"
        }
        cells.fill(_SLOT["text"], _SLOT["text_entities"])
        columns["text"], columns["urls"] = texts(
            window.address, cells, _SLOT["text"], _AROUND, findings
        )
        columns["kind"] = _kinds(cells, columns["text"])
        if self._attached is not None:
            # What is no name of a file is none of this: the message is screened all the same.
            paths = [
                strings(window.address, cells, slot, Findings.none(cells.rows)) for slot in _FILES
            ]
            columns |= self._attached.columns(paths)
        columns["channel"] = pa.repeat(pa.scalar(self._chat.id, pa.string()), cells.rows)
        columns["channel_kind"] = pa.repeat(self._chat.kind.value, cells.rows)
        milliseconds = times(
            window.address, cells, (_SLOT["date_unixtime"], _SLOT["date"]), findings
        )
        findings.add(cells.kinds(_SLOT["id"]) <= NULL, Fault.MISSING, _SLOT["id"])
        check_lengths(columns, findings, {name: _SLOT[key] for name, key in _NAMED.items()})
        report(
            findings,
            self._ledger,
            rows=rows,
            offsets=offsets,
            base=window.base,
            columns=MESSAGE_KEYS.names,
        )
        columns["event_id"] = pc.fill_null(columns["event_id"], "")
        batch = event_batch(columns, milliseconds=milliseconds, rows=rows, offsets=offsets)
        return without(batch, findings)

    def _pass_over(self, cells: Cells, rows: NDArray[np.int64], offsets: NDArray[np.int64]) -> None:
        """Counts what is no message by its name; what has no type at all is refused."""
        window, findings = self._window, Findings.none(cells.rows)
        findings.add(cells.doubled(), Fault.TWICE, -1)
        findings.add(cells.kinds(_SLOT["type"]) != STRING, Fault.MISSING, _SLOT["type"])
        types = strings(window.address, cells, _SLOT["type"], findings)
        actions = strings(window.address, cells, _SLOT["action"], findings)
        report(
            findings,
            self._ledger,
            rows=rows,
            offsets=offsets,
            base=window.base,
            columns=MESSAGE_KEYS.names,
        )
        words = (pc.fill_null(types, ""), pc.fill_null(actions, ""))
        names = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*words, " "))
        for entry in pc.value_counts(names.filter(pa.array(findings.faultless))):
            self._ledger.pass_over(_short(entry["values"].as_py()), entry["counts"].as_py())


def _kinds(cells: Cells, text: pa.StringArray) -> pa.StringArray:
    """Gives `media` for what shows only a picture or file, else `message`."""
    shows = np.zeros(cells.rows, np.bool_)
    for slot in _MEDIA:
        if cells.met[slot]:
            shows |= cells.kinds(slot) > NULL
    if not shows.any():
        return pa.repeat(EventKind.MESSAGE.value, cells.rows)
    return pc.if_else(
        pc.and_(pa.array(shows), pc.is_null(text)), EventKind.MEDIA.value, EventKind.MESSAGE.value
    )


def _text(raw: bytes) -> str:
    """Gives the text of a checked JSON string."""
    decoded = json.loads(b'"%s"' % raw.decode(errors="replace").encode())
    return str(decoded).encode(errors="replace").decode()


def _short(name: str) -> str:
    return name if len(name) <= 60 else name[:59] + "…"
