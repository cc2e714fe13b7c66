"""Writes what users are told: decided before a matter closes, sent when it is due, looked at again.

A notice goes out once its matter's effect is there, or when its delay ends; what is sent is sent
by the notice's own key, so that a kill in between sends it no second time.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from evenhand.actions.models import Decision
from evenhand.actions.ports import Messenger, Notice
from evenhand.actions.statements import objection_url
from evenhand.base.errors import EvenhandError, Unavailable
from evenhand.base.ids import new_id
from evenhand.base.lists import Ground, Language, RecordKind
from evenhand.legal import clock_steps
from evenhand.legal.asking import link_for
from evenhand.legal.checks import StepRefused, check_reason
from evenhand.legal.drafts import NoticeDecision
from evenhand.legal.history_steps import is_gagged, locked, write_step
from evenhand.legal.limits import (
    ASK_BEFORE,
    ASKING_LINK,
    NOTICE_ATTEMPTS_MAX,
    NOTICE_PAUSE,
    NOTICE_REVIEW,
    SWEEP_ROWS_MAX,
)
from evenhand.legal.lists import Finding, MatterState, NoticeState
from evenhand.legal.models import Matter, UserNotice
from evenhand.legal.notices import check_notice, review_at, state_of
from evenhand.legal.phrases import NoticeWords, notice_text
from evenhand.legal.ports import Pager
from evenhand.legal.queries import actor_of, concerned_accounts, notice_facts, plan_kept
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.steps import end_gag

DECIDING = frozenset({Role.LEGAL_OFFICER, Role.APPROVER})

GAGS_ENDED = """
WITH held AS (
    SELECT gagged.subject FROM records_record AS gagged
    WHERE gagged.gagged
      AND NOT EXISTS (SELECT 1 FROM records_record AS ended
                      WHERE ended.subject = gagged.id AND ended.kind = 'gag_ended')
), about AS (
    SELECT subject AS matter FROM held
    UNION
    SELECT decision."case" FROM held
    JOIN actions_decision AS decision ON decision.id = held.subject AND decision.ground = 'order'
)
SELECT matter.id FROM legal_matter AS matter JOIN about ON about.matter = matter.id
WHERE NOT matter.gag_forever AND coalesce(matter.gagged_until <= %(now)s, true)
LIMIT %(most)s
"""
"""Matters of which nothing need be hidden any longer, and of which something is."""

TOLD_AFTER = (MatterState.EXECUTED.value, MatterState.CLOSED.value)
"""States in which an effect is there: then the user is told (DSA Art. 9(5))."""


def decide_notice(
    matter_id: UUID, decision: NoticeDecision, *, by: Person, now: datetime
) -> UserNotice:
    """Keeps what is decided about telling one account; what was sent cannot be taken back."""
    with transaction.atomic():
        matter = locked(matter_id)
        actor = actor_of(matter_id, by)
        found = list(check_notice(notice_facts(matter), decision, now=now))
        if not actor.roles & DECIDING:
            found.append(Finding.ROLE_MISSING)
        if not actor.assigned:
            found.append(Finding.NOT_ASSIGNED)
        if matter.released_by_id is None and matter.state != MatterState.WITHDRAWN:
            found.append(Finding.WRONG_STATE)
        before = UserNotice.objects.filter(matter=matter, account=decision.account).first()
        if before is not None and before.state == NoticeState.SENT:
            found.append(Finding.WRONG_STATE)
        if found:
            raise StepRefused(matter=matter_id, findings=tuple(dict.fromkeys(found)))
        notice = _keep(matter, decision, before, by=by, now=now)
        _note_whole(matter)
        write_step(
            matter,
            "notice_decided",
            by=by.id,
            now=now,
            kind=RecordKind.USER_NOTICE,
            facts={"notice": str(notice.id), "decided": notice.state, "basis": notice.basis},
        )
    return notice


def lift_gag(matter_id: UUID, *, by: Person, reason: str, now: datetime) -> int:
    """Lifts what forbade telling; whoever was not told for it is told now. Gives their number."""
    with transaction.atomic():
        matter = locked(matter_id)
        actor = actor_of(matter_id, by)
        found = check_reason(reason)
        if not actor.roles & DECIDING:
            found.append(Finding.ROLE_MISSING)
        if not actor.assigned:
            found.append(Finding.NOT_ASSIGNED)
        if found:
            raise StepRefused(matter=matter_id, findings=tuple(found))
        matter.gagged_until, matter.gag_forever = None, False
        _end_gag(matter.id, now=now)
        held = UserNotice.objects.filter(
            matter=matter,
            state__in=[
                NoticeState.DELAYED_UNTIL.value,
                NoticeState.FORBIDDEN_UNTIL_LIFTED.value,
            ],
        ).update(state=NoticeState.DUE_NOW.value, due_at=now, review_at=None)
        write_step(
            matter,
            "gag_lifted",
            by=by.id,
            now=now,
            kind=RecordKind.USER_NOTICE,
            facts={"notices": held, "why": reason},
        )
    return held


def sweep_gags(*, now: datetime, rows_max: int = SWEEP_ROWS_MAX) -> int:
    """Lets be counted what an order kept from being told until now; gives how many matters."""
    ended = [row.id for row in Matter.objects.raw(GAGS_ENDED, {"now": now, "most": rows_max})]
    for matter_id in ended:
        with transaction.atomic():
            matter = locked(matter_id)
            if not is_gagged(matter, now=now):
                _end_gag(matter_id, now=now)
    return len(ended)


def sweep_notices(
    messenger: Messenger,
    pager: Pager,
    *,
    public_url: str,
    key: bytes,
    now: datetime,
    rows_max: int = SWEEP_ROWS_MAX,
) -> int:
    """Sends notices that are due, and calls for a look at those that are held back.

    `key` makes the link by which the account asks again whether it was concerned.
    """
    due = list(
        UserNotice.objects.select_related("matter__authority")
        .filter(
            Q(state=NoticeState.DUE_NOW.value, matter__state__in=TOLD_AFTER)
            | Q(state=NoticeState.DELAYED_UNTIL.value, due_at__lte=now)
        )
        .filter(Q(try_at=None) | Q(try_at__lte=now))
        .order_by("due_at", "id")[:rows_max]
    )
    sent = sum(_send(notice, messenger, public_url=public_url, key=key, now=now) for notice in due)
    return sent + _call_for_review(pager, now=now, rows_max=rows_max)


def _end_gag(matter_id: UUID, *, now: datetime) -> None:
    """Lets be counted what was recorded of a matter, of its decision and of that one's effects."""
    decisions = Decision.objects.filter(origin=f"order:{matter_id}")
    for subject in (matter_id, *decisions.values_list("id", flat=True)):
        end_gag(subject, now=now)


