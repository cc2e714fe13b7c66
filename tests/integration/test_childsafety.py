"""The sealed lane: feeds that two people connect, matches, reports to the CyberTipline.

Hashes are random bytes and texts are placeholders; no material of any kind is here.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from shutil import copyfile
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.integration.cases_of_tests import NOW, Keys, case_draft, reviewer
from tests.integration.test_drain import Rules, flagged

from evenhand.actions.drain import store
from evenhand.actions.journal import Answered, FlaggedEntry
from evenhand.actions.models import Action
from evenhand.base.errors import NotAllowed, NotFound, Unavailable
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, ChannelKind, Language, RecordKind
from evenhand.base.sealing import lock, unlock
from evenhand.cases.drafts import CaseDraft
from evenhand.cases.lists import CaseKind, CaseLane
from evenhand.cases.models import Case
from evenhand.cases.steps import open_case
from evenhand.childsafety.checks import (
    EXTREMISM,
    HASH_BYTES,
    INTIMATE,
    MATERIAL,
    FeedDraft,
    FileHash,
    LaneRefused,
)
from evenhand.childsafety.limits import DOUBTED, LIFTED
from evenhand.childsafety.lists import (
    Algorithm,
    FeedKind,
    IncidentType,
    TipState,
)
from evenhand.childsafety.models import CyberTip, FalseMatch, FeedHash, HashFeed, HashMatch
from evenhand.childsafety.ports import FeedEntry, FeedPage, TipRefused
from evenhand.childsafety.queries import due_feeds, listed
from evenhand.childsafety.steps import (
    SeenFiles,
    TipDraft,
    activate_feed,
    confirm_false_match,
    confirm_tip,
    draft_tip,
    end_preservations,
    keep_page,
    look_up,
    propose_false_match,
    propose_feed,
    read_feeds,
    read_tip,
    renew_feed,
    send_tips,
    stop_feed,
    withdraw_false_match,
    withdraw_tip,
)
from evenhand.connectors.cybertip import CyberTipline
from evenhand.connectors.cybertip_twin import CyberTiplineTwin
from evenhand.connectors.feeds import HashListFiles
from evenhand.evidence.models import Hold, SealedItem
from evenhand.evidence.steps import keep, open_sealed
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.pipeline import Resources, ScreeningPlane
from evenhand.records.models import Record, RecordOpening
from evenhand.signals.media import HashLists
from evenhand.signals.media_watch import WatchedHashLists
from evenhand.verdicts.schema import Verdict
from evenhand.wiring import CaseReviews

pytestmark = pytest.mark.django_db
KEY = b"k" * 32
DRAFT = FeedDraft("own", FeedKind.FILE, MATERIAL, "feeds/own.csv", owner="Safety office")


@pytest.fixture
def ann() -> Person:
    return reviewer("Ann", Role.CHILD_SAFETY)


@pytest.fixture
def bob() -> Person:
    return reviewer("Bob", Role.CHILD_SAFETY)


def active(ann: Person, bob: Person, draft: FeedDraft = DRAFT) -> HashFeed:
    feed = propose_feed(draft, by=ann, now=NOW)
    return activate_feed(feed.id, by=bob, now=NOW)


def entry(name: str, *values: tuple[Algorithm, bytes]) -> FeedEntry:
    return FeedEntry(name, tuple(FileHash(*value) for value in values))


def holding(feed: HashFeed, *entries: FeedEntry, whole: bool = False) -> tuple[int, int]:
    return keep_page(feed.id, FeedPage(entries, cursor="c", whole=whole), now=NOW)


def seen(algorithm: Algorithm, value: bytes, *, event: str = "$file") -> SeenFiles:
    hashes = (FileHash(algorithm, value),)
    return SeenFiles(event, "@poster:example.test", "!room:x", ChannelKind.PUBLIC, hashes)


def did(subject: UUID) -> list[str]:
    rows = RecordOpening.objects.filter(record__subject=subject).order_by("record__serial")
    return [row.body.get("did", "") for row in rows]


def test_a_feed_is_read_only_once_a_second_person_stands_for_it(ann: Person, bob: Person) -> None:
    feed = propose_feed(DRAFT, by=ann, now=NOW)
    with pytest.raises(LaneRefused, match="same_person"):
        activate_feed(feed.id, by=ann, now=NOW)
    with pytest.raises(LaneRefused, match="role_missing"):
        activate_feed(feed.id, by=reviewer("Rita"), now=NOW)
    assert holding(feed, entry("1", (Algorithm.MD5, os.urandom(16)))) == (0, 0)

    activate_feed(feed.id, by=bob, now=NOW)

    assert holding(feed, entry("1", (Algorithm.MD5, os.urandom(16)))) == (1, 0)
    assert did(feed.id) == ["proposed", "activated", "read"]
    with pytest.raises(LaneRefused, match="name_taken"):
        propose_feed(DRAFT, by=ann, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        HashFeed.objects.filter(pk=feed.pk).update(activated_by=ann)


def test_what_a_feed_takes_out_matches_no_more(ann: Person, bob: Person) -> None:
    feed = active(ann, bob)
    first, second = os.urandom(32), os.urandom(32)
    holding(feed, entry("1", (Algorithm.SHA256, first)), entry("2", (Algorithm.SHA256, second)))

    assert holding(feed, entry("1")) == (0, 1)
    assert listed(MATERIAL, now=NOW) == [second]
    assert holding(feed, entry("3", (Algorithm.SHA256, first)), whole=True) == (1, 1)
    assert listed(MATERIAL, now=NOW) == [first]
    assert listed("m.violence.extremist", now=NOW) == []


def test_a_hash_stays_as_long_as_one_entry_names_it(ann: Person, bob: Person) -> None:
    feed = active(ann, bob)
    value = os.urandom(32)
    holding(feed, entry("1", (Algorithm.SHA256, value)), entry("2", (Algorithm.SHA256, value)))

    holding(feed, entry("1"))

    assert listed(MATERIAL, now=NOW) == [value]


def test_a_stopped_feed_is_empty_and_stays_so(ann: Person, bob: Person) -> None:
    feed = active(ann, bob)
    holding(feed, entry("1", (Algorithm.MD5, os.urandom(16))))

    stop_feed(feed.id, by=ann, now=NOW)

    assert FeedHash.objects.count() == 0
    assert holding(feed, entry("1", (Algorithm.MD5, os.urandom(16)))) == (0, 0)
    with pytest.raises(LaneRefused, match="wrong_state"):
        stop_feed(feed.id, by=ann, now=NOW)


@dataclass
class Source:
    """A feed of three pages that fails after some of them; it notes where it was taken up."""

    fails_after: int = 9
    asked: list[str] = field(default_factory=list)

    def pages(self, cursor: str) -> Iterator[FeedPage]:
        self.asked.append(cursor)
        for number in range(int(cursor or 0), 3):
            if number >= self.fails_after:
                raise Unavailable(what="feed", why="the exchange does not answer")
            one = entry(f"{number}", (Algorithm.MD5, os.urandom(16)))
            yield FeedPage((one,), cursor=f"{number + 1}")


def test_reading_goes_on_where_it_was_interrupted(ann: Person, bob: Person) -> None:
    feed = active(ann, bob)
    source = Source(fails_after=2)

    assert read_feeds(lambda *_: source, now=NOW) == 2
    feed.refresh_from_db()
    assert (feed.cursor, feed.error) == ("2", "Unavailable: the exchange does not answer")
    assert read_feeds(lambda *_: source, now=NOW + timedelta(minutes=5)) == 0
    source.fails_after = 9
    assert read_feeds(lambda *_: source, now=NOW + timedelta(hours=2)) == 1

    feed.refresh_from_db()
    assert (feed.cursor, feed.error) == ("3", "")
    assert source.asked == ["", "2"]
    assert FeedHash.objects.count() == 3


@pytest.mark.parametrize(
    ("algorithm", "size"), [(Algorithm.SHA256, 32), (Algorithm.SHA1, 20), (Algorithm.MD5, 16)]
)
def test_an_equal_hash_opens_a_case_in_the_sealed_lane(
    ann: Person, bob: Person, algorithm: Algorithm, size: int
) -> None:
    value = os.urandom(size)
    holding(active(ann, bob), entry("17", (algorithm, value)))

    (match,) = look_up([seen(algorithm, value)], now=NOW)
    again = look_up([seen(algorithm, value), seen(algorithm, os.urandom(size))], now=NOW)

    assert again == []
    case = Case.objects.get()
    assert (case.lane, case.needs_role) == (CaseLane.SEALED, Role.CHILD_SAFETY)
    assert (case.harm, case.severity, case.score) == (MATERIAL, 4, 1.0)
    assert (match.entry, match.distance, match.case) == ("17", 0, case)
    assert Record.objects.filter(kind=RecordKind.CHILD_SAFETY_MATCHED, subject=case.id).count() == 1


def test_like_pictures_match_within_the_makers_distance_alone(ann: Person, bob: Person) -> None:
    value = os.urandom(32)
    holding(active(ann, bob), entry("17", (Algorithm.PDQ, value)))
    number = int.from_bytes(value, "big")
    near, far = ((number ^ (1 << bits) - 1).to_bytes(32, "big") for bits in (31, 32))

    assert look_up([seen(Algorithm.PDQ, far, event="$far")], now=NOW) == []
    (match,) = look_up([seen(Algorithm.PDQ, near)], now=NOW)

    assert match.distance == 31


def test_the_terrorism_list_opens_no_sealed_case(ann: Person, bob: Person) -> None:
    draft = FeedDraft(
        "tat", FeedKind.TECH_AGAINST_TERRORISM, "m.violence.extremist", "all", owner="Safety office"
    )
    value = os.urandom(16)
    holding(active(ann, bob, draft), entry("1", (Algorithm.MD5, value)))

    look_up([seen(Algorithm.MD5, value)], now=NOW)

    assert Case.objects.get().lane == CaseLane.OPEN


def sealed_case(keys: Keys | None = None, *, event: str = "$talk") -> Case:
    """A report of grooming, with text under seal and no file at all."""
    case_id = new_id(now=NOW)
    keys = keys or Keys.fresh()
    item = keep(
        b"Placeholder of a conversation.",
        media_type="text/plain",
        subject=case_id,
        to=keys.evidence.public_key,
        now=NOW,
    )
    return open_case(
        CaseDraft(
            id=case_id, at=NOW, kind=CaseKind.REVIEW, origin=f"report:{case_id}",
            harm="m.child_safety.grooming", severity=4, score=1.0, reason="Reported.",
            channel_kind=ChannelKind.DIRECT, language=Language.EN,
            account="@reported:example.test", event=event, evidence=item.id,
        ),
        now=NOW,
    )  # fmt: skip


def drafted(case: Case, by: Person, text: str = "Placeholder: what happened.") -> CyberTip:
    return draft_tip(
        case.id,
        TipDraft(IncidentType.ENTICEMENT, text, quoted="Placeholder words.", urgent=""),
        by=by,
        messenger="Matrix",
        mail="desk@example.test",
        key=KEY,
        now=NOW,
    )


@pytest.fixture
def line() -> Iterator[tuple[CyberTipline, CyberTiplineTwin]]:
    twin = CyberTiplineTwin("desk", os.urandom(8).hex())
    with twin.serving() as url:
        yield CyberTipline(url, twin.username, twin.password), twin


Line = tuple[CyberTipline, CyberTiplineTwin]


def test_a_report_of_text_is_drafted_confirmed_and_sent(
    ann: Person, bob: Person, line: Line
) -> None:
    client, twin = line
    case = sealed_case()
    tip = drafted(case, ann)
    assert b"Placeholder" not in bytes(tip.document)
    assert send_tips(client, key=KEY, now=NOW) == 0
    with pytest.raises(LaneRefused, match="same_person"):
        confirm_tip(tip.id, by=ann, now=NOW)

    confirm_tip(tip.id, by=bob, now=NOW)
    assert send_tips(client, key=KEY, now=NOW) == 1
    assert send_tips(client, key=KEY, now=NOW) == 0

    tip.refresh_from_db()
    assert (tip.state, tip.sandbox) == (TipState.SENT, True)
    assert twin.finished == [tip.report_id]
    assert b"Online Enticement" in twin.reports[tip.report_id]
    assert did(case.id)[-3:] == ["drafted", "confirmed", "sent"]


def test_what_was_reported_is_preserved_for_a_year(ann: Person, bob: Person, line: Line) -> None:
    case = sealed_case()
    tip = drafted(case, ann)
    confirm_tip(tip.id, by=bob, now=NOW)
    send_tips(line[0], key=KEY, now=NOW)
    item = SealedItem.objects.get(subject=case.id)
    year = NOW + timedelta(days=365)

    assert end_preservations(now=year - timedelta(seconds=1)) == 0
    assert Hold.objects.filter(item=item, holder=tip.id).exists()
    assert end_preservations(now=year) == 1

    assert not Hold.objects.filter(holder=tip.id).exists()
    tip.refresh_from_db()
    assert bytes(tip.document) == b""
    with pytest.raises(NotFound):
        read_tip(tip.id, by=ann, reason="A look.", key=KEY, now=year)
    assert end_preservations(now=year) == 0


def test_a_kill_between_opening_and_finishing_opens_no_second_report(
    ann: Person, bob: Person, line: Line
) -> None:
    client, twin = line
    tip = drafted(sealed_case(), ann)
    confirm_tip(tip.id, by=bob, now=NOW)

    class Broken:
        sandbox = True

        def open_report(self, document: bytes) -> str:
            return client.open_report(document)

        def finish(self, report_id: str) -> None:
            raise Unavailable(what="CyberTipline", why="no answer")

    assert send_tips(Broken(), key=KEY, now=NOW) == 0
    assert send_tips(client, key=KEY, now=NOW) == 0
    assert send_tips(client, key=KEY, now=NOW + timedelta(minutes=1)) == 1
    assert len(twin.reports) == len(twin.finished) == 1


def test_a_report_that_lapsed_is_opened_anew(ann: Person, bob: Person, line: Line) -> None:
    client, twin = line
    tip = drafted(sealed_case(), ann)
    confirm_tip(tip.id, by=bob, now=NOW)
    CyberTip.objects.filter(pk=tip.id).update(report_id="4000999")

    assert send_tips(client, key=KEY, now=NOW) == 0
    assert send_tips(client, key=KEY, now=NOW + timedelta(minutes=1)) == 1

    tip.refresh_from_db()
    assert twin.finished == [tip.report_id]


def test_a_refused_report_is_withdrawn_and_drafted_anew(ann: Person, bob: Person) -> None:
    class Refusing:
        sandbox = True

        def open_report(self, document: bytes) -> str:
            raise TipRefused(call="submit", why="not valid (code 4100)")

        def finish(self, report_id: str) -> None:
            raise AssertionError

    case = sealed_case()
    tip = drafted(case, ann)
    with pytest.raises(LaneRefused, match="tip_open"):
        drafted(case, bob)
    confirm_tip(tip.id, by=bob, now=NOW)
    with pytest.raises(LaneRefused, match="wrong_state"):
        withdraw_tip(tip.id, by=ann, now=NOW)

    send_tips(Refusing(), key=KEY, now=NOW)

    tip.refresh_from_db()
    assert (tip.state, tip.error) == (TipState.REFUSED, "not valid (code 4100)")
    withdraw_tip(tip.id, by=ann, now=NOW)
    assert not Hold.objects.filter(holder=tip.id).exists()
    assert drafted(case, bob).state == TipState.DRAFT


def test_a_line_that_never_answers_calls_for_a_person_in_the_end(ann: Person, bob: Person) -> None:
    class Silent:
        sandbox = True

        def open_report(self, document: bytes) -> str:
            raise Unavailable(what="CyberTipline", why="no answer")

        def finish(self, report_id: str) -> None:
            raise AssertionError

    tip = drafted(sealed_case(), ann)
    confirm_tip(tip.id, by=bob, now=NOW)
    for hours in range(12):
        send_tips(Silent(), key=KEY, now=NOW + timedelta(hours=2 * hours))

    tip.refresh_from_db()
    assert (tip.state, tip.error) == (TipState.REFUSED, "no answer")


def test_reading_a_report_is_recorded(ann: Person) -> None:
    case = sealed_case()
    tip = drafted(case, ann)

    document = read_tip(tip.id, by=ann, reason="Before it is confirmed.", key=KEY, now=NOW)

    assert b"Placeholder: what happened." in document
    read = Record.objects.get(kind=RecordKind.PERSONAL_DATA_READ, subject=case.id)
    assert RecordOpening.objects.get(record=read).body["reason"] == "Before it is confirmed."
    with pytest.raises(LaneRefused, match="role_missing"):
        read_tip(tip.id, by=reviewer("Rita"), reason="A look.", key=KEY, now=NOW)


def test_no_report_on_a_case_that_lies_outside_the_lane(ann: Person) -> None:
    case = open_case(case_draft(), now=NOW)
    with pytest.raises(LaneRefused, match="lane_wrong"):
        drafted(case, ann)
    with pytest.raises(LaneRefused, match="text_missing"):
        drafted(sealed_case(), ann, text=" ")
    with pytest.raises(NotFound):
        draft_tip(
            new_id(now=NOW), TipDraft(IncidentType.MATERIAL, "x"), by=ann,
            messenger="Matrix", mail="desk@example.test", key=KEY, now=NOW,
        )  # fmt: skip


def test_the_database_holds_two_people_and_the_year(ann: Person, bob: Person) -> None:
    tip = drafted(sealed_case(), ann)

    for values in (
        {"state": "confirmed", "confirmed_by": ann, "confirmed_at": NOW},
        {"state": "sent", "confirmed_by": bob, "confirmed_at": NOW, "sent_at": NOW},
        {"state": "confirmed"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            CyberTip.objects.filter(pk=tip.pk).update(**values)


def test_the_door_gets_the_hashes_of_active_feeds(ann: Person, bob: Person, tmp_path: Path) -> None:
    lists = HashListFiles(tmp_path / "hashes")
    assert lists.write() == 0
    feed = active(ann, bob)
    value = os.urandom(32)
    holding(feed, entry("1", (Algorithm.SHA256, value), (Algorithm.MD5, os.urandom(16))))

    assert (lists.write(), lists.write()) == (2, 0)
    held = HashLists.read(tmp_path / "hashes")
    assert (held.names, len(held)) == (("child_safety",), 2)

    stop_feed(feed.id, by=ann, now=NOW)
    assert lists.write() == 2
    assert len(HashLists.read(tmp_path / "hashes")) == 0


@pytest.fixture(scope="module")
def known_files(tmp_path_factory: pytest.TempPathFactory) -> Resources:
    """The pack's rules about listed files, with nothing else beside them."""
    folder = tmp_path_factory.mktemp("known_files")
    for name in ("rules", "patterns", "cache"):
        (folder / name).mkdir()
    pack = Path(str(files("evenhand.rules"))) / "pack" / "rules"
    for rule in (*pack.glob("known_*.yaml"), *pack.glob("listed_*.yaml")):
        copyfile(rule, folder / "rules" / rule.name)
    (folder / "patterns" / "one.yaml").write_text("name: one\npatterns:\n  - text: snowdust\n")
    return Resources(
        rules=folder / "rules",
        patterns=folder / "patterns",
        domains=(),
        hashes=None,
        cache=folder / "cache",
        seed=7,
    )


