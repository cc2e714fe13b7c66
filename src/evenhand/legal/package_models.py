"""What is stored of data that leave the house, or are put away until they may."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from evenhand.actions.limits import ID_LENGTH_MAX
from evenhand.authorities.models import Officer
from evenhand.legal.lists import DisclosureState
from evenhand.people.models import Person


class Disclosure(models.Model):
    """A package for one officer: planned, collected, released, handed out once, confirmed.

    copy_of  the disclosure that this is a new copy of; it was prepared and released anew
    preservation  two key holders make it from what was put away there; the collector does not
    """

    id = models.UUIDField(primary_key=True)
    matter = models.ForeignKey("legal.Matter", on_delete=models.PROTECT, related_name="disclosures")
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="disclosures")
    copy_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    preservation = models.ForeignKey(
        "legal.Preservation", null=True, on_delete=models.PROTECT, related_name="disclosures"
    )
    prepared_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="disclosures_prepared"
    )
    released_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="disclosures_released"
    )
    digest = models.BinaryField(max_length=32, null=True, help_text="what was signed")
    signed = models.JSONField(null=True)
    assertion = models.JSONField(null=True, help_text="the approver's kept signature")
    recipient = models.CharField(max_length=128, help_text="age recipient of the officer's key")
    want = ArrayField(models.CharField(max_length=16))
    accounts = ArrayField(models.CharField(max_length=ID_LENGTH_MAX))
    state = models.CharField(max_length=16, default=DisclosureState.PLANNED.value)
    planned_at = models.DateTimeField()
    sealed = models.BinaryField(default=b"", help_text="emptied when it was handed out")
    sha256 = models.BinaryField(max_length=32, null=True, help_text="of the sealed bytes")
    manifest = models.JSONField(null=True, help_text="counts and hashes, no data")
    collected_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    handed_out_at = models.DateTimeField(null=True)
    head_office_told_at = models.DateTimeField(null=True)
    confirm_by = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        """Two classes of data, a key, and one handing out."""

        indexes: ClassVar = [
            models.Index(fields=["state", "expires_at"], name="legal_disclosure_state"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="legal_disclosure_only_these",
                condition=Q(want__contained_by=["connections", "phone"]) & Q(want__len__gt=0),
            ),
            models.CheckConstraint(
                name="legal_disclosure_collected_whole",
                condition=Q(state=DisclosureState.PLANNED.value)
                | Q(state=DisclosureState.DESTROYED.value)
                | Q(sha256__isnull=False, manifest__isnull=False, collected_at__isnull=False),
            ),
            models.CheckConstraint(
                name="legal_disclosure_two_people",
                condition=Q(released_by=None) | ~Q(released_by=F("prepared_by")),
            ),
            models.CheckConstraint(
                name="legal_disclosure_release_is_signed",
                condition=~Q(
                    state__in=[
                        DisclosureState.RELEASED.value,
                        DisclosureState.HANDED_OUT.value,
                        DisclosureState.CONFIRMED.value,
                    ]
                )
                | Q(
                    released_by__isnull=False,
                    digest__isnull=False,
                    signed__isnull=False,
                    assertion__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="legal_disclosure_kept_no_longer",
                condition=~Q(
                    state__in=[
                        DisclosureState.HANDED_OUT.value,
                        DisclosureState.CONFIRMED.value,
                        DisclosureState.EXPIRED.value,
                        DisclosureState.DESTROYED.value,
                    ]
                )
                | Q(sealed=b""),
            ),
            models.CheckConstraint(
                name="legal_disclosure_handed_out_at",
                condition=~Q(
                    state__in=[DisclosureState.HANDED_OUT.value, DisclosureState.CONFIRMED.value]
                )
                | Q(handed_out_at__isnull=False, confirm_by__isnull=False),
            ),
        ]


class Preservation(models.Model):
    """What was put away for an authority until it asks for it or the time is over."""

    id = models.UUIDField(primary_key=True)
    matter = models.ForeignKey(
        "legal.Matter", on_delete=models.PROTECT, related_name="preservations"
    )
    items = ArrayField(models.UUIDField(), default=list, help_text="items of evidence")
    hashes = models.JSONField(default=dict)
    began_at = models.DateTimeField()
    sealed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    on_receipt = models.BooleanField(
        default=False, help_text="put away when it was received, kept until the matter is over"
    )
    legal_hold = models.BooleanField(default=False)
    hold_reason = models.TextField(blank=True, default="")
    extended = models.PositiveSmallIntegerField(default=0)
    destroyed_at = models.DateTimeField(null=True)
    certificate = models.JSONField(null=True)

    class Meta:
        """What is held is not destroyed."""

        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"],
                condition=Q(destroyed_at=None),
                name="legal_preservation_expiry",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="legal_preservation_hold",
                condition=Q(destroyed_at=None)
                | Q(legal_hold=False, certificate__isnull=False, items__len=0),
            ),
        ]
