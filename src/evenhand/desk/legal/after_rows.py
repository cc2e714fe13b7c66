"""What a matter's page shows of the time after release: gag, effect, copies, preservations."""

import json
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from evenhand.desk import law_words as words
from evenhand.desk.matter_rows import said_of
from evenhand.legal import queries, steps
from evenhand.legal.canonical import canonical, digest_of
from evenhand.legal.checks import FLOW, ROLES, WITHHOLDING, StepRefused
from evenhand.legal.disclosure_steps import COPYABLE, UNDER_WAY, copy_text_of
from evenhand.legal.limits import EXTENSIONS_MAX
from evenhand.legal.lists import (
    DisclosureState,
    MatterState,
    NoticeState,
    ScrutinyAsker,
    ScrutinyOutcome,
    Verb,
)
from evenhand.legal.models import Disclosure, Matter, Preservation, Scrutiny
from evenhand.legal.notice_steps import DECIDING
from evenhand.legal.preservation_steps import KEEPING
from evenhand.markets.lists import LegalKind, Window
from evenhand.people.models import Person
from evenhand.people.roles import Role

HELD_BACK = frozenset({NoticeState.DELAYED_UNTIL.value, NoticeState.FORBIDDEN_UNTIL_LIFTED.value})
"""Notices that a gag holds back."""


def after_rows(found: Matter, person: Person, *, at: datetime) -> dict[str, object]:
    """Gives the forms of the steps after release that this person may take now."""
    kind, state = LegalKind(found.kind), MatterState(found.state)
    disclosures = queries.disclosures(found.id)
    return {
        "gag": _gag(found) if _any(person, DECIDING) else None,
        "can_conclude": kind in WITHHOLDING
        and state in FLOW[Verb.EXECUTE]
        and _any(person, ROLES[Verb.EXECUTE]),
        "copyable": _copyable(found, disclosures) if person.has(Role.LEGAL_OFFICER) else None,
        "copies": [
            _copy(found, one, person, at=at)
            for one in disclosures
            if one.copy_of_id is not None and one.state == DisclosureState.COLLECTED
        ],
        "scrutiny": _scrutiny(found),
        "preservations": [
            _preservation(one, found, person, at=at) for one in queries.preservations(found.id)
        ],
    }


def _scrutiny(found: Matter) -> dict[str, object] | None:
    """Gives what is kept of an order's scrutiny, or what can be; None where the law knows none."""
    if Window.SCRUTINY_DECISION not in queries.law_of(found)[0].windows:
        return None
    one = Scrutiny.objects.filter(matter=found).first()
    return {
        "one": one,
        "asked_by": gettext(words.SCRUTINY_ASKERS[ScrutinyAsker(one.asked_by)]) if one else "",
        "outcome": gettext(words.SCRUTINY_OUTCOMES[ScrutinyOutcome(one.outcome)])
        if one and one.outcome
        else "",
        "askers": [(key.value, gettext(text)) for key, text in words.SCRUTINY_ASKERS.items()],
        "outcomes": [(key.value, gettext(text)) for key, text in words.SCRUTINY_OUTCOMES.items()],
    }


def _any(person: Person, roles: frozenset[Role]) -> bool:
    return any(person.has(role) for role in roles)


def _gag(found: Matter) -> dict[str, object] | None:
    """Gives what forbids telling, if anything does."""
    held = sum(one.state in HELD_BACK for one in queries.notices(found.id))
    if not (held or found.gagged_until or found.gag_forever):
        return None
    return {"held": held, "until": found.gagged_until, "basis": found.gag_basis}


def _copyable(found: Matter, disclosures: list[Disclosure]) -> Disclosure | None:
    """Gives the package that a new copy can be made of, unless one is under way."""
    if found.state != MatterState.EXECUTED:
        return None
    if any(one.state in UNDER_WAY for one in disclosures):
        return None
    return next((one for one in disclosures if one.state in COPYABLE), None)


def _copy(found: Matter, one: Disclosure, person: Person, *, at: datetime) -> dict[str, object]:
    """Gives exactly what is signed, and the passkey's question if this person may sign it."""
    with transaction.atomic():
        text = copy_text_of(found, one)
    barred: list[str] = []
    options = ""
    if not person.has(Role.APPROVER):
        barred = [gettext("An approver releases it.")]
    else:
        try:
            options = json.dumps(steps.begin_copy_release(one.id, by=person, now=at))
        except StepRefused as error:
            barred = said_of(error)
    return {
        "id": one.id,
        "prepared_by": one.prepared_by.name,
        "digest": digest_of(text).hex(),
        "text": canonical(text).decode(),
        "barred": barred,
        "options": options,
    }


def _preservation(
    one: Preservation, found: Matter, person: Person, *, at: datetime
) -> dict[str, object]:
    rule = queries.law_of(found)[0].preservation
    stands = one.destroyed_at is None
    may = stands and _any(person, KEEPING)
    extendable = rule is not None and rule.extension is not None and not one.on_receipt
    if not stands:
        state, tone = gettext("Destroyed"), ""
    elif one.legal_hold:
        state, tone = gettext("On legal hold"), "accent"
    elif one.sealed_at is None:
        state, tone = gettext("Being put away"), "warn"
    else:
        state, tone = gettext("Put away under two keys"), "good"
    return {
        "row": one,
        "state": state,
        "tone": tone,
        "rule": rule.extension_rule if rule else "",
        "certificate": json.dumps(one.certificate, indent=2, ensure_ascii=False, sort_keys=True)
        if one.certificate
        else "",
        "can_extend": may and extendable and at < one.expires_at and one.extended < EXTENSIONS_MAX,
        "can_hold": may and not one.legal_hold,
        "can_lift": may and one.legal_hold,
    }
