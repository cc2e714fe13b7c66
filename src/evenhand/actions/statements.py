"""Statements of reasons: the text that the account concerned gets, made from the decision.

DSA Art. 17(3) asks for (a) what was done, where and for how long, (b) the facts, (c) whether
machines were used, (d) the law or (e) the clause relied on and why, (f) the ways to object. Every
line comes from the decision's own columns and from the policy on its harm, so the notice, the
database entry and the record cannot differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from uuid import UUID

import yaml

from evenhand.actions.checks import ANSWERS, UNDO
from evenhand.actions.policies import PolicyGround, policy_of
from evenhand.base.lists import (
    ActionKind,
    Automation,
    Ground,
    Language,
    Source,
    TargetKind,
    UndoResult,
)
from evenhand.base.sealing import token_for

Phrases = Mapping[str, Mapping[str, str]]

OBJECTION = "objection"
"""The purpose of the token in the link by which a person objects."""

MARKET_LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        "AT": Language.DE,
        "BE": Language.FR,
        "BY": Language.RU,
        "CH": Language.DE,
        "DE": Language.DE,
        "FR": Language.FR,
        "KG": Language.RU,
        "KZ": Language.KK,
        "LI": Language.DE,
        "LU": Language.FR,
        "MC": Language.FR,
        "RU": Language.RU,
    }
)
"""The language of a market for people whose own is not known; elsewhere English."""


@dataclass(frozen=True, slots=True)
class ToldMeasure:
    """One thing done, as it is told."""

    kind: ActionKind
    target_kind: TargetKind
    territory: tuple[str, ...] = ()
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ToldDecision:
    """What a statement tells of a decision; field by field a decision's columns."""

    id: UUID
    at: datetime
    ground: Ground
    harm: str
    reason: str
    source: Source
    automation: Automation
    detection_automated: bool
    channel: str
    measures: tuple[ToldMeasure, ...]
    event: str = ""


def account_language(*, own: str | None, detected: str | None, market: str) -> Language:
    """Gives the language to write in: the account's own, else what it wrote in, else the market's.

    A setting or a detection outside the five languages counts as none.
    """
    for code in (own, detected):
        if code is not None and code in list(Language):
            return Language(code)
    return MARKET_LANGUAGES.get(market, Language.EN)


def objection_url(decision_id: UUID, *, public_url: str, key: bytes) -> str:
    """Gives the link by which the account concerned, and nobody else, objects."""
    token = token_for(OBJECTION, decision_id.bytes, key=key)
    return f"{public_url}/objection/{decision_id}/{token}/"


def statement_text(decision: ToldDecision, language: Language, *, url: str) -> str:
    """Gives the statement of reasons, its subject in the first line."""
    words = phrases(language)
    harm = words["harms"][decision.harm]
    gravest = max(decision.measures, key=lambda told: list(ActionKind).index(told.kind))
    lines = [
        words["subjects"][_phrase_key(gravest)],
        "",
        *(_what(words, told) for told in decision.measures),
        "",
        words["facts"]["what"].format(harm=harm),
        words["facts"]["reason"].format(reason=decision.reason),
        *([words["facts"]["channel"].format(channel=decision.channel)] if decision.channel else []),
        *_message(words, decision),
        words["source"][decision.source.value],
        words["detection"]["machine" if decision.detection_automated else "person"],
        words["decision"][decision.automation.value],
        *_ground(words, decision, language, harm=harm),
        words["facts"]["at"].format(date=_date(decision.at)),
        "",
        words["redress"]["objection"].format(url=url),
        words["redress"]["dispute"],
        words["redress"]["number"].format(id=decision.id),
        *([] if words["review"]["lawyer"] == "yes" else ["", words["review"]["note"]]),
    ]
    return "\n".join(lines)


