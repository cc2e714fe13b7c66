from dataclasses import replace
from datetime import UTC, datetime, timedelta
from textwrap import dedent

import pyarrow as pa
import pytest

from evenhand.base.errors import InputRefused
from evenhand.base.lists import ActionKind
from evenhand.events.batch import event_batch
from evenhand.pipeline import Resources, Scope, ScreeningPlane
from evenhand.verdicts.schema import VERDICT_SCHEMA

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FLAGGED = "Pure snowdust for sale, write to @some_seller"
HASH = bytes(range(32))

RULE = """\
    id: {id}
    version: "1"
    title: {id}
    harm: {harm}
    proposes: {proposes}
    opens_case: {opens_case}
    score: {score}
    exact: {exact}
    owner: policy
    author: founding team
    false_positives: [none]
    references: [none]
    says: {{en: It is {id}., de: Es ist {id}., fr: x, ru: x, kk: x}}
    when: {when}
    fixtures:
      hits:
        - {hit}
      passes:
        - {{text: good morning everybody, lang: en}}
"""
RULES = (
    ("goods", "m.tos.prohibited.drugs", "refuse", "matches_goods >= 1 AND has_contact",
     f"{{text: '{FLAGGED}'}}"),
    ("flood", "m.spam.flooding", "hold", "account_posts_10s >= 5",
     "{text: hi, signals: {account_posts_10s: 5}}"),
    ("listed_file", "m.spam.fraud", "redact", "media_listed >= 1",
     "{text: hi, signals: {media_listed: 1}}"),
    ("doubt", "m.violence.threats", "none", "matches_doubt >= 1",
     "{text: sinister thing}"),
    ("burst", "m.spam.fake_account", "hold", "similar_names_10m >= 8",
     "{signals: {similar_names_10m: 8}}"),
)  # fmt: skip


@pytest.fixture(scope="module")
def resources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("resources")
    for name in ("rules", "patterns", "hashes", "cache"):
        (folder / name).mkdir()
    for id_, harm, proposes, when, hit in RULES:
        text = RULE.format(
            id=id_,
            harm=harm,
            proposes=proposes,
            when=when,
            hit=hit,
            opens_case=str(proposes == "none").lower(),
            exact=str(proposes == "redact").lower(),
            score=1.0 if proposes == "redact" else 0.9,
        )
        (folder / "rules" / f"{id_}.yaml").write_text(dedent(text), encoding="utf-8")
    for name, word in (("goods", "snowdust"), ("doubt", "sinister thing")):
        content = f"name: {name}\npatterns:\n  - text: {word}\n"
        (folder / "patterns" / f"{name}.yaml").write_text(content)
    (folder / "hashes" / "known.sha256").write_text(HASH.hex() + "\n")
    return Resources(
        rules=folder / "rules",
        patterns=folder / "patterns",
        domains=(),
        hashes=folder / "hashes",
        cache=folder / "cache",
        seed=7,
    )


@pytest.fixture
def plane(resources):
    return ScreeningPlane.load(resources)


def event(number=1, **fields):
    return {
        "event_id": f"${number}",
        "kind": "message",
        "time": NOW + timedelta(milliseconds=number),
        "account": f"@somebody{number}:example.test",
        "channel_kind": "public",
        **fields,
    }


def rows_of(plane, *events, scope=Scope.LIVE):
    checked = event_batch(events)
    assert not checked.refusals
    return plane.screen(checked.batch, scope).to_pylist()


def test_a_flagged_message_in_a_public_channel_is_refused_with_its_reason(plane):
    verdict = plane.screen_one(event(text=FLAGGED))

    assert verdict.action is ActionKind.REFUSE
    assert verdict.harm == "m.tos.prohibited.drugs"
    assert verdict.rules[0].id == "goods"
    assert verdict.reason == "It is goods."


@pytest.mark.parametrize("channel_kind", ["direct", "private", None, "unheard of"])
def test_the_same_text_outside_public_channels_yields_no_verdict(plane, channel_kind):
    message = event(text=FLAGGED, display_name=FLAGGED, channel_kind=channel_kind)

    assert plane.screen_one(message) is None
    assert rows_of(plane, message) == []


def test_text_that_may_not_be_read_is_unknown_to_every_signal(plane):
    private = plane.explain(event(text=FLAGGED, channel_kind="private")).signals

    assert not {name for name in private if name.startswith(("matches_", "has_"))}
    assert private.keys().isdisjoint({"text_length", "language", "spam_score", "link_count"})
    assert private["account_posts_10s"] == 1


def test_nothing_at_all_is_known_of_direct_messages(plane):
    explanation = plane.explain(event(text=FLAGGED, channel_kind="direct"))

    assert explanation.signals == {}
    assert explanation.rules == ()


def test_behaviour_counts_in_private_channels_and_not_in_direct_ones(plane):
    def five(kind, account):
        return [event(k, account=account, channel_kind=kind) for k in range(5)]

    assert rows_of(plane, *five("direct", "@quiet:x")) == []
    assert [row["row"] for row in rows_of(plane, *five("private", "@loud:x"))] == [4]


def test_direct_messages_do_not_count_towards_what_happens_elsewhere(plane):
    rows_of(plane, *(event(k, account="@both:x", channel_kind="direct") for k in range(20)))

    assert plane.screen_one(event(21, account="@both:x", text="hello")) is None


