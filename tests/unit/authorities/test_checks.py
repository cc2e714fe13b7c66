from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyrage
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from evenhand.authorities.checks import (
    FILING_ROLES,
    REGISTRY_ROLES,
    AgeKeyRefused,
    AuthorityDraft,
    CallFacts,
    CallRefused,
    EntryRefused,
    FilingRefused,
    KeyFacts,
    OfficerFacts,
    OfficerRefused,
    RegistryRefused,
    SharedDomain,
    Subject,
    Voucher,
    VouchRefused,
    changed_fields,
    check_callable,
    check_certificates,
    check_confirmer,
    check_entry,
    check_filer,
    check_filing,
    check_mailbox,
    check_note,
    check_rank,
    check_receipt,
    check_recipient,
    check_registrar,
    check_vouch,
    may_receive,
    standing,
)
from evenhand.authorities.limits import (
    CALL_BACK_DAYS,
    FILING_CHARACTERS_MAX,
    KEYS_PER_OFFICER_MAX,
    NOTE_CHARACTERS_MAX,
)
from evenhand.authorities.lists import CallBackAbout, CallBackSaid, DomainMatch, Finding
from evenhand.base.errors import EvenhandError
from evenhand.base.lists import Language
from evenhand.base.personal import PhoneNumber, reveal
from evenhand.markets.lists import AuthorityKind
from evenhand.people.roles import Role

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HERE, ELSEWHERE = UUID(int=1), UUID(int=2)
THEM, THEIR_OFFICER, REGISTRAR, COLLEAGUE = (UUID(int=number) for number in (3, 4, 5, 6))

IN_ORDER = OfficerFacts(
    authority_confirmed=True,
    authority_closed=False,
    mailbox=DomainMatch.OWN,
    suspended=False,
    vouched_at=NOW - timedelta(days=60),
    verified_until=NOW + timedelta(days=30),
    keys=(KeyFacts(usable_from=NOW, confirmed=True),),
)
SUBJECT = Subject(officer=THEIR_OFFICER, person=THEM, authority=HERE, barred=frozenset({REGISTRAR}))
PEER = Voucher(person=COLLEAGUE, roles=["officer"], authority=HERE)
STAFF = Voucher(person=COLLEAGUE, roles=["legal_officer"])
CALL = CallFacts(
    about=CallBackAbout.OFFICER, officer=THEIR_OFFICER, said=CallBackSaid.CONFIRMED, at=NOW
)
DRAFT = AuthorityDraft(
    name="Polizei  Musterstadt ",
    country="DE",
    kind=AuthorityKind.POLICE,
    domains=("Polizei.example.de", "polizei.example.de"),
    switchboard=PhoneNumber("+49 (30) 1234-5678"),
    head_office="leitung@polizei.example.de",
    language=Language.DE,
    source="The ministry's printed directory of 2026.",
)


