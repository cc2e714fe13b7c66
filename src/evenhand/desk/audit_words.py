"""What a record of the audit says was done, in words."""

from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

from evenhand.authorities.lists import AuthorityChanged, OfficerChanged
from evenhand.desk import law_words
from evenhand.desk.matter_rows import STEP_NAMES
from evenhand.markets.lists import MarketState

READ: Mapping[str, str] = {
    "identifiers": gettext_noop("What a request or a case names"),
    "plan": gettext_noop("Whom a plan names"),
    "mailbox": gettext_noop("An officer's mailbox"),
    "standing": gettext_noop("What counts against an account"),
    "labels": gettext_noop("Labels of an account or a channel"),
    "cyber_tip": gettext_noop("A report to the CyberTipline"),
    "audit_export": gettext_noop("The audit, as a file"),
}
"""What was read."""

REGISTRY: Mapping[str, str] = {
    AuthorityChanged.REGISTERED: gettext_noop("Entered"),
    AuthorityChanged.ALTERED: gettext_noop("Altered"),
    AuthorityChanged.CONFIRMED: gettext_noop("Confirmed by a second person"),
    AuthorityChanged.CLOSED: gettext_noop("Closed"),
    OfficerChanged.INVITED: gettext_noop("Invited by a link"),
    OfficerChanged.LINK_RENEWED: gettext_noop("Got a new link"),
    OfficerChanged.VOUCHED: gettext_noop("Vouched for"),
    OfficerChanged.REVERIFIED: gettext_noop("Verified anew"),
    OfficerChanged.SUSPENDED: gettext_noop("Suspended"),
    OfficerChanged.RESTORED: gettext_noop("Restored"),
    OfficerChanged.DOUBTED: gettext_noop("Doubted, because of who vouched"),
    OfficerChanged.KEY_ADDED: gettext_noop("Key added"),
    OfficerChanged.KEY_CONFIRMED: gettext_noop("Key confirmed by a call"),
    OfficerChanged.KEY_ENDED: gettext_noop("Key ended"),
    OfficerChanged.PROGRAM_ADMITTED: gettext_noop("Program let in"),
    OfficerChanged.PROGRAM_ENDED: gettext_noop("Program shut out"),
}
STAFF: Mapping[str, str] = {
    "proposed": gettext_noop("Proposed"),
    "withdrawn": gettext_noop("Withdrawn"),
    "key_enrolled": gettext_noop("Passkey enrolled"),
    "left": gettext_noop("Left"),
    "sign_on_expected": gettext_noop("To sign in by the provider"),
    "sign_on_bound": gettext_noop("Signed in by the provider for the first time"),
    "activated": gettext_noop("Read from now on"),
    "stopped": gettext_noop("Stopped"),
    "renewed": gettext_noop("Renewed"),
    "false_match_proposed": gettext_noop("Match called false"),
    "false_match_confirmed": gettext_noop("False match confirmed"),
    "false_match_withdrawn": gettext_noop("Matches again"),
    "read": gettext_noop("Read"),
}
LAW: Mapping[str, str] = {
    "rights_assessed": gettext_noop("Rights were assessed"),
    "proposal_rejected": gettext_noop("Proposal rejected"),
    "signed_off": gettext_noop("Signed off"),
    "representative_named": gettext_noop("Representative named"),
    "representative_dismissed": gettext_noop("Representative dismissed"),
    "figures_kept": gettext_noop("Numbers of users kept"),
}
PROPOSED = "_proposed"
"""How a change of a market that waits for a second person ends."""

WORDS: Mapping[str, str] = {**STEP_NAMES, **READ, **STAFF, **LAW, **REGISTRY}


def said(code: str) -> str:
    """Gives what was done, in words; what has none stays as the record says it."""
    if code in WORDS:
        return gettext(WORDS[code])
    if code in set(MarketState):
        return gettext(law_words.MARKET_STATES[MarketState(code)])
    wanted = code.removesuffix(PROPOSED)
    if wanted != code and wanted in set(MarketState):
        state = gettext(law_words.MARKET_STATES[MarketState(wanted)])
        return gettext("Proposed: %(state)s") % {"state": state}
    return code
