"""What the desk already knows of accounts and channels: labels, blocks, reports.

The worker writes `subjects.arrow`; here its names become keyed hashes in a table that answers a
batch. A label counts until it expires, by the time of the event.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evenhand.base.errors import InputRefused
from evenhand.base.kernel import U, borrowing_kernel
from evenhand.base.lists import TargetKind
from evenhand.base.machine import prefetch
from evenhand.events.text_column import arrow_text
from evenhand.signals.arrow import milliseconds_of, words_of
from evenhand.signals.counting import AHEAD, Milliseconds
from evenhand.signals.hashing import Hashes, keys_of, mix
from evenhand.signals.limits import SUBJECTS_MAX
from evenhand.signals.table import Values

SUBJECTS_SCHEMA = pa.schema(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("label", pa.string()),
        pa.field("labels", pa.int32(), nullable=False),
        pa.field("expires", pa.timestamp("ms", tz="UTC")),
        pa.field("blocked", pa.bool_(), nullable=False),
        pa.field("reports", pa.int32(), nullable=False),
    ]
)
"""One row for each account or channel of which something is known.

kind     `account` or `channel`; name: the messenger's own id
label    harm of the gravest label in force, labels: how many there are; null and 0 without one
expires  when the gravest label ends
blocked  nobody may enter the channel any more
reports  reports about the channel, or what was posted in it, within seven days
"""

CHANNEL_SALT = 0x5BD1E9955BD1E995
"""Keeps a channel and an account of one name apart."""


class SubjectsRefused(InputRefused):
    """A file of what is known of accounts and channels cannot be used."""

    remedy = "Let the worker write it again: remove the file."


@dataclass(frozen=True, slots=True)
class Subject:
    """One row of the file."""

    kind: TargetKind
    name: str
    label: str | None = None
    labels: int = 0
    expires: datetime | None = None
    blocked: bool = False
    reports: int = 0


@borrowing_kernel
def _fill(keys: Hashes, slots: NDArray[np.int32], table: Hashes) -> None:
    """Puts each key into the first free slot. Stays inside: the table is at most half full."""
    last = U(table.shape[0] - 1)
    for number in range(keys.shape[0]):
        place = mix(keys[number]) & last
        while table[place] != U(0) and table[place] != keys[number]:
            place = (place + U(1)) & last
        table[place] = keys[number]
        slots[place] = number


@borrowing_kernel
def _find(keys: Hashes, slots: NDArray[np.int32], table: Hashes, out: NDArray[np.int32]) -> None:
    """Gives each key's number, or -1. Stays inside: half of the table's slots are free."""
    last = U(table.shape[0] - 1)
    for number in range(keys.shape[0]):
        out[number] = -1
        if keys[number] == U(0):
            continue
        place = mix(keys[number]) & last
        while table[place] != U(0):
            if table[place] == keys[number]:
                out[number] = slots[place]
                break
            place = (place + U(1)) & last


@borrowing_kernel
def _tell(
    keys: Hashes,
    times: Milliseconds,
    slots: NDArray[np.int32],
    table: Hashes,
    label: NDArray[np.int32],
    labels: NDArray[np.int32],
    expires: Milliseconds,
    out_code: NDArray[np.int32],
    out_count: NDArray[np.int32],
    out_labelled: NDArray[np.bool_],
) -> None:
    """Gives the label of each row that has one in force, and how many it has.

    Stays inside: half of the table's slots are free, and a slot holds the number of a subject.
    """
    last = U(table.shape[0] - 1)
    for number in range(keys.shape[0]):
        prefetch(table, mix(keys[min(number + AHEAD, keys.shape[0] - 1)]) & last)
        place = mix(keys[number]) & last
        while table[place] != U(0) and table[place] != keys[number]:
            place = (place + U(1)) & last
        if table[place] == U(0):
            continue
        who = slots[place]
        if times[number] < expires[who]:
            out_count[number] = labels[who]
            if label[who] >= 0:
                out_code[number] = label[who]
                out_labelled[number] = True


@dataclass(frozen=True, slots=True)
class Subjects:
    """What is known, by keyed hash; the last row of each array stands for nobody."""

    table: Hashes
    slots: NDArray[np.int32]
    harms: tuple[str, ...]
    label: NDArray[np.int32]
    labels: NDArray[np.int32]
    expires: Milliseconds
    reports: NDArray[np.int32]
    blocked: frozenset[int]

    @classmethod
    def of(cls, rows: Iterable[Subject], *, seed: int) -> Self:
        """Gives what these rows say."""
        return cls.from_batch(subject_batch(rows), seed=seed)

    @classmethod
    def read(cls, path: Path, *, seed: int) -> Self:
        """Gives what a file says; nothing where there is none."""
        if not path.is_file():
            return cls.of((), seed=seed)
        try:
            with pa.memory_map(str(path)) as source:
                whole = pa.ipc.open_file(source).read_all().combine_chunks()
                whole.validate(full=True)
        except (pa.ArrowInvalid, OSError) as error:
            raise SubjectsRefused(file=path.name, why="it is damaged") from error
        if whole.schema != SUBJECTS_SCHEMA:
            raise SubjectsRefused(file=path.name, why="its columns are others")
        if whole.num_rows > SUBJECTS_MAX:
            raise SubjectsRefused(file=path.name, why=f"more than {SUBJECTS_MAX} rows")
        batches = whole.to_batches()
        return cls.from_batch(batches[0] if batches else subject_batch(()), seed=seed)

    @classmethod
    def from_batch(cls, batch: pa.RecordBatch, *, seed: int) -> Self:
        """Gives what a batch of the schema says."""
        keys = keys_of(*arrow_text(batch["name"]), seed=seed)
        channels = np.array([kind == TargetKind.CHANNEL for kind in batch["kind"].to_pylist()])
        keys = channel_keys(keys, channels.astype(np.bool_))
        table = np.zeros(1 << (2 * len(keys)).bit_length() + 1, np.uint64)
        slots = np.zeros(len(table), np.int32)
        _fill(keys, slots, table)
        label = words_of(batch["label"])
        codes = label.values.astype(np.int32)
        if label.known is not None:
            codes[~label.known] = -1
        blocked = np.asarray(batch["blocked"]).astype(np.bool_)
        return cls(
            table=table,
            slots=slots,
            harms=label.words or ("",),
            label=np.append(codes, np.int32(-1)),
            labels=np.append(np.asarray(batch["labels"]), np.int32(0)),
            expires=np.append(milliseconds_of(batch["expires"]), np.int64(0)),
            reports=np.append(np.asarray(batch["reports"]), np.int32(0)),
            blocked=frozenset(keys[blocked & channels.astype(np.bool_)].tolist()),
        )

    def __len__(self) -> int:
        """Gives how many accounts and channels are known."""
        return len(self.label) - 1

    def columns(
        self, accounts: Hashes, channels: Hashes, times: Milliseconds
    ) -> Mapping[str, Values]:
        """Gives the labels of each row's account and channel; NULL while nobody is known."""
        return {
            **self._labels("account", accounts, times),
            **self._labels("channel", channels, times),
        }

    def found(self, keys: Hashes) -> NDArray[np.int32]:
        """Gives where each key stands; -1, which is nobody's row, where it is not known."""
        out = np.empty(len(keys), np.int32)
        _find(keys, self.slots, self.table, out)
        return out

    def reported(self, channels: Hashes) -> NDArray[np.int32]:
        """Gives how many reports of the last seven days there are about each row's channel."""
        if not len(self):
            return np.zeros(len(channels), np.int32)
        reports: NDArray[np.int32] = self.reports[self.found(channels)]
        return reports

    def _labels(self, of: str, keys: Hashes, times: Milliseconds) -> Mapping[str, Values]:
        codes, counts = np.zeros(len(keys), np.int32), np.zeros(len(keys), np.int32)
        labelled = np.zeros(len(keys), np.bool_)
        _tell(
            keys, times, self.slots, self.table, self.label, self.labels, self.expires,
            codes, counts, labelled,
        )  # fmt: skip
        return {
            f"{of}_label": Values(codes, labelled, self.harms),
            f"{of}_labels": Values(counts, (keys != 0) & (len(self) > 0)),
        }


def channel_keys(keys: Hashes, which: NDArray[np.bool_] | None = None) -> Hashes:
    """Gives the keys of channels, from hashes of their names; 0 stays nothing."""
    salted: Hashes = np.where(keys == 0, keys, keys ^ np.uint64(CHANNEL_SALT))
    return salted if which is None else np.where(which, salted, keys)


def subject_batch(rows: Iterable[Subject]) -> pa.RecordBatch:
    """Gives rows as the file holds them."""
    listed = [
        {
            "kind": one.kind.value,
            "name": one.name,
            "label": one.label,
            "labels": one.labels,
            "expires": one.expires,
            "blocked": one.blocked,
            "reports": one.reports,
        }
        for one in rows
    ]
    return pa.RecordBatch.from_pylist(listed, schema=SUBJECTS_SCHEMA)


def write_subjects(path: Path, rows: Iterable[Subject]) -> None:
    """Writes the file in one piece: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_suffix(".partial")
    partial.touch(mode=0o600)
    with pa.OSFile(str(partial), "wb") as sink, pa.ipc.new_file(sink, SUBJECTS_SCHEMA) as file:
        file.write_batch(subject_batch(rows))
    partial.replace(path)
