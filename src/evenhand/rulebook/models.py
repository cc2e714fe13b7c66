"""What is stored of rules: each version, how far it came, and who answers for it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from evenhand.people.models import Person
from evenhand.rulebook.limits import (
    HISTORY_NAME_CHARACTERS_MAX,
    RULE_ID_CHARACTERS_MAX,
    SHARE_MAX,
    VERSION_CHARACTERS_MAX,
)
from evenhand.rulebook.lists import IN_FORCE, RuleState


class RuleVersion(models.Model):
    """One version of a rule, as its file was; the text never changes.

    state_at  since when it is in this state
    share     per cent of accounts for whom it acts while it is staged
    backtest  the figures of the last backtest, with no account and no text among them
    approver  who let it go live: somebody else than its author
    shipped   it came with Evenhand, and nobody here wrote it or let it go live
    imported  it came from files, and their history tells of it
    note      what changed with it, and why, in its author's words
    former    the version that was live until this one was
    """

    id = models.UUIDField(primary_key=True)
    rule = models.CharField(max_length=RULE_ID_CHARACTERS_MAX)
    version = models.CharField(max_length=VERSION_CHARACTERS_MAX)
    text = models.TextField()
    harm = models.CharField(max_length=64)
    owner = models.CharField(max_length=200)
    author = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="rules_written"
    )
    state = models.CharField(max_length=12, default=RuleState.DRAFT.value)
    written_at = models.DateTimeField()
    state_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    share = models.PositiveSmallIntegerField(null=True)
    backtest = models.JSONField(default=dict)
    backtest_at = models.DateTimeField(null=True)
    approver = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="rules_approved"
    )
    shipped = models.BooleanField(default=False)
    imported = models.BooleanField(default=False)
    note = models.TextField(blank=True, default="")
    former = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """A version is written once; one of each rule per state in force; two let it live."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "version"], name="rulebook_version_once"),
            *(
                models.UniqueConstraint(
                    fields=["rule"], condition=Q(state=state.value), name=f"rulebook_one_{state}"
                )
                for state in IN_FORCE
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in RuleState]),
                name="rulebook_state_listed",
            ),
            models.CheckConstraint(
                condition=Q(approver=None) | ~Q(approver=F("author")), name="rulebook_four_eyes"
            ),
            models.CheckConstraint(
                condition=~Q(state=RuleState.LIVE.value)
                | Q(approver__isnull=False, backtest_at__isnull=False)
                | Q(shipped=True),
                name="rulebook_live_answered_for",
            ),
            models.CheckConstraint(
                condition=Q(shipped=True, author=None, approver=None)
                | Q(shipped=False, author__isnull=False),
                name="rulebook_author_unless_shipped",
            ),
            models.CheckConstraint(
                condition=Q(state=RuleState.STAGED.value, share__gte=1, share__lte=SHARE_MAX)
                | ~Q(state=RuleState.STAGED.value) & Q(share=None),
                name="rulebook_share_staged",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.version}"


class Rollback(models.Model):
    """The undoing of all that one version of a rule did; the worker goes on with it until it ends.

    undone    actions whose undoing has begun
    left      actions that nothing can undo
    restored  the version that is live again instead
    """

    id = models.UUIDField(primary_key=True)
    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="rollbacks")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    undone = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    restored = models.ForeignKey(RuleVersion, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """One at a time of each version."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(ended_at=None), name="rulebook_one_rollback"
            ),
        ]


class RetroSweep(models.Model):
    """One live version asked about stored history; what it finds becomes cases.

    file     the file's name in the folder of history
    rows     events of the file that were asked about: where the next run goes on
    hits     events for which it fired
    stopped  why it could not go on; empty unless it could not
    """

    id = models.UUIDField(primary_key=True)
    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="sweeps")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    file = models.CharField(max_length=HISTORY_NAME_CHARACTERS_MAX)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    rows = models.PositiveBigIntegerField(default=0)
    hits = models.PositiveBigIntegerField(default=0)
    stopped = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        """One at a time of each version and file."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["version", "file"], condition=Q(ended_at=None), name="rulebook_one_sweep"
            ),
        ]
