"""What rules saw of an account or a channel, in words."""

from django.utils.translation import override

from evenhand.desk.review.noticed import NAMES, WORDS, noticed_rows
from evenhand.rules.noticed import ACCOUNT_HABITS, CHANNEL_HABITS, noticed_columns, noticed_of
from evenhand.signals.account_habits import FACTS_WEIGHED
from evenhand.signals.channel_habits import SIGNS_SEEN
from evenhand.signals.columns import all_columns


def test_every_column_that_is_kept_and_every_fact_has_words() -> None:
    kept = (*ACCOUNT_HABITS, *CHANNEL_HABITS)

    assert sorted(NAMES) == sorted(kept)
    assert set(kept) <= set(all_columns(()))
    assert set(WORDS) == {*(fact.name for fact in FACTS_WEIGHED), *SIGNS_SEEN}


def test_values_are_said_in_the_readers_language() -> None:
    seen: dict[str, float | str] = {
        "channel_flagged_share": 0.412,
        "fake_account_score": 0.79,
        "fake_account_facts": "new, made in a burst",
        "account_burst": 12.0,
    }

    with override("en"):
        rows = noticed_rows(seen)
    with override("de"):
        german = noticed_rows(seen)

    assert [value for _, value in rows] == [
        "0.79",
        "younger than three days; made in a burst of registrations",
        "12",
        "41 %",
    ]
    assert german[0][1] == "0,79"
    assert all(one != other for one, other in zip(rows[1], german[1], strict=True))


def test_a_rule_keeps_the_habits_that_it_is_about() -> None:
    assert noticed_columns({"fake_account_news", "kind"}) == ACCOUNT_HABITS
    assert noticed_columns({"channel_recreated"}) == CHANNEL_HABITS
    assert noticed_columns({"spam_score", "account_posts_10m"}) == ()
    assert noticed_columns({"channel_signs", "account_burst"}) == ACCOUNT_HABITS + CHANNEL_HABITS


def test_numbers_are_kept_short_and_words_as_they_are() -> None:
    values = [("a", 0.787499999), ("b", 3), ("c", "new, many links")]

    assert noticed_of(values) == (("a", 0.787), ("b", 3.0), ("c", "new, many links"))
