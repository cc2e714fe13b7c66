import pytest

from evenhand.base.lists import ChannelKind, Source
from evenhand.cases.models import Case
from evenhand.desk.review.reported import channel_kind_of
from evenhand.reports.lists import Way
from evenhand.reports.models import Report


@pytest.mark.parametrize(
    ("kind", "source", "ways", "said"),
    [
        (ChannelKind.PRIVATE, Source.USER, [Way.FORM, Way.API], "not known"),
        (ChannelKind.PRIVATE, Source.TRUSTED_FLAGGER, [Way.API], "not known"),
        (ChannelKind.PRIVATE, Source.USER, [Way.FORM, Way.MATRIX], "Private groups"),
        (ChannelKind.PRIVATE, Source.OWN, [Way.FORM], "Private groups"),
        (ChannelKind.PRIVATE, Source.USER, [], "Private groups"),
        (ChannelKind.PUBLIC, Source.USER, [Way.FORM], "Public channels and rooms"),
    ],
)
def test_a_room_that_no_messenger_was_asked_about_is_not_called_private(
    kind: ChannelKind, source: Source, ways: list[Way], said: str
) -> None:
    case = Case(channel_kind=kind.value, source=source.value)

    assert channel_kind_of(case, [Report(way=way.value) for way in ways]) == said