def restored_text(
    decision_id: UUID,
    kind: ActionKind,
    language: Language,
    *,
    reason: str,
    copy: str | None,
    needed: tuple[str, ...] | None = None,
) -> str:
    """Gives the text that tells the account of an undo.

    copy    what it wrote, if that was kept
    needed  where another decision keeps the same in force; None: nowhere, empty: everywhere
    """
    words = phrases(language)["restored"]
    compensated = UNDO[kind] is UndoResult.COMPENSATED
    lines = [words["subject"], "", words["what"].format(id=decision_id)]
    if needed == ():
        lines.append(words["needed"])
    else:
        lines.append(words["compensated" if compensated else "undone"])
    if needed:
        lines.append(words["needed_in"].format(countries=", ".join(needed)))
    lines.append(words["reason"].format(reason=reason))
    if copy is not None:
        lines += ["", words["copy"], copy]
    return "\n".join(lines)


def answer_text(
    decision_id: UUID, language: Language, *, upheld: bool, reason: str, further: str = ""
) -> str:
    """Gives the text that tells the account how its objection ended (DSA Art. 20(5)).

    further  to whom it can turn next, where that is known better than in general
    """
    words = phrases(language)
    outcome = "upheld" if upheld else "refused"
    lines = [
        words["answer"][f"subject_{outcome}"],
        "",
        words["answer"][outcome].format(id=decision_id),
        words["answer"]["reason"].format(reason=reason),
    ]
    if not upheld:
        lines += ["", further or words["redress"]["dispute"]]
    return "\n".join(lines)


@cache
def phrases(language: Language) -> Phrases:
    """Gives the words of one language."""
    folder = files("evenhand.actions.phrases")
    loaded = yaml.safe_load(folder.joinpath(f"{language.value}.yaml").read_text(encoding="utf-8"))
    return MappingProxyType(loaded)


def _phrase_key(told: ToldMeasure) -> str:
    """Gives the key of a measure's words: some kinds read differently by what they are done to."""
    match told.kind, told.target_kind:
        case ((ActionKind.REFUSE | ActionKind.HOLD | ActionKind.RESTRICT), TargetKind.CHANNEL):
            return f"{told.kind.value}_channel"
        case ((ActionKind.REFUSE | ActionKind.HOLD), TargetKind.MEDIA):
            return f"{told.kind.value}_media"
        case ActionKind.REDACT, TargetKind.ACCOUNT:
            return "redact_account"
        case _:
            return told.kind.value


def _ground(words: Phrases, decision: ToldDecision, language: Language, *, harm: str) -> list[str]:
    """Gives the law or the clause relied on, and why what was written is against it."""
    said = words["ground"]
    if decision.ground is Ground.ORDER:
        return [said["order"].format(harm=harm)]
    policy = policy_of(decision.harm)
    key = "law" if policy.ground is PolicyGround.ILLEGAL else "terms"
    return [
        said[key].format(harm=harm, reference=policy.law_or_clause),
        said["why"].format(why=policy.explanation[language]),
    ]


def _message(words: Phrases, decision: ToldDecision) -> list[str]:
    """Gives which message it is about, where its author ever saw it under that name."""
    posted = any(
        told.target_kind is TargetKind.EVENT and told.kind not in ANSWERS
        for told in decision.measures
    )
    return (
        [words["facts"]["message"].format(event=decision.event)]
        if (posted and decision.event)
        else []
    )


def _what(words: Phrases, told: ToldMeasure) -> str:
    scope = words["scope"]
    where = (
        scope["countries"].format(countries=", ".join(told.territory))
        if told.territory
        else scope["world"]
    )
    return " ".join([words["measures"][_phrase_key(told)], where, _until(scope, told)])


def _until(scope: Mapping[str, str], told: ToldMeasure) -> str:
    if told.ends_at is not None:
        return scope["until"].format(date=_date(told.ends_at))
    return scope["open" if UNDO[told.kind] is UndoResult.UNDONE else "final"]


def _date(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
