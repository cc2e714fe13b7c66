"""What is stored of orders, notices, referrals and requests: the matter and what hangs on it.

The constraints and the triggers of the migrations hold what may never happen, whatever the code
does: a release by one person, before validation, outside the data category, under an entry that
nobody signed off, in a market that is not open; a package handed out twice.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from evenhand.actions.limits import ID_LENGTH_MAX
from evenhand.authorities.models import Authority, CallBack, Officer
from evenhand.evidence.models import SealedItem
from evenhand.legal.lists import DisclosureState, MatterState, NoticeState, Outcome, PlanKind
from evenhand.legal.protection_models import ProtectedTarget
from evenhand.legal.scrutiny_models import Scrutiny
from evenhand.markets.models import EntrySignOff
from evenhand.people.models import Person
from evenhand.records.models import AppendOnly

__all__ = ["ProtectedTarget", "Scrutiny"]

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


class Assessment(models.Model):
    """The questions of substance, answered by a person before anything is released.

    round      counts up each time they are answered anew; only votes of the same round count
    voided_at  the request was changed after they were answered: they have to be answered anew
    """

    matter = models.OneToOneField(
        Matter, on_delete=models.PROTECT, primary_key=True, related_name="assessment"
    )
    answers = models.JSONField()
    reason = models.TextField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="assessments")
    at = models.DateTimeField()
    needs_board = models.BooleanField()
    board = models.CharField(max_length=8, blank=True, default="")
    board_at = models.DateTimeField(null=True)
    round = models.PositiveSmallIntegerField(default=1)
    voided_at = models.DateTimeField(null=True)


class Vote(AppendOnly):
    """What one member of the policy board said; two who agree decide."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="votes")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="votes")
    at = models.DateTimeField()
    decision = models.CharField(max_length=8)
    reason = models.TextField()
    round = models.PositiveSmallIntegerField(default=1, help_text="of the answers voted on")

    class Meta:
        """One vote per person on the same answers."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matter", "by", "round"], name="legal_vote_one"),
        ]


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


class Disclosure(models.Model):
    """A package for one officer: planned, collected, released, handed out once, confirmed.

    copy_of  the disclosure that this is a new copy of; it was prepared and released anew
    preservation  two key holders make it from what was put away there; the collector does not
    """

    id = models.UUIDField(primary_key=True)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="disclosures")
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="disclosures")
    copy_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    preservation = models.ForeignKey(
        "Preservation", null=True, on_delete=models.PROTECT, related_name="disclosures"
    )
    prepared_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="disclosures_prepared"
    )
    released_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="disclosures_released"
    )
    digest = models.BinaryField(max_length=32, null=True, help_text="what was signed")
    signed = models.JSONField(null=True)
    assertion = models.JSONField(null=True, help_text="the approver's kept signature")
    recipient = models.CharField(max_length=128, help_text="age recipient of the officer's key")
    want = ArrayField(models.CharField(max_length=16))
    accounts = ArrayField(models.CharField(max_length=ID_LENGTH_MAX))
    state = models.CharField(max_length=16, default=DisclosureState.PLANNED.value)
    planned_at = models.DateTimeField()
    sealed = models.BinaryField(default=b"", help_text="emptied when it was handed out")
    sha256 = models.BinaryField(max_length=32, null=True, help_text="of the sealed bytes")
    manifest = models.JSONField(null=True, help_text="counts and hashes, no data")
    collected_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    handed_out_at = models.DateTimeField(null=True)
    head_office_told_at = models.DateTimeField(null=True)
    confirm_by = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        """Two classes of data, a key, and one handing out."""

        indexes: ClassVar = [
            models.Index(fields=["state", "expires_at"], name="legal_disclosure_state"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="legal_disclosure_only_these",
                condition=Q(want__contained_by=["connections", "phone"]) & Q(want__len__gt=0),
            ),
            models.CheckConstraint(
                name="legal_disclosure_collected_whole",
                condition=Q(state=DisclosureState.PLANNED.value)
                | Q(state=DisclosureState.DESTROYED.value)
                | Q(sha256__isnull=False, manifest__isnull=False, collected_at__isnull=False),
            ),
            models.CheckConstraint(
                name="legal_disclosure_two_people",
                condition=Q(released_by=None) | ~Q(released_by=F("prepared_by")),
            ),
            models.CheckConstraint(
                name="legal_disclosure_release_is_signed",
                condition=~Q(
                    state__in=[
                        DisclosureState.RELEASED.value,
                        DisclosureState.HANDED_OUT.value,
                        DisclosureState.CONFIRMED.value,
                    ]
                )
                | Q(
                    released_by__isnull=False,
                    digest__isnull=False,
                    signed__isnull=False,
                    assertion__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="legal_disclosure_kept_no_longer",
                condition=~Q(
                    state__in=[
                        DisclosureState.HANDED_OUT.value,
                        DisclosureState.CONFIRMED.value,
                        DisclosureState.EXPIRED.value,
                        DisclosureState.DESTROYED.value,
                    ]
                )
                | Q(sealed=b""),
            ),
            models.CheckConstraint(
                name="legal_disclosure_handed_out_at",
                condition=~Q(
                    state__in=[DisclosureState.HANDED_OUT.value, DisclosureState.CONFIRMED.value]
                )
                | Q(handed_out_at__isnull=False, confirm_by__isnull=False),
            ),
        ]


class Preservation(models.Model):
    """What was put away for an authority until it asks for it or the time is over."""

    id = models.UUIDField(primary_key=True)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="preservations")
    items = ArrayField(models.UUIDField(), default=list, help_text="items of evidence")
    hashes = models.JSONField(default=dict)
    began_at = models.DateTimeField()
    sealed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    on_receipt = models.BooleanField(
        default=False, help_text="put away when it was received, kept until the matter is over"
    )
    legal_hold = models.BooleanField(default=False)
    hold_reason = models.TextField(blank=True, default="")
    extended = models.PositiveSmallIntegerField(default=0)
    destroyed_at = models.DateTimeField(null=True)
    certificate = models.JSONField(null=True)

    class Meta:
        """What is held is not destroyed."""

        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"],
                condition=Q(destroyed_at=None),
                name="legal_preservation_expiry",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="legal_preservation_hold",
                condition=Q(destroyed_at=None)
                | Q(legal_hold=False, certificate__isnull=False, items__len=0),
            ),
        ]


class UserNotice(models.Model):
    """What one account is told of a matter, or why not, or not yet."""

    id = models.UUIDField(primary_key=True)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="notices")
    account = models.CharField(max_length=ID_LENGTH_MAX)
    language = models.CharField(max_length=2)
    state = models.CharField(max_length=24)
    basis = models.CharField(max_length=400)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="notices")
    decided_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    review_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True, help_text="the authority was asked before the end")
    attempts = models.PositiveSmallIntegerField(default=0)
    try_at = models.DateTimeField(null=True, help_text="not again before")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        """Nothing is kept from somebody without a day on which that is looked at again."""

        indexes: ClassVar = [
            models.Index(fields=["state", "due_at"], name="legal_notice_due"),
            models.Index(fields=["account"], name="legal_notice_account"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matter", "account"], name="legal_notice_one"),
            models.CheckConstraint(
                name="legal_notice_never_without_review",
                condition=~Q(
                    state__in=[
                        NoticeState.DELAYED_UNTIL.value,
                        NoticeState.FORBIDDEN_UNTIL_LIFTED.value,
                    ]
                )
                | Q(review_at__isnull=False),
            ),
            models.CheckConstraint(
                name="legal_notice_delay_has_an_end",
                condition=~Q(state=NoticeState.DELAYED_UNTIL.value) | Q(due_at__isnull=False),
            ),
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


class DangerReport(models.Model):
    """A suspicion of a threat to life, told to an authority (DSA Art. 18, TCO Art. 14(5))."""

    id = models.UUIDField(primary_key=True)
    case = models.UUIDField(help_text="the case it came from")
    law = models.CharField(max_length=16)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    evidence = models.ForeignKey(SealedItem, null=True, on_delete=models.PROTECT)
    reported_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
    receipt = models.CharField(max_length=400, blank=True, default="")
    received_at = models.DateTimeField(null=True)


class SampledReview(models.Model):
    """A disclosure drawn by lot for a look by somebody who had no part in it."""

    month = models.CharField(max_length=7, help_text="2026-11")
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="samples")
    drawn_at = models.DateTimeField()
    seed = models.BinaryField(max_length=32)
    reviewed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="samples"
    )
    reviewed_at = models.DateTimeField(null=True)
    right = models.BooleanField(null=True)
    note = models.TextField(blank=True, default="")

    class Meta:
        """Once per month and matter."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["month", "matter"], name="legal_sample_one"),
        ]


class NumberSeries(models.Model):
    """The last number given in a year: numbers have no gaps, so that nothing can vanish."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)
