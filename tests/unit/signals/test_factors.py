from functools import cache

import hyperscan
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.events.normalise import normalise_text
from evenhand.events.text_column import TextColumn
from evenhand.events.undisguise import undisguise
from evenhand.signals.expressions import expression_of
from evenhand.signals.factors import close_text, factors_of
from evenhand.signals.pattern_lists import Pattern, PatternList, View
from evenhand.signals.patterns import PatternScanner

REGEXES = (
    r"snow\s+dust",
    r"(?:snow|dust)(?:s|ing|er)?",
    r"snow.{0,3}dust",
    r"^snowdust$",
    r"snowd{2,}ust",
    r"sno+wdust",
    r"[^a]snowdust",
    r"(?:snow|[ad]ust)dust",
    r"s[ ._*-]{0,2}n[ ._*-]{0,2}o",
    r"s[ ._*-]{0,2}n[ ._*-]{0,2}o[ ._*-]{0,2}w",
    r"d\s*u\s*s+[.-]?t!",
    r"(?:s ?n ?o ?w|d-?u-?s-?t)1",
    r"Straße\d?",
    r"(?:a|b)(?:snow)?",
    r"\d{3,}",
)


def a_regex(regex, *, bounded=False, line=1):
    return Pattern("goods", line, None, regex, bounded, ())


@pytest.mark.parametrize(
    ("regex", "factors"),
    [
        (r"cheap\s+pills", ("cheap",)),
        (r"t\.me/(?:joinchat/|\+)?snowdust[a-z]{2,}", ("snowdust",)),
        (r"(?:free|prize).{0,40}(?:money|award)", ("money", "award")),
        (r"(?:coin|dust)(?:s|ing|er)?", ("coin", "dust")),
        (r"colou?rless", ("rless",)),
        (r"snowd+ust", ("snowd",)),
        (r"snowd{2,4}rift", ("snowd",)),
        (r"snowd{0,4}rift", ("snow",)),
        (r"(?:snow){2}", ("snow",)),
        (r"КУПЛЮ дом\?", ("куплю дом?",)),
        (r"Straße", ("strasse",)),
        (r"^free money$", ("free money",)),
        (r"(?:money|\d+)", ()),
        (r"(?:money)?", ()),
        (r"(?:money|)x", ()),
        (r"a[ ._*-]{0,2}b[ ._*-]{0,2}c", ()),
        (r"gun", ()),
        (r"\d{8}", ()),
        # Not understood, or not as it seems.
        (r"(?i)money", ()),
        (r"(?x)mon ey", ()),
        (r"money(?=x)", ()),
        (r"money\x41", ()),
        (r"money\pL", ()),
        (r"\Qmoney\E", ()),
        (r"money{,3}", ()),
        (r"money\1", ()),
        (r"money)", ()),
        (r"(money", ()),
        (r"*money", ()),
        ("money\x1emoney", ()),
    ],
)
def test_what_a_regex_needs_is_known_or_nothing_is_said(regex, factors):
    assert factors_of(a_regex(regex), normalised=True) == factors


@pytest.mark.parametrize(
    ("regex", "factors"),
    [
        (r"s[ ._*-]{0,2}n[ ._*-]{0,2}o[ ._*-]{0,2}w", ("snow",)),
        (r"s\s*n\W*o-?w", ()),
        (r"s\s*n\s+o-?w", ("snow",)),
        (r"d, ?u\.{3}s!*t", ("dust",)),
        (r"(?:s ?n ?o ?w|d ?u ?s ?t)\d", ("snow", "dust")),
        (r"с[ .-]?Н[ .-]?е[ .-]?г", ("снег",)),
        (r"s ?n(?: |-)o ?w", ()),
        (r"x ?s+ ?n ?o ?w", ("snow",)),
        # What may hold a letter, or be more than one sign of ASCII.
        (r"s[ -z]?n[ -z]?o[ -z]?w", ()),
        (r"s[^a-z]?n[^a-z]?o[^a-z]?w", ()),
        (r"s[ x]?n[ x]?o[ x]?w", ()),
        (r"s[[:punct:]]?n[[:punct:]]?o[[:punct:]]?w", ()),
        (r"s\x{20}?n\x{20}?o\x{20}?w", ()),
        (r"s·?n·?o·?w", ()),
        (r"s.?n.?o.?w", ()),
        (r"s\d?n\d?o\d?w", ()),
    ],
)
def test_letters_with_gaps_between_them_are_needed_side_by_side(regex, factors):
    assert factors_of(a_regex(regex), normalised=True) == ()
    assert factors_of(a_regex(regex), normalised=True, close=True) == factors


@given(st.lists(st.text(max_size=150), max_size=5))
def test_a_close_text_has_no_ascii_sign_but_letters_and_digits(rows):
    column = TextColumn.of([one.replace("\x1e", "") for one in rows])

    assert close_text(column).texts() == [
        "".join(one for one in text if not one.isascii() or one.isalnum())
        for text in column.texts()
    ]


def test_the_raw_view_is_not_folded():
    assert factors_of(a_regex("MONEY"), normalised=False) == ("MONEY",)


@cache
def database_of(pattern):
    """Gives one regex as Hyperscan compiles it, and nothing else."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expression_of(pattern, normalised=True)],
        ids=[0],
        elements=1,
        flags=hyperscan.HS_FLAG_UTF8,
    )
    return database


def found_alone(pattern, text):
    """Gives whether one regex is in one text."""
    hits = []
    database_of(pattern).scan(text.encode(), match_event_handler=lambda *hit: hits.append(hit))
    return bool(hits)


@pytest.fixture(scope="module", params=[False, True], ids=["free", "bounded"])
def scanner(request, tmp_path_factory):
    patterns = tuple(
        a_regex(one, bounded=request.param and "|" not in one, line=number)
        for number, one in enumerate(REGEXES, start=1)
    )
    lists = [PatternList("goods", frozenset({View.NORMALISED}), patterns)]
    return PatternScanner(lists, folder=tmp_path_factory.mktemp("cache"))


pieces = st.sampled_from(
    ["snow", "dust", "snowdust", "d", "s", "n", "o", "a", "1", "22", " ", ".", "-", "straße", "!"]
)
texts = st.lists(st.lists(pieces, max_size=7).map("".join), min_size=1, max_size=8)


@settings(max_examples=200, deadline=None)
@given(texts)
def test_no_row_is_passed_over_that_a_regex_alone_is_found_in(scanner, rows):
    column = TextColumn.of([normalise_text(one) for one in rows])
    undone = undisguise(column)

    found = scanner.find(column, undone, None)

    views = [(row, column.text(row)) for row in range(len(column))]
    views += [(int(row), undone.column.text(place)) for place, row in enumerate(undone.rows)]
    wanted = {
        (row, number)
        for row, text in views
        for number, pattern in enumerate(scanner.patterns)
        if found_alone(pattern, text)
    }
    assert set(zip(found.rows.tolist(), found.patterns.tolist(), strict=True)) == wanted
