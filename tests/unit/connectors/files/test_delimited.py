"""Reading CSV: quoting, separators, headers, and broken records."""

import csv
import io
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenhand.connectors.files.formats import Format
from evenhand.connectors.files.problems import FileRefused

CSV = Format.DELIMITED
QUICK = settings(
    max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def test_quotes_separators_and_breaks_inside_a_field_are_kept(read: Any) -> None:
    found = read('id,text,lang\n1,"a ""b"", c\r\nd",en\r\n2,plain,\n', CSV)

    assert found.column("text") == ['a "b", c\r\nd', "plain"]
    assert found.column("language") == ["en", None]
    assert found.column("row") == [1, 2]
    assert found.said == []


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_told_from_the_header(read: Any, separator: str) -> None:
    found = read(separator.join(["id", "text", "x"]) + "\n" + separator.join("1b2"), CSV)

    assert found.column("text") == ["b"]


def test_headers_may_have_a_mark_quotes_capitals_and_blanks(read: Any) -> None:
    found = read(b'\xef\xbb\xbf"ID", Text \n9,hello', CSV)

    assert found.column("event_id") == ["9"]
    assert found.column("text") == ["hello"]


def test_lists_are_written_with_blanks_or_as_json(read: Any) -> None:
    found = read(
        'text,urls\nx,https://a.example https://b.example\ny,"[""https://c.example""]"\n', CSV
    )

    assert found.column("urls") == [
        ["https://a.example", "https://b.example"],
        ["https://c.example"],
    ]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("2,a,b,c", "more or fewer fields"),
        ("2", "more or fewer fields"),
        ('2,"x"y', "follows its closing quote"),
        ("2,a\0b", "NUL"),
        ('2,"a\0b"', "NUL"),
    ],
)
def test_a_broken_record_is_refused_and_the_others_are_read(
    read: Any, broken: str, reason: str
) -> None:
    found = read(f"id,text\n1,a\n{broken}\n3,c\n", CSV)

    assert found.column("event_id") == ["1", "3"]
    assert found.column("row") == [1, 3]
    assert reason in found.said[0]
    assert "(row 2)" in found.said[0]


def test_a_quote_that_is_never_closed_costs_one_line(read: Any) -> None:
    found = read('id,text\n1,a\n2,"open\n3,c\n4,"d"\n5,e', CSV)

    assert found.column("event_id") == ["1", "3", "4", "5"]
    assert found.ledger.refusals == 1
    assert "byte 14 (row 2): a quoted field is not closed" in found.said[0]


def test_invalid_utf8_refuses_one_record(read: Any) -> None:
    found = read(b"id,text\n1,a\n2,\xff\n3,c", CSV)

    assert found.column("event_id") == ["1", "3"]
    assert "byte 14 (row 2): a text is not UTF-8 [text]" in found.said[0]


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("a,b\n1,2", "no column `text`"),
        ('"text', "header"),
        ("\xff\xff", "no column `text`"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(read: Any, header: str, why: str) -> None:
    with pytest.raises(FileRefused) as caught:
        read(header.encode("latin-1"), CSV)

    assert why in str(caught.value.fields["why"])


FIELD = st.text(
    st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=12
) | st.sampled_from(['"', '""', ",", "\n", "\r\n", 'a"b'])


@QUICK
@given(
    texts=st.lists(FIELD, max_size=8),
    block_bytes=st.integers(1, 100),
    step=st.integers(1, 100),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_what_python_writes_is_read_back_whatever_the_chunking(
    read: Any, texts: list[str], block_bytes: int, step: int, quoting: Any, ending: str
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=quoting, lineterminator=ending)
    writer.writerow(["id", "text"])
    writer.writerows([number, text] for number, text in enumerate(texts))

    found = read(written.getvalue(), CSV, block_bytes=block_bytes, step=step)

    assert [text or "" for text in found.column("text")] == texts
    assert found.said == []


@QUICK
@given(content=st.binary(max_size=300), block_bytes=st.integers(1, 64))
def test_arbitrary_bytes_never_crash(read: Any, content: bytes, block_bytes: int) -> None:
    small = read(b"id,text\n" + content, CSV, block_bytes=block_bytes)

    assert small.rows == read(b"id,text\n" + content, CSV).rows


def test_a_table_with_a_column_twice_is_refused(read: Any) -> None:
    with pytest.raises(FileRefused) as refused:
        read("id,text,Text\n1,a,b\n", CSV)

    assert refused.value.fields["why"] == "it has two columns `text`; leave one out"


def test_a_row_with_two_texts_is_refused(read: Any) -> None:
    found = read("id,text,body\n1,a,b\n2,c,\n3,,d\n", CSV)

    assert found.column("text") == ["c", "d"]
    assert "two texts" in found.said[0]
