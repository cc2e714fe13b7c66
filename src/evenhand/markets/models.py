"""What is stored of places and markets: where accounts are, and what is done for whom."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from evenhand.markets.limits import (
    ENTRY_CHARACTERS_MAX,
    OFFICE_CHARACTERS_MAX,
    VERSION_CHARACTERS_MAX,
)
from evenhand.markets.lists import MarketState
from evenhand.people.models import Person
from evenhand.records.models import AppendOnly

NAME_CHARACTERS_MAX = ENTRY_CHARACTERS_MAX + VERSION_CHARACTERS_MAX + 1
STATES = [state.value for state in MarketState]


class Placement(models.Model):
    """The country of one account; neither its phone number nor its network is kept."""

    account = models.CharField(max_length=255, primary_key=True)
    country = models.CharField(max_length=2)
    on = models.DateField()
    by_phone = models.BooleanField(help_text="a phone number is surer than a network")


class RightsAssessment(models.Model):
    """What two people found about rights in a country; the second opens its market by it.

    answers  one answer for every right
    """

    id = models.UUIDField(primary_key=True)
    country = models.CharField(max_length=2)
    answers = models.JSONField()
    conclusion = models.TextField()
    assessed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="rights_assessed"
    )
    assessed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="rights_confirmed"
    )
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        """Four eyes, in the database too."""

        constraints: ClassVar = [
            models.CheckConstraint(
                name="markets_assessment_four_eyes",
                condition=Q(confirmed_by=None, confirmed_at=None)
                | (
                    Q(confirmed_by__isnull=False, confirmed_at__isnull=False)
                    & ~Q(confirmed_by=F("assessed_by"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"assessment of {self.country}"


class Market(models.Model):
    """What the desk does for a country's authorities; without a row it was never opened."""

    country = models.CharField(max_length=2, primary_key=True)
    state = models.CharField(max_length=16)
    assessment = models.ForeignKey(
        RightsAssessment, null=True, on_delete=models.PROTECT, related_name="markets"
    )
    changed_at = models.DateTimeField()

    class Meta:
        """An open market rests on an assessment."""

        constraints: ClassVar = [
            models.CheckConstraint(name="markets_state_listed", condition=Q(state__in=STATES)),
            models.CheckConstraint(
                name="markets_open_is_assessed",
                condition=~Q(state=MarketState.OPEN.value) | Q(assessment__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country}: {self.state}"


class MarketProposal(models.Model):
    """A change of a market that one person wants and another one has yet to settle."""

    id = models.UUIDField(primary_key=True)
    country = models.CharField(max_length=2)
    to_state = models.CharField(max_length=16)
    reason = models.TextField()
    proposed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="market_changes_proposed"
    )
    proposed_at = models.DateTimeField()
    settled_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="market_changes_settled"
    )
    settled_at = models.DateTimeField(null=True)
    approved = models.BooleanField(null=True)

    class Meta:
        """Nobody approves what they proposed; one proposal is open for a country at a time."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                name="markets_one_open_proposal",
                fields=["country"],
                condition=Q(settled_at=None),
            ),
            models.CheckConstraint(
                name="markets_proposal_settled_whole",
                condition=Q(settled_by=None, settled_at=None, approved=None)
                | Q(settled_by__isnull=False, settled_at__isnull=False, approved__isnull=False),
            ),
            models.CheckConstraint(
                name="markets_proposal_four_eyes",
                condition=Q(approved=None) | Q(approved=False) | ~Q(settled_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="markets_proposal_state_listed",
                # A market is opened by an assessment and in no other way.
                condition=Q(to_state__in=[s for s in STATES if s != MarketState.OPEN.value]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} to {self.to_state}"


class MarketChange(AppendOnly):
    """One change of a market, with both who decided it; empty `from_state` = never opened."""

    id = models.UUIDField(primary_key=True)
    country = models.CharField(max_length=2)
    from_state = models.CharField(max_length=16, blank=True, default="")
    to_state = models.CharField(max_length=16)
    reason = models.TextField()
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    assessment = models.ForeignKey(RightsAssessment, null=True, on_delete=models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        """Four eyes, and an assessment for every opening."""

        indexes: ClassVar = [models.Index(fields=["country", "at"], name="markets_changes")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="markets_change_four_eyes",
                condition=~Q(approved_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="markets_change_states",
                condition=Q(to_state__in=STATES)
                & Q(from_state__in=["", *STATES])
                & ~Q(from_state=F("to_state")),
            ),
            models.CheckConstraint(
                name="markets_opening_is_assessed",
                condition=~Q(to_state=MarketState.OPEN.value) | Q(assessment__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country}: {self.from_state or 'never opened'} to {self.to_state}"


class RegimeText(AppendOnly):
    """A regime's file in one version: by it somebody was treated, or something signed off.

    name  regime and version: `eu-tco@2026-11-22.12ab34cd`
    """

    name = models.CharField(max_length=NAME_CHARACTERS_MAX, primary_key=True)
    regime = models.CharField(max_length=ENTRY_CHARACTERS_MAX)
    text = models.TextField()
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class EntrySignOff(models.Model):
    """A sign-off: a legal officer's word that an unverified entry holds in one version of its law.

    A new version of the regime's file needs a new word.
    """

    id = models.UUIDField(primary_key=True)
    entry = models.CharField(max_length=ENTRY_CHARACTERS_MAX)
    version = models.CharField(max_length=VERSION_CHARACTERS_MAX)
    reason = models.TextField(help_text="which text of the law was read, and where")
    signed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="law_signed_off")
    signed_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="law_withdrawn"
    )
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        """One word per entry and version holds at a time."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                name="markets_one_sign_off",
                fields=["entry", "version"],
                condition=Q(withdrawn_at=None),
            ),
            models.CheckConstraint(
                name="markets_sign_off_reasoned",
                condition=~Q(reason=""),
            ),
            models.CheckConstraint(
                name="markets_sign_off_withdrawn_whole",
                condition=Q(withdrawn_by=None, withdrawn_at=None)
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry} in {self.version}"


class Representative(models.Model):
    """Somebody who stands for the messenger in a country, and the office where to find them."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="representations")
    country = models.CharField(max_length=2)
    office = models.CharField(max_length=OFFICE_CHARACTERS_MAX)
    languages = ArrayField(models.CharField(max_length=2))
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    named_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """A person represents a country once at a time."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                name="markets_one_representation",
                fields=["person", "country"],
                condition=Q(until=None),
            ),
        ]

    def __str__(self) -> str:
        return f"representative in {self.country}"


class MarketFigures(models.Model):
    """How many people used the messenger in a country in a month; the newest figures hold.

    daily  people on an average day of the month
    """

    id = models.UUIDField(primary_key=True)
    country = models.CharField(max_length=2)
    month = models.DateField(help_text="its first day")
    monthly = models.PositiveBigIntegerField()
    daily = models.PositiveBigIntegerField()
    kept_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    kept_at = models.DateTimeField()

    class Meta:
        """One row per country and month; nobody is counted on more days than the month has."""

        constraints: ClassVar = [
            models.UniqueConstraint(name="markets_figures_once", fields=["country", "month"]),
            models.CheckConstraint(
                name="markets_figures_plausible", condition=Q(daily__lte=F("monthly"))
            ),
            models.CheckConstraint(name="markets_figures_first_day", condition=Q(month__day=1)),
        ]

    def __str__(self) -> str:
        return f"{self.country} in {self.month:%Y-%m}"
