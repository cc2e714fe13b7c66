"""The search's part of the day: a channel found, taken out of search, made again, and restored.

Who searches are Matrix clients that are not ours, by the directory search of their protocol, and
a browser on the public page. Staff come in by the web; the order comes from an authority.
"""

import asyncio
import html
import time
from dataclasses import dataclass, field
from uuid import UUID

import httpx
from nio.api import RoomPreset, RoomVisibility
from nio.responses import RoomCreateResponse

from evenhand.actions.drafts import Measure
from evenhand.actions.ports import Target
from evenhand.base.lists import ActionKind, Language, TargetKind
from evenhand.demo.actors import Person, Sent
from evenhand.demo.chromium import shown_in_browser
from evenhand.demo.findings import Findings
from evenhand.demo.legal import LegalDay
from evenhand.demo.legal_office import Office
from evenhand.demo.looking import until
from evenhand.demo.readings import ledger, open_cases_about
from evenhand.demo.reported import report_in_client
from evenhand.demo.staff import Browser, Clerk
from evenhand.demo.stage import Stage
from evenhand.legal.drafts import IdentifierDraft, Plan
from evenhand.legal.lists import Authenticity, IdentifierKind, PlanKind
from evenhand.markets.lists import AuthorityKind

NAME = "Velvet Leaf Supply"
OFFER = "Velvet leaf by the gram, brought to your door after dark, the list comes on request."
DISGUISED = ("V3lv3t L3af Supply", "v e l v e t  leaf", "Vеlvеt Lеаf")
"""As somebody would seek it who knows that it was taken out: digits, spaces, Cyrillic letters."""

AGAIN = "Velvet L3af Supply - new"
ELSEWHERE = "Copper kettle pharmacy"
NEIGHBOURS = ("Velvet dressmaking circle", "Leaf pressing for beginners")
"""Lawful rooms with words of the same kind: they stay."""

SOUGHT = "buy cocaine"
"""What the shipped query policy names: the search answers with help."""

REASON = "It offers drugs for sale."
UPHELD = "It is a shop for fabrics, as its owner has shown."
HELP, HELPED = "eu.evenhand.help", "Nothing is shown for this search"
"""What an answer carries in place of results: in the client's, and on the page."""

CLIENT_SECONDS = 30.0


