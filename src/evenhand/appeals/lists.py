"""Closed lists of the room."""

from enum import StrEnum


class Side(StrEnum):
    """Who says something in the talk about an appeal."""

    DESK = "desk"
    PERSON = "person"


class AppealNoticeKind(StrEnum):
    """What the person who appealed is told by a notice."""

    QUESTION = "question"
    REMINDER = "reminder"
    ANSWER = "answer"


class NoticeState(StrEnum):
    """What became of a notice."""

    WAITING = "waiting"
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"
