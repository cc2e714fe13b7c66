"""The only writers: give and lift strikes, penalise, note what was unfounded."""

from datetime import datetime
from uuid import UUID

from evenhand.base.lists import Language
from evenhand.standing.lists import MisuseKind
from evenhand.standing.models import Misuse


def note_unfounded(
    key: bytes,
    kind: MisuseKind,
    case: UUID,
    now: datetime,
    *,
    judged: int,
    intended: bool = False,
    account: str = "",
    language: Language = Language.EN,
) -> Misuse | None:
    """Notes that a person found a report or an appeal manifestly unfounded, once per case.

    Gives the warning or the suspension that follows, if one does (DSA Art. 23(2)).

    key       a reporter's key, or the appellant's account as bytes
    judged    how many of this person's filings were judged within the policy's days, this one in
              it: what the share of the unfounded is measured by (Art. 23(3)(b))
    intended  whether the person who judged saw an intention (Art. 23(3)(d))
    account   whom the messenger can tell; empty where the caller's room tells
    """
    raise NotImplementedError
