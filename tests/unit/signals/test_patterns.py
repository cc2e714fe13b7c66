from datetime import UTC, datetime
from textwrap import dedent

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from evenhand.events.text_column import TextColumn
from evenhand.events.undisguise import undisguise
from evenhand.signals.expressions import stays_within_rows
from evenhand.signals.pattern_lists import PatternRefused, parse_pattern_list
from evenhand.signals.patterns import Found, PatternScanner


def a_list(*patterns, name="goods", views="[normalised]"):
    lines = "\n".join(f"  - {pattern}" for pattern in patterns)
    return parse_pattern_list(f"name: {name}\nviews: {views}\npatterns:\n{lines}\n", name=name)


@pytest.fixture
def scanner(tmp_path):
    return lambda *lists: PatternScanner(lists, folder=tmp_path)


def counts(scanner, *texts, raw=None):
    column = TextColumn.of(texts)
    found = scanner.find(column, undisguise(column), TextColumn.of(raw) if raw else None)
    return scanner.counts(found, len(texts)).tolist()


def test_a_literal_is_found_as_a_word_and_not_within_one(scanner):
    found = counts(
        scanner(a_list("text: buy gun")), "buy gun now", "buy guns", "rebuy gun", "buy gun"
    )

    assert found == [[1, 0, 0, 1]]


def test_digits_and_signs_may_stand_beside_a_literal(scanner):
    assert counts(scanner(a_list("text: usd")), "100usd", "(usd)", "usd_", "usdt") == [[1, 1, 1, 0]]


def test_a_star_lets_letters_go_on(scanner):
    stars = scanner(a_list("text: 'продам*'"), a_list("text: '*coin'", name="coins"))

    found = counts(stars, "продаём", "продамка", "bitcoin", "coins")

    assert found == [[0, 0, 1, 0], [0, 1, 0, 0]]


def test_a_literal_takes_the_form_of_the_view(scanner):
    assert counts(scanner(a_list("text: 'ＢＵＹ  Straße'")), "buy strasse") == [[1]]


def test_scripts_without_spaces_need_no_bounds(scanner):
    assert counts(scanner(a_list("text: 大麻")), "我卖大麻给你") == [[1]]


def test_patterns_of_one_list_are_counted_once_each(scanner):
    pair = scanner(a_list("text: gun", "text: rifle"))

    assert counts(pair, "gun gun gun", "gun and rifle", "none") == [[1, 2, 0]]


def test_the_undisguised_view_is_searched_as_well(scanner):
    assert counts(scanner(a_list("text: cash")), "c a s h", "ca$h", "plain") == [[1, 1, 0]]


def test_two_innocent_neighbours_do_not_convict_each_other(scanner):
    neighbours = scanner(
        a_list(
            r"regex: 'cheap\s+pills'",
            r"regex: 'cheap[^a-z]{1,3}pills'",
            "regex: 'cheap.{0,5}pills'",
        )
    )

    assert counts(neighbours, "very cheap", "pills here") == [[0, 0]]
    assert counts(neighbours, "very cheap  pills") == [[3]]


def test_the_ends_of_a_text_are_found_in_the_middle_of_a_batch(scanner):
    ends = scanner(a_list("regex: '^free'", "regex: 'money$'"))

    assert counts(ends, "x", "free money", "not free", "money not") == [[0, 2, 0, 0]]


def test_a_bounded_regex_stands_alone(scanner):
    bounded = scanner(a_list("regex: 'куп(лю|им)'\n    bounded: true"))

    assert counts(bounded, "куплю дом", "раскуплю", "куплю", "дом куплю") == [[1, 0, 1, 1]]


def test_a_bounded_regex_may_stand_at_an_end_of_any_text_of_a_batch(scanner):
    ends = scanner(
        a_list(
            "regex: '^free'\n    bounded: true",
            "regex: 'cash$'\n    bounded: true",
            "regex: '^deal$'\n    bounded: true",
        )
    )

    found = counts(ends, "deal", "free cash", "freedom", "no cash", "xcash", "deal", "deals")

    assert found == [[1, 2, 0, 1, 0, 1, 0]]


@pytest.mark.parametrize(
    ("regex", "within"),
    [
        (r"cheap\s+pills", True),
        (r"^free.{0,5}\d{2}[a-z .]+(?:x|ж)\p{Lu}\.$", True),
        (r"cheap[^a-z]pills", False),
        (r"cheap\Wpills", False),
        (r"cheap\P{L}pills", False),
        (r"cheap\p{Cc}pills", False),
        (r"cheap[\x{1}-\x{ff}]pills", False),
        (r"cheap[\D]pills", False),
        (r"cheap(?:^|x)pills", False),
        (r"(?:cheap$)?pills", False),
        (r"cheap[[:^alpha:]]pills", False),
        (r"\Qcheap pills\E", True),
    ],
)
def test_regexes_that_could_run_on_from_row_to_row_are_known(regex, within):
    pattern = a_list(f"regex: '{regex}'").patterns[0]

    assert stays_within_rows(pattern) is within


