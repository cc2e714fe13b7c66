"""Evidence: sealed, held, expired; opened by one process, for one person, with a record."""

import json
import socket
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from nacl.public import PrivateKey, PublicKey
from tests.conftest import START_SECONDS_MAX, Site

from evenhand.base.errors import InputRefused, NotAllowed, NotFound, Unavailable
from evenhand.base.ids import new_id
from evenhand.base.limits import EVIDENCE_DAYS
from evenhand.base.sealing import read_key, seal, unseal
from evenhand.evidence.limits import OPENINGS_PER_HOUR_MAX, REASON_CHARACTERS_MAX
from evenhand.evidence.models import SealedItem
from evenhand.evidence.opener import Allowance, Request, ask, request_of
from evenhand.evidence.queries import item_about, items_about
from evenhand.evidence.steps import (
    Sealed,
    expire,
    hold,
    keep,
    keep_sealed,
    open_sealed,
    release,
)
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.models import Record, RecordOpening

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = PrivateKey(bytes(range(32)))
CONTENT = b"what was written"


def kept(subject: UUID | None = None, *, now: datetime = NOW) -> SealedItem:
    return keep(
        CONTENT,
        media_type="text/plain",
        subject=subject or uuid4(),
        to=KEY.public_key,
        now=now,
    )


def person(*roles: Role, active: bool = True) -> Person:
    return Person.objects.create(
        id=new_id(now=NOW),
        name=uuid4().hex,
        roles=[role.value for role in roles],
        is_active=active,
        created_at=NOW,
    )


@pytest.mark.django_db
class TestKept:
    """What is kept and for how long."""

    def test_content_is_kept_under_seal_with_its_size_and_end(self) -> None:
        item = kept()

        item.refresh_from_db()
        assert CONTENT not in bytes(item.sealed)
        assert unseal(bytes(item.sealed), key=KEY) == CONTENT
        assert item.size_bytes == len(CONTENT)
        assert item.expires_at == NOW + timedelta(days=EVIDENCE_DAYS)

    def test_what_the_door_sealed_is_kept_once(self) -> None:
        sealed = Sealed(uuid4(), uuid4(), "application/json", seal(CONTENT, to=KEY.public_key))
        again = Sealed(sealed.id, sealed.subject, "application/json", b"other" * 20)

        keep_sealed([sealed], now=NOW)
        keep_sealed([again], now=NOW + timedelta(hours=1))

        item = SealedItem.objects.get(id=sealed.id)
        assert (bytes(item.sealed), item.at) == (sealed.content, NOW)

    def test_the_latest_item_about_a_subject_comes_first(self) -> None:
        subject = uuid4()
        first, second = kept(subject), kept(subject, now=NOW + timedelta(hours=1))

        assert items_about(subject) == [second, first]
        assert item_about(subject) == second
        assert item_about(uuid4()) is None

    def test_an_item_is_emptied_on_its_day_and_a_record_says_so(self) -> None:
        item = kept()
        day = NOW + timedelta(days=EVIDENCE_DAYS)

        assert expire(now=day - timedelta(seconds=1)) == 0
        assert expire(now=day) == 1
        assert expire(now=day) == 0

        item.refresh_from_db()
        record = Record.objects.get(kind="evidence_expired")
        assert (bytes(item.sealed), item.expired_at) == (b"", day)
        assert record.subject == item.subject
        assert RecordOpening.objects.get(record=record).body == {"item": str(item.id)}

    def test_an_open_case_keeps_its_evidence_beyond_the_day(self) -> None:
        item, case = kept(), uuid4()
        day = NOW + timedelta(days=EVIDENCE_DAYS)
        hold(item.id, holder=case, now=NOW)
        hold(item.id, holder=case, now=NOW)
        hold(item.id, holder=uuid4(), now=NOW)

        release(case)
        assert expire(now=day) == 0
        for holder in item.holds.values_list("holder", flat=True):
            release(holder)
        assert expire(now=day) == 1

    def test_a_sweep_is_limited_and_begins_with_the_oldest(self) -> None:
        new, old = kept(), kept(now=NOW - timedelta(days=1))

        assert expire(now=NOW + timedelta(days=400), rows_max=1) == 1

        new.refresh_from_db()
        old.refresh_from_db()
        assert (old.expired_at is None, new.expired_at is None) == (False, True)


