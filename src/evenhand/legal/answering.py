"""What an authority is told of its matter: every answer that there is, made from what stands there.

Reads only. Each answer carries the time of the step that it tells of, and nothing else in it comes
from a clock, so that whoever asks again gets the same bytes as long as nothing has happened.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from evenhand.actions.models import Action
from evenhand.base.errors import NotFound
from evenhand.base.lists import ActionKind, Language, TargetKind
from evenhand.legal.answers.facts import (
    Answer,
    AnswerFacts,
    AnswerKind,
    DisclosedPackage,
    Effect,
    KeptCopy,
    StillVisible,
    UserTold,
)
from evenhand.legal.answers.make import answer
from evenhand.legal.answers.words import words
from evenhand.legal.canonical import digest_of
from evenhand.legal.checks import WITHHOLDING
from evenhand.legal.clocks import clocks_of
from evenhand.legal.lists import DisclosureState, NoticeState, Outcome
from evenhand.legal.models import Disclosure, Matter, Preservation, Question, Step, UserNotice
from evenhand.legal.proving import Codes, entries_of, proof_of
from evenhand.legal.queries import disclosures, history, law_of, notices, plan_kept, preservations
from evenhand.markets.lists import LegalForm, LegalKind, Window

GIVEN = frozenset(
    {
        DisclosureState.RELEASED.value,
        DisclosureState.HANDED_OUT.value,
        DisclosureState.CONFIRMED.value,
        DisclosureState.EXPIRED.value,
    }
)
"""States of a package that was released: what it held is certified."""

TCO, DSA, EEVIDENCE = "eu-tco", "eu-dsa", "eu-eevidence"


@dataclass(frozen=True, slots=True)
class Service:
    """Who answers: the messenger's name, where it is reached, how entries of the log are named."""

    name: str
    contact: str
    codes: Codes | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before it is made: `name` is its own within the matter and stays."""

    name: str
    kind: AnswerKind
    facts: AnswerFacts


def drafts_of(matter: Matter, service: Service) -> tuple[Draft, ...]:
    """Gives every answer that there is to a matter, by the time of what each tells."""
    common = _common(matter, service)
    found = [made for part in PARTS for made in part(matter, common, history(matter.id))]
    found.sort(key=lambda one: one[0].value)
    entries = entries_of(matter.id) if service.codes else []
    drafts = [
        Draft(
            kind.value if place == 1 else f"{kind.value}-{place}",
            kind,
            replace(facts, proof=proof_of(kind, facts, entries, service.codes)),
        )
        for kind, group in groupby(found, key=lambda one: one[0])
        for place, (_, facts) in enumerate(group, 1)
    ]
    return tuple(sorted(drafts, key=lambda one: (one.facts.answered_at, one.name)))


def answer_named(name: str, matter: Matter, service: Service) -> Answer:
    """Gives one answer in the authority's language, or raises `NotFound`."""
    for one in drafts_of(matter, service):
        if one.name == name:
            return answer(one.kind, one.facts, language_of(matter))
    raise NotFound(what="answer", name=name)


def title_of(draft: Draft, matter: Matter) -> str:
    """Gives what an answer is called in the authority's language."""
    return str(words(language_of(matter))["titles"][draft.kind.value])


def language_of(matter: Matter) -> Language:
    """Gives the language in which the authority is answered."""
    return Language(matter.language) if matter.language in set(Language) else Language.EN


def still_visible(effects: Sequence[Effect]) -> tuple[StillVisible, ...]:
    """Gives what these measures do not reach; no measure reaches another server or a device."""
    found = {StillVisible.OTHER_SERVERS, StillVisible.COPIES_ON_DEVICES} if effects else set()
    if any(one.territory for one in effects):
        found |= {StillVisible.OUTSIDE_TERRITORY, StillVisible.CHANGED_PLACE}
    if any(one.done in {ActionKind.GEO_WITHHOLD, ActionKind.BLOCK_CHANNEL} for one in effects):
        found.add(StillVisible.DIRECTORY)
    return tuple(one for one in StillVisible if one in found)


def _common(matter: Matter, service: Service) -> AnswerFacts:
    kind, regime = law_of(matter)
    return AnswerFacts(
        number=matter.number,
        reference=matter.reference,
        authority=matter.authority.name,
        country=matter.country,
        service=service.name,
        contact=service.contact,
        title=kind.title,
        law=f"{regime.citation}, {kind.articles}".rstrip(", "),
        entry=f"{kind.id}, {matter.regime_version}",
        entry_verified=matter.entry_verified,
        received_at=matter.received_at,
        answered_at=matter.received_at,
    )