@pytest.mark.parametrize(
    ("harm", "rule", "lane", "algorithm"),
    [
        (MATERIAL, "known_abuse_file", CaseLane.SEALED, Algorithm.SHA256),
        (MATERIAL, "known_abuse_file", CaseLane.SEALED, Algorithm.SHA1),
        (MATERIAL, "known_abuse_file", CaseLane.SEALED, Algorithm.MD5),
        (EXTREMISM, "known_extremist_file", CaseLane.OPEN, Algorithm.MD5),
    ],
)
def test_from_a_feed_to_a_case_without_a_restart(
    ann: Person,
    bob: Person,
    tmp_path: Path,
    known_files: Resources,
    harm: str,
    rule: str,
    lane: CaseLane,
    algorithm: Algorithm,
) -> None:
    lists, value = HashListFiles(tmp_path / "hashes"), os.urandom(HASH_BYTES[algorithm])
    plane = ScreeningPlane.load(replace(known_files, hashes=tmp_path / "hashes"))
    assert plane.check() == ()
    assert plane.screen_one(posted("$before", algorithm, value)) is None
    feed = active(
        ann, bob, FeedDraft("own", FeedKind.FILE, harm, "feeds/own.csv", owner="Safety office")
    )
    holding(feed, entry("17", (algorithm, value)))

    lists.write()
    assert isinstance(plane.signals.hashes, WatchedHashLists)
    assert plane.signals.hashes.refresh()
    verdict = plane.screen_one(posted("$after", algorithm, value))

    assert verdict is not None
    assert (verdict.harm, verdict.action) == (harm, ActionKind.HOLD)
    assert [hit.id for hit in verdict.rules] == [rule]
    for _ in range(2):  # a kill lets the journal be drained again
        store([held(verdict, algorithm, value)], rulebook=Rules(), reviews=CaseReviews(), now=NOW)
    case = Case.objects.get()
    assert (case.harm, case.lane, case.event) == (harm, lane, "$after")
    assert Action.objects.get().kind == ActionKind.HOLD
    assert case.evidence is not None
    assert (case.needs_role == Role.CHILD_SAFETY) is (lane is CaseLane.SEALED)
    match = HashMatch.objects.get(case=case)
    assert (match.entry, match.algorithm, bytes(match.value)) == ("17", algorithm, value)


