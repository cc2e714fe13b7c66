"""What is stored of reports, of those who report, and of trusted flaggers."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from evenhand.actions.limits import ID_LENGTH_MAX
from evenhand.base.lists import UNKNOWN_MARKET, Source
from evenhand.cases.models import Case
from evenhand.evidence.models import SealedItem
from evenhand.people.models import Person
from evenhand.reports.limits import (
    ABOUT_CHARACTERS_MAX,
    MAILBOX_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    ORIGIN_CHARACTERS_MAX,
)
from evenhand.reports.lists import (
    ProofLevel,
    ReporterKind,
    ReportKind,
    ReportOutcome,
    ReportState,
    Way,
)


def _listed(field: str, members: object, *, empty: bool = False) -> Q:
    values = [member.value for member in members]  # type: ignore[attr-defined]
    return Q(**{f"{field}__in": [*values, *([""] if empty else [])]})


class TrustedFlagger(models.Model):
    """An organisation with the status of trusted flagger (DSA Art. 22), kept by two people.

    areas   harm codes in which it has its expertise; empty is all of them
    source  where the status can be read: the Commission's public list
    """

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=NAME_CHARACTERS_MAX, unique=True)
    areas = ArrayField(models.CharField(max_length=64), default=list)
    awarded_by = models.CharField(max_length=2, help_text="country of the coordinator")
    source = models.URLField(max_length=500)
    valid_until = models.DateField()
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="flaggers_entered"
    )
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="flaggers_confirmed"
    )
    token_hash = models.BinaryField(max_length=32, null=True, unique=True)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.TextField(blank=True, default="")

    class Meta:
        """Two people, in the database too; without the second nobody holds a token."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None, token_hash=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False)
                & ~Q(confirmed_by=F("entered_by")),
                name="reports_flagger_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"trusted flagger {self.id}"


class Reporter(models.Model):
    """Who reports, known again by a keyed hash alone.

    key  keyed hash of the account or mailbox; of nothing but chance for who named neither
    """

    id = models.UUIDField(primary_key=True)
    key = models.BinaryField(max_length=32, unique=True)
    kind = models.CharField(max_length=16)
    flagger = models.OneToOneField(
        TrustedFlagger, null=True, on_delete=models.PROTECT, related_name="reporter"
    )
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        """The list is closed, and a flagger is one."""

        indexes: ClassVar = [models.Index(fields=["last_at"], name="reports_reporter_last")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=_listed("kind", ReporterKind), name="reports_reporter_listed"
            ),
            models.CheckConstraint(
                condition=Q(kind=ReporterKind.TRUSTED_FLAGGER.value, flagger__isnull=False)
                | ~Q(kind=ReporterKind.TRUSTED_FLAGGER.value) & Q(flagger=None),
                name="reports_reporter_flagger",
            ),
        ]

    def __str__(self) -> str:
        return f"reporter {self.id}"


