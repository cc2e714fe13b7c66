"""What is stored of somebody's standing: strikes, penalties, misuse of reports and appeals."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from evenhand.actions.limits import ID_LENGTH_MAX
from evenhand.actions.models import Decision
from evenhand.base.lists import ActionKind, Language, TargetKind
from evenhand.cases.models import Case
from evenhand.people.models import Person
from evenhand.standing.limits import KEY_BYTES_MAX
from evenhand.standing.lists import LiftedWhy, MisuseKind, MisuseStep

LIFTED = Q(lifted_at=None, lifted_why="") | Q(
    lifted_at__isnull=False, lifted_why__in=[why.value for why in LiftedWhy]
)


class Strike(models.Model):
    """What one decision of a person counts against an account, until it expires or is lifted.

    account   empty once nothing is held against it any more
    count     how many strikes the policy on the harm gives
    done_at   when the matter came to the desk: what came before a warning leads no further
    """

    id = models.UUIDField(primary_key=True)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="strike")
    account = models.CharField(max_length=ID_LENGTH_MAX, blank=True)
    harm = models.CharField(max_length=64)
    count = models.PositiveSmallIntegerField()
    done_at = models.DateTimeField()
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_why = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        """A strike counts something and ends."""

        indexes: ClassVar = [
            models.Index(fields=["account", "given_at"], name="standing_strike_account"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(count__gte=1), name="standing_strike_counts"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("given_at")), name="standing_strike_ends"
            ),
            models.CheckConstraint(condition=LIFTED, name="standing_strike_lifted"),
        ]

    def __str__(self) -> str:
        return f"strike {self.id}"


class Label(models.Model):
    """What a decision says of an account or a channel for some time, for rules to look at.

    target  the messenger's id; empty once the label ended or was lifted
    """

    id = models.UUIDField(primary_key=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="labels")
    target_kind = models.CharField(max_length=16)
    target = models.CharField(max_length=ID_LENGTH_MAX, blank=True)
    harm = models.CharField(max_length=64)
    severity = models.PositiveSmallIntegerField()
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_why = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        """Once per decision and kind of target; a label ends."""

        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"], condition=~Q(target=""), name="standing_label_expires"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["decision", "target_kind"], name="standing_label_once"),
            models.CheckConstraint(
                condition=Q(target_kind__in=[TargetKind.ACCOUNT.value, TargetKind.CHANNEL.value]),
                name="standing_label_target",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("given_at")), name="standing_label_ends"
            ),
            models.CheckConstraint(condition=LIFTED, name="standing_label_lifted"),
        ]

    def __str__(self) -> str:
        return f"label {self.id}"


class Penalty(models.Model):
    """What strikes led to; the decision that carries it, and the warning that came before it.

    own       True: the decision was made for the strikes; False: a person's own warning counts
    strikes   how many were needed, within `days`
    """

    id = models.UUIDField(primary_key=True)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="penalty")
    strike = models.ForeignKey(Strike, on_delete=models.PROTECT, related_name="penalties")
    account = models.CharField(max_length=ID_LENGTH_MAX, blank=True)
    step = models.CharField(max_length=32)
    does = models.CharField(max_length=32)
    own = models.BooleanField()
    strikes = models.PositiveSmallIntegerField()
    days = models.PositiveSmallIntegerField()
    given_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    warning = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="followed_by"
    )
    lifted_at = models.DateTimeField(null=True)
    lifted_why = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        """DSA Art. 23(1): nobody is suspended for repetition without a warning before."""

        indexes: ClassVar = [
            models.Index(fields=["account", "given_at"], name="standing_penalty_account"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(does=ActionKind.WARN.value) | Q(warning__isnull=False),
                name="standing_penalty_warned_before",
            ),
            models.CheckConstraint(condition=LIFTED, name="standing_penalty_lifted"),
        ]

    def __str__(self) -> str:
        return f"penalty {self.id}"


class Unfounded(models.Model):
    """A report or an appeal that a person found manifestly unfounded (DSA Art. 23(2)).

    key       whose: a reporter's keyed hash, or the appellant's account; empty once it is over
    filed_at  when it came in; what came before a warning leads no further
    severity  of the harm claimed, 1 to 4: the gravity of the misuse (Art. 23(3)(c))
    intended  whether an intention could be seen (Art. 23(3)(d))
    """

    id = models.UUIDField(primary_key=True)
    key = models.BinaryField(max_length=KEY_BYTES_MAX)
    kind = models.CharField(max_length=8)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="unfounded")
    filed_at = models.DateTimeField()
    at = models.DateTimeField()
    severity = models.PositiveSmallIntegerField()
    intended = models.BooleanField()

    class Meta:
        """Once per person and case."""

        indexes: ClassVar = [
            models.Index(fields=["key", "kind", "at"], name="standing_unfounded_key"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key", "kind", "case"],
                condition=~Q(key=b""),
                name="standing_unfounded_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in MisuseKind]),
                name="standing_unfounded_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"unfounded filing {self.id}"


class Misuse(models.Model):
    """A warning for unfounded reports or appeals, or a suspension of their handling.

    unfounded, judged, weight, severity, intended  what was weighed (DSA Art. 23(3)), as it was then
    account  whom the messenger can tell; empty where the reports room tells
    """

    id = models.UUIDField(primary_key=True)
    key = models.BinaryField(max_length=KEY_BYTES_MAX)
    kind = models.CharField(max_length=8)
    step = models.CharField(max_length=12)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    warning = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="followed_by"
    )
    days = models.PositiveSmallIntegerField()
    unfounded = models.PositiveIntegerField()
    judged = models.PositiveIntegerField()
    weight = models.PositiveIntegerField()
    severity = models.PositiveSmallIntegerField()
    intended = models.PositiveIntegerField()
    account = models.CharField(max_length=ID_LENGTH_MAX, blank=True, default="")
    language = models.CharField(max_length=2, default=Language.EN.value)
    told_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_why = models.CharField(max_length=20, blank=True, default="")
    lifted_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="misuses_lifted"
    )

    class Meta:
        """DSA Art. 23(2): suspended for a time, and only after a warning."""

        indexes: ClassVar = [
            models.Index(fields=["key", "kind", "at"], name="standing_misuse_key"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(step=MisuseStep.WARNED.value, until=None)
                | Q(step=MisuseStep.SUSPENDED.value, until__gt=F("at"), warning__isnull=False),
                name="standing_misuse_warned_before",
            ),
            models.CheckConstraint(condition=LIFTED, name="standing_misuse_lifted"),
        ]

    def __str__(self) -> str:
        return f"misuse {self.id}"
