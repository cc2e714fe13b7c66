"""What the legal desk calls things, in the reader's language.

Titles of entries and names of fields come in the reader's language, in our own translation; what
else the regimes say stands in English, beside its source, and is marked as English.
"""

from django.utils.translation import get_language, gettext, gettext_noop

from evenhand.base.lists import Language
from evenhand.legal.answers.facts import FurtherGround
from evenhand.legal.answers.words import field, ground
from evenhand.legal.answers.words import words as phrases
from evenhand.legal.identifiers import Fault
from evenhand.legal.lists import (
    Authenticity,
    ClockName,
    DisclosureState,
    Finding,
    IdentifierKind,
    MatterState,
    NoticeState,
    Outcome,
    ProtectedGround,
    Said,
    ScrutinyAsker,
    ScrutinyOutcome,
    Substance,
)
from evenhand.markets.entries import RequestKind
from evenhand.markets.lists import (
    AuthorityKind,
    DataCategory,
    LegalForm,
    LegalKind,
    MarketState,
    NotifyRule,
    Purpose,
    Refusal,
)
from evenhand.markets.titles import title_in

KINDS = {
    LegalKind.REMOVAL: gettext_noop("Removal"),
    LegalKind.INFORMATION: gettext_noop("Information"),
    LegalKind.DISCLOSURE: gettext_noop("Disclosure of data"),
    LegalKind.PRESERVATION: gettext_noop("Preservation"),
    LegalKind.GEO_RESTRICTION: gettext_noop("Withholding in a country"),
}
FORMS = {
    LegalForm.ORDER: gettext_noop("Order"),
    LegalForm.NOTICE: gettext_noop("Notice"),
    LegalForm.REFERRAL: gettext_noop("Referral"),
    LegalForm.REQUEST: gettext_noop("Request"),
}
CATEGORIES = {
    DataCategory.SUBSCRIBER: gettext_noop("Subscriber data: the phone number"),
    DataCategory.IDENTIFICATION: gettext_noop("IP addresses, only to identify the user"),
    DataCategory.TRAFFIC: gettext_noop("IP addresses with times, for any other purpose"),
    DataCategory.CONTENT: gettext_noop("Content of messages"),
}
CATEGORY_NAMES = {
    DataCategory.SUBSCRIBER: gettext_noop("Subscriber data"),
    DataCategory.IDENTIFICATION: gettext_noop("Identification data"),
    DataCategory.TRAFFIC: gettext_noop("Identification or traffic data, by purpose"),
    DataCategory.CONTENT: gettext_noop("Content and other data"),
}
PURPOSES = {
    Purpose.IDENTIFY_ONLY: gettext_noop("Only to find out who somebody is"),
    Purpose.OTHER: gettext_noop("Anything else"),
}
AUTHORITY_KINDS = {
    AuthorityKind.COURT: gettext_noop("Court"),
    AuthorityKind.JUDGE: gettext_noop("Judge"),
    AuthorityKind.INVESTIGATING_JUDGE: gettext_noop("Investigating judge"),
    AuthorityKind.PROSECUTOR: gettext_noop("Prosecutor"),
    AuthorityKind.POLICE: gettext_noop("Police"),
    AuthorityKind.ADMIN_AUTHORITY: gettext_noop("Administrative authority"),
    AuthorityKind.MINISTRY: gettext_noop("Ministry"),
    AuthorityKind.REGULATOR: gettext_noop("Regulator"),
    AuthorityKind.CENTRAL_AUTHORITY: gettext_noop("Central authority"),
    AuthorityKind.FOREIGN_AUTHORITY_MLA: gettext_noop("Foreign authority, by mutual assistance"),
    AuthorityKind.TRUSTED_FLAGGER: gettext_noop("Trusted flagger"),
    AuthorityKind.PRIVATE_PARTY: gettext_noop("Private party"),
    AuthorityKind.OWN_DUTY: gettext_noop("Our own duty"),
}
NOTIFY_RULES = {
    NotifyRule.REQUIRED_AT_EFFECT: gettext_noop("The user is told when it takes effect."),
    NotifyRule.REQUIRED_UNLESS_DELAYED: gettext_noop(
        "The user is told, unless the authority delays it."
    ),
    NotifyRule.PROVIDER_POLICY: gettext_noop("We tell the user, as our own rule says."),
    NotifyRule.PROHIBITED_AUTHORITY_NOTIFIES: gettext_noop(
        "We may not tell the user; the authority does."
    ),
    NotifyRule.PROHIBITED_IF_ORDERED: gettext_noop("The user is told, unless an order forbids it."),
    NotifyRule.NOT_APPLICABLE: gettext_noop("No user is concerned."),
}
MARKET_STATES = {
    MarketState.OPEN: gettext_noop("Open"),
    MarketState.CONTESTED: gettext_noop("Contested"),
    MarketState.SUSPENDED: gettext_noop("Suspended"),
    MarketState.EXITED: gettext_noop("Left"),
}
MARKET_HINTS = {
    MarketState.OPEN: gettext_noop("Everything that the law allows is answered."),
    MarketState.CONTESTED: gettext_noop(
        "Content is withheld in that country alone; no data are given."
    ),
    MarketState.SUSPENDED: gettext_noop("Nothing is answered until the board decides again."),
    MarketState.EXITED: gettext_noop("We have left this market; nothing is answered."),
}
MARKET_TONES = {
    MarketState.OPEN: "good",
    MarketState.CONTESTED: "warn",
    MarketState.SUSPENDED: "bad",
    MarketState.EXITED: "bad",
}
REFUSALS = {
    Refusal.NO_REGIME: gettext_noop(
        "No law of this country is kept here. The way is mutual legal assistance."
    ),
    Refusal.NOT_IN_FORCE: gettext_noop("This law is not in force."),
    Refusal.MARKET_NOT_OPEN: gettext_noop("This market was never opened."),
    Refusal.MARKET_CONTESTED: gettext_noop(
        "This market is contested: content may be withheld there, no data are given."
    ),
    Refusal.MARKET_SUSPENDED: gettext_noop("This market is suspended."),
    Refusal.MARKET_EXITED: gettext_noop("We have left this market."),
    Refusal.GEO_RESTRICTION_ONLY: gettext_noop("It can be withheld in that country alone."),
    Refusal.WRONG_AUTHORITY: gettext_noop("This kind of authority may not ask for it."),
    Refusal.NOT_VALIDATED: gettext_noop("It has to be validated by another authority first."),
    Refusal.NO_CATEGORY: gettext_noop("It does not say which data are asked for."),
    Refusal.CATEGORY_NOT_COVERED: gettext_noop("This law does not cover these data."),
    Refusal.CONTENT_OUTSIDE_DESK: gettext_noop(
        "The content of messages is outside what this desk can collect."
    ),
    Refusal.WRONG_PURPOSE: gettext_noop(
        "IP addresses are given under this entry only to identify a user."
    ),
    Refusal.EMERGENCY_ONLY: gettext_noop("This is for emergencies only."),
    Refusal.NO_EMERGENCY_LANE: gettext_noop("This cannot be asked for as an emergency."),
    Refusal.UNVERIFIED_ENTRY: gettext_noop(
        "This entry of the law is not verified; a legal officer has to sign it off first."
    ),
}
STATES = {
    MatterState.RECEIVED: gettext_noop("Received"),
    MatterState.ASKED: gettext_noop("Waiting for the authority's answer"),
    MatterState.VALIDATED: gettext_noop("Validated"),
    MatterState.PREPARED: gettext_noop("Prepared for release"),
    MatterState.RELEASED: gettext_noop("Released"),
    MatterState.EXECUTED: gettext_noop("Carried out"),
    MatterState.REFUSED: gettext_noop("Refused"),
    MatterState.WITHDRAWN: gettext_noop("Withdrawn"),
    MatterState.CLOSED: gettext_noop("Closed"),
}
STATE_TONES = {
    MatterState.RECEIVED: "accent",
    MatterState.ASKED: "warn",
    MatterState.VALIDATED: "accent",
    MatterState.PREPARED: "accent",
    MatterState.RELEASED: "good",
    MatterState.EXECUTED: "good",
    MatterState.REFUSED: "bad",
    MatterState.WITHDRAWN: "",
    MatterState.CLOSED: "",
}
OUTCOMES = {
    Outcome.NONE: "",
    Outcome.ACCEPTED: gettext_noop("Accepted"),
    Outcome.NARROWED: gettext_noop("Accepted in part"),
    Outcome.REFUSED: gettext_noop("Refused"),
    Outcome.WITHDRAWN: gettext_noop("Withdrawn"),
}
CLOCKS = {
    ClockName.ANSWER: gettext_noop("Answer"),
    ClockName.WINDOW: gettext_noop("Window of the enforcing authority"),
    ClockName.SCRUTINY: gettext_noop("Scrutiny by the home authority"),
    ClockName.AFTER_REVIEW: gettext_noop("After-review of the emergency"),
    ClockName.CONFIRMATION: gettext_noop("Confirmation by the head office"),
}
AUTHENTICITIES = {
    Authenticity.NONE: gettext_noop("Not yet shown"),
    Authenticity.SIGNATURE: gettext_noop("A signature that the registry trusts"),
    Authenticity.CALL_BACK: gettext_noop("A call to the number in the registry"),
    Authenticity.SERVED: gettext_noop("Handed over on paper to the representative"),
}
DISCLOSURE_STATES = {
    DisclosureState.PLANNED: gettext_noop("Being collected"),
    DisclosureState.COLLECTED: gettext_noop("Collected and sealed"),
    DisclosureState.RELEASED: gettext_noop("Ready to be fetched"),
    DisclosureState.HANDED_OUT: gettext_noop("Fetched"),
    DisclosureState.CONFIRMED: gettext_noop("Receipt confirmed"),
    DisclosureState.EXPIRED: gettext_noop("Not fetched in time"),
    DisclosureState.DESTROYED: gettext_noop("Destroyed"),
}
NOTICE_STATES = {
    NoticeState.NOT_REQUIRED: gettext_noop("Nobody has to be told"),
    NoticeState.DUE_NOW: gettext_noop("To be told now"),
    NoticeState.DELAYED_UNTIL: gettext_noop("Told later"),
    NoticeState.FORBIDDEN_UNTIL_LIFTED: gettext_noop("Forbidden until lifted"),
    NoticeState.AUTHORITY_NOTIFIES: gettext_noop("The authority tells"),
    NoticeState.SENT: gettext_noop("Told"),
    NoticeState.UNDELIVERABLE: gettext_noop("Could not be delivered"),
}
SUBSTANCE = {
    Substance.SPEECH: gettext_noop("Does it touch political speech?"),
    Substance.PRESS: gettext_noop("Does it touch the press or its sources?"),
    Substance.RELIGION: gettext_noop("Does it touch religion or belief?"),
    Substance.ORIENTATION: gettext_noop("Does it touch sexual orientation or identity?"),
    Substance.ASSEMBLY: gettext_noop("Does it touch assembly or association?"),
    Substance.NO_CRIME_HERE: gettext_noop("Would the act be no crime here?"),
    Substance.OUT_OF_PROPORTION: gettext_noop("Is it out of proportion?"),
}
SAID = {
    Said.NO: gettext_noop("No"),
    Said.YES: gettext_noop("Yes"),
    Said.UNSURE: gettext_noop("Unsure"),
}
IDENTIFIER_KINDS = {
    IdentifierKind.ACCOUNT: gettext_noop("Account"),
    IdentifierKind.PHONE: gettext_noop("Phone number"),
    IdentifierKind.LINK: gettext_noop("Link"),
    IdentifierKind.CHANNEL: gettext_noop("Channel"),
    IdentifierKind.EVENT: gettext_noop("Message"),
    IdentifierKind.IP: gettext_noop("IP address"),
}
FAULTS = {
    Fault.EMPTY: gettext_noop("Nothing was entered."),
    Fault.TOO_LONG: gettext_noop("It is too long for any identifier."),
    Fault.NOT_RECOGNISED: gettext_noop(
        "This is no phone number, user id, room, link, message id or IP address with a time."
    ),
    Fault.PHONE_WITHOUT_COUNTRY: gettext_noop(
        "Write the phone number with + and the country code, without (0)."
    ),
    Fault.PHONE_LENGTH: gettext_noop("A phone number has 7 to 15 digits with its country code."),
    Fault.LOCAL_PART: gettext_noop("The part before the colon is empty or has a wrong sign."),
    Fault.SERVER_NAME: gettext_noop("The part after the colon is no name of a server."),
    Fault.EVENT_FORM: gettext_noop("A message id has a $ and 43 signs, or a $ and a server name."),
    Fault.LINK_TARGET: gettext_noop(
        "The link does not lead to an account, a room or a message of a room."
    ),
    Fault.PORT_RANGE: gettext_noop("A port is a number from 1 to 65535."),
    Fault.ADDRESS_NOT_PUBLIC: gettext_noop(
        "This address is used inside many networks; it identifies nobody."
    ),
    Fault.TIME_MISSING: gettext_noop(
        "Add the time at which the address was used: addresses change hands."
    ),
    Fault.TIME_FORM: gettext_noop("Write the time like this: 2026-11-01 10:00:00 +05:00."),
    Fault.TIME_WITHOUT_ZONE: gettext_noop("Add the time zone: Z for UTC, or +05:00."),
}
FINDINGS = {
    Finding.WRONG_STATE: gettext_noop("This step does not fit where the matter stands."),
    Finding.ROLE_MISSING: gettext_noop("Your role does not allow this step."),
    Finding.NOT_ASSIGNED: gettext_noop("You do not work on this matter."),
    Finding.REASON_MISSING: gettext_noop("Please give your reasons."),
    Finding.TOO_LONG: gettext_noop("A text is too long."),
    Finding.FIELD_MISSING: gettext_noop("A field that the law requires is empty."),
    Finding.FIELD_UNKNOWN: gettext_noop("A field was sent that this law does not know."),
    Finding.IDENTIFIER_MISSING: gettext_noop("Name at least one account, link or number."),
    Finding.CATEGORY_MISSING: gettext_noop("Say which data are asked for."),
    Finding.OFFICER_MAY_NOT_FILE: gettext_noop("This officer may not file at the moment."),
    Finding.SAME_PERSON: gettext_noop("Somebody else has to do this: four eyes."),
    Finding.NOT_VALIDATED: gettext_noop("It was not validated yet."),
    Finding.NOT_AUTHENTIC: gettext_noop("Nothing shows yet that it comes from the authority."),
    Finding.CALL_BACK_MISSING: gettext_noop("The call to the registry's number is missing."),
    Finding.SECOND_LOOK_MISSING: gettext_noop(
        "Much speaks for a forgery: somebody else than who validated it has to answer the "
        "questions of substance."
    ),
    Finding.QUESTIONS_OPEN: gettext_noop("A question to the authority is still open."),
    Finding.QUESTIONNAIRE_INCOMPLETE: gettext_noop(
        "The questions on the emergency are not all answered."
    ),
    Finding.SUBSTANCE_UNANSWERED: gettext_noop("The questions of substance are not answered."),
    Finding.BOARD_PENDING: gettext_noop("The board has not decided yet."),
    Finding.BOARD_REFUSES: gettext_noop("The board refuses."),
    Finding.LAW_REFUSES: gettext_noop("The law does not allow it."),
    Finding.UNVERIFIED_ENTRY: gettext_noop(
        "The entry of the law is neither verified nor signed off."
    ),
    Finding.OUTSIDE_CATEGORY: gettext_noop("It goes beyond the data that were asked for."),
    Finding.CONTENT_OUTSIDE_DESK: gettext_noop(
        "The content of messages is outside what this desk can collect."
    ),
    Finding.NO_VIOLATION: gettext_noop(
        "Without duty, data are given only after an upheld violation or if a court names the "
        "holder a suspect."
    ),
    Finding.MARKET_NOT_OPEN: gettext_noop("The market is not open."),
    Finding.TERRITORY_TOO_WIDE: gettext_noop("The territory is wider than the order."),
    Finding.MEASURE_MISSING: gettext_noop("Say what is to be done."),
    Finding.MEASURE_NOT_ALLOWED: gettext_noop("This measure does not belong to this kind."),
    Finding.GROUND_MISSING: gettext_noop("A refusal needs its ground."),
    Finding.KEY_MISSING: gettext_noop("The officer has no key that can be used."),
    Finding.NOT_PRESERVED: gettext_noop("Nothing of this is preserved for this country."),
    Finding.NOT_COLLECTED: gettext_noop("The data are still being collected."),
    Finding.NOT_INFORMED_BEFORE: gettext_noop(
        "It is this authority's first order, and it did not make itself known twelve hours before."
    ),
    Finding.RANK_TOO_LOW: gettext_noop("Who signed does not name the rank that the law asks for."),
    Finding.WITHOUT_EFFECT: gettext_noop(
        "The scrutiny found that the order infringes the law: it has no effect."
    ),
    Finding.SCRUTINY_TOO_LATE: gettext_noop("The time to ask for the scrutiny was over."),
    Finding.WINDOW_OPEN: gettext_noop("The enforcing authority's window is still open."),
    Finding.ENFORCING_AUTHORITY_REFUSES: gettext_noop("The enforcing authority refuses."),
    Finding.REFERRAL_IS_NO_ORDER: gettext_noop(
        "A referral is no order: reviewers decide about it under the messenger's own terms."
    ),
    Finding.CHANGED_SINCE: gettext_noop(
        "It changed since you looked at it. Look again, then sign what stands here now."
    ),
    Finding.SIGNATURE_WRONG: gettext_noop("The signature does not fit."),
    Finding.NOTICE_UNDECIDED: gettext_noop("Decide first what the user is told."),
    Finding.NOTICE_RULE: gettext_noop("The law has another rule for telling the user."),
    Finding.REVIEW_MISSING: gettext_noop("The after-review by a third person is missing."),
    Finding.NOT_EXECUTED: gettext_noop("It was not carried out yet."),
    Finding.NOT_RECIPIENT: gettext_noop("This answer is for somebody else."),
    Finding.ALREADY_HANDED_OUT: gettext_noop(
        "The answer was fetched already. A new copy needs a new approval."
    ),
    Finding.EXPIRED: gettext_noop("The time to fetch it is over."),
    Finding.LEGAL_HOLD: gettext_noop("It is on legal hold."),
    Finding.EXTENDED_TO_THE_END: gettext_noop("It cannot be extended again."),
    Finding.OTHER_AUTHORITY: gettext_noop("This officer belongs to another authority."),
}


