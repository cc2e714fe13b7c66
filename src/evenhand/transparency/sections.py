"""How a day's numbers are arranged on its page: every figure and breakdown has its place once."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from evenhand.transparency.figures import (
    BREAKDOWNS_OF,
    DIMENSION_OF_BREAKDOWN,
    FAMILIES,
    Breakdown,
    Dimension,
    Figure,
    Span,
)


@dataclass(frozen=True, slots=True)
class Table:
    """Some figures side by side, split by one property.

    drawn   each row has a bar of the first figure
    wide    it takes the whole width of the page
    folded  the reader opens it first
    """

    dimension: Dimension
    figures: tuple[Figure, ...]
    drawn: bool = False
    wide: bool = False
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page.

    hourly  tables by the hour that are drawn as a day; their numbers stand in a table too
    """

    name: str
    title: str
    lead: str
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    spans: tuple[Span, ...] = ()
    hourly: tuple[Breakdown, ...] = ()


HEADLINES = (
    Figure.SCREENED,
    Figure.DECISIONS,
    Figure.REPORTS_RECEIVED,
    Figure.OBJECTIONS_RECEIVED,
    Figure.LEGAL_RECEIVED,
    Figure.USERS_DISCLOSED,
)
"""The figures at the head of a page, in the list of days, and in its charts."""

BESIDE: Mapping[Figure, tuple[Figure, ...]] = {
    Figure.SCREENED: (Figure.UNSCREENED,),
    Figure.REPORTS_RECEIVED: (Figure.REPORTS_ANSWERED,),
    Figure.OBJECTIONS_RECEIVED: (Figure.OBJECTIONS_UPHELD,),
    Figure.LEGAL_RECEIVED: (Figure.LEGAL_ACCEPTED, Figure.LEGAL_REFUSED),
    Figure.USERS_DISCLOSED: (Figure.DISCLOSURES,),
}
"""What is said under a figure at the head."""

GROUP_OF_FAMILY: Mapping[Figure, int] = {
    Figure.REFUSED: 0,
    Figure.FAKE_ACCOUNTS_REFUSED: 0,
    Figure.HELD: 1,
    Figure.REMOVED: 3,
    Figure.ACCOUNTS_BLOCKED: 5,
    Figure.CHANNELS_BLOCKED: 5,
    Figure.RESTRICTED: 4,
    Figure.DEINDEXED: 4,
    Figure.LEFT_UP: 2,
}
"""The colour of what a decision led to, as a series of the style sheet."""

GROUPS: Mapping[int, str] = {
    0: gettext_noop("Refused at the door"),
    1: gettext_noop("Held back for a person to decide"),
    3: gettext_noop("Removed"),
    5: gettext_noop("Account or channel blocked"),
    4: gettext_noop("Restricted or harder to find"),
    2: gettext_noop("Left as it was"),
}

DONE = (Figure.DECISIONS, *FAMILIES)
APPEALED = (
    Figure.OBJECTIONS_RECEIVED,
    Figure.OBJECTIONS_UPHELD,
    Figure.OBJECTIONS_REFUSED,
    Figure.EFFECTS_UNDONE,
)
REPORTED = (Figure.REPORTS_RECEIVED, Figure.REPORTS_ANSWERED)
ASKED = (
    Figure.LEGAL_RECEIVED,
    Figure.LEGAL_ACCEPTED,
    Figure.LEGAL_NARROWED,
    Figure.LEGAL_REFUSED,
    Figure.LEGAL_WITHDRAWN,
)
DISCLOSED = (Figure.DISCLOSURES, Figure.USERS_DISCLOSED)
CLOCKS = (Figure.CLOCKS_MET, Figure.CLOCKS_MISSED)

