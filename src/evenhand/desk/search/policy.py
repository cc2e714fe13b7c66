"""The query policy's pages for staff: its versions, one of them with what differs, and the next."""

from collections.abc import Callable, Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evenhand.base.clock import now
from evenhand.base.errors import InputRefused
from evenhand.desk.doors import fresh_passkey, signed_in, staff_who
from evenhand.desk.rules.rows import diff_rows
from evenhand.desk.texts import lines
from evenhand.people.powers import Power, roles_with
from evenhand.people.queries import everybody
from evenhand.search import policy_steps as steps
from evenhand.search import queries
from evenhand.search.help import HelpLinesRefused
from evenhand.search.lists import PolicyState
from evenhand.search.models import PolicyVersion
from evenhand.search.policy import QueryPolicy, load_policy, shipped_text
from evenhand.search.policy_checks import PolicyStepRefused
from evenhand.search.policy_limits import FIXTURE_CHARACTERS_MAX, NOTE_CHARACTERS_MAX
from evenhand.search.policy_text import PolicyRefused

STATES = {
    PolicyState.DRAFT: (gettext_noop("Draft"), ""),
    PolicyState.LIVE: (gettext_noop("Live"), "good"),
    PolicyState.RETIRED: (gettext_noop("Retired"), "muted"),
}
WHYS = {
    "somebody else": gettext_noop("Somebody else than its author lets it go live."),
    "a fixture does not hold": gettext_noop("Its fixtures do not hold; see in the editor which."),
    "say why": gettext_noop("Please give your reasons."),
    "the note": gettext_noop("The reasons are too long."),
}
"""What is said of a refusal, by how its reason begins."""

SHIPPED = gettext_noop("comes with Evenhand")


@require_safe
@staff_who(Power.SEE_RULES)
def versions(request: HttpRequest) -> HttpResponse:
    """Lists every version, the latest first, with what is in force and what happened."""
    rows = queries.policy_versions()
    names = {str(person.id): person.name for person in everybody()}
    context = {
        "versions": [_row(row) for row in rows],
        "shipped_counts": _in_force(rows) is None,
        "changes": [
            {
                **change,
                "what": gettext(STATES[PolicyState(str(change["state"]))][0]),
                "name": names.get(str(change.get("by", "")), ""),
            }
            for change in queries.policy_changes()
        ],
        "unchecked": _unchecked(),
        "works": _works(request),
    }
    return render(request, "desk/search_policy.html", context)