@pytest.mark.parametrize(
    ("harm", "rule", "lane"),
    [
        (MATERIAL, "known_abuse_picture", CaseLane.SEALED),
        (EXTREMISM, "known_extremist_picture", CaseLane.OPEN),
        (INTIMATE, "known_intimate_picture", CaseLane.OPEN),
    ],
)
def test_a_picture_like_one_of_a_feed_is_held_and_a_person_sees_how_like(
    ann: Person,
    bob: Person,
    tmp_path: Path,
    known_files: Resources,
    harm: str,
    rule: str,
    lane: CaseLane,
) -> None:
    lists, value = HashListFiles(tmp_path / "hashes"), os.urandom(32)
    like = (int.from_bytes(value, "big") ^ 0b1011).to_bytes(32, "big")
    holding(
        active(
            ann, bob, FeedDraft("own", FeedKind.FILE, harm, "feeds/own.csv", owner="Safety office")
        ),
        entry("17", (Algorithm.PDQ, value)),
    )
    lists.write()
    plane = ScreeningPlane.load(replace(known_files, hashes=tmp_path / "hashes"))

    verdict = plane.screen_one(posted("$like", Algorithm.PDQ, like))
    assert verdict is not None
    store([held(verdict, Algorithm.PDQ, like)], rulebook=Rules(), reviews=CaseReviews(), now=NOW)

    assert plane.looks_at_pictures()
    assert [hit.id for hit in verdict.rules] == [rule]
    assert (verdict.action, verdict.exact) == (ActionKind.HOLD, False)
    assert [action.kind for action in Action.objects.all()] == [ActionKind.HOLD]
    case = Case.objects.get()
    assert (case.harm, case.lane) == (harm, lane)
    assert (case.needs_role == Role.CHILD_SAFETY) is (lane is CaseLane.SEALED)
    match = HashMatch.objects.get(case=case)
    assert (match.entry, match.distance, bytes(match.value)) == ("17", 3, like)


