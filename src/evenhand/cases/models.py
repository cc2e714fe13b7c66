"""What is stored of the things that a person has to decide."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from evenhand.actions.limits import ID_LENGTH_MAX
from evenhand.actions.models import Decision
from evenhand.base.lists import UNKNOWN_MARKET, Source
from evenhand.cases.limits import ABOUT_CHARACTERS_MAX, QUEUE_NAME_CHARACTERS_MAX
from evenhand.cases.lists import (
    BulkState,
    CaseKind,
    CaseLane,
    CaseOutcome,
    CaseState,
    StageOutcome,
    StepKind,
)
from evenhand.evidence.models import SealedItem
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.models import AppendOnly


class Case(models.Model):
    """One thing that a person decides: a review, an objection, an effect that failed.

    barred_staff  who decided what is objected to; that person may not judge the objection
    barred_names  author and approver of the rule that decided; they may not either
    about         the one thing it is about: `event:…`, `channel:…`, `account:…`; one review at a
                  time is open about each
    due_at        the clock that runs out first, if one runs
    serve_by      when somebody should look at the latest: the order of every queue
    golden        the answer is known and nothing is done: it measures how people decide
    sampled_of    the closed case that this one looks at again; nothing is done either
    opinion_by    everybody who gave an opinion; none of them decides
    manifestly_unfounded  who closed it found its reports, or the appeal, manifestly unfounded
    """

    id = models.UUIDField(primary_key=True)
    opened_at = models.DateTimeField()
    kind = models.CharField(max_length=16)
    origin = models.CharField(max_length=320, unique=True, help_text="what opened it")
    decision = models.ForeignKey(
        Decision, null=True, on_delete=models.PROTECT, related_name="cases"
    )

    harm = models.CharField(max_length=64)
    severity = models.PositiveSmallIntegerField()
    score = models.FloatField()
    rules = models.JSONField(default=list, help_text="ids and versions of the rules that fired")
    reason_opened = models.TextField(blank=True, default="", help_text="one sentence")
    noticed = models.JSONField(default=dict, help_text="what rules about habits saw, by column")
    source = models.CharField(max_length=32, default=Source.OWN.value)
    market = models.CharField(max_length=2, default=UNKNOWN_MARKET)
    language = models.CharField(max_length=2)

    account = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    channel = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    channel_kind = models.CharField(max_length=16)
    event = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    evidence = models.ForeignKey(
        SealedItem, null=True, on_delete=models.PROTECT, related_name="cases"
    )
    objection = models.ForeignKey(
        SealedItem, null=True, on_delete=models.PROTECT, related_name="objection_cases"
    )

    state = models.CharField(max_length=8, default=CaseState.OPEN.value)
    outcome = models.CharField(max_length=16, blank=True, default="")
    reason = models.TextField(blank=True, default="", help_text="why it was closed so")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="cases_closed"
    )
    closed_by_name = models.CharField(max_length=128, blank=True, default="")
    manifestly_unfounded = models.BooleanField(default=False)
    barred_staff = models.UUIDField(null=True)
    barred_names = ArrayField(models.CharField(max_length=128), default=list)

    lane = models.CharField(max_length=8, default=CaseLane.OPEN.value)
    about = models.CharField(max_length=ABOUT_CHARACTERS_MAX, blank=True, default="")
    queue = models.CharField(max_length=QUEUE_NAME_CHARACTERS_MAX, blank=True, default="")
    needs_role = models.CharField(max_length=20, default=Role.REVIEWER.value)
    reach = models.BigIntegerField(default=0, help_text="how many can see what it is about")
    reach_counted_at = models.DateTimeField(null=True)
    account_channels = models.BigIntegerField(null=True, help_text="channels its account is in")
    reports_received = models.PositiveIntegerField(default=0)
    reports_raising = models.PositiveIntegerField(default=0, help_text="those that count")
    due_at = models.DateTimeField(null=True)
    serve_by = models.DateTimeField()

    claimed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="cases_claimed"
    )
    claimed_until = models.DateTimeField(null=True)
    handed_to = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="cases_handed"
    )
    escalated_at = models.DateTimeField(null=True)
    escalated_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="cases_escalated"
    )
    escalated_reason = models.TextField(blank=True, default="")
    opinion_wanted_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="opinions_wanted"
    )
    opinion_by = ArrayField(models.UUIDField(), default=list)

    golden = models.BooleanField(default=False)
    golden_answer = models.CharField(max_length=32, blank=True, default="")
    sampled_of = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="looked_at_again"
    )

    class Meta:
        """Four eyes and one objection per decision hold in the database too."""

        indexes: ClassVar = [
            models.Index(
                fields=["serve_by", "id"],
                condition=Q(state=CaseState.OPEN.value),
                name="cases_queue",
            ),
            models.Index(fields=["state", "-closed_at"], name="cases_closed"),
            models.Index(fields=["channel"], name="cases_channel"),
            models.Index(fields=["about"], condition=~Q(about=""), name="cases_about"),
            models.Index(fields=["account"], name="cases_account"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["decision"],
                condition=Q(kind=CaseKind.OBJECTION.value),
                name="cases_one_objection",
            ),
            models.CheckConstraint(
                condition=Q(state=CaseState.OPEN.value, closed_by=None, closed_at=None, outcome="")
                | Q(
                    state=CaseState.CLOSED.value,
                    closed_by__isnull=False,
                    closed_at__isnull=False,
                    outcome__in=[outcome.value for outcome in CaseOutcome],
                ),
                name="cases_closed_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(closed_by=None)
                | Q(barred_staff=None)
                | ~Q(closed_by=F("barred_staff")),
                name="cases_four_eyes",
            ),
            models.CheckConstraint(
                condition=~Q(kind=CaseKind.OBJECTION.value)
                | Q(decision__isnull=False, objection__isnull=False),
                name="cases_objection_whole",
            ),
            models.UniqueConstraint(
                fields=["about"],
                condition=Q(
                    kind=CaseKind.REVIEW.value,
                    state=CaseState.OPEN.value,
                    golden=False,
                    sampled_of=None,
                )
                & ~Q(about=""),
                name="cases_one_open_about",
            ),
            models.CheckConstraint(
                condition=Q(closed_by=None)
                | Q(claimed_by=None)
                | Q(closed_by=F("claimed_by"))
                | Q(claimed_until__lte=F("closed_at")),
                name="cases_claim_kept",
            ),
            models.CheckConstraint(
                condition=Q(claimed_by=None, claimed_until=None)
                | Q(claimed_by__isnull=False, claimed_until__isnull=False),
                name="cases_claim_whole",
            ),
            models.CheckConstraint(
                condition=~Q(harm__startswith="m.child_safety")
                | Q(lane=CaseLane.SEALED.value, needs_role=Role.CHILD_SAFETY.value),
                name="cases_children_sealed",
            ),
            models.CheckConstraint(
                condition=(Q(golden=False) & Q(golden_answer=""))
                | (Q(golden=True, sampled_of=None) & ~Q(golden_answer="")),
                name="cases_golden_answered",
            ),
            models.CheckConstraint(
                condition=~(
                    Q(outcome=CaseOutcome.ACTED.value)
                    & (Q(golden=True) | Q(sampled_of__isnull=False))
                ),
                name="cases_measuring_does_nothing",
            ),
            models.CheckConstraint(
                condition=Q(manifestly_unfounded=False)
                | Q(outcome__in=[CaseOutcome.NO_ACTION.value, CaseOutcome.REFUSED.value]),
                name="cases_unfounded_without_action",
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.id}"


class CaseOrigin(AppendOnly):
    """What else came in about a thing that had an open case already: it joined that case."""

    origin = models.CharField(primary_key=True, max_length=320)
    at = models.DateTimeField()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="joined")


class CaseStep(AppendOnly):
    """One step that somebody took with a case; the history of who had it in hand."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=24)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="case_steps")
    to = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    said = models.TextField(blank=True, default="")

    @property
    def stage(self) -> bool:
        """Tells whether the second stage took it, and no person."""
        return self.kind in (StepKind.STAGE_VIOLATION, StepKind.STAGE_NO_VIOLATION)


