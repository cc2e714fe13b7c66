"""The day: who does what, in order. Everything goes through real doors, and is read back there."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from rich.progress import Progress

from evenhand.base.clock import now
from evenhand.base.lists import ActionKind, ChannelKind
from evenhand.demo.actors import Person, Sent
from evenhand.demo.cases import play_cases
from evenhand.demo.findings import Findings
from evenhand.demo.legal import play_legal
from evenhand.demo.legal_office import Office
from evenhand.demo.messages import Labelled
from evenhand.demo.names import address
from evenhand.demo.posting import Posted, post_all, read_back, senders_needed
from evenhand.demo.proof import play_proof
from evenhand.demo.readings import (
    confirmation_seconds,
    decisions_in_reports,
    deliveries_open,
    known,
    ledger,
    open_cases_about,
    published_and_protected,
)
from evenhand.demo.reviewers import reviewers
from evenhand.demo.search import play_search
from evenhand.demo.signing_up import burst_signs_up, neighbours_sign_up
from evenhand.demo.staff import Browser, Clerk
from evenhand.demo.stage import Stage
from evenhand.demo.town import Town

SETTLE_SECONDS_MAX = 90.0
PUBLISHED_TRIES = 5
Look = Callable[[], Awaitable[bool]]
DOUBTFUL = (
    "URGENT! Your mobile number has won a 2000 prize GUARANTEED. Call 09050009999 from land line. "
    "Claim 3030. Valid 12hrs only"
)
"""Only the text model takes offence at this, and a model alone may only ask a person."""

CHANNEL = "Evening garden club"


@dataclass(slots=True)
class Day:
    """The day's people and what is found out about them."""

    stage: Stage
    town: Town
    findings: Findings
    first: Clerk
    second: Clerk

    async def reviewer_removes_a_message(self) -> None:
        """A message that only a person may judge is posted, judged and removed."""
        author = await Person(self.town.homeserver, "zeno.hawker", address(501)).registered()
        room = self.town.public[0]
        await author.join(room)
        begun = time.monotonic()
        sent = await author.post(room, DOUBTFUL)
        case = await self._case_about(sent)
        self.findings.add(
            "doubtful message: stands, and a case is open",
            expected=True,
            found=sent.event_id is not None and case is not None,
        )
        if case is None or sent.event_id is None:
            return
        await asyncio.to_thread(
            self.first.decide, case, ActionKind.REDACT, "It is advertising that this room forbids."
        )
        gone = await self.until(lambda: self._is_gone(room, str(sent.event_id)))
        self.findings.add(
            "message removed by a person's decision",
            expected=True,
            found=gone,
            seconds=time.monotonic() - begun,
        )
        told = await self.until(lambda: self._was_told(author))
        self.findings.add("… and its author has a statement of reasons", expected=True, found=told)
        await author.close()

    async def channel_is_blocked_and_restored(self) -> None:
        """A channel that sells is blocked by a person, and restored on a second look."""
        owner = await Person(self.town.homeserver, "yara.florist", address(502)).registered()
        room = await owner.create(ChannelKind.PUBLIC, name=CHANNEL)
        await self.town.witness.join(room)
        before = room in await self.town.witness.directory()
        case = await self._case_from_channel(owner, room)
        self.findings.add("channel in the public directory before", expected=True, found=before)
        if case is None:
            self.findings.add("case about the channel is open", expected=True, found=False)
            return
        begun = time.monotonic()
        await asyncio.to_thread(
            self.first.decide, case, ActionKind.BLOCK_CHANNEL, "This channel offers illegal goods."
        )
        gone = await self.until(lambda: self._channel_gone(room))
        self.findings.add(
            "channel blocked: not in the directory, nobody can join",
            expected=True,
            found=gone,
            seconds=time.monotonic() - begun,
        )
        link = await self._objection_link(owner, ActionKind.BLOCK_CHANNEL)
        await self._object(link, "We are a garden club; a stranger posted that, we removed him.")
        begun = time.monotonic()
        await self._second_look(uphold=True, reason="The members did nothing wrong.")
        back = await self.until(lambda: self._channel_back(room, owner))
        self.findings.add(
            "channel restored on a second look: directory, members",
            expected=True,
            found=back,
            seconds=time.monotonic() - begun,
        )
        await owner.close()

    async def objection_is_upheld(self, posted: list[Posted]) -> None:
        """Somebody whose message was refused objects, and is right."""
        refused = next(one for one in posted if one.sent.objection and one.sent.decision)
        before = len(await refused.sender.notices())
        await self._object(str(refused.sent.objection), "This was a quotation for a school paper.")
        await self._second_look(uphold=True, reason="It was a quotation.")
        told = await self.until(lambda: self._more_notices(refused.sender, before))
        self.findings.add(
            "objection to a refusal upheld, and the sender told", expected=True, found=told
        )

    async def settle(self) -> None:
        """Waits until nothing is left to deliver."""
        settled = await self.until(lambda: asyncio.to_thread(lambda: deliveries_open() == 0))
        self.findings.add("every delivery settled", expected=True, found=settled)

    async def _case_about(self, sent: Sent) -> UUID | None:
        found: list[UUID] = []

        async def look() -> bool:
            event = sent.event_id or ""
            found[:] = await asyncio.to_thread(open_cases_about, event, sent.decision)
            listed = await asyncio.to_thread(self.first.cases)
            return any(case in listed for case in found)

        return found[0] if await self.until(look) else None

    async def _case_from_channel(self, owner: Person, room: str) -> UUID | None:
        sent = await owner.post(room, DOUBTFUL.replace("3030", "4040"))
        return await self._case_about(sent)

    async def _object(self, link: str, text: str) -> None:
        browser = Browser(self.stage.site.public_url)
        path = link.replace(self.stage.site.public_url, "")
        await asyncio.to_thread(browser.send, path, path, {"text": text})
        browser.close()

    async def _second_look(self, *, uphold: bool, reason: str) -> None:
        cases = await asyncio.to_thread(lambda: self.second.cases(kind="objection"))
        assert cases, "the objection has become a case"
        for case in cases:
            await asyncio.to_thread(
                self.second.open_evidence, case, "objection", "to judge the objection"
            )
            await asyncio.to_thread(self.second.judge, case, uphold=uphold, reason=reason)

    async def _objection_link(self, person: Person, kind: ActionKind) -> str:
        """Gives the link against a decision of a kind: a strike's warning has one of its own."""
        links: list[str] = []

        async def look() -> bool:
            day = await asyncio.to_thread(ledger)
            for text in await person.notices():
                told = Sent(None, text, 0.0)
                if told.objection and told.decision:
                    kinds = day.kinds.get(told.decision, frozenset())
                    links.extend([told.objection] if kind in kinds else [])
            return bool(links)

        assert await self.until(look), "the statement of reasons carries a link"
        return links[-1]

    async def _is_gone(self, room: str, event: str) -> bool:
        for found in await self.town.witness.read(room):
            if found.get("event_id") == event:
                return "body" not in found.get("content", {})
        return True

    async def _was_told(self, person: Person) -> bool:
        return bool(await person.notices())

    async def _more_notices(self, person: Person, before: int) -> bool:
        return len(await person.notices()) > before

    async def _channel_gone(self, room: str) -> bool:
        listed = room in await self.town.witness.directory()
        return not listed and not await self.town.senders[1].join(room)

    async def _channel_back(self, room: str, owner: Person) -> bool:
        listed = room in await self.town.witness.directory()
        return (
            listed and (await owner.post(room, "We are back in the garden.")).event_id is not None
        )

    async def until(self, look: Look) -> bool:
        """Looks until it is so; False if it never was."""
        give_up = time.monotonic() + SETTLE_SECONDS_MAX
        while not await look():
            if time.monotonic() > give_up:
                return False
            await asyncio.sleep(0.3)
        return True


