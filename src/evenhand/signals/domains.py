"""Domain lists: which hosts, and which paths of shared hosts, are known to do harm.

A host on a list counts with everything below it. A shared host (t.me, github.io, …) counts only
with a path, however the list is written: a list that names t.me must not block all of Telegram.

Formats: one entry a line (host, host/path or a full address; `#` and `!` start comments), hosts
files (`0.0.0.0 host`), and JSON: a list of entries, or an object with `domains` or `deny`, and
`allow` for hosts that this list treats as shared.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evenhand.base.cache import Arrays, cached_arrays, cached_bytes
from evenhand.base.errors import Misconfigured
from evenhand.events.normalise import normalise_text
from evenhand.signals.hashing import Hashes, hashes_of, joined
from evenhand.signals.limits import DOMAIN_FILE_BYTES_MAX

SHORTENER, MESSENGER, LISTED, LISTED_PATH = 1, 2, 4, 8
"""What a host is, as bits."""

_ENTRY = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?(?:\*\.|\|\|)?([^/\s:?#^]+)(?::\d+)?([/?#][^\s^]*)?\^?"
)
_HOSTS_FILE = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+(\S+)")
_HOST = re.compile(r"(?=.{4,253}$)[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+")
HOST_CHARACTERS_MAX = 253
_PLAIN_HOST = re.compile(r"[a-z0-9]{2,63}(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\.[a-z]{2,63}")
"""A host as most lists write it, which no normalising changes and no other form looks like."""

_SHIPPED = ("shared_hosts.txt", "shorteners.txt", "messengers.txt")
_REMARK = re.compile(r"(?<!/)#")
"""What begins a remark; after a slash it belongs to a path, as in matrix.to/#/…"""

_TABLE_FORMAT = 3
"""Raised whenever lines are read, hosts spelled or hashed in another way than before."""

SEEDS = (0x243F6A8885A308D3, 0x13198A2E03707344)


@dataclass(frozen=True, slots=True)
class Entry:
    """A host, and the path below it; an empty path is the whole host."""

    host: str
    path: str


@dataclass(frozen=True, slots=True)
class DomainList:
    """One list, with the number of lines that are no entries and were passed over."""

    name: str
    entries: tuple[Entry, ...]
    passed_over: int


def entry_of(line: str) -> Entry | None:
    """Gives what a line names, in the form in which texts are searched; None if it is no host."""
    if len(line) <= HOST_CHARACTERS_MAX and _PLAIN_HOST.fullmatch(line):
        return Entry(line, "")  # nearly all lines of nearly all lists
    found = _ENTRY.fullmatch(normalise_text(line.strip()))
    if found is None:
        return None
    host, path = found.group(1).strip("."), found.group(2) or ""
    if not _HOST.fullmatch(host):
        return None
    return Entry(host, path.rstrip("/") if path != "/" else "")


def read_domain_list(path: Path) -> DomainList:
    """Gives the list in a file, called by the file's name without its suffix."""
    return _parsed(path, _content(path))


def _content(path: Path) -> bytes:
    if path.stat().st_size > DOMAIN_FILE_BYTES_MAX:
        raise Misconfigured(list=path.stem, why=f"over {DOMAIN_FILE_BYTES_MAX} bytes")
    return path.read_bytes()


def _parsed(path: Path, content: bytes) -> DomainList:
    text = content.decode(errors="replace")
    if path.suffix == ".json":
        return _from_json(text, name=path.stem)
    return _gathered(path.stem, _lines(text), shared=frozenset())


def _lines(content: str) -> Iterator[str]:
    for line in content.splitlines():
        if _PLAIN_HOST.fullmatch(line):
            yield line
            continue
        bare = _REMARK.split(line, 1)[0].strip() if not line.startswith("!") else ""
        if bare:
            found = _HOSTS_FILE.match(bare)
            yield found.group(1) if found else bare


