"""What is stored of the search: its query policy, what should leave it, what rooms are known by."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from evenhand.actions.limits import ID_LENGTH_MAX
from evenhand.people.models import Person
from evenhand.search.lists import PolicyState, ProposalKind, ProposalState


class Proposal(models.Model):
    """An item that should leave the search, as the searcher found it; the worker decides on it."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    origin = models.CharField(max_length=320, help_text="of the decision that it becomes")
    kind = models.CharField(max_length=16)
    state = models.CharField(max_length=16, default=ProposalState.WAITING.value)
    item = models.CharField(max_length=ID_LENGTH_MAX)
    item_kind = models.CharField(max_length=16)
    room = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    account = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    language = models.CharField(max_length=8, blank=True, default="")
    harm = models.CharField(max_length=64)
    version = models.CharField(max_length=64, help_text="of the rule or of the query policy")
    score = models.FloatField()
    closed = models.CharField(
        max_length=ID_LENGTH_MAX, blank=True, default="", help_text="the room that it resembles"
    )
    closing = models.UUIDField(null=True, help_text="the decision that closes that room")
    topic = models.CharField(max_length=64, blank=True, default="")
    territory = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    decision = models.UUIDField(null=True)

    class Meta:
        """One item is proposed once for the same ground."""

        indexes: ClassVar = [
            models.Index(
                fields=["at"],
                condition=Q(state=ProposalState.WAITING.value),
                name="search_proposal_waiting",
            ),
            models.Index(fields=["decision"], name="search_proposal_decision"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["origin"], name="search_proposal_origin"),
            models.CheckConstraint(
                condition=(
                    Q(kind=ProposalKind.RECREATION.value, closing__isnull=False, topic="")
                    & ~Q(closed="")
                    | Q(kind=ProposalKind.POLICY.value, closing=None, closed="") & ~Q(topic="")
                ),
                name="search_proposal_ground",
            ),
            models.CheckConstraint(
                condition=Q(state=ProposalState.DECIDED.value, decision__isnull=False)
                | ~Q(state=ProposalState.DECIDED.value) & Q(decision=None),
                name="search_proposal_decided",
            ),
        ]


class ClosedRoom(models.Model):
    """What a closed room is known by, as long as a decision closes it.

    The index keeps the room's item too, but can be lost and filled anew, when the messenger may
    no longer have the room.
    """

    room = models.CharField(max_length=ID_LENGTH_MAX, primary_key=True)
    at = models.DateTimeField()
    title = models.TextField(blank=True, default="")
    text = models.TextField(blank=True, default="")
    account = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    avatar = models.TextField(blank=True, default="")
    aliases = ArrayField(models.TextField(), default=list, blank=True)


class ItemSweep(models.Model):
    """A version of the query policy applied to the whole index; killed, it goes on at its place."""

    version = models.CharField(max_length=64, primary_key=True)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    place = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    items = models.PositiveBigIntegerField(default=0)
    found = models.PositiveBigIntegerField(default=0)


class PolicyVersion(models.Model):
    """One version of the query policy; its text never changes.

    number    1, 2, 3 … in the order in which they were written
    approver  who let it go live: somebody else than its author
    note      what changed with it, and why, in its author's words
    state_at  since when it is in this state
    """

    id = models.UUIDField(primary_key=True)
    number = models.PositiveIntegerField()
    text = models.TextField()
    author = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="search_policies_written"
    )
    approver = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="search_policies_approved"
    )
    state = models.CharField(max_length=12, default=PolicyState.DRAFT.value)
    note = models.TextField(blank=True, default="")
    written_at = models.DateTimeField()
    state_at = models.DateTimeField()

    class Meta:
        """One version is live, and two people answer for it."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number"], name="search_policy_number"),
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state=PolicyState.LIVE.value),
                name="search_policy_one_live",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in PolicyState]),
                name="search_policy_state_listed",
            ),
            models.CheckConstraint(
                condition=Q(approver=None) | ~Q(approver=F("author")),
                name="search_policy_four_eyes",
            ),
            models.CheckConstraint(
                condition=~Q(state=PolicyState.LIVE.value) | Q(approver__isnull=False),
                name="search_policy_live_answered_for",
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)
