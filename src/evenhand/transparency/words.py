"""What the closed lists are called in a report, in the reader's language."""

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import get_language_info, gettext, gettext_noop

from evenhand.base.harms import harms
from evenhand.base.lists import UNKNOWN_MARKET, ActionKind, Automation, ChannelKind, Source
from evenhand.transparency.figures import (
    DIMENSION_OF_BREAKDOWN,
    Breakdown,
    Dimension,
    Figure,
    Span,
)

HARMS = {
    "m.spam": gettext_noop("Spam"),
    "m.spam.fraud": gettext_noop("Fraud or phishing"),
    "m.spam.impersonation": gettext_noop("Impersonation"),
    "m.spam.flooding": gettext_noop("Flooding"),
    "m.spam.fake_account": gettext_noop("Fake accounts"),
    "m.harassment": gettext_noop("Harassment"),
    "m.harassment.hate": gettext_noop("Hate"),
    "m.harassment.doxxing": gettext_noop("Personal information exposed"),
    "m.violence": gettext_noop("Violence"),
    "m.violence.threats": gettext_noop("Threats or incitement"),
    "m.violence.extremist": gettext_noop("Violent extremism"),
    "m.tos.hacking": gettext_noop("Stolen data or computer misuse"),
    "m.tos.prohibited": gettext_noop("Prohibited goods"),
    "m.tos.prohibited.drugs": gettext_noop("Sale of drugs"),
    "m.tos.prohibited.weapons": gettext_noop("Sale of weapons"),
    "m.tos.prohibited.papers": gettext_noop("Forged papers"),
    "m.child_safety": gettext_noop("Safety of children"),
    "m.child_safety.csam": gettext_noop("Sexual abuse of children"),
    "m.child_safety.grooming": gettext_noop("Grooming of children"),
}

ACTIONS = {
    ActionKind.NONE: gettext_noop("No action"),
    ActionKind.LABEL: gettext_noop("Label set"),
    ActionKind.WARN: gettext_noop("Warning sent"),
    ActionKind.UNLIST: gettext_noop("Taken off the directory"),
    ActionKind.DEINDEX: gettext_noop("Taken out of search"),
    ActionKind.HOLD: gettext_noop("Held back for a person to decide"),
    ActionKind.REFUSE: gettext_noop("Refused at posting"),
    ActionKind.QUARANTINE: gettext_noop("File withdrawn"),
    ActionKind.RESTRICT: gettext_noop("Restricted"),
    ActionKind.GEO_WITHHOLD: gettext_noop("Withheld in a country"),
    ActionKind.REDACT: gettext_noop("Message removed"),
    ActionKind.SUSPEND: gettext_noop("Account suspended"),
    ActionKind.LOCK: gettext_noop("Account locked"),
    ActionKind.BLOCK_CHANNEL: gettext_noop("Channel blocked"),
    ActionKind.DEACTIVATE: gettext_noop("Account closed"),
}

AUTOMATIONS = {
    Automation.FULL: gettext_noop("Decided by software alone"),
    Automation.PARTIAL: gettext_noop("Found by software, decided by a person"),
    Automation.NONE: gettext_noop("Decided by a person"),
}

SOURCES = {
    Source.OWN: gettext_noop("Our own detection"),
    Source.USER: gettext_noop("Reports by users"),
    Source.TRUSTED_FLAGGER: gettext_noop("Trusted flaggers"),
    Source.AUTHORITY: gettext_noop("Authorities"),
}

CHANNEL_KINDS = {
    ChannelKind.PUBLIC: gettext_noop("Public channels and rooms"),
    ChannelKind.PRIVATE: gettext_noop("Private groups"),
    ChannelKind.DIRECT: gettext_noop("Direct and encrypted chats"),
}

DSA_CATEGORIES = {
    "STATEMENT_CATEGORY_OTHER_VIOLATION_TC": gettext_noop("Other breach of the terms of use"),
    "STATEMENT_CATEGORY_SCAMS_AND_FRAUD": gettext_noop("Scams and fraud"),
    "STATEMENT_CATEGORY_CYBER_VIOLENCE": gettext_noop("Cyber violence"),
    "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH": gettext_noop("Illegal or harmful speech"),
    "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS": gettext_noop(
        "Data protection and privacy"
    ),
    "STATEMENT_CATEGORY_PROTECTION_OF_MINORS": gettext_noop("Protection of minors"),
    "STATEMENT_CATEGORY_VIOLENCE": gettext_noop("Violence"),
    "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY": gettext_noop("Risk for public security"),
    "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS": gettext_noop(
        "Unsafe or prohibited products"
    ),
}

