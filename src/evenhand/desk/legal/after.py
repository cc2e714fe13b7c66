"""The steps after release as forms send them: gag, effect in part, copies, preservations."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext

from evenhand.base.errors import InputRefused, Misconfigured
from evenhand.desk.engines import violations
from evenhand.desk.legal.doing import credential_in, listed, moment_in, step_form, text_in
from evenhand.evidence.vault import holders
from evenhand.legal import queries, steps
from evenhand.legal.limits import VAULT_ANSWER_BYTES_MAX
from evenhand.legal.lists import ScrutinyAsker, ScrutinyOutcome
from evenhand.legal.models import Matter
from evenhand.people.models import Person


def _lift_gag(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Lifts what forbade telling; who was held back is told now."""
    told = steps.lift_gag(matter.id, by=person, reason=text_in(request, "reason"), now=at)
    said = ngettext(
        "It is lifted. %(number)s account is told now.",
        "It is lifted. %(number)s accounts are told now.",
        told,
    )
    return said % {"number": told}


def _conclude(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Ends a release whose effect could not be had whole."""
    steps.conclude(matter.id, by=person, reason=text_in(request, "reason"), now=at)
    return gettext("It is kept as carried out in part, with your reasons.")


def _prepare_copy(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Prepares a new copy of a package; an approver releases it."""
    steps.prepare_copy(
        _package(request, matter),
        by=person,
        reason=text_in(request, "reason"),
        violations=violations(),
        now=at,
    )
    return gettext("A new copy is being collected. An approver releases it.")


def _release_copy(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Releases a new copy, by the approver's passkey over its digest."""
    steps.release_copy(
        _package(request, matter),
        by=person,
        credential=credential_in(request),
        violations=violations(),
        now=at,
    )
    return gettext("The copy is released. The officer can fetch it once.")


def _extend(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Extends a preservation once, by what its law allows."""
    one = _preservation(request, matter)
    steps.extend_preservation(one, by=person, reason=text_in(request, "reason"), now=at)
    return gettext("The preservation is extended.")


def _hold(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Puts a preservation on legal hold."""
    one = _preservation(request, matter)
    steps.hold_preservation(one, by=person, reason=text_in(request, "reason"), now=at)
    return gettext("It is on legal hold: nothing deletes it until the hold is lifted.")


def _lift_hold(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Lifts a hold; expiry then takes its course."""
    one = _preservation(request, matter)
    steps.lift_hold(one, by=person, reason=text_in(request, "reason"), now=at)
    return gettext("The hold is lifted. It is destroyed when its time is over.")


def _bring(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Keeps the package that two key holders made from what was preserved."""
    given = request.FILES.get("answer")
    if not isinstance(given, UploadedFile):
        raise InputRefused(what="file", why=gettext("Please choose the file from the key holders."))
    if (given.size or 0) > VAULT_ANSWER_BYTES_MAX:
        raise InputRefused(what="file", why=gettext("The file is too large."))
    try:
        steps.bring_from_vault(
            _package(request, matter),
            given.read(),
            signs=holders(settings.EVENHAND_HOME / "vault").signs,
            by=person,
            now=at,
        )
    except InputRefused as error:
        why = gettext("This is not the key holders' answer for this package: it was refused.")
        raise InputRefused(what="vault answer", why=why) from error
    except Misconfigured as error:
        why = gettext("No key of the holders' machine is named; see the operators' guide.")
        raise InputRefused(what="vault holders", why=why) from error
    return gettext("The package is kept. An approver can release it.")


def _scrutiny(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Keeps that an order of another Member State is scrutinised."""
    steps.begin_scrutiny(
        matter.id,
        listed(ScrutinyAsker, request, "asker"),
        asked_at=moment_in(request, "asked_at") or at,
        by=person,
        note=text_in(request, "note"),
        now=at,
    )
    return gettext("It is kept. The authority has 72 hours.")


def _scrutiny_end(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Keeps what the scrutiny found; what infringes the law is taken back at once."""
    ended = steps.end_scrutiny(
        matter.id,
        listed(ScrutinyOutcome, request, "outcome"),
        by=person,
        note=text_in(request, "note"),
        kept=text_in(request, "kept"),
        now=at,
    )
    said = ngettext(
        "It is kept. %(number)s measure is taken back.",
        "It is kept. %(number)s measures are taken back.",
        ended.reinstated,
    )
    return said % {"number": ended.reinstated}


bring = step_form(_bring)
scrutiny = step_form(_scrutiny)
scrutiny_end = step_form(_scrutiny_end, grave=True)
lift_gag = step_form(_lift_gag, grave=True)
conclude = step_form(_conclude, grave=True)
prepare_copy = step_form(_prepare_copy, grave=True)
release_copy = step_form(_release_copy)
extend = step_form(_extend)
hold = step_form(_hold)
lift_hold = step_form(_lift_hold, grave=True)


def _package(request: HttpRequest, matter: Matter) -> UUID:
    """Gives the package that a form names, if it is one of this matter."""
    for one in queries.disclosures(matter.id):
        if str(one.id) == text_in(request, "package"):
            return one.id
    raise InputRefused(what="package", why=gettext("This package belongs to another matter."))


def _preservation(request: HttpRequest, matter: Matter) -> UUID:
    """Gives the preservation that a form names, if it is one of this matter."""
    for one in queries.preservations(matter.id):
        if str(one.id) == text_in(request, "preservation"):
            return one.id
    raise InputRefused(
        what="preservation", why=gettext("This preservation belongs to another matter.")
    )