@dataclass(slots=True)
class SearchDay(LegalDay):
    """The acts of the search, and what is found out."""

    first: Clerk = field(kw_only=True)
    second: Clerk = field(kw_only=True)

    async def play(self) -> None:
        """Plays every act; what rests on one that failed is not played."""
        owner = await self._person("vito.velvet", 801)
        here = await self._reader("gesa.seeker", 802, "DE")
        there = await self._reader("dana.seeker", 803, "KZ")
        try:
            room = await self.a_channel_is_found(owner, here)
            if await self.a_reviewer_takes_it_out(room, here):
                await self.it_does_not_come_back(owner, here)
                await self.an_appeal_restores_it(owner, room, here)
            await self.an_order_binds_one_country(owner, here, there)
            await self.who_seeks_drugs_gets_help(here)
        finally:
            for person in (owner, here, there):
                await person.close()

    async def a_channel_is_found(self, owner: Person, here: Person) -> str:
        """A channel and two lawful ones are made; all three are found."""
        room = await _public(owner, NAME, topic="Deliveries at night")
        for text in (OFFER, "Back on Thursday."):
            await owner.post(room, text)
        for name in NEIGHBOURS:
            await _public(owner, name)
        begun = time.monotonic()
        found = await until(lambda: self._found(here, NAME, room))
        self.findings.add(
            "new channel: found by its name in a Matrix client's directory search",
            expected=True,
            found=found,
            seconds=time.monotonic() - begun,
        )
        shown = await until(lambda: self._on_page("velvet leaf gram", "by the gram"))
        self.findings.add("… and its post on the public page", expected=True, found=shown)
        return room

    async def a_reviewer_takes_it_out(self, room: str, here: Person) -> bool:
        """A reader reports the offer; a reviewer takes the channel out of search."""
        case = await self._case_about_offer(room, here)
        if case is None:
            self.findings.add("offer reported: a case is open", expected=True, found=False)
            return False
        begun = time.monotonic()
        await asyncio.to_thread(
            self.first.decide, case, ActionKind.DEINDEX, REASON, harm="m.tos.prohibited"
        )
        gone = await until(lambda: self._lost(here, NAME, room), pause=0.1)
        self.findings.add(
            "channel taken out of search: its name leads nowhere",
            expected=True,
            found=gone,
            seconds=time.monotonic() - begun,
        )
        leaks = [spelt for spelt in DISGUISED if await self._found(here, spelt, room)]
        self.findings.add("… nor does its name disguised", expected=[], found=leaks)
        page = await asyncio.to_thread(self._page, "velvet leaf gram")
        self.findings.add("… nor are its posts shown", expected=False, found="by the gram" in page)
        await self._in_browser("… nor in a browser", "velvet leaf gram", "by the gram", there=False)
        kept = [await self._titles(here, name) for name in NEIGHBOURS]
        self.findings.add(
            "lawful channels with the same words are still found",
            expected=[True, True],
            found=[name in titles for name, titles in zip(NEIGHBOURS, kept, strict=True)],
        )
        return True

    async def it_does_not_come_back(self, owner: Person, here: Person) -> None:
        """The channel is made again under a disguised name: it is not found, and its owner told."""
        before = len(await owner.notices())
        again = await _public(owner, AGAIN, topic="Deliveries at night")
        lately = await _public(here, "Lantern makers of the coast")
        # The other room came later: once that one is found, this one was looked at.
        await until(lambda: self._found(here, "lantern makers", lately))
        seen = [name for name in (AGAIN, NAME) if await self._found(here, name, again)]
        self.findings.add("channel made again: not found either", expected=[], found=seen)

        async def told() -> bool:
            return len(await owner.notices()) > before

        self.findings.add(
            "… and its owner is told why", expected=True, found=await until(told, pause=1.0)
        )

    async def an_appeal_restores_it(self, owner: Person, room: str, here: Person) -> None:
        """The owner appeals by the link in the statement; somebody else finds them right."""
        link = await self._link_against(owner)
        if link is None:
            self.findings.add("statement of reasons with a link", expected=True, found=False)
            return
        await asyncio.to_thread(self._object, link)
        cases = await asyncio.to_thread(lambda: self.second.cases(kind="objection"))
        for case in cases:
            await asyncio.to_thread(
                self.second.open_evidence, case, "objection", "to judge the objection"
            )
            await asyncio.to_thread(self.second.judge, case, uphold=True, reason=UPHELD)
        begun = time.monotonic()
        back = await until(lambda: self._found(here, NAME, room), pause=0.1)
        self.findings.add(
            "appeal upheld: the channel is found again",
            expected=True,
            found=back,
            seconds=time.monotonic() - begun,
        )
        shown = await until(lambda: self._on_page("velvet leaf gram", "by the gram"))
        self.findings.add("… with its posts", expected=True, found=shown)
        await self._in_browser("… in a browser, too", "velvet leaf gram", "by the gram", there=True)

    async def an_order_binds_one_country(self, owner: Person, here: Person, there: Person) -> None:
        """An authority has a channel taken out of search in its own country."""
        inspectorate = await asyncio.to_thread(
            self.office.bureau,
            "Demo inspectorate of health",
            country="KZ",
            kind=AuthorityKind.MINISTRY,
            domain="inspectorate.example",
            language=Language.KK,
        )
        room = await _public(owner, ELSEWHERE, topic="Remedies by post")
        await until(lambda: self._found(there, ELSEWHERE, room))
        filed = await asyncio.to_thread(
            self._file,
            inspectorate,
            "kz-authorised-body-request",
            (IdentifierDraft(IdentifierKind.CHANNEL, room),),
            paper=True,
        )
        target = Target(TargetKind.CHANNEL, account=owner.id, channel=room)
        plan = Plan(
            PlanKind.ACCEPT,
            "The channel is taken out of search in Kazakhstan; elsewhere it stays.",
            measures=(Measure(ActionKind.DEINDEX, target, territory=("KZ",)),),
            harm="m.tos.prohibited",
            notified=(owner.id,),
        )
        begun = time.monotonic()
        await asyncio.to_thread(self._answer, filed, plan, Authenticity.SIGNATURE)
        gone = await until(lambda: self._lost(there, ELSEWHERE, room), pause=0.1)
        self.findings.add(
            "order for Kazakhstan: a reader there does not find the channel",
            expected=True,
            found=gone,
            seconds=time.monotonic() - begun,
        )
        self.findings.add(
            "… and one in Germany does",
            expected=True,
            found=await self._found(here, ELSEWHERE, room),
        )

    async def who_seeks_drugs_gets_help(self, here: Person) -> None:
        """A query that the policy names finds nothing; whoever asked is told where help is."""
        answer = await self._ask(here, SOUGHT)
        page = await asyncio.to_thread(self._page, SOUGHT)
        self.findings.add(
            "search for drugs: no results, but help, in the client and on the page",
            expected=(0, True, True),
            found=(len(answer["chunk"]), bool(answer.get(HELP)), "tel:" in page),
        )

        await self._in_browser("… and in a browser", SOUGHT, HELPED, there=True)

    # How it is done

    async def _in_browser(self, what: str, words: str, part: str, *, there: bool) -> None:
        """Looks whether Chromium shows something on the public page."""
        url = f"{self.stage.site.public_url}/search/?{httpx.QueryParams({'q': words})}"
        shown = await shown_in_browser(url)
        if shown is None:
            self.findings.say(f"no Chromium starts here: not looked at ({what})")
            return
        self.findings.add(what, expected=there, found=part in shown)

    async def _case_about_offer(self, room: str, here: Person) -> UUID | None:
        """Gives the case that a report of the offer opens."""
        await here.join(room)
        events = [one for one in await here.read(room) if one["content"].get("body") == OFFER]
        event = str(events[0]["event_id"])
        await report_in_client(here, room, event, why="He sells drugs there.")
        found: list[UUID] = []

        async def look() -> bool:
            found[:] = await asyncio.to_thread(open_cases_about, event, None)
            return bool(found)

        await until(look)
        return found[0] if found else None

    async def _link_against(self, person: Person) -> str | None:
        """Gives the link of the statement about a decision to take something out of search."""
        links: list[str] = []

        async def look() -> bool:
            kinds = (await asyncio.to_thread(ledger)).kinds
            for text in await person.notices():
                told = Sent(None, text, 0.0)
                if told.objection and told.decision and REASON in text:
                    known = kinds.get(told.decision, frozenset())
                    links.extend([told.objection] if ActionKind.DEINDEX in known else [])
            return bool(links)

        await until(look)
        return links[0] if links else None

    def _object(self, link: str) -> None:
        browser = Browser(self.stage.site.public_url)
        path = link.replace(self.stage.site.public_url, "")
        browser.send(path, path, {"text": "We sell velvet for curtains, leaf is a colour."})
        browser.close()

    async def _found(self, person: Person, words: str, room: str) -> bool:
        """Tells whether the directory search of a client gives a room for some words."""
        chunk = (await self._ask(person, words))["chunk"]
        return any(one["room_id"] == room for one in chunk)

    async def _lost(self, person: Person, words: str, room: str) -> bool:
        return not await self._found(person, words, room)

    async def _titles(self, person: Person, words: str) -> list[str]:
        return [str(one.get("name", "")) for one in (await self._ask(person, words))["chunk"]]

    async def _ask(self, person: Person, words: str) -> dict[str, list[dict[str, str]]]:
        """Asks as a client does (client-server API, POST publicRooms)."""
        async with httpx.AsyncClient(timeout=CLIENT_SECONDS) as client:
            answer = await client.post(
                f"{self.stage.site.directory_url}/_matrix/client/v3/publicRooms",
                json={"filter": {"generic_search_term": words}, "limit": 20},
                headers={
                    "Authorization": f"Bearer {person.client.access_token}",
                    "X-Forwarded-For": person.address,
                },
            )
        answer.raise_for_status()
        told: dict[str, list[dict[str, str]]] = answer.json()
        return told

    async def _on_page(self, words: str, part: str) -> bool:
        return part in await asyncio.to_thread(self._page, words)

    def _page(self, words: str) -> str:
        """Gives what the public page shows for some words, as text."""
        browser = Browser(self.stage.site.public_url)
        try:
            shown = browser.page(f"/search/?{httpx.QueryParams({'q': words})}")
        finally:
            browser.close()
        plain = html.unescape(shown)
        for mark in ("<mark>", "</mark>"):
            plain = plain.replace(mark, "")
        return plain


async def _public(owner: Person, name: str, *, topic: str = "") -> str:
    """Makes a public room whose history anybody may read, and gives its id."""
    readable = {
        "type": "m.room.history_visibility",
        "state_key": "",
        "content": {"history_visibility": "world_readable"},
    }
    answer = await owner.client.room_create(
        visibility=RoomVisibility.public,
        preset=RoomPreset.public_chat,
        name=name,
        topic=topic or None,
        initial_state=[readable],
    )
    assert isinstance(answer, RoomCreateResponse), f"{name} was refused"
    return str(answer.room_id)


async def play_search(
    stage: Stage, findings: Findings, office: Office, first: Clerk, second: Clerk
) -> None:
    """Plays the acts of the search."""
    await SearchDay(stage, findings, office, first=first, second=second).play()
