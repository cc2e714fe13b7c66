"""What is stored of orders, notices, referrals and requests: the matter and what hangs on it.

The constraints and the triggers of the migrations hold what may never happen, whatever the code
does: a release by one person, before validation, outside the data category, under an entry that
nobody signed off, in a market that is not open; a package handed out twice.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from evenhand.authorities.models import Authority, CallBack, Officer
from evenhand.evidence.models import SealedItem
from evenhand.legal.lists import MatterState, Outcome, PlanKind
from evenhand.legal.notice_models import DangerReport, SampledReview, UserNotice
from evenhand.legal.package_models import Disclosure, Preservation
from evenhand.legal.protection_models import ProtectedTarget
from evenhand.legal.scrutiny_models import Scrutiny
from evenhand.legal.substance_models import Assessment, Vote
from evenhand.markets.models import EntrySignOff
from evenhand.people.models import Person
from evenhand.records.models import AppendOnly

__all__ = [
    "AFTER_RELEASE",
    "DISCLOSING",
    "Assessment",
    "Assignment",
    "Clock",
    "DangerReport",
    "Disclosure",
    "Document",
    "Identifier",
    "Matter",
    "NumberSeries",
    "Preservation",
    "ProtectedTarget",
    "Question",
    "SampledReview",
    "Scrutiny",
    "Step",
    "UserNotice",
    "Vote",
]

DISCLOSING = ("disclosure", "information")
"""Kinds of request by which data leave the house."""

AFTER_RELEASE = (
    MatterState.RELEASED.value,
    MatterState.EXECUTED.value,
    MatterState.REFUSED.value,
)


class Matter(models.Model):
    """One order, notice, referral or request, from receipt to its end.

    What the law says of it is copied when it is received and never changes: a matter keeps the
    version of the law that it came under.
    """

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=20, unique=True, help_text="EH-2026-000123")
    origin = models.CharField(max_length=320, unique=True)
    reference = models.CharField(max_length=200, blank=True, default="", help_text="theirs")

    regime = models.CharField(max_length=64)
    regime_version = models.CharField(max_length=64)
    entry = models.CharField(max_length=64, help_text="id of the kind in the regime")
    kind = models.CharField(max_length=20)
    form = models.CharField(max_length=16)
    entry_verified = models.BooleanField()
    entry_categories = ArrayField(models.CharField(max_length=20), default=list)
    voluntary = models.BooleanField()
    enforcing_notified = models.BooleanField()
    needs_market = models.BooleanField(help_text="only where a market was opened")
    sign_off = models.ForeignKey(
        EntrySignOff, null=True, on_delete=models.PROTECT, related_name="+"
    )

    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="matters")
    officer = models.ForeignKey(
        Officer, null=True, on_delete=models.PROTECT, related_name="matters"
    )
    entered_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="matters_entered"
    )
    country = models.CharField(max_length=2)
    received_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    emergency = models.BooleanField()
    purpose = models.CharField(max_length=16)
    categories = ArrayField(models.CharField(max_length=20), default=list)
    validator = models.CharField(max_length=32, blank=True, default="")
    validator_name = models.CharField(max_length=200, blank=True, default="")
    fields = models.JSONField(default=dict)
    language = models.CharField(max_length=8)
    fraud = models.JSONField(default=dict)
    gagged_until = models.DateTimeField(null=True)
    gag_forever = models.BooleanField(default=False, help_text="until somebody lifts it")
    gag_basis = models.CharField(max_length=400, blank=True, default="")

    state = models.CharField(max_length=16, default=MatterState.RECEIVED.value)
    outcome = models.CharField(max_length=16, blank=True, default="")
    ground = models.CharField(max_length=64, blank=True, default="", help_text="of a refusal")

    validated_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="matters_validated"
    )
    validated_at = models.DateTimeField(null=True)
    authenticity = models.CharField(max_length=16, blank=True, default="")
    validation = models.JSONField(default=dict)
    suspect = models.BooleanField(default=False, help_text="a court names the holder a suspect")
    call_back = models.ForeignKey(CallBack, null=True, on_delete=models.PROTECT, related_name="+")

    enforcing_answer = models.CharField(max_length=16, blank=True, default="")
    enforcing_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="matters_window"
    )
    enforcing_at = models.DateTimeField(null=True)

    plan_kind = models.CharField(max_length=8, blank=True, default="")
    plan = models.JSONField(null=True)
    prepared_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="matters_prepared"
    )
    prepared_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="matters_released"
    )
    released_at = models.DateTimeField(null=True)
    digest = models.BinaryField(max_length=32, null=True, help_text="what was signed")
    signed = models.JSONField(null=True, help_text="the text whose SHA-256 is the digest")
    assertion = models.JSONField(null=True, help_text="the approver's kept signature")
    executed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="matters_reviewed"
    )
    reviewed_at = models.DateTimeField(null=True)
    review_note = models.TextField(blank=True, default="")
    notice_decided = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True)
    identifiers_expire_at = models.DateTimeField(null=True)

    class Meta:
        """What may never be true of a row."""

        indexes: ClassVar = [
            models.Index(fields=["state", "received_at"], name="legal_matter_state"),
            models.Index(fields=["officer", "-received_at"], name="legal_matter_officer"),
            models.Index(fields=["entry", "country"], name="legal_matter_entry"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="legal_matter_state_listed",
                condition=Q(state__in=[state.value for state in MatterState])
                & Q(outcome__in=[outcome.value for outcome in Outcome]),
            ),
            models.CheckConstraint(
                name="legal_matter_somebody_brought_it",
                condition=Q(officer__isnull=False) | Q(entered_by__isnull=False),
            ),
            models.CheckConstraint(
                name="legal_matter_two_people",
                condition=Q(released_by=None)
                | Q(prepared_by__isnull=False) & ~Q(released_by=F("prepared_by")),
            ),
            models.CheckConstraint(
                name="legal_matter_third_person_reviews",
                condition=Q(reviewed_by=None)
                | Q(released_by__isnull=False)
                & ~Q(reviewed_by=F("prepared_by"))
                & ~Q(reviewed_by=F("released_by")),
            ),
            models.CheckConstraint(
                name="legal_matter_release_is_signed",
                condition=~Q(state__in=AFTER_RELEASE)
                | Q(
                    released_by__isnull=False,
                    released_at__isnull=False,
                    digest__isnull=False,
                    signed__isnull=False,
                    assertion__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="legal_matter_done_after_validation",
                condition=Q(released_by=None)
                | Q(plan_kind=PlanKind.REFUSE.value)
                | Q(validated_by__isnull=False) & ~Q(authenticity=""),
            ),
            models.CheckConstraint(
                name="legal_matter_refusal_is_a_plan",
                condition=~Q(state=MatterState.REFUSED.value)
                | Q(plan_kind=PlanKind.REFUSE.value) & ~Q(ground=""),
            ),
            models.CheckConstraint(
                name="legal_matter_doing_is_no_refusal",
                condition=~Q(state__in=[MatterState.RELEASED.value, MatterState.EXECUTED.value])
                | Q(plan_kind__in=[PlanKind.ACCEPT.value, PlanKind.NARROW.value]),
            ),
            models.CheckConstraint(
                name="legal_matter_entry_signed_off",
                condition=Q(released_by=None)
                | Q(plan_kind=PlanKind.REFUSE.value)
                | ~Q(kind__in=DISCLOSING)
                | Q(entry_verified=True)
                | Q(sign_off__isnull=False),
            ),
            models.CheckConstraint(
                name="legal_matter_inside_category",
                condition=Q(released_by=None)
                | Q(plan_kind=PlanKind.REFUSE.value)
                | ~Q(kind__in=DISCLOSING)
                | Q(categories__len__gt=0)
                & Q(categories__contained_by=F("entry_categories"))
                & ~Q(categories__contains=["content"]),
            ),
            models.CheckConstraint(
                name="legal_matter_emergency_called_back",
                condition=Q(released_by=None)
                | Q(plan_kind=PlanKind.REFUSE.value)
                | ~Q(kind__in=DISCLOSING)
                | Q(emergency=False)
                | Q(call_back__isnull=False),
            ),
            models.CheckConstraint(
                name="legal_matter_closed_with_notice",
                condition=~Q(state=MatterState.CLOSED.value)
                | Q(notice_decided=True, closed_at__isnull=False) & ~Q(outcome=""),
            ),
            models.CheckConstraint(
                name="legal_matter_emergency_reviewed",
                condition=~Q(state=MatterState.CLOSED.value)
                | Q(emergency=False)
                | Q(released_by=None)
                | Q(plan_kind=PlanKind.REFUSE.value)
                | Q(reviewed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Identifier(models.Model):
    """One thing that a request names; emptied when the matter's time is over.

    found_by     the phone number by which the collector found this account
    looked_up_at when the collector looked for the account of a phone number
    """

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="identifiers")
    kind = models.CharField(max_length=16)
    value = models.CharField(max_length=1024, blank=True, default="")
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    found_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    looked_up_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)

    class Meta:
        """What "was I concerned?" looks for."""

        indexes: ClassVar = [models.Index(fields=["value"], name="legal_identifier_value")]


class Document(AppendOnly):
    """A document that came with a request; its bytes are under seal."""

    id = models.UUIDField(primary_key=True)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="documents")
    sealed = models.ForeignKey(SealedItem, on_delete=models.PROTECT, related_name="documents")
    sha256 = models.BinaryField(max_length=32)
    level = models.CharField(max_length=32)
    trusted = models.BooleanField()
    report = models.JSONField(default=dict)
    at = models.DateTimeField()


class Clock(models.Model):
    """A deadline of a matter, in UTC: from `started_at`, `total` long, without the pauses."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="clocks")
    name = models.CharField(max_length=16)
    statutory = models.BooleanField(help_text="the law's deadline, not the desk's own target")
    started_at = models.DateTimeField()
    total = models.DurationField()
    due_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    pause_reason = models.CharField(max_length=400, blank=True, default="")
    paused_total = models.DurationField()
    restarts = models.PositiveSmallIntegerField(default=0)
    warned_50_at = models.DateTimeField(null=True)
    warned_80_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        """What runs out first; a pause has a reason."""

        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=Q(stopped_at=None, paused_at=None),
                name="legal_clock_running",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matter", "name"], name="legal_clock_one"),
            models.CheckConstraint(
                name="legal_clock_pause_has_reason",
                condition=Q(paused_at=None) | ~Q(pause_reason=""),
            ),
        ]


class Question(models.Model):
    """Something that the desk asks the authority to complete or explain."""

    id = models.UUIDField(primary_key=True)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="questions")
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="questions_asked")
    asked_at = models.DateTimeField()
    text = models.TextField()
    missing = ArrayField(models.CharField(max_length=64), default=list)
    answered_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="questions_answered"
    )
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True, default="")
    replaced = models.JSONField(
        default=dict, help_text="fields that the answer overwrote, as they were before"
    )


class Assignment(models.Model):
    """Who of the staff works on a matter; nobody else sees it."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="assignments")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="assignments")
    at = models.DateTimeField()

    class Meta:
        """Once each."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matter", "person"], name="legal_assignment_one"),
        ]


class Step(AppendOnly):
    """One line of a matter's history: who, when, from where to where, what.

    by   empty for what the desk does by itself
    what a word for the kind of step, with facts beside it, without personal data
    """

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="history")
    at = models.DateTimeField()
    by = models.UUIDField(null=True)
    from_state = models.CharField(max_length=16)
    to_state = models.CharField(max_length=16)
    what = models.CharField(max_length=32)
    facts = models.JSONField(default=dict)


class NumberSeries(models.Model):
    """The last number given in a year: numbers have no gaps, so that nothing can vanish."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)
