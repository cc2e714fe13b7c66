"""A rule of tests, as its file would be."""

from textwrap import dedent

RULE = """\
    id: {id}
    version: "{version}"
    title: {id}
    harm: m.spam.fraud
    proposes: hold
    opens_case: true
    score: 0.9
    owner: policy
    author: founding team
    false_positives: [none]
    references: [none]
    says: {{en: It is {id}., de: x, fr: x, ru: x, kk: x}}
    when: {when}
    fixtures:
      hits:
        - {{text: some snowdust, lang: en}}
      passes:
        - {{text: good morning everybody, lang: en}}
"""


def rule_text(
    name: str = "goods", *, when: str = "word_count > 3", version: str = "1", more: str = ""
) -> str:
    """Gives the file of a rule; `more` is further fields, one a line."""
    return dedent(RULE.format(id=name, when=when, version=version)) + more
