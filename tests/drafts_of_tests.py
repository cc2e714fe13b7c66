"""Drafts of decisions for tests, made by a rule and by a person."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from evenhand.actions.drafts import DecisionDraft, Measure, RuleFacts
from evenhand.actions.ports import Target
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, ChannelKind, Ground, Language, Source, TargetKind

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STAFF = uuid4()
RULE = RuleFacts("drugs_sale_offer", "7", "Aino Author", "Pekka Approver")
EVENT = Target(TargetKind.EVENT, "@a:twin", "!r:twin", "$e")
ACCOUNT = Target(TargetKind.ACCOUNT, account="@a:twin")
CHANNEL = Target(TargetKind.CHANNEL, "@a:twin", "!r:twin")
REFUSAL = Measure(ActionKind.REFUSE, EVENT, answered=True)
SUSPENSION = Measure(ActionKind.SUSPEND, ACCOUNT)
BLOCK = Measure(ActionKind.BLOCK_CHANNEL, CHANNEL)


def by_rule(*measures: Measure, **changes: object) -> DecisionDraft:
    """Gives what a rule decides: a refusal, unless told."""
    draft = DecisionDraft(
        id=new_id(now=NOW),
        at=NOW,
        origin=f"rule:{uuid4()}",
        ground=Ground.RULE,
        harm="m.tos.prohibited.drugs",
        severity=3,
        score=0.9,
        reason="It offers drugs for sale.",
        source=Source.OWN,
        market="DE",
        language=Language.DE,
        channel_kind=ChannelKind.PUBLIC,
        measures=measures or (REFUSAL,),
        rule=RULE,
        account="@a:twin",
        channel="!r:twin",
        event="$e",
        milliseconds=7,
    )
    return replace(draft, **changes)  # type: ignore[arg-type]


def by_person(*measures: Measure, **changes: object) -> DecisionDraft:
    """Gives what a person decides in a case to which the rule drew attention."""
    facts: dict[str, object] = {"ground": Ground.CASE, "case": uuid4(), "staff": STAFF, **changes}
    return by_rule(*measures, **facts)
