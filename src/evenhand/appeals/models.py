"""What is stored of appeals: whose they are, what was said about them, what has to be told."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from evenhand.actions.limits import ID_LENGTH_MAX
from evenhand.appeals.limits import MESSAGE_CHARACTERS_MAX
from evenhand.appeals.lists import AppealNoticeKind, NoticeState, Side
from evenhand.cases.models import Case
from evenhand.evidence.models import SealedItem
from evenhand.people.models import Person
from evenhand.records.models import AppendOnly


def _listed(field: str, members: object) -> Q:
    return Q(**{f"{field}__in": [member.value for member in members]})  # type: ignore[attr-defined]


class Complaint(AppendOnly):
    """That somebody who reported disagrees with the end of their report (DSA Art. 20(1)).

    report   the report's id, from a room above; nothing here says who reported
    earlier  the case that ended so
    case     the case in which somebody else looks again; several complaints share it
    """

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    report = models.UUIDField(unique=True)
    earlier = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="complaints_about")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="complaints")
    item = models.ForeignKey(SealedItem, on_delete=models.PROTECT, related_name="complaints")

    class Meta:
        """A case is not looked at again by itself."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(earlier=models.F("case")), name="appeals_complaint_another_case"
            ),
        ]


class AppealMessage(models.Model):
    """One message of the talk between who decides about an appeal and who made it.

    report  with whom the desk speaks, where that is somebody who complained; empty else
    told_at  when who complained was told of a question, by the reports room
    text    what the desk asks; what the person answers is sealed in `item` alone
    origin  the same origin again is the same message
    """

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="talk")
    at = models.DateTimeField()
    side = models.CharField(max_length=8)
    origin = models.CharField(max_length=320, unique=True)
    report = models.UUIDField(null=True)
    staff = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="appeal_questions"
    )
    text = models.CharField(max_length=MESSAGE_CHARACTERS_MAX, blank=True, default="")
    item = models.ForeignKey(
        SealedItem, null=True, on_delete=models.PROTECT, related_name="appeal_answers"
    )
    answer_by = models.DateTimeField(null=True, help_text="until when the desk waits")
    answered_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True, help_text="when who complained was told of it")

    class Meta:
        """The desk speaks by a person and in the open; the person's words are under seal."""

        indexes: ClassVar = [
            models.Index(fields=["case", "at"], name="appeals_talk"),
            models.Index(
                fields=["at"],
                condition=Q(side=Side.DESK.value, answered_at=None, reminded_at=None),
                name="appeals_to_remind",
            ),
            models.Index(
                fields=["at"],
                condition=Q(side=Side.DESK.value, report__isnull=False, told_at=None),
                name="appeals_to_tell",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(
                    Q(side=Side.DESK.value, staff__isnull=False, item=None) & ~Q(text="")
                    | Q(side=Side.PERSON.value, staff=None, item__isnull=False, text="")
                ),
                name="appeals_message_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.id}"


class AppealNotice(models.Model):
    """Something that the person who objected has to be told; its id is the idempotency key."""

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="appeal_notices")
    message = models.ForeignKey(
        AppealMessage, null=True, on_delete=models.PROTECT, related_name="notices"
    )
    kind = models.CharField(max_length=16)
    account = models.CharField(max_length=ID_LENGTH_MAX)
    language = models.CharField(max_length=2)
    state = models.CharField(max_length=16, default=NoticeState.WAITING.value)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        """What the sweep looks for; each is told once."""

        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=Q(state=NoticeState.WAITING.value),
                name="appeals_notice_due",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["message", "kind", "account"],
                condition=Q(message__isnull=False),
                name="appeals_notice_once",
            ),
            models.UniqueConstraint(
                fields=["case", "account"],
                condition=Q(kind=AppealNoticeKind.ANSWER.value),
                name="appeals_answer_once",
            ),
            models.CheckConstraint(
                condition=_listed("kind", AppealNoticeKind) & _listed("state", NoticeState),
                name="appeals_notice_listed",
            ),
            models.CheckConstraint(
                condition=Q(kind=AppealNoticeKind.ANSWER.value, message=None)
                | ~Q(kind=AppealNoticeKind.ANSWER.value) & Q(message__isnull=False),
                name="appeals_notice_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.id}"


class AccountCursor(models.Model):
    """How far the desk's own account has read what was sent to it."""

    account = models.CharField(max_length=ID_LENGTH_MAX, primary_key=True)
    since = models.CharField(max_length=512, blank=True, default="")
    handled = ArrayField(
        models.CharField(max_length=ID_LENGTH_MAX),
        default=list,
        help_text="messages after that place which were acted on",
    )
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.account} up to {self.since}"
