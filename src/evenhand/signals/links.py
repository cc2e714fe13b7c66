"""Finds links in columns of text, and looks their hosts up in the domain lists.

A link is a host with `://` before it, or a host that ends in a known top level domain.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.base.kernel import U, borrowing_kernel, inlined
from evenhand.base.limits import URLS_PER_EVENT_MAX
from evenhand.events.normalise import normalise
from evenhand.events.text_column import DOT, Bytes, Offsets, TextColumn, arrow_text, decode
from evenhand.events.unicode_tables import (
    CARRIES,
    IN_WORD,
    SCRIPT_SHIFT,
    UnicodeTables,
    entry_of,
    unicode_tables,
)
from evenhand.signals.arrow import sizes_of
from evenhand.signals.domains import (
    LISTED,
    LISTED_PATH,
    MESSENGER,
    SEEDS,
    SHORTENER,
    HostTable,
    top_level_domains,
)
from evenhand.signals.hashing import Hashes, add_byte, mix, start_hash
from evenhand.signals.refang import refang
from evenhand.signals.table import Values
from evenhand.signals.views import Views

BEYOND_ASCII, LOOKALIKE = 1, 2
"""How a host is written, as bits."""

_DOT, _DASH, _LOW_LINE, _AT, _SLASH, _COLON, _X, _N = b".-_@/:xn"
_NO_LINK, _BARE, _ADDRESSED = 0, 1, 2
_GOES_ON = re.compile(r"[.:]?[\w-]")
"""How the name at the end of a listed path goes on: `x.example.org` is not `x.example`."""

_SEED, _CHECK_SEED = U(SEEDS[0]), U(SEEDS[1])
_HOST_TAIL = np.dtype(
    [
        ("row", np.int32),
        ("start", np.int64),
        ("end", np.int64),
        ("kinds", np.uint8),
        ("writing", np.uint8),
        ("list", np.uint16),
    ]
)
"""One link: its row, where its host starts and ends, what the host is, how it is written, and
which list names it."""

Links = NDArray[np.void]


@inlined
def _host_bits(
    code: np.uint64, pages: NDArray[np.uint16], entries: NDArray[np.uint64]
) -> np.uint64:
    """Gives 0 if a character cannot stand in a host, else 8 and the bit of its script."""
    if code in (_DOT, _DASH, _LOW_LINE):
        return U(8)
    entry = entry_of(code, pages, entries)
    if entry & U(IN_WORD | CARRIES):
        return U(8) | entry >> U(SCRIPT_SHIFT)
    return U(0)


@borrowing_kernel
def _host_end(
    source: Bytes, position: np.uint64, end: np.uint64, tables: UnicodeTables
) -> tuple[np.uint64, int, int]:
    """Gives where a run of host characters ends, its dots, and how it is written.

    Stays inside: valid UTF-8 ends with its row.
    """
    pages, entries, _, _, _ = tables
    dots = writing = 0
    scripts = U(0)
    while position < end:
        code, length = decode(source, position)
        bits = _host_bits(code, pages, entries)
        if bits == U(0):
            break
        if code == _DOT:
            dots += 1
            scripts = U(0)
        scripts |= bits & U(7)
        if scripts & (scripts - U(1)):
            writing |= LOOKALIKE
        if code >= U(128):
            writing |= BEYOND_ASCII
        position += length
    return position, dots, writing


@inlined
def _probe(first: np.uint64, second: np.uint64, keys: Hashes, checks: Hashes) -> np.int64:
    """Gives the slot of a host in the table, or -1. Stays inside: slots wrap around."""
    mask = U(keys.shape[0] - 1)
    slot = first >> U(20) & mask
    while keys[slot] != U(0):
        if keys[slot] == first and checks[slot] == second:
            return np.int64(slot)
        slot = (slot + U(1)) & mask
    return np.int64(-1)


@inlined
def _holds(table: Hashes, value: np.uint64) -> bool:
    """Tells whether a set of hashes holds one. Stays inside: slots wrap around."""
    mask = U(table.shape[0] - 1)
    slot = value >> U(20) & mask
    while table[slot] != U(0):
        if table[slot] == value:
            return True
        slot = (slot + U(1)) & mask
    return False


@borrowing_kernel
def _judge_host(
    source: Bytes,
    start: np.uint64,
    end: np.uint64,
    needs_ending: bool,
    endings: Hashes,
    keys: Hashes,
    checks: Hashes,
    kinds: NDArray[np.uint8],
    lists: NDArray[np.uint16],
) -> tuple[bool, int, int]:
    """Tells whether a run is a host, what it or a parent of it is, and which list names it.

    Stays inside: it walks from `end` back to `start`.
    """
    first, second = start_hash(_SEED), start_hash(_CHECK_SEED)
    position = end
    labels = kind = 0
    owner = 0
    while position > start:
        position -= U(1)
        byte = U(source[position])
        if byte == _DOT:
            if position + U(1) < end and source[position + U(1)] == _DOT:
                return False, 0, 0
            if labels == 0 and needs_ending and not _holds(endings, mix(first) | U(1)):
                return False, 0, 0
            slot = _probe(mix(first) | U(1), mix(second) | U(1), keys, checks)
            if slot >= 0 and labels > 0:
                kind |= kinds[slot]
                owner = lists[slot] if kinds[slot] & LISTED else owner
            labels += 1
        first = add_byte(first, byte)
        second = add_byte(second, byte)
    slot = _probe(mix(first) | U(1), mix(second) | U(1), keys, checks)
    if slot >= 0 and labels > 0:
        kind |= kinds[slot]
        owner = lists[slot] if kinds[slot] & LISTED else owner
    return labels > 0, kind, owner


@borrowing_kernel
def _in_address(source: Bytes, row_start: np.uint64, at: np.uint64) -> bool:
    """Tells whether `at` follows the user part of an address: `https://name@`.

    Stays inside: it walks back to the start of the row.
    """
    while at > row_start:
        at -= U(1)
        byte = source[at]
        if byte == 32:
            return False
        if byte == _SLASH:
            return bool(at >= row_start + U(2) and source[at - U(2)] == _COLON)
    return False


@borrowing_kernel
def _standing(source: Bytes, row_start: np.uint64, start: np.uint64) -> int:
    """Tells what a host at `start` is by what stands before it. Stays inside the row."""
    before = source[start - U(1)] if start > row_start else 32
    if before == _AT:
        return _ADDRESSED if _in_address(source, row_start, start) else _NO_LINK
    if before != _SLASH:
        return _BARE
    if start < row_start + U(3) or source[start - U(2)] != _SLASH:
        return _NO_LINK
    return _ADDRESSED if source[start - U(3)] == _COLON else _NO_LINK


@borrowing_kernel
def _host_start(
    source: Bytes, row_start: np.uint64, dot: np.uint64, tables: UnicodeTables
) -> np.uint64:
    """Gives where the run of host characters begins that has a dot at `dot`.

    Stays inside: it walks back to the start of the row at most, character by character.
    """
    pages, entries, _, _, _ = tables
    start = dot
    while start > row_start:
        before = start - U(1)
        while before > row_start and source[before] & 0xC0 == 0x80:
            before -= U(1)
        code, _ = decode(source, before)
        if _host_bits(code, pages, entries) == U(0):
            break
        start = before
    while start < dot and source[start] == _DOT:
        start += U(1)
    return start


@inlined
def _joins(source: Bytes, dot: np.uint64, row_start: np.uint64, end: np.uint64) -> bool:
    """Tells whether a dot stands between characters that a host may have: most end sentences.

    Stays inside: it asks for room on both sides first.
    """
    if dot == row_start or dot + U(1) >= end:
        return False
    after, before = source[dot + U(1)], source[dot - U(1)]
    return bool(after > 44 and before > 44 and after != _SLASH)


@borrowing_kernel
def _holds_punycode(source: Bytes, start: np.uint64, end: np.uint64) -> bool:
    """Tells whether a host has a label written xn--…; stays inside: it asks for four bytes."""
    while start + U(4) <= end:
        dashes = source[start + U(2)] == _DASH and source[start + U(3)] == _DASH
        if dashes and source[start] == _X and source[start + U(1)] == _N:
            return True
        start += U(1)
    return False


@borrowing_kernel
def _find_links(
    source: Bytes,
    starts: Offsets,
    signs: Bytes,
    tables: UnicodeTables,
    endings: Hashes,
    keys: Hashes,
    checks: Hashes,
    kinds: NDArray[np.uint8],
    lists: NDArray[np.uint16],
    counts: NDArray[np.int32],
    links: Links,
) -> int:
    """Writes down the links of every row, up to URLS_PER_EVENT_MAX, and counts them all.

    Stays inside: a link has a dot of its own, and `links` has room for every dot.
    """
    found = 0
    for row in range(starts.shape[0] - 1):
        if not signs[row] & DOT:
            continue
        row_start = position = U(starts[row])
        end = U(starts[row + 1]) - U(1)
        while position < end:
            if source[position] != _DOT or not _joins(source, position, row_start, end):
                position += U(1)
                continue
            start = _host_start(source, row_start, position, tables)
            position, dots, writing = _host_end(source, start, end, tables)
            stop = position
            while dots > 0 and (source[stop - U(1)] == _DOT or source[stop - U(1)] == _DASH):
                dots -= source[stop - U(1)] == _DOT
                stop -= U(1)
            standing = _standing(source, row_start, start)
            followed = position < end and source[position] == _AT
            if dots <= 0 or followed or standing == _NO_LINK:
                continue
            is_host, kind, owner = _judge_host(
                source, start, stop, standing == _BARE, endings, keys, checks, kinds, lists
            )
            if not is_host:
                continue
            if _holds_punycode(source, start, stop):
                writing |= BEYOND_ASCII
            counts[row] += 1
            if counts[row] <= URLS_PER_EVENT_MAX:
                link = links[found]
                link["row"] = row
                link["start"] = start
                link["end"] = stop
                link["kinds"] = kind
                link["writing"] = writing
                link["list"] = owner
                found += 1
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the links of one column are, per row."""

    count: NDArray[np.int32]
    kinds: NDArray[np.uint8]
    writing: NDArray[np.uint8]
    listed: NDArray[np.int32]
    first_list: NDArray[np.int32]  # number of the list that was hit first; -1 if none

    @staticmethod
    def nothing(rows: int) -> "_Seen":
        return _Seen(
            np.zeros(rows, np.int32),
            np.zeros(rows, np.uint8),
            np.zeros(rows, np.uint8),
            np.zeros(rows, np.int32),
            np.full(rows, -1, np.int32),
        )

    def take_in(self, other: "_Seen", rows: NDArray[np.int32], *, add: bool) -> None:
        """Adds what another column says of some rows, or keeps the larger of both."""
        join = np.add if add else np.maximum
        self.count[rows] = join(self.count[rows], other.count)
        self.listed[rows] = join(self.listed[rows], other.listed)
        self.kinds[rows] |= other.kinds
        self.writing[rows] |= other.writing
        self.first_list[rows] = np.where(
            self.first_list[rows] < 0, other.first_list, self.first_list[rows]
        )


