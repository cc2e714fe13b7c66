"""What the console calls things, in the reader's language."""

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import get_language, gettext, gettext_noop

from evenhand.actions.lists import ActionState, DeliveryState, StatementState, Verb
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
from evenhand.cases.lists import CaseKind, CaseOutcome, CaseState
from evenhand.cases.models import Case
from evenhand.people.roles import Role
from evenhand.transparency.words import ACTIONS, AUTOMATIONS, CHANNEL_KINDS, HARMS, SOURCES

CASE_KINDS = {
    CaseKind.REVIEW: gettext_noop("Review"),
    CaseKind.OBJECTION: gettext_noop("Objection"),
    CaseKind.FAILED_EFFECT: gettext_noop("Effect failed"),
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
STATEMENT_STATES = {
    StatementState.WAITING: gettext_noop("Waiting"),
    StatementState.DELIVERED: gettext_noop("Delivered"),
    StatementState.UNDELIVERABLE: gettext_noop("Could not be delivered"),
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
    ActionKind.SUSPEND: gettext_noop("Suspend the account"),
    ActionKind.BLOCK_CHANNEL: gettext_noop("Block the channel"),
}
CHOICE_HINTS = {
    ActionKind.NONE: gettext_noop("The case is closed; nothing happens to the account."),
    ActionKind.WARN: gettext_noop("The account gets a notice; nothing is taken away."),
    ActionKind.REDACT: gettext_noop(
        "Cannot be put back: if an objection is upheld, the author gets the sealed copy."
    ),
    ActionKind.UNLIST: gettext_noop("Can be undone. Members stay; strangers no longer find it."),
    ActionKind.SUSPEND: gettext_noop("Can be undone. The account can read but not write."),
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
}


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
    said = _sentence_of(decision.rule_id) if decision.ground == Ground.RULE else None
    return said or (decision.reason, decision.language)


def why_opened(case: Case) -> str:
    """Gives why a case was opened, in the reader's language where a rule said it."""
    if case.decision and case.decision.reason == case.reason_opened:
        return reason_of(case.decision)[0]
    said = _sentence_of(case.rules[0][0]) if case.kind == CaseKind.REVIEW and case.rules else None
    return said[0] if said else case.reason_opened


def _sentence_of(rule_id: str) -> tuple[str, str] | None:
    """Gives what a rule says and in which language: the reader's, or None."""
    reader = get_language() or Language.EN.value
    if reader not in set(Language):
        return None
    rulebook: Rulebook = import_string(settings.RULEBOOK)()
    said = rulebook.sentence(rule_id, Language(reader))
    return (said, reader) if said else None


def source_name(value: str) -> str:
    """Gives what drew attention, in words."""
    return gettext(SOURCES[Source(value)])


def channel_kind_name(value: str) -> str:
    """Gives what a kind of channel is called."""
    return gettext(CHANNEL_KINDS[ChannelKind(value)])
