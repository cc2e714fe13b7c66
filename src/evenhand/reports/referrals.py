"""What an authority refers, as reports to be: one for each thing that it names."""

from uuid import UUID

from evenhand.base.lists import Language
from evenhand.base.personal import MessageText
from evenhand.legal.lists import IdentifierKind
from evenhand.legal.models import Matter
from evenhand.legal.queries import identifiers_of
from evenhand.reports.drafts import ReportDraft, ReporterDraft
from evenhand.reports.limits import NAME_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from evenhand.reports.lists import ReporterKind, ReportKind, Way
from evenhand.reports.models import Report
from evenhand.reports.places import Place, place_of

THINGS = frozenset(
    {
        IdentifierKind.EVENT.value,
        IdentifierKind.LINK.value,
        IdentifierKind.CHANNEL.value,
        IdentifierKind.ACCOUNT.value,
    }
)
"""What reviewers can look at; a number or an address is none of their business."""

HARMS = {"eu-tco": "m.violence.extremist"}
"""What a law is about, where it is about one harm alone; reviewers correct it."""

EXPLANATION = "substantiated_explanation"
"""The field in which an authority says why it refers something."""


def referral_drafts(matter: Matter) -> list[ReportDraft]:
    """Gives the reports of a referral, each thing once, in the order in which it is named."""
    named = [one.value for one in identifiers_of(matter.id) if one.kind in THINGS]
    places = dict.fromkeys(place for value in named if (place := place_of(value)) is not None)
    return [_draft(matter, place) for place in places]


def matters_referring(case: UUID) -> list[UUID]:
    """Gives the referrals whose reports a case unites, each once."""
    rows = Report.objects.filter(case=case, kind=ReportKind.REFERRAL.value).order_by("at", "id")
    named = (origin.split(":")[1] for origin in rows.values_list("origin", flat=True))
    return [UUID(one) for one in dict.fromkeys(named)]


def _draft(matter: Matter, place: Place) -> ReportDraft:
    said = str(matter.fields.get(EXPLANATION, "")).strip() or matter.number
    return ReportDraft(
        origin=f"referral:{matter.id}:{place.about}",
        kind=ReportKind.REFERRAL,
        way=Way.LEGAL,
        about=place.about,
        text=MessageText(said[:TEXT_CHARACTERS_MAX]),
        at=matter.received_at,
        language=Language(matter.language) if matter.language in set(Language) else Language.EN,
        reporter=ReporterDraft(
            kind=ReporterKind.AUTHORITY,
            account=str(matter.authority_id),
            name=matter.authority.name[:NAME_CHARACTERS_MAX],
        ),
        harm=HARMS.get(matter.regime, ""),
        account=place.account,
        channel=place.channel,
        event=place.event,
        market=matter.country,
    )