class LinkFinder:
    """Finds links and knows what their hosts are."""

    def __init__(self, hosts: HostTable) -> None:
        self._hosts = hosts
        self._endings = top_level_domains()

    def columns(self, batch: pa.RecordBatch, views: Views) -> Mapping[str, Values]:
        """Gives the columns that speak of links; NULL where the text may not be read."""
        seen = self._seen(views.normalised)
        disguised = np.zeros(batch.num_rows, np.bool_)
        refanged, rows = refang(views.normalised)
        if len(rows):
            plain = self._seen(refanged)
            disguised[rows] = plain.count > 0
            seen.take_in(plain, rows, add=False)
        # Whoever writes "bаnk.com" with a Cyrillic letter means bank.com; it is looked up, but
        # not counted again.
        if len(views.undisguised.rows):
            undisguised = self._seen(views.undisguised.column)
            undisguised.count[:] = 0
            seen.take_in(undisguised, views.undisguised.rows, add=False)
        self._take_in_urls(batch, views, seen)
        known = views.may_read
        return {
            "link_count": Values(seen.count, known),
            "has_link": Values(seen.count > 0, known),
            "has_invite": Values(seen.kinds & MESSENGER != 0, known),
            "shortener": Values(seen.kinds & SHORTENER != 0, known),
            "punycode_link": Values(seen.writing & BEYOND_ASCII != 0, known),
            "disguised_link": Values(disguised, known),
            "lookalike_host": Values(seen.writing & LOOKALIKE != 0, known),
            "domain_listed": Values(seen.listed, known),
            "domain_exact_list": Values(
                np.maximum(seen.first_list, 0),
                known & (seen.first_list >= 0),
                self._hosts.names or ("",),
            ),
        }

    def _take_in_urls(self, batch: pa.RecordBatch, views: Views, seen: _Seen) -> None:
        """Looks at the links that the messenger marked up apart from the text."""
        marked = sizes_of(batch["urls"]) > 0
        rows = np.flatnonzero(marked & views.may_read).astype(np.int32)
        if not len(rows):
            return
        lists = batch["urls"].take(pa.array(rows))
        first = pc.list_slice(lists, 0, URLS_PER_EVENT_MAX, return_fixed_size_list=False)
        lines = pc.binary_join(
            pa.ListArray.from_arrays(first.offsets, pc.fill_null(first.values, "")), " "
        )
        column = normalise(*arrow_text(pc.fill_null(lines, "")), tables=unicode_tables())
        seen.take_in(self._seen(column), rows, add=True)

    def _seen(self, column: TextColumn) -> _Seen:
        seen = _Seen.nothing(len(column))
        hosts = self._hosts
        dots = int(np.count_nonzero(column.buffer == _DOT))
        if not dots:  # no host without one
            return seen
        links = np.empty(dots, _HOST_TAIL)
        found = _find_links(
            column.buffer,
            column.offsets,
            column.signs,
            unicode_tables(),
            self._endings,
            hosts.keys,
            hosts.checks,
            hosts.kinds,
            hosts.lists,
            seen.count,
            links,
        )
        if not found:
            return seen
        links = links[:found]
        rows = links["row"]
        np.bitwise_or.at(seen.kinds, rows, links["kinds"])
        np.bitwise_or.at(seen.writing, rows, links["writing"])
        owner = np.where(links["kinds"] & LISTED != 0, links["list"].astype(np.int32), -1)
        for k in np.flatnonzero((links["kinds"] & LISTED_PATH != 0) & (owner < 0)):
            owner[k] = self._path_list(column, links[k])
        hits = owner >= 0
        np.add.at(seen.listed, rows[hits], 1)
        seen.first_list[rows[hits][::-1]] = owner[hits][::-1]
        return seen

    def _path_list(self, column: TextColumn, link: np.void) -> int:
        """Gives the list that names the path of a link to a shared host, or -1.

        Asked only for links to hosts of which some path is listed.
        """
        row_end = column.offsets[link["row"] + 1] - 1
        host = column.buffer[link["start"] : link["end"]].tobytes().decode()
        rest = column.buffer[link["end"] : row_end].tobytes().decode().split(" ", 1)[0]
        path = rest[rest.find("/") :] if "/" in rest else ""
        labels = host.split(".")
        for k in range(len(labels) - 1):
            for listed, number in self._hosts.paths.get(".".join(labels[k:]), ()):
                if path.startswith(listed) and not _GOES_ON.match(path, len(listed)):
                    return number
        return -1
