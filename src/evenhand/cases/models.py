"""What is stored of the things that a person has to decide."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from evenhand.actions.limits import ID_LENGTH_MAX
from evenhand.actions.models import Decision
from evenhand.base.lists import UNKNOWN_MARKET, Source
from evenhand.cases.lists import CaseKind, CaseOutcome, CaseState
from evenhand.evidence.models import SealedItem
from evenhand.people.models import Person


class Case(models.Model):
    """One thing that a person decides: a review, an objection, an effect that failed.

    barred_staff  who decided what is objected to; that person may not judge the objection
    barred_names  author and approver of the rule that decided; they may not either
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
    barred_staff = models.UUIDField(null=True)
    barred_names = ArrayField(models.CharField(max_length=128), default=list)

    class Meta:
        """Four eyes and one objection per decision hold in the database too."""

        indexes: ClassVar = [
            models.Index(fields=["state", "-severity", "opened_at"], name="cases_queue"),
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
        ]

    def __str__(self) -> str:
        return f"case {self.id}"
