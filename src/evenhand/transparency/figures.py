"""What a daily report says: closed lists of its numbers, exact and public."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Figure(StrEnum):
    """A number about the whole day."""

    SCREENED = "screened"
    UNSCREENED = "unscreened"
    DECISIONS = "decisions"
    FAKE_ACCOUNTS_REFUSED = "fake_accounts_refused"
    REFUSED = "refused"
    HELD = "held"
    REMOVED = "removed"
    RESTRICTED = "restricted"
    DEINDEXED = "deindexed"
    CHANNELS_BLOCKED = "channels_blocked"
    ACCOUNTS_BLOCKED = "accounts_blocked"
    LEFT_UP = "left_up"
    EFFECTS_CONFIRMED = "effects_confirmed"
    EFFECTS_FAILED = "effects_failed"
    EFFECTS_UNDONE = "effects_undone"
    EFFECTS_COMPENSATED = "effects_compensated"
    STATEMENTS_DELIVERED = "statements_delivered"
    STATEMENTS_UNDELIVERABLE = "statements_undeliverable"
    REPORTS_RECEIVED = "reports_received"
    REPORTS_ANSWERED = "reports_answered"
    CASES_OPENED = "cases_opened"
    CASES_CLOSED = "cases_closed"
    OBJECTIONS_RECEIVED = "objections_received"
    OBJECTIONS_UPHELD = "objections_upheld"
    OBJECTIONS_REFUSED = "objections_refused"
    COMPLAINTS_RECEIVED = "complaints_received"
    STRIKES_GIVEN = "strikes_given"
    MISUSE_SUSPENDED = "misuse_suspended"
    EVIDENCE_OPENED = "evidence_opened"
    LEGAL_RECEIVED = "legal_received"
    LEGAL_ACCEPTED = "legal_accepted"
    LEGAL_NARROWED = "legal_narrowed"
    LEGAL_REFUSED = "legal_refused"
    LEGAL_WITHDRAWN = "legal_withdrawn"
    DISCLOSURES = "disclosures"
    USERS_DISCLOSED = "users_disclosed"
    PRESERVED = "preserved"
    DANGERS_REPORTED = "dangers_reported"
    CLOCKS_MET = "clocks_met"
    CLOCKS_MISSED = "clocks_missed"
    RULES_LIVE = "rules_live"
    SEARCH_AUDITED = "search_audited"
    SEARCH_FLAGGED = "search_flagged"
    SEARCH_LEAKED = "search_leaked"


class Dimension(StrEnum):
    """A property by which a figure is split.

    lane    emergencies and everything else that authorities ask
    data    IP addresses, phone numbers, or both
    hour    of the day in UTC, `00` to `23`
    reason  why something passed the door unscreened
    """

    HARM = "harm"
    ACTION = "action"
    AUTOMATION = "automation"
    MARKET = "market"
    SOURCE = "source"
    LANGUAGE = "language"
    CHANNEL_KIND = "channel_kind"
    REASON = "reason"
    REGIME = "regime"
    REQUEST = "request"
    LANE = "lane"
    DATA = "data"
    HOUR = "hour"


class Breakdown(StrEnum):
    """A figure split by one property; no two properties are ever crossed."""

    DECISIONS_BY_HARM = "decisions_by_harm"
    DECISIONS_BY_ACTION = "decisions_by_action"
    DECISIONS_BY_AUTOMATION = "decisions_by_automation"
    DECISIONS_BY_MARKET = "decisions_by_market"
    DECISIONS_BY_SOURCE = "decisions_by_source"
    DECISIONS_BY_LANGUAGE = "decisions_by_language"
    FAKE_ACCOUNTS_REFUSED_BY_HARM = "fake_accounts_refused_by_harm"
    FAKE_ACCOUNTS_REFUSED_BY_ACTION = "fake_accounts_refused_by_action"
    FAKE_ACCOUNTS_REFUSED_BY_AUTOMATION = "fake_accounts_refused_by_automation"
    FAKE_ACCOUNTS_REFUSED_BY_MARKET = "fake_accounts_refused_by_market"
    FAKE_ACCOUNTS_REFUSED_BY_SOURCE = "fake_accounts_refused_by_source"
    FAKE_ACCOUNTS_REFUSED_BY_LANGUAGE = "fake_accounts_refused_by_language"
    REFUSED_BY_HARM = "refused_by_harm"
    REFUSED_BY_ACTION = "refused_by_action"
    REFUSED_BY_AUTOMATION = "refused_by_automation"
    REFUSED_BY_MARKET = "refused_by_market"
    REFUSED_BY_SOURCE = "refused_by_source"
    REFUSED_BY_LANGUAGE = "refused_by_language"
    HELD_BY_HARM = "held_by_harm"
    HELD_BY_ACTION = "held_by_action"
    HELD_BY_AUTOMATION = "held_by_automation"
    HELD_BY_MARKET = "held_by_market"
    HELD_BY_SOURCE = "held_by_source"
    HELD_BY_LANGUAGE = "held_by_language"
    REMOVED_BY_HARM = "removed_by_harm"
    REMOVED_BY_ACTION = "removed_by_action"
    REMOVED_BY_AUTOMATION = "removed_by_automation"
    REMOVED_BY_MARKET = "removed_by_market"
    REMOVED_BY_SOURCE = "removed_by_source"
    REMOVED_BY_LANGUAGE = "removed_by_language"
    RESTRICTED_BY_HARM = "restricted_by_harm"
    RESTRICTED_BY_ACTION = "restricted_by_action"
    RESTRICTED_BY_AUTOMATION = "restricted_by_automation"
    RESTRICTED_BY_MARKET = "restricted_by_market"
    RESTRICTED_BY_SOURCE = "restricted_by_source"
    RESTRICTED_BY_LANGUAGE = "restricted_by_language"
    DEINDEXED_BY_HARM = "deindexed_by_harm"
    DEINDEXED_BY_ACTION = "deindexed_by_action"
    DEINDEXED_BY_AUTOMATION = "deindexed_by_automation"
    DEINDEXED_BY_MARKET = "deindexed_by_market"
    DEINDEXED_BY_SOURCE = "deindexed_by_source"
    DEINDEXED_BY_LANGUAGE = "deindexed_by_language"
    CHANNELS_BLOCKED_BY_HARM = "channels_blocked_by_harm"
    CHANNELS_BLOCKED_BY_ACTION = "channels_blocked_by_action"
    CHANNELS_BLOCKED_BY_AUTOMATION = "channels_blocked_by_automation"
    CHANNELS_BLOCKED_BY_MARKET = "channels_blocked_by_market"
    CHANNELS_BLOCKED_BY_SOURCE = "channels_blocked_by_source"
    CHANNELS_BLOCKED_BY_LANGUAGE = "channels_blocked_by_language"
    ACCOUNTS_BLOCKED_BY_HARM = "accounts_blocked_by_harm"
    ACCOUNTS_BLOCKED_BY_ACTION = "accounts_blocked_by_action"
    ACCOUNTS_BLOCKED_BY_AUTOMATION = "accounts_blocked_by_automation"
    ACCOUNTS_BLOCKED_BY_MARKET = "accounts_blocked_by_market"
    ACCOUNTS_BLOCKED_BY_SOURCE = "accounts_blocked_by_source"
    ACCOUNTS_BLOCKED_BY_LANGUAGE = "accounts_blocked_by_language"
    LEFT_UP_BY_HARM = "left_up_by_harm"
    LEFT_UP_BY_ACTION = "left_up_by_action"
    LEFT_UP_BY_AUTOMATION = "left_up_by_automation"
    LEFT_UP_BY_MARKET = "left_up_by_market"
    LEFT_UP_BY_SOURCE = "left_up_by_source"
    LEFT_UP_BY_LANGUAGE = "left_up_by_language"
    EFFECTS_UNDONE_BY_HARM = "effects_undone_by_harm"
    EFFECTS_UNDONE_BY_AUTOMATION = "effects_undone_by_automation"
    EFFECTS_UNDONE_BY_MARKET = "effects_undone_by_market"
    EFFECTS_UNDONE_BY_SOURCE = "effects_undone_by_source"
    EFFECTS_UNDONE_BY_LANGUAGE = "effects_undone_by_language"
    SCREENED_BY_CHANNEL_KIND = "screened_by_channel_kind"
    UNSCREENED_BY_CHANNEL_KIND = "unscreened_by_channel_kind"
    UNSCREENED_BY_REASON = "unscreened_by_reason"
    REPORTS_RECEIVED_BY_HARM = "reports_received_by_harm"
    REPORTS_RECEIVED_BY_MARKET = "reports_received_by_market"
    REPORTS_RECEIVED_BY_SOURCE = "reports_received_by_source"
    REPORTS_RECEIVED_BY_LANGUAGE = "reports_received_by_language"
    REPORTS_ANSWERED_BY_HARM = "reports_answered_by_harm"
    REPORTS_ANSWERED_BY_MARKET = "reports_answered_by_market"
    REPORTS_ANSWERED_BY_SOURCE = "reports_answered_by_source"
    REPORTS_ANSWERED_BY_LANGUAGE = "reports_answered_by_language"
    OBJECTIONS_RECEIVED_BY_HARM = "objections_received_by_harm"
    OBJECTIONS_RECEIVED_BY_AUTOMATION = "objections_received_by_automation"
    OBJECTIONS_RECEIVED_BY_MARKET = "objections_received_by_market"
    OBJECTIONS_RECEIVED_BY_SOURCE = "objections_received_by_source"
    OBJECTIONS_RECEIVED_BY_LANGUAGE = "objections_received_by_language"
    OBJECTIONS_UPHELD_BY_HARM = "objections_upheld_by_harm"
    OBJECTIONS_UPHELD_BY_AUTOMATION = "objections_upheld_by_automation"
    OBJECTIONS_UPHELD_BY_MARKET = "objections_upheld_by_market"
    OBJECTIONS_UPHELD_BY_SOURCE = "objections_upheld_by_source"
    OBJECTIONS_UPHELD_BY_LANGUAGE = "objections_upheld_by_language"
    OBJECTIONS_REFUSED_BY_HARM = "objections_refused_by_harm"
    OBJECTIONS_REFUSED_BY_AUTOMATION = "objections_refused_by_automation"
    OBJECTIONS_REFUSED_BY_MARKET = "objections_refused_by_market"
    OBJECTIONS_REFUSED_BY_SOURCE = "objections_refused_by_source"
    OBJECTIONS_REFUSED_BY_LANGUAGE = "objections_refused_by_language"
    LEGAL_RECEIVED_BY_MARKET = "legal_received_by_market"
    LEGAL_RECEIVED_BY_REGIME = "legal_received_by_regime"
    LEGAL_RECEIVED_BY_REQUEST = "legal_received_by_request"
    LEGAL_RECEIVED_BY_LANE = "legal_received_by_lane"
    LEGAL_ACCEPTED_BY_MARKET = "legal_accepted_by_market"
    LEGAL_ACCEPTED_BY_REGIME = "legal_accepted_by_regime"
    LEGAL_ACCEPTED_BY_REQUEST = "legal_accepted_by_request"
    LEGAL_NARROWED_BY_MARKET = "legal_narrowed_by_market"
    LEGAL_NARROWED_BY_REGIME = "legal_narrowed_by_regime"
    LEGAL_NARROWED_BY_REQUEST = "legal_narrowed_by_request"
    LEGAL_REFUSED_BY_MARKET = "legal_refused_by_market"
    LEGAL_REFUSED_BY_REGIME = "legal_refused_by_regime"
    LEGAL_REFUSED_BY_REQUEST = "legal_refused_by_request"
    LEGAL_WITHDRAWN_BY_MARKET = "legal_withdrawn_by_market"
    LEGAL_WITHDRAWN_BY_REGIME = "legal_withdrawn_by_regime"
    LEGAL_WITHDRAWN_BY_REQUEST = "legal_withdrawn_by_request"
    DISCLOSURES_BY_MARKET = "disclosures_by_market"
    DISCLOSURES_BY_DATA = "disclosures_by_data"
    USERS_DISCLOSED_BY_MARKET = "users_disclosed_by_market"
    USERS_DISCLOSED_BY_DATA = "users_disclosed_by_data"
    RULES_LIVE_BY_HARM = "rules_live_by_harm"
    SEARCH_FLAGGED_BY_HARM = "search_flagged_by_harm"
    SCREENED_BY_HOUR = "screened_by_hour"
    UNSCREENED_BY_HOUR = "unscreened_by_hour"


FIGURE_OF_BREAKDOWN: Mapping[Breakdown, Figure] = {
    breakdown: Figure(breakdown.value.rpartition("_by_")[0]) for breakdown in Breakdown
}
"""The figure that a breakdown's cells add up to."""

