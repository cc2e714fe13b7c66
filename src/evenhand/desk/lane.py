"""The sealed lane's own page: hash feeds, reports to the CyberTipline. Its role alone sees it."""

from collections.abc import Callable, Mapping
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from evenhand.base.clock import now
from evenhand.base.errors import NotFound
from evenhand.base.sealing import read_key
from evenhand.childsafety import queries, steps
from evenhand.childsafety.checks import (
    ENVIRONMENTS,
    HARMS_OF,
    FeedDraft,
    Finding,
    LaneRefused,
)
from evenhand.childsafety.limits import (
    DOUBTED,
    ENDS_SOON,
    FEED_LASTS_DAYS,
    NAME_CHARACTERS_MAX,
    OWNER_CHARACTERS_MAX,
    REASON_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
)
from evenhand.childsafety.lists import (
    FalseMatchState,
    FeedKind,
    FeedState,
    IncidentType,
    TipState,
)
from evenhand.childsafety.models import CyberTip, FalseMatch, HashFeed
from evenhand.childsafety.queries import feeds_in_force
from evenhand.desk import words
from evenhand.desk.doors import fresh_passkey, signed_in, staff_who
from evenhand.people.checks import ReasonMissing
from evenhand.people.powers import Power

FINDINGS: Mapping[Finding, str] = {
    Finding.ROLE_MISSING: gettext_noop("Only the child-safety role does this."),
    Finding.SAME_PERSON: gettext_noop("A second person has to do this."),
    Finding.WRONG_STATE: gettext_noop("That is not possible any more."),
    Finding.NAME_WRONG: gettext_noop("The name needs small letters, digits, - or _ alone."),
    Finding.NAME_TAKEN: gettext_noop("There is a feed of this name."),
    Finding.PLACE_WRONG: gettext_noop("There is no such place for a feed of this kind."),
    Finding.HARM_WRONG: gettext_noop("A feed of this kind stands for another harm."),
    Finding.OWNER_WRONG: gettext_noop("Please say in a few words who answers for the feed."),
    Finding.DAYS_WRONG: gettext_noop("Please choose for how long."),
    Finding.LANE_WRONG: gettext_noop("The case does not lie in the sealed lane."),
    Finding.TEXT_MISSING: gettext_noop("Please say what happened."),
    Finding.TEXT_TOO_LONG: gettext_noop("The text is too long."),
    Finding.TIP_OPEN: gettext_noop("A report on this case is under way."),
    Finding.ACCOUNT_MISSING: gettext_noop("The case names no account."),
}
KINDS = {
    FeedKind.NCMEC: "NCMEC",
    FeedKind.TECH_AGAINST_TERRORISM: "Tech Against Terrorism",
    FeedKind.STOPNCII: "StopNCII",
    FeedKind.GIFCT: "GIFCT",
    FeedKind.FILE: gettext_noop("File below the state folder"),
}
FEED_STATES = {
    FeedState.PROPOSED: gettext_noop("waits for a second person"),
    FeedState.ACTIVE: gettext_noop("is read"),
    FeedState.STOPPED: gettext_noop("stopped"),
}
TIP_STATES = {
    TipState.DRAFT: gettext_noop("waits for a second person"),
    TipState.CONFIRMED: gettext_noop("on its way"),
    TipState.SENT: gettext_noop("sent"),
    TipState.REFUSED: gettext_noop("not taken"),
    TipState.WITHDRAWN: gettext_noop("withdrawn"),
}
FALSE_STATES = {
    FalseMatchState.PROPOSED: gettext_noop("waits for a second person"),
    FalseMatchState.IN_FORCE: gettext_noop("matches no more"),
    FalseMatchState.WITHDRAWN: gettext_noop("withdrawn"),
}
MESSENGERS = {"synapse": "Matrix", "memory": "Memory"}
"""What the messenger is called in a report."""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_who(Power.WORK_SEALED_LANE)
@fresh_passkey
@sensitive_variables("document")
def lane(request: HttpRequest) -> HttpResponse:
    """Shows feeds and reports; every step names its second person where one is needed."""
    what = request.POST.get("do", "")
    try:
        if what == "read":
            document = steps.read_tip(
                _id(request),
                by=signed_in(request),
                reason=request.POST.get("reason", ""),
                key=read_key(settings.KEYS / "token.key"),
                now=now(),
            )
            return _page(request, document.decode())
        if what in STEPS:
            STEPS[what](request)
            messages.success(request, gettext("It is done, and recorded."))
            return redirect("staff_lane")
    except LaneRefused as error:
        for finding in str(error.fields["findings"]).split(","):
            messages.error(request, gettext(FINDINGS[Finding(finding)]))
    except ReasonMissing:
        messages.error(request, gettext("Give a reason in a few words; it is recorded."))
    return _page(request, "")


def _propose(request: HttpRequest) -> None:
    kind = request.POST.get("kind", "")
    if kind not in list(FeedKind):
        raise LaneRefused(findings=Finding.PLACE_WRONG.value)
    draft = FeedDraft(
        name=request.POST.get("name", "").strip(),
        kind=FeedKind(kind),
        harm=request.POST.get("harm", ""),
        place=request.POST.get("place", "").strip(),
        owner=request.POST.get("owner", "").strip(),
        lasts_days=_days(request),
    )
    steps.propose_feed(draft, by=signed_in(request), now=now())


def _draft(request: HttpRequest) -> None:
    names = {incident.name.lower(): incident for incident in IncidentType}
    incident = names.get(request.POST.get("incident", ""))
    if incident is None:
        raise LaneRefused(findings=Finding.TEXT_MISSING.value)
    steps.draft_tip(
        _id(request),
        steps.TipDraft(
            incident,
            text=request.POST.get("text", ""),
            quoted=request.POST.get("quoted", ""),
            urgent=request.POST.get("urgent", ""),
        ),
        by=signed_in(request),
        messenger=MESSENGERS[settings.MESSENGER],
        mail=settings.MAIL_FROM,
        key=read_key(settings.KEYS / "token.key"),
        now=now(),
    )


