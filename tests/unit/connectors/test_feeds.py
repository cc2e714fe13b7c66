"""Feeds of hashes: files, and exchanges whose clients answer from here. Hashes are chance."""

import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from threatexchange.exchanges.clients.stopncii.api import (
    FetchHashesResponse,
    StopNCIICaseStatus,
    StopNCIIHashRecord,
    StopNCIISignalType,
)

from evenhand.base.errors import Misconfigured, Unavailable
from evenhand.childsafety.lists import Algorithm, FeedKind
from evenhand.childsafety.ports import FeedPage
from evenhand.connectors.exchanges import (
    Exchange,
    GifctFeed,
    IntimateImagesFeed,
    NcmecFeed,
    TerrorismFeed,
)
from evenhand.connectors.feeds import (
    Connections,
    FeedUnreadable,
    FileFeed,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())


def connections(folder: Path, credentials: Path | None = None) -> Connections:
    return Connections(folder, credentials, lambda: NOW)


def written(folder: Path, *lines: str) -> FileFeed:
    path = folder / "own.csv"
    path.write_text("algorithm,value,entry\n" + "".join(f"{line}\n" for line in lines))
    return FileFeed(path)


def test_a_file_is_read_whole_and_again_only_if_it_changed(tmp_path: Path) -> None:
    value = os.urandom(32)
    feed = written(tmp_path, f"sha256,{value.hex()},1", f"pdq,{os.urandom(32).hex()},2")

    (page,) = feed.pages("")

    assert page.whole
    assert [entry.entry for entry in page.entries] == ["1", "2"]
    assert page.entries[0].hashes[0].value == value
    assert list(feed.pages(page.cursor)) == []
    assert len(list(written(tmp_path).pages(page.cursor))) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sha256,zz,1", "line=2"),
        ("sha256,abcd,1", "line=2"),
        ("photodna,abcd,1", "line=2"),
        (f"md5,{'0' * 32}", "not three columns"),
        (f"md5,{'0' * 32},", "no entry"),
        (f"md5,{'0' * 32},{'x' * 200}", "no entry"),
        ('"', "not CSV"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_of_the_file_is_taken(
    tmp_path: Path, line: str, said: str
) -> None:
    with pytest.raises(FeedUnreadable, match=said):
        list(written(tmp_path, line).pages(""))


def test_a_file_that_is_no_list_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    for content in (b"", b"\xff\xfe\x00", b"hash\nabc\n"):
        path.write_bytes(content)
        with pytest.raises(FeedUnreadable):
            list(FileFeed(path).pages(""))
    with pytest.raises(Unavailable):
        list(FileFeed(tmp_path / "none.csv").pages(""))


def test_a_link_out_of_the_state_folder_is_not_followed(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside.csv"
    home.mkdir()
    outside.write_text("algorithm,value,entry\n")
    (home / "own.csv").symlink_to(outside)

    with pytest.raises(FeedUnreadable, match="outside"):
        connections(home)(FeedKind.FILE, "own", "own.csv")


def ncmec_entry(id_: str, *, deleted: bool = False, **prints: str) -> SimpleNamespace:
    return SimpleNamespace(id=id_, member_id=7, deleted=deleted, fingerprints=prints)


class NcmecAnswers:
    """Two pages of one span; it notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, str]] = []

    def get_entries(self, *, start_timestamp: int, end_timestamp: int, next_: str) -> Any:
        self.asked.append((start_timestamp, end_timestamp, next_))
        if next_:
            return SimpleNamespace(updates=[ncmec_entry("2", deleted=True)], next="")
        prints = {"md5": os.urandom(16).hex(), "pdna": "AAAA", "pdq": os.urandom(32).hex()}
        return SimpleNamespace(updates=[ncmec_entry("1", **prints)], next="/v2/entries?start=1")


def test_a_span_of_ncmec_is_read_to_its_end_and_can_be_taken_up() -> None:
    answers = NcmecAnswers()
    feed = NcmecFeed(answers, lambda: NOW)  # type: ignore[arg-type]

    first = next(feed.pages(""))
    (second,) = feed.pages(first.cursor)
    list(feed.pages(second.cursor))

    assert first.entries[0].entry == "7-1"
    assert {one.algorithm for one in first.entries[0].hashes} == {Algorithm.MD5, Algorithm.PDQ}
    assert second == FeedPage(entries=second.entries, cursor=f"{SECONDS}||")
    assert second.entries[0].hashes == ()
    assert answers.asked[:3] == [
        (0, SECONDS, ""),
        (0, SECONDS, "/v2/entries?start=1"),
        (SECONDS, SECONDS, ""),
    ]


def test_the_list_of_tech_against_terrorism_goes_on_where_it_was() -> None:
    asked = []

    def fetch_hashes(after: str) -> Any:
        asked.append(after)
        value, number = os.urandom(16).hex(), len(asked)
        one = SimpleNamespace(id=number, deleted=number == 2, algorithm="MD5", hash_digest=value)
        return SimpleNamespace(
            results=[one], checkpoint=f"c{number}", next="more" if number < 2 else None
        )

    pages = list(TerrorismFeed(SimpleNamespace(fetch_hashes=fetch_hashes)).pages("c0"))  # type: ignore[arg-type]

    assert asked == ["c0", "c1"]
    assert [page.cursor for page in pages] == ["c1", "c2"]
    assert [len(page.entries[0].hashes) for page in pages] == [1, 0]


def intimate(value: str, **known: object) -> StopNCIIHashRecord:
    """Gives a hash as StopNCII tells it."""
    facts: dict[str, Any] = {
        "lastModtimestamp": SECONDS,
        "signalType": StopNCIISignalType.ImagePDQ,
        "hashStatus": StopNCIICaseStatus.Active,
        "caseNumbers": {},
    }
    return StopNCIIHashRecord(hashValue=value, **{**facts, **known})


class IntimateAnswers:
    """Two pages; the address of the second is forgotten once."""

    def __init__(self, *records: StopNCIIHashRecord) -> None:
        self.records = list(records)
        self.asked: list[tuple[int, str]] = []

    def fetch_hashes(self, *, start_timestamp: int, next_page: str = "") -> FetchHashesResponse:
        self.asked.append((start_timestamp, next_page))
        if next_page == "old":
            raise requests.HTTPError
        more = not next_page
        page = self.records[:1] if more else self.records[1:]
        return FetchHashesResponse(1, "second" if more else None, SECONDS, more, page)


def test_of_intimate_pictures_those_alone_count_that_are_not_withdrawn() -> None:
    values = [os.urandom(32).hex() for _ in range(3)]
    answers = IntimateAnswers(
        intimate(values[0]),
        intimate(values[1], hashStatus=StopNCIICaseStatus.Withdrawn),
        intimate(values[2], signalType=StopNCIISignalType.VideoMD5),
    )
    feed = IntimateImagesFeed(answers)  # type: ignore[arg-type]

    first, second = feed.pages("")

    assert [len(entry.hashes) for entry in (*first.entries, *second.entries)] == [1, 0, 0]
    assert (first.cursor, second.cursor) == ("10|second", f"{SECONDS}|")
    assert first.entries[0].entry == values[0]


def test_a_page_that_is_no_longer_known_is_read_anew_from_its_time() -> None:
    answers = IntimateAnswers(intimate(os.urandom(32).hex()))
    feed = IntimateImagesFeed(answers)  # type: ignore[arg-type]

    pages = list(feed.pages("77|old"))

    assert answers.asked == [(77, "old"), (77, ""), (77, "second")]
    assert [page.cursor for page in pages] == ["77|second", f"{SECONDS}|"]


def shared(id_: int, kind: str, value: str, **known: object) -> dict[str, object]:
    """Gives a hash as ThreatExchange tells it."""
    return {"id": str(id_), "type": kind, "indicator": value, "last_updated": id_ * 10, **known}


def test_what_members_share_is_read_in_the_order_of_its_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[dict[str, object]] = []
    pages = [
        [shared(1, "HASH_PDQ", os.urandom(32).hex()), shared(2, "HASH_URL_MD5", "ab")],
        [
            shared(3, "HASH_SHA256", os.urandom(32).hex(), should_delete=True),
            shared(4, "HASH_MD5", os.urandom(16).hex(), status="NON_MALICIOUS"),
        ],
    ]

    def get(url: str, params: dict[str, object], timeout: float) -> Any:
        asked.append(dict(params))
        following = {"next": f"{url}?after=1"} if len(asked) < len(pages) else {}
        answer = {"data": pages[len(asked) - 1], "paging": following}
        return SimpleNamespace(raise_for_status=lambda: None, json=lambda: answer)

    monkeypatch.setattr(requests, "get", get)
    found = list(GifctFeed(Exchange("1234|secret"), 99).pages("5"))

    assert [page.cursor for page in found] == ["20", "40"]
    assert [len(one.hashes) for page in found for one in page.entries] == [1, 0, 0, 0]
    assert (asked[0]["start_time"], asked[0]["access_token"]) == (5, "1234|secret")
    assert asked[0]["types"] == "HASH_SHA256,HASH_SHA1,HASH_MD5,HASH_PDQ"


def test_an_exchange_cannot_send_its_reader_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"data": [], "paging": {"next": "https://elsewhere.test/?access_token=x"}}
    monkeypatch.setattr(
        requests,
        "get",
        lambda *_, **__: SimpleNamespace(raise_for_status=lambda: None, json=lambda: answer),
    )

    with pytest.raises(Unavailable) as said:
        list(GifctFeed(Exchange("1234|secret"), 99).pages(""))
    assert "secret" not in str(said.value)


@pytest.mark.parametrize("fault", [requests.ConnectionError("x"), ValueError("secret answer")])
def test_whatever_an_exchange_does_wrong_is_said_without_its_answer(fault: Exception) -> None:
    def get_entries(**_: object) -> Any:
        raise fault

    feed = NcmecFeed(SimpleNamespace(get_entries=get_entries), lambda: NOW)  # type: ignore[arg-type]

    with pytest.raises(Unavailable) as said:
        list(feed.pages(""))
    assert "secret" not in str(said.value)


def test_without_credentials_an_exchange_is_not_asked(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    with pytest.raises(Misconfigured, match="not set"):
        connections(tmp_path)(FeedKind.NCMEC, "ncmec", "test_Industry")
    for content in ("", "[", "other: {username: a, password: b}", "ncmec: x"):
        file.write_text(content)
        with pytest.raises(Misconfigured, match="names no credentials"):
            connections(tmp_path, file)(FeedKind.NCMEC, "ncmec", "test_Industry")

    file.write_text("ncmec: {username: a, password: b}")
    assert isinstance(connections(tmp_path, file)(FeedKind.NCMEC, "ncmec", "test_NGO"), NcmecFeed)
    assert isinstance(
        connections(tmp_path, file)(FeedKind.STOPNCII, "ncmec", "all"), IntimateImagesFeed
    )
    assert isinstance(connections(tmp_path, file)(FeedKind.GIFCT, "ncmec", "99"), GifctFeed)
