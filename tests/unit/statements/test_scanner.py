"""No personal data leaves: whatever is put in, what is not ours is held back."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.entries_of_tests import PUID, facts

from evenhand.actions.models import Action, Decision
from evenhand.actions.policies import policies
from evenhand.evidence.models import SealedItem
from evenhand.statements.entry import entry_of
from evenhand.statements.lists import Fault, Leak
from evenhand.statements.queries import facts_of, puid_of
from evenhand.statements.scanner import leaks, scan, vocabulary
from evenhand.statements.schema import schema

GOOD = entry_of(facts()).payload()
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
DECISION = UUID("01a20320-a200-7402-93d1-14ec27843df9")

PERSONAL = [
    ("@mallory:example.test", Leak.MESSENGER_ID),
    ("ask @mallory_22", Leak.MESSENGER_ID),
    ("in !abcdef:example.test", Leak.MESSENGER_ID),
    ("$VXaTrOpDsBVWFkzT7pZEXNfHKGmCA6cpD3GsPGF1BPE", Leak.MESSENGER_ID),
    ("mallory@example.test", Leak.MAIL),
    ("mallory (at) example", Leak.MAIL),
    ("+7 701 000 00 01", Leak.PHONE),
    ("0049 (30) 0000-01", Leak.PHONE),
    ("77010000001", Leak.NUMBER),
    ("٠١٢٣٤٥٦٧٨٩", Leak.NUMBER),
    ("from 203.0.113.7", Leak.IP),
    ("from 2001:db8::1", Leak.IP),
    ("see https://example.test/x", Leak.LINK),
    ("t.me/example", Leak.LINK),
    ("decision 01a20320-a200-7402-93d1-14ec27843df9", Leak.KEY),
    ("m\u200ballory@exam\u00adple.test", Leak.MAIL),
    ("２０３．０．１１３．７", Leak.IP),
]


@pytest.mark.parametrize(("text", "leak"), PERSONAL)
def test_what_points_to_somebody_is_recognised(text: str, leak: Leak) -> None:
    assert leak in leaks(text)


@pytest.mark.parametrize(("text", "leak"), PERSONAL)
@pytest.mark.parametrize("field", ["decision_facts", "incompatible_content_ground"])
def test_it_does_not_leave(field: str, text: str, leak: Leak) -> None:
    found = scan({**GOOD, field: f"{GOOD[field]} {text}"})

    assert {(field, Fault.NOT_OURS), (field, Fault.PERSONAL_DATA)} <= {
        (one.field, one.fault) for one in found
    }
    assert leak.value in {one.why for one in found}


def test_no_policy_and_no_fixed_text_points_to_anybody() -> None:
    texts = {text for known in vocabulary().texts.values() for text in known}

    assert len(policies()) < len(texts)
    assert [text for text in texts if leaks(text)] == []


def test_what_is_found_is_never_repeated() -> None:
    found = scan({**GOOD, "decision_facts": "write to mallory@example.test", "@mallory:x": "1"})

    assert found
    assert not any("mallory" in f"{one.field}{one.why}" for one in found)


FREE = [field.name for field in schema().fields.values() if field.kind in {"text", "url"}]
ANYTHING = st.one_of(
    st.text(), st.integers(), st.floats(allow_nan=False), st.booleans(),
    st.lists(st.text(), max_size=3), st.dictionaries(st.text(), st.text(), max_size=2),
)  # fmt: skip


@given(st.sampled_from(sorted(schema().fields)), ANYTHING)
@example("puid", "eh-@mallory:example.test")
@example("source_identity", "A. N. Example, Example Street 1")
@example("decision_facts", "Mallory Example wrote it")
@example("content_id", {"EAN-13": "4006381333931"})
@example("territorial_scope", ["Mallory"])
def test_whatever_is_put_into_a_field_does_not_leave(field: str, value: object) -> None:
    found = scan({**GOOD, field: value})

    fixed = isinstance(value, str) and vocabulary().has(field, value)
    empty = field in {"decision_visibility", "category_addition", "category_specification",
                      "content_type", "territorial_scope"} and value == []  # fmt: skip
    assert fixed or empty or (field, Fault.NOT_OURS) in {(one.field, one.fault) for one in found}


@given(st.text(min_size=1).filter(lambda name: name not in schema().fields), ANYTHING)
def test_a_field_of_another_name_does_not_leave(name: str, value: object) -> None:
    assert Fault.NOT_OURS in {one.fault for one in scan({**GOOD, name: value})}


NAME = st.text(max_size=40)


@given(NAME, NAME, NAME, NAME, NAME, NAME, st.text(max_size=200), st.sampled_from(["rule", "case"]))
@example("@mallory:example.test", "!r:x", "$e", "mxc://x/y", "rule of Mallory", "Mallory",
         "Mallory (+7 701 000 00 01) wrote this from 203.0.113.7", "case")  # fmt: skip
def test_whatever_a_decision_names_its_entry_stays_the_same(
    account: str, channel: str, event: str, media: str, rule: str, author: str, reason: str,
    ground: str,
) -> None:  # fmt: skip
    decision = Decision(
        id=DECISION, at=AT, origin=f"rule:{event}", ground=ground, rule_id=rule,
        rule_version=rule, rule_author=author, rule_approver=author, harm="m.spam.fraud",
        severity=3, score=0.5, reason=reason, source="user", automation="none",
        detection_automated=False, market="DE", language="de", account=account, channel=channel,
        channel_kind="public", event=event,
    )  # fmt: skip
    action = Action(
        id=DECISION, decision=decision, kind="redact", target_kind="event", account=account,
        channel=channel, event=event, media=media, undo_reason=reason,
        memory={"members": [account]},
    )  # fmt: skip
    sealed = SealedItem(id=DECISION, at=AT, subject=DECISION, media_type=media)

    told = facts_of(decision, puid=PUID, actions=[action], evidence=[sealed], formal_notice=False)

    payload = entry_of(told).payload()
    expected = entry_of(facts(seen_on=AT.date())).payload()
    if media.partition("/")[0] in {"image", "video", "audio"}:
        payload["content_type"] = expected["content_type"]
    assert payload == expected
    assert scan(payload, known={account, channel, event, media} - {""}) == []


def test_who_calls_themself_like_a_fixed_word_is_served_all_the_same() -> None:
    assert scan(GOOD, known={"@public:example.test", "person", "message"}) == []


def test_a_known_name_in_a_foreign_text_is_named() -> None:
    found = scan({**GOOD, "decision_facts": "MALLORY did it"}, known={"@mallory:example.test"})

    assert ("decision_facts", Leak.KNOWN.value) in {(one.field, one.why) for one in found}


def test_the_number_of_an_entry_is_always_the_same_and_tells_nothing() -> None:
    one = puid_of(DECISION, key=b"k" * 32)

    assert one == puid_of(DECISION, key=b"k" * 32)
    assert one != puid_of(DECISION, key=b"l" * 32)
    assert DECISION.hex not in one
    assert scan({**GOOD, "puid": one}) == []
