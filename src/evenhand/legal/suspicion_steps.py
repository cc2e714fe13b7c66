"""Writes what speaks for a forgery anew whenever more of a matter is known: a call, a document."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from evenhand.authorities import steps as registry
from evenhand.authorities.lists import CallBackAbout, CallBackSaid
from evenhand.authorities.models import CallBack
from evenhand.legal.history_steps import locked, write_step
from evenhand.legal.models import Matter
from evenhand.legal.suspicion import suspicion_now
from evenhand.people.models import Person


def call_about(
    matter_id: UUID, said: CallBackSaid, *, by: Person, now: datetime, note: str = ""
) -> CallBack:
    """Keeps a call to the registry's number about a matter, and judges the matter with it."""
    with transaction.atomic():
        matter = locked(matter_id)
        call = registry.call_back(
            matter.authority_id,
            CallBackAbout.MATTER,
            said,
            by=by,
            now=now,
            officer=matter.officer_id,
            matter=matter.id,
            note=note,
        )
        judge_again(matter)
        write_step(
            matter,
            "called_back",
            by=by.id,
            now=now,
            facts={"said": said.value, "score": matter.fraud.get("score", 0)},
        )
    return call


def judge_again(matter: Matter) -> None:
    """Puts the report of today into a locked matter, for the step that saves it.

    What was released stays as it was judged then; a matter that was never judged stays so.
    """
    if matter.released_by_id is None and matter.fraud:
        matter.fraud = suspicion_now(matter).as_json()