def test_a_picture_taken_out_of_its_feed_is_alike_no_more(ann: Person, bob: Person) -> None:
    feed, value = active(ann, bob), os.urandom(32)
    keep_page(feed.id, FeedPage((entry("17", (Algorithm.PDQ, value)),), cursor="1"), now=NOW)
    before = look_up([seen(Algorithm.PDQ, value)], now=NOW)

    keep_page(feed.id, FeedPage((entry("17"),), cursor="2"), now=NOW)

    assert len(before) == 1
    assert look_up([seen(Algorithm.PDQ, value, event="$later")], now=NOW) == []


def found_false(value: bytes, algorithm: Algorithm, ann: Person, bob: Person) -> FalseMatch:
    (match,) = look_up([seen(algorithm, value, event="$first")], now=NOW)
    found = propose_false_match(match.id, reason="A photo of a bridge.", by=ann, now=NOW)
    return confirm_false_match(found.id, by=bob, now=NOW)


@pytest.mark.parametrize("algorithm", [Algorithm.SHA256, Algorithm.MD5, Algorithm.PDQ])
def test_a_false_match_is_lifted_by_two_people_and_for_a_while(
    ann: Person, bob: Person, tmp_path: Path, algorithm: Algorithm
) -> None:
    value = os.urandom(HASH_BYTES[algorithm])
    holding(active(ann, bob), entry("17", (algorithm, value)))
    (match,) = look_up([seen(algorithm, value, event="$first")], now=NOW)
    lists = HashListFiles(tmp_path, now=lambda: NOW)
    lists.write()

    with pytest.raises(LaneRefused, match="text_missing"):
        propose_false_match(match.id, reason=" ", by=ann, now=NOW)
    found = propose_false_match(match.id, reason="A photo of a bridge.", by=ann, now=NOW)
    with pytest.raises(LaneRefused, match="same_person"):
        confirm_false_match(found.id, by=ann, now=NOW)
    # The feed is of the sealed lane: nothing follows from one person's word.
    assert lists.write() == 0
    assert len(look_up([seen(algorithm, value, event="$second")], now=NOW)) == 1

    confirm_false_match(found.id, by=bob, now=NOW)
    assert lists.write() == 1
    assert look_up([seen(algorithm, value, event="$third")], now=NOW) == []
    later = NOW + LIFTED
    assert len(look_up([seen(algorithm, value, event="$later")], now=later)) == 1
    assert did(found.id) == ["false_match_proposed", "false_match_confirmed"]


