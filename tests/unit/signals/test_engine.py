"""What a batch says of an event is what the event alone says, whoever stands beside it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.lists import TargetKind
from evenhand.events.batch import event_batch
from evenhand.signals.account_habits import AccountHabits
from evenhand.signals.channel_habits import ChannelHabits
from evenhand.signals.columns import DrawsOn, all_columns
from evenhand.signals.domains import DomainList, Entry, host_table
from evenhand.signals.engine import SignalEngine, see
from evenhand.signals.links import LinkFinder
from evenhand.signals.media import HashLists
from evenhand.signals.pattern_lists import parse_pattern_list
from evenhand.signals.patterns import PatternScanner
from evenhand.signals.registration import Registrations
from evenhand.signals.scope import Scope
from evenhand.signals.subjects import Subject, write_subjects
from evenhand.signals.subjects_watch import WatchedSubjects
from evenhand.signals.text_model import TextModel
from evenhand.signals.velocity import Velocity

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PIECES = [
    "buy", "gun", "Gun", "cheap", "pills", " ", "\n", "\x1e", ".", "evil.example", "https://",
    "t.me/x", "@", "seller", "é", "e\u0301", "о", "купить", "😀", "\u200b", "0", "$", "[.]", "日本",
]  # fmt: skip
LISTS = [
    "name: goods\npatterns:\n  - text: gun\n  - regex: 'cheap\\s+pills'\n  - text: купить\n",
    "name: exact\nviews: [raw]\npatterns:\n  - text: Gun\n  - regex: '^buy'\n",
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    lists = [
        parse_pattern_list(text, name=name)
        for text, name in zip(LISTS, ("goods", "exact"), strict=True)
    ]
    made = SignalEngine(
        patterns=PatternScanner(lists, folder=tmp_path_factory.getbasetemp()),
        links=LinkFinder(host_table([DomainList("bad", (Entry("evil.example", ""),), 0)])),
        hashes=HashLists.of({}),
        model=TextModel.load(),
        velocity=Velocity(),
        registrations=Registrations(),
        seed=1,
    )
    return lambda: replace(made, velocity=Velocity(), registrations=Registrations())


def signals_of(engine, *texts, channel_kind="public"):
    rows = [
        {
            "event_id": str(number),
            "kind": "message",
            "time": NOW,
            "account": f"@{number}",
            "channel_kind": channel_kind,
            "text": text,
        }
        for number, text in enumerate(texts)
    ]
    table = engine().over(see(event_batch(rows).batch, Scope.LIVE))
    return [table.row(number) for number in range(table.rows)]


def without_habits(signals):
    columns = all_columns(["goods", "exact"])
    habits = {"account_links_10m", "near_duplicates_10m", "near_duplicate_accounts_10m"}
    return {
        name: value
        for name, value in signals.items()
        if columns[name].draws_on is not DrawsOn.BEHAVIOUR and name not in habits
    }


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(
        st.one_of(
            st.none(),
            st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
            st.text(max_size=20),
        ),
        min_size=2,
        max_size=6,
    )
)
def test_neighbours_change_nothing(engine, texts):
    together = signals_of(engine, *texts)

    for text, signals in zip(texts, together, strict=True):
        (alone,) = signals_of(engine, text)
        assert without_habits(signals) == pytest.approx(without_habits(alone))


def test_every_column_that_is_computed_is_one_that_rules_may_name(engine):
    (signals,) = signals_of(engine, "buy a gun at https://evil.example")

    known = all_columns(["goods", "exact"])
    assert signals.keys() <= known.keys()


def test_every_column_that_rules_may_name_is_computed(engine):
    rows = [
        {"event_id": "1", "kind": "registration", "time": NOW, "channel_kind": "private",
         "account": "@a", "network": bytes(16)},
    ]  # fmt: skip
    table = engine().over(see(event_batch(rows).batch, Scope.LIVE))

    assert table.columns.keys() == all_columns(["goods", "exact"]).keys()


def test_words_and_counts_are_right_on_one_example(engine):
    (signals,) = signals_of(engine, "BUY a gun, write @seller at https://evil.example 😀")

    assert signals["matches_goods"] == 1
    assert signals["has_handle"] is True
    assert signals["domain_exact_list"] == "bad"
    assert signals["emoji_count"] == 1
    assert signals["upper_share"] == pytest.approx(3 / 36)
    assert signals["kind"] == "message"


def test_rows_that_nothing_may_be_seen_of_are_left_out(engine):
    assert signals_of(engine, "buy a gun", channel_kind="direct") == []


def test_a_picture_that_looks_like_a_listed_one_is_seen(engine):
    listed, near = bytes(32), bytes(31) + b"\x07"
    lists = HashLists.of({}, {"pictures": [listed]})
    row = {"event_id": "1", "kind": "media", "time": NOW, "channel_kind": "public"}
    batch = event_batch([{**row, "media_pdq": [near, b"\xff" * 32]}]).batch

    signals = replace(engine(), hashes=lists).over(see(batch, Scope.LIVE)).row(0)

    assert signals["media_count"] == 2
    assert (signals["media_listed"], signals["media_near_listed"]) == (0, 1)
    assert (signals["media_near_list"], signals["media_near_distance"]) == ("pictures", 3)


def test_a_channel_that_copies_a_blocked_one_is_told_by_its_texts(engine, tmp_path):
    path = tmp_path / "subjects.arrow"
    told = WatchedSubjects(path, seed=1)
    own = replace(engine(), subjects=told, accounts=AccountHabits(), channels=ChannelHabits())
    texts = [
        "come in, the first hundred members learn how to earn without work",
        "we never sleep, write to the address that stands in the description",
        "only here, and only until midnight, everything for half of its price",
    ]

    def post(channel, account, minutes):
        rows = [
            {
                "event_id": f"{channel}{number}",
                "kind": "message",
                "time": NOW + timedelta(minutes=minutes),
                "account": account,
                "channel": channel,
                "channel_kind": "public",
                "text": text,
            }
            for number, text in enumerate(texts)
        ]
        return own.over(see(event_batch(rows).batch, Scope.LIVE)).row(2)

    first = post("!old:x", "@a", 0)
    write_subjects(path, [Subject(TargetKind.CHANNEL, "!old:x", "m.spam", 1, NOW, blocked=True)])
    told.refresh()
    again = post("!new:x", "@b", 60)

    assert not first["channel_recreated"]
    assert again["channel_copies"] == 3
    assert again["channel_recreated"]
    assert again["channel_signs"] == "texts of a blocked channel"


def test_a_disguised_text_scores_as_what_it_hides(engine):
    plain, hidden = "shut up you stupid bitch, dumb whore", "shut up you stup1d b1tch, dumb wh0re"

    said, disguised = signals_of(engine, plain, hidden)

    assert disguised["abuse_score"] >= said["abuse_score"] - 1e-6


def test_a_text_without_a_letter_gets_no_score(engine):
    rows = signals_of(engine, "🎉" * 22, "+7 777 123 45 67 !!", "ok")

    assert ["hate_score" in row for row in rows] == [False, False, True]
