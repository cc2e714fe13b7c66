"""Rules and their versions: the list, one rule with its changes, one version with what it does."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from evenhand.actions.queries import decisions_by_rule
from evenhand.base.clock import now
from evenhand.base.errors import NotFound
from evenhand.desk import words
from evenhand.desk.doors import signed_in, staff_who
from evenhand.desk.rules import rows
from evenhand.desk.rules.limits import HITS_DAYS
from evenhand.desk.rules.workbench import WorkbenchClosed, history_names, prepare, workbench
from evenhand.people.models import Person
from evenhand.people.powers import Power, roles_with
from evenhand.people.queries import everybody
from evenhand.rulebook import queries
from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.models import Rollback, RuleVersion
from evenhand.rules.load import RuleRefused
from evenhand.rules.rule import Rule

TITLE = re.compile(r"""^title:[ \t]*["']?(.*?)["']?[ \t]*$""", re.MULTILINE)


@require_safe
@staff_who(Power.SEE_RULES)
def rules(request: HttpRequest) -> HttpResponse:
    """Lists every rule with how far it is, who answers for it, and how often it decided."""
    if _works(request):
        prepare()
    state, asked = request.GET.get("state", ""), request.GET.get("q", "").strip().lower()
    counts = decisions_by_rule(since=now() - timedelta(days=HITS_DAYS))
    heads = {row.rule: row for row in queries.heads()}
    shown = [
        _listed(row, head=heads.get(row.rule), hits=counts.get(row.rule, 0))
        for row in queries.rules_known()
    ]
    context = {
        "rows": [row for row in shown if _fits(row, state=state, asked=asked)],
        "all": len(shown),
        "days": HITS_DAYS,
        "state": state,
        "asked": asked,
        "states": [(one.value, rows.state_name(one)) for one in RuleState],
        "works": _works(request),
    }
    return render(request, "desk/rules/list.html", context)


@require_safe
@staff_who(Power.SEE_RULES)
def rule(request: HttpRequest, rule_id: str) -> HttpResponse:
    """Shows one rule: its versions, what differs between two of them, and what happened to it."""
    versions = queries.versions_of(rule_id)
    if not versions:
        raise NotFound(what="rule", id=rule_id)
    after = _chosen(versions, request.GET.get("after", "")) or versions[0]
    older = versions[versions.index(after) + 1 :]
    before = _chosen(versions, request.GET.get("before", "")) or (older[0] if older else None)
    names = {person.id: person.name for person in everybody()}
    context = {
        "rule_id": rule_id,
        "title": title_of(versions[0]),
        "versions": [rows.version_row(row) for row in versions],
        "after": after,
        "before": before,
        "diff": rows.diff_rows(queries.changed_lines(before, after)) if before else [],
        "changes": rows.change_rows(queries.changes_of(rule_id), names),
        "works": _works(request),
    }
    return render(request, "desk/rules/rule.html", context)


@require_safe
@staff_who(Power.SEE_RULES)
def version(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Shows one version: what it looks for, how far it is, what it did on history and since."""
    return render(request, "desk/rules/version.html", version_context(request, version_id))


@require_POST
@staff_who(Power.WORK_ON_RULES)
def hits(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Shows for what a version fires, blurred: samples of other rules, and history."""
    context = version_context(request, version_id)
    row = queries.rule_version(version_id)
    found = workbench().examine(row.text, rule_id=row.rule)
    context |= rows.examined_rows(found)
    if found.rule is not None:
        context |= rows.glance_rows(workbench().glance(found.rule))
    return render(request, "desk/rules/version.html", context)


def version_context(request: HttpRequest, version_id: UUID) -> dict[str, object]:
    """Gives what the page of one version shows."""
    row = queries.rule_version(version_id)
    member, state = signed_in(request), RuleState(row.state)
    works = _works(request)
    found, rollbacks = queries.precision_of(row.rule, row.version), queries.rollbacks_of(row)
    return {
        **rows.version_row(row),
        "title": title_of(row),
        "rule": _read(row),
        "way": rows.way_of(row.state),
        "since": queries.hits_of(row.rule, row.version, since=row.state_at),
        "precision": found,
        "low": round(100 * (found.low or 0)),
        "high": round(100 * (found.high or 0)),
        "backtest": rows.backtest_rows(row.backtest),
        "rollbacks": rollbacks,
        "sweeps": queries.sweeps_of(row),
        "files": history_names() if works else [],
        "works": works,
        "can": _possible(row, state, member, rollbacks) if works else {},
    }


def title_of(row: RuleVersion) -> str:
    """Gives what a version calls itself; its id if it says nothing."""
    found = TITLE.search(row.text)
    return (found[1] if found else "") or row.rule


def _listed(row: RuleVersion, *, head: RuleVersion | None, hits: int) -> dict[str, object]:
    """Gives a row of the list; `head` is the version in work beside the one that is shown."""
    beside = head is not None and head.id != row.id
    return {
        **rows.version_row(row),
        "title": title_of(row),
        "hits": hits,
        "head": rows.version_row(head) if head is not None and beside else None,
    }


def _read(row: RuleVersion) -> Mapping[str, object] | None:
    """Gives what a version says, for people; None if its signals are known no more."""
    try:
        read: Rule = workbench().read(row.text, rule_id=row.rule)
    except (RuleRefused, WorkbenchClosed):
        return None
    return {
        "proposes": words.action_name(read.proposes),
        "opens_case": read.opens_case,
        "severity": read.severity,
        "when": read.when,
        "says": [(language.value, said) for language, said in read.says.items()],
        "false_positives": read.false_positives,
        "references": read.references,
        "hits": len(read.hits),
        "passes": len(read.passes),
    }


def _possible(
    row: RuleVersion, state: RuleState, member: Person, rollbacks: Sequence[Rollback]
) -> dict[str, bool]:
    """Tells which steps the page offers; the room decides anew when one is taken."""
    acted = state in (RuleState.STAGED, RuleState.LIVE, RuleState.RETIRED)
    return {
        "edit": True,
        "try": state not in (RuleState.LIVE, RuleState.RETIRED),
        "shadow": state is RuleState.BACKTESTED,
        "stage": state in (RuleState.SHADOW, RuleState.STAGED),
        "live": state is RuleState.STAGED and row.author_id != member.id,
        "needs_another": state is RuleState.STAGED and row.author_id == member.id,
        "retire": state is not RuleState.RETIRED,
        "roll_back": acted and all(one.ended_at for one in rollbacks),
        "sweep": state is RuleState.LIVE,
    }


def _fits(row: Mapping[str, object], *, state: str, asked: str) -> bool:
    found = row["row"]
    assert isinstance(found, RuleVersion)
    head = row["head"]
    states = {found.state, *([head["row"].state] if isinstance(head, dict) else [])}
    said = f"{found.rule} {row['title']} {row['harm']} {found.owner}".lower()
    return (not state or state in states) and asked in said


def _chosen(versions: list[RuleVersion], asked: str) -> RuleVersion | None:
    return next((row for row in versions if str(row.id) == asked), None)


def _works(request: HttpRequest) -> bool:
    return any(signed_in(request).has(role) for role in roles_with(Power.WORK_ON_RULES))
