"""The only writers: the registry, officers, call-backs, keys, filings. Each leaves a record."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from evenhand.authorities.checks import (
    AgeKeyRefused,
    AuthorityDraft,
    CallFacts,
    CallRefused,
    OfficerRefused,
    RegistryRefused,
    Subject,
    Voucher,
    VouchRefused,
    changed_fields,
    check_callable,
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
    standing,
)
from evenhand.authorities.limits import KEY_WAIT_HOURS, VERIFIED_DAYS
from evenhand.authorities.lists import (
    AuthorityChanged,
    CallBackAbout,
    CallBackSaid,
    Direction,
    OfficerChanged,
    Vouched,
)
from evenhand.authorities.models import (
    Authority,
    AuthorityChange,
    CallBack,
    Filing,
    FilingReceipt,
    Officer,
    OfficerChange,
    OfficerKey,
)
from evenhand.authorities.queries import facts_of, filing, officer_of
from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import Language, RecordKind
from evenhand.base.personal import MailAddress, reveal
from evenhand.people import steps as people
from evenhand.people.models import Person
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append


@dataclass(frozen=True, slots=True)
class InvitedOfficer:
    """A new officer and the one-time link, which goes to their mailbox and exists nowhere else."""

    officer: UUID
    person: UUID
    path: str
    expires_at: datetime


def register_authority(draft: AuthorityDraft, *, by: Person, now: datetime) -> Authority:
    """Enters an authority in the registry; it counts once somebody else has confirmed it."""
    check_registrar(_roles(by))
    checked = check_entry(draft)
    with transaction.atomic():
        if Authority.objects.filter(country=checked.country, name=checked.name).exists():
            raise RegistryRefused(why="an entry of this name exists")
        row = Authority.objects.create(
            id=new_id(now=now), registered_at=now, kept_at=now, kept_by=by, **_columns(checked)
        )
        _changed(row, AuthorityChanged.REGISTERED, by=by, now=now, fields=_columns(checked))
    return row


def alter_authority(
    authority_id: UUID, draft: AuthorityDraft, *, by: Person, now: datetime
) -> Authority:
    """Alters an entry, which counts again once somebody else has confirmed it."""
    check_registrar(_roles(by))
    after = _columns(check_entry(draft))
    with transaction.atomic():
        row = _locked(authority_id)
        if row.closed_at is not None:
            raise RegistryRefused(why="closed")
        before = {name: getattr(row, name) for name in after}
        names = changed_fields(before, after)
        if not names:
            return row
        for name in names:
            setattr(row, name, after[name])
        row.kept_at, row.kept_by, row.confirmed_at, row.confirmed_by = now, by, None, None
        row.save()
        fields = {name: [before[name], after[name]] for name in names}
        _changed(row, AuthorityChanged.ALTERED, by=by, now=now, fields=fields)
    return row


def confirm_authority(authority_id: UUID, *, by: Person, now: datetime) -> Authority:
    """Confirms an entry as it stands, as a second person who looked at the source."""
    with transaction.atomic():
        row = _locked(authority_id)
        check_confirmer(
            kept_by=row.kept_by_id, by=by.id, roles=_roles(by), closed=row.closed_at is not None
        )
        if row.confirmed_by_id is None:
            row.confirmed_at, row.confirmed_by = now, by
            row.save(update_fields=["confirmed_at", "confirmed_by"])
            _changed(row, AuthorityChanged.CONFIRMED, by=by, now=now)
    return row


def close_authority(authority_id: UUID, *, by: Person, why: str, now: datetime) -> None:
    """Closes an entry: nobody files or receives for it any more, and it stays to be read."""
    check_registrar(_roles(by))
    kept = check_note(why, needed=True)
    with transaction.atomic():
        row = _locked(authority_id)
        if row.closed_at is None:
            row.closed_at = now
            row.save(update_fields=["closed_at"])
            _changed(row, AuthorityChanged.CLOSED, by=by, now=now, fields={"why": kept})


def invite_officer(
    authority_id: UUID,
    *,
    name: str,
    mailbox: str,
    by: Person,
    now: datetime,
    rank: str = "",
    language: Language | None = None,
) -> InvitedOfficer:
    """Registers an officer with a mailbox of the authority, and gives the one-time link.

    The officer can sign in and register a key; somebody else has to vouch before they can file.
    """
    check_registrar(_roles(by))
    with transaction.atomic():
        authority = _locked(authority_id)
        if not authority.is_confirmed:
            raise OfficerRefused(why="the authority is not confirmed")
        kept = check_mailbox(mailbox, authority.domains)
        spoken = language or Language(authority.language)
        link = people.add_officer(name, by=by, now=now, language=spoken)
        row = Officer.objects.create(
            id=new_id(now=now),
            authority=authority,
            person_id=link.person,
            mailbox=kept,
            rank=check_rank(rank),
            registered_at=now,
            registered_by=by,
            linked_by=by,
        )
        _happened(row, OfficerChanged.INVITED, by=by, now=now)
    return InvitedOfficer(row.id, link.person, link.path, link.expires_at)


def renew_link(officer_id: UUID, *, by: Person, now: datetime) -> InvitedOfficer:
    """Gives an officer who lost their passkey a new link; somebody else has to verify them anew."""
    check_registrar(_roles(by))
    with transaction.atomic():
        row = _locked_officer(officer_id)
        link = people.renew_officer_link(row.person_id, by=by, now=now)
        row.linked_by = by
        _unverify(row, now=now)
        row.save()
        _happened(row, OfficerChanged.LINK_RENEWED, by=by, now=now)
    return InvitedOfficer(row.id, link.person, link.path, link.expires_at)


def vouch(officer_id: UUID, *, by: Person, now: datetime, call_back: UUID | None = None) -> Officer:
    """Says that an officer is one: a colleague does, or staff after a call-back."""
    with transaction.atomic():
        row = _locked_officer(officer_id)
        if row.suspended_at is not None:
            raise VouchRefused(why="suspended")
        if row.vouched_at is not None:
            raise VouchRefused(why="vouched for already: verify anew")
        call = _checked(row, by=by, call_back=call_back, now=now)
        colleague = officer_of(by.id)
        row.vouched = (Vouched.STAFF if colleague is None else Vouched.COLLEAGUE).value
        row.vouched_at, row.vouched_by = now, by
        row.vouched_officer, row.vouched_call_back = colleague, call
        _verify(row, by=by, now=now)
        row.save()
        _happened(row, OfficerChanged.VOUCHED, by=by, now=now)
    return row


def reverify(
    officer_id: UUID, *, by: Person, now: datetime, call_back: UUID | None = None
) -> Officer:
    """Says again that an officer is one, for another 90 days."""
    with transaction.atomic():
        row = _locked_officer(officer_id)
        if row.suspended_at is not None:
            raise VouchRefused(why="suspended")
        if row.vouched_at is None:
            raise VouchRefused(why="nobody has vouched yet")
        _checked(row, by=by, call_back=call_back, now=now)
        _verify(row, by=by, now=now)
        row.save()
        _happened(row, OfficerChanged.REVERIFIED, by=by, now=now)
    return row


def suspend(officer_id: UUID, *, by: Person | None, why: str, now: datetime) -> None:
    """Shuts an officer out at once, and doubts everybody on whose side only they stood.

    `by` None is a deadline of our own that passed.
    """
    if by is not None:
        check_registrar(_roles(by))
    kept = check_note(why, needed=True)
    with transaction.atomic():
        row = _locked_officer(officer_id)
        if row.suspended_at is None:
            _suspend(row, by=by, why=kept, now=now)


def restore(officer_id: UUID, *, by: Person, call_back: UUID, now: datetime) -> Officer:
    """Lets a suspended officer in again, after a call to the registry's number since then."""
    with transaction.atomic():
        row = _locked_officer(officer_id)
        if row.suspended_at is None:
            raise VouchRefused(why="not suspended")
        if row.vouched_at is None:
            raise VouchRefused(why="nobody has vouched yet")
        _checked(row, by=by, call_back=call_back, now=now)
        people.restore(row.person_id, by=by, now=now)
        row.suspended_at, row.suspended_by, row.suspended_why = None, None, ""
        _verify(row, by=by, now=now)
        row.save()
        _happened(row, OfficerChanged.RESTORED, by=by, now=now)
    return row


