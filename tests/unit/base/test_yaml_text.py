"""Whatever people write for YAML, they are told where and why it cannot be used."""

import pytest

from evenhand.base.errors import EvenhandError
from evenhand.base.yaml_text import NESTING_MAX, YamlFault, compose, values
from evenhand.rules.load import RuleRefused, load_rule
from evenhand.signals.pattern_lists import PatternRefused, read_pattern_list

BROKEN = {
    "a control character": (b"id: x\nname: a\x01b\n", 2),
    "half of a bracket": (b"id: [1, 2\n", 2),
    "a tab": (b"id: x\n\tname: y\n", 2),
    "an impossible date": (b"id: 2026-13-45\n", 1),
    "an unknown tag": (b"id: !!python/object:os.system x\n", 1),
    "an alias of nothing": (b"id: *x\n", 1),
    "too deep": (b"id: " + b"[" * 5_000 + b"]" * 5_000, 1),
    "no UTF-8": (b"id: x\nname: \xff\n", 1),
    "nothing": (b"", 1),
    "a list": (b"- x\n", 1),
    "a NUL": (b"id: x\x00y\n", 1),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_rule_and_a_broken_list_are_refused_in_words(tmp_path, kind):
    content, line = BROKEN[kind]
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)

    with pytest.raises(RuleRefused) as rule:
        load_rule(path, {})
    with pytest.raises(PatternRefused) as patterns:
        read_pattern_list(path)

    for refused in (rule, patterns):
        assert isinstance(refused.value, EvenhandError)
        assert refused.value.fields["why"]
        assert refused.value.fields.get("line", 1) in (1, line)


def test_the_place_of_a_forbidden_character_is_said():
    with pytest.raises(YamlFault) as found:
        compose("id: x\nname: ab\x07c\n")

    assert (found.value.line, found.value.column) == (2, 9)
    assert "U+0007" in found.value.why


def test_nesting_is_taken_up_to_its_limit():
    deep = "[" * NESTING_MAX + "]" * NESTING_MAX

    assert values(deep) is not None
    with pytest.raises(YamlFault):
        values(f"[{deep}]")