def _compare_reports(
    stage: Stage, begun_on: date, posted: list[Posted], clerk: Clerk, findings: Findings
) -> None:
    """Compares what clients saw with the staff report, and that with the public one."""
    seen = {
        "refused or held": findings.refused_seen
        + sum(one.sent.decision is not None for one in posted),
        "suspended": findings.suspended_seen,
        "removed by a person": 1,
        "channels blocked": 1,
    }
    days = sorted({begun_on, now().date()})
    said = decisions_in_reports(days)
    findings.add("staff report says what clients saw", expected=seen, found=said)
    clerk.browser.page(f"/staff/reports/{days[-1]}/")
    for day in days:
        findings.add(
            f"public report of {day} equals protect(exact)",
            expected=True,
            found=any(_published_as_protected(stage, day) for _ in range(PUBLISHED_TRIES)),
        )


def _published_as_protected(stage: Stage, day: date) -> bool:
    """Publishes a day, and tells whether the public page says what the exact numbers must say.

    Work goes on meanwhile: a record that came between the two is in the next try.
    """
    wanted = published_and_protected(day)
    browser = Browser(stage.site.public_url)
    public = json.loads(browser.page(f"/reports/{day}/report.json"))
    browser.page(f"/reports/{day}/")
    browser.close()
    return all(public[part] == wanted[part] for part in ("figures", "breakdowns"))


