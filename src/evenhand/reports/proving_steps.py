"""Checks what reporters disclosed of encrypted rooms, and keeps what it proved.

What they sent to open the message is emptied with the same step, whatever came of it: an outage
alone lets it stay until the next try. Nothing is locked while the homeserver is asked.
"""

from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from evenhand.base.errors import Unavailable
from evenhand.evidence.disclosures import Disclosure
from evenhand.evidence.megolm import ProofFinding
from evenhand.evidence.steps import hold, keep
from evenhand.reports.keys import Keys, installed
from evenhand.reports.limits import PROOF_DAYS, SWEEP_ROWS_MAX
from evenhand.reports.lists import ProofLevel
from evenhand.reports.models import Report
from evenhand.reports.ports import Proof, Proving

log = structlog.get_logger()

GIVEN_UP = Proof(ProofLevel.CLAIMED, findings=("homeserver_unreachable",))


def prove_due(
    proving: Proving, *, now: datetime, keys: Keys | None = None, rows_max: int = SWEEP_ROWS_MAX
) -> int:
    """Checks disclosed messages that nobody has checked, and gives how many were."""
    used = keys or installed()
    due = Report.objects.exclude(disclosure=b"").order_by("?").values_list("pk", flat=True)
    return sum(_prove(report_id, proving, used, now=now) for report_id in list(due[:rows_max]))


def _prove(report_id: UUID, proving: Proving, keys: Keys, *, now: datetime) -> bool:
    waiting = Report.objects.filter(pk=report_id).exclude(disclosure=b"")
    report = waiting.first()
    if report is None:
        return False
    given = keys.unlocked(bytes(report.disclosure))
    try:
        disclosure = Disclosure(given["room"], given["event"], bytes.fromhex(given["prk"]))
        found = proving.prove(disclosure)
    except Unavailable as error:
        log.info("proof_waits", report=str(report.id), why=type(error).__name__)
        if now - report.at < PROOF_DAYS:
            return False
        found = GIVEN_UP
    with transaction.atomic():
        # Another worker may have noted it meanwhile; then what it found stands.
        locked = waiting.select_for_update().first()
        if locked is None:
            return False
        _note(locked, found, keys, now=now)
    return True


def _note(report: Report, found: Proof, keys: Keys, *, now: datetime) -> None:
    findings = list(found.findings)
    if found.level is ProofLevel.PROVED and report.account not in ("", found.sender):
        findings.append(ProofFinding.REPORTED_ANOTHER.value)
    report.proof, report.proof_findings = found.level.value, findings
    report.disclosure = b""
    if found.plaintext:
        content = found.plaintext.encode(errors="replace")
        report.proof_text = keep(
            content, media_type="text/plain", subject=report.id, to=keys.evidence, now=now
        )
        if report.case_id is not None:
            hold(report.proof_text.id, holder=report.case_id, now=now)
    if found.level is ProofLevel.PROVED:
        report.proved_sender = found.sender
        report.account = report.account or found.sender
    report.save(
        update_fields=[
            "proof", "proof_findings", "proved_sender", "disclosure", "proof_text", "account",
        ]
    )  # fmt: skip
