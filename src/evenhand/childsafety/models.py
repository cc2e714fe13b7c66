"""What is stored of child safety: feeds of hashes, what matched, reports to the CyberTipline."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from evenhand.cases.models import Case
from evenhand.childsafety.limits import (
    ENTRY_CHARACTERS_MAX,
    HASH_BYTES_MAX,
    NAME_CHARACTERS_MAX,
    OWNER_CHARACTERS_MAX,
    PLACE_CHARACTERS_MAX,
)
from evenhand.childsafety.lists import FalseMatchState, FeedState, TipState
from evenhand.people.models import Person


class HashFeed(models.Model):
    """A feed of hashes that the operator connects; two people stand for it.

    place   a file below the state folder, or the environment of an exchange
    cursor  how far it was read, in the feed's own terms; it moves with the hashes it brought
    owner   who answers for it; empty for one of an earlier version
    expires_at  when it has to be renewed; None for one of an earlier version
    changes  how many of the pages read so far changed its hashes
    """

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=NAME_CHARACTERS_MAX, unique=True)
    kind = models.CharField(max_length=24)
    harm = models.CharField(max_length=64)
    place = models.CharField(max_length=PLACE_CHARACTERS_MAX)
    state = models.CharField(max_length=12, default=FeedState.PROPOSED.value)
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="feeds_proposed")
    proposed_at = models.DateTimeField()
    activated_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="feeds_activated"
    )
    activated_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    owner = models.CharField(max_length=OWNER_CHARACTERS_MAX, blank=True, default="")
    expires_at = models.DateTimeField(null=True)
    changes = models.PositiveBigIntegerField(default=0)
    cursor = models.CharField(max_length=PLACE_CHARACTERS_MAX, blank=True, default="")
    last_read_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        """Whoever proposed a feed does not activate it."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(activated_by=None) | ~Q(activated_by=F("proposed_by")),
                name="childsafety_feed_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state=FeedState.ACTIVE.value) | Q(activated_by__isnull=False),
                name="childsafety_feed_active",
            ),
        ]

    def __str__(self) -> str:
        return f"hash feed {self.id}"


class FeedHash(models.Model):
    """One hash of a feed."""

    feed = models.ForeignKey(HashFeed, on_delete=models.PROTECT, related_name="hashes")
    algorithm = models.CharField(max_length=8)
    value = models.BinaryField(max_length=HASH_BYTES_MAX)
    entry = models.CharField(max_length=ENTRY_CHARACTERS_MAX, help_text="its number at the source")

    class Meta:
        """What is asked for: a value, and all of an entry."""

        indexes: ClassVar = [models.Index(fields=["feed", "entry"], name="childsafety_entry")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["algorithm", "value", "feed", "entry"], name="childsafety_hash_once"
            ),
        ]


class HashMatch(models.Model):
    """That a file's hash stands in a feed, and the case that it led to."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    feed = models.ForeignKey(HashFeed, on_delete=models.PROTECT, related_name="matches")
    entry = models.CharField(max_length=ENTRY_CHARACTERS_MAX)
    algorithm = models.CharField(max_length=8)
    value = models.BinaryField(max_length=HASH_BYTES_MAX, default=b"", help_text="of the file")
    distance = models.PositiveSmallIntegerField(help_text="bits; 0 is exact")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="hash_matches")

    class Meta:
        """Once per case, entry and hash."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "feed", "entry", "algorithm", "value"],
                name="childsafety_match_once",
            ),
        ]


class FalseMatch(models.Model):
    """That a file is not what a feed says of it: two people lift its matches for a while."""

    id = models.UUIDField(primary_key=True)
    match = models.ForeignKey(HashMatch, on_delete=models.PROTECT, related_name="found_false")
    algorithm = models.CharField(max_length=8)
    value = models.BinaryField(max_length=HASH_BYTES_MAX, help_text="of the file")
    reason = models.TextField()
    state = models.CharField(max_length=12, default=FalseMatchState.PROPOSED.value)
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        """Whoever proposed it does not put it in force, and nothing is lifted for ever."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("proposed_by")),
                name="childsafety_false_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state=FalseMatchState.IN_FORCE.value)
                | Q(confirmed_by__isnull=False, expires_at__isnull=False),
                name="childsafety_false_in_force",
            ),
            models.UniqueConstraint(
                fields=["algorithm", "value"],
                condition=~Q(state=FalseMatchState.WITHDRAWN.value),
                name="childsafety_false_once",
            ),
        ]

    def __str__(self) -> str:
        return f"false match {self.id}"


class CyberTip(models.Model):
    """A report to NCMEC's CyberTipline (18 U.S.C. § 2258A): drafted, confirmed, sent, preserved.

    document    the XML, locked to the desk's own key; empty once its preservation is over
    report_id   the CyberTipline's number, once it opened the report
    """

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="cyber_tips")
    incident_type = models.CharField(max_length=64)
    state = models.CharField(max_length=12, default=TipState.DRAFT.value)
    document = models.BinaryField()
    sha256 = models.BinaryField(max_length=32, help_text="of the XML")
    drafted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tips_drafted")
    drafted_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="tips_confirmed"
    )
    confirmed_at = models.DateTimeField(null=True)
    report_id = models.CharField(max_length=64, blank=True, default="")
    sandbox = models.BooleanField(null=True)
    sent_at = models.DateTimeField(null=True)
    preserve_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        """Nothing is sent on one person's word, and what is sent is preserved."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(state__in=[TipState.DRAFT.value, TipState.CONFIRMED.value]),
                name="childsafety_one_tip_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("drafted_by")),
                name="childsafety_tip_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[TipState.CONFIRMED.value, TipState.SENT.value])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="childsafety_tip_confirmed",
            ),
            models.CheckConstraint(
                condition=~Q(state=TipState.SENT.value)
                | Q(sent_at__isnull=False, preserve_until__isnull=False) & ~Q(report_id=""),
                name="childsafety_tip_preserved",
            ),
        ]

    def __str__(self) -> str:
        return f"cyber tip {self.id}"