def _keep(
    matter: Matter,
    decision: NoticeDecision,
    before: UserNotice | None,
    *,
    by: Person,
    now: datetime,
) -> UserNotice:
    state = state_of(decision)
    due_at = decision.until if state is NoticeState.DELAYED_UNTIL else None
    notice = before or UserNotice(id=new_id(now=now), matter=matter, account=decision.account)
    notice.language = Language(decision.language).value
    notice.state = state.value
    notice.basis = decision.basis
    notice.decided_by, notice.decided_at = by, now
    notice.due_at = now if state is NoticeState.DUE_NOW else due_at
    notice.review_at = review_at(state, due_at=due_at, now=now)
    notice.asked_at = None
    notice.save()
    return notice


def _note_whole(matter: Matter) -> None:
    """Notes on the matter whether everybody concerned has a decision; without that, none closes."""
    decided = set(UserNotice.objects.filter(matter=matter).values_list("account", flat=True))
    concerned = set(concerned_accounts(matter))
    matter.notice_decided = bool(decided) and concerned <= decided


def _send(
    notice: UserNotice, messenger: Messenger, *, public_url: str, key: bytes, now: datetime
) -> int:
    """Sends one notice by its key, then writes that; gives how many were sent."""
    link = link_for(notice.account, until=(now + ASKING_LINK).date(), key=key)
    words = replace(
        _words(notice, public_url + link),
        objection_url=_objection_url(notice.matter_id, public_url=public_url, key=key),
    )
    try:
        messenger.send_notice(
            Notice(
                key=notice.id,
                account=notice.account,
                text=notice_text(words, Language(notice.language)),
                decision=notice.matter_id,
            )
        )
    except Unavailable:
        return _try_later(notice, now=now)
    except EvenhandError:
        return _finish(notice, NoticeState.UNDELIVERABLE, now=now)
    return _finish(notice, NoticeState.SENT, now=now)


