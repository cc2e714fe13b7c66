"""What is stored of authorities: the registry, who speaks for them, and how we know."""

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import DateTimeField, ExpressionWrapper, F, Q

from evenhand.authorities.limits import (
    AUTHORITY_NAME_CHARACTERS_MAX,
    DOMAIN_CHARACTERS_MAX,
    KEY_WAIT_HOURS,
    MAILBOX_CHARACTERS_MAX,
    PATTERN_CHARACTERS_MAX,
    RANK_CHARACTERS_MAX,
    RECEIPT_CHARACTERS_MAX,
    RECIPIENT_CHARACTERS,
    STATUTE_CHARACTERS_MAX,
    SUBJECT_CHARACTERS_MAX,
    SWITCHBOARD_DIGITS_MAX,
)
from evenhand.authorities.lists import (
    AuthorityChanged,
    CallBackAbout,
    CallBackSaid,
    Direction,
    OfficerChanged,
    Vouched,
)
from evenhand.authorities.machine_models import ApiToken, Webhook, WebhookMessage
from evenhand.base.personal import MailAddress, PhoneNumber, reveal
from evenhand.markets.lists import AuthorityKind
from evenhand.people.models import Person
from evenhand.records.models import AppendOnly

__all__ = [
    "ApiToken",
    "Authority",
    "AuthorityChange",
    "CallBack",
    "Filing",
    "FilingReceipt",
    "Officer",
    "OfficerChange",
    "OfficerKey",
    "Webhook",
    "WebhookMessage",
]

NUMBER_CHARACTERS_MAX = SWITCHBOARD_DIGITS_MAX + 1

if TYPE_CHECKING:
    _HiddenField = models.CharField[MailAddress, MailAddress]
else:
    _HiddenField = models.CharField


class MailAddressField(_HiddenField):
    """A column of mail addresses that come out hidden; `reveal` is the only way in."""

    def from_db_value(self, value: str | None, *_: object) -> MailAddress | None:
        """Gives the address hidden."""
        return None if value is None else MailAddress(value)

    def get_prep_value(self, value: object) -> object:
        """Gives the text to store."""
        return reveal(value) if isinstance(value, MailAddress) else value


