"""The closed lists of the law as data."""

from enum import StrEnum


class LegalKind(StrEnum):
    """What is asked for."""

    REMOVAL = "removal"
    INFORMATION = "information"
    DISCLOSURE = "disclosure"
    PRESERVATION = "preservation"
    GEO_RESTRICTION = "geo-restriction"


RELEASING = frozenset({LegalKind.INFORMATION, LegalKind.DISCLOSURE})
"""Kinds by which data of a person leave the house."""


class LegalForm(StrEnum):
    """Which of four legal things it is: they differ in the duty to answer and in who is told."""

    ORDER = "order"
    NOTICE = "notice"
    REFERRAL = "referral"
    REQUEST = "request"


class DataCategory(StrEnum):
    """What kind of data: the terms of Regulation (EU) 2023/1543 Art. 3(9) to (12), used for all."""

    SUBSCRIBER = "subscriber"
    IDENTIFICATION = "identification"
    TRAFFIC = "traffic"
    CONTENT = "content"


class Purpose(StrEnum):
    """What data are asked for: only to tell who somebody is, or more."""

    IDENTIFY_ONLY = "identify_only"
    OTHER = "other"


class AuthorityKind(StrEnum):
    """Who asks, or who validated what another one asks."""

    COURT = "court"
    JUDGE = "judge"
    INVESTIGATING_JUDGE = "investigating_judge"
    PROSECUTOR = "prosecutor"
    POLICE = "police"
    ADMIN_AUTHORITY = "admin_authority"
    MINISTRY = "ministry"
    REGULATOR = "regulator"
    CENTRAL_AUTHORITY = "central_authority"
    FOREIGN_AUTHORITY_MLA = "foreign_authority_mla"
    TRUSTED_FLAGGER = "trusted_flagger"
    PRIVATE_PARTY = "private_party"
    OWN_DUTY = "own_duty"


NO_STATE = frozenset(
    {AuthorityKind.TRUSTED_FLAGGER, AuthorityKind.PRIVATE_PARTY, AuthorityKind.OWN_DUTY}
)
"""Who is no organ of a state: a market's state does not silence them."""


class NotifyRule(StrEnum):
    """Who tells the person concerned, and when."""

    REQUIRED_AT_EFFECT = "required_at_effect"
    REQUIRED_UNLESS_DELAYED = "required_unless_delayed"
    PROVIDER_POLICY = "provider_policy"
    PROHIBITED_AUTHORITY_NOTIFIES = "prohibited_authority_notifies"
    PROHIBITED_IF_ORDERED = "prohibited_if_ordered"
    NOT_APPLICABLE = "not_applicable"


class Territory(StrEnum):
    """How far an effect may reach at most: the country, the Union, or what the order says."""

    COUNTRY = "country"
    UNION = "union"
    ORDER = "order"


class Confidence(StrEnum):
    """How sure an entry of the law is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class UserCount(StrEnum):
    """How users are counted: on an average day of a month, or once in the month."""

    DAILY = "daily"
    MONTHLY = "monthly"


class Window(StrEnum):
    """A further period that an entry of the law names, beside its deadline.

    PRIOR_INFORMATION       before an authority's first order to this provider
    CLARIFICATION           in which the authority answers a question
    EX_POST_VALIDATION      in which an emergency order is validated afterwards
    ENFORCING_AUTHORITY     which the notified authority has to object
    EMERGENCY_OBJECTION     which it has in an emergency, against the use of what was given
    THIRD_COUNTRY_OBJECTION in which the provider may name a conflict with another country's law
    SCRUTINY_REQUEST        in which scrutiny of a cross-border order may be asked for
    SCRUTINY_DECISION       in which it is decided
    LEGAL_PROCESS           in which an emergency is followed by an ordinary order
    """

    PRIOR_INFORMATION = "prior_information"
    CLARIFICATION = "clarification"
    EX_POST_VALIDATION = "ex_post_validation"
    ENFORCING_AUTHORITY = "enforcing_authority"
    EMERGENCY_OBJECTION = "emergency_objection"
    THIRD_COUNTRY_OBJECTION = "third_country_objection"
    SCRUTINY_REQUEST = "scrutiny_request"
    SCRUTINY_DECISION = "scrutiny_decision"
    LEGAL_PROCESS = "legal_process"


class MarketState(StrEnum):
    """What the desk does for a country's authorities; a market without a row was never opened."""

    OPEN = "open"
    CONTESTED = "contested"
    SUSPENDED = "suspended"
    EXITED = "exited"


class Refusal(StrEnum):
    """The coded grounds on which the law itself says no."""

    NO_REGIME = "no_regime"
    NOT_IN_FORCE = "not_in_force"
    MARKET_NOT_OPEN = "market_not_open"
    MARKET_CONTESTED = "market_contested"
    MARKET_SUSPENDED = "market_suspended"
    MARKET_EXITED = "market_exited"
    GEO_RESTRICTION_ONLY = "geo_restriction_only"
    WRONG_AUTHORITY = "wrong_authority"
    NOT_VALIDATED = "not_validated"
    NO_CATEGORY = "no_category"
    CATEGORY_NOT_COVERED = "category_not_covered"
    CONTENT_OUTSIDE_DESK = "content_outside_desk"
    WRONG_PURPOSE = "wrong_purpose"
    EMERGENCY_ONLY = "emergency_only"
    NO_EMERGENCY_LANE = "no_emergency_lane"
    UNVERIFIED_ENTRY = "unverified_entry"


class RightsQuestion(StrEnum):
    """What two people answer about a country before its market is opened.

    INDEPENDENT_COURTS   do courts decide without orders from above?
    SPEECH               may people say and write what they think of those who rule?
    PRESS                may journalists work and keep their sources?
    RELIGION             may people believe, or not believe, as they wish?
    ORIENTATION          may people love and be who they are?
    ASSEMBLY             may people gather, organise and protest?
    BODILY_INTEGRITY     are people in custody safe from torture, and from death as a penalty?
    DATA_PROTECTION      is what an authority is given used for that case alone?
    REMEDY               can a person concerned learn of it and go to court?
    """

    INDEPENDENT_COURTS = "independent_courts"
    SPEECH = "speech"
    PRESS = "press"
    RELIGION = "religion"
    ORIENTATION = "orientation"
    ASSEMBLY = "assembly"
    BODILY_INTEGRITY = "bodily_integrity"
    DATA_PROTECTION = "data_protection"
    REMEDY = "remedy"


class RightsAnswer(StrEnum):
    """How a right stands in a country; one that is violated keeps its market shut."""

    UPHELD = "upheld"
    IN_DOUBT = "in_doubt"
    VIOLATED = "violated"


class DutyState(StrEnum):
    """How near a country's users are to a duty: far below, from 80 % on near, or there."""

    BELOW = "below"
    NEAR = "near"
    HOLDS = "holds"