DIMENSION_OF_BREAKDOWN: Mapping[Breakdown, Dimension] = {
    breakdown: Dimension(breakdown.value.rpartition("_by_")[2]) for breakdown in Breakdown
}
"""The property by which a breakdown splits its figure."""

BREAKDOWNS_OF: Mapping[Figure, tuple[Breakdown, ...]] = {
    figure: tuple(one for one in Breakdown if FIGURE_OF_BREAKDOWN[one] is figure)
    for figure in Figure
}
"""How each figure is split; empty for one that is not."""

FAMILIES = (
    Figure.FAKE_ACCOUNTS_REFUSED,
    Figure.REFUSED,
    Figure.HELD,
    Figure.REMOVED,
    Figure.RESTRICTED,
    Figure.DEINDEXED,
    Figure.CHANNELS_BLOCKED,
    Figure.ACCOUNTS_BLOCKED,
    Figure.LEFT_UP,
)
"""What decisions led to: each decision is in one family, by the gravest thing that it does."""


class Span(StrEnum):
    """A stretch of time that is measured.

    What is asked by an authority runs from the receipt to the release or the refusal: orders to
    take down or to withhold, requests for data or for keeping them, and emergencies apart.
    """

    SEND_TO_VERDICT = "send_to_verdict"
    VERDICT_TO_EFFECT = "verdict_to_effect"
    CASE_TO_DECISION = "case_to_decision"
    REPORT_TO_ANSWER = "report_to_answer"
    OBJECTION_TO_ANSWER = "objection_to_answer"
    ORDER_TO_ANSWER = "order_to_answer"
    REQUEST_TO_ANSWER = "request_to_answer"
    EMERGENCY_TO_ANSWER = "emergency_to_answer"
    RELEASE_TO_EFFECT = "release_to_effect"