def call_back(
    authority_id: UUID,
    about: CallBackAbout,
    said: CallBackSaid,
    *,
    by: Person,
    now: datetime,
    officer: UUID | None = None,
    key: UUID | None = None,
    matter: UUID | None = None,
    note: str = "",
) -> CallBack:
    """Keeps what was said at the registry's number, which is copied here and cannot be given.

    About a key, a confirmation lets it be used; a denial suspends the officer it is about.
    """
    check_registrar(_roles(by))
    with transaction.atomic():
        authority = _locked(authority_id)
        check_callable(confirmed=authority.is_confirmed, closed=authority.closed_at is not None)
        held = _key_called_about(about, key)
        row = _officer_called_about(authority, about, held.officer_id if held else officer, matter)
        call = CallBack.objects.create(
            id=new_id(now=now),
            at=now,
            authority=authority,
            about=about.value,
            officer=row,
            matter=matter if about is CallBackAbout.MATTER else None,
            key=held.id if held else None,
            number=authority.switchboard,
            caller=by,
            said=said.value,
            note=check_note(note),
        )
        _record_call(call, authority, now=now)
        if held is not None and said is CallBackSaid.CONFIRMED and held.call_back_id is None:
            held.call_back = call
            held.save(update_fields=["call_back"])
            _happened(held.officer, OfficerChanged.KEY_CONFIRMED, by=by, now=now)
        if held is not None and said is CallBackSaid.DENIED:
            _end_key(held, by=by, now=now)
        if row is not None and said is CallBackSaid.DENIED and row.suspended_at is None:
            why = f"denied at the registry's number, about: {about}"
            _suspend(row, by=by, why=why, now=now)
    return call


