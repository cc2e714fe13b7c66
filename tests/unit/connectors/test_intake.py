"""What Synapse says becomes our event, and who may look at it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import InputRefused
from evenhand.base.limits import TEXT_BYTES_MAX
from evenhand.base.lists import ChannelKind, EventKind
from evenhand.connectors.matrix import intake
from evenhand.connectors.matrix.intake import Channel
from evenhand.events.batch import one_event
from evenhand.events.schema import EVENT_SCHEMA

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POSTED = NOON - timedelta(seconds=2)
PUBLIC = Channel(ChannelKind.PUBLIC)
KEY = bytes(range(32))


def message(content: object, **fields: object) -> dict[str, object]:
    return {
        "event_id": "$1",
        "type": "m.room.message",
        "sender": "@a:x.test",
        "room_id": "!r:x.test",
        "origin_server_ts": round(POSTED.timestamp() * 1000),
        "content": content,
        **fields,
    }


def seen(content: object, **fields: object) -> intake.Seen:
    found = intake.message_seen(message(content, **fields), PUBLIC, now=NOON)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"join_rule": "public"}, ChannelKind.PUBLIC),
        ({"join_rule": "public", "members": 2}, ChannelKind.PUBLIC),
        ({"join_rule": "public", "encrypted": True, "members": 9}, ChannelKind.PRIVATE),
        ({"join_rule": "public", "encrypted": True, "members": 2}, ChannelKind.DIRECT),
        ({"join_rule": "invite", "members": 2}, ChannelKind.DIRECT),
        ({"join_rule": "invite", "members": 3}, ChannelKind.PRIVATE),
        ({"join_rule": "invite", "members": 9, "is_direct": True}, ChannelKind.DIRECT),
        ({"join_rule": "knock", "members": 9}, ChannelKind.PRIVATE),
        ({"members": 9}, ChannelKind.PRIVATE),
        ({}, ChannelKind.PRIVATE),
        ({"join_rule": ["public"], "members": "2", "is_direct": "yes"}, ChannelKind.PRIVATE),
    ],
)
def test_a_channel_is_public_only_if_anyone_may_join_and_nothing_is_encrypted(facts, kind):
    assert intake.channel_of(facts).kind is kind


@pytest.mark.parametrize(
    ("behind", "counts_as_of_now"),
    [
        (timedelta(), False),
        (timedelta(minutes=4), False),
        (timedelta(minutes=6), True),
        (timedelta(minutes=-1), True),
    ],
)
def test_an_event_that_claims_an_unlikely_time_counts_as_of_now(behind, counts_as_of_now):
    said = NOON - behind

    found = seen({"body": "x"}, origin_server_ts=round(said.timestamp() * 1000))

    assert found.time == (NOON if counts_as_of_now else said)


def test_what_is_read_back_keeps_the_time_it_had():
    event = message({"body": "x"})

    found = intake.message_seen(event, PUBLIC, now=NOON + timedelta(days=9), late_max=timedelta.max)

    assert found is not None
    assert found.time == POSTED


def test_a_message_becomes_a_row_of_the_schema():
    row = seen({"msgtype": "m.text", "body": "hello"}).row()

    assert one_event(row).num_rows == 1
    assert set(row) == set(EVENT_SCHEMA.names)
    assert row["time"] == POSTED
    assert (row["account"], row["channel"], row["text"]) == ("@a:x.test", "!r:x.test", "hello")


def test_what_readers_see_is_what_is_read():
    formatted = seen({"body": "hi", "formatted_body": "<p>buy</p> <a href='https://x.test'>it</a>"})
    edited = seen(
        {
            "body": "* old",
            "m.new_content": {"body": "new"},
            "m.relates_to": {"rel_type": "m.replace", "event_id": "$0"},
        }
    )
    same = seen({"body": "hi there", "formatted_body": "<b>hi there</b>"})

    assert formatted.text == "hi\nbuy it"
    assert formatted.urls == ("https://x.test",)
    assert (edited.kind, edited.text) == (EventKind.EDIT, "new")
    assert same.text == "hi there"


def test_new_content_without_an_edit_does_not_hide_the_body():
    assert seen({"body": "shown", "m.new_content": {"body": "decoy"}}).text == "shown"


def test_files_polls_reactions_and_names_are_read():
    file = seen({"msgtype": "m.image", "body": "a.png", "url": "mxc://x.test/1"})
    poll = seen(
        {"m.poll": {"question": {"body": "Which?"}, "answers": [{"m.text": "this"}]}},
        type="m.poll.start",
    )
    reaction = seen({"m.relates_to": {"rel_type": "m.annotation", "key": "yes"}}, type="m.reaction")
    name = seen({"name": "Garden"}, type="m.room.name", state_key="")

    assert (file.kind, file.media) == (EventKind.MEDIA, ("mxc://x.test/1",))
    assert poll.text == "Which?\nthis"
    assert reaction.text == "yes"
    assert (name.kind, name.channel_name) == (EventKind.ROOM_PUBLICATION, "Garden")


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        ({"ciphertext": "…"}, {"type": "m.room.encrypted"}),
        ({"membership": "join"}, {"type": "m.room.member", "state_key": "@a:x.test"}),
        ({"redacts": "$0"}, {"type": "m.room.redaction"}),
        ({"join_rule": "public"}, {"type": "m.room.join_rules", "state_key": ""}),
        ({}, {}),
        ({"body": 7}, {}),
    ],
)
def test_events_that_say_nothing_are_not_looked_at(content, fields):
    assert intake.message_seen(message(content, **fields), PUBLIC, now=NOON) is None


@pytest.mark.parametrize("field", ["event_id", "sender", "room_id"])
@pytest.mark.parametrize("value", [None, "", 7, "x" * 256])
def test_an_event_without_proper_identifiers_is_refused(field, value):
    with pytest.raises(InputRefused):
        intake.message_seen(message({"body": "x"}, **{field: value}), PUBLIC, now=NOON)


# Python's JSON reader gives halves of surrogate pairs, too.
any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=10)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["body", "formatted_body", "m.relates_to", "m.new_content", "url", "file",
                         "key", "rel_type", "m.in_reply_to", "event_id", "msgtype", "question"]),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(deadline=None)
@given(
    content=json_values,
    kind=st.sampled_from(
        ["m.room.message", "m.reaction", "m.poll.start", "m.sticker", "m.room.topic"]
    ),
    stamp=st.none() | st.integers(),
)
def test_whatever_a_client_writes_makes_a_row_or_nothing(content, kind, stamp):
    event = message(content, type=kind, origin_server_ts=stamp)

    found = intake.message_seen(event, PUBLIC, now=NOON)

    if found is not None:
        assert one_event(found.row()).num_rows == 1


@settings(deadline=None)
@given(
    body=st.fixed_dictionaries(
        {"user_id": st.just("@a:x.test"), "user": st.just("@a:x.test"), "room": st.just("!r:x"),
         "room_id": st.just("!r:x"), "username": any_text, "display_name": any_text,
         "room_alias": any_text, "request_info": json_values, "room_config": json_values}
    )
)  # fmt: skip
def test_whatever_else_synapse_asks_makes_an_event_or_nothing(body):
    found = [
        intake.registration_seen(body, server="x.test", key=KEY, now=NOON),
        intake.creation_seen(body, now=NOON),
        intake.publication_seen(body, named=intake.text_at(body, "username"), now=NOON),
        intake.join_seen(body, PUBLIC, now=NOON),
        intake.profile_seen(body, now=NOON),
    ]

    for one in found:
        assert one is None or one_event(one.row()).num_rows == 1


def test_long_names_and_agents_still_make_an_event():
    name = "я" * 100
    body = {"username": name, "request_info": [["я" * 5_000, "192.0.2.1"]]}
    room = "!" + "r" * 250 + ":x"
    joined = intake.join_seen({"user": f"@{name}:x.test", "room": room}, PUBLIC, now=NOON)

    assert one_event(intake.registration_seen(body, server="x", key=KEY, now=NOON).row())
    assert one_event(joined.row())
    with pytest.raises(InputRefused):
        intake.registration_seen({"username": "я" * 130}, server="x", key=KEY, now=NOON)


def test_what_a_private_group_calls_itself_is_not_read():
    event = message({"name": "Garden"}, type="m.room.name", state_key="")

    for kind in (ChannelKind.PRIVATE, ChannelKind.DIRECT):
        assert intake.message_seen(event, Channel(kind), now=NOON) is None


def test_a_long_text_is_cut_at_a_letter():
    found = seen({"body": "я" * TEXT_BYTES_MAX})

    assert len(found.text.encode()) == TEXT_BYTES_MAX
    assert set(found.text) == {"я"}


def test_a_network_is_the_same_for_neighbours_and_for_one_day():
    def network(address: str, now: datetime = NOON, key: bytes = KEY) -> bytes | None:
        return intake.network_of(address, key=key, now=now)

    home = network("198.51.100.7")
    assert home == network("198.51.100.250")
    assert home != network("198.51.101.7")
    assert home != network("198.51.100.7", now=NOON + timedelta(days=1))
    assert home != network("198.51.100.7", key=bytes(32))
    assert network("2001:db8::1") == network("2001:db8::ffff:1")
    assert network("2001:db8::1") != network("2001:db8:0:1::1")
    assert network("not an address") is None
    assert len(home) == 16


def test_a_registration_without_a_name_or_an_address_is_handled():
    nameless = intake.registration_seen({"username": None}, server="x.test", key=KEY, now=NOON)
    bare = intake.registration_seen({"username": "ada"}, server="x.test", key=KEY, now=NOON)

    assert nameless is None
    assert (bare.account, bare.network) == ("@ada:x.test", None)


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ({"preset": "public_chat"}, ChannelKind.PUBLIC),
        ({"visibility": "public"}, ChannelKind.PUBLIC),
        ({"preset": "private_chat"}, ChannelKind.PRIVATE),
        ({"is_direct": True}, ChannelKind.DIRECT),
        (
            {
                "preset": "public_chat",
                "initial_state": [{"type": "m.room.encryption", "content": {}}],
            },
            ChannelKind.PRIVATE,
        ),
        (
            {"initial_state": [{"type": "m.room.join_rules", "content": {"join_rule": "public"}}]},
            ChannelKind.PUBLIC,
        ),
    ],
)
def test_a_room_to_be_made_has_the_kind_that_its_configuration_gives_it(config, kind):
    body = {"user_id": "@a:x.test", "room_config": {"name": "Garden", **config}}

    assert intake.creation_seen(body, now=NOON).channel_kind is kind


def test_a_room_to_be_made_is_read_by_name_topic_and_address():
    config = {"name": "Garden", "topic": "plants", "room_alias_name": "green"}

    found = intake.creation_seen({"user_id": "@a:x.test", "room_config": config}, now=NOON)

    assert found.channel_name == "Garden\nplants\ngreen"
    assert intake.creation_seen({"user_id": "@a:x.test", "room_config": {}}, now=NOON) is None