def test_listed_files_are_found_in_private_channels(plane):
    verdict = plane.screen_one(event(channel_kind="private", media_sha256=[HASH]))

    assert verdict.exact
    assert verdict.action is ActionKind.REDACT
    assert plane.screen_one(event(channel_kind="direct", media_sha256=[HASH])) is None


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("room_publication", "channel_name"),
        ("registration", "display_name"),
        ("profile", "display_name"),
    ],
)
def test_names_that_are_shown_to_all_are_read(plane, kind, field):
    named = event(kind=kind, channel_kind="private", **{field: FLAGGED})

    assert plane.screen_one(named).rules[0].id == "goods"


def test_a_room_that_is_made_private_keeps_its_name_to_itself(plane):
    made = event(kind="room_creation", channel_kind="private", channel_name=FLAGGED)

    assert plane.screen_one(made) is None
    assert plane.screen_one({**made, "channel_kind": "public"}) is not None


def test_a_search_is_read_and_never_counted(plane):
    searches = [event(k, kind="search_query", account=None, text="hello") for k in range(30)]

    assert rows_of(plane, *searches) == []
    assert plane.screen_one(event(kind="search_query", account=None, text=FLAGGED)) is not None


def test_files_are_judged_whatever_the_channel(plane):
    message = event(text=FLAGGED, channel_kind="direct")

    assert plane.screen_one(message, Scope.FILES) is not None
    assert len(rows_of(plane, message, scope=Scope.FILES)) == 1


def test_rows_count_within_the_batch_that_came(plane):
    rows = rows_of(
        plane,
        event(1, text=FLAGGED, channel_kind="direct"),
        event(2, text="good morning"),
        event(3, text=FLAGGED, channel_kind="private"),
        event(4, text=FLAGGED),
    )

    assert [(row["row"], row["event_id"]) for row in rows] == [(3, "$4")]


def test_a_table_of_verdicts_has_the_schema_even_when_nothing_fires(plane):
    batch = event_batch([event(text="good morning")]).batch

    assert plane.screen(batch).schema == VERDICT_SCHEMA
    assert plane.screen(batch.slice(0, 0)).schema == VERDICT_SCHEMA


def test_batch_and_single_event_give_the_same_verdict(resources):
    message = event(text=FLAGGED, language="de")

    one = ScreeningPlane.load(resources).screen_one(message)
    (row,) = rows_of(ScreeningPlane.load(resources), message)

    assert (row["action"], row["reason"], row["harm"]) == (one.action, one.reason, one.harm)
    assert row["language"] == one.language == "de"
    assert row["score"] == pytest.approx(one.score)


def test_a_large_batch_is_screened_in_parts(plane):
    part = event_batch([event(k, text="good morning") for k in range(5000)]).batch
    last = event_batch([event(9999, text=FLAGGED)]).batch
    batch = pa.Table.from_batches([part, part, last]).combine_chunks().to_batches()[0]

    assert plane.screen(batch)["row"].to_pylist() == [10_000]


def test_a_rule_that_only_opens_a_case_does_not_switch_off_a_refusal(plane):
    verdict = plane.screen_one(event(text=FLAGGED + " sinister thing"))

    assert verdict.action is ActionKind.REFUSE
    assert {hit.id for hit in verdict.rules} == {"goods", "doubt"}


def test_an_explanation_names_what_mattered(plane):
    explanation = plane.explain(event(text=FLAGGED))

    assert explanation.matches == (("goods", 3, "snowdust"),)
    fired = explanation.rules[0]
    assert (fired.id, fired.fired) == ("goods", True)
    assert fired.signals == {"has_contact": True, "matches_goods": 1}


def test_the_fixtures_of_the_rules_hold(plane):
    assert plane.check() == ()


def test_an_event_that_is_none_is_refused(plane):
    with pytest.raises(InputRefused):
        plane.screen_one(event(kind="shout"))


GENUINE = (
    "anna.weber", "jonas_b", "marie-claire", "t.schulz84", "aigerim.k", "nurlan_s", "lena",
    "paulw", "o.petrova", "dmitri99", "sofia.rossi", "kenji", "fatima_z", "lucas.m", "annika",
    "b.yilmaz", "chloe", "ivan.k", "mei_lin", "samuel.o",
)  # fmt: skip
VARIANTS = {
    "gift_bot": "gift_bot_{0}",
    "crypto helper": "crypto.helper.0{0}",
    "anna": "anna{1}{0}",
    "suffix": "{1}_official_support",
    "leet": "fr{0}e.airdrop{1}",
}


def registrations(plane, names):
    """Gives after how many registrations from one network the first is held, or None."""
    for number, name in enumerate(names, 1):
        registered = event(
            number,
            kind="registration",
            account=f"@{name}:example.test",
            network=bytes(16),
            time=NOW + timedelta(seconds=15 * number),
        )
        if plane.screen_one(registered) is not None:
            return number
    return None


def test_twenty_genuine_sign_ups_behind_one_address_pass(plane):
    assert registrations(plane, GENUINE) is None


@pytest.mark.parametrize("pattern", VARIANTS.values(), ids=VARIANTS)
def test_twenty_similar_sign_ups_are_held_by_the_tenth(plane, pattern):
    tails = ["xyz", "qwe", "btk", "mno", "vfr", "zaq", "pld", "hgt", "rui", "cxs"] * 2
    names = [pattern.format(17 + k, tail) for k, tail in enumerate(tails)]

    held = registrations(plane, names)

    assert held is not None
    assert held <= 10


def test_similar_names_from_different_networks_are_not_a_burst(plane):
    for number in range(20):
        registered = event(
            number,
            kind="registration",
            account=f"@gift_bot_{number}:example.test",
            network=number.to_bytes(16, "big"),
        )
        assert plane.screen_one(registered) is None


def test_the_default_resources_can_be_told_other_rules(tmp_path, resources):
    assert Resources.default(rules=tmp_path).rules == tmp_path
    assert replace(resources, seed=8).seed == 8
