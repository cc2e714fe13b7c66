"""What the console calls things, in the reader's language."""

from django.conf import settings
from django.utils import formats
from django.utils.module_loading import import_string
from django.utils.translation import get_language, gettext, gettext_noop, ngettext

from evenhand.actions.lists import ActionState, DeliveryState, Verb
from evenhand.actions.models import Decision
from evenhand.actions.ports import Rulebook
from evenhand.base.lists import (
    ActionKind,
    Automation,
    ChannelKind,
    Ground,
    Language,
    Source,
    TargetKind,
)
from evenhand.cases.checks import Finding
from evenhand.cases.lists import BulkState, CaseKind, CaseLane, CaseOutcome, CaseState, StepKind
from evenhand.cases.models import Case
from evenhand.cases.steps import TARGET_OF_KIND
from evenhand.people.roles import Role
from evenhand.transparency.words import ACTIONS, AUTOMATIONS, CHANNEL_KINDS, HARMS, SOURCES

CASE_KINDS = {
    CaseKind.REVIEW: gettext_noop("Review"),
    CaseKind.OBJECTION: gettext_noop("Objection"),
    CaseKind.FAILED_EFFECT: gettext_noop("Effect failed"),
    CaseKind.COMPLAINT: gettext_noop("Complaint"),
    CaseKind.DISAGREEMENT: gettext_noop("Two answers"),
}
CASE_STATES = {
    CaseState.OPEN: gettext_noop("Open"),
    CaseState.CLOSED: gettext_noop("Closed"),
}
CASE_OUTCOMES = {
    CaseOutcome.ACTED: gettext_noop("Action taken"),
    CaseOutcome.NO_ACTION: gettext_noop("No action"),
    CaseOutcome.UPHELD: gettext_noop("Upheld"),
    CaseOutcome.REFUSED: gettext_noop("Refused"),
    CaseOutcome.COMPARED: gettext_noop("Compared only"),
}
QUEUES = {
    "children": gettext_noop("Children"),
    "danger": gettext_noop("Danger to people"),
    "fraud": gettext_noop("Fraud"),
    "trade": gettext_noop("Forbidden trade"),
    "kazakhstan": gettext_noop("Kazakhstan"),
    "hate": gettext_noop("Hate and violence"),
    "spam": gettext_noop("Spam"),
    "general": gettext_noop("Everything else"),
}
"""The queues that come with the desk; an operator's own are called as the operator calls them."""
OWN_WORDS = frozenset(
    {
        gettext_noop("The hash of a file in it stands in a feed that the operator connected."),
        gettext_noop("the authority was asked"),
        gettext_noop("its end has come"),
        gettext_noop("command line"),
        gettext_noop("release"),
    }
)
"""Reasons that the desk gives itself and keeps in English; people write all others."""
CASE_LANES = {
    CaseLane.OPEN: gettext_noop("Open lane"),
    CaseLane.SEALED: gettext_noop("Sealed lane: child safety"),
}
BULK_STATES = {
    BulkState.SAMPLING: gettext_noop("The sample is being decided"),
    BulkState.RUNNING: gettext_noop("The rest follows"),
    BulkState.DONE: gettext_noop("All is decided"),
    BulkState.STOPPED: gettext_noop("Stopped"),
}
CASE_STEPS = {
    StepKind.CLAIMED: gettext_noop("Taken in hand"),
    StepKind.LET_GO: gettext_noop("Given back"),
    StepKind.HANDED_OVER: gettext_noop("Handed over"),
    StepKind.ESCALATED: gettext_noop("Passed up"),
    StepKind.OPINION_ASKED: gettext_noop("Opinion asked for"),
    StepKind.OPINION_GIVEN: gettext_noop("Opinion given"),
    StepKind.JOINED: gettext_noop("Another finding joined"),
    StepKind.REPORTED: gettext_noop("Another report came"),
    StepKind.NOTED: gettext_noop("Note written"),
    StepKind.STAGE_VIOLATION: gettext_noop("Second stage: it breaks the policy"),
    StepKind.STAGE_NO_VIOLATION: gettext_noop("Second stage: it does not break the policy"),
    StepKind.OPENED: gettext_noop("Opened"),
    StepKind.CLOSED: gettext_noop("Closed"),
}
ACTION_STATES = {
    ActionState.PENDING: gettext_noop("Under way"),
    ActionState.IN_FORCE: gettext_noop("In force"),
    ActionState.FAILED: gettext_noop("Failed"),
    ActionState.UNDOING: gettext_noop("Being undone"),
    ActionState.UNDONE: gettext_noop("Undone"),
    ActionState.COMPENSATED: gettext_noop("Made good otherwise"),
    ActionState.SUPERSEDED: gettext_noop("Replaced"),
}
FOLLOWED = {
    ActionState.PENDING: gettext_noop("did not take effect yet; it is being undone"),
    ActionState.IN_FORCE: gettext_noop("stays, because it cannot be undone"),
    ActionState.FAILED: gettext_noop("never took effect"),
    ActionState.UNDOING: gettext_noop("is being undone"),
    ActionState.UNDONE: gettext_noop("was undone"),
    ActionState.COMPENSATED: gettext_noop("cannot be put back; you got what we kept of it"),
    ActionState.SUPERSEDED: gettext_noop("stays, because another decision asks for the same"),
}
"""What became of something after an objection to it was upheld, as the person is told."""
STATE_TONES = {
    ActionState.PENDING: "warn",
    ActionState.IN_FORCE: "accent",
    ActionState.FAILED: "bad",
    ActionState.UNDOING: "warn",
    ActionState.UNDONE: "good",
    ActionState.COMPENSATED: "good",
    ActionState.SUPERSEDED: "",
}
VERBS = {
    Verb.APPLY: gettext_noop("Carry out"),
    Verb.CONFIRM: gettext_noop("Read back"),
    Verb.UNDO: gettext_noop("Undo"),
    Verb.NOTIFY: gettext_noop("Tell the account"),
    Verb.ANSWER: gettext_noop("Answer the objection"),
}
DELIVERY_STATES = {
    DeliveryState.WAITING: gettext_noop("Waiting"),
    DeliveryState.CLAIMED: gettext_noop("Under way"),
    DeliveryState.DONE: gettext_noop("Done"),
    DeliveryState.GIVEN_UP: gettext_noop("Given up"),
}
TARGET_KINDS = {
    TargetKind.EVENT: gettext_noop("Message"),
    TargetKind.ACCOUNT: gettext_noop("Account"),
    TargetKind.CHANNEL: gettext_noop("Channel"),
    TargetKind.MEDIA: gettext_noop("File"),
    TargetKind.REGISTRATION: gettext_noop("Sign-up"),
}
ROLES = {
    Role.OPERATOR: gettext_noop("Operator"),
    Role.POLICY_AUTHOR: gettext_noop("Policy author"),
    Role.REVIEWER: gettext_noop("Reviewer"),
    Role.LEGAL_OFFICER: gettext_noop("Legal officer"),
    Role.APPROVER: gettext_noop("Approver"),
    Role.BOARD: gettext_noop("Policy board"),
    Role.REPRESENTATIVE: gettext_noop("Local representative"),
    Role.SENIOR: gettext_noop("Senior reviewer"),
    Role.CHILD_SAFETY: gettext_noop("Child safety"),
    Role.AUDITOR: gettext_noop("Auditor"),
    Role.OFFICER: gettext_noop("Officer of an authority"),
}
CHOICES = {
    ActionKind.NONE: gettext_noop("Leave it: no action"),
    ActionKind.WARN: gettext_noop("Warn the account"),
    ActionKind.REDACT: gettext_noop("Remove the message"),
    ActionKind.UNLIST: gettext_noop("Take the channel off the directory"),
    ActionKind.DEINDEX: gettext_noop("Take the channel out of search"),
    ActionKind.GEO_WITHHOLD: gettext_noop("Withhold the channel in some countries"),
    ActionKind.SUSPEND: gettext_noop("Suspend the account"),
    ActionKind.LOCK: gettext_noop("Lock the account"),
    ActionKind.BLOCK_CHANNEL: gettext_noop("Block the channel"),
}
CHOICE_HINTS = {
    ActionKind.NONE: gettext_noop("The case is closed; nothing happens to the account."),
    ActionKind.WARN: gettext_noop("The account gets a notice; nothing is taken away."),
    ActionKind.REDACT: gettext_noop(
        "Cannot be put back: if an objection is upheld, the author gets the sealed copy."
    ),
    ActionKind.UNLIST: gettext_noop("Can be undone. Members stay; strangers no longer find it."),
    ActionKind.DEINDEX: gettext_noop(
        "Can be undone. Members stay; it and its posts are not found, anywhere or where you say."
    ),
    ActionKind.SUSPEND: gettext_noop("Can be undone. The account can read but not write."),
    ActionKind.GEO_WITHHOLD: gettext_noop(
        "Can be undone. Accounts placed there leave it, cannot join and cannot find it."
    ),
    ActionKind.LOCK: gettext_noop("Can be undone. The account can neither read nor write."),
    ActionKind.BLOCK_CHANNEL: gettext_noop(
        "Can be undone. Members leave, and nobody can join until it is lifted."
    ),
}
FINDINGS = {
    Finding.CASE_CLOSED: gettext_noop("This case is closed already."),
    Finding.NOT_A_REVIEWER: gettext_noop("Only a reviewer may close a case."),
    Finding.DECIDED_BY_THE_SAME_PERSON: gettext_noop(
        "You made the decision that is objected to. Somebody else judges the objection."
    ),
    Finding.AUTHOR_OF_THE_RULE: gettext_noop(
        "You wrote or approved the rule that decided. Somebody else judges the objection."
    ),
    Finding.NOT_AN_OBJECTION: gettext_noop("This case is not an objection."),
    Finding.IS_AN_OBJECTION: gettext_noop("An objection is upheld or refused, nothing else."),
    Finding.REASON_MISSING: gettext_noop("Please give your reasons."),
    Finding.REASON_TOO_LONG: gettext_noop("The reasons are too long."),
    Finding.KIND_NOT_OFFERED: gettext_noop("Please choose one of the decisions offered."),
    Finding.TARGET_UNKNOWN: gettext_noop("This cannot be done: the target is not known."),
    Finding.CLAIMED_BY_ANOTHER: gettext_noop("Somebody else has this case in hand."),
    Finding.NOT_CLAIMED: gettext_noop("You do not have this case in hand."),
    Finding.TOO_MANY_CLAIMED: gettext_noop(
        "You have too many cases in hand. Please decide some or give them back."
    ),
    Finding.SEALED_LANE: gettext_noop(
        "This belongs to the sealed lane for the safety of children."
    ),
    Finding.NEEDS_A_SENIOR: gettext_noop("This case was escalated: a senior reviewer decides it."),
    Finding.GAVE_AN_OPINION: gettext_noop(
        "You gave an opinion on this case; somebody else decides it."
    ),
    Finding.OPINION_MISSING: gettext_noop("The policy asks for a second opinion first."),
    Finding.OPINION_AGAINST: gettext_noop(
        "The opinions given do not carry this. Ask for another one, or let a senior decide who did "
        "not ask for them."
    ),
    Finding.OPINION_NOT_ASKED: gettext_noop("Nobody asked for an opinion on this case."),
    Finding.OPINION_ASKED_BY_THE_SAME: gettext_noop(
        "You asked for this opinion; somebody else has to give it."
    ),
    Finding.POLICY_OFFERS_NOT: gettext_noop("The policy does not offer this decision."),
    Finding.HARM_UNKNOWN: gettext_noop("Please choose one of the policies listed."),
    Finding.TERRITORY_MISSING: gettext_noop("Please name the countries in which it is withheld."),
    Finding.TERRITORY_INVALID: gettext_noop("One of these is not a country, or stands twice."),
    Finding.TERRITORY_TOO_LONG: gettext_noop(
        "These are more than 60 countries. Name fewer, or choose a decision without countries."
    ),
    Finding.TERRITORY_NOT_POSSIBLE: gettext_noop("This decision cannot be limited to countries."),
    Finding.END_IN_THE_PAST: gettext_noop("The end has to lie in the future."),
    Finding.END_NOT_POSSIBLE: gettext_noop("This decision cannot have an end."),
    Finding.ESCALATED_ALREADY: gettext_noop("This case was escalated already."),
    Finding.CANNOT_TAKE_IT: gettext_noop("This person cannot take the case."),
    Finding.BULK_NOT_ALIKE: gettext_noop(
        "These cases are not alike: one harm, open, in the usual lane, with the same to be done."
    ),
    Finding.BULK_SIZE: gettext_noop("Too few or too many cases for one decision."),
    Finding.BULK_TAKEN: gettext_noop("One of these cases is in another bulk decision."),
    Finding.BULK_SAMPLE_OPEN: gettext_noop("Please decide every case of the sample first."),
    Finding.BULK_ENDED: gettext_noop("This bulk decision is under way or over."),
    Finding.GOLDEN_UNFIT: gettext_noop(
        "Only a closed review in the usual lane can be one whose answer is known."
    ),
    Finding.UNFOUNDED_AND_ACTED: gettext_noop(
        "Only what is closed without an action can be manifestly unfounded."
    ),
}


