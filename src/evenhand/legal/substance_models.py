"""What is stored of the questions of substance: the answers, and the votes of the board."""

from typing import ClassVar

from django.db import models

from evenhand.people.models import Person
from evenhand.records.models import AppendOnly


class Assessment(models.Model):
    """The questions of substance, answered by a person before anything is released.

    round      counts up each time they are answered anew; only votes of the same round count
    voided_at  the request was changed after they were answered: they have to be answered anew
    """

    matter = models.OneToOneField(
        "legal.Matter", on_delete=models.PROTECT, primary_key=True, related_name="assessment"
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

    matter = models.ForeignKey("legal.Matter", on_delete=models.PROTECT, related_name="votes")
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