PIECES = st.sampled_from(
    ["a", "b", ".", "^", "$", r"\s", r"\W", r"\d", "[ab]", "[^a]", "a*", "b?", "(?:a|b)", " ", "|"]
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(PIECES, min_size=1, max_size=5).map("".join),
    st.booleans(),
    st.lists(st.text(st.sampled_from("ab 0!"), max_size=6), min_size=1, max_size=5),
)
def test_any_regex_finds_in_a_batch_what_it_finds_in_each_row(
    tmp_path_factory, regex, bounded, texts
):
    pattern = f"regex: '{regex}'\n    bounded: {str(bounded).lower()}"
    try:
        one = PatternScanner([a_list(pattern)], folder=tmp_path_factory.getbasetemp())
    except PatternRefused:
        reject()

    together = counts(one, *texts)

    assert together == [[counts(one, text)[0][0] for text in texts]]


def test_a_regex_takes_the_form_of_the_normalised_view(scanner):
    folded = scanner(
        a_list("regex: 'BUY +Straße'", r"regex: '[ABC]\d[äÖß]\S\p{Lu}?x'", name="goods")
    )

    assert counts(folded, "buy strasse", "b7öax") == [[1, 1]]


def test_the_raw_view_is_searched_as_written(scanner):
    raw = scanner(a_list("regex: 'bc1[a-z]{4}'", views="[raw]"))

    assert counts(raw, "BC1ABCD".lower(), "bc1abcd", raw=["BC1ABCD", "bc1abcd"]) == [[0, 1]]


def test_a_damaged_cache_is_built_again(tmp_path):
    PatternScanner([a_list("text: gun")], folder=tmp_path)
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes()[:50])

    assert counts(PatternScanner([a_list("text: gun")], folder=tmp_path), "gun") == [[1]]


def test_no_lists_find_nothing(scanner):
    assert counts(scanner(), "anything") == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.sampled_from("abж 0"), max_size=8), min_size=1, max_size=6))
def test_a_batch_finds_what_each_row_finds_alone(tmp_path_factory, texts):
    lists = [
        a_list("text: ab", "text: 'жа*'"),
        a_list(r"regex: 'a\s*b'", "regex: '^ж'", "regex: 'a.?b$'", r"regex: '[^a]b'", name="more"),
    ]
    scanner = PatternScanner(lists, folder=tmp_path_factory.getbasetemp())

    together = counts(scanner, *texts)

    alone = np.concatenate([counts(scanner, text) for text in texts], axis=1)
    assert together == alone.tolist()


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("name: goods\npatterns:\n  - text: a\n  - regex: 'a(b'\n", 4, "parenthesis"),
        ("name: goods\npatterns:\n  - regex: '\\bgun'\n", 3, "bounded"),
        ("name: goods\npatterns:\n  - regex: '(?s)a.b'\n", 3, "across"),
        ("name: goods\npatterns:\n  - text: a\n  - regex: 'b?$'\n", 4, "nothing is written"),
        ("name: goods\npatterns:\n  - regex: 'b*'\n", 3, "empty buffer"),
        ("name: goods\npatterns:\n  - regex: 'a$|b'\n    bounded: true\n", 3, "no |"),
        ("name: goods\npatterns:\n  - text: a*b\n", 3, "only at an end"),
        ("name: goods\npatterns:\n  - text: a\n    regex: b\n", 3, "either"),
        ("name: goods\npatterns:\n  - text: a\n  - text: a\n", 4, "line 3"),
        ("name: goods\npatterns:\n  - text: '\u200b'\n", 3, "nothing is left"),
        ("name: goods\nviews: [leet]\npatterns:\n  - text: a\n", 2, "raw and normalised"),
        ("name: other\npatterns:\n  - text: a\n", 1, "differs"),
        ("name: goods\ncolour: red\npatterns:\n  - text: a\n", 2, "colour"),
        ("name: goods\nowner: ''\npatterns:\n  - text: a\n", 2, "owner: 1 to"),
        ("name: goods\nexpires: 2026-12-31\npatterns:\n  - text: a\n", 1, "owner: who"),
        ("name: goods\nowner: us\nexpires: soon\npatterns:\n  - text: a\n", 3, "a day such as"),
        ("name: goods\nowner: us\npatterns:\n  - {text: a, expires: 31}\n", 4, "a day such as"),
        ("name: goods\npatterns: [\n", 3, ""),
        ("", 1, "fields"),
    ],
)
def test_faults_name_list_and_line(tmp_path, content, line, words):
    with pytest.raises(PatternRefused) as refusal:
        PatternScanner([parse_pattern_list(dedent(content), name="goods")], folder=tmp_path)

    assert refusal.value.fields["list"] == "goods"
    assert refusal.value.fields["line"] == line
    assert words in refusal.value.fields["why"]


def test_a_pattern_ends_on_its_own_day_or_its_lists_whichever_is_earlier():
    content = """\
        name: goods
        owner: policy
        expires: 2026-12-31
        patterns:
          - text: a
          - {text: b, expires: 2026-11-30}
          - {text: c, expires: 2027-01-31}
        """

    found = parse_pattern_list(dedent(content), name="goods")

    assert found.owner == "policy"
    ends = [str(one.expires) for one in found.patterns]
    assert ends == ["2026-12-31", "2026-11-30", "2026-12-31"]


def test_what_was_posted_after_its_last_day_does_not_have_a_pattern(tmp_path):
    content = "name: goods\nowner: us\npatterns:\n  - {text: a, expires: 2026-11-30}\n  - text: b\n"
    scanner = PatternScanner([parse_pattern_list(content, name="goods")], folder=tmp_path)
    found = Found(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
    last = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp() * 1000) - 1

    kept = scanner.in_force(found, lambda: np.array([last, last + 1]))

    assert list(zip(kept.rows, kept.patterns, strict=True)) == [(0, 0), (0, 1), (1, 1)]
