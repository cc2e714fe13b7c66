"""How long a day's report takes, computed from its records alone, and what history adds to it.

For each size a day of so many actions is filled as the product writes them: a decision each, an
effect and a statement of reasons for those that the messenger has to carry out, with openings.
Then the day is counted and protected, as for publication. Beside it, in the same run: one
`count(*)` over the same rows. The leaves that a publication puts into the log are timed apart.

EVENHAND_BENCH_ACTIONS   sizes, by commas; 10000,100000 unless set
EVENHAND_BENCH_HISTORY   actions of earlier days to put beside the largest day; 0 unless set
EVENHAND_BENCH_LEAVES    largest size of which the leaves are made too; 100000 unless set
EVENHAND_BENCH_FOLDER    where to work; a temporary folder unless set
"""

import os
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

FIRST_DAY = date(2026, 1, 1)
FILLED_AT_ONCE = 500_000

# One action in seven is done at the messenger and told; the rest is refused at the door. Some
# harms and countries are frequent and others rare, as they are; all combinations occur.
RECORDS = """
INSERT INTO records_record (id, at, day, kind, subject, harm, action, market, automation, source,
                            language, channel_kind, milliseconds, quantity)
SELECT {id}, %(at)s + number * interval '1 ms', %(day)s, '{kind}', {subject},
       (ARRAY['m.spam', 'm.spam.fraud', 'm.spam.fake_account', 'm.harassment', 'm.violence',
              'm.tos.prohibited.drugs', 'm.spam.flooding'])[1 + floor(7 * share ^ 2)::int],
       {action},
       (ARRAY['DE','FR','KZ','ZZ','RU','IN','IT','ES','PL','NL','BE','AT','US','GB','BR','TR',
              'UZ','KG','CH','SE'])[1 + floor(20 * second ^ 3)::int],
       (ARRAY['full', 'full', 'full', 'full', 'partial', 'none'])[1 + mod(hash / 140, 6)],
       (ARRAY['own', 'own', 'own', 'user', 'trusted_flagger'])[1 + mod(hash / 840, 5)],
       (ARRAY['de', 'en', 'fr', 'ru', 'kk'])[1 + mod(hash / 4200, 5)],
       'public', {milliseconds}, 1
FROM (SELECT number, abs(hashint8(number)::bigint) AS hash,
             mod(abs(hashint8(number)::bigint), 9973) / 9973.0::float8 AS share,
             mod(abs(hashint8(number)::bigint), 9931) / 9931.0::float8 AS second
      FROM generate_series(%(first)s, %(last)s) AS number) AS numbers
WHERE {only}
"""
ID = "(lpad(to_hex(number), 8, '0') || '-000{0}-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid"
KINDS = (
    {
        "kind": "decision",
        "id": ID.format(0),
        "subject": ID.format(0),
        "action": "(ARRAY['redact', 'refuse', 'refuse', 'refuse', 'refuse', 'hold', 'suspend'])"
        "[1 + mod(number, 7)]",
        "milliseconds": "1 + mod(hash, 40)",
        "only": "true",
    },
    {
        "kind": "effect_confirmed",
        "id": ID.format(1),
        "subject": ID.format(0),
        "action": "'redact'",
        "milliseconds": "150 + mod(hash, 5000)",
        "only": "mod(number, 7) = 0",
    },
    {
        "kind": "statement_delivered",
        "id": ID.format(2),
        "subject": ID.format(0),
        "action": "''",
        "milliseconds": "300 + mod(hash, 9000)",
        "only": "mod(number, 7) = 0",
    },
)
OPENINGS = """
INSERT INTO records_recordopening (record_id, body, salt)
SELECT id, jsonb_build_object('ground', 'rule', 'rule', 'drugs_sale_offer', 'rule_version', '1',
                              'severity', 3, 'exact', false,
                              'actions', jsonb_build_array(action)),
       sha256(id::text::bytea)
FROM records_record WHERE day = %(day)s
"""