@pytest.mark.parametrize("algorithm", [Algorithm.SHA256, Algorithm.PDQ])
def test_of_a_match_in_doubt_a_person_judges_until_a_second_one_speaks(
    ann: Person, bob: Person, tmp_path: Path, known_files: Resources, algorithm: Algorithm
) -> None:
    value, moment = os.urandom(HASH_BYTES[algorithm]), [NOW]
    draft = replace(DRAFT, harm=EXTREMISM)
    holding(active(ann, bob, draft), entry("17", (algorithm, value)))
    (match,) = look_up([seen(algorithm, value, event="$first")], now=NOW)
    lists = HashListFiles(tmp_path / "hashes", now=lambda: moment[0])

    def fired(event: str) -> list[tuple[str, ActionKind]]:
        lists.write()
        plane = ScreeningPlane.load(replace(known_files, hashes=tmp_path / "hashes"))
        verdict = plane.screen_one(posted(event, algorithm, value))
        return [] if verdict is None else [(hit.id, verdict.action) for hit in verdict.rules]

    ((_, before),) = fired("$1")
    found = propose_false_match(match.id, reason="A film about it.", by=ann, now=NOW)
    doubted = fired("$2")
    again = look_up([seen(algorithm, value, event="$2")], now=NOW)
    moment[0] = NOW + DOUBTED
    ((_, late),) = fired("$3")
    moment[0] = NOW
    confirm_false_match(found.id, by=bob, now=NOW)

    assert (before, late) == (ActionKind.HOLD, ActionKind.HOLD)
    assert doubted == [("listed_in_doubt", ActionKind.NONE)]
    assert len(again) == 1
    assert fired("$4") == []


