"""What is stored of who is told: the users concerned, authorities of a danger, a later look."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from evenhand.actions.limits import ID_LENGTH_MAX
from evenhand.authorities.models import Authority
from evenhand.evidence.models import SealedItem
from evenhand.legal.lists import NoticeState
from evenhand.people.models import Person


class UserNotice(models.Model):
    """What one account is told of a matter, or why not, or not yet."""

    id = models.UUIDField(primary_key=True)
    matter = models.ForeignKey("legal.Matter", on_delete=models.PROTECT, related_name="notices")
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
    matter = models.ForeignKey("legal.Matter", on_delete=models.PROTECT, related_name="samples")
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