@dataclass(frozen=True, slots=True)
class Duration:
    """How long something took, over `quantity` measurements: where published, at least so many."""

    quantity: int
    median_ms: int
    p95_ms: int


@dataclass(frozen=True, slots=True)
class Exact:
    """A batch of records of one day, counted exactly; for staff.

    A cell whose quantity is zero does not exist; every breakdown adds up to its figure.

    joints  the cells of the properties of `implied.JOINTLY` crossed; never published, and such a
            breakdown without them is not shown
    """

    figures: Mapping[Figure, int]
    breakdowns: Mapping[Breakdown, Mapping[str, int]]
    durations: Mapping[Span, Duration]
    joints: Mapping[Breakdown, Mapping[tuple[str, ...], int]] = field(default_factory=dict)

    def in_full(self) -> "Public":
        """Gives the same numbers in the form of a publication, nothing protected: for staff."""
        return Public(
            figures={figure: self.figure(figure) for figure in Figure},
            breakdowns={
                breakdown: PublicBreakdown(rows=sorted_rows(self.breakdown(breakdown).items()))
                for breakdown in Breakdown
            },
            durations=self.durations,
        )

    def figure(self, figure: Figure) -> int:
        """Gives a figure, zero if nothing was recorded."""
        return self.figures.get(figure, 0)

    def breakdown(self, breakdown: Breakdown) -> Mapping[str, int]:
        """Gives a breakdown's cells."""
        return self.breakdowns.get(breakdown, {})


