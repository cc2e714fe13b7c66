"""The entry of a decision in the DSA Transparency Database: made of facts that name nobody.

`EntryFacts` has no field for an account, a channel, a message or what anybody wrote; whatever is
known of those cannot be put into an entry (DSA Art. 24(5): no personal data). Its texts are fixed
ones (`tdb.yaml`) and the operator's policies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import product

from evenhand.base.harms import harms
from evenhand.base.lists import ActionKind, Automation, Source, TargetKind
from evenhand.statements.schema import schema

ILLEGAL = "DECISION_GROUND_ILLEGAL_CONTENT"
INCOMPATIBLE = "DECISION_GROUND_INCOMPATIBLE_CONTENT"
OTHER_KEYWORD = "KEYWORD_OTHER"
OTHER_CONTENT = "CONTENT_TYPE_OTHER"
OTHER_VISIBILITY = "DECISION_VISIBILITY_OTHER"

VISIBILITY: Mapping[ActionKind, str] = {
    ActionKind.LABEL: "DECISION_VISIBILITY_CONTENT_LABELLED",
    ActionKind.UNLIST: "DECISION_VISIBILITY_CONTENT_DEMOTED",
    ActionKind.DEINDEX: "DECISION_VISIBILITY_CONTENT_DEMOTED",
    ActionKind.HOLD: OTHER_VISIBILITY,
    ActionKind.REFUSE: OTHER_VISIBILITY,
    ActionKind.QUARANTINE: "DECISION_VISIBILITY_CONTENT_DISABLED",
    ActionKind.GEO_WITHHOLD: "DECISION_VISIBILITY_CONTENT_DISABLED",
    ActionKind.REDACT: "DECISION_VISIBILITY_CONTENT_REMOVED",
    ActionKind.BLOCK_CHANNEL: "DECISION_VISIBILITY_CONTENT_DISABLED",
}
"""What an action does to what others can see."""

ACCOUNT: Mapping[ActionKind, str] = {
    ActionKind.SUSPEND: "DECISION_ACCOUNT_SUSPENDED",
    ActionKind.LOCK: "DECISION_ACCOUNT_SUSPENDED",
    ActionKind.DEACTIVATE: "DECISION_ACCOUNT_TERMINATED",
}
"""What an action does to an account."""

SOURCES: Mapping[Source, str] = {
    Source.OWN: "SOURCE_VOLUNTARY",
    Source.USER: "SOURCE_TYPE_OTHER_NOTIFICATION",
    Source.TRUSTED_FLAGGER: "SOURCE_TRUSTED_FLAGGER",
    Source.AUTHORITY: "SOURCE_TYPE_OTHER_NOTIFICATION",
}
"""Who drew attention; a user's formal notice is `SOURCE_ARTICLE_16`."""

AUTOMATIONS: Mapping[Automation, str] = {
    Automation.FULL: "AUTOMATED_DECISION_FULLY",
    Automation.PARTIAL: "AUTOMATED_DECISION_PARTIALLY",
    Automation.NONE: "AUTOMATED_DECISION_NOT_AUTOMATED",
}
MEDIA: Mapping[str, str] = {
    "image": "CONTENT_TYPE_IMAGE",
    "video": "CONTENT_TYPE_VIDEO",
    "audio": "CONTENT_TYPE_AUDIO",
}


@dataclass(frozen=True, slots=True)
class Restriction:
    """One thing done: what, to what kind of thing, where, until when."""

    kind: ActionKind
    target: TargetKind
    territory: tuple[str, ...] = ()
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """The policy that a decision rests on: its law or clause and why, in English."""

    illegal: bool
    reference: str
    explanation: str


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """What is told of a decision.

    puid           its number at the database, from which nobody can find the decision
    formal_notice  whether a user's notice under DSA Art. 16 led to it
    media          main media types of what was decided about; empty where none is known
    seen_on        the first day on which the desk knew what was decided about
    """

    puid: str
    at: datetime
    harm: str
    source: Source
    formal_notice: bool
    automation: Automation
    detection_automated: bool
    restrictions: tuple[Restriction, ...]
    media: tuple[str, ...]
    seen_on: date
    basis: Basis


@dataclass(frozen=True, slots=True)
class Entry:
    """What the database is sent: its fields in its own order; None is left out."""

    puid: str
    decision_visibility: tuple[str, ...] = ()
    decision_visibility_other: str | None = None
    end_date_visibility_restriction: date | None = None
    decision_monetary: str | None = None
    decision_monetary_other: str | None = None
    end_date_monetary_restriction: date | None = None
    decision_provision: str | None = None
    end_date_service_restriction: date | None = None
    decision_account: str | None = None
    end_date_account_restriction: date | None = None
    account_type: str | None = None
    decision_ground: str | None = None
    decision_ground_reference_url: str | None = None
    illegal_content_legal_ground: str | None = None
    illegal_content_explanation: str | None = None
    incompatible_content_ground: str | None = None
    incompatible_content_explanation: str | None = None
    incompatible_content_illegal: str | None = None
    category: str | None = None
    category_addition: tuple[str, ...] = ()
    category_specification: tuple[str, ...] = ()
    category_specification_other: str | None = None
    content_type: tuple[str, ...] = ()
    content_type_other: str | None = None
    content_language: str | None = None
    content_date: date | None = None
    content_id: Mapping[str, str] | None = None
    content_id_ean: str | None = None
    territorial_scope: tuple[str, ...] = ()
    application_date: date | None = None
    decision_facts: str | None = None
    source_type: str | None = None
    source_identity: str | None = None
    automated_detection: str | None = None
    automated_decision: str | None = None

    def payload(self) -> dict[str, object]:
        """Gives the entry as it is sent."""
        told: dict[str, object] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            match value:
                case None | ():
                    continue
                case date():
                    told[field.name] = value.isoformat()
                case tuple():
                    told[field.name] = list(value)
                case _:
                    told[field.name] = value
        return told