Made = Iterator[tuple[AnswerKind, AnswerFacts]]
Part = Callable[[Matter, AnswerFacts, Sequence[Step]], Made]


def _receipt(matter: Matter, common: AnswerFacts, steps: Sequence[Step]) -> Made:
    del steps
    kind, _ = law_of(matter)
    clock = clocks_of(kind, emergency=matter.emergency)[0]
    yield (
        AnswerKind.RECEIPT,
        replace(common, answered_at=matter.entered_at, due_at=matter.received_at + clock.total),
    )


def _questions(matter: Matter, common: AnswerFacts, steps: Sequence[Step]) -> Made:
    """Gives each thing that was asked, with the law's own time to answer it if it names one."""
    del steps
    kind, _ = law_of(matter)
    time = kind.windows.get(Window.CLARIFICATION)
    asked: Sequence[Question] = list(matter.questions.order_by("asked_at", "id"))
    for one in asked:
        yield (
            AnswerKind.PLEASE_COMPLETE,
            replace(
                common,
                answered_at=one.asked_at,
                due_at=one.asked_at + time if time else None,
                missing=tuple(one.missing),
                questions=(one.text,),
            ),
        )


def _refusal(matter: Matter, common: AnswerFacts, steps: Sequence[Step]) -> Made:
    """Gives the refusal in the law's own form; what was missing is said with it."""
    del steps
    plan = plan_kept(matter)
    if matter.outcome != Outcome.REFUSED or plan is None or matter.released_at is None:
        return
    forms = {TCO: AnswerKind.TCO_NOT_EXECUTED, EEVIDENCE: AnswerKind.EPOC_NOT_EXECUTED}
    open_ones = matter.questions.filter(answered_at=None).order_by("asked_at")
    facts = replace(
        common,
        answered_at=matter.released_at,
        ground=matter.ground,
        explanation=plan.answer,
        missing=tuple(name for one in open_ones for name in one.missing),
        data_kept=_kept_on(matter, matter.released_at) if matter.regime == EEVIDENCE else None,
    )
    yield forms.get(matter.regime, AnswerKind.REFUSAL), facts


def _kept_on(matter: Matter, moment: datetime) -> bool:
    """Tells whether what was put away for a matter was kept beyond a moment.

    Before the sender is proved the answer is no to everybody.
    """
    return matter.validated_at is not None and any(
        one.sealed_at is not None
        and one.sealed_at <= moment
        and (one.destroyed_at is None or one.destroyed_at > moment)
        for one in preservations(matter.id)
    )


def _effect(matter: Matter, common: AnswerFacts, steps: Sequence[Step]) -> Made:
    """Gives what was done to content, with the moments at which the messenger confirmed it."""
    if LegalKind(matter.kind) not in WITHHOLDING or matter.executed_at is None:
        return
    effects = _effects(matter)
    facts = replace(
        common,
        effects=effects,
        still_visible=still_visible(effects),
        explanation=_explanation(matter, steps),
    )
    if not effects:
        if matter.regime == DSA and LegalForm(matter.form) is LegalForm.ORDER:
            yield AnswerKind.DSA_ORDER_EFFECT, replace(facts, answered_at=matter.executed_at)
        return
    forms = {TCO: AnswerKind.TCO_REMOVED}
    if LegalForm(matter.form) is LegalForm.ORDER:
        forms[DSA] = AnswerKind.DSA_ORDER_EFFECT
    yield forms.get(matter.regime, AnswerKind.EFFECT), _told(matter, facts, matter.executed_at)


def _certificates(matter: Matter, common: AnswerFacts, steps: Sequence[Step]) -> Made:
    """Gives what is certified of each package that was released; a copy has its own."""
    released = {
        str(one.facts["disclosure"]): one.at for one in steps if one.what == "copy_released"
    }
    for one in sorted(disclosures(matter.id), key=lambda row: row.planned_at):
        at = released.get(str(one.id)) if one.copy_of_id else matter.released_at
        if one.state not in GIVEN or at is None:
            continue
        facts = _told(matter, replace(common, package=_package(one)), at)
        yield AnswerKind.DISCLOSURE_CERTIFICATE, facts
        if matter.regime == DSA and one.copy_of_id is None:
            yield AnswerKind.DSA_INFORMATION_EFFECT, facts