COUNTRIES = {
    UNKNOWN_MARKET: gettext_noop("Country not known"),
    "AT": gettext_noop("Austria"),
    "BE": gettext_noop("Belgium"),
    "BG": gettext_noop("Bulgaria"),
    "BR": gettext_noop("Brazil"),
    "BY": gettext_noop("Belarus"),
    "CH": gettext_noop("Switzerland"),
    "CY": gettext_noop("Cyprus"),
    "CZ": gettext_noop("Czechia"),
    "DE": gettext_noop("Germany"),
    "DK": gettext_noop("Denmark"),
    "EE": gettext_noop("Estonia"),
    "ES": gettext_noop("Spain"),
    "FI": gettext_noop("Finland"),
    "FR": gettext_noop("France"),
    "GB": gettext_noop("United Kingdom"),
    "GR": gettext_noop("Greece"),
    "HR": gettext_noop("Croatia"),
    "HU": gettext_noop("Hungary"),
    "IE": gettext_noop("Ireland"),
    "IN": gettext_noop("India"),
    "IR": gettext_noop("Iran"),
    "IT": gettext_noop("Italy"),
    "JP": gettext_noop("Japan"),
    "KG": gettext_noop("Kyrgyzstan"),
    "KZ": gettext_noop("Kazakhstan"),
    "LT": gettext_noop("Lithuania"),
    "LU": gettext_noop("Luxembourg"),
    "LV": gettext_noop("Latvia"),
    "MT": gettext_noop("Malta"),
    "NL": gettext_noop("Netherlands"),
    "PL": gettext_noop("Poland"),
    "PT": gettext_noop("Portugal"),
    "RO": gettext_noop("Romania"),
    "RS": gettext_noop("Serbia"),
    "RU": gettext_noop("Russia"),
    "SE": gettext_noop("Sweden"),
    "SI": gettext_noop("Slovenia"),
    "SK": gettext_noop("Slovakia"),
    "TR": gettext_noop("Türkiye"),
    "UA": gettext_noop("Ukraine"),
    "US": gettext_noop("United States"),
    "UZ": gettext_noop("Uzbekistan"),
}
"""Names of the countries that reports of this desk name most; others show their code."""

FIGURES = {
    Figure.SCREENED: gettext_noop("Posts and sign-ups screened"),
    Figure.UNSCREENED: gettext_noop("Passed without screening, screened later"),
    Figure.DECISIONS: gettext_noop("Decisions"),
    Figure.FAKE_ACCOUNTS_REFUSED: gettext_noop("Fake accounts refused"),
    Figure.REFUSED: gettext_noop("Refused at posting"),
    Figure.HELD: gettext_noop("Held back for a person to decide"),
    Figure.REMOVED: gettext_noop("Removed"),
    Figure.RESTRICTED: gettext_noop("Restricted"),
    Figure.DEINDEXED: gettext_noop("Taken out of search and directory"),
    Figure.CHANNELS_BLOCKED: gettext_noop("Channels blocked"),
    Figure.ACCOUNTS_BLOCKED: gettext_noop("Accounts blocked"),
    Figure.LEFT_UP: gettext_noop("Left as it was"),
    Figure.EFFECTS_CONFIRMED: gettext_noop("Effects confirmed in the messenger"),
    Figure.EFFECTS_FAILED: gettext_noop("Effects that failed"),
    Figure.EFFECTS_UNDONE: gettext_noop("Decisions undone"),
    Figure.EFFECTS_COMPENSATED: gettext_noop("Decisions made good otherwise"),
    Figure.STATEMENTS_DELIVERED: gettext_noop("Statements of reasons delivered"),
    Figure.STATEMENTS_UNDELIVERABLE: gettext_noop("Statements that could not be delivered"),
    Figure.REPORTS_RECEIVED: gettext_noop("Reports received"),
    Figure.REPORTS_ANSWERED: gettext_noop("Reports answered"),
    Figure.CASES_OPENED: gettext_noop("Cases opened for a person"),
    Figure.CASES_CLOSED: gettext_noop("Cases closed by a person"),
    Figure.OBJECTIONS_RECEIVED: gettext_noop("Objections received"),
    Figure.OBJECTIONS_UPHELD: gettext_noop("Objections upheld"),
    Figure.OBJECTIONS_REFUSED: gettext_noop("Objections refused"),
    Figure.COMPLAINTS_RECEIVED: gettext_noop("Complaints by people who reported"),
    Figure.STRIKES_GIVEN: gettext_noop("Strikes given"),
    Figure.MISUSE_SUSPENDED: gettext_noop("Suspended for unfounded reports or objections"),
    Figure.EVIDENCE_OPENED: gettext_noop("Times a person opened sealed evidence"),
    Figure.LEGAL_RECEIVED: gettext_noop("Orders and requests received"),
    Figure.LEGAL_ACCEPTED: gettext_noop("Followed in full"),
    Figure.LEGAL_NARROWED: gettext_noop("Followed in part"),
    Figure.LEGAL_REFUSED: gettext_noop("Not followed"),
    Figure.LEGAL_WITHDRAWN: gettext_noop("Withdrawn by the authority"),
    Figure.DISCLOSURES: gettext_noop("Times that data were handed out"),
    Figure.USERS_DISCLOSED: gettext_noop("Users whose data were handed out"),
    Figure.PRESERVED: gettext_noop("Data preserved for an authority"),
    Figure.DANGERS_REPORTED: gettext_noop("Threats to life told to the police"),
    Figure.CLOCKS_MET: gettext_noop("Deadlines met"),
    Figure.CLOCKS_MISSED: gettext_noop("Deadlines missed"),
    Figure.RULES_LIVE: gettext_noop("Rules that went live"),
    Figure.SEARCH_AUDITED: gettext_noop("Looked at in the search"),
    Figure.SEARCH_FLAGGED: gettext_noop("Found by search, though screening would flag it"),
    Figure.SEARCH_LEAKED: gettext_noop("Found by search, though a decision hides it"),
}