@require_safe
@staff_who(Power.SEE_RULES)
def version(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Shows one version: what it names, and what differs from the one in force."""
    row = queries.policy_version(version_id)
    in_force = _in_force(queries.policy_versions())
    before = in_force.text if in_force is not None else shipped_text()
    name = str(in_force.number) if in_force is not None else gettext(SHIPPED)
    changed = queries.changed_lines(before, row.text, names=(name, str(row.number)))
    state, works = PolicyState(row.state), _works(request)
    own = row.author_id == signed_in(request).id
    context = {
        **_row(row),
        "against": name,
        "diff": diff_rows(changed),
        "can_live": works and state is PolicyState.DRAFT and not own,
        "needs_another": works and state is PolicyState.DRAFT and own,
        "can_retire": works and state is not PolicyState.RETIRED,
        "works": works,
    }
    return render(request, "desk/search_policy_version.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_who(Power.WORK_ON_SEARCH_POLICY)
def edit(request: HttpRequest) -> HttpResponse:
    """Writes the next version: checks it, tries a query on it, or keeps it as a draft."""
    sent = request.POST
    text = sent.get("text", "").replace("\r\n", "\n") if sent else _begin(request)
    context: dict[str, object] = {
        "text": text,
        "note": sent.get("note", ""),
        "query": sent.get("query", "")[:FIXTURE_CHARACTERS_MAX],
        "note_max": NOTE_CHARACTERS_MAX,
        "query_max": FIXTURE_CHARACTERS_MAX,
    }
    if request.method == "POST":
        policy = _read(text, context)
        if policy is not None and sent.get("do") == "keep":
            kept = _kept(request, text)
            if kept is not None:
                return kept
    return render(request, "desk/search_policy_edit.html", context)


@require_POST
@staff_who(Power.WORK_ON_SEARCH_POLICY)
@fresh_passkey
def live(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Lets a version count for everybody: a second person, with the passkey in the same moment."""
    return _taken(
        request,
        version_id,
        lambda: steps.go_live(version_id, by=signed_in(request), now=now()),
        gettext("It is live. The one before it is retired."),
    )


@require_POST
@staff_who(Power.WORK_ON_SEARCH_POLICY)
def retire(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Takes a version out of force, or drops a draft, for a reason."""
    reason = lines(request.POST.get("reason", ""))
    return _taken(
        request,
        version_id,
        lambda: steps.retire(version_id, by=signed_in(request), now=now(), reason=reason),
        gettext("It counts no more."),
    )


def _begin(request: HttpRequest) -> str:
    """Gives the text that the next version begins with: that of a version, or the one in force."""
    asked = request.GET.get("from", "")
    rows = queries.policy_versions()
    chosen = next((row for row in rows if str(row.id) == asked), None)
    found = chosen or _in_force(rows)
    return found.text if found is not None else shipped_text()


def _in_force(rows: Iterable[PolicyVersion]) -> PolicyVersion | None:
    """Gives the version that counts; None where the shipped one does."""
    return next((row for row in rows if row.state == PolicyState.LIVE.value), None)


def _read(text: str, context: dict[str, object]) -> QueryPolicy | None:
    """Gives a policy, with what is to be said of it; None if it is none."""
    try:
        policy = load_policy(text)
    except PolicyRefused as error:
        context["fault"] = error.in_words()
        return None
    context["faults"] = [fault.in_words() for fault in policy.faults()]
    context["topics"] = [
        (topic.id, len(topic.terms), len(topic.exceptions), topic.items)
        for topic in policy.topics.values()
    ]
    query = str(context["query"])
    if query.strip():
        context["tried"], context["topic"] = True, policy.topic_of(query)
        context["hidden"] = policy.hides([query])[0]
    return policy


def _kept(request: HttpRequest, text: str) -> HttpResponse | None:
    """Keeps a draft and shows it; None if the room refused, which the page then says."""
    note = lines(request.POST.get("note", ""))
    try:
        row = steps.write_version(text, by=signed_in(request), now=now(), note=note)
    except InputRefused as error:
        messages.error(request, _refusal(error))
        return None
    messages.success(request, gettext("Kept as a draft. Nothing follows from it yet."))
    return redirect("staff_search_policy_version", version_id=row.id)


def _taken(
    request: HttpRequest, version_id: UUID, step: Callable[[], object], done: str
) -> HttpResponse:
    try:
        step()
    except (PolicyStepRefused, PolicyRefused) as error:
        messages.error(request, _refusal(error))
    else:
        messages.success(request, done)
    return redirect("staff_search_policy_version", version_id=version_id)


def _refusal(error: InputRefused) -> str:
    why = str(error.fields.get("why", ""))
    if "wanted" in error.fields:
        why = f"{error.fields['state']} → {error.fields['wanted']}"
    sentence = next((said for begin, said in WHYS.items() if why.startswith(begin)), None)
    return gettext(sentence) if sentence else gettext("It was not done: %(why)s.") % {"why": why}


def _row(row: PolicyVersion) -> dict[str, object]:
    name, tone = STATES[PolicyState(row.state)]
    return {"row": row, "state": gettext(name), "tone": tone}


def _unchecked() -> int:
    """Gives how many help lines nobody has checked; none where they cannot be read."""
    try:
        return sum(not line.checked for line in queries.help_lines().lines)
    except HelpLinesRefused:
        return 0


def _works(request: HttpRequest) -> bool:
    member = signed_in(request)
    return any(member.has(role) for role in roles_with(Power.WORK_ON_SEARCH_POLICY))
