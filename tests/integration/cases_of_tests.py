"""What several tests of cases need: staff, a decision by a rule, a case, a link."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from nacl.public import PrivateKey

from evenhand.actions import steps as actions
from evenhand.actions.checks import Attempt
from evenhand.actions.drafts import DecisionDraft, Measure, RuleFacts
from evenhand.actions.models import Decision, Delivery
from evenhand.actions.ports import InForce, Target
from evenhand.actions.statements import OBJECTION
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, ChannelKind, Ground, Language, Source, TargetKind
from evenhand.base.sealing import token_for
from evenhand.cases.drafts import CaseDraft
from evenhand.cases.lists import CaseKind, CaseLane, CaseOutcome, CaseState
from evenhand.cases.models import Case
from evenhand.evidence.steps import keep
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.verdicts.schema import RuleHit

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOKEN_KEY = b"k" * 32
SECRET = "Sentence that nobody may read without a reason"


@dataclass(frozen=True)
class Keys:
    """Keys of a test: the private one stands for the opener."""

    evidence: PrivateKey

    @classmethod
    def fresh(cls) -> "Keys":
        return cls(PrivateKey.generate())


def reviewer(name: str = "Ada Example", *roles: Role) -> Person:
    """A member of staff who may review, unless other roles are given."""
    return Person.objects.create(
        id=new_id(now=NOW),
        name=name,
        roles=[role.value for role in roles or (Role.REVIEWER,)],
        created_at=NOW,
    )


def reviewed(
    event: str, outcome: CaseOutcome, *, lane: CaseLane = CaseLane.OPEN, at: datetime = NOW
) -> Case:
    """A review of an event that somebody closed."""
    by = Person.objects.filter(name="Ada Example").first() or reviewer()
    case_id = new_id(now=at)
    return Case.objects.create(
        id=case_id,
        opened_at=at,
        kind=CaseKind.REVIEW.value,
        origin=f"test:{case_id}",
        serve_by=at,
        harm="m.spam",
        severity=1,
        score=0.5,
        language=Language.EN.value,
        channel_kind=ChannelKind.PUBLIC.value,
        event=event,
        state=CaseState.CLOSED.value,
        outcome=outcome.value,
        closed_at=at,
        closed_by=by,
        closed_by_name=by.name,
        lane=lane.value,
    )


def decided(
    keys: Keys,
    kind: ActionKind = ActionKind.SUSPEND,
    *,
    event: str = "$event1",
    author: str = "Rule Author",
    language: Language = Language.DE,
    account: str = "@sender:example.test",
    rule: str = "doubled_payment",
    market: str = "KZ",
) -> Decision:
    """A decision of a rule, with its evidence under seal."""
    decision_id = new_id(now=NOW)
    with transaction.atomic():
        item = keep(
            f'{{"text": "{SECRET}"}}'.encode(),
            media_type="application/json",
            subject=decision_id,
            to=keys.evidence.public_key,
            now=NOW,
        )
    target = TargetKind.ACCOUNT if kind is ActionKind.SUSPEND else TargetKind.EVENT
    return actions.decide(
        DecisionDraft(
            id=decision_id,
            at=NOW,
            origin=f"rule:{event}",
            ground=Ground.RULE,
            harm="m.spam.fraud",
            severity=3,
            score=0.9,
            reason="It asks for a payment that is promised to be doubled.",
            source=Source.OWN,
            market=market,
            language=language,
            channel_kind=ChannelKind.PUBLIC,
            measures=(
                Measure(
                    kind,
                    Target(target, account="@sender:example.test", channel="!r:x", event=event),
                    answered=kind is ActionKind.REFUSE,
                ),
            ),
            rule=RuleFacts(rule, "1", author, ""),
            account=account,
            channel="!r:x",
            event=event,
            evidence=item.id,
            milliseconds=4,
        ),
        now=NOW,
    )


def settle(found: InForce = InForce.YES) -> int:
    """Lets everything that is due come out alike, and gives how much that was."""
    batch = new_id(now=NOW)
    actions.claim_batch(batch, now=NOW)
    deliveries = Delivery.objects.filter(batch=batch)
    results = [actions.Result(delivery.id, Attempt(found)) for delivery in deliveries]
    return actions.settle_batch(batch, results, now=NOW, chance=lambda: 0.5)


def token_of(decision_id: UUID, *, key: bytes = TOKEN_KEY) -> str:
    """The code in the link of a statement of reasons."""
    return token_for(OBJECTION, decision_id.bytes, key=key)


def case_draft(keys: Keys | None = None, *, event: str = "$event1") -> CaseDraft:
    """A case that a model opened, with its evidence if there are keys."""
    case_id = new_id(now=NOW)
    evidence = None
    if keys is not None:
        with transaction.atomic():
            item = keep(
                f'{{"text": "{SECRET}"}}'.encode(),
                media_type="application/json",
                subject=case_id,
                to=keys.evidence.public_key,
                now=NOW,
            )
        evidence = item.id
    return CaseDraft(
        id=case_id,
        at=NOW,
        kind=CaseKind.REVIEW,
        origin=f"event:{event}",
        harm="m.harassment.hate",
        severity=3,
        score=0.7,
        reason="A model finds it likely.",
        channel_kind=ChannelKind.PUBLIC,
        language=Language.RU,
        rules=(RuleHit("model_hate", "2"),),
        market="DE",
        account="@sender:example.test",
        channel="!r:x",
        event=event,
        evidence=evidence,
    )
