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
    "BY": gettext_noop("Belarus"),
    "CH": gettext_noop("Switzerland"),
    "DE": gettext_noop("Germany"),
    "ES": gettext_noop("Spain"),
    "FR": gettext_noop("France"),
    "GB": gettext_noop("United Kingdom"),
    "IN": gettext_noop("India"),
    "IT": gettext_noop("Italy"),
    "KG": gettext_noop("Kyrgyzstan"),
    "KZ": gettext_noop("Kazakhstan"),
    "NL": gettext_noop("Netherlands"),
    "PL": gettext_noop("Poland"),
    "RU": gettext_noop("Russia"),
    "TR": gettext_noop("Türkiye"),
    "UA": gettext_noop("Ukraine"),
    "US": gettext_noop("United States"),
    "UZ": gettext_noop("Uzbekistan"),
}
"""Names of the countries that reports of this desk name most; others show their code."""

FIGURES = {figure: figure.value.replace("_", " ").capitalize() for figure in Figure} | {
    Figure.SCREENED: gettext_noop("Posts and sign-ups screened"),
    Figure.UNSCREENED: gettext_noop("Passed without screening, screened later"),
    Figure.DECISIONS: gettext_noop("Decisions"),
    Figure.EFFECTS_CONFIRMED: gettext_noop("Effects confirmed in the messenger"),
    Figure.EFFECTS_FAILED: gettext_noop("Effects that failed"),
    Figure.EFFECTS_UNDONE: gettext_noop("Decisions undone"),
    Figure.EFFECTS_COMPENSATED: gettext_noop("Decisions made good otherwise"),
    Figure.STATEMENTS_DELIVERED: gettext_noop("Statements of reasons delivered"),
    Figure.STATEMENTS_UNDELIVERABLE: gettext_noop("Statements that could not be delivered"),
    Figure.CASES_OPENED: gettext_noop("Cases opened for a person"),
    Figure.CASES_CLOSED: gettext_noop("Cases closed by a person"),
    Figure.OBJECTIONS_RECEIVED: gettext_noop("Objections received"),
    Figure.OBJECTIONS_UPHELD: gettext_noop("Objections upheld"),
    Figure.OBJECTIONS_REFUSED: gettext_noop("Objections refused"),
    Figure.EVIDENCE_OPENED: gettext_noop("Times a person opened sealed evidence"),
}

BREAKDOWNS = {one: one.value.replace("_", " ").capitalize() for one in Breakdown} | {
    Breakdown.DECISIONS_BY_HARM: gettext_noop("Decisions by harm"),
    Breakdown.DECISIONS_BY_ACTION: gettext_noop("Decisions by what was done"),
    Breakdown.DECISIONS_BY_AUTOMATION: gettext_noop("Decisions by who decided"),
    Breakdown.DECISIONS_BY_MARKET: gettext_noop("Decisions by country of the account"),
    Breakdown.DECISIONS_BY_SOURCE: gettext_noop("Decisions by what drew attention"),
    Breakdown.DECISIONS_BY_LANGUAGE: gettext_noop("Decisions by language of the statement"),
    Breakdown.SCREENED_BY_CHANNEL_KIND: gettext_noop("Screened, by kind of channel"),
    Breakdown.UNSCREENED_BY_CHANNEL_KIND: gettext_noop("Passed unscreened, by kind of channel"),
}

SPANS = {span: span.value.replace("_", " ").capitalize() for span in Span} | {
    Span.SEND_TO_VERDICT: gettext_noop("At the door: from the question to the verdict"),
    Span.VERDICT_TO_EFFECT: gettext_noop("From the verdict to the confirmed effect"),
    Span.CASE_TO_DECISION: gettext_noop("From opening a case to a person's decision"),
}


def label(breakdown: Breakdown, key: str) -> str:
    """Gives what a cell of a breakdown is called."""
    if not key and DIMENSION_OF_BREAKDOWN[breakdown] is Dimension.ACTION:
        return gettext("No action")
    if not key:
        return gettext("Not stated")
    match DIMENSION_OF_BREAKDOWN[breakdown]:
        case Dimension.HARM:
            return gettext(HARMS.get(key, key))
        case Dimension.ACTION:
            return gettext(ACTIONS.get(ActionKind(key), key))
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
        case _:
            return key


def heading(breakdown: Breakdown) -> str:
    """Gives what stands above a breakdown's first column."""
    match DIMENSION_OF_BREAKDOWN[breakdown]:
        case Dimension.HARM:
            return gettext("Harm")
        case Dimension.MARKET:
            return gettext("Country")
        case Dimension.LANGUAGE:
            return gettext("Language")
        case _:
            return gettext("Kind")


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


def share(quantity: int, *, of: int) -> str:
    """Gives a share in per cent with one decimal place."""
    return number_format(quantity / of * 100, decimal_pos=1) + "\xa0%" if of else ""


def duration(milliseconds: int) -> str:
    """Gives a duration in the unit that reads best."""
    if milliseconds < 1_000:
        return gettext("%(number)s ms") % {"number": number(milliseconds)}
    if milliseconds < 120_000:
        seconds = number_format(milliseconds / 1000, decimal_pos=1)
        return gettext("%(number)s s") % {"number": seconds}
    return gettext("%(number)s min") % {"number": number(round(milliseconds / 60_000))}