class Authority(models.Model):
    """One authority, as staff found it in public sources: nothing here comes from a request.

    switchboard          the number of its house, from a public source, the only one ever called
    head_office          where it is told what was handed out to its officers
    certificates         PEM of the roots and seals that its documents may be signed with
    file_number_pattern  a regular expression that its file numbers match whole; empty if unknown
    statutes             what it is known to cite
    for_drills           it exists only to rehearse: nothing is owed to it, and it counts nowhere
    kept_by              who wrote the entry as it stands
    confirmed_by         who checked it against the source: somebody else; None after a change
    """

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=AUTHORITY_NAME_CHARACTERS_MAX)
    country = models.CharField(max_length=2)
    kind = models.CharField(max_length=32)
    domains = ArrayField(models.CharField(max_length=DOMAIN_CHARACTERS_MAX), default=list)
    switchboard = models.CharField(max_length=NUMBER_CHARACTERS_MAX)
    head_office = models.CharField(max_length=MAILBOX_CHARACTERS_MAX)
    language = models.CharField(max_length=2)
    certificates = models.TextField(blank=True, default="")
    file_number_pattern = models.CharField(
        max_length=PATTERN_CHARACTERS_MAX, blank=True, default=""
    )
    statutes = ArrayField(models.CharField(max_length=STATUTE_CHARACTERS_MAX), default=list)
    source = models.TextField(help_text="where the number and the domains were found")
    for_drills = models.BooleanField(default=False)

    registered_at = models.DateTimeField()
    kept_at = models.DateTimeField()
    kept_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="authorities_kept")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="authorities_confirmed"
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """An entry counts once a second person has checked it."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["country", "name"], name="authorities_named_once"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in AuthorityKind]),
                name="authorities_kind_listed",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | (Q(confirmed_by__isnull=False, confirmed_at__isnull=False))
                & ~Q(confirmed_by=F("kept_by")),
                name="authorities_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(switchboard__regex=r"^\+[1-9][0-9]{4,14}$"),
                name="authorities_switchboard_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.country})"

    @property
    def number(self) -> PhoneNumber:
        """Gives the number that call-backs go to."""
        return PhoneNumber(self.switchboard)

    @property
    def is_confirmed(self) -> bool:
        """Tells whether two people stand for this entry as it is."""
        return self.confirmed_by_id is not None and self.closed_at is None


class AuthorityChange(AppendOnly):
    """What was done to an entry of the registry, with the fields as they then were."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="changes")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="authority_changes")
    change = models.CharField(max_length=16)
    fields = models.JSONField(default=dict)

    class Meta:
        """The list is closed."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(change__in=[change.value for change in AuthorityChanged]),
                name="authorities_change_listed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.change} {self.authority_id}"


class Officer(models.Model):
    """Somebody who acts for an authority, and who said that this is so.

    mailbox            personal: staff read it through a step that leaves a record
    rank               rank or office, as some laws ask for one (India: JS or DIG)
    linked_by          who gave the last enrolment link: does not vouch, and does not verify
    vouched_by         another officer of the authority, or staff who called the registry's number
    vouched_officer    that officer, where it was a colleague: of the same authority (a foreign
                       key of two columns says so)
    vouched_call_back  the call, where it was staff
    verified_until     after this day the officer neither files nor receives until verified anew
    suspended_by       None where a deadline of our own passed
    """

    id = models.UUIDField(primary_key=True)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="officers")
    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="officer")
    mailbox = MailAddressField(max_length=MAILBOX_CHARACTERS_MAX)
    rank = models.CharField(max_length=RANK_CHARACTERS_MAX, blank=True, default="")
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="officers_registered"
    )
    linked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="officers_linked")

    vouched_at = models.DateTimeField(null=True)
    vouched = models.CharField(max_length=16, blank=True, default="")
    vouched_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="officers_vouched"
    )
    vouched_officer = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="vouched_for"
    )
    vouched_call_back = models.ForeignKey(
        "CallBack", null=True, on_delete=models.PROTECT, related_name="officers_vouched"
    )
    verified_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="officers_verified"
    )
    verified_until = models.DateTimeField(null=True)

    suspended_at = models.DateTimeField(null=True)
    suspended_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="officers_suspended"
    )
    suspended_why = models.TextField(blank=True, default="")

    class Meta:
        """Nobody vouches for themselves, and one member of staff alone makes no officer."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(vouched_by=None) | ~Q(vouched_by=F("person")),
                name="authorities_not_own_voucher",
            ),
            models.CheckConstraint(
                condition=Q(vouched_by=None) | ~Q(vouched_by=F("registered_by")),
                name="authorities_vouched_by_another",
            ),
            models.CheckConstraint(
                condition=Q(verified_by=None)
                | ~Q(verified_by=F("person")) & ~Q(verified_by=F("linked_by")),
                name="authorities_verified_by_another",
            ),
            models.CheckConstraint(
                condition=Q(
                    vouched="",
                    vouched_by=None,
                    vouched_at=None,
                    vouched_officer=None,
                    vouched_call_back=None,
                    verified_at=None,
                    verified_until=None,
                )
                | Q(
                    vouched=Vouched.COLLEAGUE.value,
                    vouched_by__isnull=False,
                    vouched_at__isnull=False,
                    vouched_officer__isnull=False,
                    verified_at__isnull=False,
                    verified_until__isnull=False,
                )
                | Q(
                    vouched=Vouched.STAFF.value,
                    vouched_by__isnull=False,
                    vouched_at__isnull=False,
                    vouched_officer=None,
                    vouched_call_back__isnull=False,
                    verified_at__isnull=False,
                    verified_until__isnull=False,
                ),
                name="authorities_vouched_whole",
            ),
            models.CheckConstraint(
                condition=Q(suspended_at=None, suspended_by=None, suspended_why="")
                | Q(suspended_at__isnull=False) & ~Q(suspended_why=""),
                name="authorities_suspended_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"officer {self.id}"


class OfficerChange(AppendOnly):
    """What happened to an officer; `by` None is the machine's own clock."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="changes")
    by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="officer_changes"
    )
    change = models.CharField(max_length=16)
    why = models.TextField(blank=True, default="")

    class Meta:
        """The list is closed."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(change__in=[change.value for change in OfficerChanged]),
                name="authorities_officer_change_listed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.change} {self.officer_id}"


class CallBack(AppendOnly):
    """A call to an authority's switchboard; a trigger refuses any number but the registry's.

    matter, key  ids: of what was asked about, where it was a matter or a key
    """

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="call_backs")
    about = models.CharField(max_length=8)
    officer = models.ForeignKey(
        Officer, null=True, on_delete=models.PROTECT, related_name="call_backs"
    )
    matter = models.UUIDField(null=True)
    key = models.UUIDField(null=True)
    number = models.CharField(max_length=NUMBER_CHARACTERS_MAX)
    caller = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="call_backs")
    said = models.CharField(max_length=16)
    note = models.TextField(blank=True, default="")

    class Meta:
        """It is about one thing."""

        indexes: ClassVar = [models.Index(fields=["matter"], name="authorities_called_matter")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(said__in=[said.value for said in CallBackSaid]),
                name="authorities_said_listed",
            ),
            models.CheckConstraint(
                condition=Q(
                    about=CallBackAbout.OFFICER.value, officer__isnull=False, matter=None, key=None
                )
                | Q(
                    about=CallBackAbout.KEY.value,
                    officer__isnull=False,
                    matter=None,
                    key__isnull=False,
                )
                | Q(about=CallBackAbout.MATTER.value, matter__isnull=False, key=None),
                name="authorities_about_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"call-back {self.id}"


class OfficerKey(models.Model):
    """An age recipient that answers are sealed to; it waits a day and a call-back."""

    id = models.UUIDField(primary_key=True)
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="keys")
    recipient = models.CharField(max_length=RECIPIENT_CHARACTERS, unique=True)
    added_at = models.DateTimeField()
    usable_from = models.DateTimeField(help_text="with a call-back; without one, never")
    call_back = models.ForeignKey(
        CallBack, null=True, on_delete=models.PROTECT, related_name="keys"
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """No key can be used on the day it came."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    usable_from__gte=ExpressionWrapper(
                        F("added_at") + timedelta(hours=KEY_WAIT_HOURS),
                        output_field=DateTimeField(),
                    )
                ),
                name="authorities_key_waits",
            )
        ]

    def __str__(self) -> str:
        return f"key {self.id}"


class Filing(AppendOnly):
    """One letter of the dialogue with an authority, mostly a regulator: theirs or ours."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="filings")
    direction = models.CharField(max_length=3)
    subject = models.CharField(max_length=SUBJECT_CHARACTERS_MAX)
    text = models.TextField()
    answers = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="answered_by"
    )
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="filings")

    class Meta:
        """The list is closed."""

        indexes: ClassVar = [models.Index(fields=["authority", "at"], name="authorities_filings")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(direction__in=[way.value for way in Direction]),
                name="authorities_direction_listed",
            )
        ]

    def __str__(self) -> str:
        return f"filing {self.id}"


class FilingReceipt(AppendOnly):
    """That a filing arrived, by the receiver's own number."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    filing = models.OneToOneField(Filing, on_delete=models.PROTECT, related_name="receipt")
    receipt = models.CharField(max_length=RECEIPT_CHARACTERS_MAX)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="filing_receipts")

    def __str__(self) -> str:
        return f"receipt of {self.filing_id}"