SECTIONS = (
    Section(
        "done",
        gettext_noop("What was found, and what was done"),
        gettext_noop("Each decision is counted once, by the gravest thing that it did."),
        DONE,
        (
            Table(Dimension.HARM, DONE, drawn=True, wide=True),
            Table(Dimension.MARKET, DONE, drawn=True),
            Table(Dimension.ACTION, DONE, drawn=True),
            Table(Dimension.SOURCE, DONE, drawn=True),
            Table(Dimension.LANGUAGE, DONE, drawn=True),
            Table(Dimension.AUTOMATION, DONE, folded=True),
        ),
    ),
    Section(
        "voices",
        gettext_noop("What people reported, and how they objected"),
        gettext_noop(
            "Who is concerned by a decision can object to it; somebody else then judges it anew."
        ),
        (
            *REPORTED,
            *APPEALED,
            Figure.EFFECTS_COMPENSATED,
            Figure.COMPLAINTS_RECEIVED,
            Figure.STRIKES_GIVEN,
            Figure.MISUSE_SUSPENDED,
            Figure.STATEMENTS_DELIVERED,
            Figure.STATEMENTS_UNDELIVERABLE,
        ),
        (
            *(
                Table(dimension, figures, folded=dimension is not Dimension.HARM)
                for dimension in (
                    Dimension.HARM,
                    Dimension.MARKET,
                    Dimension.SOURCE,
                    Dimension.LANGUAGE,
                )
                for figures in (APPEALED, REPORTED)
            ),
            Table(Dimension.AUTOMATION, APPEALED, folded=True),
        ),
    ),
    Section(
        "authorities",
        gettext_noop("What authorities asked, and what they got"),
        gettext_noop(
            "Orders and requests from every country, and whose IP addresses or phone numbers were"
            " handed out."
        ),
        (*ASKED, *DISCLOSED, Figure.PRESERVED, Figure.DANGERS_REPORTED, *CLOCKS),
        (
            Table(Dimension.MARKET, (*ASKED, *DISCLOSED, *CLOCKS), wide=True),
            Table(Dimension.REGIME, (*ASKED, *CLOCKS), wide=True),
            Table(Dimension.REQUEST, ASKED, wide=True),
            Table(Dimension.DATA, DISCLOSED),
            Table(Dimension.LANE, (Figure.LEGAL_RECEIVED,)),
        ),
    ),
    Section(
        "times",
        gettext_noop("How long it took"),
        gettext_noop(
            "Half took at most what the shorter bar shows, 95 of 100 what the longer one does."
        ),
        (),
        (),
        tuple(Span),
    ),
    Section(
        "screening",
        gettext_noop("How well the screening ran"),
        gettext_noop("When the door fails, messages pass; they are read back and screened later."),
        (Figure.SCREENED, Figure.UNSCREENED, Figure.RULES_LIVE),
        (
            Table(Dimension.CHANNEL_KIND, (Figure.SCREENED, Figure.UNSCREENED), drawn=True),
            Table(Dimension.REASON, (Figure.UNSCREENED,), drawn=True),
            Table(Dimension.HOUR, (Figure.SCREENED, Figure.UNSCREENED), drawn=True, folded=True),
            Table(Dimension.HARM, (Figure.RULES_LIVE,), folded=True),
        ),
        hourly=(Breakdown.SCREENED_BY_HOUR, Breakdown.UNSCREENED_BY_HOUR),
    ),
    Section(
        "search",
        gettext_noop("How clean the search is"),
        gettext_noop(
            "Once a day everything that can be found is screened anew, and what decisions hide is"
            " sought under many spellings."
        ),
        (Figure.SEARCH_AUDITED, Figure.SEARCH_FLAGGED, Figure.SEARCH_LEAKED),
        (Table(Dimension.HARM, (Figure.SEARCH_FLAGGED,), drawn=True),),
    ),
    Section(
        "work",
        gettext_noop("The work behind it"),
        "",
        (
            Figure.CASES_OPENED,
            Figure.CASES_CLOSED,
            Figure.EFFECTS_CONFIRMED,
            Figure.EFFECTS_FAILED,
            Figure.EVIDENCE_OPENED,
        ),
        (),
    ),
)


def breakdown_of(figure: Figure, dimension: Dimension) -> Breakdown | None:
    """Gives the breakdown of a figure by a property; None where it is not split by it."""
    for breakdown in BREAKDOWNS_OF[figure]:
        if DIMENSION_OF_BREAKDOWN[breakdown] is dimension:
            return breakdown
    return None
