"""The harms: codes of MSC4456 with their DSA category, XARF type and severity.

Three codes under `m.tos.prohibited` and `m.spam.fake_account` refine the proposal's list, as its
grammar allows; `Harm.specified` gives the code that other software knows.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

OURS = {
    "m.spam.fake_account": "m.spam",
    "m.tos.prohibited.drugs": "m.tos.prohibited",
    "m.tos.prohibited.weapons": "m.tos.prohibited",
    "m.tos.prohibited.papers": "m.tos.prohibited",
}


@dataclass(frozen=True, slots=True)
class Harm:
    """One harm: what it is called here, in the DSA Transparency Database and in XARF v4."""

    code: str
    dsa_category: str
    xarf_type: str
    severity: int
    title: str

    @property
    def specified(self) -> str:
        """Gives the code as MSC4456 lists it."""
        return OURS.get(self.code, self.code)


@cache
def harms() -> MappingProxyType[str, Harm]:
    """Gives every harm by its code, in the order of the file."""
    with files("evenhand.base").joinpath("harms.csv").open(encoding="utf-8") as rows:
        table = {
            row["code"]: Harm(
                code=row["code"],
                dsa_category=row["dsa_category"],
                xarf_type=row["xarf_type"],
                severity=int(row["severity"]),
                title=row["title"],
            )
            for row in csv.DictReader(rows)
        }
    assert all(1 <= harm.severity <= 4 for harm in table.values())
    return MappingProxyType(table)