@pytest.mark.django_db
class TestOpened:
    """Who may open what, and what that leaves behind."""

    def test_a_reviewer_sees_the_content_and_the_record_names_them(self) -> None:
        item, reviewer = kept(), person(Role.REVIEWER)

        _, content = open_sealed(item.id, staff=reviewer.id, reason="case 7", key=KEY, now=NOW)

        record = Record.objects.get(kind="evidence_opened")
        assert content == CONTENT
        assert record.subject == item.subject
        assert RecordOpening.objects.get(record=record).body == {
            "item": str(item.id),
            "by": str(reviewer.id),
            "reason": "case 7",
        }

    @pytest.mark.parametrize(
        ("roles", "active"),
        [((Role.OPERATOR,), True), ((Role.POLICY_AUTHOR,), True), ((Role.REVIEWER,), False)],
    )
    def test_others_see_nothing(self, roles: tuple[Role, ...], active: bool) -> None:
        item, other = kept(), person(*roles, active=active)

        with pytest.raises(NotAllowed):
            open_sealed(item.id, staff=other.id, reason="case 7", key=KEY, now=NOW)

        assert not Record.objects.exists()

    def test_a_stranger_sees_nothing(self) -> None:
        with pytest.raises(NotAllowed):
            open_sealed(kept().id, staff=uuid4(), reason="case 7", key=KEY, now=NOW)

    def test_what_was_altered_is_not_opened(self) -> None:
        item, reviewer = kept(), person(Role.REVIEWER)
        other = seal(b"something else", to=KEY.public_key)
        SealedItem.objects.filter(id=item.id).update(sealed=other)

        with pytest.raises(NotAllowed, match="altered"):
            open_sealed(item.id, staff=reviewer.id, reason="case 7", key=KEY, now=NOW)

        assert not Record.objects.exists()

    def test_what_has_expired_is_gone(self) -> None:
        item, reviewer = kept(), person(Role.REVIEWER)
        expire(now=NOW + timedelta(days=EVIDENCE_DAYS))

        with pytest.raises(NotFound):
            open_sealed(item.id, staff=reviewer.id, reason="case 7", key=KEY, now=NOW)

    def test_another_key_opens_nothing_and_leaves_no_record(self) -> None:
        item, reviewer = kept(), person(Role.REVIEWER)

        with pytest.raises(InputRefused):
            open_sealed(
                item.id, staff=reviewer.id, reason="case 7", key=PrivateKey.generate(), now=NOW
            )

        assert not Record.objects.exists()


def test_the_opener_process_opens_for_a_reviewer_and_for_nobody_else(committed: Site) -> None:
    public = PublicKey(read_key(committed.home / "keys" / "evidence.pub"))
    item = keep(CONTENT, media_type="text/plain", subject=uuid4(), to=public, now=NOW)
    reviewer, operator = person(Role.REVIEWER), person(Role.OPERATOR)
    process = committed.start("evenhand.evidence.opener")
    wait_for(committed)

    opened = ask(committed.home, Request(item.id, reviewer.id, "case 7"))
    with pytest.raises(NotAllowed):
        ask(committed.home, Request(item.id, operator.id, "case 7"))
    with pytest.raises(NotFound):
        ask(committed.home, Request(uuid4(), reviewer.id, "case 7"))
    with pytest.raises(NotAllowed):
        ask(committed.home, Request(item.id, reviewer.id, " "))
    broken = raw(committed, b"not json\n")
    process.terminate()
    code = process.wait(START_SECONDS_MAX)

    assert (opened.content, opened.media_type) == (CONTENT, "text/plain")
    assert broken["error"] == "InputRefused"
    assert Record.objects.filter(kind="evidence_opened").count() == 1
    assert code == 0
    assert not (committed.home / "opener.sock").exists()
    with pytest.raises(Unavailable):
        ask(committed.home, Request(item.id, reviewer.id, "case 7"))


def wait_for(site: Site) -> None:
    give_up = time.monotonic() + START_SECONDS_MAX
    while not _listens(site):
        assert time.monotonic() < give_up, (site.home / "opener.log").read_text()
        time.sleep(0.02)


def _listens(site: Site) -> bool:
    """Tells whether somebody can come in: the socket is there a moment before."""
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(site.home / "opener.sock")) == 0


def raw(site: Site, line: bytes) -> dict[str, object]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(site.home / "opener.sock"))
        connection.sendall(line)
        answer = json.loads(connection.makefile("rb").readline())
    assert isinstance(answer, dict)
    return answer


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b'{"item": "1", "staff": "2", "reason": "case 7"}',
        b'{"item": null, "staff": null, "reason": null}',
        json.dumps({"item": str(uuid4()), "staff": str(uuid4()), "reason": "abc"}).encode(),
        json.dumps(
            {
                "item": str(uuid4()),
                "staff": str(uuid4()),
                "reason": "x" * (REASON_CHARACTERS_MAX + 1),
            }
        ).encode(),
    ],
)
def test_a_request_that_lacks_anything_is_refused(line: bytes) -> None:
    with pytest.raises(InputRefused):
        request_of(line)


def test_one_person_opens_so_many_items_an_hour() -> None:
    allowance, staff = Allowance(), uuid4()
    for _ in range(OPENINGS_PER_HOUR_MAX):
        allowance.take(staff, now=NOW)

    with pytest.raises(NotAllowed):
        allowance.take(staff, now=NOW + timedelta(minutes=59))
    allowance.take(uuid4(), now=NOW)
    allowance.take(staff, now=NOW + timedelta(hours=1))
