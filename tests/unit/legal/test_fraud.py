"""What speaks for a forgery: each reason alone, and what follows from it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from evenhand.authorities.lists import CallBackSaid
from evenhand.legal.checks import QUESTIONNAIRE
from evenhand.legal.documents import DocumentFinding, DocumentReport, SignatureLevel, finding
from evenhand.legal.fraud import (
    DANGER_QUESTIONS,
    HOW,
    REASONS,
    WHAT,
    WHEN,
    WHO,
    FraudFacts,
    FraudReason,
    KnownSeal,
    SealMatch,
    differences,
    score,
    seal_match,
)
from evenhand.legal.statutes import Standing, standing, statutes
from evenhand.markets.lists import AuthorityKind, DataCategory
from evenhand.markets.regimes import law

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SIGNED = DocumentReport(SignatureLevel.VALID_TRUSTED_CA, signatures=1, covers_whole_file=True)
DANGERS = (
    (WHO, "A girl of eleven from Musterstadt"),
    (WHAT, "She was abducted this morning; the abductor threatens to kill her"),
    (WHEN, "Within the next three hours, as he wrote"),
    (HOW, "The address of the last use leads to the house"),
)
GENUINE = FraudFacts(
    kind_id="eu-epoc-subscriber",
    country="DE",
    authority_country="DE",
    authority_kind=AuthorityKind.PROSECUTOR,
    account_days=400,
    key_hours=9_000,
    statutes=("Regulation (EU) 2023/1543 Art. 4(1)",),
    file_number="12 Js 345/26",
    file_number_pattern=r"\d{1,4} Js \d{1,6}/\d{2}",
    categories=frozenset({DataCategory.SUBSCRIBER, DataCategory.IDENTIFICATION}),
    since=NOW - timedelta(days=30),
    until=NOW,
    document=SIGNED,
)
EMERGENCY = replace(GENUINE, emergency=True, dangers=DANGERS, call_back=CallBackSaid.CONFIRMED)
R = FraudReason


def codes(facts: FraudFacts) -> list[str]:
    return [code for code, _, _ in score(facts).reasons]


def document(level: SignatureLevel, *found: DocumentFinding) -> DocumentReport:
    return DocumentReport(level, findings=tuple(finding(code) for code in found))


def test_nothing_speaks_against_a_genuine_request():
    report = score(GENUINE)

    assert (report.score, report.reasons) == (0, ())
    assert not report.needs_call_back
    assert not report.needs_second_look


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"call_back": CallBackSaid.DENIED}, R.CALL_BACK_DENIED),
        ({"call_back": CallBackSaid.NO_ANSWER}, R.CALL_BACK_NO_ANSWER),
        ({"number_from_request": True}, R.NUMBER_FROM_REQUEST),
        ({"authority_registered": False}, R.AUTHORITY_UNKNOWN),
        ({"authority_country": "FR"}, R.COUNTRY_MISMATCH),
        ({"look_alike_of": "justiz.example", "mailbox_fits": False}, R.LOOK_ALIKE_DOMAIN),
        ({"mailbox_fits": False}, R.FOREIGN_DOMAIN),
        ({"account_days": None}, R.NO_ACCOUNT),
        ({"account_suspended": True}, R.ACCOUNT_SUSPENDED),
        ({"account_verified": False}, R.ACCOUNT_NOT_VERIFIED),
        ({"account_days": 2}, R.NEW_ACCOUNT),
        ({"key_hours": 1}, R.NEW_KEY),
        ({"statutes": ()}, R.STATUTE_MISSING),
        ({"statutes": ("Regulation (EU) 2023/1543 Art. 97",)}, R.STATUTE_NO_SUCH_ARTICLE),
        ({"statutes": ("Regulation (EU) 2021/784 Art. 3",)}, R.STATUTE_NO_POWER),
        ({"kind_id": "us-2703d", "statutes": ("Data Handover Act s. 4",)}, R.STATUTE_UNKNOWN),
        ({"kind_id": "in-3-1-d", "statutes": ("IT Rules 2021 rule 3",), "rank": "Constable",
          "authority_kind": AuthorityKind.POLICE}, R.RANK_TOO_LOW),
        ({"file_number": "REQ-1"}, R.FILE_NUMBER_PATTERN),
        ({"missing_fields": ("addressee",)}, R.FIELDS_MISSING),
        ({"since": None}, R.WHOLE_HISTORY),
        ({"since": NOW - timedelta(days=800)}, R.WHOLE_HISTORY),
        ({"targets": 40}, R.MANY_TARGETS),
        ({"requests_day": 30}, R.VELOCITY),
        ({"same_target_others": 1}, R.SAME_TARGET),
        ({"protected_target": True}, R.PROTECTED_TARGET),
        ({"document": None}, R.DOCUMENT_MISSING),
        ({"document": document(SignatureLevel.NONE)}, R.DOCUMENT_UNSIGNED),
        ({"document": document(SignatureLevel.BROKEN)}, R.DOCUMENT_BROKEN),
        ({"document": document(SignatureLevel.VALID_UNKNOWN_CA)}, R.DOCUMENT_UNTRUSTED),
        ({"document": document(SignatureLevel.QUALIFIED, DocumentFinding.SCRIPT)},
         R.DOCUMENT_SUSPICIOUS),
        ({"document": document(SignatureLevel.QUALIFIED, DocumentFinding.IMAGE_EDITOR)},
         R.DOCUMENT_EDITED),
        ({"document_differs": ("accounts",)}, R.FORM_AND_DOCUMENT_DIFFER),
        ({"seal": SealMatch.KNOWN_FORGERY}, R.SEAL_REUSED),
        ({"seal": SealMatch.OTHER_AUTHORITY}, R.SEAL_REUSED),
    ],
)  # fmt: skip
def test_each_flaw_is_one_reason(change: dict[str, object], reason: FraudReason):
    assert codes(replace(GENUINE, **change)) == [reason.value]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"dangers": ((WHAT, "Urgent investigation, please hurry"), *DANGERS[2:])},
         R.NO_DANGER_NAMED),
        ({"dangers": ()}, R.NO_DANGER_NAMED),
        ({"dangers": (*DANGERS[:3], (HOW, "helps"))}, R.THIN_STORY),
        ({"categories": frozenset({DataCategory.SUBSCRIBER, DataCategory.CONTENT})},
         R.CONTENT_IN_EMERGENCY),
    ],
)  # fmt: skip
def test_an_emergency_has_to_tell_its_danger(change: dict[str, object], reason: FraudReason):
    assert codes(EMERGENCY) == []
    assert reason.value in codes(replace(EMERGENCY, **change))


@pytest.mark.parametrize(
    "told",
    [
        "Er droht, seine Tochter zu töten",
        "Il menace de tuer sa fille",
        "Он угрожает убить дочь",
        "Ол қызын өлтіремін деп қорқытады",
    ],
)
def test_a_danger_is_understood_in_every_language(told: str):
    dangers = tuple({**dict(DANGERS), WHAT: told}.items())

    assert codes(replace(EMERGENCY, dangers=dangers)) == []


def test_every_emergency_is_called_back_until_the_authority_confirmed():
    assert not score(EMERGENCY).needs_call_back
    for said in (None, CallBackSaid.DENIED, CallBackSaid.NO_ANSWER):
        assert score(replace(EMERGENCY, call_back=said)).needs_call_back


def test_a_call_to_a_number_from_the_request_confirms_nothing():
    assert score(replace(EMERGENCY, number_from_request=True)).needs_call_back


def test_a_document_that_does_not_prove_its_sender_needs_a_call_back():
    for level in SignatureLevel:
        report = score(replace(GENUINE, document=document(level)))
        assert report.needs_call_back is not document(level).trusted


def test_a_confirmation_leaves_the_score_as_it_is():
    doubtful = replace(GENUINE, mailbox_fits=False)
    confirmed = replace(doubtful, call_back=CallBackSaid.CONFIRMED)

    assert score(confirmed).score == score(doubtful).score > 0
    assert score(doubtful).needs_call_back
    assert not score(confirmed).needs_call_back


def test_the_score_ends_at_a_hundred_and_names_the_gravest_reason_first():
    report = score(
        replace(GENUINE, call_back=CallBackSaid.DENIED, authority_registered=False, document=None)
    )

    points = [points for _, points, _ in report.reasons]
    assert report.score == 100
    assert points == sorted(points, reverse=True)
    assert report.needs_second_look


def test_every_reason_has_points_and_one_sentence():
    assert set(REASONS) == set(FraudReason)
    for points, sentence in REASONS.values():
        assert 0 < points <= 100
        assert sentence.endswith(".") and sentence.count(".") == 1
    assert [p for p, _ in REASONS.values()] == sorted(
        (p for p, _ in REASONS.values()), reverse=True
    )


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([], SealMatch.NONE),
        ([KnownSeal("00000000000000ff", "other")], SealMatch.OTHER_AUTHORITY),
        ([KnownSeal("00000000000000ff", "mine"), KnownSeal("00000000000000ff", "other")],
         SealMatch.NONE),
        ([KnownSeal("00000000000000f0", "mine", forged=True)], SealMatch.KNOWN_FORGERY),
        ([KnownSeal("ffffffff000000ff", "other")], SealMatch.NONE),
    ],
)  # fmt: skip
def test_a_seal_is_compared_with_those_seen_before(known: list[KnownSeal], expected: SealMatch):
    assert seal_match(["00000000000000ff"], known, authority="mine") is expected


def test_the_form_is_compared_with_the_letters_of_the_document():
    text = "Az. 12 Js\n345/26: Auskunft über @Anna:chat.example"
    form = {"file_number": "12 Js 345/26", "account": "@anna:chat.example", "phone": "+49 30 1"}

    assert differences(text, form) == ("phone",)
    assert differences(" \n", form) == ()


def test_a_faulty_pattern_of_file_numbers_says_nothing():
    assert codes(replace(GENUINE, file_number_pattern="(")) == []


@pytest.mark.parametrize(
    ("citation", "kind", "expected"),
    [
        ("Art. 9(4)(2) of Law No. 18-VIII", "kz-authorised-body-request", Standing.GIVES),
        ("ст. 41-1 Закона «О связи»", "kz-41-1-prescription", Standing.GIVES),
        ("ст. 41-1 Закона «О связи»", "kz-authorised-body-request", Standing.NO_POWER),
        ("18 U.S.C. § 2703(d)", "us-2703d", Standing.GIVES),
        ("18 U.S.C. § 2511", "us-2703d", Standing.NO_POWER),
        ("§ 100j StPO", "de-bestandsdaten", Standing.GIVES),
        ("§ 900 StPO", "de-bestandsdaten", Standing.NO_SUCH_ARTICLE),
        ("Verordnung (EU) 2021/784, Artikel 3", "eu-tco-removal", Standing.GIVES),
        ("Lei 12.965/2014 art. 22", "br-logs", Standing.GIVES),
        ("Lei 12.965/2014 art. 99", "br-logs", Standing.NO_SUCH_ARTICLE),
        ("Cyber Handover Decree", "br-logs", Standing.UNKNOWN),
    ],
)
def test_a_citation_is_weighed(citation: str, kind: str, expected: Standing):
    assert standing(citation, kind) is expected


def test_the_statutes_speak_only_of_kinds_that_the_law_has():
    kinds = set(law().kinds)
    named = {kind for one in statutes().statutes for kind in one.gives}

    assert named <= kinds
    assert statutes().any_national_law <= kinds
    assert set(statutes().ranks) <= kinds


def test_the_questions_about_a_danger_are_those_of_the_form():
    assert DANGER_QUESTIONS == QUESTIONNAIRE
