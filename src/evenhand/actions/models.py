"""What is stored of decisions, of what was done for them, and of how it was told."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q

from evenhand.actions.limits import ID_LENGTH_MAX
from evenhand.actions.lists import ActionState, DeliveryState, StatementState, Verb
from evenhand.base.lists import (
    UNKNOWN_MARKET,
    ActionKind,
    Ground,
)
from evenhand.evidence.models import SealedItem
from evenhand.records.models import AppendOnly, TransactionIdField


class Decision(AppendOnly):
    """What was decided, on which ground, by which rule or person; it is never altered."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    origin = models.CharField(max_length=320, help_text="what it was decided about")

    ground = models.CharField(max_length=16)
    rule_id = models.CharField(max_length=64, blank=True, default="")
    rule_version = models.CharField(max_length=32, blank=True, default="")
    rule_author = models.CharField(max_length=128, blank=True, default="")
    rule_approver = models.CharField(max_length=128, blank=True, default="")
    case = models.UUIDField(null=True)
    staff = models.UUIDField(null=True)

    harm = models.CharField(max_length=64)
    severity = models.PositiveSmallIntegerField()
    score = models.FloatField()
    exact = models.BooleanField(default=False)
    reason = models.TextField(help_text="one sentence")

    source = models.CharField(max_length=32)
    automation = models.CharField(max_length=16)
    detection_automated = models.BooleanField()
    market = models.CharField(max_length=2, default=UNKNOWN_MARKET)
    language = models.CharField(max_length=2)

    account = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    channel = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    channel_kind = models.CharField(max_length=16)
    event = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    evidence = models.ForeignKey(SealedItem, null=True, on_delete=models.PROTECT)

    class Meta:
        """A rule decides without a person, a case only with one."""

        indexes: ClassVar = [
            models.Index(fields=["-at"], name="actions_decision_at"),
            models.Index(fields=["account"], name="actions_decision_account"),
            models.Index(fields=["rule_id", "rule_version"], name="actions_decision_rule"),
        ]
        constraints: ClassVar = [
            # Not `unique=True`, which adds an index for LIKE that nobody uses.
            models.UniqueConstraint(fields=["origin"], name="actions_decision_origin"),
            models.CheckConstraint(
                condition=(
                    Q(ground=Ground.RULE.value, staff=None, case=None) & ~Q(rule_id="")
                    | Q(ground=Ground.CASE.value, staff__isnull=False, case__isnull=False)
                    | Q(ground=Ground.ORDER.value, staff__isnull=False)
                ),
                name="actions_decision_ground",
            ),
            models.CheckConstraint(
                condition=Q(score__gte=0.0, score__lte=1.0), name="actions_decision_score"
            ),
        ]


class Action(models.Model):
    """One thing done, or to be done, at the messenger for a decision."""

    id = models.UUIDField(primary_key=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="actions")
    kind = models.CharField(max_length=32)
    target_kind = models.CharField(max_length=16)
    account = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    channel = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    event = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    media = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    lasting_on = models.CharField(
        max_length=2 * ID_LENGTH_MAX + 1,
        blank=True,
        default="",
        help_text="what its effect lasts on; empty if nothing lasts",
    )
    territory = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    ends_at = models.DateTimeField(null=True)
    state = models.CharField(
        max_length=16,
        default=ActionState.PENDING.value,
    )
    memory = models.JSONField(null=True, help_text="what undoing it will need")
    in_force_at = models.DateTimeField(null=True)
    undo_by = models.UUIDField(null=True)
    undo_reason = models.TextField(blank=True, default="")
    changed = TransactionIdField(db_default=Func(function="pg_current_xact_id"), editable=False)
    """The transaction that wrote it last; a trigger sees to it, however it was written."""

    class Meta:
        """What sweeps and pages look for, and what keeps up with changes."""

        indexes: ClassVar = [
            models.Index(fields=["state", "kind"], name="actions_action_state"),
            models.Index(
                fields=["ends_at"],
                condition=Q(ends_at__isnull=False),
                name="actions_action_ends",
            ),
            models.Index(fields=["channel"], name="actions_action_channel"),
            models.Index(
                fields=["lasting_on", "kind"],
                condition=~Q(lasting_on=""),
                name="actions_action_lasting",
            ),
            models.Index(fields=["changed"], name="actions_action_changed"),
            models.Index(
                fields=["account"],
                condition=Q(kind=ActionKind.DEACTIVATE.value),
                name="actions_action_closed",
            ),
        ]


class Statement(models.Model):
    """A statement of reasons to the account concerned (DSA Art. 17)."""

    decision = models.OneToOneField(
        Decision, on_delete=models.PROTECT, primary_key=True, related_name="statement"
    )
    account = models.CharField(max_length=ID_LENGTH_MAX)
    language = models.CharField(max_length=2)
    state = models.CharField(
        max_length=16,
        default=StatementState.WAITING.value,
    )
    delivered_at = models.DateTimeField(null=True)


class Delivery(models.Model):
    """One call at the messenger that must arrive; its id is the idempotency key."""

    id = models.UUIDField(primary_key=True)
    # Each is empty where the other is not: their indexes are below, without the empty ones.
    action = models.ForeignKey(
        Action, null=True, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    statement = models.ForeignKey(
        Statement, null=True, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    verb = models.CharField(max_length=16)
    answer = models.JSONField(null=True, help_text="how an objection ended, and the reasons")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    batch = models.UUIDField(null=True)
    state = models.CharField(
        max_length=16,
        default=DeliveryState.WAITING.value,
    )
    error = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        """What the worker looks for; a delivery carries an action or a statement."""

        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=Q(state=DeliveryState.WAITING.value),
                name="actions_delivery_due",
            ),
            models.Index(
                fields=["batch"],
                condition=Q(state=DeliveryState.CLAIMED.value),
                name="actions_delivery_batch",
            ),
            models.Index(
                fields=["action"],
                condition=Q(action__isnull=False),
                name="actions_delivery_action",
            ),
            models.Index(
                fields=["statement"],
                condition=Q(statement__isnull=False),
                name="actions_delivery_statement",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(
                    Q(verb=Verb.NOTIFY.value, action=None, statement__isnull=False, answer=None)
                    | Q(
                        verb=Verb.ANSWER.value,
                        action=None,
                        statement__isnull=False,
                        answer__isnull=False,
                    )
                    | ~Q(verb__in=[Verb.NOTIFY.value, Verb.ANSWER.value])
                    & Q(action__isnull=False, statement=None, answer=None)
                ),
                name="actions_delivery_carries",
            ),
        ]


class Outcome(AppendOnly):
    """What reading the messenger back said after a delivery."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="outcomes")
    found = models.CharField(max_length=16, help_text="a member of InForce, or `arrived`")
    confirmed = models.BooleanField()
    error = models.CharField(max_length=200, blank=True, default="")
