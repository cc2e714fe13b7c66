"""What is stored of rules: each version, how far it came, and who answers for it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from evenhand.people.models import Person
from evenhand.rulebook.limits import RULE_ID_CHARACTERS_MAX, SHARE_MAX, VERSION_CHARACTERS_MAX
from evenhand.rulebook.lists import RuleState


class RuleVersion(models.Model):
    """One version of a rule, as its file was; the text never changes.

    state_at  since when it is in this state
    share     per cent of accounts for whom it acts while it is staged
    backtest  the figures of the last backtest, with no account and no text among them
    approver  who let it go live: somebody else than its author
    """

    id = models.UUIDField(primary_key=True)
    rule = models.CharField(max_length=RULE_ID_CHARACTERS_MAX)
    version = models.CharField(max_length=VERSION_CHARACTERS_MAX)
    text = models.TextField()
    harm = models.CharField(max_length=64)
    owner = models.CharField(max_length=200)
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="rules_written")
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

    class Meta:
        """A version is written once; one of each rule is live; two people let it go live."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "version"], name="rulebook_version_once"),
            models.UniqueConstraint(
                fields=["rule"], condition=Q(state=RuleState.LIVE.value), name="rulebook_one_live"
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
                | Q(approver__isnull=False, backtest_at__isnull=False),
                name="rulebook_live_answered_for",
            ),
            models.CheckConstraint(
                condition=Q(state=RuleState.STAGED.value, share__gte=1, share__lte=SHARE_MAX)
                | ~Q(state=RuleState.STAGED.value) & Q(share=None),
                name="rulebook_share_staged",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.version}"
