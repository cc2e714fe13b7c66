import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.events.text_column import TextColumn
from evenhand.events.undisguise import undisguise


def undisguised(*texts):
    found = undisguise(TextColumn.of(texts))
    return dict(zip(found.rows.tolist(), found.column.texts(), strict=True))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("раyраl login", "paypal login"),
        ("kупить сейчас", "купить сейчас"),
        ("v1agra", "viagra"),
        ("ca$h n0w", "cash now"),
        ("c a s h now", "cash now"),
        ("b.i.t.c.o.i.n!", "bitcoin!"),
        ("к у п и т ь", "купить"),
        ("н0вый нар4ка", "новый нарчка"),
        ("ᴄᴀꜱʜ", "cash"),
        ("🅲🅰🆂🅷", "cash"),
        ("ρaypal", "paypal"),
        ("x c.a.s.h", "x cash"),
    ],
)
def test_disguised_words_are_undone(text, plain):
    assert undisguised(text) == {0: plain}


@pytest.mark.parametrize(
    "text",
    ["", "plain words", "обычный текст", "covid19 in 2020", "j. r. r. tolkien", "1 2 3 4 5",
     "αβγ and abc", "it costs 5kg or 20eur", "a b c", "日本語 text", "pay-мир", "...!!!"],
)  # fmt: skip
def test_honest_words_stay_as_they_are(text):
    assert undisguised(text) == {}


def test_only_rows_that_change_are_given_with_their_numbers():
    assert undisguised("one", "v1agra", "two", "ca$h") == {1: "viagra", 3: "cash"}


def test_look_alikes_are_told_from_honest_mixtures():
    found = undisguise(TextColumn.of(["раypal", "pdfом", "обычный", "v1agra"]))

    assert found.lookalike.tolist() == [True, False, False, False]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.sampled_from("aо0$ .кkж🅰ᴀ😀é\u0301"), max_size=150), max_size=6))
def test_every_row_gives_valid_text_of_its_own(texts):
    together = undisguised(*texts)

    alone = {row: undisguised(text).get(0) for row, text in enumerate(texts)}
    assert together == {row: text for row, text in alone.items() if text is not None}


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(st.sampled_from("aоxж0$3 .-кkαé🅰日😀\u0301!"), max_size=150), max_size=6))
def test_no_row_that_changes_escapes_suspicion(texts):
    column = TextColumn.of(texts)

    quick, thorough = undisguise(column), undisguise(column, look_at_all=True)

    assert quick.rows.tolist() == thorough.rows.tolist()
    assert quick.lookalike.tolist() == thorough.lookalike.tolist()
