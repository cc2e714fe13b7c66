"""Facts and entries of tests for the DSA Transparency Database."""

from dataclasses import replace
from datetime import UTC, date, datetime

from evenhand.actions.policies import PolicyGround, policy_of
from evenhand.base.lists import ActionKind, Automation, Language, Source, TargetKind
from evenhand.statements.entry import Basis, EntryFacts, Restriction

PUID = "eh-" + "0123456789" * 4
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
REDACTION = Restriction(ActionKind.REDACT, TargetKind.EVENT)


def basis_of(harm: str) -> Basis:
    """The policy on a harm, as an entry tells it."""
    policy = policy_of(harm)
    return Basis(
        illegal=policy.ground is PolicyGround.ILLEGAL,
        reference=policy.law_or_clause,
        explanation=policy.explanation[Language.EN],
    )


def facts(harm: str = "m.spam.fraud", **changes: object) -> EntryFacts:
    """A message removed by a person after a user's report, unless told otherwise."""
    told = EntryFacts(
        puid=PUID,
        at=AT,
        harm=harm,
        source=Source.USER,
        formal_notice=False,
        automation=Automation.NONE,
        detection_automated=False,
        restrictions=(REDACTION,),
        media=(),
        seen_on=date(2026, 11, 20),
        basis=basis_of(harm),
    )
    return replace(told, **changes)  # type: ignore[arg-type]