PROTECTED_GROUNDS = {
    ProtectedGround.PRESS: gettext_noop("Press"),
    ProtectedGround.COUNSEL: gettext_noop("Counsel"),
    ProtectedGround.MEMBER_OF_PARLIAMENT: gettext_noop("Member of parliament"),
    ProtectedGround.JUDGE: gettext_noop("Judge or prosecutor"),
    ProtectedGround.CLERGY: gettext_noop("Clergy"),
    ProtectedGround.RIGHTS_DEFENDER: gettext_noop("Defender of rights"),
    ProtectedGround.MINOR: gettext_noop("Minor"),
}
SCRUTINY_ASKERS = {
    ScrutinyAsker.HOME_AUTHORITY: gettext_noop("The home authority by itself"),
    ScrutinyAsker.PROVIDER: gettext_noop("We asked for it"),
    ScrutinyAsker.PERSON_CONCERNED: gettext_noop("The person concerned asked for it"),
}
SCRUTINY_OUTCOMES = {
    ScrutinyOutcome.NO_INFRINGEMENT: gettext_noop("It infringes nothing"),
    ScrutinyOutcome.INFRINGES: gettext_noop("It infringes the law or fundamental rights"),
}


def humanised(code: str) -> str:
    """Gives one of the law's field names as words: they are English identifiers."""
    return code.replace("_", " ").capitalize()


