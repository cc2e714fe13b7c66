import ast
import inspect
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.legal import identifiers
from evenhand.legal.identifiers import Fault, Reading, read
from evenhand.legal.lists import IdentifierKind

EVENT = "$" + "aB3_-" * 8 + "xyz"
WELL_FORMED = [
    ("+7 701 234-56-78", IdentifierKind.PHONE, "+77012345678"),
    ("+49 (30) 901820", IdentifierKind.PHONE, "+4930901820"),
    ("@ann:example.org", IdentifierKind.ACCOUNT, "@ann:example.org"),
    ("@ann:example.org:8448", IdentifierKind.ACCOUNT, "@ann:example.org:8448"),
    ("@ann:[2001:db8::1]", IdentifierKind.ACCOUNT, "@ann:[2001:db8::1]"),
    ("!abc:example.org", IdentifierKind.CHANNEL, "!abc:example.org"),
    ("!" + "a" * 43, IdentifierKind.CHANNEL, "!" + "a" * 43),
    ("#новости:example.org", IdentifierKind.CHANNEL, "#новости:example.org"),
    (EVENT, IdentifierKind.EVENT, EVENT),
    ("$15:example.org", IdentifierKind.EVENT, "$15:example.org"),
    (
        "https://matrix.to/#/%23news%3Aexample.org?via=example.org",
        IdentifierKind.LINK,
        "https://matrix.to/#/#news:example.org",
    ),
    (
        f"https://matrix.to/#/!abc:example.org/{EVENT}",
        IdentifierKind.LINK,
        f"https://matrix.to/#/!abc:example.org/{EVENT}",
    ),
    ("matrix:u/ann:example.org", IdentifierKind.LINK, "https://matrix.to/#/@ann:example.org"),
    ("203.0.113.5 2026-11-01T10:00Z", IdentifierKind.IP, "203.0.113.5 2026-11-01T10:00:00Z"),
    (
        "203.0.113.5:50123 2026-11-01 10:00:07 +05:00",
        IdentifierKind.IP,
        "203.0.113.5:50123 2026-11-01T05:00:07Z",
    ),
    (
        "[2001:db8::7]:443 2026-11-01T10:00:00Z",
        IdentifierKind.IP,
        "[2001:db8::7]:443 2026-11-01T10:00:00Z",
    ),
    ("2001:DB8::7 2026-11-01T10:00:00Z", IdentifierKind.IP, "2001:db8::7 2026-11-01T10:00:00Z"),
]
FAULTY = [
    ("", Fault.EMPTY),
    ("   ", Fault.EMPTY),
    ("Ann Example", Fault.NOT_RECOGNISED),
    ("ann@example.org", Fault.NOT_RECOGNISED),
    ("x" * 1001, Fault.TOO_LONG),
    ("@" + "a" * 255 + ":example.org", Fault.TOO_LONG),
    ("0301 234567", Fault.PHONE_WITHOUT_COUNTRY),
    ("+49 (0)30 901820", Fault.PHONE_WITHOUT_COUNTRY),
    ("+12345", Fault.PHONE_LENGTH),
    ("+1234567890123456", Fault.PHONE_LENGTH),
    ("@:example.org", Fault.LOCAL_PART),
    ("@ann", Fault.SERVER_NAME),
    ("@ann:-bad-.org", Fault.SERVER_NAME),
    ("@ann:example.org:99999", Fault.SERVER_NAME),
    ("$short", Fault.EVENT_FORM),
    ("https://example.org/post/1", Fault.LINK_TARGET),
    ("https://matrix.to/#/", Fault.LINK_TARGET),
    (f"https://matrix.to/#/@ann:example.org/{EVENT}", Fault.LINK_TARGET),
    ("203.0.113.5", Fault.TIME_MISSING),
    ("203.0.113.5 2026-11-01T10:00:00", Fault.TIME_WITHOUT_ZONE),
    ("203.0.113.5 yesterday", Fault.TIME_FORM),
    ("203.0.113.5 2026-02-30T10:00:00Z", Fault.TIME_FORM),
    ("203.0.113.5:0 2026-11-01T10:00:00Z", Fault.PORT_RANGE),
    ("203.0.113.5:70000 2026-11-01T10:00:00Z", Fault.PORT_RANGE),
    ("192.168.1.7 2026-11-01T10:00:00Z", Fault.ADDRESS_NOT_PUBLIC),
    ("fe80::1 2026-11-01T10:00:00Z", Fault.ADDRESS_NOT_PUBLIC),
]


@pytest.mark.parametrize(("text", "kind", "value"), WELL_FORMED)
def test_a_well_formed_identifier_gets_one_form(
    text: str, kind: IdentifierKind, value: str
) -> None:
    assert read(text) == Reading(kind, value)


@pytest.mark.parametrize(("text", "fault"), FAULTY)
def test_what_is_wrong_is_named(text: str, fault: Fault) -> None:
    found = read(text)

    assert found.fault == fault
    assert found.value == ""


@given(st.text(max_size=300))
def test_any_text_gets_a_reading(text: str) -> None:
    found = read(text)

    assert found.well_formed == bool(found.value)
    assert found == read(text)


@given(st.from_regex(r"[@!#$]?[a-z0-9+.:\[\]/% -]{0,60}", fullmatch=True))
def test_what_looks_like_an_identifier_gets_a_reading(text: str) -> None:
    found = read(text)

    if found.well_formed:
        assert read(found.value) == found


@pytest.mark.parametrize(("text", "kind", "value"), WELL_FORMED)
def test_the_one_form_is_read_as_itself(text: str, kind: IdentifierKind, value: str) -> None:
    assert read(value) == read(text) == Reading(kind, value)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789._=-", min_size=1, max_size=40))
def test_every_account_name_gets_the_same_answer(name: str) -> None:
    found = read(f"@{name}:example.org")

    assert (found.kind, found.fault) == (IdentifierKind.ACCOUNT, None)


@given(st.integers(min_value=10**6, max_value=10**14))
def test_every_phone_number_of_the_right_length_gets_the_same_answer(number: int) -> None:
    found = read(f"+{number}")

    assert (found.kind, found.fault) == (IdentifierKind.PHONE, None)


def test_nothing_can_be_looked_up() -> None:
    tree = ast.parse(inspect.getsource(identifiers))
    rooms = {
        node.module.partition(".")[0] if not node.module.startswith("evenhand") else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
    }

    own = {name for name in rooms if name.startswith("evenhand")}
    assert own == {"evenhand.base.limits", "evenhand.legal.lists"}
    assert rooms - own <= set(sys.stdlib_module_names)


def test_a_reading_does_not_print_what_was_typed() -> None:
    assert "7012345678" not in repr(read("+7 701 234-56-78"))
