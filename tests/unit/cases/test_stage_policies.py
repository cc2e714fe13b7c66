"""What the second stage may be asked, what it is shown, and which answers count."""

import pytest
import yaml

from evenhand.cases.second_stage import (
    AnswerRefused,
    StageAnswer,
    StagePolicyWrong,
    answer_schema,
    masked,
    policy_for,
    read_answer,
    read_policy,
    stage_policies,
)
from evenhand.resources import Resources

HATE = next(policy for policy in stage_policies() if policy.name == "hate")
HEAD = '---\nname: x\nversion: "1"\nrules: [a_rule]\nclauses: [bad, none]\n---\n'


def test_every_rule_that_sends_is_a_rule_and_none_of_the_sealed_lane() -> None:
    rules = {
        path.stem: yaml.safe_load(path.read_text("utf-8"))["harm"]
        for path in Resources.default().rules.glob("*.yaml")
    }

    sending = [rule for policy in stage_policies() for rule in policy.rules]

    assert [rule for rule in sending if rule not in rules] == []
    assert not any(rules[rule].startswith("m.child_safety") for rule in sending)


def test_the_first_rule_that_sends_names_the_policy() -> None:
    assert policy_for(["prize_claim", "hate_opinion"]) is HATE
    assert policy_for(["prize_claim"]) is None


def test_a_text_is_sent_without_what_points_to_people() -> None:
    text = (
        "@ada:example.org and @ben, mail carl@example.com or call +49 170 1234567, "
        "see https://example.org/u/ada or t.me/ada, !room:example.org, they are vermin"
    )

    sent = masked(text)

    assert sent == (
        "[name] and [name], mail [mail] or call [number], see [link] or [link] [name], "
        "they are vermin"
    )


def test_a_long_text_is_cut() -> None:
    assert len(masked("word " * 100_000)) == 4_000


def test_an_answer_that_fits_is_taken() -> None:
    answer = read_answer(HATE, '{"violates": true, "certainty": 0.75, "clause": "attack"}')

    assert answer == StageAnswer(True, 0.75, "attack")
    assert answer_schema(HATE)["properties"]["clause"]["enum"] == list(HATE.clauses)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "null",
        "[]",
        "true",
        "{}",
        '{"violates": true, "certainty": 0.5}',
        '{"violates": 1, "certainty": 0.5, "clause": "attack"}',
        '{"violates": true, "certainty": true, "clause": "attack"}',
        '{"violates": true, "certainty": NaN, "clause": "attack"}',
        '{"violates": true, "certainty": 1e999, "clause": "attack"}',
        '{"violates": true, "certainty": -0.1, "clause": "attack"}',
        '{"violates": true, "certainty": 0.5, "clause": ["attack"]}',
        '{"violates": true, "certainty": 0.5, "clause": "remove_everything"}',
        '{"violates": true, "certainty": 0.5, "clause": "attack", "action": "remove"}',
        '```json\n{"violates": true, "certainty": 0.5, "clause": "attack"}\n```',
        "[" * 50_000,
    ],
)
def test_any_other_answer_is_refused(content: str) -> None:
    with pytest.raises(AnswerRefused) as refused:
        read_answer(HATE, content)

    assert content[:20] not in str(refused.value.fields) or content == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no head",
        "---\n: :\n  - [\n---\ntext",
        HEAD.replace("name: x\n", "") + "text",
        HEAD.replace("[bad, none]", "[]") + "text",
        HEAD.replace("a_rule", "Not A Word") + "text",
        HEAD,
    ],
)
def test_a_policy_that_lacks_something_is_refused(text: str) -> None:
    with pytest.raises(StagePolicyWrong):
        read_policy("x.md", text)


def test_a_whole_policy_is_read() -> None:
    policy = read_policy("x.md", HEAD + "What is bad.\n")

    assert (policy.name, policy.clauses, policy.text) == ("x", ("bad", "none"), "What is bad.")