async def play_day(
    stage: Stage, messages: list[Labelled], *, seed: int, progress: Progress
) -> Findings:
    """Plays every act and gives what was found."""
    findings = Findings()
    task = progress.add_task("people sign up", total=senders_needed(messages))
    town = await Town.built(
        stage.homeserver.url, senders_needed(messages), step=lambda: progress.advance(task)
    )
    try:
        progress.remove_task(task)
        # The approvers come first: without one of them nobody is let in who releases data.
        office = Office(stage.site.public_url)
        await asyncio.to_thread(office.open)
        first, second = await asyncio.to_thread(reviewers, stage.site.public_url)
        await _acts(Day(stage, town, findings, first, second), messages, seed, progress)
        task = progress.add_task("authorities write", total=None)
        await play_legal(stage, findings, office)
        progress.update(task, description="people report and appeal")
        await play_cases(stage, findings, first, second)
        progress.update(task, description="people search")
        await play_search(stage, findings, office, first, second)
        progress.update(task, description="a reader checks the log")
        await play_proof(stage, findings)
        progress.remove_task(task)
    finally:
        await town.close()
    return findings


async def _acts(day: Day, messages: list[Labelled], seed: int, progress: Progress) -> None:
    begun_on = now().date()
    town, findings = day.town, day.findings
    task = progress.add_task("messages posted", total=len(messages))
    posted = await post_all(town, messages, seed=seed, step=lambda: progress.advance(task))
    progress.remove_task(task)

    task = progress.add_task("rooms and notices read back", total=None)
    refused = {one.sent.decision for one in posted if one.sent.decision is not None}
    await day.until(lambda: asyncio.to_thread(lambda: known(refused) == refused))
    await day.settle()
    await read_back(town, posted, await asyncio.to_thread(ledger), findings)
    acts: tuple[tuple[str, Callable[[], Awaitable[None]]], ...] = (
        (
            "fake accounts sign up",
            lambda: burst_signs_up(town.homeserver, town.public[1], findings),
        ),
        (
            "neighbours sign up",
            lambda: neighbours_sign_up(town.homeserver, town.public[2], findings),
        ),
        ("a reviewer removes a message", day.reviewer_removes_a_message),
        ("a channel is blocked and restored", day.channel_is_blocked_and_restored),
        ("an objection is upheld", lambda: day.objection_is_upheld(posted)),
    )
    for title, act in acts:
        progress.update(task, description=title)
        await act()
    progress.update(task, description="the report")
    await day.settle()
    findings.effect_seconds += await asyncio.to_thread(confirmation_seconds)
    await asyncio.to_thread(_compare_reports, day.stage, begun_on, posted, day.first, findings)
    progress.remove_task(task)