def entry_of(facts: EntryFacts) -> Entry:
    """Gives the entry of a decision."""
    harm, basis = harms()[facts.harm], facts.basis
    seen = [one for one in facts.restrictions if one.kind in VISIBILITY]
    accounts = [one for one in facts.restrictions if one.kind in ACCOUNT]
    limited = [one for one in facts.restrictions if _in_part(one)]
    visibility = sorted({_visibility(one) for one in seen})
    keywords = schema().keywords_of_harms.get(facts.harm, (OTHER_KEYWORD,))
    contents = content_types(facts)
    return Entry(
        puid=facts.puid,
        decision_visibility=tuple(visibility),
        decision_visibility_other=_visibility_other(seen),
        end_date_visibility_restriction=_end(seen),
        decision_provision="DECISION_PROVISION_PARTIAL_SUSPENSION" if limited else None,
        end_date_service_restriction=_end(limited),
        decision_account=max((ACCOUNT[one.kind] for one in accounts), default=None),
        end_date_account_restriction=_end(accounts),
        decision_ground=ILLEGAL if basis.illegal else INCOMPATIBLE,
        illegal_content_legal_ground=basis.reference if basis.illegal else None,
        illegal_content_explanation=basis.explanation if basis.illegal else None,
        incompatible_content_ground=None if basis.illegal else basis.reference,
        incompatible_content_explanation=None if basis.illegal else basis.explanation,
        category=harm.dsa_category,
        category_specification=keywords,
        category_specification_other=harm.title if OTHER_KEYWORD in keywords else None,
        content_type=contents,
        content_type_other=_content_other(facts) if OTHER_CONTENT in contents else None,
        content_date=min(facts.seen_on, facts.at.date()),
        territorial_scope=scope_of(facts.restrictions),
        application_date=facts.at.date(),
        decision_facts=decision_facts(
            facts.harm,
            surface=surface_of(facts.restrictions),
            source=facts.source,
            machine=facts.detection_automated,
            automation=facts.automation,
        ),
        source_type=_source(facts),
        automated_detection="Yes" if facts.detection_automated else "No",
        automated_decision=AUTOMATIONS[facts.automation],
    )


def restricts(restriction: Restriction) -> bool:
    """Tells whether an action is one of those for which DSA Art. 17(1) asks for a statement.

    Who is refused at signing up is no recipient of the service yet.
    """
    if restriction.target is TargetKind.REGISTRATION:
        return False
    kind = restriction.kind
    return kind in VISIBILITY or kind in ACCOUNT or kind is ActionKind.RESTRICT


def scope_of(restrictions: Sequence[Restriction]) -> tuple[str, ...]:
    """Gives the countries of the database in which one of the restrictions applies."""
    known = schema().territories
    if any(not one.territory for one in restrictions):
        return known
    named = {country for one in restrictions for country in one.territory}
    return tuple(country for country in known if country in named)


def surface_of(restrictions: Sequence[Restriction]) -> str:
    """Gives what a decision is about: its restriction of what others see comes first."""
    targets = {one.target for one in restrictions}
    for target, name in (
        (TargetKind.EVENT, "message"),
        (TargetKind.MEDIA, "media"),
        (TargetKind.CHANNEL, "channel"),
    ):
        if target in targets:
            return name
    return "account"


def decision_facts(
    harm: str, *, surface: str, source: Source, machine: bool, automation: Automation
) -> str:
    """Gives the facts relied on, in fixed sentences."""
    texts = schema().texts
    return " ".join(
        (
            texts["surface"][surface],
            schema().harm_text.format(harm=harms()[harm].title),
            texts["source"][source.value],
            texts["detection"]["machine" if machine else "person"],
            texts["decision"][automation.value],
        )
    )


def every_decision_facts() -> frozenset[str]:
    """Gives every text that `decision_facts` can give."""
    return frozenset(
        decision_facts(harm, surface=surface, source=source, machine=machine, automation=automation)
        for harm, surface, source, machine, automation in product(
            harms(), schema().texts["surface"], Source, (True, False), Automation
        )
    )


def content_types(facts: EntryFacts) -> tuple[str, ...]:
    """Gives what kind of content was decided about."""
    surface = surface_of(facts.restrictions)
    if surface in {"account", "channel"}:
        return (OTHER_CONTENT,)
    known = {MEDIA[media] for media in facts.media if media in MEDIA}
    if known:
        return tuple(sorted(known))
    return ("CONTENT_TYPE_TEXT",) if surface == "message" else (OTHER_CONTENT,)


def _content_other(facts: EntryFacts) -> str:
    surface = surface_of(facts.restrictions)
    return schema().texts["content_other"]["file" if surface == "media" else surface]


def _visibility(one: Restriction) -> str:
    return VISIBILITY[one.kind]


def _visibility_other(seen: Sequence[Restriction]) -> str | None:
    texts = schema().texts["visibility_other"]
    said = [texts[one.kind.value] for one in seen if VISIBILITY[one.kind] == OTHER_VISIBILITY]
    return " ".join(dict.fromkeys(said)) or None


def _in_part(one: Restriction) -> bool:
    """Tells whether part of the service is withheld: writing in one channel."""
    return one.kind is ActionKind.RESTRICT


def _end(restrictions: Sequence[Restriction]) -> date | None:
    """Gives when the last of them ends; None where one has no end, as the database wants it."""
    ends = [one.ends_on for one in restrictions]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def _source(facts: EntryFacts) -> str:
    if facts.source is Source.USER and facts.formal_notice:
        return "SOURCE_ARTICLE_16"
    return SOURCES[facts.source]