QUESTIONS = {
    "what_danger": gettext_noop("What danger there is"),
    "when": gettext_noop("When it is feared"),
    "how_this_helps": gettext_noop("How the data help"),
}
"""Fields of the questionnaire that no law names."""


def reader() -> Language:
    """Gives the language of the page that is made."""
    spoken = get_language() or Language.EN.value
    return Language(spoken) if spoken in set(Language) else Language.EN


def field_name(code: str) -> str:
    """Gives what a field of a request is called in the reader's language."""
    if code in QUESTIONS:
        return gettext(QUESTIONS[code])
    said = field(phrases(reader()), code)
    return said[:1].upper() + said[1:]


def entry_title(kind: RequestKind) -> str:
    """Gives the title of an entry of the law in the reader's language."""
    return title_in(kind.id, reader(), english=kind.title)


def finding_name(code: str) -> str:
    """Gives what is said of a finding; one without words keeps its code."""
    return gettext(FINDINGS[Finding(code)]) if code in set(Finding) else humanised(code)


def refusal_name(code: str) -> str:
    """Gives what is said of a coded ground; further ones have the words of the answers."""
    if code in set(FurtherGround):
        return ground(phrases(Language(get_language() or Language.EN)), code)
    return gettext(REFUSALS[Refusal(code)]) if code in set(Refusal) else humanised(code)
