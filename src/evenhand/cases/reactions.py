"""What follows from records of the rooms below: an effect that failed becomes a case."""

from datetime import datetime

from evenhand.actions.models import Decision
from evenhand.base.ids import new_id
from evenhand.base.lists import ChannelKind, Language, RecordKind, Source
from evenhand.cases.drafts import CaseDraft
from evenhand.cases.lists import CaseKind
from evenhand.cases.steps import open_case
from evenhand.records.models import Record
from evenhand.records.outbox import Reaction
from evenhand.verdicts.schema import RuleHit


def open_case_for_failed_effect(record: Record, now: datetime) -> None:
    """Opens a case for an effect that could not be brought about; idempotent by decision.

    What got past the door, or cannot be done at the messenger, needs a person.
    """
    decision = Decision.objects.filter(pk=record.subject).first()
    assert decision is not None, "an effect's record names its decision"
    open_case(
        CaseDraft(
            id=new_id(now=now),
            at=now,
            kind=CaseKind.FAILED_EFFECT,
            origin=f"failed:{decision.id}:{record.action}",
            harm=decision.harm,
            severity=decision.severity,
            score=decision.score,
            reason=decision.reason,
            channel_kind=ChannelKind(decision.channel_kind),
            language=Language(decision.language),
            rules=(RuleHit(decision.rule_id, decision.rule_version),) if decision.rule_id else (),
            source=Source(decision.source),
            market=decision.market,
            account=decision.account,
            channel=decision.channel,
            event=decision.event,
            decision=decision.id,
            evidence=decision.evidence_id,
        ),
        now=now,
    )


FAILED_EFFECTS = Reaction(
    consumer="cases.failed_effects",
    kinds=frozenset({RecordKind.EFFECT_FAILED}),
    react=open_case_for_failed_effect,
)
"""For the worker's list of reactions."""
