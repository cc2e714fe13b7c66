"""Shadow, staged, live: what of a rule's hits counts, for whom."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evenhand.rules.acting import LIVE, Acting, Sorting, Terms, lot
from evenhand.rules.programme import Hits

SHADOW = Terms(Acting.SHADOW, 0)
Pairs = set[tuple[int, int]]


def staged(share: int) -> Terms:
    return Terms(Acting.STAGED, share)


def pairs(hits: Hits) -> Pairs:
    return set(zip(hits.rows.tolist(), hits.rules.tolist(), strict=True))


def sort(ids: list[str], terms: list[Terms], found: Pairs) -> tuple[Pairs, Pairs]:
    rows, rules = zip(*sorted(found), strict=True) if found else ((), ())
    hits = Hits(np.array(rows, np.int32), np.array(rules, np.int32))
    acting, shadow = Sorting(ids, terms).sort(hits, lambda row: f"@{row}")
    return pairs(acting), pairs(shadow)


def test_a_rule_in_shadow_is_counted_and_never_acts() -> None:
    acting, shadow = sort(["a", "b"], [LIVE, SHADOW], {(0, 0), (0, 1), (1, 1)})

    assert acting == {(0, 0)}
    assert shadow == {(0, 1), (1, 1)}


def test_a_staged_rule_acts_for_its_share_and_for_the_same_accounts_each_time() -> None:
    found = {(row, 0) for row in range(2_000)}
    acting, shadow = sort(["a"], [staged(25)], found)

    assert 420 < len(acting) < 580
    assert acting | shadow == found
    assert acting == sort(["a"], [staged(25)], found)[0]
    assert acting < sort(["a"], [staged(50)], found)[0]


def test_two_rules_do_not_meet_the_same_share() -> None:
    drawn = [{row for row in range(1_000) if lot(rule, f"@{row}") < 20} for rule in ("a", "b")]

    assert len(drawn[0] & drawn[1]) < 80


def test_a_staged_version_stands_in_the_place_of_the_live_one_for_its_share() -> None:
    found = {(row, rule) for row in range(200) for rule in (0, 1)}
    acting, shadow = sort(["a", "a"], [LIVE, staged(30)], found)

    by_row = {row: {rule for at, rule in acting if at == row} for row in range(200)}
    assert all(len(rules) == 1 for rules in by_row.values())
    for row, rules in by_row.items():
        assert rules == ({1} if lot("a", f"@{row}") < 30 else {0})
        assert ((row, 1) in shadow) is (rules == {0})


@given(
    st.lists(st.sampled_from([LIVE, SHADOW, staged(10), staged(60)]), min_size=1, max_size=4),
    st.sets(st.tuples(st.integers(0, 60), st.integers(0, 3))),
)
def test_it_sorts_like_a_reading_of_one_hit_after_the_other(
    terms: list[Terms], found: Pairs
) -> None:
    ids = [f"r{number}" for number in range(len(terms))]
    found = {(row, rule) for row, rule in found if rule < len(terms)}
    wanted: tuple[Pairs, Pairs] = (set(), set())
    for row, rule in found:
        one = terms[rule]
        acts = one.acting is Acting.LIVE or (
            one.acting is Acting.STAGED and lot(ids[rule], f"@{row}") < one.share
        )
        wanted[0 if acts else 1].add((row, rule))

    assert sort(ids, terms, found) == wanted
