"""What is stored under seal: content that an objection needs, until it expires."""

from typing import ClassVar

from django.db import models


class SealedItem(models.Model):
    """Content encrypted to the evidence key; only the opener process can read it."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    subject = models.UUIDField(help_text="the decision or case it was kept for")
    media_type = models.CharField(max_length=128)
    sealed = models.BinaryField(help_text="empty once it has expired")
    sha256 = models.BinaryField(max_length=32, help_text="of the sealed bytes, not of the content")
    size_bytes = models.BigIntegerField(help_text="of the content")
    expires_at = models.DateTimeField()
    expired_at = models.DateTimeField(null=True)
    reserved_for = models.CharField(
        max_length=20,
        blank=True,
        default="",
        help_text="the role that alone may open it; empty: whoever may open evidence",
    )

    class Meta:
        """What the sweep looks for."""

        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"],
                condition=models.Q(expired_at=None),
                name="evidence_expiry",
            ),
            models.Index(fields=["subject"], name="evidence_subject"),
        ]

    @property
    def fingerprint(self) -> str:
        """Gives the hash of the sealed bytes as people compare it."""
        return bytes(self.sha256).hex()


class Hold(models.Model):
    """A reason to keep an item beyond its day: an open case, a preservation."""

    item = models.ForeignKey(SealedItem, on_delete=models.PROTECT, related_name="holds")
    holder = models.UUIDField(help_text="the case or preservation that holds it")
    at = models.DateTimeField()

    class Meta:
        """One hold per holder."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["item", "holder"], name="evidence_one_hold"),
        ]
