"""Generated answers: what they say, in every language, and that nothing in them is a command."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import Any

import pypdf
import pytest

from evenhand.base.lists import ActionKind, Language
from evenhand.legal.answers.facts import (
    AnswerFacts,
    AnswerKind,
    DisclosedPackage,
    Effect,
    FurtherGround,
    KeptCopy,
    StillVisible,
    UserTold,
)
from evenhand.legal.answers.make import SECTIONS, AnswerIncomplete, answer
from evenhand.legal.answers.words import UNSHOWN, field, moment, number, showable, words
from evenhand.legal.package import COLUMNS
from evenhand.markets.lists import Refusal
from evenhand.markets.regimes import law

AT = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
COMMON: dict[str, Any] = {
    "number": "EH-2026-000123",
    "reference": "12 Js 345/26",
    "authority": "Staatsanwaltschaft Musterstadt",
    "country": "DE",
    "service": "Chat Example",
    "contact": "authorities@chat.example",
    "title": "European Production Order",
    "law": "Regulation (EU) 2023/1543, Art. 4(1)",
    "entry": "eu-epoc-subscriber, 2026-11-22",
    "entry_verified": True,
    "received_at": AT - timedelta(hours=3),
    "answered_at": AT,
}
EFFECTS = (
    Effect("#kanal:chat.example", ActionKind.GEO_WITHHOLD, AT, ("KZ",)),
    Effect("https://chat.example/post/1", ActionKind.REDACT, AT),
)
COPY = KeptCopy(
    items=1234, hash_list_sha256="cd" * 32, kept_at=AT, expires_at=AT + timedelta(days=90)
)
DESTROYED = KeptCopy(
    items=3, hash_list_sha256="cd" * 32, kept_at=AT - timedelta(days=90), destroyed_at=AT,
    destroyed_because="expired",
)  # fmt: skip
PACKAGE = DisclosedPackage(
    sha256="ab" * 32,
    files={"data.csv": "0f" * 32, "manifest.sha256": "1e" * 32},
    accounts=1,
    unknown=0,
    connections=12_345,
    phones=1,
    ports=0,
    source="Synapse, admin API, whois",
    collected_at=AT,
    recipient="age1" + "q" * 58,
)
OWN: dict[AnswerKind, dict[str, Any]] = {
    AnswerKind.RECEIPT: {"due_at": AT + timedelta(days=10)},
    AnswerKind.PLEASE_COMPLETE: {"missing": ("legal_basis",), "questions": ("Which account?",)},
    AnswerKind.REFUSAL: {"ground": Refusal.WRONG_AUTHORITY.value, "explanation": "Only a judge."},
    AnswerKind.EFFECT: {"effects": EFFECTS, "still_visible": tuple(StillVisible)},
    AnswerKind.DSA_ORDER_EFFECT: {"effects": EFFECTS[:1], "user_told": UserTold.TOLD},
    AnswerKind.DSA_INFORMATION_EFFECT: {},
    AnswerKind.TCO_REMOVED: {"effects": EFFECTS[1:], "user_told": UserTold.NOT_YET},
    AnswerKind.TCO_NOT_EXECUTED: {"ground": FurtherGround.MANIFEST_ERRORS.value},
    AnswerKind.EPOC_NOT_EXECUTED: {
        "ground": FurtherGround.THIRD_COUNTRY_LAW.value,
        "provision": "Secrets Act, s. 4",
        "data_kept": True,
    },
    AnswerKind.PRESERVED: {"copy": COPY},
    AnswerKind.DISCLOSURE_CERTIFICATE: {"package": PACKAGE},
    AnswerKind.DESTRUCTION_CERTIFICATE: {"copy": DESTROYED},
}
HOSTILE = (
    '#panic("x") $sum_1^2$ *b* _i_ = Heading `raw` <label> @cite \\ // /* #import "/etc/passwd": *',
    "\x00\x01\x1b[31m\x7f\u202etxet\u2066\u200f\u200b\ufeff",
    "سلام عليكم שלום 漢字 हिन्दी 😀 e\u0301\u0336\u0489 \U000e0041 \ue000 \ud800".encode(
        "utf-16", "surrogatepass"
    ).decode("utf-16", "replace"),
    "y" * 100_000,
    "word " * 20_000,
    "\n\n\r\n\t line \u2028 \u2029",
    '"}], "kind": "receipt", {"',
    "",
)


def facts(kind: AnswerKind, **more: Any) -> AnswerFacts:
    return AnswerFacts(**{**COMMON, **OWN[kind], **more})


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().replace("\u200b", "").split()) for page in pages)


def leaves(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, f"{path}.{key}")
    else:
        yield path


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", list(AnswerKind))
def test_every_answer_is_made_in_every_language(kind: AnswerKind, language: Language):
    made = answer(kind, facts(kind), language)

    said = text_of(made.pdf)
    assert made.pdf.startswith(b"%PDF-")
    assert b"pdfaid:part" in made.pdf
    assert made.json["title"] in said
    assert COMMON["number"] in said
    assert "UTC" in said
    assert UNSHOWN not in said
    assert made.json["language"] == language.value
    json.dumps(made.json)


def test_the_same_facts_give_the_same_bytes():
    for kind in (AnswerKind.DISCLOSURE_CERTIFICATE, AnswerKind.EFFECT):
        one, other = (answer(kind, facts(kind), Language.KK) for _ in range(2))
        assert one == other
        assert one.pdf == other.pdf


def test_another_time_gives_other_bytes():
    one = answer(AnswerKind.RECEIPT, facts(AnswerKind.RECEIPT), Language.EN)
    later = facts(AnswerKind.RECEIPT, answered_at=AT + timedelta(minutes=1))

    assert answer(AnswerKind.RECEIPT, later, Language.EN).sha256 != one.sha256


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_of_others_is_shown_and_never_obeyed(hostile: str):
    given = facts(
        AnswerKind.REFUSAL, authority=hostile, explanation=hostile, reference=hostile,
        number=hostile or "EH-1",
    )  # fmt: skip

    made = answer(AnswerKind.REFUSAL, given, Language.EN)

    said = text_of(made.pdf)
    assert "Refusal with reasons" in said
    assert made.json["facts"]["authority"] == hostile
    assert "<label> @cite" in said or "<label>" not in hostile
    assert len(pypdf.PdfReader(BytesIO(made.pdf)).pages) < 12


def test_a_character_that_cannot_be_shown_is_replaced_and_that_is_said():
    made = answer(
        AnswerKind.REFUSAL, facts(AnswerKind.REFUSAL, authority="漢\u202eab"), Language.EN
    )

    said = text_of(made.pdf)
    assert f"{UNSHOWN}{UNSHOWN}ab (DE)" in said
    assert "stands for a character" in said


def test_a_long_list_is_cut_in_the_pdf_and_whole_in_the_json():
    many = tuple(Effect(f"https://chat.example/{n}", ActionKind.REDACT, AT) for n in range(500))

    made = answer(AnswerKind.TCO_REMOVED, facts(AnswerKind.TCO_REMOVED, effects=many), Language.EN)

    assert "https://chat.example/499" not in text_of(made.pdf)
    assert "shortened here" in text_of(made.pdf)
    assert len(made.json["facts"]["effects"]) == 500


def test_every_character_that_is_called_showable_can_be_shown():
    alphabet = "".join(chr(n) for n in range(0x20, 0x2700) if _shown(chr(n)))
    given = facts(AnswerKind.REFUSAL, explanation=alphabet, redress=alphabet)

    made = answer(AnswerKind.REFUSAL, given, Language.KK)

    assert len(alphabet) > 1_000
    assert made.pdf.startswith(b"%PDF-")


def _shown(character: str) -> bool:
    return showable(character, shortened="") == character


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (AnswerKind.DSA_ORDER_EFFECT, "Article 9(1) of Regulation (EU) 2022/2065"),
        (AnswerKind.DSA_INFORMATION_EFFECT, "No effect has been given to the order so far."),
        (AnswerKind.TCO_REMOVED, "22 November 2026, 09:05 UTC"),
        (AnswerKind.TCO_NOT_EXECUTED, "manifest errors. (manifest_errors)"),
        (AnswerKind.EPOC_NOT_EXECUTED, "Secrets Act, s. 4"),
        (AnswerKind.EPOC_NOT_EXECUTED, "is being kept until this is settled"),
        (AnswerKind.REFUSAL, "(wrong_authority) Explanation Only a judge."),
        (AnswerKind.PLEASE_COMPLETE, "legal basis Questions"),
        (AnswerKind.PRESERVED, "20 February 2027, 09:05 UTC"),
        (AnswerKind.DESTRUCTION_CERTIFICATE, "the period ended"),
        (AnswerKind.DISCLOSURE_CERTIFICATE, "12,345"),
        (AnswerKind.DISCLOSURE_CERTIFICATE, "ab" * 32),
        (AnswerKind.DISCLOSURE_CERTIFICATE, "0f" * 32),
        (AnswerKind.EFFECT, "withheld KZ 22 November 2026, 09:05 UTC"),
        (AnswerKind.EFFECT, "Copies on servers of other operators"),
    ],
)
def test_an_answer_says_what_it_is_for(kind: AnswerKind, said: str):
    shown = text_of(answer(kind, facts(kind), Language.EN).pdf)

    # A narrow cell breaks a line where it has to, and the reader of the file sees a blank there.
    assert said.replace(" ", "") in shown.replace(" ", "").replace("•", "")


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        (AnswerKind.REFUSAL, {"ground": ""}),
        (AnswerKind.EFFECT, {"effects": ()}),
        (AnswerKind.TCO_REMOVED, {"effects": ()}),
        (AnswerKind.PLEASE_COMPLETE, {"missing": (), "questions": ()}),
        (AnswerKind.DISCLOSURE_CERTIFICATE, {"package": None}),
        (AnswerKind.PRESERVED, {"copy": None}),
        (AnswerKind.DESTRUCTION_CERTIFICATE, {"copy": COPY}),
    ],
)
def test_an_answer_without_its_fact_is_not_made(kind: AnswerKind, taken: dict[str, Any]):
    with pytest.raises(AnswerIncomplete):
        answer(kind, facts(kind, **taken), Language.EN)


def test_an_unverified_entry_of_the_law_is_called_so():
    given = facts(AnswerKind.RECEIPT, entry_verified=False)

    assert "has not been checked" in text_of(answer(AnswerKind.RECEIPT, given, Language.EN).pdf)


def test_a_time_of_another_zone_is_told_in_utc():
    local = datetime(2026, 11, 23, 1, 30, tzinfo=timezone(timedelta(hours=5)))

    assert moment(words(Language.EN), local) == "22 November 2026, 20:30 UTC"
    assert moment(words(Language.DE), local) == "22. November 2026, 20:30 Uhr (UTC)"
    assert moment(words(Language.FR), local) == "22 novembre 2026 à 20 h 30 (UTC)"
    assert moment(words(Language.RU), local) == "22 ноября 2026 г., 20:30 (UTC)"
    assert moment(words(Language.KK), local) == "2026 жылғы 22 қараша, 20:30 (UTC)"


def test_numbers_are_grouped_as_readers_write_them():
    grouped = [number(words(language), 1_234_567) for language in (Language.DE, Language.FR)]

    assert grouped == ["1.234.567", "1\xa0234\xa0567"]


@pytest.mark.parametrize("language", list(Language))
def test_all_languages_have_the_same_words(language: Language):
    said, english = words(language), words(Language.EN)

    assert sorted(leaves(dict(said))) == sorted(leaves(dict(english)))
    assert len(said["months"]) == 12
    assert set(said["titles"]) == set(said["leads"]) == {kind.value for kind in AnswerKind}
    assert set(said["grounds"]) >= {code.value for code in (*Refusal, *FurtherGround)}
    assert set(said["actions"]) == {kind.value for kind in ActionKind}
    assert set(said["still_visible"]) == {one.value for one in StillVisible}
    assert set(said["user_told"]) == {one.value for one in UserTold}
    assert set(said["columns"]) == set(COLUMNS)


def test_no_two_languages_share_a_sentence():
    for kind in AnswerKind:
        leads = [words(language)["leads"][kind.value] for language in Language]
        assert len(set(leads)) == len(leads)


def test_every_kind_has_its_parts_and_a_field_without_a_word_shows_its_code():
    assert set(SECTIONS) == set(AnswerKind)
    assert field(words(Language.FR), "a_field_of_tomorrow") == "a field of tomorrow"


def test_every_field_that_a_law_asks_for_has_a_word():
    asked = {
        name
        for kind in law().kinds.values()
        for name in (*kind.mandatory_fields, *kind.conditional_fields)
    }

    assert set(words(Language.EN)["fields"]) == asked