def _copies(matter: Matter, common: AnswerFacts, steps: Sequence[Step]) -> Made:
    """Gives what is kept for the authority, and what of it was destroyed."""
    for one in preservations(matter.id):
        # How much was found tells whether something exists: not before the sender is proved.
        if one.sealed_at is None or (one.on_receipt and matter.validated_at is None):
            continue
        changed = [
            step.at
            for step in steps
            if step.what == "preservation_extended"
            and step.facts.get("preservation") == str(one.id)
        ]
        copy = _copy(one)
        yield (
            AnswerKind.PRESERVED,
            replace(common, answered_at=max([one.sealed_at, *changed]), copy=copy),
        )
        if one.destroyed_at is not None:
            because = "over" if one.on_receipt else "expired"
            gone = replace(copy, destroyed_at=one.destroyed_at, destroyed_because=because)
            yield (
                AnswerKind.DESTRUCTION_CERTIFICATE,
                replace(common, answered_at=one.destroyed_at, copy=gone),
            )


PARTS: tuple[Part, ...] = (_receipt, _questions, _refusal, _effect, _certificates, _copies)


def _effects(matter: Matter) -> tuple[Effect, ...]:
    """Gives what the messenger confirmed of an order before it counted as carried out.

    Regulation (EU) 2021/784 Art. 3(6): the time of the removal, not that of the decision.
    """
    rows = Action.objects.filter(
        decision__origin=f"order:{matter.id}",
        in_force_at__isnull=False,
        in_force_at__lte=matter.executed_at,
    )
    return tuple(
        Effect(_target(one), ActionKind(one.kind), at, tuple(one.territory))
        for one in rows.order_by("in_force_at", "id")
        if (at := one.in_force_at) is not None
    )


def _target(action: Action) -> str:
    named: Mapping[TargetKind, str] = {
        TargetKind.ACCOUNT: action.account,
        TargetKind.CHANNEL: action.channel,
        TargetKind.EVENT: action.event,
        TargetKind.MEDIA: action.media,
    }
    return named[TargetKind(action.target_kind)]


def _explanation(matter: Matter, steps: Sequence[Step]) -> str:
    """Gives what the plan tells, and why not all of it could be had if a person said so."""
    plan = plan_kept(matter)
    why = [str(one.facts["why"]) for one in steps if one.what == "executed" and "why" in one.facts]
    return " ".join([*([plan.answer] if plan else []), *why])


def _told(matter: Matter, facts: AnswerFacts, at: datetime) -> AnswerFacts:
    """Gives the facts with what became of the user's notice; then they are as of that moment.

    A notice that is due and not sent yet is not spoken of: it is neither told nor put off.
    """
    rows = notices(matter.id)
    states = {NoticeState(one.state) for one in rows}
    if not rows or states & {NoticeState.DUE_NOW, NoticeState.UNDELIVERABLE}:
        return replace(facts, answered_at=at)
    told, told_at = _standing(states, rows)
    moments = [moment for one in rows for moment in (one.decided_at, one.sent_at) if moment]
    return replace(facts, answered_at=max([at, *moments]), user_told=told, user_told_at=told_at)


def _standing(
    states: set[NoticeState], rows: Sequence[UserNotice]
) -> tuple[UserTold, datetime | None]:
    """Gives what holds of all who are concerned: what is still held back comes first."""
    if NoticeState.FORBIDDEN_UNTIL_LIFTED in states:
        return UserTold.NOT_YET, None
    if NoticeState.DELAYED_UNTIL in states:
        return UserTold.LATER, max((one.due_at for one in rows if one.due_at), default=None)
    if NoticeState.SENT in states:
        return UserTold.TOLD, max((one.sent_at for one in rows if one.sent_at), default=None)
    if NoticeState.AUTHORITY_NOTIFIES in states:
        return UserTold.AUTHORITY_TELLS, None
    return UserTold.NOT_REQUIRED, None


def _package(one: Disclosure) -> DisclosedPackage:
    assert one.sha256 is not None, "what was released was collected"
    assert one.collected_at is not None
    manifest = one.manifest or {}
    return DisclosedPackage(
        sha256=bytes(one.sha256).hex(),
        files=manifest.get("files", {}),
        accounts=int(manifest.get("accounts", 0)),
        unknown=int(manifest.get("unknown", 0)),
        connections=int(manifest.get("connections", 0)),
        phones=int(manifest.get("phones", 0)),
        ports=int(manifest.get("ports", 0)),
        source=str(manifest.get("source", "")),
        collected_at=one.collected_at,
        recipient=one.recipient,
    )


def _copy(one: Preservation) -> KeptCopy:
    assert one.sealed_at is not None, "what is told of was sealed"
    return KeptCopy(
        items=len(one.hashes),
        hash_list_sha256=digest_of(one.hashes).hex(),
        kept_at=one.sealed_at,
        expires_at=None if one.on_receipt else one.expires_at,
    )