def certificate() -> str:
    """A certificate that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example root")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, SHA256())
    )
    return built.public_bytes(Encoding.PEM).decode()


def test_an_officer_in_order_files_and_receives() -> None:
    assert standing(IN_ORDER, now=NOW) == ()
    assert may_receive(IN_ORDER, now=NOW) == ()


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"authority_closed": True}, Finding.AUTHORITY_CLOSED),
        ({"authority_confirmed": False}, Finding.AUTHORITY_UNCONFIRMED),
        ({"suspended": True}, Finding.SUSPENDED),
        ({"vouched_at": None, "verified_until": None}, Finding.NOT_VOUCHED),
        ({"verified_until": NOW}, Finding.VERIFICATION_LAPSED),
        ({"verified_until": None}, Finding.VERIFICATION_LAPSED),
        ({"mailbox": DomainMatch.LOOK_ALIKE}, Finding.MAILBOX_FOREIGN),
        ({"mailbox": DomainMatch.FOREIGN}, Finding.MAILBOX_FOREIGN),
    ],
)
def test_an_officer_without_standing_does_neither(
    changes: dict[str, object], finding: Finding
) -> None:
    facts = replace(IN_ORDER, **changes)  # type: ignore[arg-type]

    assert standing(facts, now=NOW) == (finding,)
    assert may_receive(facts, now=NOW) == (finding,)


def test_a_verification_holds_to_its_last_second() -> None:
    facts = replace(IN_ORDER, verified_until=NOW + SECOND, mailbox=DomainMatch.BELOW_OWN)

    assert standing(facts, now=NOW) == ()


@pytest.mark.parametrize(
    ("keys", "findings"),
    [
        ((), (Finding.NO_KEY,)),
        ((KeyFacts(NOW, confirmed=True, ended=True),), (Finding.NO_KEY,)),
        ((KeyFacts(NOW, confirmed=False),), (Finding.KEY_NOT_CONFIRMED,)),
        ((KeyFacts(NOW + SECOND, confirmed=True),), (Finding.KEY_TOO_NEW,)),
        ((KeyFacts(NOW, confirmed=False), KeyFacts(NOW + SECOND, confirmed=True)),
         (Finding.KEY_TOO_NEW,)),
        ((KeyFacts(NOW, confirmed=True, ended=True), KeyFacts(NOW, confirmed=False)),
         (Finding.KEY_NOT_CONFIRMED,)),
        ((KeyFacts(NOW + SECOND, confirmed=True), KeyFacts(NOW, confirmed=True)), ()),
    ],
)  # fmt: skip
def test_nothing_is_sealed_without_a_key_that_waited_and_was_confirmed(
    keys: tuple[KeyFacts, ...], findings: tuple[Finding, ...]
) -> None:
    assert may_receive(replace(IN_ORDER, keys=keys), now=NOW) == findings


def test_a_colleague_vouches() -> None:
    check_vouch(SUBJECT, PEER, None, now=NOW)


def test_staff_vouch_after_a_call() -> None:
    check_vouch(SUBJECT, STAFF, CALL, now=NOW)
    last = NOW + timedelta(days=CALL_BACK_DAYS) - SECOND
    check_vouch(SUBJECT, STAFF, CALL, now=last)


@pytest.mark.parametrize(
    ("voucher", "why"),
    [
        (replace(PEER, person=THEM), "nobody vouches for themselves"),
        (replace(PEER, person=REGISTRAR), "who gave the link does not vouch"),
        (replace(PEER, authority=ELSEWHERE), "another authority"),
        (replace(PEER, authority=None), "another authority"),
        (replace(PEER, standing=(Finding.VERIFICATION_LAPSED,)), "verification_lapsed"),
        (replace(STAFF, person=THEM), "nobody vouches for themselves"),
        (replace(STAFF, person=REGISTRAR), "who gave the link does not vouch"),
        (replace(STAFF, roles=["operator"]), "role"),
        (replace(STAFF, roles=["reviewer"]), "role"),
        (replace(STAFF, roles=[]), "role"),
    ],
    ids=str,
)
def test_who_does_not_vouch(voucher: Voucher, why: str) -> None:
    with pytest.raises((VouchRefused, RegistryRefused)) as refused:
        check_vouch(SUBJECT, voucher, CALL, now=NOW)

    assert refused.value.fields["why"] == why


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (None, "staff vouch after a call-back"),
        (replace(CALL, about=CallBackAbout.MATTER), "the call was about something else"),
        (replace(CALL, about=CallBackAbout.KEY), "the call was about something else"),
        (replace(CALL, officer=UUID(int=99)), "the call was about something else"),
        (replace(CALL, officer=None), "the call was about something else"),
        (replace(CALL, said=CallBackSaid.DENIED), "the call confirmed nothing"),
        (replace(CALL, said=CallBackSaid.NO_ANSWER), "the call confirmed nothing"),
        (replace(CALL, at=NOW - timedelta(days=CALL_BACK_DAYS)), "the call is too old"),
        (replace(CALL, at=NOW + SECOND), "the call is too old"),
    ],
    ids=str,
)
def test_a_call_that_carries_no_word(call: CallFacts | None, why: str) -> None:
    with pytest.raises(VouchRefused) as refused:
        check_vouch(SUBJECT, STAFF, call, now=NOW)

    assert refused.value.fields["why"] == why


def test_a_doubted_officer_wants_a_call_after_the_doubt_and_no_colleague() -> None:
    doubted = replace(SUBJECT, doubted_at=NOW - SECOND)

    check_vouch(doubted, STAFF, CALL, now=NOW)
    with pytest.raises(VouchRefused):
        check_vouch(doubted, PEER, CALL, now=NOW)
    with pytest.raises(VouchRefused):
        check_vouch(replace(doubted, doubted_at=NOW), STAFF, CALL, now=NOW)


@pytest.mark.parametrize("role", sorted(Role))
def test_who_keeps_the_registry_and_who_writes_to_authorities(role: Role) -> None:
    for check, roles in ((check_registrar, REGISTRY_ROLES), (check_filer, FILING_ROLES)):
        if role in roles:
            check([role])
        else:
            with pytest.raises(RegistryRefused):
                check([role])


def test_whoever_runs_the_machines_keeps_no_registry() -> None:
    assert Role.OPERATOR not in REGISTRY_ROLES | FILING_ROLES


def test_an_entry_is_confirmed_by_a_second_person() -> None:
    check_confirmer(kept_by=HERE, by=ELSEWHERE, roles=["approver"], closed=False)
    for wrong, why in (
        ({"kept_by": HERE, "by": HERE, "roles": ["approver"], "closed": False},
         "two people are needed"),
        ({"kept_by": HERE, "by": ELSEWHERE, "roles": ["operator"], "closed": False}, "role"),
        ({"kept_by": HERE, "by": ELSEWHERE, "roles": ["approver"], "closed": True}, "closed"),
    ):  # fmt: skip
        with pytest.raises(RegistryRefused) as refused:
            check_confirmer(**wrong)  # type: ignore[arg-type]
        assert refused.value.fields["why"] == why


def test_only_a_confirmed_number_is_called() -> None:
    check_callable(confirmed=True, closed=False)
    for confirmed, closed in ((False, False), (True, True), (False, True)):
        with pytest.raises(CallRefused):
            check_callable(confirmed=confirmed, closed=closed)


def test_an_entry_comes_out_in_normal_form() -> None:
    entry = check_entry(DRAFT)

    assert entry.name == "Polizei Musterstadt"
    assert entry.domains == ("polizei.example.de",)
    assert reveal(entry.switchboard) == "+493012345678"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": " "},
        {"name": "x" * 201},
        {"name": "a\x07b"},
        {"country": "de"},
        {"country": "DEU"},
        {"domains": ()},
        {"domains": ("polizei",)},
        {"domains": ("polizei.example.de", "gmail.com")},
        {"domains": tuple(f"d{number}.polizei.example.de" for number in range(21))},
        {"switchboard": PhoneNumber("030 12345678")},
        {"switchboard": PhoneNumber("+0301234567")},
        {"switchboard": PhoneNumber("+110")},
        {"switchboard": PhoneNumber("+1234567890123456")},
        {"switchboard": PhoneNumber("+49 30 CALL-NOW")},
        {"switchboard": PhoneNumber("")},
        {"head_office": "leitung"},
        {"head_office": "leitung@polizei.example.de.evil.test"},
        {"head_office": "leitung@gmail.com"},
        {"source": " "},
        {"source": "x" * 1001},
        {"certificates": "-----BEGIN CERTIFICATE-----"},
        {"certificates": "x" * 200_001},
        {"file_number_pattern": "["},
        {"file_number_pattern": "x" * 201},
        {"statutes": ("x",) * 101},
        {"statutes": ("x" * 201,)},
    ],
    ids=str,
)
def test_an_entry_with_a_wrong_field_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises((EntryRefused, OfficerRefused)) as refused:
        check_entry(replace(DRAFT, **changes))  # type: ignore[arg-type]

    assert refused.value.fields["field"] in changes


def test_an_entry_may_use_all_the_room_there_is() -> None:
    longest = replace(
        DRAFT,
        name="x" * 200,
        domains=tuple(f"d{number}.example.de" for number in range(20)),
        switchboard=PhoneNumber("+123456789012345"),
        head_office="x" * 64 + "@d0.example.de",
        source="x" * 1000,
        file_number_pattern="x" * 200,
        statutes=("x" * 200,) * 100,
    )

    assert check_entry(longest) == longest
    assert check_entry(replace(DRAFT, switchboard=PhoneNumber("+12345")))


def test_certificates_are_read() -> None:
    pem = certificate()

    assert check_entry(replace(DRAFT, certificates=f" {pem}\n{pem}")).certificates
    for wrong in (pem[:-60], "no certificate at all", pem.replace("M", "%", 1)):
        with pytest.raises(EntryRefused) as refused:
            check_certificates(wrong)
        assert refused.value.fields == {"field": "certificates"}


def test_a_mailbox_is_hidden_and_at_an_own_domain() -> None:
    kept = check_mailbox(" a.b@k1.polizei.example.de ", ["polizei.example.de"])

    assert str(kept) == "<hidden>"
    assert reveal(kept) == "a.b@k1.polizei.example.de"


@pytest.mark.parametrize(
    ("mailbox", "why"),
    [("a@polizei-example.de", "look_alike"), ("a@elsewhere.test", "foreign")],
)
def test_a_mailbox_elsewhere_is_refused_and_named(mailbox: str, why: str) -> None:
    with pytest.raises(OfficerRefused) as refused:
        check_mailbox(mailbox, ["polizei.example.de"])

    assert refused.value.fields["why"] == why


@pytest.mark.parametrize(
    "mailbox", ["", "a", "a b@polizei.example.de", "<a@polizei.example.de>", "x" * 255,
                "a@b@polizei.example.de", "x" * 65 + "@polizei.example.de"]
)  # fmt: skip
def test_what_is_no_mailbox_is_refused(mailbox: str) -> None:
    with pytest.raises((EntryRefused, OfficerRefused)):
        check_mailbox(mailbox, ["polizei.example.de"])


def test_a_public_age_key_is_taken() -> None:
    recipient = str(pyrage.x25519.Identity.generate().to_public())

    assert check_recipient(f" {recipient}\n", keys=KEYS_PER_OFFICER_MAX - 1) == recipient
    with pytest.raises(AgeKeyRefused):
        check_recipient(recipient, keys=KEYS_PER_OFFICER_MAX)


def test_a_private_age_key_is_refused_and_never_repeated() -> None:
    private = str(pyrage.x25519.Identity.generate())

    with pytest.raises(AgeKeyRefused) as refused:
        check_recipient(private, keys=0)

    assert "private key" in str(refused.value)
    assert private not in str(refused.value)


@pytest.mark.parametrize("text", ["", "age1", "ssh-ed25519 AAAA", "age1" + "q" * 58, "x" * 9000])
def test_what_is_no_age_key_is_refused(text: str) -> None:
    with pytest.raises(AgeKeyRefused):
        check_recipient(text, keys=0)


def test_texts_have_their_limits() -> None:
    assert check_note(" a\0 ") == "a"
    assert check_note("") == ""
    assert check_rank(" JS ") == "JS"
    assert check_receipt(" 7/2026 ") == "7/2026"
    assert check_receipt("7") == "7"
    assert len(check_receipt("x" * 200)) == 200
    assert len(check_rank("x" * 80)) == 80
    assert check_filing(" s ", " t\0 ") == ("s", "t")
    assert check_note("x" * NOTE_CHARACTERS_MAX, needed=True)
    assert check_filing("s" * 200, "t" * FILING_CHARACTERS_MAX)
    refused = [
        lambda: check_note("x" * (NOTE_CHARACTERS_MAX + 1)),
        lambda: check_note(" ", needed=True),
        lambda: check_rank("x" * 81),
        lambda: check_rank("a\nb"),
        lambda: check_receipt(" "),
        lambda: check_receipt("x" * 201),
        lambda: check_receipt("a\nb"),
        lambda: check_filing(" ", "t"),
        lambda: check_filing("a\nb", "t"),
        lambda: check_filing("s" * 201, "t"),
        lambda: check_filing("s", " "),
        lambda: check_filing("s", "t" * (FILING_CHARACTERS_MAX + 1)),
    ]
    fields = []
    for attempt in refused:
        with pytest.raises((EntryRefused, FilingRefused)) as caught:
            attempt()
        fields.append(caught.value.fields["field"])
    assert fields == ["note", "note", "rank", "rank", "receipt", "receipt", "receipt",
                      "subject", "subject", "subject", "text", "text"]  # fmt: skip


def test_the_fields_that_differ_are_named() -> None:
    assert changed_fields({"a": 1, "b": 2, "c": 3}, {"c": 4, "a": 1, "b": 5}) == ["b", "c"]
    assert changed_fields({"a": 1}, {"a": 1}) == []


@pytest.mark.parametrize(
    "error",
    [EntryRefused, RegistryRefused, OfficerRefused, VouchRefused, CallRefused, AgeKeyRefused,
     FilingRefused],
)  # fmt: skip
def test_each_refusal_says_what_to_do(error: type[EvenhandError]) -> None:
    assert len(error.remedy) > 20


@pytest.mark.parametrize(
    "domain", ["gov.kz", "GOV.KZ", "police.uk", "gouv.fr", "github.io", "x.ck"]
)
def test_a_domain_below_which_many_have_names_is_nobodys_own(domain: str) -> None:
    draft = replace(DRAFT, domains=("polizei.example.de", domain))

    with pytest.raises(SharedDomain) as error:
        check_entry(draft)

    assert error.value.fields["domain"] == domain.lower()
    assert "below it" in error.value.remedy


@pytest.mark.parametrize("domain", ["mvd.gov.kz", "met.police.uk", "gov.example", "bund.de"])
def test_what_one_authority_alone_has_is_its_own(domain: str) -> None:
    draft = replace(DRAFT, domains=(domain,), head_office=f"office@{domain}")

    assert check_entry(draft).domains == (domain,)