class CaseNote(AppendOnly):
    """What somebody wrote down on a case, for colleagues only."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="case_notes")
    text = models.TextField()


class StageLook(AppendOnly):
    """That the second stage was asked about a case, and what it said; once for each case.

    text_hash  keyed, so that the same text is not sent twice; the text itself is not kept
    """

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="stage_look")
    policy = models.CharField(max_length=64)
    policy_version = models.CharField(max_length=32)
    outcome = models.CharField(max_length=16)
    text_hash = models.BinaryField(max_length=16, default=b"")
    violates = models.BooleanField(null=True)
    certainty = models.FloatField(null=True)
    clause = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        """What counts against the day's budget, and what is known of a text."""

        indexes: ClassVar = [
            models.Index(fields=["at"], name="cases_stage_at"),
            models.Index(fields=["text_hash", "at"], name="cases_stage_text"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome__in=[one.value for one in StageOutcome]),
                name="cases_stage_outcome",
            ),
        ]


class Opinion(AppendOnly):
    """What a second person would decide, and why; they do not decide the case then."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="opinions")
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="opinions_asked")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="opinions_given")
    kind = models.CharField(max_length=32, help_text="what they would decide")
    reason = models.TextField()

    class Meta:
        """Whoever asks is not who answers, and nobody answers twice."""

        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(by=F("asked_by")), name="cases_opinion_of_another"),
            models.UniqueConstraint(fields=["case", "by"], name="cases_one_opinion"),
        ]


class Golden(AppendOnly):
    """A closed case whose answer is known, as a senior said who did not decide it."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="known_answer")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="answers_known")
    answer = models.CharField(max_length=32)
    reason = models.TextField()