def test_a_feed_ends_unless_it_concerns_children(ann: Person, bob: Person, tmp_path: Path) -> None:
    first, second = os.urandom(32), os.urandom(32)
    ends = replace(DRAFT, name="other", harm=EXTREMISM, lasts_days=90)
    other = active(ann, bob, ends)
    holding(active(ann, bob), entry("1", (Algorithm.SHA256, first)))
    holding(other, entry("1", (Algorithm.SHA256, second)))
    moment = [NOW]
    lists = HashListFiles(tmp_path, now=lambda: moment[0])
    assert lists.write() == 2

    moment[0] = later = NOW + timedelta(days=400)

    assert lists.write() == 1
    assert listed(MATERIAL, now=later) == [first]
    assert listed(EXTREMISM, now=later) == []
    assert [feed.name for feed in due_feeds(later)] == ["own"]
    files = [seen(Algorithm.SHA256, first, event="$1"), seen(Algorithm.SHA256, second, event="$2")]
    assert [match.feed.name for match in look_up(files, now=later)] == ["own"]

    with pytest.raises(LaneRefused, match="role_missing"):
        renew_feed(other.id, lasts_days=90, by=reviewer("Ron"), now=later)
    with pytest.raises(LaneRefused, match="days_wrong"):
        renew_feed(other.id, lasts_days=91, by=ann, now=later)
    renew_feed(other.id, lasts_days=90, by=ann, now=later)
    assert lists.write() == 1
    assert listed(EXTREMISM, now=later) == [second]
    assert did(other.id)[-1] == "renewed"


