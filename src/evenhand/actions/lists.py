"""Closed lists of the actions room."""

from enum import StrEnum


class ActionState(StrEnum):
    """Where an action stands."""

    PENDING = "pending"
    IN_FORCE = "in_force"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"
    COMPENSATED = "compensated"
    SUPERSEDED = "superseded"


END_CAME = "its end has come"
"""Why an action is undone whose time is over: nobody took it back."""


class Verb(StrEnum):
    """What a delivery does at the messenger."""

    APPLY = "apply"
    CONFIRM = "confirm"
    UNDO = "undo"
    NOTIFY = "notify"
    ANSWER = "answer"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"
    GIVEN_UP = "given_up"


class StatementState(StrEnum):
    """Where a statement of reasons stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
