"""From what was found in the index to a decision to be: pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from evenhand.actions.drafts import DecisionDraft, Measure, RuleFacts
from evenhand.actions.ports import RuleAuthors, Target
from evenhand.actions.statements import account_language
from evenhand.base.harms import harms
from evenhand.base.lists import ActionKind, ChannelKind, Ground, Source, TargetKind
from evenhand.search.answers import POLICY, RECREATED, RECREATED_VERSION, says
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind, ProposalKind
from evenhand.search.recreations import Resemblance


@dataclass(frozen=True, slots=True)
class Closing:
    """The decision that closes a room.

    territory  ISO 3166-1 alpha-2 codes; empty means the whole world
    """

    decision: UUID
    room: str
    harm: str
    territory: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """An item that should leave the search, and why.

    item       its id; what else is known of it stands beside
    closed     the room that it resembles; empty for POLICY
    closing    the decision that closes that room
    topic      the topic of the query policy; empty for RECREATION
    version    of the rule or of the query policy
    score      0 to 1
    territory  where the item is not to be found
    """

    kind: ProposalKind
    item: str
    item_kind: ItemKind
    room: str
    account: str
    language: str
    harm: str
    version: str
    score: float
    closed: str = ""
    closing: UUID | None = None
    topic: str = ""
    territory: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """Gives what a decision on this is about, once and for all."""
        about = self.closing or uuid5(NAMESPACE_URL, f"{POLICY}{self.topic}:{self.version}")
        return f"search:{about}:{self.item}"

    @property
    def rule(self) -> str:
        """Gives the rule that decides."""
        return RECREATED if self.kind is ProposalKind.RECREATION else POLICY + self.topic


def recreation(item: Item, found: Resemblance, closing: Closing) -> Proposed:
    """Gives the proposal that a room leave the search where the closed one is closed."""
    return Proposed(
        kind=ProposalKind.RECREATION,
        item=item.id,
        item_kind=item.kind,
        room=item.room,
        account=item.account,
        language=item.language,
        harm=closing.harm,
        version=RECREATED_VERSION,
        score=found.score,
        closed=found.closed,
        closing=closing.decision,
        territory=closing.territory,
    )


def named_by_policy(item: Item, *, topic: str, harm: str, version: str) -> Proposed:
    """Gives the proposal that an item leave the search for its words."""
    return Proposed(
        kind=ProposalKind.POLICY,
        item=item.id,
        item_kind=item.kind,
        room=item.room,
        account=item.account,
        language=item.language,
        harm=harm,
        version=version,
        score=1.0,
        topic=topic,
    )


def may_be_decided(item: ItemKind) -> bool:
    """Tells whether an item can be taken out of the search by a decision: an account cannot.

    An account is found as long as its words allow, and suspended by a person.
    """
    return item is not ItemKind.ACCOUNT


def draft_of(
    proposed: Proposed,
    *,
    id: UUID,  # noqa: A002
    account: str,
    market: str,
    authors: RuleAuthors,
    now: datetime,
) -> DecisionDraft:
    """Gives the automated decision that takes an item out of the search."""
    language = account_language(own=None, detected=proposed.language, market=market)
    is_post = proposed.item_kind is ItemKind.POST
    target = Target(
        TargetKind.EVENT if is_post else TargetKind.CHANNEL,
        account=account,
        channel=proposed.room,
        event=proposed.item if is_post else "",
    )
    return DecisionDraft(
        id=id,
        at=now,
        origin=proposed.origin,
        ground=Ground.RULE,
        harm=proposed.harm,
        severity=harms()[proposed.harm].severity,
        score=proposed.score,
        reason=says(proposed.kind, language),
        source=Source.OWN,
        market=market,
        language=language,
        channel_kind=ChannelKind.PUBLIC,
        measures=(Measure(ActionKind.DEINDEX, target, territory=proposed.territory),),
        rule=RuleFacts(proposed.rule, proposed.version, authors.author, authors.approver),
        account=account,
        channel=proposed.room,
        event=proposed.item if is_post else "",
    )
