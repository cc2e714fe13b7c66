"""What is stored of people whom an authority may not reach without the policy board."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from evenhand.people.models import Person


class ProtectedTarget(models.Model):
    """Somebody, or a channel, that is protected for a ground: kept as a keyed hash alone.

    Two people keep an entry; it ends by its day, or earlier by two people again. The hash goes
    with it.
    """

    id = models.UUIDField(primary_key=True)
    tag = models.BinaryField(max_length=32, help_text="keyed hash of kind and value")
    ground = models.CharField(max_length=24)
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    end_wanted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Two people, an end, and nothing left after it."""

        indexes: ClassVar = [
            models.Index(fields=["tag"], condition=Q(ended_at=None), name="legal_protected_tag"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="legal_protected_two_people",
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="legal_protected_ended_by_two",
                condition=Q(ended_by=None)
                | Q(end_wanted_by__isnull=False) & ~Q(ended_by=F("end_wanted_by")),
            ),
            models.CheckConstraint(
                name="legal_protected_has_an_end",
                condition=Q(expires_at__gt=F("proposed_at")),
            ),
            models.CheckConstraint(
                name="legal_protected_forgotten",
                condition=Q(ended_at=None) | Q(tag=b""),
            ),
        ]
