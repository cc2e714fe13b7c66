from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.events.text_column import TextColumn, characters_of

TEXT = st.text(
    st.sampled_from("a .жक漢😀\x7f") | st.characters(exclude_categories=["Cs", "Cc"]), max_size=150
)


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXT, max_size=6))
def test_blocks_of_characters_are_those_of_one_after_the_other(texts):
    column = TextColumn.of(texts)

    quick, slow = column.characters, characters_of(column.buffer, column.offsets)

    assert quick.starts.tolist() == slow.starts.tolist()
    end = slow.starts[-1]
    assert quick.codes[:end].tolist() == slow.codes[:end].tolist()
    assert "".join(map(chr, quick.codes[:end])) == "".join(f"{text} " for text in texts)
