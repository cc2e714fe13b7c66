"""`evenhand drill`: rehearses the emergency lane with the people on duty, and prints the times.

It files an emergency as a test authority (an entry of the registry that is `for_drills`), about a
test account, on the running installation. From then on it only watches: whoever is on call is
paged, calls back, answers, releases; at the end the package is fetched as the officer would.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from evenhand import wiring  # noqa: E402
from evenhand.authorities.models import Authority, Officer  # noqa: E402
from evenhand.authorities.queries import authorities, call_backs, officers  # noqa: E402
from evenhand.base.clock import now  # noqa: E402
from evenhand.base.errors import Misconfigured, NotFound  # noqa: E402
from evenhand.base.ids import new_id  # noqa: E402
from evenhand.legal import steps  # noqa: E402
from evenhand.legal.clock_steps import page_key  # noqa: E402
from evenhand.legal.drafts import IdentifierDraft, MatterDraft  # noqa: E402
from evenhand.legal.lists import DisclosureState, IdentifierKind, MatterState  # noqa: E402
from evenhand.legal.models import Matter  # noqa: E402
from evenhand.legal.queries import disclosures, history, matter_of, stands  # noqa: E402
from evenhand.markets.entries import RequestKind  # noqa: E402
from evenhand.markets.law import refusals  # noqa: E402
from evenhand.markets.lists import AuthorityKind, DataCategory, Purpose  # noqa: E402
from evenhand.markets.queries import state_of  # noqa: E402
from evenhand.markets.regimes import law  # noqa: E402
from evenhand.records.queries import about  # noqa: E402

LOOK_SECONDS = 0.5
MINUTES_MAX = 60
"""Minutes until an emergency has to be answered (the desk's own target)."""

STORY = {
    "who_is_in_danger": "Nobody: this is a drill of the emergency lane with a test account.",
    "what_danger": "A drill: a person is said to be about to take their life.",
    "when": "A drill: said to be within the next hour.",
    "how_this_helps": "A drill: the address would show where the person is.",
}
STATIONS = (
    ("paged", "whoever is on call was paged"),
    ("called_back", "called back at the number in the registry"),
    ("validated", "sender and form found in order"),
    ("assessed", "questions of substance answered"),
    ("prepared", "answer prepared"),
    ("collected", "data collected and sealed"),
    ("released", "released by a second person"),
    ("handed_out", "package fetched by the officer"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand drill`."""
    parser.add_argument(
        "--authority", required=True, help="name of the registry's entry for drills"
    )
    parser.add_argument(
        "--account", required=True, help="the test account, as the messenger has it"
    )
    parser.add_argument(
        "--minutes", type=int, default=MINUTES_MAX, help=f"when to give up ({MINUTES_MAX})"
    )


def run(options: argparse.Namespace) -> int:
    """Files the drill and watches it; exit code 0 if it was answered in time."""
    begun = file_drill(options.authority, options.account, at=now())
    print(f"{begun.number} filed. Whoever is on duty has {options.minutes} minutes.")
    until = begun.received_at + timedelta(minutes=options.minutes)
    times = watch(begun, until=until, say=print)
    answered = "handed_out" in times
    print("Answered in time." if answered else "Not answered in time.")
    return 0 if answered else 1


def file_drill(name: str, account: str, *, at: datetime) -> Matter:
    """Files an emergency as the test authority; refuses any authority that is none."""
    authority = next((one for one in authorities() if one.name == name), None)
    if authority is None:
        raise NotFound(what="authority", name=name)
    if not authority.for_drills:
        raise Misconfigured(setting="--authority", name=name, why="this authority is a real one")
    officer = _officer(authority, at=at)
    kind = _entry(authority, at=at)
    draft = MatterDraft(
        id=new_id(now=at),
        origin=f"drill:{uuid4()}",
        entry=kind.id,
        authority=authority.id,
        country=authority.country,
        received_at=at,
        language=authority.language,
        purpose=Purpose.IDENTIFY_ONLY,
        categories=_categories(kind),
        identifiers=(IdentifierDraft(IdentifierKind.ACCOUNT, account),),
        fields=dict.fromkeys(kind.mandatory_fields, "drill") | STORY,
        officer=officer.id,
        emergency=True,
        reference="DRILL",
    )
    return steps.receive(draft, pager=wiring.pager(), now=at)


def watch(begun: Matter, *, until: datetime, say: Callable[[str], None]) -> dict[str, timedelta]:
    """Says each station when it is reached; gives them all once it is over or time is up."""
    said: set[str] = set()
    while True:
        matter = matter_of(begun.id)
        if matter.state == MatterState.RELEASED:
            fetch(matter)
        times = times_of(begun)
        for name, words in STATIONS:
            if name in times and name not in said:
                said.add(name)
                say(f"  {_clock(times[name]):>12}  {words}")
        over = matter.state in {MatterState.EXECUTED, MatterState.REFUSED, MatterState.WITHDRAWN}
        if over or now() >= until:
            return times
        time.sleep(LOOK_SECONDS)


def fetch(matter: Matter) -> None:
    """Fetches what was released, as the officer does; nobody opens it."""
    assert matter.officer is not None, "a drill is filed by an officer"
    for one in disclosures(matter.id):
        if one.state == DisclosureState.RELEASED:
            steps.hand_out(one.id, to=matter.officer, now=now())


def times_of(begun: Matter) -> dict[str, timedelta]:
    """Gives when each station was reached, counted from receipt."""
    found = dict(_reached(begun))
    return {name: at - begun.received_at for name, at in found.items()}


def _reached(begun: Matter) -> Iterator[tuple[str, datetime]]:
    for page in about(page_key(begun.id, "received")):
        yield "paged", page.at
    for call in call_backs(matter=begun.id):
        yield "called_back", call.at
    for line in history(begun.id):
        yield line.what, line.at


def _officer(authority: Authority, *, at: datetime) -> Officer:
    for one in officers(authority=authority.id):
        if stands(one, now=at):
            return one
    raise NotFound(what="officer in good standing", authority=authority.name)


def _entry(authority: Authority, *, at: datetime) -> RequestKind:
    """Gives the first emergency lane that the test authority's country and kind have."""
    for kind in law().of_country(authority.country, on=at.date()):
        if not kind.releases or not _categories(kind):
            continue
        against = refusals(
            kind,
            law().regime_of(kind),
            country=authority.country,
            authority=AuthorityKind(authority.kind),
            validator=None,
            categories=_categories(kind),
            emergency=True,
            on=at.date(),
            market=state_of(authority.country),
            signed_off=False,
            purpose=Purpose.IDENTIFY_ONLY,
        )
        if not against:
            return kind
    raise NotFound(what="emergency lane", country=authority.country, kind=authority.kind)


def _categories(kind: RequestKind) -> frozenset[DataCategory]:
    return kind.data_categories & {DataCategory.SUBSCRIBER, DataCategory.IDENTIFICATION}


def _clock(after: timedelta) -> str:
    seconds = round(after.total_seconds())
    return f"{seconds // 60} min {seconds % 60:02d} s"
