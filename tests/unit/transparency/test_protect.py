import itertools
from collections import Counter, defaultdict
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.lists import Automation
from evenhand.transparency.daily import FAMILY_OF_ACTION
from evenhand.transparency.figures import (
    BREAKDOWNS_OF,
    DIMENSION_OF_BREAKDOWN,
    FAMILIES,
    FIGURE_OF_BREAKDOWN,
    Breakdown,
    Dimension,
    Duration,
    Exact,
    Figure,
    Public,
    PublicBreakdown,
    Row,
    Span,
)
from evenhand.transparency.implied import JOINTLY, ONE_ACTION
from evenhand.transparency.protect import THRESHOLD, protect, protect_cells, protect_figure

CELLS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 40), max_size=8)
DECISIONS = [b for b, figure in FIGURE_OF_BREAKDOWN.items() if figure is Figure.DECISIONS]


def exact(cells: dict[str, int], **figures: int) -> Exact:
    """A day whose decisions are split alike by every property."""
    counted = {Figure(name): quantity for name, quantity in figures.items()}
    return Exact(
        figures={Figure.DECISIONS: sum(cells.values())} | counted,
        breakdowns=dict.fromkeys(DECISIONS, cells),
        durations={},
    )


def shown(public: PublicBreakdown) -> int:
    return sum(row.quantity for row in public.rows) + public.merged


def test_a_breakdown_without_small_cells_is_published_as_it_is() -> None:
    public = protect_cells({"a": 5, "b": 9})

    assert public == PublicBreakdown(rows=(Row("b", 9), Row("a", 5)), merged=0)


def test_a_small_cell_is_merged_with_the_smallest_large_one() -> None:
    public = protect_cells({"a": 2, "b": 9, "c": 30})

    assert public == PublicBreakdown(rows=(Row("c", 30),), merged=11)


def test_two_small_cells_that_sum_to_enough_still_take_a_large_one_with_them() -> None:
    public = protect_cells({"a": 4, "b": 4, "c": 7, "d": 30})

    assert public == PublicBreakdown(rows=(Row("d", 30),), merged=15)


def test_a_tie_with_a_merged_cell_is_merged_too() -> None:
    public = protect_cells({"a": 1, "b": 9, "c": 9, "d": 10})

    assert public == PublicBreakdown(rows=(Row("d", 10),), merged=19)


def test_a_total_below_the_threshold_is_withheld_whole() -> None:
    assert protect_cells({"a": 2, "b": 2}) == PublicBreakdown(withheld=True)


def test_an_empty_breakdown_is_published_as_empty() -> None:
    assert protect_cells({}) == PublicBreakdown()


def test_a_figure_of_zero_is_shown_and_one_of_one_to_four_is_not() -> None:
    assert [protect_figure(n) for n in range(6)] == [0, None, None, None, None, 5]


@settings(deadline=None)
@given(CELLS)
def test_no_published_cell_lies_between_one_and_four(cells: dict[str, int]) -> None:
    public = protect_cells(cells)

    assert all(row.quantity >= THRESHOLD for row in public.rows)
    assert public.merged == 0 or public.merged >= THRESHOLD


@settings(deadline=None)
@given(CELLS)
def test_nothing_is_invented_and_nothing_is_lost(cells: dict[str, int]) -> None:
    public = protect_cells(cells)

    assert all(cells[row.key] == row.quantity for row in public.rows)
    assert public.withheld or shown(public) == sum(cells.values())


def feasible(
    keys: int, highest: int, threshold: int
) -> dict[PublicBreakdown, list[tuple[int, ...]]]:
    """Every table over `keys` keys, by what is published of it: all an attacker can work out."""
    tables: dict[PublicBreakdown, list[tuple[int, ...]]] = defaultdict(list)
    for values in itertools.product(range(highest + 1), repeat=keys):
        cells = {str(key): value for key, value in enumerate(values) if value}
        tables[protect_cells(cells, threshold=threshold)].append(values)
    return tables


def test_totals_minus_cells_leave_two_values_or_more_for_every_small_cell() -> None:
    for keys, highest, threshold in ((2, 20, 5), (3, 16, 5), (4, 9, 3), (3, 12, 4)):
        for values in feasible(keys, highest, threshold).values():
            for cell in range(keys):
                possible = {table[cell] for table in values}
                is_small = any(0 < value < threshold for value in possible)
                assert not is_small or len(possible) >= 2, (keys, threshold, values)