def _activate(request: HttpRequest) -> None:
    steps.activate_feed(_id(request), by=signed_in(request), now=now())


def _renew(request: HttpRequest) -> None:
    steps.renew_feed(_id(request), lasts_days=_days(request), by=signed_in(request), now=now())


def _stop(request: HttpRequest) -> None:
    steps.stop_feed(_id(request), by=signed_in(request), now=now())


def _confirm(request: HttpRequest) -> None:
    steps.confirm_tip(_id(request), by=signed_in(request), now=now())


def _withdraw(request: HttpRequest) -> None:
    steps.withdraw_tip(_id(request), by=signed_in(request), now=now())


def _call_false(request: HttpRequest) -> None:
    steps.propose_false_match(
        _id(request), reason=request.POST.get("reason", ""), by=signed_in(request), now=now()
    )


def _lift(request: HttpRequest) -> None:
    steps.confirm_false_match(_id(request), by=signed_in(request), now=now())


def _match_again(request: HttpRequest) -> None:
    steps.withdraw_false_match(_id(request), by=signed_in(request), now=now())


STEPS: Mapping[str, Callable[[HttpRequest], None]] = {
    "propose": _propose,
    "activate": _activate,
    "renew": _renew,
    "stop": _stop,
    "draft": _draft,
    "confirm": _confirm,
    "withdraw": _withdraw,
    "call_false": _call_false,
    "lift": _lift,
    "match_again": _match_again,
}


def _days(request: HttpRequest) -> int:
    """Gives the days chosen; 0, which no feed may last, for anything else."""
    allowed = {str(days): days for days in FEED_LASTS_DAYS}
    return allowed.get(request.POST.get("days", ""), 0)


def _id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("id", ""))
    except ValueError as error:
        raise NotFound(what="feed, case or report") from error


def _page(request: HttpRequest, document: str) -> HttpResponse:
    member = signed_in(request).id
    context = {
        "document": document,
        "feeds": [_feed_row(feed, quantity, member) for feed, quantity in queries.feeds()],
        "tips": [_tip_row(tip, member) for tip in queries.tips()],
        "matches": [(one, words.harm_name(one.feed.harm)) for one in queries.latest_matches()],
        "false_matches": [_false_row(one, member) for one in queries.false_matches()],
        "reason_characters_max": REASON_CHARACTERS_MAX,
        "cases": [(case.id, words.harm_name(case.harm)) for case in queries.sealed_cases()],
        "kinds": [(kind.value, gettext(name)) for kind, name in KINDS.items()],
        "harms": [
            (harm, words.harm_name(harm))
            for harm in sorted({harm for harms in HARMS_OF.values() for harm in harms})
        ],
        "environments": sorted({name for names in ENVIRONMENTS.values() for name in names}),
        "incidents": [(one.name.lower(), one.value) for one in IncidentType],
        "owner_characters_max": OWNER_CHARACTERS_MAX,
        "lasts_days": FEED_LASTS_DAYS[::-1],
        "doubted_days": DOUBTED.days,
        "name_characters_max": NAME_CHARACTERS_MAX,
        "text_characters_max": TEXT_CHARACTERS_MAX,
        "sandbox": "exttest" in settings.CYBERTIP_URL,
        "connected": bool(settings.CYBERTIP_CREDENTIALS_FILE),
    }
    answer = render(request, "desk/lane.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _feed_row(feed: HashFeed, quantity: int, member: UUID) -> dict[str, object]:
    state = FeedState(feed.state)
    return {
        "feed": feed,
        "kind": gettext(KINDS[FeedKind(feed.kind)]),
        "harm": words.harm_name(feed.harm),
        "quantity": quantity,
        "state": gettext(FEED_STATES[state]),
        "ends": _ends(feed, state),
        "can_renew": state is FeedState.ACTIVE,
        "can_activate": state is FeedState.PROPOSED and feed.proposed_by_id != member,
        "can_stop": state is not FeedState.STOPPED,
    }


def _ends(feed: HashFeed, state: FeedState) -> str:
    """Gives what has to be said of a feed's end, beside its date."""
    if feed.expires_at is None or state is not FeedState.ACTIVE:
        return ""
    if feed.expires_at > now():
        soon = feed.expires_at <= now() + ENDS_SOON
        return gettext("Renew it, or it ends.") if soon else ""
    if feeds_in_force(now()).filter(pk=feed.pk).exists():
        return gettext(
            "Its time is over. It goes on matching, since it concerns children: renew it."
        )
    return gettext("Its time is over: it matches nothing until it is renewed.")


def _false_row(found: FalseMatch, member: UUID) -> dict[str, object]:
    state = FalseMatchState(found.state)
    return {
        "found": found,
        "state": gettext(FALSE_STATES[state]),
        "can_lift": state is FalseMatchState.PROPOSED and found.proposed_by_id != member,
        "can_end": state is not FalseMatchState.WITHDRAWN,
    }


def _tip_row(tip: CyberTip, member: UUID) -> dict[str, object]:
    state = TipState(tip.state)
    return {
        "tip": tip,
        "incident": IncidentType[tip.incident_type.upper()].value,
        "state": gettext(TIP_STATES[state]),
        "can_read": bool(tip.document),
        "can_confirm": state is TipState.DRAFT and tip.drafted_by_id != member,
        "can_withdraw": state in (TipState.DRAFT, TipState.REFUSED),
    }