def run() -> dict[str, object]:
    """Gives the figures; leaves nothing behind."""
    sizes = [
        int(one) for one in os.environ.get("EVENHAND_BENCH_ACTIONS", "10000,100000").split(",")
    ]
    from processes import database

    with (
        tempfile.TemporaryDirectory(
            prefix="evenhand-bench-", dir=os.environ.get("EVENHAND_BENCH_FOLDER")
        ) as folder,
        database(Path(folder)),
    ):
        return {"figures": list(_figures(Path(folder), sorted(sizes)))}


def _figures(home: Path, sizes: Sequence[int]) -> Iterator[dict[str, object]]:
    filled = 0
    leaves_max = int(os.environ.get("EVENHAND_BENCH_LEAVES", "100000"))
    for number, size in enumerate(sizes):
        day = FIRST_DAY + timedelta(days=100 + number)
        began = time.perf_counter()
        _fill(home, day, filled + 1, filled + size)
        filled += size
        yield _figure(f"fill_s_{size}", time.perf_counter() - began)
        yield from _report(day, size, _name(size))
        if size <= leaves_max:
            yield _leaves(home, day, size)
    history = int(os.environ.get("EVENHAND_BENCH_HISTORY", "0"))
    if history:
        for ago in range(10):
            part = history // 10
            _fill(home, FIRST_DAY + timedelta(days=ago), filled + 1, filled + part)
            filled += part
        last = FIRST_DAY + timedelta(days=100 + len(sizes) - 1)
        yield from _report(last, sizes[-1], f"{_name(sizes[-1])}_beside_{_name(history)}")


def _name(size: int) -> str:
    return f"{size // 1_000_000}m" if size >= 1_000_000 else str(size)


def _fill(home: Path, day: date, first: int, last: int) -> None:
    import psycopg
    from django.db import connection, transaction

    from evenhand.database.addresses import OWNER, role_url

    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for begin in range(first, last + 1, FILLED_AT_ONCE):
        end = min(last, begin + FILLED_AT_ONCE - 1)
        values = {"first": begin, "last": end, "at": at, "day": day}
        with transaction.atomic(), connection.cursor() as cursor:
            for kind in KINDS:
                cursor.execute(RECORDS.format(**kind), values)
    with connection.cursor() as cursor:
        cursor.execute(OPENINGS, {"day": day})
    # What the server does by itself within a minute or two.
    with psycopg.connect(role_url(home, OWNER), autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE) records_record")


def _report(day: date, size: int, name: str) -> Iterator[dict[str, object]]:
    from evenhand.transparency.daily import exact
    from evenhand.transparency.protect import protect

    bare, found = _seconds(lambda: _count(day))
    seconds, public = _seconds(lambda: protect([exact(day)]))
    assert sum(public.figures.values()) >= size, "every action is counted"
    yield {
        **_figure(f"daily_report_s_{name}", seconds),
        "against": f"count(*) over the same {found} rows",
        "against_value": round(bare, 3),
        "ratio": round(seconds / bare, 2),
    }


def _leaves(home: Path, day: date, size: int) -> dict[str, object]:
    """Times a whole publication: counting, leaves, tiles, openings, pages; and what it takes up."""
    from evenhand.proof.notes import Signer
    from evenhand.records.log_steps import Log, append_records
    from evenhand.transparency.proving import Prover
    from evenhand.transparency.publish import publish

    now = datetime.now(UTC)
    log = Log(home / "log", Signer("bench.example/log", bytes(32)), "bench.example/log")
    append_records(log, now=now)
    prover = Prover(log, bytes(32))
    seconds, report = _seconds(
        lambda: publish(day, now=now, folder=home / "public", prover=prover), times=1
    )
    assert report.in_log is not None
    return {
        **_figure(f"publish_s_{_name(size)}", seconds),
        "leaves": report.in_log.leaves,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _count(day: date) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records_record WHERE day = %s", [day])
        (found,) = cursor.fetchone()
    return int(found)


def _seconds(work, times: int = 2):
    """Gives the better of so many runs: the first one reads from disk what a day just wrote."""
    best, result = float("inf"), None
    for _ in range(times):
        began = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - began)
    return best, result


def _figure(name: str, seconds: float) -> dict[str, object]:
    return {
        "figure": name,
        "value": round(seconds, 3),
        "unit": "s",
        "cores": os.cpu_count(),
        "against": None,
        "against_value": None,
        "ratio": None,
    }
