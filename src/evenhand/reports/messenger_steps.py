"""Takes what people report in their clients, each once, whatever is killed in between.

The cursor moves in the transaction of the report; the numbers just below it are looked through
again, since a smaller one may be committed after a greater one. A report that cannot be taken, or
whose sender is not heard for a time, is passed over with a line in the log that names nobody.
"""

from dataclasses import replace
from datetime import datetime

import structlog
from django.db import transaction

from evenhand.actions.statements import account_language
from evenhand.base.lists import UNKNOWN_MARKET
from evenhand.base.personal import MessageText, reveal
from evenhand.markets.queries import country_of
from evenhand.reports.checks import ReporterSuspended, ReportRefused
from evenhand.reports.drafts import ReportDraft, ReporterDraft
from evenhand.reports.keys import Keys
from evenhand.reports.limits import (
    NUMBERS_READ_AGAIN,
    SWEEP_ROWS_MAX,
    TEXT_CHARACTERS_MAX,
)
from evenhand.reports.lists import ReporterKind, ReportKind, Way
from evenhand.reports.models import DoorCursor
from evenhand.reports.places import about_account, about_channel, about_event
from evenhand.reports.ports import MessengerReport, MessengerReports, ReportDoor
from evenhand.reports.steps import receive

log = structlog.get_logger()


def take_from(messenger: MessengerReports, *, now: datetime, keys: Keys | None = None) -> int:
    """Takes what is new of messages, accounts and rooms, and gives how much that was."""
    taken = sum(_take_list(messenger, door, now=now, keys=keys) for door in ReportDoor)
    for report, path in messenger.spooled():
        _take("room", report, now=now, keys=keys)
        path.unlink(missing_ok=True)
        taken += 1
    return taken


def _take_list(
    messenger: MessengerReports, door: ReportDoor, *, now: datetime, keys: Keys | None
) -> int:
    name = f"matrix:{door.value}"
    cursor, _ = DoorCursor.objects.get_or_create(door=name)
    begin = max(0, cursor.position - NUMBERS_READ_AGAIN)
    fresh = messenger.after(door, begin, but=cursor.recent, rows_max=SWEEP_ROWS_MAX)
    for report in fresh:
        with transaction.atomic():
            _take(door.value, report, now=now, keys=keys)
            _move(name, report.number)
    return len(fresh)


def _move(door: str, number: int) -> None:
    """Notes that a number was read, and forgets those that are not looked for any more."""
    cursor = DoorCursor.objects.select_for_update().get(pk=door)
    cursor.position = max(cursor.position, number)
    begin = cursor.position - NUMBERS_READ_AGAIN
    cursor.recent = sorted(one for one in {*cursor.recent, number} if one > begin)
    cursor.save(update_fields=["position", "recent"])


def _take(kind: str, report: MessengerReport, *, now: datetime, keys: Keys | None) -> None:
    try:
        receive(_draft(kind, report, now=now), now=now, keys=keys)
    except (ReportRefused, ReporterSuspended) as error:
        log.info("report_passed_over", kind=kind, why=type(error).__name__)


def _draft(kind: str, report: MessengerReport, *, now: datetime) -> ReportDraft:
    market = country_of(report.account) or UNKNOWN_MARKET
    reporters = country_of(report.reporter) or UNKNOWN_MARKET
    draft = ReportDraft(
        origin=f"matrix:{kind}:{report.key}",
        kind=ReportKind.USER_REPORT,
        way=Way.MATRIX,
        about=_about(report),
        text=MessageText(reveal(report.reason)[:TEXT_CHARACTERS_MAX]),
        at=min(report.at, now),
        language=account_language(own=None, detected=None, market=reporters),
        reporter=ReporterDraft(kind=ReporterKind.USER, account=report.reporter),
        account=report.account,
        channel=report.channel,
        event=report.event,
        channel_kind=report.channel_kind,
        market=market,
        content=report.content,
    )
    whole = reveal(report.reason)
    # The rest of a very long reason is evidence like the message itself: sealed, not lost.
    return draft if len(whole) <= TEXT_CHARACTERS_MAX else replace(draft, place=whole)


def _about(report: MessengerReport) -> str:
    if report.event:
        return about_event(report.event)
    return about_channel(report.channel) if report.channel else about_account(report.account)