DIMENSIONS = {
    Dimension.HARM: gettext_noop("by harm"),
    Dimension.ACTION: gettext_noop("by what was done"),
    Dimension.AUTOMATION: gettext_noop("by who decided"),
    Dimension.MARKET: gettext_noop("by country"),
    Dimension.SOURCE: gettext_noop("by what drew attention"),
    Dimension.LANGUAGE: gettext_noop("by language"),
    Dimension.CHANNEL_KIND: gettext_noop("by kind of channel"),
    Dimension.REASON: gettext_noop("by reason"),
    Dimension.REGIME: gettext_noop("by law"),
    Dimension.REQUEST: gettext_noop("by what was asked"),
    Dimension.LANE: gettext_noop("by urgency"),
    Dimension.DATA: gettext_noop("by kind of data"),
    Dimension.HOUR: gettext_noop("by hour of the day"),
}
"""What follows the name of a figure where it is broken down."""

HEADINGS = {
    Dimension.HARM: gettext_noop("Harm"),
    Dimension.ACTION: gettext_noop("What was done"),
    Dimension.AUTOMATION: gettext_noop("Who decided"),
    Dimension.MARKET: gettext_noop("Country"),
    Dimension.SOURCE: gettext_noop("What drew attention"),
    Dimension.LANGUAGE: gettext_noop("Language"),
    Dimension.CHANNEL_KIND: gettext_noop("Kind of channel"),
    Dimension.REASON: gettext_noop("Reason"),
    Dimension.REGIME: gettext_noop("Law"),
    Dimension.REQUEST: gettext_noop("What was asked"),
    Dimension.LANE: gettext_noop("Urgency"),
    Dimension.DATA: gettext_noop("Kind of data"),
    Dimension.HOUR: gettext_noop("Hour (UTC)"),
}

REQUESTS = {
    "removal": gettext_noop("Removal"),
    "information": gettext_noop("Information"),
    "disclosure": gettext_noop("Disclosure of data"),
    "preservation": gettext_noop("Preservation"),
    "geo-restriction": gettext_noop("Withholding in a country"),
}
"""What authorities ask for; the keys are those of `markets`, which no report reads."""

LANES = {
    "emergency": gettext_noop("Emergency: somebody's life in danger"),
    "ordinary": gettext_noop("In ordinary time"),
}

DATA = {
    "connections": gettext_noop("IP addresses"),
    "phone": gettext_noop("Phone numbers"),
    "connections+phone": gettext_noop("IP addresses and phone numbers"),
}

REASONS = {
    "late": gettext_noop("Screening took too long"),
    "overload": gettext_noop("Too much came at once"),
    "failure": gettext_noop("Screening failed"),
    "journal": gettext_noop("The journal could not be written"),
    "malformed": gettext_noop("What came could not be read"),
    "server_unknown": gettext_noop("The messenger had not said its name yet"),
}

REGIMES = {
    "br": "Marco Civil da Internet (Brasil)",
    "coe-2ap": "Budapest Convention, 2nd Protocol",
    "de": "Deutschland",
    "eu-dsa": "DSA: Regulation (EU) 2022/2065",
    "eu-eevidence": "e-Evidence: Regulation (EU) 2023/1543",
    "eu-tco": "TCO: Regulation (EU) 2021/784",
    "fr": "France",
    "in": "IT Act (India)",
    "ir": "Iran",
    "kz": "Қазақстан",
    "ru": "Россия",
    "tr": "Türkiye",
    "uk": "United Kingdom",
    "us": "United States",
}
"""Laws by the name under which people find them; others show their id."""