def test_lists_that_did_not_change_are_not_read(ann: Person, bob: Person, tmp_path: Path) -> None:
    lists = HashListFiles(tmp_path, now=lambda: NOW)
    feed = active(ann, bob)
    holding(feed, entry("1", (Algorithm.SHA256, os.urandom(32))))
    lists.write()

    with CaptureQueriesContext(connection) as asked:
        assert lists.write() == 0
    assert not [one for one in asked.captured_queries if "feedhash" in one["sql"]]

    holding(feed, entry("1"))
    assert lists.write() == 1


def test_a_lifted_picture_frees_what_is_nearer_to_it_than_to_a_listed_one(
    ann: Person, bob: Person
) -> None:
    listed_value = os.urandom(32)
    number = int.from_bytes(listed_value, "big")
    like, liker, other = (
        (number ^ bits).to_bytes(32, "big") for bits in ((1 << 20) - 1, (1 << 19) - 1, 1 << 200)
    )
    holding(active(ann, bob), entry("17", (Algorithm.PDQ, listed_value)))

    found_false(like, Algorithm.PDQ, ann, bob)

    assert look_up([seen(Algorithm.PDQ, liker, event="$liker")], now=NOW) == []
    assert len(look_up([seen(Algorithm.PDQ, other, event="$other")], now=NOW)) == 1


def test_one_person_lets_a_file_match_again(ann: Person, bob: Person) -> None:
    value = os.urandom(32)
    holding(active(ann, bob), entry("17", (Algorithm.SHA256, value)))
    found = found_false(value, Algorithm.SHA256, ann, bob)

    withdraw_false_match(found.id, by=ann, now=NOW)

    assert len(look_up([seen(Algorithm.SHA256, value, event="$again")], now=NOW)) == 1
    with pytest.raises(LaneRefused, match="wrong_state"):
        confirm_false_match(found.id, by=bob, now=NOW)


