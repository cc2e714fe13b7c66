"""What is stored of the programs of authorities; of a token, its hash alone."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from evenhand.authorities.machine_limits import (
    FILING_KEY_CHARACTERS_MAX,
    TOKEN_NAME_CHARACTERS_MAX,
    URL_CHARACTERS_MAX,
)


class ApiToken(models.Model):
    """What a program of an officer shows instead of a passkey."""

    id = models.UUIDField(primary_key=True)
    officer = models.ForeignKey(
        "authorities.Officer", on_delete=models.PROTECT, related_name="tokens"
    )
    name = models.CharField(max_length=TOKEN_NAME_CHARACTERS_MAX)
    token_hash = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"token {self.id}"


class Webhook(models.Model):
    """An address of an officer's program that is told when a request changes.

    Its secret is derived from its id and the installation's key, and stored nowhere.
    """

    id = models.UUIDField(primary_key=True)
    officer = models.ForeignKey(
        "authorities.Officer", on_delete=models.PROTECT, related_name="webhooks"
    )
    url = models.CharField(max_length=URL_CHARACTERS_MAX)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Only encrypted."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(url__startswith="https://"), name="authorities_webhook_encrypted"
            )
        ]

    def __str__(self) -> str:
        return f"webhook {self.id}"


class WebhookMessage(models.Model):
    """One message to a webhook, until it was taken or given up; it names a request by number."""

    id = models.UUIDField(primary_key=True)
    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="messages")
    body = models.TextField()
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    taken_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        """What is to be sent now."""

        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=Q(taken_at=None, given_up_at=None),
                name="authorities_message_due",
            )
        ]

    def __str__(self) -> str:
        return f"message {self.id}"


class FilingKey(models.Model):
    """The key under which a program filed a request, with a keyed hash of all that it sent."""

    id = models.UUIDField(primary_key=True)
    officer = models.ForeignKey("authorities.Officer", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=FILING_KEY_CHARACTERS_MAX)
    body_hash = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()

    class Meta:
        """One request for a key."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["officer", "key"], name="authorities_filing_key_once")
        ]

    def __str__(self) -> str:
        return f"filing key {self.id}"
