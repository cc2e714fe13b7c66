"""The editor: a rule as the text of its file, looked at while it is written, kept as a draft."""

from datetime import UTC, date, datetime, time
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from evenhand.base.clock import now
from evenhand.desk.doors import signed_in, staff_who
from evenhand.desk.rules import rows
from evenhand.desk.rules.refusals import refusal
from evenhand.desk.rules.workbench import Examined, workbench
from evenhand.desk.texts import lines
from evenhand.people.powers import Power
from evenhand.rulebook import queries, steps
from evenhand.rulebook.checks import RuleStepRefused
from evenhand.rulebook.limits import NOTE_CHARACTERS_MAX

SKELETON = """\
id: my_rule
version: "1"
title: "What it looks for, in a few words"
harm: m.spam
proposes: hold
opens_case: true
score: 0.6
owner: policy
author: policy
false_positives:
  - "What it may wrongly fire for"
references:
  - "DSA Art. 14(4)"
says:
  en: "What people are told, in one sentence."
  de: "Was Menschen gesagt wird, in einem Satz."
  fr: "Ce qui est dit aux personnes, en une phrase."
  ru: "Что говорят людям, одной фразой."
  kk: "Адамдарға айтылатын бір сөйлем."
when: |
  has_link AND account_posts_10m >= 5
fixtures:
  hits:
    - {text: "See https://a.example now", lang: en, signals: {account_posts_10m: 6}}
  passes:
    - {text: "See you tomorrow", lang: en}
"""
"""What a new rule begins with: it fires for its own fixtures, and is no use as it stands."""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_who(Power.WORK_ON_RULES)
def new(request: HttpRequest) -> HttpResponse:
    """Writes a new rule."""
    return _page(request, rule_id="", begin=SKELETON)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_who(Power.WORK_ON_RULES)
def edit(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Writes the next version of a rule, beginning with one of its versions."""
    row = queries.rule_version(version_id)
    return _page(request, rule_id=row.rule, begin=row.text)


@require_POST
@staff_who(Power.WORK_ON_RULES)
def check(request: HttpRequest) -> HttpResponse:
    """Gives what is to be said of a text: a part of the editor's page, for its script."""
    text = _text(request)
    found = workbench().examine(text, rule_id=request.POST.get("rule", ""))
    return render(request, "desk/rules/examined.html", rows.examined_rows(found))


def _page(request: HttpRequest, *, rule_id: str, begin: str) -> HttpResponse:
    """Shows the editor; with a text that was sent, what is to be said of it, or keeps it."""
    posted = request.method == "POST"
    context: dict[str, object] = {
        "rule_id": rule_id,
        "text": _text(request) if posted else begin,
        "note": request.POST.get("note", ""),
        "expires": request.POST.get("expires", ""),
        "note_max": NOTE_CHARACTERS_MAX,
        "columns": [
            (one.name, gettext(rows.TYPES[one.type]), one.meaning)
            for one in workbench().columns().values()
        ],
    }
    if posted:
        found = workbench().examine(str(context["text"]), rule_id=rule_id)
        if request.POST.get("do") == "keep" and found.rule is not None:
            kept = _keep(request, found, str(context["text"]))
            if kept is not None:
                return kept
        context |= rows.examined_rows(found)
        if found.rule is not None:
            context |= rows.glance_rows(workbench().glance(found.rule))
    return render(request, "desk/rules/editor.html", context)


def _keep(request: HttpRequest, found: Examined, text: str) -> HttpResponse | None:
    """Keeps a draft and shows it; None if the room refused, which the page then says."""
    assert found.rule is not None
    try:
        row = steps.write_version(
            found.rule,
            text,
            by=signed_in(request),
            now=now(),
            expires_at=_end_of(request.POST.get("expires", "")),
            note=lines(request.POST.get("note", "")),
        )
    except RuleStepRefused as error:
        messages.error(request, refusal(error))
        return None
    messages.success(request, gettext("Kept as a draft. Nothing follows from it yet."))
    return redirect("staff_rule_version", version_id=row.id)


def _text(request: HttpRequest) -> str:
    return request.POST.get("text", "").replace("\r\n", "\n")


def _end_of(day: str) -> datetime | None:
    """Gives the end of a day; None where none was named."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time.max, tzinfo=UTC)
    except ValueError as error:
        raise RuleStepRefused(why="the end is no day") from error