SPANS = {
    Span.SEND_TO_VERDICT: gettext_noop("At the door: from the question to the verdict"),
    Span.VERDICT_TO_EFFECT: gettext_noop("From the verdict to the confirmed effect"),
    Span.CASE_TO_DECISION: gettext_noop("From opening a case to a person's decision"),
    Span.REPORT_TO_ANSWER: gettext_noop("From a report to its answer"),
    Span.OBJECTION_TO_ANSWER: gettext_noop("From an objection to its answer"),
    Span.ORDER_TO_ANSWER: gettext_noop("From an order to remove or withhold to the answer"),
    Span.REQUEST_TO_ANSWER: gettext_noop("From a request for data to the answer"),
    Span.EMERGENCY_TO_ANSWER: gettext_noop("From an emergency request to the answer"),
    Span.RELEASE_TO_EFFECT: gettext_noop("From the release of an answer to its effect"),
}


def title_of(figure: Figure, dimension: Dimension) -> str:
    """Gives what a figure is called that is split by a property."""
    return f"{gettext(FIGURES[figure])}, {gettext(DIMENSIONS[dimension])}"


def label(breakdown: Breakdown, key: str) -> str:
    """Gives what a cell of a breakdown is called."""
    return cell(DIMENSION_OF_BREAKDOWN[breakdown], key)


def cell(dimension: Dimension, key: str) -> str:  # noqa: C901  one case for each dimension
    """Gives what a cell of a dimension is called; a key that has no name here is shown itself."""
    if not key:
        return gettext("No action") if dimension is Dimension.ACTION else gettext("Not stated")
    match dimension:
        case Dimension.HARM:
            return gettext(HARMS[key]) if key in HARMS else key
        case Dimension.ACTION:
            return gettext(ACTIONS[ActionKind(key)])
        case Dimension.AUTOMATION:
            return gettext(AUTOMATIONS[Automation(key)])
        case Dimension.MARKET:
            return country(key)
        case Dimension.SOURCE:
            return gettext(SOURCES[Source(key)])
        case Dimension.LANGUAGE:
            return language_name(key)
        case Dimension.CHANNEL_KIND:
            return gettext(CHANNEL_KINDS[ChannelKind(key)])
        case Dimension.REASON:
            return gettext(REASONS[key]) if key in REASONS else key
        case Dimension.REGIME:
            return REGIMES.get(key, key)
        case Dimension.REQUEST:
            return gettext(REQUESTS[key]) if key in REQUESTS else key
        case Dimension.LANE:
            return gettext(LANES[key]) if key in LANES else key
        case Dimension.DATA:
            return gettext(DATA[key]) if key in DATA else key
        case Dimension.HOUR:
            return f"{key}:00"


def heading(breakdown: Breakdown) -> str:
    """Gives what stands above a breakdown's first column."""
    return gettext(HEADINGS[DIMENSION_OF_BREAKDOWN[breakdown]])


def country(code: str) -> str:
    """Gives a country's name where it is listed here, else its ISO 3166-1 code."""
    return gettext(COUNTRIES[code]) if code in COUNTRIES else code


def dsa_category(harm: str) -> str:
    """Gives the category of the DSA Transparency Database that a harm belongs to, in words."""
    listed = harms().get(harm)
    return gettext(DSA_CATEGORIES[listed.dsa_category]) if listed else ""


def language_name(code: str) -> str:
    """Gives a language's name in that language."""
    if code in (ours := dict(settings.LANGUAGES)):
        return ours[code]
    try:
        return str(get_language_info(code)["name_local"]).capitalize()
    except KeyError:
        return code


def number(quantity: int) -> str:
    """Gives a whole number as the reader's language groups it."""
    return number_format(quantity, decimal_pos=0, force_grouping=True)


def quantity(shown: int | None) -> str:
    """Gives a figure as it is shown; one that is None is not nothing, and too small to show."""
    return gettext("a few") if shown is None else number(shown)


def share(quantity: int, *, of: int, decimals: int = 1, more: bool = False) -> str:
    """Gives a share in per cent, rounded down: what is not all is never told as all.

    more  true where there are a few beyond `of` that are not shown: then nothing is all
    """
    if not of or (more and quantity == of):
        return ""
    scale = 10**decimals
    return number_format(quantity * 100 * scale // of / scale, decimal_pos=decimals) + "\xa0%"


def duration(milliseconds: int) -> str:
    """Gives a duration in the unit that reads best."""
    if milliseconds < 1_000:
        return gettext("%(number)s ms") % {"number": number(milliseconds)}
    if milliseconds < 120_000:
        seconds = number_format(milliseconds / 1000, decimal_pos=1)
        return gettext("%(number)s s") % {"number": seconds}
    if milliseconds < 2 * 3_600_000:
        return gettext("%(number)s min") % {"number": number(round(milliseconds / 60_000))}
    if milliseconds < 72 * 3_600_000:
        return gettext("%(number)s h") % {"number": number(round(milliseconds / 3_600_000))}
    return gettext("%(number)s days") % {"number": number(round(milliseconds / 86_400_000))}
