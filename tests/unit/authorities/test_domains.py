import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.authorities.domains import (
    domain_of,
    edits,
    look_alike_of,
    match,
    normal,
    skeleton,
)
from evenhand.authorities.lists import DomainMatch

OWN = ("polizei.example.de", "mvd.example.kz")
CYRILLIC_P = "\N{CYRILLIC SMALL LETTER ER}olizei.example.de"
CYRILLIC_O = "p\N{CYRILLIC SMALL LETTER O}lizei.example.de"


@pytest.mark.parametrize(
    "domain",
    ["polizei.example.de", "POLIZEI.Example.DE", " mvd.example.kz. ", "mvd\uff0eexample\uff0ekz"],
)
def test_an_authoritys_own_domain_in_any_spelling(domain: str) -> None:
    assert match(domain, OWN) is DomainMatch.OWN
    assert look_alike_of(domain, OWN) == ""


def test_what_stands_below_an_own_domain_belongs_to_its_owner() -> None:
    assert match("k1.polizei.example.de", OWN) is DomainMatch.BELOW_OWN
    assert match("xpolizei.example.de", OWN) is not DomainMatch.BELOW_OWN


@pytest.mark.parametrize(
    ("domain", "imitated"),
    [
        (CYRILLIC_P, OWN[0]),
        (CYRILLIC_O, OWN[0]),
        (CYRILLIC_O.split(".", maxsplit=1)[0].encode("idna").decode() + ".example.de", OWN[0]),
        ("p0lizei.example.de", OWN[0]),
        ("po1izei.example.de", OWN[0]),
        ("pol\N{LATIN SMALL LETTER DOTLESS I}zei.example.de", OWN[0]),
        ("polizéi.example.de", OWN[0]),
        ("rnvd.example.kz", OWN[1]),
        ("mvcl.example.kz", OWN[1]),
        ("polizei.example.de.evil.test", OWN[0]),
        ("polizei-example.de", OWN[0]),
        ("polizei-example-de.test", OWN[0]),
        ("polizeiexample.de", OWN[0]),
        ("mvd.example.kz-portal.test", OWN[1]),
        ("polizei.test", OWN[0]),
        ("kz-polizei.org", OWN[0]),
        ("pollizei.example.de", OWN[0]),
        ("poilzei.example.de", OWN[0]),
        ("polizei.exampel.de", OWN[0]),
        ("mvd.exmple.kz", OWN[1]),
        ("k1." + CYRILLIC_P, OWN[0]),
    ],
)
def test_what_is_made_to_be_taken_for_it(domain: str, imitated: str) -> None:
    assert match(domain, OWN) is DomainMatch.LOOK_ALIKE
    assert look_alike_of(domain, OWN) == imitated


@pytest.mark.parametrize(
    "domain", ["gmail.com", "gericht.test", "example.de", "kz", "", "a..b", "-x.test", "a b.test"]
)
def test_what_is_merely_another(domain: str) -> None:
    assert match(domain, OWN) is DomainMatch.FOREIGN


def test_a_short_name_allows_one_slip() -> None:
    assert match("abx.de", ["abc.de"]) is DomainMatch.LOOK_ALIKE
    assert match("axy.de", ["abc.de"]) is DomainMatch.FOREIGN


@pytest.mark.parametrize(
    ("own", "domain"),
    [
        ("anti-terror.example.de", "antiterrorexamplede.test"),
        ("antiterror.example.de", "anti-terror-example-de.test"),
    ],
)
def test_dots_and_hyphens_hide_nothing(own: str, domain: str) -> None:
    assert look_alike_of(domain, [own]) == own


def test_two_slips_in_a_long_name_are_seen_and_three_are_another_name() -> None:
    assert match("polixxi.example.de", OWN) is DomainMatch.LOOK_ALIKE
    assert match("polxxxi.example.de", OWN) is DomainMatch.FOREIGN


def test_an_entry_that_is_no_domain_matches_nothing() -> None:
    assert match("polizei.example.de", ["", "kz"]) is DomainMatch.FOREIGN


@pytest.mark.parametrize(
    ("mailbox", "domain"),
    [
        ("a.b@Polizei.Example.de", "polizei.example.de"),
        ("a@evil.test@polizei.example.de", "polizei.example.de"),
        ("polizei.example.de", ""),
        ("@polizei.example.de", ""),
        ("a@", ""),
        ("a@kz", ""),
    ],
)
def test_the_domain_of_a_mailbox(mailbox: str, domain: str) -> None:
    assert domain_of(mailbox) == domain


def test_punycode_is_read_and_what_cannot_be_read_is_no_domain_of_ours() -> None:
    assert normal("xn--mnchen-3ya.test") == "münchen.test"
    assert normal("xn--\N{BULLET}.test") == ""
    assert normal("xn--99999999.test") in {"xn--99999999.test", ""}


def test_a_domain_has_an_end() -> None:
    assert normal(".".join(["a" * 60] * 4)) != ""
    assert normal(".".join(["a" * 60] * 5)) == ""
    assert normal("a" * 64 + ".test") == ""


@pytest.mark.parametrize(
    ("left", "right", "least"),
    [
        ("", "", 0),
        ("abc", "abc", 0),
        ("", "abc", 3),
        ("abc", "abd", 1),
        ("abc", "acb", 1),
        ("abc", "abcd", 1),
        ("abc", "bc", 1),
        ("abcd", "badc", 2),
        ("kitten", "sitting", 3),
    ],
)
def test_the_least_number_of_edits(left: str, right: str, least: int) -> None:
    assert edits(left, right) == edits(right, left) == least


@given(st.text(alphabet="abri.-1", max_size=12), st.text(alphabet="abri.-1", max_size=12))
def test_edits_are_none_only_for_the_same_and_never_more_than_the_longer(
    left: str, right: str
) -> None:
    assert (edits(left, right) == 0) == (left == right)
    assert abs(len(left) - len(right)) <= edits(left, right) <= max(len(left), len(right))


@given(st.text(max_size=40))
def test_no_text_breaks_the_comparison(text: str) -> None:
    assert match(text, OWN) in DomainMatch
    assert normal(normal(text)) == normal(text)
    assert isinstance(skeleton(text), str)
