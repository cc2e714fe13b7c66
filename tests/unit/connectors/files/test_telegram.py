"""Reading Telegram exports: what is taken, what is counted, and what broken input does."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from evenhand.connectors.files.problems import NoMessages

DATA = Path(__file__).parents[3] / "data" / "files"
QUICK = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def chat(*messages: Any, **facts: Any) -> dict[str, Any]:
    head = {"name": "Garden club", "type": "public_supergroup", "id": 77}
    return {**head, **facts, "messages": list(messages)}


def message(number: int, text: Any = "Hello", **facts: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": "message",
        "date": "2024-01-15T10:30:00",
        "date_unixtime": "1705315800",
        "from": "Ada",
        "from_id": "user5",
        "text": text,
        **facts,
    }


def test_a_message_becomes_an_event(read: Any) -> None:
    found = read(chat(message(3, reply_to_message_id=2, forwarded_from="Elsewhere")))

    assert found.rows == [
        {
            "event_id": "3",
            "kind": "message",
            "time": datetime(2024, 1, 15, 10, 50, tzinfo=UTC),
            "account": "user5",
            "account_created": None,
            "channel": "77",
            "channel_kind": "public",
            "channel_name": None,
            "territory": None,
            "network": None,
            "user_agent": None,
            "display_name": "Ada",
            "text": "Hello",
            "language": None,
            "urls": [],
            "media_sha256": None,
            "media_sha1": None,
            "media_md5": None,
            "media_pdq": None,
            "media_nudity": None,
            "reply_to": "2",
            "forwarded_from": "Elsewhere",
            "row": 1,
            "offset": 76,
            "stated_time": datetime(2024, 1, 15, 10, 50, tzinfo=UTC),
        }
    ]
    assert found.said == []


def test_entities_are_joined_and_their_links_kept(read: Any) -> None:
    text = [
        "See ",
        {"type": "text_link", "text": "this", "href": "https://a.example/\u00e9"},
        {"type": "mention_name", "text": " Bo", "user_id": 4},
        {"type": "pre", "text": "\n{}", "language": "en"},
        {"type": "link", "text": "https://b.example"},
    ]

    found = read(chat(message(1, text), message(2, "plain")))

    assert found.column("text") == ["See this Bo\n{}https://b.example", "plain"]
    assert found.column("urls") == [["https://a.example/é"], []]


def test_text_entities_stand_in_for_a_missing_text(read: Any) -> None:
    item = message(1, text_entities=[{"type": "plain", "text": "Hidden"}])
    del item["text"]

    assert read(chat(item)).column("text") == ["Hidden"]


def test_what_stands_around_a_text_is_read_too(read: Any) -> None:
    found = read(
        chat(
            message(1, "", file="files/a.pdf", file_name="price list.pdf"),
            message(
                2,
                "Vote",
                poll={"question": "Which?", "answers": [{"text": "One", "voters": 1}]},
            ),
            message(
                3,
                "Go",
                inline_bot_buttons=[
                    [
                        {"type": "url", "text": "Open", "data": "https://c.example"},
                        {"type": "callback", "text": "No", "data": "aGVsbG8="},
                    ]
                ],
            ),
            message(4, "", contact_information={"first_name": "Cy", "phone_number": "+1555"}),
        )
    )

    assert found.column("text") == [
        "price list.pdf",
        "Vote\nWhich?\nOne",
        "Go\nOpen\nNo",
        "Cy\n+1555",
    ]
    assert found.column("urls") == [[], [], ["https://c.example"], []]


def test_a_picture_without_a_caption_is_media(read: Any) -> None:
    found = read(chat(message(1, "", photo="photos/1.jpg"), message(2, "Look", photo="p/2.jpg")))

    assert found.column("kind") == ["media", "message"]
    assert found.column("text") == [None, "Look"]


def test_service_messages_and_unknown_items_are_counted_by_name(read: Any) -> None:
    found = read(
        chat(
            {"id": 1, "type": "service", "action": "pin_message", "text": ""},
            message(2),
            {"id": 3, "type": "service", "action": "pin_message", "text": ""},
            {"id": 4, "type": "unsupported"},
        )
    )

    assert found.column("event_id") == ["2"]
    assert found.column("row") == [2]
    assert found.ledger.unscreened == {"service pin_message": 2, "unsupported": 1}
    assert found.ledger.refusals == 0


def test_every_chat_of_a_full_export_is_read_under_its_own_id(read: Any) -> None:
    export = {
        "about": "x",
        "contacts": {"list": [{"first_name": "Di", "id": 9, "messages": 4}]},
        "chats": {
            "about": "y",
            "list": [chat(message(1)), chat(message(1), id=78, type="personal_chat")],
        },
        "left_chats": {"list": [chat(message(5), id=79, name=None, type="private_group")]},
    }

    found = read(export)

    assert found.column("channel") == ["77", "78", "79"]
    assert found.column("channel_kind") == ["public", "direct", "private"]
    assert found.ledger.channel_names == {"77": "Garden club", "78": "Garden club"}


def test_a_time_without_unixtime_is_taken_as_utc(read: Any) -> None:
    item = message(1)
    del item["date_unixtime"]

    assert read(chat(item)).column("time") == [datetime(2024, 1, 15, 10, 30, tzinfo=UTC)]


def test_the_sample_export_with_topics_is_read_whole(read: Any) -> None:
    found = read((DATA / "topics.json").read_bytes())

    assert found.column("event_id") == ["3", "4", "5", "7"]
    assert found.ledger.unscreened == {"service topic_created": 2, "service create_group": 1}
    assert found.said == []


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ('{"id": 2, "type": "message", "text": "a\nb"}', "raw control character"),
        ('{"id": 2, "type": "message", "text": "\x00"}', "raw control character"),
        ('{"id": 2, "type": "message", "text": "\\q"}', "begins no escape"),
        ('{"id": 2, "type": "message", "text": "unclosed}', "not JSON"),
        ('{"id": 2, "type": "message", "text" "x"}', "not JSON"),
        ('{"id": 2, "type": "message", "x": NaN}', "neither true, false nor null"),
        ('{"id": 2, "type": "message", "x": 01}', "number is not written"),
        ('{"id": 2, "type": "message", "x": ' + "[" * 80 + "]" * 80 + "}", "nested too deeply"),
        ('{"id": 2, "type": "message", "text": 5, "from_id": {}}', "wrong type"),
        ('{"id": 2, "type": "message", "date_unixtime": "soon"}', "time cannot be read"),
        ('{"id": 2, "type": "message", "text": "' + "x" * 70_000 + '"}', "longer than an event"),
        ('{"id": 2, "type": "message", "text": "' + "x" * 1_100_000 + '"}', "larger than any"),
        ('{"type": "message", "text": "no id"}', "missing"),
        ('{"id": 2, "text": "no type"}', "missing"),
        ("17", "an object was expected"),
        ("", "an object was expected"),
    ],
)
def test_a_broken_message_is_refused_with_its_place_and_the_rest_is_read(
    read: Any, broken: str, reason: str
) -> None:
    whole = json.dumps(chat(message(1), "HERE", message(3)))
    content = whole.replace('"HERE"', broken)

    found = read(content)

    assert found.column("event_id") == ["1", "3"]
    assert [line for line in found.said if reason in line and "byte" in line], found.said
    assert found.ledger.refusals == 1
    place = int(found.said[0].split("byte ")[1].split(" ")[0])
    assert whole.index('"HERE"') <= place <= whole.index('"HERE"') + len(broken) + 40


def test_a_missing_comma_costs_no_message(read: Any) -> None:
    content = json.dumps(chat(message(1), message(2), message(3))).replace(
        '}, {"id": 2', '} {"id": 2'
    )

    found = read(content)

    assert found.column("event_id") == ["1", "2", "3"]
    assert found.ledger.refusals == 1


def test_invalid_utf8_refuses_one_message_and_names_the_byte(read: Any) -> None:
    content = json.dumps(chat(message(1), message(2, "HERE"), message(3))).encode()
    content = content.replace(b"HERE", b"ab\xff")

    found = read(content)

    assert found.column("event_id") == ["1", "3"]
    assert f"byte {content.index(0xFF)} (row 2): a text is not UTF-8 [text]" in found.said[0]


def test_a_truncated_export_gives_every_whole_message(read: Any) -> None:
    whole = json.dumps(chat(message(1), message(2), message(3)))

    found = read(whole[: whole.index('"id": 3') + 30])

    assert found.column("event_id") == ["1", "2"]
    assert "the file ends inside this item" in found.said[0]
    assert found.ledger.refusals == 1


def test_reading_goes_on_in_the_next_chat_after_broken_input(read: Any) -> None:
    export = {
        "chats": {"list": [chat(message(1)), chat(message(2), id=78), chat(message(3), id=79)]}
    }
    content = json.dumps(export).replace(
        '"messages": [{"id": 2, "type"', '"messages": [{"id" 2, "type"'
    )

    found = read(content)

    assert found.column("channel") == ["77", "79"]
    assert found.ledger.refusals == 1


def test_an_export_whose_beginning_is_lost_is_read_without_a_channel(read: Any) -> None:
    content = json.dumps(chat(message(1), message(2)))

    found = read(content[content.index('"messages"') :])

    assert found.column("event_id") == ["1", "2"]
    assert found.column("channel") == [None, None]
    assert found.ledger.refusals == 1


def test_a_byte_order_mark_is_passed_over(read: Any) -> None:
    assert len(read(b"\xef\xbb\xbf" + json.dumps(chat(message(1))).encode()).rows) == 1


def test_half_a_surrogate_pair_becomes_the_replacement_letter(read: Any) -> None:
    content = json.dumps(chat(message(1, "HERE"))).replace("HERE", "a\\ud83dz \\ud83d\\ude00")

    assert read(content).column("text") == ["a\ufffdz \U0001f600"]


TEXTS = st.text(max_size=30) | st.lists(
    st.text(max_size=8)
    | st.fixed_dictionaries({"type": st.just("bold"), "text": st.text(max_size=8)}),
    max_size=4,
)


@QUICK
@given(
    texts=st.lists(TEXTS, max_size=12),
    block_bytes=st.integers(1, 300),
    step=st.integers(1, 300),
    indent=st.sampled_from([None, 1]),
    escaped=st.booleans(),
)
def test_any_chunking_gives_the_same_messages(
    read: Any, texts: list[Any], block_bytes: int, step: int, indent: int | None, escaped: bool
) -> None:
    items = [message(number, text) for number, text in enumerate(texts)]
    content = json.dumps(chat(*items), indent=indent, ensure_ascii=escaped)

    found = read(content, block_bytes=block_bytes, step=step)

    wanted = [
        "".join(part if isinstance(part, str) else part["text"] for part in text) or None
        for text in texts
    ]
    assert found.column("text") == wanted
    offsets = found.column("offset")
    assert [content.encode()[place : place + 1] for place in offsets] == [b"{"] * len(texts)


@QUICK
@given(content=st.binary(max_size=400), block_bytes=st.integers(1, 64))
def test_arbitrary_bytes_hold_no_messages(read: Any, content: bytes, block_bytes: int) -> None:
    with pytest.raises(NoMessages):
        read(content, block_bytes=block_bytes)


@QUICK
@given(
    place=st.integers(0, 1200),
    added=st.binary(max_size=12) | st.sampled_from([b"[", b"{", b"]", b"}", b'"', b"\\", b"\x00"]),
    cut=st.integers(0, 60),
    block_bytes=st.integers(1, 2000),
)
@example(place=120, added=b'"', cut=0, block_bytes=100)
def test_damage_anywhere_is_said_and_chunking_does_not_matter(
    read: Any, place: int, added: bytes, cut: int, block_bytes: int
) -> None:
    export = {"chats": {"list": [chat(*[message(n) for n in range(3)], id=c) for c in range(2)]}}
    whole = json.dumps(export).encode()
    damaged = whole[:place] + added + whole[place + cut :]

    try:
        found = read(damaged, block_bytes=block_bytes)
    except NoMessages:
        assert b'"messages"' not in damaged
        return

    again = read(damaged)
    assert found.rows == again.rows
    assert found.said == again.said
    try:
        json.loads(damaged.decode())
    except UnicodeDecodeError:
        return  # What is not UTF-8 is said where it is read; keys that nobody asked for are not.
    except ValueError:
        assert found.ledger.refusals


def test_a_truncation_at_every_byte_loses_only_what_is_not_there(read: Any) -> None:
    content = json.dumps(chat(message(1, "é"), message(2), message(3)), ensure_ascii=False).encode()
    ends = [content.index(b'"id": %d' % (n + 1)) - 3 for n in (1, 2)] + [len(content) - 2]

    for place in range(content.index(b"[") + 1, len(content) - 1):
        found = read(content[:place])
        assert len(found.rows) == sum(place >= end for end in ends), place
        assert found.ledger.refusals == 1


def test_a_message_with_a_name_twice_is_refused_and_the_next_is_read(read: Any) -> None:
    twice = json.dumps(message(1, "one")).replace('"text": "one"', '"text": "a", "text": "b"')
    export = json.dumps(chat(message(2, "two"))).replace('"messages": [', f'"messages": [{twice}, ')

    found = read(export)

    assert found.column("text") == ["two"]
    assert "a name stands in it twice" in found.said[0]
