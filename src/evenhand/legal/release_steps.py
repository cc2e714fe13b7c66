"""Writes what is proposed, signed and done: prepare, send back, release, conclude, look again.

Who prepares cannot release; what is released is what the approver's passkey signed, to the byte.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from evenhand.actions.drafts import DecisionDraft
from evenhand.actions.steps import decide_many
from evenhand.authorities.queries import confirmed_call_back, usable_key
from evenhand.base.harms import harms
from evenhand.base.ids import new_id
from evenhand.base.lists import (
    ChannelKind,
    Ground,
    Language,
    RecordKind,
    Source,
)
from evenhand.legal import clock_steps
from evenhand.legal.canonical import (
    digest_of,
    package_text,
    plan_json,
    plan_of,
    release_text,
)
from evenhand.legal.checks import (
    Actor,
    StepRefused,
    check_prepare,
    check_reason,
    check_release,
    check_review,
    check_step,
)
from evenhand.legal.clocks import after_review_clock
from evenhand.legal.drafts import Plan
from evenhand.legal.history_steps import is_gagged, locked, write_step
from evenhand.legal.limits import DISCLOSURE_KEPT
from evenhand.legal.lists import (
    ClockName,
    DisclosureState,
    EnforcingAnswer,
    Finding,
    MatterState,
    Outcome,
    PlanKind,
    Verb,
)
from evenhand.legal.models import Disclosure, Matter
from evenhand.legal.ports import Violations
from evenhand.legal.preservation_steps import begin_preservation, end_on_receipt
from evenhand.legal.queries import actor_of, facts_of, is_disclosing
from evenhand.legal.signed import sign_release
from evenhand.markets.lists import LegalForm, LegalKind
from evenhand.markets.queries import sign_off_of
from evenhand.people.models import Person
from evenhand.people.signature import KeptAssertion
from evenhand.people.steps import begin_signature

OUTCOMES = {
    PlanKind.ACCEPT: Outcome.ACCEPTED,
    PlanKind.NARROW: Outcome.NARROWED,
    PlanKind.REFUSE: Outcome.REFUSED,
}


def prepare(
    matter_id: UUID, plan: Plan, *, by: Person, violations: Violations | None, now: datetime
) -> Matter:
    """Proposes an answer, once every barrier is passed; a second person has to release it.

    For a disclosure the collector begins to read; a refusal needs only its ground.
    """
    with transaction.atomic():
        matter = locked(matter_id)
        facts = facts_of(matter, plan, violations=violations, now=now)
        _refuse(matter, check_prepare(facts, plan, actor_of(matter_id, by)))
        matter.plan_kind, matter.plan = plan.kind.value, plan_json(plan)
        matter.ground = plan.ground.value if plan.ground else ""
        matter.prepared_by, matter.prepared_at = by, now
        matter.sign_off = sign_off_of(matter.entry, matter.regime_version)
        if is_disclosing(matter) and plan.kind is not PlanKind.REFUSE:
            _plan_disclosure(matter, plan, by=by, now=now)
        write_step(
            matter,
            "prepared",
            by=by.id,
            now=now,
            to=MatterState.PREPARED,
            facts={"plan": plan.kind.value, "ground": matter.ground},
        )
    return matter


def return_plan(matter_id: UUID, *, by: Person, reason: str, now: datetime) -> Matter:
    """Sends a plan back to be prepared anew, with the reason; what was collected is destroyed."""
    with transaction.atomic():
        matter = locked(matter_id)
        _refuse(
            matter,
            check_step(
                MatterState(matter.state), Verb.RETURN, actor_of(matter_id, by), reason=reason
            ),
        )
        Disclosure.objects.filter(
            matter=matter,
            state__in=[DisclosureState.PLANNED.value, DisclosureState.COLLECTED.value],
        ).update(state=DisclosureState.DESTROYED.value, sealed=b"")
        matter.plan_kind, matter.plan, matter.ground = "", None, ""
        matter.prepared_by = matter.prepared_at = None
        back = MatterState.VALIDATED if matter.validated_at else MatterState.RECEIVED
        write_step(matter, "returned", by=by.id, now=now, to=back, facts={"why": reason})
    return matter


def note_window(
    matter_id: UUID, answer: EnforcingAnswer, *, by: Person, note: str, now: datetime
) -> Matter:
    """Keeps how the enforcing authority's window ended; silence is no consent by itself.

    Regulation (EU) 2023/1543 Art. 10(2): the data go out at the end of ten days if no ground for
    refusal was raised. That the window lapsed is said by a person, and not before it has.
    """
    with transaction.atomic():
        matter = locked(matter_id)
        found = [*check_reason(note), *_may_note(actor_of(matter_id, by))]
        clock = matter.clocks.filter(name=ClockName.WINDOW.value).first()
        if clock is None or answer is EnforcingAnswer.NONE or matter.released_by_id is not None:
            found.append(Finding.WRONG_STATE)
        elif answer is EnforcingAnswer.LAPSED and now < clock.due_at:
            found.append(Finding.WINDOW_OPEN)
        if matter.prepared_by_id == by.id:
            found.append(Finding.SAME_PERSON)
        _refuse(matter, found)
        matter.enforcing_answer = answer.value
        matter.enforcing_by, matter.enforcing_at = by, now
        clock_steps.stop(matter, ClockName.WINDOW, now=now)
        write_step(
            matter, "window_noted", by=by.id, now=now, facts={"answer": answer.value, "note": note}
        )
    return matter


def begin_release(matter_id: UUID, *, by: Person, now: datetime) -> dict[str, Any]:
    """Gives the options for `navigator.credentials.get`, over the digest of what is released."""
    with transaction.atomic():
        matter = locked(matter_id)
        found = list(check_step(MatterState(matter.state), Verb.RELEASE, actor_of(matter_id, by)))
        if matter.prepared_by_id == by.id:
            found.append(Finding.SAME_PERSON)
        _refuse(matter, found)
        return begin_signature(by, digest_of(text_of(matter)), now=now)


def release(
    matter_id: UUID,
    *,
    by: Person,
    credential: Mapping[str, Any],
    violations: Violations | None,
    now: datetime,
) -> Matter:
    """Releases what was prepared: every barrier is asked again, and the signature is verified.

    What is done at the messenger, what may be handed out and what is kept begin in the same
    transaction. A plan or a package that changed after the approver read it is not signed.
    """
    with transaction.atomic():
        matter = locked(matter_id)
        assert matter.plan is not None or matter.state != MatterState.PREPARED
        plan = plan_of(matter.plan) if matter.plan else Plan(kind=PlanKind.REFUSE, answer="")
        facts = facts_of(matter, plan, violations=violations, now=now)
        _refuse(matter, check_release(facts, plan, actor_of(matter_id, by)))
        text = text_of(matter)
        digest = digest_of(text)
        kept = sign_release(by, digest, credential, now=now)
        matter.released_by, matter.released_at = by, now
        matter.digest, matter.signed, matter.assertion = digest, text, kept.as_json()
        matter.outcome = OUTCOMES[plan.kind].value
        matter.sign_off = sign_off_of(matter.entry, matter.regime_version)
        matter.call_back = confirmed_call_back(matter=matter.id) or matter.call_back
        if plan.kind is PlanKind.REFUSE:
            _refused(matter, by=by, now=now)
        else:
            _released(matter, plan, by=by, digest=digest, text=text, kept=kept, now=now)
    return matter


def conclude(matter_id: UUID, *, by: Person, reason: str, now: datetime) -> Matter:
    """Ends a release whose effect could not be had whole, with the reason for the authority."""
    with transaction.atomic():
        matter = locked(matter_id)
        found = list(
            check_step(
                MatterState(matter.state), Verb.EXECUTE, actor_of(matter_id, by), reason=reason
            )
        )
        if LegalKind(matter.kind) not in WITHHOLDING:
            found.append(Finding.WRONG_STATE)
        _refuse(matter, found)
        executed(matter, by=by.id, now=now, facts={"whole": False, "why": reason})
    return matter


def after_review(matter_id: UUID, *, by: Person, note: str, now: datetime) -> Matter:
    """Keeps what a third person found, looking at an emergency afterwards."""
    with transaction.atomic():
        matter = locked(matter_id)
        found = check_review(
            actor_of(matter_id, by),
            prepared_by=matter.prepared_by_id,
            released_by=matter.released_by_id,
            note=note,
        )
        _refuse(matter, [*found, *([Finding.WRONG_STATE] if matter.reviewed_by_id else [])])
        matter.reviewed_by, matter.reviewed_at, matter.review_note = by, now, note
        clock_steps.stop(matter, ClockName.AFTER_REVIEW, now=now)
        write_step(matter, "reviewed", by=by.id, now=now, kind=RecordKind.LEGAL_REVIEWED)
    return matter


def executed(
    matter: Matter, *, by: UUID | None, now: datetime, facts: Mapping[str, object]
) -> None:
    """Writes that what was released has been brought about."""
    matter.executed_at = now
    clock_steps.stop_all(matter, now=now)
    assert matter.released_at is not None, "nothing is executed that was not released"
    write_step(
        matter,
        "executed",
        by=by,
        now=now,
        to=MatterState.EXECUTED,
        kind=RecordKind.LEGAL_EXECUTED,
        facts=facts,
        took=now - matter.released_at,
    )


def text_of(matter: Matter) -> dict[str, object]:
    """Gives the text that is signed for a matter as it stands."""
    assert matter.plan is not None, "what is released was prepared"
    package = None
    if is_disclosing(matter) and matter.plan_kind != PlanKind.REFUSE.value:
        package = package_text_of(_package(matter))
    return release_text(
        matter=str(matter.id),
        number=matter.number,
        entry=matter.entry,
        regime_version=matter.regime_version,
        authority=str(matter.authority_id),
        plan=matter.plan,
        package=package,
    )


def package_text_of(one: Disclosure | None) -> dict[str, object] | None:
    """Gives what is signed of a package; None while nothing was collected."""
    if one is None or one.sha256 is None:
        return None
    return package_text(
        disclosure=str(one.id),
        officer=str(one.officer_id),
        recipient=one.recipient,
        sha256=bytes(one.sha256),
        manifest=one.manifest or {},
    )


WITHHOLDING = frozenset({LegalKind.REMOVAL, LegalKind.GEO_RESTRICTION})


def _package(matter: Matter) -> Disclosure | None:
    return (
        Disclosure.objects.select_for_update()
        .defer("sealed")
        .filter(matter=matter, copy_of=None)
        .exclude(state=DisclosureState.DESTROYED.value)
        .order_by("-planned_at")
        .first()
    )


def _plan_disclosure(matter: Matter, plan: Plan, *, by: Person, now: datetime) -> None:
    assert matter.officer_id is not None, "a key belongs to an officer"
    key = usable_key(matter.officer_id, now=now)
    assert key is not None, "the checks asked for a key"
    Disclosure.objects.create(
        id=new_id(now=now),
        matter=matter,
        officer_id=matter.officer_id,
        prepared_by=by,
        recipient=key.recipient,
        want=sorted(one.value for one in plan.want),
        accounts=sorted(plan.accounts),
        preservation_id=plan.preservation,
        planned_at=now,
    )


def _refused(matter: Matter, *, by: Person, now: datetime) -> None:
    clock_steps.stop_all(matter, now=now)
    write_step(
        matter,
        "refused",
        by=by.id,
        now=now,
        to=MatterState.REFUSED,
        kind=RecordKind.LEGAL_REFUSED,
        facts={"ground": matter.ground},
        took=now - matter.received_at,
        outcome=Outcome.REFUSED.value,
    )
    end_on_receipt(matter, now=now)


def _released(
    matter: Matter,
    plan: Plan,
    *,
    by: Person,
    digest: bytes,
    text: Mapping[str, object],
    kept: KeptAssertion,
    now: datetime,
) -> None:
    write_step(
        matter,
        "released",
        by=by.id,
        now=now,
        to=MatterState.RELEASED,
        kind=RecordKind.LEGAL_RELEASED,
        facts={"plan": plan.kind.value, "digest": digest.hex()},
        harm=plan.harm,
        took=now - matter.received_at,
        outcome=matter.outcome,
    )
    if matter.emergency:
        clock_steps.start(matter, after_review_clock(), at=now)
    if is_disclosing(matter):
        _open_package(matter, by=by, digest=digest, text=text, kept=kept, now=now)
    elif LegalKind(matter.kind) is LegalKind.PRESERVATION:
        begin_preservation(matter, now=now)
    else:
        decide_many([_decision(matter, plan, by=by, now=now)], now=now)


def _open_package(
    matter: Matter,
    *,
    by: Person,
    digest: bytes,
    text: Mapping[str, object],
    kept: KeptAssertion,
    now: datetime,
) -> None:
    package = _package(matter)
    assert package is not None, "the checks asked for a package"
    Disclosure.objects.filter(pk=package.pk).update(
        state=DisclosureState.RELEASED.value,
        released_by=by,
        digest=digest,
        signed=dict(text),
        assertion=kept.as_json(),
        expires_at=now + DISCLOSURE_KEPT,
    )
    # The answer lies ready and the officer is told: what remains is the officer's own doing.
    clock_steps.stop(matter, ClockName.ANSWER, now=now)


def _decision(matter: Matter, plan: Plan, *, by: Person, now: datetime) -> DecisionDraft:
    """Gives the decision of an order; its id follows from the matter, so that twice is once."""
    target = plan.measures[0].target
    harm = harms()[plan.harm]
    return DecisionDraft(
        id=new_id(now=now),
        at=now,
        origin=f"order:{matter.id}",
        ground=Ground.ORDER,
        harm=harm.code,
        severity=harm.severity,
        score=1.0,
        reason=f"{matter.number}: {plan.answer}"[:2000],
        source=_source(matter),
        market=matter.country,
        language=Language.EN,
        channel_kind=ChannelKind.PUBLIC,
        measures=plan.measures,
        case=matter.id,
        staff=by.id,
        account=plan.notified[0] if len(plan.notified) == 1 else "",
        channel=target.channel,
        event=target.event,
        milliseconds=round((now - matter.received_at) / timedelta(milliseconds=1)),
        gagged=is_gagged(matter, now=now),
    )


def _source(matter: Matter) -> Source:
    flagger = LegalForm(matter.form) is LegalForm.NOTICE
    return Source.TRUSTED_FLAGGER if flagger else Source.AUTHORITY


def _may_note(actor: Actor) -> list[Finding]:
    found = check_step(MatterState.PREPARED, Verb.RETURN, actor)
    return list(found)


def _refuse(matter: Matter, findings: Sequence[Finding]) -> None:
    if findings:
        raise StepRefused(matter=matter.id, findings=tuple(dict.fromkeys(findings)))
