"""The desk under load: 10,000 open cases, 50 reviewers who claim them and open their pages.

Claims go through `cases.steps.claim_next` on PostgreSQL with fsync, from several processes; pages
through the real web server, as `serve` starts it. Reviewers pause between two steps, though
shorter than people do; `claim_burst_p95_ms` is what happens when all ask at the same moment, again
and again. That no case was claimed twice is read from the database and from what each was given.
"""

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

CASES = 10_000
REVIEWERS = 50
PROCESSES = 5
CLAIMS_EACH = 10
PAGES_EACH = 5
WARM_UP = 10
CLAIM_PAUSE_SECONDS = (2.0, 6.0)
PAGE_PAUSE_SECONDS = (10.0, 30.0)
"""Between two steps of one reviewer; who reads a case takes a minute or more."""
CLAIM_MS_MAX = 100.0
PAGE_MS_MAX = 300.0
HARMS = ("m.spam", "m.spam.fraud", "m.harassment.hate", "m.violence.threats", "m.tos.prohibited")


def run() -> dict[str, object]:
    """Gives the figures; leaves nothing behind."""
    from processes import database, free_port

    port = free_port()
    site = {"EVENHAND_MESSENGER": "memory", "EVENHAND_PUBLIC_URL": f"http://localhost:{port}"}
    with (
        tempfile.TemporaryDirectory(prefix="evenhand-bench-") as folder,
        database(Path(folder), **site),
    ):
        return {"figures": _figures(Path(folder), port)}


def _figures(home: Path, port: int) -> list[dict[str, object]]:
    _fill()
    burst = _claims(pauses=False)
    steady = _claims(pauses=True)
    twice = _claimed_twice(burst, steady)
    pages = _pages(home, port)
    return [
        _figure("claim_p95_ms", _p95(_times(steady)), "ms", "goal", CLAIM_MS_MAX),
        _figure("claim_burst_p95_ms", _p95(_times(burst)), "ms", "goal", CLAIM_MS_MAX),
        _figure("cases_claimed_twice", twice, "cases", "goal", 0),
        _figure("cases_claimed", len(burst) + len(steady), "cases", "open cases", CASES),
        _figure("case_page_p95_ms", _p95(pages), "ms", "goal", PAGE_MS_MAX),
    ]


def _figure(
    name: str, value: float, unit: str, against: str, against_value: float
) -> dict[str, object]:
    return {
        "figure": name,
        "value": round(value, 1),
        "unit": unit,
        "cores": os.cpu_count(),
        "against": against,
        "against_value": against_value,
        "ratio": round(value / against_value, 3) if against_value else None,
    }


def _fill() -> None:
    """Makes the reviewers, and the cases as `open_case` leaves them."""
    from evenhand.base.harms import harms
    from evenhand.base.ids import new_id
    from evenhand.cases.models import Case
    from evenhand.cases.order import serve_by
    from evenhand.cases.queues import route
    from evenhand.people.models import Person

    now = datetime.now(UTC)
    chance = random.Random(1)
    Person.objects.bulk_create(
        Person(id=new_id(now=now), name=f"Reviewer {n}", roles=["reviewer"], created_at=now)
        for n in range(REVIEWERS)
    )
    rows = []
    for number in range(CASES):
        harm = harms()[chance.choice(HARMS)]
        opened = now - timedelta(minutes=chance.randrange(600))
        reach = int(10 ** chance.uniform(0, 5))
        rows.append(
            Case(
                id=new_id(now=opened),
                opened_at=opened,
                kind="review",
                origin=f"event:$bench{number}",
                about=f"event:$bench{number}",
                harm=harm.code,
                severity=harm.severity,
                score=chance.random(),
                rules=[["model_hate", "2"]],
                reason_opened="A model finds it likely.",
                market="KZ",
                language=chance.choice(["de", "en", "fr", "ru", "kk"]),
                account=f"@person{chance.randrange(2_000)}:bench.example",
                channel=f"!room{chance.randrange(500)}:bench.example",
                channel_kind="public",
                event=f"$bench{number}",
                queue=route(harm.code, language="en", market="KZ").name,
                reach=reach,
                serve_by=serve_by(
                    opened, severity=harm.severity, reach=reach, raising=0, due_at=None
                ),
            )
        )
    Case.objects.bulk_create(rows, batch_size=1_000)


