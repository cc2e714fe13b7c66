"""What is stored of the entries for the DSA Transparency Database."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from evenhand.actions.models import Decision
from evenhand.statements.lists import SubmissionState


class Submission(models.Model):
    """The entry of one decision, and how far it came; it holds no personal data."""

    id = models.UUIDField(primary_key=True)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="submission")
    puid = models.CharField(max_length=500, help_text="its number at the database, for ever")
    entry = models.JSONField(help_text="exactly what is sent")
    schema = models.CharField(max_length=16)
    state = models.CharField(max_length=16, default=SubmissionState.WAITING.value)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    alone = models.BooleanField(default=False, help_text="sent by itself: a batch failed with it")
    error = models.CharField(max_length=200, blank=True, default="")
    faults = models.JSONField(default=list, help_text="field, fault and words, where it is refused")
    answered_at = models.DateTimeField(null=True)
    uuid = models.CharField(max_length=64, blank=True, default="", help_text="the database's own")
    permalink = models.CharField(max_length=500, blank=True, default="")
    reversed_at = models.DateTimeField(null=True)
    reversal = models.CharField(max_length=32, blank=True, default="")
    left_out_by = models.UUIDField(null=True)
    left_out_reason = models.TextField(blank=True, default="")

    class Meta:
        """What the sender looks for; who leaves an entry out says why."""

        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=(SubmissionState.WAITING.value, SubmissionState.SENT.value)),
                name="statements_due",
            ),
            models.Index(fields=["state", "-id"], name="statements_state"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["puid"], name="statements_puid"),
            models.CheckConstraint(
                condition=~Q(state=SubmissionState.ACCEPTED.value) | Q(answered_at__isnull=False),
                name="statements_accepted_when",
            ),
            models.CheckConstraint(
                condition=Q(state=SubmissionState.GONE.value)
                & Q(left_out_by__isnull=False)
                & ~Q(left_out_reason="")
                | ~Q(state=SubmissionState.GONE.value) & Q(left_out_by=None, left_out_reason=""),
                name="statements_left_out_by",
            ),
            models.CheckConstraint(
                condition=Q(reversed_at=None, reversal="")
                | Q(reversed_at__isnull=False) & ~Q(reversal=""),
                name="statements_reversed_how",
            ),
        ]
