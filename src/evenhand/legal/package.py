"""The package that an authority gets: built, listed, signed and sealed, without any input of time.

`build` gives the files of a package from what was read; `pack` makes one tar of them, the same
bytes for the same files; `seal` encrypts it with age to the officer's key alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a package holds, in numbers: no personal data, fit for a record and for staff.

    files     name to SHA-256 (hex) of the plain content
    unknown   accounts asked for that the messenger does not have
    """

    accounts: int
    unknown: int
    connections: int
    phones: int
    ports: int
    source: str
    collected_at: str
    files: Mapping[str, str]

    def as_json(self) -> dict[str, object]:
        """Gives the manifest as the disclosure's row keeps it."""
        return {
            "accounts": self.accounts,
            "unknown": self.unknown,
            "connections": self.connections,
            "phones": self.phones,
            "ports": self.ports,
            "source": self.source,
            "collected_at": self.collected_at,
            "files": dict(self.files),
        }


@dataclass(frozen=True, slots=True)
class Package:
    """A sealed package; `sha256` is of the sealed bytes, which is what an approver signs."""

    sealed: bytes
    sha256: bytes
    recipient: str
    manifest: Manifest
