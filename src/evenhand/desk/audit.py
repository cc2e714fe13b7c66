"""The auditor's pages: who read, changed and released what, when and why. Nothing changes here."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST, require_safe

from evenhand.base.clock import now
from evenhand.base.lists import RecordKind
from evenhand.desk import audit_words, words
from evenhand.desk.doors import signed_in, staff_who
from evenhand.desk.limits import AUDIT_PAGES_MAX, AUDIT_ROWS_MAX, ROWS_PER_PAGE
from evenhand.people.checks import ReasonMissing
from evenhand.people.limits import REASON_CHARACTERS_MAX
from evenhand.people.models import Person
from evenhand.people.powers import Power
from evenhand.people.queries import everybody
from evenhand.people.roles import Role
from evenhand.people.steps import read_personal
from evenhand.records.audit_queries import AuditEntry, AuditFilter, audit_page, audit_rows

KINDS: Mapping[RecordKind, str] = {
    RecordKind.PERSONAL_DATA_READ: gettext_noop("Personal data were read"),
    RecordKind.EVIDENCE_OPENED: gettext_noop("Sealed evidence was opened"),
    RecordKind.STAFF_CHANGED: gettext_noop("Who works here, or as what, was changed"),
    RecordKind.LEGAL_RELEASED: gettext_noop("An answer was released"),
    RecordKind.DISCLOSED: gettext_noop("A package left the house"),
    RecordKind.PRESERVATION_CHANGED: gettext_noop("A preservation was changed"),
    RecordKind.AUTHORITY_CHANGED: gettext_noop("An authority's entry was changed"),
    RecordKind.OFFICER_CHANGED: gettext_noop("An officer's entry was changed"),
    RecordKind.MARKET_CHANGED: gettext_noop("A market was changed"),
    RecordKind.LAW_SIGNED_OFF: gettext_noop("An entry of the law was signed off"),
    RecordKind.HASH_FEED_CHANGED: gettext_noop("A feed of hashes was changed"),
    RecordKind.RECORD_FORGOTTEN: gettext_noop("What a record had opened was forgotten"),
}
"""What an auditor is shown, in words."""

DETAILS = ("what", "change", "did", "state", "sealed", "item", "number", "entry")
"""Members of a record's body that say what was done, by constant words and ids; for the file."""

SAID = ("what", "change", "did")
"""Those that the page says in words."""

IDS = ("number", "entry", "item")
"""Those that the page shows as they are."""

COLUMNS = ("id", "at", "kind", "subject", "by", "by_id", "what", "roles", "reason")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Signs by which a spreadsheet takes a cell for a formula: such a cell is given as text."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record as the page and the file show it."""

    entry: AuditEntry
    kind: str
    by: str
    what: str
    details: str
    ids: str
    roles: str
    reason: str


@require_safe
@staff_who(Power.READ_AUDIT)
def audit(request: HttpRequest) -> HttpResponse:
    """Lists who read, changed and released what, the latest first."""
    wanted = _wanted(request.GET)
    number = _page_number(request.GET.get("page", ""))
    found = audit_page(wanted, rows_max=ROWS_PER_PAGE + 1, skip=(number - 1) * ROWS_PER_PAGE)
    names = _names()
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "rows": [_row(entry, names) for entry in found[:ROWS_PER_PAGE]],
        "more": len(found) > ROWS_PER_PAGE and number < AUDIT_PAGES_MAX,
        "number": number,
        "query": query.urlencode(),
        "kinds": [(kind.value, gettext(text)) for kind, text in KINDS.items()],
        "people": sorted(names.items(), key=lambda item: item[1]),
        "wanted": {name: request.GET.get(name, "") for name in FIELDS},
        "reason_characters_max": REASON_CHARACTERS_MAX,
        "rows_max": AUDIT_ROWS_MAX,
    }
    return render(request, "desk/audit.html", context)


@require_POST
@staff_who(Power.READ_AUDIT)
def export(request: HttpRequest) -> HttpResponse:
    """Gives what fits as CSV, for a reason, which is recorded like any other reading."""
    person, moment = signed_in(request), now()
    try:
        read_personal(
            person.id, "audit_export", by=person, reason=request.POST.get("reason", ""), now=moment
        )
    except ReasonMissing:
        messages.error(request, gettext("Give a reason in a few words; it is recorded."))
        return redirect("staff_audit")
    rows = audit_rows(_wanted(request.POST), rows_max=AUDIT_ROWS_MAX)
    answer = HttpResponse(_csv(rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="audit-{moment:%Y-%m-%d}.csv"'
    return answer


FIELDS = ("kind", "by", "subject", "since", "until")


def _wanted(given: Mapping[str, str]) -> AuditFilter:
    """Gives the filter that was asked for; what cannot be read filters nothing."""
    kind = given.get("kind", "")
    until = _day(given.get("until", ""))
    return AuditFilter(
        kinds=frozenset({RecordKind(kind)}) if kind in set(KINDS) else None,
        by=_id(given.get("by", "")),
        subject=_id(given.get("subject", "")),
        since=_day(given.get("since", "")),
        before=None if until is None else until + timedelta(days=1),
    )


def _row(entry: AuditEntry, names: Mapping[str, str]) -> Row:
    said = str(entry.body.get("by") or "")
    roles = entry.body.get("roles")
    details = [f"{name}: {entry.body[name]}" for name in DETAILS if entry.body.get(name)]
    done = [name for name in SAID if entry.body.get(name)]
    return Row(
        entry=entry,
        kind=gettext(KINDS[entry.kind]),
        by=names.get(said) or words.own_words(said),
        what=", ".join(dict.fromkeys(audit_words.said(str(entry.body[name])) for name in done)),
        details=", ".join(details),
        ids=", ".join(str(entry.body[name]) for name in IDS if entry.body.get(name)),
        roles=_roles(roles) if isinstance(roles, list) else "",
        reason=words.own_words(str(entry.body.get("reason") or "")),
    )


def _roles(roles: list[object]) -> str:
    known = {role.value: gettext(text) for role, text in words.ROLES.items()}
    return ", ".join(known.get(str(role), str(role)) for role in roles)


def _names() -> dict[str, str]:
    """Gives the names of staff by id, of those who left too; a record knows ids alone."""
    people: list[Person] = [p for p in everybody() if Role.OFFICER.value not in p.roles]
    return {str(person.id): person.name for person in people}


def _csv(rows: Iterator[AuditEntry]) -> Iterator[str]:
    names, writer = _names(), csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for entry in rows:
        row = _row(entry, names)
        cells = (
            str(entry.id), entry.at.isoformat(), entry.kind.value, str(entry.subject),
            row.by, str(entry.body.get("by") or ""), row.details, row.roles, row.reason,
        )  # fmt: skip
        yield writer.writerow([_cell(cell) for cell in cells])


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


class _Line:
    """Where the CSV writer puts a line: it is given back, and kept nowhere."""

    def write(self, line: str) -> str:
        return line


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
    except ValueError:
        return None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _page_number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    return min(max(1, number), AUDIT_PAGES_MAX)
