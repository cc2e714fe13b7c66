from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.events.schema import EVENT_SCHEMA
from evenhand.signals.arrow import words_of
from evenhand.signals.domains import DomainList, Entry, host_table
from evenhand.signals.links import LinkFinder
from evenhand.signals.views import views_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIST = DomainList(
    "bad",
    (
        Entry("evil.example", ""),
        Entry("t.me", "/bad_channel"),
        Entry("matrix.to", "/#/!a:x.example"),
        Entry("xn--80ak6aa92e.com", ""),
        Entry("злой.example", ""),
        Entry("deep.evil2.test", ""),
    ),
    0,
)
FINDER = LinkFinder(host_table([LIST]))


def rows_of(*texts, urls=None, may_read=None):
    batch = pa.RecordBatch.from_pylist(
        [
            {
                "event_id": str(k),
                "kind": "message",
                "time": NOW,
                "channel_kind": "public",
                "text": text,
                "urls": urls[k] if urls else None,
            }
            for k, text in enumerate(texts)
        ],
        schema=EVENT_SCHEMA,
    )
    mask = np.ones(len(texts), np.bool_) if may_read is None else np.array(may_read)
    return FINDER.columns(batch, views_of(batch, words_of(batch["kind"]), mask))


def one(name, text):
    column = rows_of(text)[name]
    value = column.values[0].item()
    return column.words[value] if column.words else value


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://shop.example/a?b=c", 1),
        ("shop.com and www.shop.ru, sub.shop.kz/x", 3),
        ("no link here. Really none", 0),
        ("mail anna@shop.com", 0),
        ("v1.2.3 or 10.5", 0),
        ("http://10.0.0.1/x", 1),
        ("https://user@shop.example/", 1),
        ("end of it.", 0),
        ("a..com", 0),
        ("пример.рф", 1),
        ("https://shop.example/index.html", 1),
        ("", 0),
    ],
)
def test_links_are_counted(text, links):
    assert one("link_count", text) == links


@pytest.mark.parametrize(
    "text",
    [
        "evil.example",
        "https://EVIL.example/path",
        "https://a.b.evil.example:8080/x",
        "hxxps://evil[.]example/x",
        "https://evil(dot)example",
        "https://evil [.] example",
        "http://evіl.example",
        "https://paypal.com@evil.example/login",
        "https://злой.example",
        "https://xn--g1aefm.example/",
        "https://аррӏе.com",
        "t.me/bad_channel",
        "https://t.me/bad_channel/15",
        "t.me/bad_channel. Join",
        "https://matrix.to/#/!a:x.example?via=y.example",
        "https://matrix.to/#/!a:x.example/$event",
        "https://matrix.to/#/!a:x.example.",
        "http://deep.evil2.test",
        "http://evil.example.",
    ],
)
def test_listed_hosts_are_found_however_they_are_written(text):
    text = text if "://" in text or text.startswith("t.me") else f"https://{text}"

    assert one("domain_listed", text) == 1
    assert one("domain_exact_list", text) == "bad"


@pytest.mark.parametrize(
    "text",
    [
        "https://notevil.example",
        "https://evil.example.org",
        "https://t.me/good_channel",
        "https://t.me",
        "https://t.me/bad_channel_fans",
        "https://t.me/bad_channel.fans",
        "https://matrix.to/#/!a:x.example.org",
        "https://matrix.to/#/!a:x.example-2.org",
        "https://matrix.to/#/!a:x.example:8448",
        "https://evil2.test",
        "https://good.test/evil.example",
        "anna@evil.example",
    ],
)
def test_neighbours_of_listed_hosts_are_left_alone(text):
    assert one("domain_listed", text) == 0


def test_links_marked_up_apart_from_the_text_count():
    columns = rows_of("look here", "and here", urls=[["https://evil.example", "https://a.com"], []])

    assert columns["link_count"].values.tolist() == [2, 0]
    assert columns["domain_listed"].values.tolist() == [1, 0]


def test_kinds_of_hosts_and_writing_are_told():
    assert one("shortener", "https://bit.ly/x")
    assert one("has_invite", "t.me/some_channel")
    assert one("punycode_link", "https://xn--abc.com")
    assert one("punycode_link", "https://бank.com")
    assert one("lookalike_host", "https://бank.com")
    assert not one("lookalike_host", "https://bank.com and банк.рф")
    assert one("disguised_link", "hxxp://shop.com")
    assert not one("disguised_link", "http://shop.com [see (this)]")


def test_rows_that_may_not_be_read_are_unknown_and_empty():
    columns = rows_of("https://evil.example", "https://evil.example", may_read=[False, True])

    assert columns["domain_listed"].known.tolist() == [False, True]
    assert columns["domain_listed"].values.tolist() == [0, 1]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([".", "/", ":", "@", "a", "evil", "example", "t.me", "[", "]",
                                 "hxxp", "(dot)", "я", " ", "-", "é", "😀"]), max_size=9)
        .map("".join),
        max_size=5,
    )
)  # fmt: skip
def test_a_batch_finds_what_each_row_finds_alone(texts):
    together = rows_of(*texts) if texts else {}

    for name, column in together.items():
        alone = [rows_of(text)[name].values[0].item() for text in texts]
        assert column.values.tolist() == alone, name
