"""Who is told, when, and by whom: by the rule of each law."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from evenhand.base.lists import Language
from evenhand.legal.drafts import NoticeDecision
from evenhand.legal.lists import Finding, NoticeState, Outcome
from evenhand.legal.notices import NoticeFacts, allowed, check_notice, review_at, state_of
from evenhand.legal.phrases import NoticeWords, notice_text, phrases
from evenhand.markets.lists import LegalKind, NotifyRule

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ACCOUNT = "@somebody:example.test"
FACTS = NoticeFacts(
    rule=NotifyRule.REQUIRED_AT_EFFECT,
    delay_max=None,
    outcome=Outcome.ACCEPTED,
    concerned=frozenset({ACCOUNT}),
    gagged_until=None,
    gag_forever=False,
    received_at=NOW,
)
TELL = NoticeDecision(ACCOUNT, "the rule", "de")
SILENT = replace(TELL, tell=False)
THEY_TELL = replace(TELL, authority_tells=True)
FORBIDDEN = replace(TELL, forbidden=True)


def delayed(days: int) -> NoticeDecision:
    return replace(TELL, until=NOW + timedelta(days=days))


@pytest.mark.parametrize(
    ("rule", "decision", "may"),
    [
        (NotifyRule.REQUIRED_AT_EFFECT, TELL, True),
        (NotifyRule.REQUIRED_AT_EFFECT, SILENT, False),
        (NotifyRule.REQUIRED_AT_EFFECT, FORBIDDEN, False),
        (NotifyRule.REQUIRED_UNLESS_DELAYED, TELL, True),
        (NotifyRule.REQUIRED_UNLESS_DELAYED, SILENT, False),
        (NotifyRule.PROVIDER_POLICY, TELL, True),
        (NotifyRule.PROVIDER_POLICY, SILENT, False),
        (NotifyRule.PROVIDER_POLICY, delayed(80), True),
        (NotifyRule.PROVIDER_POLICY, delayed(100), False),
        (NotifyRule.PROHIBITED_IF_ORDERED, TELL, True),
        (NotifyRule.PROHIBITED_IF_ORDERED, FORBIDDEN, False),
        (NotifyRule.PROHIBITED_AUTHORITY_NOTIFIES, THEY_TELL, True),
        (NotifyRule.PROHIBITED_AUTHORITY_NOTIFIES, TELL, False),
        (NotifyRule.NOT_APPLICABLE, SILENT, True),
    ],
)
def test_a_rule_without_a_gag(rule: NotifyRule, decision: NoticeDecision, may: bool) -> None:
    facts = replace(FACTS, rule=rule)

    assert (check_notice(facts, decision, now=NOW) == ()) is may


@pytest.mark.parametrize(
    "rule",
    [
        NotifyRule.REQUIRED_AT_EFFECT,
        NotifyRule.REQUIRED_UNLESS_DELAYED,
        NotifyRule.PROHIBITED_IF_ORDERED,
        NotifyRule.PROVIDER_POLICY,
    ],
)
def test_a_gag_forbids_telling_before_its_day(rule: NotifyRule) -> None:
    facts = replace(FACTS, rule=rule, gagged_until=NOW + timedelta(days=30))

    assert Finding.NOTICE_RULE in check_notice(facts, TELL, now=NOW)
    assert check_notice(facts, delayed(30), now=NOW) == ()
    assert check_notice(facts, delayed(31), now=NOW) == (Finding.NOTICE_RULE,)


def test_no_order_delays_a_notice_beyond_what_its_law_lets_it() -> None:
    facts = replace(
        FACTS,
        rule=NotifyRule.REQUIRED_UNLESS_DELAYED,
        delay_max=timedelta(days=84),
        gagged_until=NOW + timedelta(days=200),
    )

    assert check_notice(facts, delayed(84), now=NOW) == ()
    assert check_notice(facts, delayed(85), now=NOW) == (Finding.NOTICE_RULE,)


def test_nobody_is_told_of_what_was_refused() -> None:
    for rule in NotifyRule:
        facts = replace(FACTS, rule=rule, outcome=Outcome.REFUSED)
        assert NoticeState.DUE_NOW not in allowed(facts, ACCOUNT)
        assert NoticeState.NOT_REQUIRED in allowed(facts, ACCOUNT)


def test_every_rule_leaves_something_to_decide() -> None:
    for rule, gag, outcome in product(NotifyRule, (True, False), Outcome):
        facts = replace(FACTS, rule=rule, gag_forever=gag, outcome=outcome)
        assert allowed(facts, ACCOUNT)


def test_what_is_held_back_has_a_day_on_which_it_is_looked_at() -> None:
    for decision in (delayed(300), FORBIDDEN):
        state = state_of(decision)
        review = review_at(state, due_at=decision.until, now=NOW)
        assert review is not None
        assert review <= NOW + timedelta(days=90)


def test_a_decision_needs_a_basis() -> None:
    assert check_notice(FACTS, replace(TELL, basis=" "), now=NOW) == (Finding.REASON_MISSING,)


@pytest.mark.parametrize(("language", "kind"), list(product(Language, LegalKind)))
def test_a_notice_says_who_did_what_where_and_what_can_be_done(
    language: Language, kind: LegalKind
) -> None:
    words = NoticeWords(
        number="EH-2026-000001",
        kind=kind.value,
        entry="eu-dsa-art9",
        authority="Court of Example",
        country="DE",
        at=NOW,
        measures=("geo_withhold",),
        territory=("DE",),
        want=("phone", "connections"),
        redress_url="https://desk.example.test/concerned/",
    )

    text = notice_text(words, language)

    for part in ("EH-2026-000001", "Court of Example", "DE", "2026-11-21", words.redress_url):
        assert part in text
    assert text.endswith(phrases(language)["review"]["note"])
    assert "{" not in text


def test_every_language_has_the_same_words() -> None:
    shapes = {
        language: {
            key: sorted(value) if isinstance(value, dict) else ""
            for key, value in phrases(language).items()
        }
        for language in Language
    }

    assert len({str(shape) for shape in shapes.values()}) == 1