class Report(models.Model):
    """Somebody flagged something.

    text, identity  under the evidence seal: the reasons, and who reports, with name and mailbox
    content         under the same seal: what the messenger held of the thing
    content_hash    keyed hash of what was sent: the same form sent twice is one report
    contact         how the outcome reaches them, locked for the worker; empty when it is over
    network         keyed hash of where it came from, for a few days
    likeness        a hash of the words that is alike for like words
    masses          signs of coordinated mass reporting; with any it raises no priority
    disclosure      locked until the worker has checked it, then empty
    """

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    origin = models.CharField(max_length=ORIGIN_CHARACTERS_MAX, unique=True)
    kind = models.CharField(max_length=32)
    way = models.CharField(max_length=8)
    state = models.CharField(max_length=8)
    reporter = models.ForeignKey(Reporter, on_delete=models.PROTECT, related_name="reports")
    source = models.CharField(max_length=32, default=Source.USER.value)
    language = models.CharField(max_length=2)
    market = models.CharField(max_length=2, default=UNKNOWN_MARKET)

    about = models.CharField(max_length=ABOUT_CHARACTERS_MAX)
    harm = models.CharField(max_length=64, blank=True, default="", help_text="as they say")
    account = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    channel = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    channel_kind = models.CharField(max_length=16)
    event = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    good_faith = models.BooleanField(default=False)

    text = models.ForeignKey(
        SealedItem, null=True, on_delete=models.PROTECT, related_name="report_texts"
    )
    identity = models.ForeignKey(
        SealedItem, null=True, on_delete=models.PROTECT, related_name="report_identities"
    )
    contact = models.BinaryField(default=b"", max_length=MAILBOX_CHARACTERS_MAX + 512)
    contact_until = models.DateTimeField(null=True)
    receipt_hash = models.BinaryField(max_length=32, unique=True)
    network = models.BinaryField(max_length=16, default=b"")
    likeness = models.BigIntegerField(null=True)
    masses = ArrayField(models.CharField(max_length=16), default=list)

    proof = models.CharField(max_length=8, default=ProofLevel.NONE.value)
    content = models.ForeignKey(
        SealedItem, null=True, on_delete=models.PROTECT, related_name="report_contents"
    )
    content_hash = models.BinaryField(max_length=16, default=b"")
    proof_findings = ArrayField(models.CharField(max_length=64), default=list)
    proof_text = models.ForeignKey(
        SealedItem, null=True, on_delete=models.PROTECT, related_name="report_proofs"
    )
    disclosure = models.BinaryField(default=b"")
    proved_sender = models.CharField(
        max_length=ID_LENGTH_MAX, blank=True, default="", help_text="of the disclosed message"
    )

    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="reports")
    outcome = models.CharField(max_length=16, blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    tell_due = models.DateTimeField(null=True, help_text="when the outcome is to be told next")
    tell_attempts = models.PositiveSmallIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True, help_text="when the receipt was told")
    told_at = models.DateTimeField(null=True)

    class Meta:
        """Lists are closed; what is answered has an outcome; what is open has a case."""

        indexes: ClassVar = [
            models.Index(fields=["case"], name="reports_case"),
            models.Index(fields=["about", "at"], name="reports_about"),
            models.Index(
                fields=["at"],
                condition=Q(state=ReportState.WAITING.value),
                name="reports_slow_queue",
            ),
            models.Index(
                fields=["tell_due"], condition=Q(tell_due__isnull=False), name="reports_to_tell"
            ),
            models.Index(fields=["at"], condition=~Q(disclosure=b""), name="reports_to_prove"),
            models.Index(fields=["at"], condition=~Q(network=b""), name="reports_of_networks"),
            models.Index(
                fields=["contact_until"],
                condition=Q(contact_until__isnull=False),
                name="reports_to_forget",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=_listed("kind", ReportKind), name="reports_kind"),
            models.CheckConstraint(condition=_listed("way", Way), name="reports_way"),
            models.CheckConstraint(condition=_listed("proof", ProofLevel), name="reports_proof"),
            models.CheckConstraint(
                condition=_listed("outcome", ReportOutcome, empty=True), name="reports_outcome"
            ),
            models.CheckConstraint(
                condition=Q(state=ReportState.WAITING.value, case=None, outcome="")
                | Q(state=ReportState.OPEN.value, case__isnull=False, outcome="")
                | Q(state=ReportState.ANSWERED.value, answered_at__isnull=False) & ~Q(outcome=""),
                name="reports_state_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"report {self.id}"


class DoorCursor(models.Model):
    """How far a door has read what the messenger keeps.

    position  the greatest number read
    recent    the latest numbers read: another one among them was committed later, and is missing
    """

    door = models.CharField(max_length=64, primary_key=True)
    position = models.BigIntegerField(default=0)
    recent = ArrayField(models.BigIntegerField(), default=list)

    def __str__(self) -> str:
        return f"{self.door} {self.position}"