@settings(deadline=None)
@given(CELLS, CELLS)
def test_one_version_minus_another_is_the_protected_late_batch(
    first: dict[str, int], late: dict[str, int]
) -> None:
    before = protect([exact(first)])
    after = protect([exact(first), exact(late)])
    alone = protect_cells(late)

    for breakdown in DECISIONS:
        old = {row.key: row.quantity for row in before.breakdowns[breakdown].rows}
        new = {row.key: row.quantity for row in after.breakdowns[breakdown].rows}
        gained = {key: new[key] - old.get(key, 0) for key in new if new[key] != old.get(key, 0)}
        assert gained == {row.key: row.quantity for row in alone.rows}
        assert (
            after.breakdowns[breakdown].merged - before.breakdowns[breakdown].merged == alone.merged
        )


@settings(deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=4))
def test_figure_and_breakdown_agree_however_many_batches_came(
    batches: list[dict[str, int]],
) -> None:
    public = protect([exact(cells) for cells in batches])

    for breakdown in DECISIONS:
        assert shown(public.breakdowns[breakdown]) == (public.figures[Figure.DECISIONS] or 0)


def test_a_late_batch_below_the_threshold_changes_nothing() -> None:
    first = exact({"a": 20, "b": 7}, statements_delivered=27)
    late = exact({"b": 3}, statements_delivered=3)

    assert protect([first, late]) == protect([first])


def test_a_figure_that_only_small_batches_added_to_stays_withheld() -> None:
    public = protect([exact({}, complaints_received=2), exact({}, complaints_received=3)])

    assert public.figures[Figure.COMPLAINTS_RECEIVED] is None


def with_duration(quantity: int, median_ms: int) -> Exact:
    span = {Span.SEND_TO_VERDICT: Duration(quantity, median_ms, median_ms * 2)}
    return Exact(figures={}, breakdowns={}, durations=span)


def test_a_median_over_fewer_than_five_is_withheld() -> None:
    assert protect([with_duration(4, 10)]).durations == {}
    assert protect([with_duration(5, 10)]).durations == {Span.SEND_TO_VERDICT: Duration(5, 10, 20)}


def test_a_late_batch_moves_no_median() -> None:
    first, late = with_duration(6, 99), with_duration(60, 10)

    assert protect([first, late]).durations == protect([first]).durations


def test_how_many_were_measured_is_not_said() -> None:
    assert protect([with_duration(6, 99)]).durations == protect([with_duration(600, 99)]).durations


def answered(quantity: int, measured: int) -> int:
    """Gives over how many answers at least a median is said to be."""
    exact = Exact(
        figures={Figure.REPORTS_ANSWERED: quantity},
        breakdowns={one: {"a": quantity} for one in BREAKDOWNS_OF[Figure.REPORTS_ANSWERED]},
        durations={Span.REPORT_TO_ANSWER: Duration(measured, 10, 20)},
    )
    return protect([exact]).durations[Span.REPORT_TO_ANSWER].quantity


def test_a_time_is_told_over_as_many_as_other_numbers_tell_of_it() -> None:
    assert answered(40, 40) == 40
    assert answered(40, 39) == THRESHOLD
    assert answered(4, 9) == THRESHOLD


def test_what_the_door_measured_is_told_as_its_tables_tell_it() -> None:
    def told(full: int, person: int) -> int:
        cells = {Automation.FULL.value: full} | ({Automation.NONE.value: person} if person else {})
        total = full + person
        tables = {one: {"a": total} for one in BREAKDOWNS_OF[Figure.REFUSED]}
        decisions = {one: {"a": total} for one in BREAKDOWNS_OF[Figure.DECISIONS]}
        exact = Exact(
            figures={Figure.REFUSED: total, Figure.DECISIONS: total},
            breakdowns=tables
            | decisions
            | {
                Breakdown.REFUSED_BY_AUTOMATION: cells,
                Breakdown.DECISIONS_BY_AUTOMATION: cells,
            },
            durations={Span.SEND_TO_VERDICT: Duration(full, 10, 20)},
        )
        return protect([exact]).durations[Span.SEND_TO_VERDICT].quantity

    assert told(30, 0) == 30
    assert told(30, 9) == 30
    assert {told(30, hidden) for hidden in (1, 2, 3, 4)} == {THRESHOLD}


def test_over_how_many_a_time_is_told_follows_from_what_else_is_published() -> None:
    told = defaultdict(set)
    for full, person, removed in itertools.product(range(12), range(9), range(7)):
        refused = {Automation.FULL.value: full, Automation.NONE.value: person}
        tables = {
            Figure.REFUSED: {key: quantity for key, quantity in refused.items() if quantity},
            Figure.REMOVED: {Automation.FULL.value: removed} if removed else {},
        }
        tables[Figure.DECISIONS] = Counter(tables[Figure.REFUSED]) + Counter(tables[Figure.REMOVED])
        time = {Span.SEND_TO_VERDICT: Duration(full + removed, 10, 20)} if full + removed else {}
        public = protect([replace(a_day(tables), durations=time)])
        for duration in public.durations.values():
            told[str(replace(public, durations={}))].add(duration.quantity)

    assert len(told) > 100
    assert {len(quantities) for quantities in told.values()} == {1}
    assert max(quantity for quantities in told.values() for quantity in quantities) == 11