def test_only_the_lane_finds_a_match_false(ann: Person, bob: Person) -> None:
    value = os.urandom(32)
    holding(active(ann, bob), entry("17", (Algorithm.SHA256, value)))
    (match,) = look_up([seen(Algorithm.SHA256, value)], now=NOW)

    with pytest.raises(LaneRefused, match="role_missing"):
        propose_false_match(match.id, reason="No.", by=reviewer("Ron"), now=NOW)


def test_the_database_holds_two_people_and_an_end_of_a_lifting(ann: Person, bob: Person) -> None:
    value = os.urandom(32)
    holding(active(ann, bob), entry("17", (Algorithm.SHA256, value)))
    found = found_false(value, Algorithm.SHA256, ann, bob)

    for wrong in ({"confirmed_by": ann}, {"expires_at": None}, {"confirmed_by": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            FalseMatch.objects.filter(pk=found.pk).update(**wrong)


def posted(event: str, algorithm: Algorithm, value: bytes) -> dict[str, object]:
    return {
        "event_id": event,
        "kind": "media",
        "time": NOW,
        "account": "@a:twin",
        "channel_kind": "private",
        f"media_{algorithm}": [value],
    }


def held(verdict: Verdict, algorithm: Algorithm, value: bytes) -> FlaggedEntry:
    entry = flagged(verdict.event_id, ActionKind.HOLD, Answered.REFUSED)
    facts = replace(entry.event, hashes=(f"{algorithm}:{value.hex()}", "md5:no hash", "x:00"))
    return replace(entry, event=facts, verdict=verdict)


def test_a_draft_says_which_hash_stands_on_which_list(ann: Person, bob: Person) -> None:
    value, other = os.urandom(16), os.urandom(20)
    holding(active(ann, bob), entry("17", (Algorithm.MD5, value), (Algorithm.SHA1, other)))
    both = (FileHash(Algorithm.MD5, value), FileHash(Algorithm.SHA1, other))

    look_up([replace(seen(Algorithm.MD5, value), hashes=both)], now=NOW)
    tip = drafted(Case.objects.get(), ann)

    document = unlock(bytes(tip.document), key=KEY).decode()
    assert f"own 17: md5 {value.hex()} (equal)" in document
    assert f"own 17: sha1 {other.hex()} (equal)" in document


@pytest.mark.parametrize(
    "altered", [lock(b"<report/>", key=KEY), b"no box", b""], ids=["another", "broken", "empty"]
)
def test_what_nobody_confirmed_is_not_sent(
    ann: Person, bob: Person, line: Line, altered: bytes
) -> None:
    client, twin = line
    first, second = (drafted(sealed_case(event=event), ann) for event in ("$one", "$two"))
    for tip in (first, second):
        confirm_tip(tip.id, by=bob, now=NOW)
    CyberTip.objects.filter(pk=first.pk).update(document=altered)

    assert send_tips(client, key=KEY, now=NOW) == 1

    first.refresh_from_db()
    assert (first.state, first.error) == (TipState.REFUSED, "not the text that was confirmed")
    assert len(twin.reports) == 1


def test_what_lies_in_the_lane_is_opened_by_its_role_alone(ann: Person) -> None:
    keys = Keys.fresh()
    case = sealed_case(keys)
    assert case.evidence_id is not None

    for role in (Role.REVIEWER, Role.SENIOR, Role.LEGAL_OFFICER):
        with pytest.raises(NotAllowed):
            opened(case.evidence_id, reviewer(f"R {role}", role), keys)

    assert opened(case.evidence_id, ann, keys) == b"Placeholder of a conversation."


def test_a_case_that_joins_the_lane_takes_its_evidence_along(ann: Person, bob: Person) -> None:
    keys = Keys.fresh()
    case = open_case(case_draft(keys, event="$file"), now=NOW)
    assert case.evidence_id is not None
    assert opened(case.evidence_id, reviewer("Rita"), keys)
    value = os.urandom(32)
    holding(active(ann, bob), entry("1", (Algorithm.SHA256, value)))

    look_up([seen(Algorithm.SHA256, value, event="$file")], now=NOW)

    case.refresh_from_db()
    assert case.lane == CaseLane.SEALED
    with pytest.raises(NotAllowed):
        opened(case.evidence_id, reviewer("Rob"), keys)
    assert opened(case.evidence_id, ann, keys)


def opened(item: UUID, by: Person, keys: Keys) -> bytes:
    return open_sealed(item, staff=by.id, reason="A look.", key=keys.evidence, now=NOW)[1]
