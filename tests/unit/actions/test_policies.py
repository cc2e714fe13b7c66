"""Policies: one for each harm, whole in five languages, and a validator that names the place."""

import pytest
import yaml

from evenhand.actions.policies import (
    PolicyGround,
    PolicyWrong,
    policies,
    policy_of,
    read_policies,
)
from evenhand.base.harms import harms
from evenhand.base.lists import ActionKind, Language

GOOD = {
    "ground": "terms",
    "law_or_clause": "Terms, 1",
    "offers": ["none", "redact"],
    "strikes": 1,
    "strike_days": 30,
    "second_opinion": False,
    "explanation": {language.value: "Not allowed." for language in Language},
}


def read(**changed: object) -> object:
    row = {key: value for key, value in {**GOOD, **changed}.items() if value is not ...}
    return read_policies(yaml.safe_dump({"m.spam": row}), frozenset({"m.spam"}))


def test_every_harm_has_a_policy_in_every_language():
    for harm in harms():
        policy = policy_of(harm)

        assert policy.harm == harm
        assert set(policy.explanation) == set(Language)
        assert ActionKind.NONE in policy.offers


def test_what_is_illegal_names_its_act_and_article():
    illegal = [policy for policy in policies().values() if policy.ground is PolicyGround.ILLEGAL]

    assert illegal
    assert all("Art. " in policy.law_or_clause for policy in illegal)


def test_harms_to_children_wait_for_a_second_opinion():
    assert policy_of("m.child_safety.csam").second_opinion
    assert policy_of("m.child_safety.some_new_code").harm == "m.child_safety"


def test_a_harm_without_policy_is_named():
    with pytest.raises(PolicyWrong) as refused:
        policy_of("x.unheard_of")

    assert refused.value.fields == {"harm": "x.unheard_of", "why": "no policy"}


def test_a_good_row_is_read():
    assert read()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"ground": "moral"}, "ground"),
        ({"law_or_clause": " "}, "law_or_clause"),
        ({"offers": []}, "offers"),
        ({"offers": ["redact"]}, "offers"),
        ({"offers": ["none", "explode"]}, "offers"),
        ({"offers": ["none", "suspend", "redact"]}, "offers"),
        ({"strikes": -1}, "strikes"),
        ({"strikes": True}, "strikes"),
        ({"strike_days": 0}, "strike_days"),
        ({"second_opinion": "yes"}, "second_opinion"),
        ({"explanation": {"en": "No."}}, "explanation.de"),
        ({"strikes": ...}, "strikes"),
        ({"penalty": 5}, "penalty"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(changed: dict[str, object], field: str):
    with pytest.raises(PolicyWrong) as refused:
        read(**changed)

    assert (refused.value.fields["harm"], refused.value.fields["field"]) == ("m.spam", field)


@pytest.mark.parametrize("text", ["", "[1]", "a: b: c", "m.spam: 5", "{}", "m.nothing: {}"])
def test_a_file_that_is_no_table_of_policies_is_refused(text: str):
    with pytest.raises(PolicyWrong):
        read_policies(text, frozenset({"m.spam"}))