@dataclass(frozen=True, slots=True)
class Row:
    """One cell that is published as it is."""

    key: str
    quantity: int


@dataclass(frozen=True, slots=True)
class PublicBreakdown:
    """A breakdown as published: rows, largest first, and what is not broken down.

    merged    how many stand behind cells that are not shown, together; 0 if every cell is shown
    withheld  true if the whole is too small to be published, or not even known to be nothing
    """

    rows: tuple[Row, ...] = ()
    merged: int = 0
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Public:
    """A day as published. A figure that is None is not nothing, and too small to be shown."""

    figures: Mapping[Figure, int | None]
    breakdowns: Mapping[Breakdown, PublicBreakdown]
    durations: Mapping[Span, Duration]


@dataclass(frozen=True, slots=True)
class InLog:
    """Where in the public log a publication stands: its leaves, and the head right after them."""

    origin: str
    first: int
    leaves: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """A day's numbers, and which publication of the day this is.

    revision  1 for the first; one more for each later publication; 0 for staff's exact numbers
    complete  false if the day was not over when its records were counted
    in_log    where the leaves are from which it can be recomputed; None without a log
    """

    day: date
    revision: int
    generated_at: datetime
    complete: bool
    threshold: int
    public: Public
    in_log: InLog | None = None


def sorted_rows(cells: Iterable[tuple[str, int]]) -> tuple[Row, ...]:
    """Gives cells as rows, the largest first."""
    rows = (Row(key, quantity) for key, quantity in cells)
    return tuple(sorted(rows, key=lambda row: (-row.quantity, row.key)))