class QualityCheck(AppendOnly):
    """Two answers to the same thing: how far people decide alike.

    case         what the second person looked at
    first_by     who answered first; None for a golden case, whose answer is known
    """

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="quality_check")
    harm = models.CharField(max_length=64)
    golden = models.BooleanField()
    first = models.CharField(max_length=32)
    first_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="answers_checked"
    )
    second = models.CharField(max_length=32)
    second_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="answers_given")
    agreed = models.BooleanField()

    class Meta:
        """Nobody checks themselves; agreed means that both answers are the same."""

        indexes: ClassVar = [models.Index(fields=["at"], name="cases_quality_at")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(golden=True, first_by=None)
                | Q(golden=False, first_by__isnull=False) & ~Q(second_by=F("first_by")),
                name="cases_quality_of_another",
            ),
            models.CheckConstraint(
                condition=Q(agreed=True, second=F("first"))
                | Q(agreed=False) & ~Q(second=F("first")),
                name="cases_quality_agreed",
            ),
        ]


class Exposure(models.Model):
    """How much one person opened on one day, and how much of it was grave or sealed."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="exposures")
    day = models.DateField()
    opened = models.PositiveIntegerField(default=0)
    grave = models.PositiveIntegerField(default=0)

    class Meta:
        """One row for each person and day."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "day"], name="cases_exposure_day"),
        ]


class Bulk(models.Model):
    """One decision proposed for many cases of one raid or wave.

    A sample is decided one by one first; only if all of it got this decision the rest follow.
    """

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="bulks")
    kind = models.CharField(max_length=32)
    harm = models.CharField(max_length=64)
    reason = models.TextField()
    seed = models.BigIntegerField(help_text="by which the sample can be drawn again")
    state = models.CharField(max_length=12, default=BulkState.SAMPLING.value)
    ended_at = models.DateTimeField(null=True)


class BulkCase(models.Model):
    """One case of a bulk decision: in the sample or not, decided or not."""

    id = models.BigAutoField(primary_key=True)
    bulk = models.ForeignKey(Bulk, on_delete=models.PROTECT, related_name="members")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="bulks")
    sampled = models.BooleanField()
    done = models.BooleanField(default=False)
    left_out = models.TextField(blank=True, default="", help_text="why it did not follow")

    class Meta:
        """A case stands once in a bulk; what is left is found quickly."""

        indexes: ClassVar = [
            models.Index(fields=["bulk"], condition=Q(done=False), name="cases_bulk_left"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bulk", "case"], name="cases_bulk_once"),
        ]