def add_key(officer_id: UUID, recipient: str, *, by: Person, now: datetime) -> OfficerKey:
    """Registers an age recipient; only the officer can, and it waits a day and a call-back."""
    with transaction.atomic():
        row = _locked_officer(officer_id)
        if by.id != row.person_id or row.suspended_at is not None:
            raise AgeKeyRefused(why="only the officer registers their key")
        held = OfficerKey.objects.filter(officer=row, ended_at=None).count()
        kept = check_recipient(recipient, keys=held)
        if OfficerKey.objects.filter(recipient=kept).exists():
            raise AgeKeyRefused(why="this key is in use, or was")
        key = OfficerKey.objects.create(
            id=new_id(now=now),
            officer=row,
            recipient=kept,
            added_at=now,
            usable_from=now + timedelta(hours=KEY_WAIT_HOURS),
        )
        _happened(row, OfficerChanged.KEY_ADDED, by=by, now=now)
    return key


def end_key(key_id: UUID, *, by: Person, now: datetime) -> None:
    """Ends a key: the officer does, or whoever keeps the registry."""
    with transaction.atomic():
        key = _locked_key(key_id)
        if by.id != key.officer.person_id:
            check_registrar(_roles(by))
        _end_key(key, by=by, now=now)


def read_mailbox(officer_id: UUID, *, by: Person, reason: str, now: datetime) -> MailAddress:
    """Gives an officer's mailbox to staff, for a reason that is recorded."""
    if not by.is_staff_member:
        raise RegistryRefused(why="role")
    with transaction.atomic():
        row = Officer.objects.filter(pk=officer_id).first()
        if row is None:
            raise NotFound(what="officer", id=officer_id)
        people.read_personal(row.id, "mailbox", by=by, reason=reason, now=now)
    return row.mailbox