def _from_json(content: str, *, name: str) -> DomainList:
    try:
        stored = json.loads(content)
    except ValueError as error:
        raise Misconfigured(list=name, why=f"no JSON: {error}") from error
    allowed: Sequence[object] = ()
    if isinstance(stored, dict):
        allowed = stored.get("allow", ())
        stored = stored.get("domains", stored.get("deny"))
    if not isinstance(stored, list):
        raise Misconfigured(list=name, why="JSON without a list under `domains` or `deny`")
    shared = frozenset(str(host).removeprefix("*.") for host in allowed)
    return _gathered(name, (str(item) for item in stored), shared=shared)


def _gathered(name: str, lines: Iterable[str], *, shared: frozenset[str]) -> DomainList:
    entries, passed_over = [], 0
    only_with_path = shared | shared_hosts()
    for line in lines:
        entry = entry_of(line)
        if entry is None or (not entry.path and entry.host in only_with_path):
            passed_over += 1
        else:
            entries.append(entry)
    return DomainList(name, tuple(dict.fromkeys(entries)), passed_over)


@cache
def shared_hosts() -> frozenset[str]:
    """Gives the hosts that everybody uses: our own list, and the public suffix list."""
    return frozenset(_shipped("shared_hosts.txt")) | public_suffixes()


@cache
def public_suffixes() -> frozenset[str]:
    """Gives the public suffixes, with those where people register pages of their own."""
    name = f"suffixes-{version('tldextract')}.txt"
    return frozenset(cached_bytes(name, _read_suffixes).decode().split())


def _read_suffixes() -> bytes:
    from tldextract import TLDExtract

    extract = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
    suffixes = sorted({suffix.removeprefix("*.") for suffix in extract.tlds})
    return "\n".join(suffixes).encode()


@cache
def top_level_domains() -> Hashes:
    """Gives the hashes of the last parts of all public suffixes, as a table for kernels."""
    ends = sorted({suffix.rsplit(".", 1)[-1] for suffix in public_suffixes()})
    return hash_set(_hashes(ends)[0])


def _shipped(name: str) -> list[str]:
    return list(_lines(_shipped_bytes(name).decode()))


def _shipped_bytes(name: str) -> bytes:
    return files("evenhand.signals").joinpath("lists", name).read_bytes()


def _hashes(words: Sequence[str]) -> tuple[Hashes, Hashes]:
    """Gives two independent hashes of each word, as the kernels compute them: from its end."""
    source, starts = joined([word.encode()[::-1] for word in words])
    first, second = (hashes_of(source, starts, seed=seed) for seed in SEEDS)
    return first, second


def hash_set(hashes: Hashes) -> Hashes:
    """Gives a table of hashes with open addressing, at most half full; 0 is an empty slot."""
    table = np.zeros(1 << max(4, (2 * len(hashes)).bit_length()), np.uint64)
    slots = (hashes >> np.uint64(20)) & np.uint64(len(table) - 1)
    for value, start in zip(hashes.tolist(), slots.tolist(), strict=True):
        slot = start
        while table[slot] not in (0, value):
            slot = (slot + 1) % len(table)
        table[slot] = value
    return table


@dataclass(frozen=True, slots=True)
class HostTable:
    """What is known of hosts, as arrays that a kernel searches.

    keys    hashes of hosts, open addressing; 0 is an empty slot
    checks  a second hash of each, so that no two hosts are taken for each other
    kinds   bits: SHORTENER, MESSENGER, LISTED, LISTED_PATH
    lists   which list names the host, by its place in `names`
    paths   per shared host its listed paths, each with its list; asked only on a hit
    passed_over  per list how many of its lines name no host, or a shared one without a path
    """

    keys: Hashes
    checks: Hashes
    kinds: NDArray[np.uint8]
    lists: NDArray[np.uint16]
    names: tuple[str, ...]
    paths: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)


