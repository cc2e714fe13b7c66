"""The package that an authority gets: built, listed, signed and sealed. Pure: no clock, no files.

`build` makes the files of a package from what was read and signs its certificate; `as_tar` makes
one tar of them, the same bytes for the same files; `package` seals that with age to the officer's
key alone. `read_tar` and `faults` are for whoever checks a package that was opened.

The certificate is signed over its own canonical form (RFC 8785: members sorted, no blanks,
UTF-8) without the member `signature`, with Ed25519 (RFC 8032).
"""

import csv
import hashlib
import io
import json
import tarfile
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from evenhand.base.errors import InputRefused
from evenhand.base.personal import reveal
from evenhand.base.sealing import age_seal
from evenhand.legal.ports import AccountFacts, CollectionTask, Connection, DataClass

Files = Mapping[str, bytes]

DATA_CSV, DATA_JSON, DICTIONARY = "data.csv", "data.json", "dictionary.csv"
README, CERTIFICATE, MANIFEST = "README.txt", "certificate.json", "manifest.sha256"

PACKAGE_ROWS_MAX = 200_000
"""Rows of one package: a hundred accounts used from two thousand addresses each; more is bulk."""

COLUMNS = {
    "account": "the messenger's own id of the account asked about",
    "class": "ip_address or phone_number; no other class can be in a package",
    "value": "the address (IPv4 or IPv6), or the number as ITU-T E.164 writes it",
    "port": "the source port of the connection; empty where the source keeps none",
    "seen_at_utc": "when the address was last seen in that session (RFC 3339); empty for phones",
    "purpose": "identify_only (Regulation (EU) 2023/1543 Art. 3(10)) or other; empty for phones",
    "note": "what must be known to read the row rightly",
}

SHARED = (
    "no source port recorded: the address alone may have been shared by many people at that time"
)

README_TEXT = """\
Package {number}
For: {authority}
Your reference: {reference}
Under: {law}
Collected: {collected_at} (UTC) from: {source}

data.csv, data.json    the data, twice the same; {accounts} account(s) asked about
dictionary.csv         what each column means
certificate.json       what was given to whom under what; signed (Ed25519)
manifest.sha256        SHA-256 of every other file; check with: sha256sum -c manifest.sha256

Every time is UTC. Import data.csv as text: spreadsheets take numbers with + for formulas.
An address without a source port may have been shared by many people at the same time (RFC 6269,
carrier-grade NAT): by itself it does not name anybody.
An empty answer for an account says that the source holds nothing of the class in the range asked
for; it does not say that nothing ever was. Addresses are kept for a limited time by the source.
"""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a package holds, in numbers: no personal data, fit for a record and for staff.

    accounts  how many were asked about
    unknown   of these, how many the messenger does not have
    ports     connections whose source port is known
    files     name to SHA-256 (hex) of the plain content
    """

    accounts: int
    unknown: int
    connections: int
    phones: int
    ports: int
    source: str
    collected_at: str
    files: Mapping[str, str]

    def as_json(self) -> dict[str, object]:
        """Gives the manifest as the disclosure's row keeps it."""
        return {
            "accounts": self.accounts,
            "unknown": self.unknown,
            "connections": self.connections,
            "phones": self.phones,
            "ports": self.ports,
            "source": self.source,
            "collected_at": self.collected_at,
            "files": dict(self.files),
        }


@dataclass(frozen=True, slots=True)
class Package:
    """A sealed package; `sha256` is of the sealed bytes, which is what an approver signs."""

    sealed: bytes
    sha256: bytes
    recipient: str
    manifest: Manifest


def package(
    task: CollectionTask, facts: Sequence[AccountFacts], *, key: SigningKey, now: datetime
) -> Package:
    """Gives the sealed package of what was read for a task."""
    files, manifest = build(task, facts, key=key, now=now)
    closed = age_seal(as_tar(files, at=now), to=task.recipient)
    return Package(closed, hashlib.sha256(closed).digest(), task.recipient, manifest)


def build(
    task: CollectionTask, facts: Sequence[AccountFacts], *, key: SigningKey, now: datetime
) -> tuple[Files, Manifest]:
    """Gives the files of a package and its manifest; what the task does not want is left out."""
    rows = [row for one in facts for row in _rows(one, task.want)]
    if len(rows) > PACKAGE_ROWS_MAX:
        raise InputRefused(what="package", why="too many rows", rows_max=PACKAGE_ROWS_MAX)
    source = "; ".join(sorted({one.source for one in facts})) or "nothing was asked"
    counts: dict[str, int] = {
        "accounts": len(facts),
        "unknown": sum(not one.known for one in facts),
        "connections": sum(row["class"] == "ip_address" for row in rows),
        "phones": sum(row["class"] == "phone_number" for row in rows),
        "ports": sum(bool(row["port"]) for row in rows),
    }
    files = {
        DATA_CSV: _csv(list(COLUMNS), [list(row.values()) for row in rows]),
        DATA_JSON: _pretty(_data(task, facts, rows, source)),
        DICTIONARY: _csv(["column", "meaning"], [list(pair) for pair in COLUMNS.items()]),
        README: README_TEXT.format(
            number=task.number,
            authority=_line(task.authority),
            reference=_line(task.reference) or "none given",
            law=_line(task.law),
            collected_at=_utc(now),
            source=source,
            accounts=len(facts),
        ).encode(),
    }
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    body = {**_head(task, source), "counts": counts, "issued_at": _utc(now), "files": hashes}
    files[CERTIFICATE] = certified(body, key=key)
    hashes = hashes | {CERTIFICATE: hashlib.sha256(files[CERTIFICATE]).hexdigest()}
    listed = "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes))
    files[MANIFEST] = listed.encode()
    return files, Manifest(**counts, source=source, collected_at=_utc(now), files=hashes)


