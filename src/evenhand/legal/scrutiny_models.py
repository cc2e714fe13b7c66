"""What is stored of the scrutiny of an order that came from another Member State."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from evenhand.legal.lists import ScrutinyOutcome
from evenhand.people.models import Person


class Scrutiny(models.Model):
    """Whether the authority of the home Member State found that an order infringes the law.

    asked_by   who set it going; `asked_at` when, which is when its 72 hours begin
    reinstated how many measures are taken back; `kept` says why some were not
    """

    matter = models.OneToOneField(
        "legal.Matter", on_delete=models.PROTECT, primary_key=True, related_name="scrutiny"
    )
    asked_by = models.CharField(max_length=16)
    asked_at = models.DateTimeField()
    noted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()
    note = models.TextField()
    outcome = models.CharField(max_length=16, blank=True, default="")
    outcome_at = models.DateTimeField(null=True)
    outcome_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    outcome_note = models.TextField(blank=True, default="")
    reinstated = models.PositiveIntegerField(default=0)
    kept = models.TextField(blank=True, default="")

    class Meta:
        """An outcome is somebody's word at some time."""

        constraints: ClassVar = [
            models.CheckConstraint(
                name="legal_scrutiny_outcome",
                condition=Q(outcome="", outcome_at=None, outcome_by=None)
                | Q(
                    outcome__in=[one.value for one in ScrutinyOutcome if one.value],
                    outcome_at__isnull=False,
                    outcome_by__isnull=False,
                ),
            ),
        ]
