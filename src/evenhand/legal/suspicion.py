"""What the score needs to know of a request, read from the registry and from other matters.

Reads only. What a law's form asks nobody to type is not missed: where an entry has no field for a
legal basis, choosing the entry is the citation.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from evenhand.authorities.checks import OWN_DOMAINS
from evenhand.authorities.lists import CallBackAbout, CallBackSaid, DomainMatch
from evenhand.authorities.models import Authority, CallBack, Officer
from evenhand.authorities.queries import call_backs, facts_of, keys, usable_key
from evenhand.legal.answers.facts import FurtherGround
from evenhand.legal.checks import missing_fields
from evenhand.legal.documents import DocumentReport, SignatureLevel
from evenhand.legal.drafts import IdentifierDraft, MatterDraft
from evenhand.legal.fraud import (
    DANGER_QUESTIONS,
    FraudFacts,
    FraudReason,
    FraudReport,
    KnownSeal,
    SealMatch,
    differences,
    score,
    seal_match,
)
from evenhand.legal.fraud_limits import SAME_TARGET_DAYS, SEALS_COMPARED_MAX
from evenhand.legal.lists import IdentifierKind
from evenhand.legal.models import Document, Identifier, Matter
from evenhand.legal.protection import is_protected
from evenhand.legal.queries import law_of
from evenhand.markets.entries import RequestKind
from evenhand.markets.lists import AuthorityKind, DataCategory, LegalForm, Purpose

LAW_FIELDS = (
    "legal_basis",
    "statutory_provision",
    "statutory_basis",
    "legal_article",
    "domestic_legal_authority",
    "domestic_legal_grounds",
)
"""Fields in which a form has somebody name the law relied on."""

PEOPLE = frozenset({IdentifierKind.ACCOUNT, IdentifierKind.PHONE, IdentifierKind.IP})
"""What leads to a person; a channel is asked about by many."""


def suspicion(
    draft: MatterDraft,
    kind: RequestKind,
    authority: Authority,
    officer: Officer | None,
    report: DocumentReport | None,
    *,
    now: datetime,
    call_back: CallBackSaid | None = None,
    differs: bool = False,
) -> FraudReport:
    """Gives what speaks for a forgery in a request that came in at `now`.

    `differs` says that the document was found before not to say what the form says: what its
    pages say is not kept.
    """
    since, until = _period(draft)
    facts = FraudFacts(
        kind_id=kind.id,
        country=draft.country,
        authority_country=authority.country,
        authority_kind=AuthorityKind(authority.kind),
        authority_registered=authority.is_confirmed and authority.closed_at is None,
        call_back=call_back,
        statutes=_statutes(draft, kind),
        file_number=draft.reference,
        file_number_pattern=authority.file_number_pattern if draft.reference else "",
        missing_fields=missing_fields(kind, draft.fields),
        categories=draft.categories,
        targets=len(draft.identifiers),
        since=since,
        until=until,
        emergency=draft.emergency,
        dangers=tuple((name, draft.fields.get(name, "")) for name in DANGER_QUESTIONS),
        protected_target=is_protected(draft.identifiers, now=now),
        same_target_others=_others_asking(draft, now=now),
        document=report,
        document_expected=kind.form is LegalForm.ORDER and not draft.emergency,
        document_differs=("as found before",) if differs else _unlike(draft, report),
        seal=_seal(report, draft, authority),
    )
    return score(_with_officer(facts, draft, officer, now=now))


def suspicion_now(matter: Matter) -> FraudReport:
    """Gives what speaks for a forgery in a matter as it stands, with its calls and documents.

    Ages and counts are those of the day on which it was entered: waiting makes nobody better known.
    """
    calls = call_backs(matter=matter.id)
    reasons = matter.fraud.get("reasons", [])
    return suspicion(
        _draft_of(matter),
        law_of(matter)[0],
        matter.authority,
        matter.officer,
        _kept_report(matter),
        now=matter.entered_at,
        call_back=_said(calls),
        differs=FraudReason.FORM_AND_DOCUMENT_DIFFER.value in {reason[0] for reason in reasons},
    )


def _said(calls: Sequence[CallBack]) -> CallBackSaid | None:
    """Gives how the calls about a matter ended; one that nobody answered takes nothing back."""
    answers = [CallBackSaid(one.said) for one in calls if one.about == CallBackAbout.MATTER.value]
    answered = [one for one in answers if one is not CallBackSaid.NO_ANSWER]
    return next(iter(answered or answers), None)


def _draft_of(matter: Matter) -> MatterDraft:
    """Gives a matter as it would come in today, with what was completed since."""
    return MatterDraft(
        id=matter.id,
        origin=matter.origin,
        entry=matter.entry,
        authority=matter.authority_id,
        country=matter.country,
        received_at=matter.received_at,
        language=matter.language,
        purpose=Purpose(matter.purpose),
        categories=frozenset(DataCategory(one) for one in matter.categories),
        identifiers=tuple(
            IdentifierDraft(IdentifierKind(one.kind), one.value, one.since, one.until)
            for one in matter.identifiers.filter(expired_at=None, found_by=None).order_by("id")
        ),
        fields=matter.fields,
        emergency=matter.emergency,
        reference=matter.reference,
    )


def _kept_report(matter: Matter) -> DocumentReport | None:
    """Gives what the examination of the latest document found, as far as it is kept."""
    latest = matter.documents.order_by("-at", "-id").first()
    if latest is None:
        return None
    return DocumentReport(
        level=SignatureLevel(latest.level),
        findings=tuple((code, said) for code, said in latest.report.get("findings", [])),
        seal_hashes=tuple(latest.report.get("seal_hashes", [])),
    )


def _with_officer(
    facts: FraudFacts, draft: MatterDraft, officer: Officer | None, *, now: datetime
) -> FraudFacts:
    """Gives the facts with who files; nobody, where it was served on paper."""
    if officer is None:
        return replace(facts, mailbox_fits=None, account_days=None)
    known = facts_of(officer)
    day = now - timedelta(days=1)
    others = Matter.objects.filter(officer_id=officer.id).exclude(pk=draft.id)
    filed = others.filter(received_at__gt=day, received_at__lte=now).count()
    verified = known.verified_until is not None and now < known.verified_until
    return replace(
        facts,
        mailbox_fits=known.mailbox in OWN_DOMAINS,
        look_alike_of=known.mailbox.value if known.mailbox is DomainMatch.LOOK_ALIKE else "",
        account_days=(now - (known.vouched_at or now)).days,
        account_suspended=known.suspended,
        account_verified=verified,
        key_hours=_key_hours(officer, now=now),
        rank=officer.rank,
        requests_day=filed + 1,
    )


def _key_hours(officer: Officer, *, now: datetime) -> int | None:
    """Gives the age of the key that an answer would be sealed to: the usable one, else the last."""
    key = usable_key(officer.id, now=now) or next(
        (one for one in keys(officer.id) if one.ended_at is None), None
    )
    return int((now - key.added_at).total_seconds() // 3600) if key else None


def _statutes(draft: MatterDraft, kind: RequestKind) -> tuple[str, ...] | None:
    """Gives what is cited; None where the form asks nobody for it."""
    asked = [name for name in LAW_FIELDS if name in kind.mandatory_fields]
    typed = tuple(one for name in LAW_FIELDS if (one := draft.fields.get(name, "").strip()))
    return typed if asked or typed else None


def _period(draft: MatterDraft) -> tuple[datetime | None, datetime | None]:
    """Gives the period asked about; an identifier without bounds leaves the whole open."""
    starts = [one.since for one in draft.identifiers if one.kind in PEOPLE]
    ends = [one.until for one in draft.identifiers if one.kind in PEOPLE]
    whole = None in starts or None in ends or not starts
    if whole:
        return None, None
    return min(one for one in starts if one), max(one for one in ends if one)


def _others_asking(draft: MatterDraft, *, now: datetime) -> int:
    """Gives how many other authorities asked about one of these people lately."""
    values = [one.value for one in draft.identifiers if one.kind in PEOPLE]
    return (
        Identifier.objects.filter(
            value__in=values,
            matter__received_at__gt=now - timedelta(days=SAME_TARGET_DAYS),
        )
        .exclude(matter__authority_id=draft.authority)
        .values("matter__authority_id")
        .distinct()
        .count()
    )


def _unlike(draft: MatterDraft, report: DocumentReport | None) -> tuple[str, ...]:
    """Gives what the document's letters do not bear out: the file number and the accounts."""
    if report is None:
        return ()
    named = {
        f"identifier {place}": one.value
        for place, one in enumerate(draft.identifiers, 1)
        if one.kind in PEOPLE
    }
    return differences(report.text, {"reference": draft.reference, **named})


def _seal(report: DocumentReport | None, draft: MatterDraft, authority: Authority) -> SealMatch:
    """Gives where the document's pictures were seen before, among the latest documents."""
    if report is None or not report.seal_hashes:
        return SealMatch.NONE
    others = Document.objects.exclude(matter_id=draft.id).order_by("-at")
    rows = others.values_list("report__seal_hashes", "matter__authority_id", "matter__ground")[
        :SEALS_COMPARED_MAX
    ]
    known = (
        KnownSeal(one, str(owner), forged=ground == FurtherGround.NOT_AUTHENTIC.value)
        for hashes, owner, ground in rows
        for one in hashes or ()
    )
    return seal_match(report.seal_hashes, tuple(known), authority=str(authority.id))
