"""The steps of a version from draft to live and back; the room decides, and says why not."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from evenhand.base.clock import now
from evenhand.desk import words
from evenhand.desk.doors import fresh_passkey, signed_in, staff_who
from evenhand.desk.rules import rows
from evenhand.desk.rules.limits import BACKTEST_SECONDS
from evenhand.desk.rules.pages import title_of
from evenhand.desk.rules.refusals import refusal
from evenhand.desk.rules.workbench import history_names, workbench
from evenhand.desk.texts import lines
from evenhand.people.models import Person
from evenhand.people.powers import Power
from evenhand.rulebook import queries, rollback_steps, steps, sweep_steps
from evenhand.rulebook.checks import RuleStepRefused


@require_POST
@staff_who(Power.WORK_ON_RULES)
def move(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Takes the step that was chosen; none of these acts on everybody."""
    by, at = signed_in(request), now()
    sent = request.POST
    match sent.get("do", ""):
        case "try":
            return _taken(
                request,
                version_id,
                lambda: _tried(version_id, by=by, at=at),
                gettext("It was tried. What it found stands below."),
            )
        case "shadow":
            return _taken(
                request,
                version_id,
                lambda: steps.put_in_shadow(version_id, by=by, now=at),
                gettext("It is asked from now on, and nothing follows."),
            )
        case "stage":
            share = sent.get("share", "")
            percent = int(share) if share.isascii() and share.isdigit() and len(share) < 4 else 0
            return _taken(
                request,
                version_id,
                lambda: steps.stage(version_id, percent, by=by, now=at),
                gettext("It acts for that share of accounts and channels."),
            )
        case "sweep":
            kept = history_names()
            return _taken(
                request,
                version_id,
                lambda: sweep_steps.ask_sweep(
                    version_id, sent.get("file", ""), kept=kept, by=by, now=at
                ),
                gettext("It is asked about that file; what it finds becomes cases."),
            )
        case "retire":
            return _taken(
                request,
                version_id,
                lambda: steps.retire(version_id, by=by, now=at),
                gettext("It is asked no more. What it did stays."),
            )
    return redirect("staff_rule_version", version_id=version_id)


@require_POST
@staff_who(Power.WORK_ON_RULES)
@fresh_passkey
def live(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Lets a version act for everybody: a second person, with the passkey in the same moment."""
    return _taken(
        request,
        version_id,
        lambda: steps.go_live(
            version_id, by=signed_in(request), now=now(), fixtures_hold=workbench().fixtures_hold
        ),
        gettext("It is live. The one before it is retired."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_who(Power.WORK_ON_RULES)
@fresh_passkey
def roll_back(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Shows what rolling a version back would undo; then does it."""
    if request.method == "POST":
        reason = lines(request.POST.get("reason", ""))
        return _taken(
            request,
            version_id,
            lambda: rollback_steps.roll_back(
                version_id, by=signed_in(request), reason=reason, now=now()
            ),
            gettext("It acts no more, and what it did is being undone."),
        )
    row = queries.rule_version(version_id)
    reach = queries.reach_of(row)
    context = {
        **rows.version_row(row),
        "title": title_of(row),
        "reach": reach,
        "kinds": [(words.action_name(kind), count) for kind, count in reach.by_kind.items()],
    }
    return render(request, "desk/rules/roll_back.html", context)


def _tried(version_id: UUID, *, by: Person, at: datetime) -> None:
    """Tries a version: its fixtures first, then history; what that found is kept with it."""
    row = queries.rule_version(version_id)
    found = workbench().examine(row.text, rule_id=row.rule)
    if found.rule is None or not found.holds:
        raise RuleStepRefused(why="a fixture does not hold")
    tried = workbench().backtest(
        found.rule, seconds_max=BACKTEST_SECONDS, judged=queries.judged_events()
    )
    steps.keep_backtest(version_id, tried.figures, by=by, now=at)


def _taken(
    request: HttpRequest, version_id: UUID, step: Callable[[], object], done: str
) -> HttpResponse:
    """Takes a step and says what came of it on the version's page."""
    try:
        step()
    except RuleStepRefused as error:
        messages.error(request, refusal(error))
    else:
        messages.success(request, done)
    return redirect("staff_rule_version", version_id=version_id)
