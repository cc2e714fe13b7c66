import pyarrow as pa
import pytest

from evenhand.events.text_column import arrow_text
from evenhand.signals.contacts import contacts
from evenhand.signals.views import Views


def found(text):
    column = pa.array([text])
    views = Views(*arrow_text(column), column.is_valid().to_numpy(False), None)
    return {name.removeprefix("has_") for name, v in contacts(views).items() if v.values[0]}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("call +7 (701) 123-45-67", {"phone"}),
        ("8 701 123 45 67 пишите", {"phone"}),
        ("Tel. 030 12345678", {"phone"}),
        ("write @some_seller", {"handle"}),
        ("write to seller@shop.example now", {"email"}),
        ("0x52908400098527886E0F7030069857D2E4169EE7", {"wallet"}),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", {"wallet"}),
        ("TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC pay", {"wallet"}),
        ("on 2024-05-06 12:30 it cost 1 200 000", set()),
        ("order 123456789", set()),
        ("4111 1111 1111 1111 1", set()),
        ("meet @ 5", set()),
        ("a@b", set()),
        ("donaudampfschifffahrtsgesellschaftskapitaen", set()),
        ("", set()),
        ("+", set()),
        ("@", set()),
    ],
)
def test_ways_to_be_reached_are_told_apart(text, kinds):
    assert found(text) == kinds