def keep_filing(
    authority_id: UUID,
    direction: Direction,
    *,
    subject: str,
    text: str,
    by: Person,
    now: datetime,
    answers: UUID | None = None,
) -> Filing:
    """Keeps one letter of the dialogue with an authority, theirs or ours."""
    check_filer(_roles(by))
    kept, body = check_filing(subject, text)
    with transaction.atomic():
        authority = _locked(authority_id)
        if answers and not Filing.objects.filter(pk=answers, authority=authority).exists():
            raise NotFound(what="filing", id=answers)
        row = Filing.objects.create(
            id=new_id(now=now),
            at=now,
            authority=authority,
            direction=direction.value,
            subject=kept,
            text=body,
            answers_id=answers,
            by=by,
        )
        _record(
            RecordKind.FILING_KEPT,
            row.id,
            authority,
            {"direction": direction.value, "authority": str(authority.id), "by": str(by.id)},
            now=now,
        )
    return row


def keep_receipt(filing_id: UUID, receipt: str, *, by: Person, now: datetime) -> FilingReceipt:
    """Keeps the number under which a filing arrived; once."""
    check_filer(_roles(by))
    kept = check_receipt(receipt)
    with transaction.atomic():
        row = filing(filing_id)
        _locked(row.authority_id)  # a letter itself cannot be locked: its row is never altered
        if FilingReceipt.objects.filter(filing=row).exists():
            raise RegistryRefused(why="this filing has its receipt")
        found = FilingReceipt.objects.create(
            id=new_id(now=now), at=now, filing=row, receipt=kept, by=by
        )
        body: dict[str, object] = {"receipt": True, "by": str(by.id)}
        _record(RecordKind.FILING_KEPT, row.id, row.authority, body, now=now)
    return found


def _checked(row: Officer, *, by: Person, call_back: UUID | None, now: datetime) -> CallBack | None:
    """Gives the call on which a voucher relies, after checking that they may vouch."""
    call = CallBack.objects.filter(pk=call_back).first() if call_back else None
    colleague = officer_of(by.id)
    voucher = Voucher(
        person=by.id,
        roles=_roles(by),
        authority=colleague.authority_id if colleague else None,
        standing=standing(facts_of(colleague), now=now) if colleague else (),
    )
    subject = Subject(
        officer=row.id,
        person=row.person_id,
        authority=row.authority_id,
        barred=frozenset(
            {row.linked_by_id} if row.vouched_at else {row.linked_by_id, row.registered_by_id}
        ),
        doubted_at=row.suspended_at,
    )
    facts = None
    if call is not None:
        facts = CallFacts(
            about=CallBackAbout(call.about),
            officer=call.officer_id,
            said=CallBackSaid(call.said),
            at=call.at,
        )
    check_vouch(subject, voucher, facts, now=now)
    return None if colleague else call


def _verify(row: Officer, *, by: Person, now: datetime) -> None:
    row.verified_at, row.verified_by = now, by
    row.verified_until = now + timedelta(days=VERIFIED_DAYS)


def _unverify(row: Officer, *, now: datetime) -> None:
    """Ends a verification; where nobody vouched yet there is none."""
    if row.vouched_at is not None:
        row.verified_by, row.verified_until = None, now


def _suspend(row: Officer, *, by: Person | None, why: str, now: datetime) -> None:
    people.suspend(row.person_id, by=by, now=now)
    row.suspended_at, row.suspended_by, row.suspended_why = now, by, why
    row.save()
    _happened(row, OfficerChanged.SUSPENDED, by=by, now=now, why=why)
    leaning = Officer.objects.select_for_update(of=("self",)).filter(
        Q(verified_by_id=row.person_id), verified_until__gt=now
    )
    for other in leaning:
        _unverify(other, now=now)
        other.save()
        _happened(other, OfficerChanged.DOUBTED, by=by, now=now, why="its voucher was suspended")


def _end_key(key: OfficerKey, *, by: Person, now: datetime) -> None:
    if key.ended_at is None:
        key.ended_at = now
        key.save(update_fields=["ended_at"])
        _happened(key.officer, OfficerChanged.KEY_ENDED, by=by, now=now)