def reach_of(case: Case, kind: ActionKind) -> str:
    """Gives what a decision on a case would reach, as far as that is known."""
    match TARGET_OF_KIND.get(kind):
        case TargetKind.EVENT:
            return gettext("One message.")
        case TargetKind.CHANNEL if case.reach:
            said = ngettext(
                "A channel of %(number)s member.", "A channel of %(number)s members.", case.reach
            )
            return said % {"number": formats.number_format(case.reach, force_grouping=True)}
        case TargetKind.CHANNEL:
            return gettext("A channel; how many are in it is not known.")
        case TargetKind.ACCOUNT if case.account_channels and kind is not ActionKind.WARN:
            said = ngettext(
                "One account, in %(number)s channel.",
                "One account, in %(number)s channels.",
                case.account_channels,
            )
            return said % {"number": formats.number_format(case.account_channels)}
        case TargetKind.ACCOUNT:
            return gettext("One account, wherever it writes.")
        case _:
            return gettext("Nobody.")


def queue_name(name: str) -> str:
    """Gives what a queue is called."""
    return gettext(QUEUES[name]) if name in QUEUES else name


def own_words(text: str) -> str:
    """Gives a reason in the reader's language where the desk gave it itself."""
    return gettext(text) if text in OWN_WORDS else text


