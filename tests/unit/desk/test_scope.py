from evenhand.base.lists import ChannelKind
from evenhand.desk.scope import CHANNELS, EVENTS, scope_rows
from evenhand.signals.scope import BY_CHANNEL, BY_EVENT


def test_every_row_of_the_screenings_own_table_has_words() -> None:
    assert set(CHANNELS) == set(BY_CHANNEL) == set(ChannelKind)
    assert set(EVENTS) == set(BY_EVENT)
    assert len(scope_rows()) == len(BY_CHANNEL) + len(BY_EVENT)


def test_the_page_says_that_direct_chats_are_not_looked_at() -> None:
    direct = next(row for row in scope_rows() if row.place == "Direct and encrypted chats")

    assert (direct.text, direct.behaviour, direct.files) == (False, False, False)


def test_the_page_says_that_text_in_private_groups_is_not_read() -> None:
    private = next(row for row in scope_rows() if row.place == "Private groups")

    assert (private.text, private.behaviour, private.files) == (False, True, True)