def _try_later(notice: UserNotice, *, now: datetime) -> int:
    if notice.attempts + 1 >= NOTICE_ATTEMPTS_MAX:
        return _finish(notice, NoticeState.UNDELIVERABLE, now=now)
    UserNotice.objects.filter(pk=notice.pk).update(
        attempts=notice.attempts + 1, try_at=now + NOTICE_PAUSE
    )
    return 0


def _finish(notice: UserNotice, state: NoticeState, *, now: datetime) -> int:
    with transaction.atomic():
        matter = locked(notice.matter_id)
        # Decided anew meanwhile: the row's state says what counts.
        changed = UserNotice.objects.filter(pk=notice.pk, state=notice.state).update(
            state=state.value, sent_at=now if state is NoticeState.SENT else None
        )
        if changed:
            write_step(
                matter,
                "notice_sent" if state is NoticeState.SENT else "notice_undeliverable",
                by=None,
                now=now,
                kind=RecordKind.USER_NOTICE,
                facts={"notice": str(notice.id), "became": state.value},
            )
    return changed


def _call_for_review(pager: Pager, *, now: datetime, rows_max: int) -> int:
    """Says that a held notice must be looked at, and reminds of a delay that is about to end."""
    rows = UserNotice.objects.filter(_to_look_at(now)).order_by("review_at", "id")
    waiting = list(rows.values_list("id", "matter_id")[:rows_max])
    return sum(_ask(notice, matter, pager, now=now) for notice, matter in waiting)


def _to_look_at(now: datetime) -> Q:
    """Gives which notices to look at: held back for long, or about to be sent by themselves."""
    held = [NoticeState.DELAYED_UNTIL.value, NoticeState.FORBIDDEN_UNTIL_LIFTED.value]
    return Q(state__in=held, review_at__lte=now) | Q(
        state=NoticeState.DELAYED_UNTIL.value, due_at__lte=now + ASK_BEFORE, asked_at=None
    )


def _ask(notice_id: UUID, matter_id: UUID, pager: Pager, *, now: datetime) -> int:
    with transaction.atomic():
        matter = locked(matter_id)
        rows = UserNotice.objects.select_for_update(of=("self",)).filter(_to_look_at(now))
        notice = rows.filter(pk=notice_id).first()
        if notice is None:
            return 0
        pager.page(
            f"{matter.number}: a user is not told yet; look whether that is still right.",
            urgent=False,
            key=clock_steps.page_key(notice.id, f"review:{now.date()}"),
        )
        notice.asked_at = now
        if notice.review_at is not None and notice.review_at <= now:
            notice.review_at = now + NOTICE_REVIEW
        notice.save(update_fields=["asked_at", "review_at"])
        write_step(matter, "notice_review_due", by=None, now=now, facts={"notice": str(notice.id)})
    return 1


def _objection_url(matter_id: UUID, *, public_url: str, key: bytes) -> str:
    """Gives where somebody objects to what was done at the messenger; empty if nothing was.

    The order itself is its authority's; whether exactly that was done is the desk's to answer.
    """
    decision = Decision.objects.filter(ground=Ground.ORDER.value, case=matter_id).first()
    return objection_url(decision.id, public_url=public_url, key=key) if decision else ""


def _words(notice: UserNotice, asking_url: str) -> NoticeWords:
    matter = notice.matter
    plan = plan_kept(matter)
    kinds: Sequence[str] = tuple(one.kind.value for one in plan.measures) if plan else ()
    territory = {code for one in plan.measures for code in one.territory} if plan else set()
    assert matter.executed_at is not None or matter.released_at is not None
    return NoticeWords(
        number=matter.number,
        kind=matter.kind,
        entry=matter.entry,
        authority=matter.authority.name,
        country=matter.country,
        at=matter.executed_at or matter.released_at or matter.received_at,
        measures=tuple(dict.fromkeys(kinds)),
        territory=tuple(sorted(territory)),
        want=tuple(sorted(one.value for one in plan.want)) if plan else (),
        redress_url=asking_url,
    )