def harm_name(code: str) -> str:
    """Gives what a harm is called."""
    return gettext(HARMS.get(code, code))


def action_name(kind: str) -> str:
    """Gives what a kind of action is called."""
    return gettext(ACTIONS[ActionKind(kind)])


def automation_name(value: str) -> str:
    """Gives who decided, in words."""
    return gettext(AUTOMATIONS[Automation(value)])


def reason_of(decision: Decision) -> tuple[str, str]:
    """Gives why it was decided and in which language that is: the reader's, where a rule has it.

    What a person wrote is shown as they wrote it.
    """
    said = None
    if decision.ground == Ground.RULE:
        said = _sentence_of(decision.rule_id, decision.rule_version)
    return said or (decision.reason, decision.language)


def why_opened(case: Case) -> str:
    """Gives why a case was opened, in the reader's language where a rule said it."""
    if case.decision and case.decision.reason == case.reason_opened:
        return reason_of(case.decision)[0]
    said = _sentence_of(*case.rules[0]) if case.kind == CaseKind.REVIEW and case.rules else None
    return said[0] if said else own_words(case.reason_opened)


def _sentence_of(rule_id: str, version: str) -> tuple[str, str] | None:
    """Gives what a rule says and in which language: the reader's, or None."""
    reader = get_language() or Language.EN.value
    if reader not in set(Language):
        return None
    rulebook: Rulebook = import_string(settings.RULEBOOK)()
    said = rulebook.sentence(rule_id, version, Language(reader))
    return (said, reader) if said else None


def source_name(value: str) -> str:
    """Gives what drew attention, in words."""
    return gettext(SOURCES[Source(value)])


def channel_kind_name(value: str) -> str:
    """Gives what a kind of channel is called."""
    return gettext(CHANNEL_KINDS[ChannelKind(value)])
