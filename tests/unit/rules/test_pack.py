"""The starter pack: it covers what it promises, its fixtures hold, and benign talk is let alone."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evenhand.base.lists import AUTOMATED_KINDS, ActionKind, Language
from evenhand.events.batch import event_batch
from evenhand.pipeline import Resources, ScreeningPlane
from evenhand.rules.grammar import columns_of
from evenhand.rules.rule import Rule
from evenhand.signals.columns import FIXED, MATCHES, DrawsOn
from evenhand.signals.pattern_lists import read_pattern_lists
from evenhand.signals.text_model import TextModel

MESSAGES = Path(__file__).resolve().parents[2] / "data" / "messages"

PROMISED_HARMS = {
    "m.spam",
    "m.spam.fraud",
    "m.spam.impersonation",
    "m.spam.flooding",
    "m.spam.fake_account",
    "m.harassment",
    "m.harassment.hate",
    "m.violence.threats",
    "m.violence.extremist",
    "m.tos.hacking",
    "m.tos.prohibited.drugs",
    "m.tos.prohibited.weapons",
    "m.tos.prohibited.papers",
}
"""Harms for which the spine promises at least one rule."""

MODEL_COLUMNS = frozenset(column.name for column in FIXED if column.draws_on is DrawsOn.MODEL)


@pytest.fixture(scope="module")
def plane() -> ScreeningPlane:
    """Gives the screening plane with everything that comes with Evenhand."""
    return ScreeningPlane.load(Resources.default())


@pytest.fixture(scope="module")
def rules(plane: ScreeningPlane) -> tuple[Rule, ...]:
    """Gives the rules of the pack."""
    return plane.rules.rules


def labelled(name: str) -> list[dict[str, str]]:
    """Gives the labelled messages of one file."""
    lines = (MESSAGES / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def verdicts(
    plane: ScreeningPlane, messages: Iterable[Mapping[str, str]], *, hours: int
) -> dict[str, tuple[str, str]]:
    """Gives action and harm for each message that a rule fired for, by id.

    Messages come from different accounts and lie hours apart, so that only their text decides.
    """
    begin = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hours)
    rows = [
        {
            "event_id": message["id"],
            "kind": "message",
            "time": begin + timedelta(hours=place),
            "account": f"@{message['id']}:example",
            "channel": "!room:example",
            "channel_kind": message["channel"],
            "text": message["text"],
            "language": message["lang"],
        }
        for place, message in enumerate(messages)
    ]
    checked = event_batch(rows)
    assert not checked.refusals
    found = plane.screen(checked.batch).to_pylist()
    return {row["event_id"]: (row["action"], row["harm"]) for row in found}


def test_every_fixture_of_every_rule_holds(plane: ScreeningPlane) -> None:
    assert plane.check() == ()


def test_the_pack_has_a_rule_for_each_promised_harm(rules: tuple[Rule, ...]) -> None:
    assert len(rules) >= 25
    assert {rule.harm for rule in rules} >= PROMISED_HARMS


def test_rules_that_read_text_have_hits_in_five_languages(rules: tuple[Rule, ...]) -> None:
    lacking = {}
    for rule in rules:
        reads_lists = any(
            name.startswith(MATCHES) and not name.startswith(f"{MATCHES}context_")
            for name in columns_of(rule.condition)
        )
        stated = any(fixture.signals for fixture in rule.hits)
        if reads_lists and not stated:
            languages = {fixture.event.get("language") for fixture in rule.hits}
            missing = {language.value for language in Language} - languages
            if missing:
                lacking[rule.id] = missing

    # Names of weapon and slogan channels are tested in the languages that their lists are long in.
    assert {id_: gone for id_, gone in lacking.items() if "channel" not in id_} == {}


def test_every_rule_names_its_near_misses(rules: tuple[Rule, ...]) -> None:
    assert [rule.id for rule in rules if not rule.false_positives or not rule.passes] == []


def test_no_rule_acts_on_a_models_score(rules: tuple[Rule, ...]) -> None:
    leaning = [rule for rule in rules if columns_of(rule.condition) & MODEL_COLUMNS]

    assert len(leaning) == 8
    assert {(rule.proposes, rule.opens_case) for rule in leaning} == {(ActionKind.NONE, True)}


def test_rules_ask_no_less_of_a_score_than_was_measured(rules: tuple[Rule, ...]) -> None:
    model = TextModel.load()
    measured = dict(zip(model.heads, model.thresholds.tolist(), strict=True))

    asked = {
        head: float(number)
        for rule in rules
        for head, number in re.findall(r"(\w+_score) >= ([0-9.]+)", rule.when)
        if head in MODEL_COLUMNS
    }

    assert set(asked) == set(measured)
    assert all(asked[head] >= measured[head] for head in measured)


def test_only_exact_lists_redact(rules: tuple[Rule, ...]) -> None:
    redacting = [rule for rule in rules if rule.proposes is ActionKind.REDACT]

    assert redacting
    assert all(rule.exact and rule.score == 1.0 for rule in redacting)
    assert {rule.proposes for rule in rules} <= AUTOMATED_KINDS | {ActionKind.REDACT}


def test_what_people_are_told_is_a_sentence(rules: tuple[Rule, ...]) -> None:
    said = [text for rule in rules for text in rule.says.values()]

    assert [text for text in said if not text.endswith(".")] == []
    assert [text for text, count in Counter(said).items() if count > 1] == []


def test_every_list_is_asked_by_a_rule(rules: tuple[Rule, ...]) -> None:
    lists = {one.name for one in read_pattern_lists(Resources.default().patterns)}
    asked = {name for rule in rules for name in columns_of(rule.condition)}

    assert {name for name in lists if f"{MATCHES}{name}" not in asked} == set()


def test_no_benign_message_gets_any_verdict(plane: ScreeningPlane) -> None:
    messages = labelled("benign.ndjson")

    found = verdicts(plane, messages, hours=0)

    assert len(messages) >= 400
    assert len({message["lang"] for message in messages}) >= 20
    assert found == {}


def test_every_harmful_message_gets_its_verdict(plane: ScreeningPlane) -> None:
    messages = labelled("day.ndjson")

    found = verdicts(plane, messages, hours=2_000)

    assert len(messages) >= 60
    wanted = {message["id"]: (message["expect"], message["harm"]) for message in messages}
    assert {id_: found.get(id_) for id_ in wanted} == wanted


WORDINGS_MISSED_MAX = 4
"""Of the other wordings, those that no rule finds yet: two spaced words in a row, a letter
replaced by @ in Cyrillic, grass offered as such, and an offer without any word of one."""


def test_other_wordings_are_found_but_for_the_known_ones(plane: ScreeningPlane) -> None:
    messages = labelled("wordings.ndjson")

    found = verdicts(plane, messages, hours=10_000)

    refused = {id_ for id_, (action, _) in found.items() if action == "refuse"}
    missed = [message["text"] for message in messages if message["id"] not in refused]
    assert len(messages) >= 390
    assert len(missed) <= WORDINGS_MISSED_MAX, missed
    # What a rule of words misses, the model may still show to a person.
    assert {found[id_][0] for id_ in found.keys() - refused} <= {"none"}


@pytest.mark.parametrize("kind", ["direct", "private"])
def test_the_same_messages_get_no_verdict_in_private(plane: ScreeningPlane, kind: str) -> None:
    messages = [{**message, "channel": kind} for message in labelled("day.ndjson")]

    assert verdicts(plane, messages, hours=4_000) == {}


@pytest.mark.parametrize(
    "disguised",
    [
        "Selling c0caine and her0in, best quality, dm me",
        "Selling co\u200bcai\u200bne, best quality, dm me",
        "Selling с\u043eca\u0456ne, best quality, dm me",
        "Selling c o c a i n e, best quality, dm me",
        "SELLING C.O.C.A.I.N.E, BEST QUALITY, DM ME",
        "Ｓｅｌｌｉｎｇ ｃｏｃａｉｎｅ, best quality, dm me",
        "𝐒𝐞𝐥𝐥𝐢𝐧𝐠 𝐜𝐨𝐜𝐚𝐢𝐧𝐞, best quality, dm me",
        "Прoдaм кoкаин, кaчество, пиши в лс",
    ],
)
def test_simple_disguise_does_not_help(plane: ScreeningPlane, disguised: str) -> None:
    message = {"id": "disguised", "text": disguised, "lang": "en", "channel": "public"}

    found = verdicts(plane, [message], hours=6_000)

    assert found["disguised"] == ("refuse", "m.tos.prohibited.drugs")
