"""Why the registry refuses a step, in the reader's language."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_noop

from evenhand.authorities.lists import DomainMatch, Finding
from evenhand.base.errors import EvenhandError
from evenhand.desk.law_words import humanised

WHY = {
    "role": gettext_noop("Your role does not allow this step."),
    "a public suffix": gettext_noop(
        "Names below this domain belong to many: name the one below it that is this authority's "
        "own, such as ministry.gov.kz and not gov.kz."
    ),
    "no address": gettext_noop("This mailbox is no address."),
    "no matter named": gettext_noop("Say which request the call is about."),
    "only the officer registers their key": gettext_noop(
        "Only the officer registers their own key."
    ),
    "this key is in use, or was": gettext_noop("This key is in use already, or was before."),
    "too many keys": gettext_noop("There are too many keys: end one first."),
    "this person may not enter": gettext_noop("This person may not sign in."),
    "closed": gettext_noop("This entry is closed."),
    "two people are needed": gettext_noop("Somebody else has to do this: four eyes."),
    "a second person has to check the number first": gettext_noop(
        "A second person has to check the number first."
    ),
    "an entry of this name exists": gettext_noop("An entry of this name exists already."),
    "the authority is not confirmed": gettext_noop(
        "The entry counts once a second person has checked it."
    ),
    "this filing has its receipt": gettext_noop("This letter has its receipt already."),
    "nobody vouches for themselves": gettext_noop("Nobody vouches for themselves."),
    "who gave the link does not vouch": gettext_noop(
        "Whoever registered this officer or gave the link does not vouch: somebody else has to."
    ),
    "another authority": gettext_noop("This officer belongs to another authority."),
    "after a suspension, staff call": gettext_noop(
        "This officer is suspended. Only the desk can restore the access, after a call."
    ),
    "staff vouch after a call-back": gettext_noop("Call the switchboard first, then vouch."),
    "the call was about something else": gettext_noop("The call was about something else."),
    "the call confirmed nothing": gettext_noop("The call confirmed nothing."),
    "the call is too old": gettext_noop("The call is too old. Call again."),
    "the call was before the suspension": gettext_noop(
        "The call was before the suspension. Call again."
    ),
    "suspended": gettext_noop("This officer is suspended."),
    "not suspended": gettext_noop("This officer is not suspended."),
    "vouched for already: verify anew": gettext_noop(
        "Somebody vouched already. Verify the officer anew instead."
    ),
    "nobody has vouched yet": gettext_noop("Nobody has vouched for this officer yet."),
    "no key named": gettext_noop("The officer has no key to call about."),
    "this key has ended": gettext_noop("This key has ended."),
    "no officer named": gettext_noop("Say which officer the call is about."),
    "an officer of another authority": gettext_noop("This officer belongs to another authority."),
    "name": gettext_noop("This name cannot be used."),
    "this name is taken; add the office to it": gettext_noop(
        "This name is taken. Add the office to it."
    ),
    "no officer who may enter": gettext_noop("This officer may not sign in."),
    Finding.AUTHORITY_CLOSED.value: gettext_noop("The entry of your authority is closed."),
    Finding.AUTHORITY_UNCONFIRMED.value: gettext_noop(
        "The entry of your authority waits for a second person."
    ),
    Finding.NOT_VOUCHED.value: gettext_noop("Nobody has vouched for you yet."),
    Finding.VERIFICATION_LAPSED.value: gettext_noop("Your own verification has lapsed."),
    Finding.MAILBOX_FOREIGN.value: gettext_noop("Your mailbox is not at your authority."),
    DomainMatch.LOOK_ALIKE.value: gettext_noop(
        "This mailbox is at a domain that only looks like one of the authority's."
    ),
    DomainMatch.FOREIGN.value: gettext_noop("This mailbox is at none of the authority's domains."),
}
"""What the registry's rooms give as `why`, and what is said of it."""


FIELDS = {
    "name": gettext_noop("Name, in its own language"),
    "country": gettext_noop("Country"),
    "kind": gettext_noop("Kind"),
    "domains": gettext_noop("Domains, separated by blanks"),
    "switchboard": gettext_noop("Switchboard, with + and country code"),
    "head_office": gettext_noop("Mailbox of the head office"),
    "mailbox": gettext_noop("Mailbox at one of the domains"),
    "rank": gettext_noop("Rank or office"),
    "file_number_pattern": gettext_noop("Pattern of its file numbers (regular expression)"),
    "statutes": gettext_noop("Statutes that it cites, one in each line"),
    "certificates": gettext_noop("Certificates of its signatures (PEM)"),
    "source": gettext_noop("Where you found it"),
    "note": gettext_noop("Whom you spoke to, and what was said"),
    "said": gettext_noop("What did they say?"),
    "receipt": gettext_noop("Receipt: number, or who took it"),
    "subject": gettext_noop("Subject"),
    "text": gettext_noop("Text"),
}
"""Fields of the registry's forms, as the forms name them."""


def refusal_words(error: EvenhandError) -> list[str]:
    """Gives what is said of a refused step; what has no words of its own keeps its remedy."""
    why = str(error.fields.get("why", ""))
    said = [gettext(WHY[part]) for part in why.split(",") if part in WHY]
    whole = gettext(WHY[why]) if why in WHY else ""
    field = str(error.fields.get("field", ""))
    if whole:
        return [whole]
    if said:
        return said
    if field:
        named = gettext(FIELDS[field]) if field in FIELDS else humanised(field)
        return [gettext("Please check: %(field)s") % {"field": named}]
    return [gettext("It was not done: %(why)s") % {"why": why or error.remedy}]


def say_refusal(request: HttpRequest, error: EvenhandError) -> None:
    """Says on the next page why a step was refused."""
    for text in refusal_words(error):
        messages.error(request, text)