def host_table(lists: Sequence[DomainList]) -> HostTable:
    """Gives the table of all lists together; the first list that names a host owns it."""
    kinds: dict[str, int] = {}
    owner: dict[str, int] = {}
    paths: dict[str, list[tuple[str, int]]] = {}
    for kind, file in ((SHORTENER, "shorteners.txt"), (MESSENGER, "messengers.txt")):
        for host in _shipped(file):
            kinds[host] = kinds.get(host, 0) | kind
    for number, one in enumerate(lists):
        for entry in one.entries:
            for host in _spellings(entry.host):
                owner.setdefault(host, number)
                kinds[host] = kinds.get(host, 0) | (LISTED_PATH if entry.path else LISTED)
                if entry.path:
                    paths.setdefault(host, []).append((entry.path, number))
    names = tuple(one.name for one in lists)
    passed_over = {one.name: one.passed_over for one in lists if one.passed_over}
    return replace(_filled(kinds, owner, names, paths), passed_over=passed_over)


def _spellings(host: str) -> Iterator[str]:
    """Gives a host as it is listed, and in the other spelling of its name (xn--… or letters)."""
    yield host
    if host.isascii() and "xn--" not in host:
        return
    try:
        other = host.encode("ascii").decode("idna")
    except UnicodeError:
        try:
            other = host.encode("idna").decode("ascii")
        except UnicodeError:
            return
    if other != host:
        yield normalise_text(other)


def _filled(
    kinds: dict[str, int],
    owner: dict[str, int],
    names: tuple[str, ...],
    paths: dict[str, list[tuple[str, int]]],
) -> HostTable:
    hosts = list(kinds)
    first, second = _hashes(hosts)
    size = 1 << max(6, (2 * len(hosts)).bit_length())
    table = HostTable(
        np.zeros(size, np.uint64),
        np.zeros(size, np.uint64),
        np.zeros(size, np.uint8),
        np.zeros(size, np.uint16),
        names,
        paths,
    )
    slots = ((first >> np.uint64(20)) & np.uint64(size - 1)).tolist()
    for k, host in enumerate(hosts):
        slot = slots[k]
        while table.keys[slot]:
            slot = (slot + 1) % size
        table.keys[slot] = first[k]
        table.checks[slot] = second[k]
        table.kinds[slot] = kinds[host]
        table.lists[slot] = owner.get(host, 0)
    return table


def read_host_table(paths: Sequence[Path], *, folder: Path | None = None) -> HostTable:
    """Gives the table of the lists in these files, made once for each content of theirs.

    A million hosts take minutes to enter and less than a second to read from the cache on disk.
    """
    contents = [_content(path) for path in paths]
    made_of = [str(_TABLE_FORMAT), unicodedata.unidata_version, version("tldextract")]
    made_of += [path.name for path in paths]
    digest = hashlib.sha256("\n".join(made_of).encode())
    for content in (*contents, *(_shipped_bytes(name) for name in _SHIPPED)):
        digest.update(hashlib.sha256(content).digest())
    return _unpacked(
        cached_arrays(
            f"hosts-{digest.hexdigest()[:40]}",
            lambda: _packed(
                host_table([_parsed(*one) for one in zip(paths, contents, strict=True)])
            ),
            folder=folder,
        )
    )


def _packed(table: HostTable) -> Arrays:
    rest = json.dumps([table.names, table.paths, table.passed_over]).encode()
    return {
        "keys": table.keys,
        "checks": table.checks,
        "kinds": table.kinds,
        "lists": table.lists,
        "rest": np.frombuffer(rest, np.uint8),
    }


def _unpacked(arrays: Arrays) -> HostTable:
    names, paths, passed_over = json.loads(arrays["rest"].tobytes())
    return HostTable(
        arrays["keys"].astype(np.uint64, copy=False),
        arrays["checks"].astype(np.uint64, copy=False),
        arrays["kinds"].astype(np.uint8, copy=False),
        arrays["lists"].astype(np.uint16, copy=False),
        tuple(names),
        {host: [(path, number) for path, number in listed] for host, listed in paths.items()},
        passed_over,
    )