def test_every_figure_and_every_breakdown_is_in_the_publication() -> None:
    public: Public = protect([exact({})])

    assert set(public.figures) == set(Figure)
    assert set(public.breakdowns) == set(Breakdown)


KEYS = ("a", "b")


def a_day(tables: dict[Figure, dict[str, int]]) -> Exact:
    """A day of these figures, each split by every property in the same way."""
    return Exact(
        figures={figure: sum(cells.values()) for figure, cells in tables.items()},
        breakdowns={
            breakdown: dict(cells)
            for figure, cells in tables.items()
            for breakdown in BREAKDOWNS_OF[figure]
        },
        durations={},
    )


def without_nothing(values: tuple[int, ...]) -> dict[str, int]:
    return {key: value for key, value in zip(KEYS, values, strict=True) if value}


def seen(public: Public, figures: tuple[Figure, ...]) -> tuple[object, ...]:
    """All that a publication says of these figures."""
    return tuple(
        (public.figures[figure], *(public.breakdowns[one] for one in BREAKDOWNS_OF[figure][:1]))
        for figure in figures
    )


def test_all_decisions_and_the_families_together_leave_two_values_for_every_small_cell() -> None:
    attacked = (Figure.DECISIONS, Figure.REFUSED, Figure.REMOVED)
    days: dict[tuple[object, ...], list[tuple[int, ...]]] = defaultdict(list)
    sizes = (0, 1, 2, 4, 5, 6, 9)
    for values in itertools.product(sizes, repeat=4):
        refused, removed = without_nothing(values[:2]), without_nothing(values[2:])
        both = {key: refused.get(key, 0) + removed.get(key, 0) for key in {*refused, *removed}}
        day = {Figure.REFUSED: refused, Figure.REMOVED: removed, Figure.DECISIONS: both}
        days[seen(protect([a_day(day)]), attacked)].append(values)

    for tables in days.values():
        for cell in range(4):
            possible = {table[cell] for table in tables}
            assert len(possible) >= 2 or not any(0 < value < THRESHOLD for value in possible)


def test_disclosures_and_the_users_concerned_leave_two_values_for_every_small_cell() -> None:
    attacked = (Figure.DISCLOSURES, Figure.USERS_DISCLOSED)
    days: dict[tuple[object, ...], list[tuple[tuple[int, int], ...]]] = defaultdict(list)
    pairs = [(0, 0)] + [(asked, users) for asked in range(1, 7) for users in range(asked, 9)]
    for first, second in itertools.product(pairs, repeat=2):
        asked, users = zip(first, second, strict=True)
        day = dict(zip(attacked, map(without_nothing, (asked, users)), strict=True))
        days[seen(protect([a_day(day)]), attacked)].append((first, second))

    for tables in days.values():
        for cell, column in itertools.product(range(2), range(2)):
            possible = {table[cell][column] for table in tables}
            assert len(possible) >= 2 or not any(0 < value < THRESHOLD for value in possible)


Crossed = dict[tuple[str, ...], int]


def crossed_day(figure: Figure, properties: tuple[Dimension, ...], cells: Crossed) -> Exact:
    """A day of one figure, of which the cells of some properties crossed are given."""
    breakdowns: dict[Breakdown, Counter[str]] = {}
    joints: dict[Breakdown, Counter[tuple[str, ...]]] = {}
    for breakdown in BREAKDOWNS_OF[figure]:
        own = DIMENSION_OF_BREAKDOWN[breakdown]
        needed = [one for one in JOINTLY.get(breakdown, ()) if one in properties]
        table, crossed = Counter[str](), Counter[tuple[str, ...]]()
        for key, quantity in cells.items():
            values = dict(zip(properties, key, strict=True))
            table[values.get(own, "")] += quantity
            crossed[tuple(values[one] for one in needed)] += quantity
        breakdowns[breakdown] = +table
        joints[breakdown] = +crossed
    return Exact({figure: sum(cells.values())}, breakdowns, {}, joints)


COUNTRY_AND_LAW = (Dimension.MARKET, Dimension.REGIME)
FOUND_AND_DECIDED = (Dimension.SOURCE, Dimension.AUTOMATION)


def test_a_law_is_not_shown_beside_its_country_if_a_reader_could_subtract() -> None:
    orders: Crossed = {("KZ", "kz"): 20, ("RU", "ru"): 9, ("DE", "de"): 10, ("DE", "eu-tco"): 3}

    public = protect([crossed_day(Figure.LEGAL_RECEIVED, COUNTRY_AND_LAW, orders)])

    by_market = public.breakdowns[Breakdown.LEGAL_RECEIVED_BY_MARKET]
    assert by_market.rows == (Row("KZ", 20), Row("DE", 13), Row("RU", 9))
    assert public.breakdowns[Breakdown.LEGAL_RECEIVED_BY_REGIME] == PublicBreakdown(merged=42)


