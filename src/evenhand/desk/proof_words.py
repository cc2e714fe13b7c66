"""What is said of a message that a reporter disclosed from an encrypted room."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from evenhand.evidence.megolm import UNKNOWN, ProofFinding
from evenhand.reports.lists import ProofLevel

PROOFS = {
    ProofLevel.PROVED: gettext_noop("Proved, given an honest homeserver and no collusion"),
    ProofLevel.CLAIMED: gettext_noop("Claimed, not proved"),
}
PROOF_FINDINGS = {
    ProofFinding.EVENT_GONE: gettext_noop("The homeserver has no such message, or no longer."),
    ProofFinding.CONTENT_GONE: gettext_noop(
        "The message was removed, and the homeserver no longer has its content."
    ),
    ProofFinding.KEYS_MISSING: gettext_noop(
        "The key with which the sender's homeserver signs could not be had."
    ),
    ProofFinding.ROOM_VERSION_UNKNOWN: gettext_noop(
        "Rooms of this version cannot be checked here."
    ),
    ProofFinding.ALGORITHM_UNKNOWN: gettext_noop(
        "Messages encrypted in this way cannot be checked here."
    ),
    ProofFinding.HOMESERVER_UNREACHABLE: gettext_noop("The homeserver could not be reached."),
    ProofFinding.NOT_ENCRYPTED: gettext_noop("The message named is not encrypted."),
    ProofFinding.EVENT_MALFORMED: gettext_noop(
        "The message named does not have the form of an encrypted message."
    ),
    ProofFinding.OTHER_ROOM: gettext_noop("The message named is in another room."),
    ProofFinding.OTHER_EVENT: gettext_noop(
        "What the homeserver gave is not the message that was named."
    ),
    ProofFinding.CONTENT_ALTERED: gettext_noop(
        "The content is not the one over which the message's hash was made."
    ),
    ProofFinding.SERVER_SIGNATURE_WRONG: gettext_noop(
        "The signature of the sender's homeserver does not hold."
    ),
    ProofFinding.SESSION_SIGNATURE_WRONG: gettext_noop(
        "The message was not encrypted in the session that it names."
    ),
    ProofFinding.KEY_DOES_NOT_OPEN: gettext_noop(
        "The key that was disclosed does not open this message."
    ),
    ProofFinding.ROOM_INSIDE_DIFFERS: gettext_noop(
        "Inside, the message does not name this room: it was copied, or made elsewhere."
    ),
    ProofFinding.SENDER_INSIDE_DIFFERS: gettext_noop("Inside, the message names another sender."),
    ProofFinding.REPORTED_ANOTHER: gettext_noop(
        "The report names another account than the one that sent this message: look at whom you"
        " decide about."
    ),
}


@dataclass(frozen=True, slots=True)
class ProofWords:
    """What a reviewer reads of a disclosed message.

    missing   what could not be checked
    against   what speaks against it; its text is not shown then
    """

    level: str
    missing: tuple[str, ...]
    against: tuple[str, ...]


def proof_words(level: str, findings: Sequence[str]) -> ProofWords | None:
    """Gives what is said of a report's proof; None where nothing was disclosed."""
    if level == ProofLevel.NONE:
        return None
    named = [ProofFinding(one) for one in findings]
    return ProofWords(
        gettext(PROOFS[ProofLevel(level)]),
        tuple(gettext(PROOF_FINDINGS[one]) for one in named if one in UNKNOWN),
        tuple(gettext(PROOF_FINDINGS[one]) for one in named if one not in UNKNOWN),
    )
