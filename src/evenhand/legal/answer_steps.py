"""Writes which answers an authority was given, by their hashes: what was told can be proved."""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from evenhand.legal.answering import Service, answer_named
from evenhand.legal.answers.facts import Answer
from evenhand.legal.canonical import canonical
from evenhand.legal.history_steps import locked, write_step
from evenhand.legal.models import Matter, Step

GIVEN = "answer_given"


def give_answer(name: str, matter: Matter, service: Service, *, by: UUID, now: datetime) -> Answer:
    """Gives an answer, and keeps its hashes when these very bytes are given for the first time."""
    made = answer_named(name, matter, service)
    facts = {
        "answer": name,
        "pdf_sha256": made.sha256,
        "json_sha256": sha256(canonical(made.json)).hexdigest(),
    }
    known = Step.objects.filter(matter=matter, what=GIVEN, facts=facts)
    if not known.exists():
        with transaction.atomic():
            held = locked(matter.id)
            if not known.exists():
                write_step(held, GIVEN, by=by, now=now, facts=facts)
    return made
