"""Types for personal data: they print as `<hidden>`, and `reveal` is the only way in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Hidden:
    """A text that must never reach a log, a metric, a record or a public page by accident."""

    _value: str

    def __repr__(self) -> str:
        return "<hidden>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "<hidden>"


class IpAddress(Hidden):
    """An IP address."""


class PhoneNumber(Hidden):
    """A phone number."""


class MailAddress(Hidden):
    """A person's mail address."""


class MessageText(Hidden):
    """What a person wrote."""


def reveal(hidden: Hidden) -> str:
    """Gives the text inside; every use of personal data in the clear is a call of this."""
    return hidden._value  # noqa: SLF001  the one place that may