def _claims(*, pauses: bool) -> list[tuple[str, str, float]]:
    """Gives who was given which case and in how many milliseconds, over all processes."""
    each = REVIEWERS // PROCESSES
    begin = time.time() + 4
    started = [
        subprocess.Popen(
            [sys.executable, __file__, str(first * each), str(each), str(begin), str(int(pauses))],
            stdout=subprocess.PIPE,
        )
        for first in range(PROCESSES)
    ]
    found: list[tuple[str, str, float]] = []
    for process in started:
        out, _ = process.communicate(timeout=600)
        assert process.returncode == 0, "a process of reviewers failed"
        found += [tuple(row) for row in json.loads(out)]
    assert len(found) == REVIEWERS * CLAIMS_EACH
    return found


def _reviewers(first: int, count: int, begin: float, *, pauses: bool) -> None:
    """Plays some reviewers as threads, and prints what each was given."""
    from django.db import connection

    import evenhand.start  # noqa: F401
    from evenhand.cases.steps import claim_next
    from evenhand.people.models import Person

    def play(number: int) -> list[tuple[str, str, float]]:
        chance = random.Random(number)
        person = Person.objects.get(name=f"Reviewer {number}")
        given = []
        time.sleep(max(0.0, begin - time.time()) + (chance.uniform(0, 4) if pauses else 0))
        for _ in range(CLAIMS_EACH):
            begun = time.perf_counter()
            case = claim_next(person, now=datetime.now(UTC))
            took = (time.perf_counter() - begun) * 1000
            assert case is not None, "there are more cases than claims"
            given.append((str(person.id), str(case.id), took))
            if pauses:
                time.sleep(chance.uniform(*CLAIM_PAUSE_SECONDS))
        connection.close()
        return given

    with ThreadPoolExecutor(count) as threads:
        rows = [row for some in threads.map(play, range(first, first + count)) for row in some]
    print(json.dumps(rows))


def _claimed_twice(*runs: list[tuple[str, str, float]]) -> int:
    """Gives how many cases were given to more than one, by what each got and by the database."""
    from evenhand.cases.models import Case, CaseStep

    given = [(person, case) for run in runs for person, case, _ in run]
    holders = {
        str(key): str(holder) for key, holder in Case.objects.values_list("id", "claimed_by")
    }
    assert all(holders[case] == person for person, case in given), "a claim was lost"
    assert CaseStep.objects.filter(kind="claimed").count() == len(given)
    return len(given) - len({case for _, case in given})


def _pages(home: Path, port: int) -> list[float]:
    """Gives how many milliseconds each page of a case took, through the web server."""
    import httpx
    from django.test import Client
    from django.urls import reverse

    from evenhand.cases.models import Case
    from evenhand.people.models import Person
    from evenhand.people.passkeys import BACKEND
    from processes import process

    people = list(Person.objects.order_by("name"))
    cookies, cases = {}, {}
    for person in people:
        client = Client()
        client.force_login(person, backend=BACKEND)
        cookies[person.id] = {name: morsel.value for name, morsel in client.cookies.items()}
        cases[person.id] = list(Case.objects.filter(claimed_by=person).values_list("id", flat=True))

    def play(person: Person) -> list[float]:
        chance = random.Random(str(person.id))
        took = []
        with httpx.Client(base_url=f"http://localhost:{port}", cookies=cookies[person.id]) as http:
            time.sleep(chance.uniform(0, PAGE_PAUSE_SECONDS[1]))
            for number in range(PAGES_EACH):
                path = reverse("staff_case", args=[cases[person.id][number]])
                begun = time.perf_counter()
                answer = http.get(path, timeout=60)
                took.append((time.perf_counter() - begun) * 1000)
                assert answer.status_code == httpx.codes.OK, answer.status_code
                time.sleep(chance.uniform(*PAGE_PAUSE_SECONDS))
        return took

    granian = str(Path(sys.executable).parent / "granian")
    arguments = ("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port))
    more = ("--blocking-threads", "8", "--no-ws", "--log-level", "warning")
    with process(home, "web", granian, *arguments, *more, "evenhand.wsgi:application"):
        _wait(lambda: _listens(port))
        first = people[0]
        with httpx.Client(base_url=f"http://localhost:{port}", cookies=cookies[first.id]) as http:
            for _ in range(WARM_UP):
                http.get(reverse("staff_case", args=[cases[first.id][0]]), timeout=60)
        with ThreadPoolExecutor(REVIEWERS) as threads:
            return [value for some in threads.map(play, people) for value in some]


def _times(rows: list[tuple[str, str, float]]) -> list[float]:
    return [took for _, _, took in rows]


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def _wait(ready: Callable[[], bool]) -> None:
    for _ in range(600):
        if ready():
            return
        time.sleep(0.1)
    raise TimeoutError("the web server does not answer")


if __name__ == "__main__":
    _reviewers(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), pauses=sys.argv[4] == "1")
