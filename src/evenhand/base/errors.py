"""Errors carry fields, not prose; `desk/problems.py` and `cli.py` turn them into words.

EvenhandError
├── InputRefused         somebody else's bytes are not what this door takes
├── NotAllowed           a check found that this may not be done
├── NotFound             the thing named does not exist
├── Unavailable          an engine or a peer does not answer; trying again may help
└── Misconfigured        the operator must change something
"""

import traceback
from typing import ClassVar


class EvenhandError(Exception):
    """Something went wrong that has a name."""

    remedy: ClassVar[str] = "Look at the fields of this error."

    def __init__(self, **fields: object) -> None:
        super().__init__(
            f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in fields.items())})"
        )
        self.fields = fields


class InputRefused(EvenhandError):
    """Input does not have the form that this door takes."""

    remedy = "Correct the input at the place named and send it again."


class NotAllowed(EvenhandError):
    """A check found that this may not be done."""

    remedy = "See the findings; somebody else or another way may be needed."


class NotFound(EvenhandError):
    """The thing named does not exist."""

    remedy = "Check the identifier."


class Unavailable(EvenhandError):
    """An engine or a peer does not answer."""

    remedy = "Try again; if it persists, look at the process named."


class Misconfigured(EvenhandError):
    """A setting is missing or wrong."""

    remedy = "Change the setting named and start again."


def where(error: BaseException) -> str:
    """Gives file and line at which an error arose: for logs, which its words may not enter."""
    frames = traceback.extract_tb(error.__traceback__)
    return (
        f"{frames[-1].filename.rpartition('/evenhand/')[2]}:{frames[-1].lineno}" if frames else ""
    )