def test_a_law_is_shown_beside_its_country_if_no_crossed_cell_is_small() -> None:
    orders: Crossed = {("KZ", "kz"): 20, ("DE", "de"): 10, ("DE", "eu-tco"): 5}

    public = protect([crossed_day(Figure.LEGAL_RECEIVED, COUNTRY_AND_LAW, orders)])

    by_regime = public.breakdowns[Breakdown.LEGAL_RECEIVED_BY_REGIME]
    assert by_regime.rows == (Row("kz", 20), Row("de", 10), Row("eu-tco", 5))


def test_what_people_decided_of_our_own_finds_cannot_be_subtracted() -> None:
    decided: Crossed = {("own", "full"): 97, ("own", "none"): 3, ("user", "none"): 10}

    day = crossed_day(Figure.REMOVED, FOUND_AND_DECIDED, decided)
    as_all = {
        Breakdown(one.value.replace("removed", "decisions")): cells
        for one, cells in day.breakdowns.items()
    }
    public = protect(
        [
            replace(
                day,
                figures={**day.figures, Figure.DECISIONS: 110},
                breakdowns={**day.breakdowns, **as_all},
            )
        ]
    )

    by_automation = public.breakdowns[Breakdown.REMOVED_BY_AUTOMATION]
    assert by_automation.rows == (Row("full", 97), Row("none", 13))
    for breakdown in (Breakdown.REMOVED_BY_SOURCE, Breakdown.DECISIONS_BY_SOURCE):
        assert public.breakdowns[breakdown] == PublicBreakdown(merged=110)


def test_properties_of_which_no_crossed_cells_are_known_are_not_shown() -> None:
    day = crossed_day(Figure.LEGAL_RECEIVED, COUNTRY_AND_LAW, {("KZ", "kz"): 20})

    public = protect([replace(day, joints={})])

    assert public.breakdowns[Breakdown.LEGAL_RECEIVED_BY_REGIME] == PublicBreakdown(merged=20)


def test_properties_that_tell_of_each_other_leave_two_values_for_every_crossed_cell() -> None:
    """All days of keys that a law allows: what a reader works out who knows which those are."""
    cases = (
        (
            Figure.LEGAL_REFUSED,
            COUNTRY_AND_LAW,
            (("KZ", "kz"), ("RU", "ru"), ("DE", "de"), ("DE", "eu-tco")),
        ),
        (
            Figure.OBJECTIONS_UPHELD,
            FOUND_AND_DECIDED,
            (("own", "full"), ("own", "partial"), ("own", "none"), ("user", "none")),
        ),
    )
    for figure, properties, keys in cases:
        days: dict[tuple[object, ...], list[tuple[int, ...]]] = defaultdict(list)
        for values in itertools.product(range(15), repeat=len(keys)):
            if sum(values) > 14:
                continue
            cells: Crossed = {key: n for key, n in zip(keys, values, strict=True) if n}
            public = protect([crossed_day(figure, properties, cells)])
            told = tuple(public.breakdowns[one] for one in BREAKDOWNS_OF[figure])
            days[(public.figures[figure], *told)].append(values)
        for tables in days.values():
            for cell in range(len(keys)):
                possible = {table[cell] for table in tables}
                assert len(possible) >= 2 or not any(0 < one < THRESHOLD for one in possible)


def test_every_figure_of_one_action_alone_has_one_action() -> None:
    actions = Counter(FAMILY_OF_ACTION.values())

    assert {one for one in FAMILIES if actions[one] < 2} == ONE_ACTION


@settings(deadline=None)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=3))
def test_all_decisions_say_nothing_but_what_the_families_say(
    batches: list[list[dict[str, int]]],
) -> None:
    """Two days whose families are published alike are published alike in all."""
    days = []
    for refused, removed in batches:
        both = {key: refused.get(key, 0) + removed.get(key, 0) for key in {*refused, *removed}}
        days.append(
            a_day({Figure.REFUSED: refused, Figure.REMOVED: removed, Figure.DECISIONS: both})
        )

    public = protect(days)

    for breakdown in BREAKDOWNS_OF[Figure.DECISIONS]:
        total = Counter[str]()
        for family in (Figure.REFUSED, Figure.REMOVED):
            same = Breakdown(breakdown.value.replace("decisions", family.value))
            total.update({row.key: row.quantity for row in public.breakdowns[same].rows})
        assert total == {row.key: row.quantity for row in public.breakdowns[breakdown].rows}