def _key_called_about(about: CallBackAbout, key: UUID | None) -> OfficerKey | None:
    if about is not CallBackAbout.KEY:
        return None
    if key is None:
        raise CallRefused(why="no key named")
    held = _locked_key(key)
    if held.ended_at is not None:
        raise CallRefused(why="this key has ended")
    return held


def _officer_called_about(
    authority: Authority, about: CallBackAbout, officer: UUID | None, matter: UUID | None
) -> Officer | None:
    """Gives the officer of this authority whom a call is about; a matter may have none."""
    if about is CallBackAbout.MATTER and matter is None:
        raise CallRefused(why="no matter named")
    if officer is None:
        if about is not CallBackAbout.MATTER:
            raise CallRefused(why="no officer named")
        return None
    row = _locked_officer(officer)
    if row.authority_id != authority.id:
        raise CallRefused(why="an officer of another authority")
    return row


def _roles(person: Person) -> list[str]:
    """Gives the roles that count now: none of somebody who may not enter."""
    return list(person.roles) if person.may_enter else []


def _columns(draft: AuthorityDraft) -> dict[str, object]:
    fields = asdict(draft)
    return fields | {
        "kind": draft.kind.value,
        "language": draft.language.value,
        "switchboard": reveal(draft.switchboard),
        "domains": list(draft.domains),
        "statutes": list(draft.statutes),
    }


def _locked(authority_id: UUID) -> Authority:
    row = Authority.objects.select_for_update().filter(pk=authority_id).first()
    if row is None:
        raise NotFound(what="authority", id=authority_id)
    return row


def _locked_officer(officer_id: UUID) -> Officer:
    rows = Officer.objects.select_for_update(of=("self",)).select_related("authority", "person")
    row = rows.filter(pk=officer_id).first()
    if row is None:
        raise NotFound(what="officer", id=officer_id)
    return row


def _locked_key(key_id: UUID) -> OfficerKey:
    rows = OfficerKey.objects.select_for_update(of=("self",)).select_related("officer__authority")
    row = rows.filter(pk=key_id).first()
    if row is None:
        raise NotFound(what="key", id=key_id)
    return row


def _changed(
    row: Authority,
    change: AuthorityChanged,
    *,
    by: Person,
    now: datetime,
    fields: Mapping[str, object] | None = None,
) -> None:
    """Adds to an entry's history, and records which fields, not what they say."""
    AuthorityChange.objects.create(
        id=new_id(now=now),
        at=now,
        authority=row,
        by=by,
        change=change.value,
        fields=dict(fields or {}),
    )
    body: dict[str, object] = {
        "change": change.value,
        "kind": row.kind,
        "fields": sorted(fields or {}),
        "by": str(by.id),
    }
    _record(RecordKind.AUTHORITY_CHANGED, row.id, row, body, now=now)


def _happened(
    row: Officer, change: OfficerChanged, *, by: Person | None, now: datetime, why: str = ""
) -> None:
    """Adds to an officer's history, and records it without a name and without the reason."""
    OfficerChange.objects.create(
        id=new_id(now=now), at=now, officer=row, by=by, change=change.value, why=why
    )
    body: dict[str, object] = {
        "change": change.value,
        "authority": str(row.authority_id),
        "by": "deadline" if by is None else str(by.id),
    }
    _record(RecordKind.OFFICER_CHANGED, row.id, row.authority, body, now=now)


def _record_call(call: CallBack, authority: Authority, *, now: datetime) -> None:
    subject = call.matter or call.key or call.officer_id
    assert subject is not None, "a call is about something"
    body: dict[str, object] = {
        "call": str(call.id),
        "about": call.about,
        "said": call.said,
        "authority": str(authority.id),
        "by": str(call.caller_id),
    }
    _record(RecordKind.CALLED_BACK, subject, authority, body, now=now)


def _record(
    kind: RecordKind, subject: UUID, authority: Authority, body: dict[str, object], *, now: datetime
) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=kind,
            subject=subject,
            market=authority.country,
            body=body,
        )
    )
