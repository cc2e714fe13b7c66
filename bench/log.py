"""How fast committed records become leaves: from rows in PostgreSQL to tiles on disk for good.

Each size is a log of its own database: its records are committed first, then they all enter. The
timed part is the appender's own code: reading settled rows, two salted commitments of each, the
shuffle, tree and bundles, every file and folder synced, the row of each batch, the signed head.
Beside it, in the same run: SHA-256 over the same bytes of each record, written to one file and
synced once a batch, without salts, tree, database or signature.
"""

import os
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

SIZES = (10_000, 100_000)
FILLED_AT_ONCE = 100_000

FILL = """
INSERT INTO records_record (id, at, day, kind, subject, harm, action, market, automation, source,
                            language, channel_kind, milliseconds, quantity)
SELECT (lpad(to_hex(number), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid,
       %(now)s, %(day)s,
       (ARRAY['decision', 'effect_confirmed', 'statement_delivered'])[1 + number %% 3],
       gen_random_uuid(), 'm.spam', 'redact',
       (ARRAY['DE', 'FR', 'KZ', 'ZZ', 'RU'])[1 + number %% 5], 'full', 'own', 'de', 'public',
       number %% 900, 1
FROM generate_series(%(first)s, %(last)s) AS number
"""
OPENINGS = """
INSERT INTO records_recordopening (record_id, body, salt)
SELECT (lpad(to_hex(number), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid,
       jsonb_build_object('ground', 'terms', 'rule', 'drugs_sale_offer', 'rule_version', '1',
                          'case', '', 'severity', 3, 'exact', false,
                          'actions', jsonb_build_array('redact')),
       sha256(number::text::bytea)
FROM generate_series(%(first)s, %(last)s) AS number
"""


def run(sizes: Sequence[int] = SIZES) -> dict[str, object]:
    """Gives the figures; leaves nothing behind."""
    from processes import database

    with tempfile.TemporaryDirectory(prefix="evenhand-bench-") as folder, database(Path(folder)):
        return {"figures": _figures(Path(folder), sizes)}


def _figures(home: Path, sizes: Sequence[int]) -> list[dict[str, object]]:
    filled, figures = 0, []
    for size in sorted(sizes):
        _fill(filled + 1, filled + size)
        filled += size
        rate = _rate(home / "log", size)
        bare = _bare_rate(home / "bare", size)
        figures.append(_figure(f"leaves_per_s_{size}", rate, bare))
    return [{**figures[-1], "figure": "leaves_per_s"}, *figures]


def _figure(name: str, value: float, bare: float) -> dict[str, object]:
    return {
        "figure": name,
        "value": round(value),
        "unit": "leaves/s",
        "cores": os.cpu_count(),
        "against": "SHA-256 of the same bytes, written and synced",
        "against_value": round(bare),
        "ratio": round(value / bare, 3),
    }


def _fill(first: int, last: int) -> None:
    from django.db import connection, transaction

    now = datetime.now(UTC)
    for begin in range(first, last + 1, FILLED_AT_ONCE):
        end = min(last, begin + FILLED_AT_ONCE - 1)
        with transaction.atomic(), connection.cursor() as cursor:
            values = {"first": begin, "last": end, "now": now, "day": now.date()}
            cursor.execute(FILL, values)
            cursor.execute(OPENINGS, values)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE records_record")
        cursor.execute("ANALYZE records_recordopening")


def _rate(folder: Path, size: int) -> float:
    from evenhand.proof.notes import Signer
    from evenhand.records.log_steps import Log, append_records

    log = Log(folder, Signer("bench.example/log", bytes(32)), "bench.example/log")
    begin = time.perf_counter()
    append_records(log, now=datetime.now(UTC))
    return size / (time.perf_counter() - begin)


def _bare_rate(folder: Path, size: int) -> float:
    """Gives how fast hashing and writing alone is, for records of the same length."""
    from evenhand.records.log_steps import RECORDS_MAX

    content = os.urandom(900)
    begin = time.perf_counter()
    with folder.open("wb") as file:
        for first in range(0, size, RECORDS_MAX):
            for _ in range(min(RECORDS_MAX, size - first)):
                file.write(sha256(content).digest())
            file.flush()
            os.fsync(file.fileno())
    return size / (time.perf_counter() - begin)