def certified(body: Mapping[str, object], *, key: SigningKey) -> bytes:
    """Gives a certificate: its body and the signature over the body's canonical form."""
    signature = key.sign(_canonical(body)).signature
    mark = {
        "algorithm": "Ed25519",
        "key": bytes(key.verify_key).hex(),
        "value": b64encode(signature).decode(),
    }
    return _pretty({**body, "signature": mark})


def certificate_holds(content: bytes, *, key: VerifyKey) -> bool:
    """Tells whether a certificate was signed by this key and has not been changed."""
    try:
        body = json.loads(content)
        signature = b64decode(body.pop("signature")["value"], validate=True)
        key.verify(_canonical(body), signature)
    except (ValueError, KeyError, TypeError, AttributeError, NotBase64, CryptoError):
        return False
    return True


def as_tar(files: Files, *, at: datetime) -> bytes:
    """Gives one tar of the files: sorted by name, nobody's, of one moment."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(files[name]), 0o600, int(at.timestamp())
            archive.addfile(entry, io.BytesIO(files[name]))
    return buffer.getvalue()


def read_tar(content: bytes) -> Files:
    """Gives the files of an opened package."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            streams = {entry.name: archive.extractfile(entry) for entry in archive}
            return {name: stream.read() for name, stream in streams.items() if stream is not None}
    except tarfile.TarError as error:
        raise InputRefused(what="package", why="no tar") from error


def faults(files: Files, *, key: VerifyKey) -> tuple[str, ...]:
    """Gives what is wrong with an opened package; nothing where every hash and the mark hold."""
    found = []
    lines = files.get(MANIFEST, b"").decode(errors="replace").splitlines()
    listed = {name: value for value, _, name in (line.partition("  ") for line in lines)}
    for name in sorted((set(files) - {MANIFEST}) | set(listed)):
        content = files.get(name)
        if content is None:
            found.append(f"{name} is missing")
        elif listed.get(name) != hashlib.sha256(content).hexdigest():
            found.append(f"{name} is not what the manifest says")
    if not certificate_holds(files.get(CERTIFICATE, b""), key=key):
        found.append(f"{CERTIFICATE} was not signed by this desk, or was changed")
    return tuple(found)


def _rows(facts: AccountFacts, want: frozenset[DataClass]) -> list[dict[str, str]]:
    rows = []
    if DataClass.PHONE in want:
        rows += [_row(facts.account, "phone_number", reveal(one)) for one in facts.phones]
    if DataClass.CONNECTIONS in want:
        rows += [_connection(facts.account, one) for one in facts.connections]
    return rows


def _connection(account: str, one: Connection) -> dict[str, str]:
    return _row(
        account,
        "ip_address",
        reveal(one.address),
        port="" if one.port is None else str(one.port),
        seen_at=_utc(one.seen_at),
        purpose=one.purpose.value,
        note=SHARED if one.port is None else "",
    )


def _row(
    account: str,
    data_class: str,
    value: str,
    *,
    port: str = "",
    seen_at: str = "",
    purpose: str = "",
    note: str = "",
) -> dict[str, str]:
    values = (account, data_class, value, port, seen_at, purpose, note)
    return dict(zip(COLUMNS, values, strict=True))


def _head(task: CollectionTask, source: str) -> dict[str, object]:
    """Gives what names a package, in its data and its certificate alike."""
    return {
        "package": str(task.disclosure),
        "number": task.number,
        "reference": task.reference,
        "authority": task.authority,
        "country": task.country,
        "law": task.law,
        "purpose": task.purpose.value,
        "classes": sorted(one.value for one in task.want),
        "since": _utc(task.since),
        "until": _utc(task.until),
        "recipient": task.recipient,
        "source": source,
    }


def _data(
    task: CollectionTask,
    facts: Sequence[AccountFacts],
    rows: Sequence[Mapping[str, str]],
    source: str,
) -> dict[str, object]:
    accounts = [
        {
            "account": one.account,
            "known": one.known,
            "read_at_utc": _utc(one.read_at),
            "rows": [
                {name: value for name, value in row.items() if name != "account"}
                for row in rows
                if row["account"] == one.account
            ],
        }
        for one in facts
    ]
    return {**_head(task, source), "accounts": accounts}


def _csv(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Gives RFC 4180: every field quoted, CRLF."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def _canonical(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _pretty(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False).encode() + b"\n"


def _line(text: str) -> str:
    """Gives a text as one line: what an authority writes cannot add lines of its own."""
    return " ".join(text.split())


def _utc(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
