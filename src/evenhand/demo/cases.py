"""The people's side of the day: a report, a decision, an appeal, and what becomes of each.

Who reports, who is concerned and who reads are Matrix clients that are not ours; staff come in by
the web with their passkeys. What was done is read back from Synapse, what was submitted from the
twin of the DSA Transparency Database.
"""

import asyncio
import html
import re
import time
from dataclasses import dataclass, field
from uuid import UUID

from evenhand.base.lists import ActionKind, ChannelKind, Language
from evenhand.cases.queries import objection_to
from evenhand.demo.actors import Person, Sent
from evenhand.demo.dsa_rows import faults_of, names_in, rows_of
from evenhand.demo.encrypted import play_encrypted
from evenhand.demo.findings import Findings
from evenhand.demo.legal_office import moment
from evenhand.demo.looking import until
from evenhand.demo.names import address
from evenhand.demo.readings import open_cases_about
from evenhand.demo.reported import Reported, report_in_client
from evenhand.demo.staff import Browser, Clerk
from evenhand.demo.stage import Stage
from evenhand.reports.lists import ReportOutcome
from evenhand.reports.phrases import phrases

WORDS = "Whoever brings such soggy bread to our market had better stay at home with it."
ADVERT = "My cousin has candles again this week, three for the price of two, write to me."
WHY = "He says this to my neighbour every single week."
REASON = "It runs a neighbour down again and again."
SPAM_REASON = "Trade offers do not belong into this room."
UPHELD = "It is about bread, and about nobody."
CLAIMS_MAX = 10
REPORT_ITEM = re.compile(r'value="(report-[0-9a-f-]{36})"')


@dataclass(slots=True)
class CasesDay:
    """The acts, and what is found out."""

    stage: Stage
    findings: Findings
    first: Clerk
    second: Clerk
    people: list[Person] = field(default_factory=list)

    async def play(self) -> None:
        """Plays every act; what rests on one that failed is not played."""
        try:
            reporter = await self._person("rene.reporter", 701)
            advert = await self._reported("kuno.candles", 702, reporter, ADVERT)
            bread = await self._reported("mara.baker", 703, reporter, WORDS)
            if advert is None or bread is None:
                return
            await self.a_reviewer_decides(bread, reporter, advert)
            statement = await self.its_author_reads_why(bread)
            await self.who_reported_is_told(reporter, ReportOutcome.ACTED, "the desk acted", 2)
            if statement is None:
                return
            await self.the_desks_account_answers(bread.author, statement)
            await self.a_second_person_reverses(bread, statement)
            await self.what_followed_is_undone(bread)
            await self.who_reported_is_told(reporter, ReportOutcome.REVERSED, "it was reversed", 1)
            await self.nobody_learns_who_reported(bread, advert, reporter)
            await self.the_database_has_it(bread, advert, statement, reporter)
        finally:
            for person in self.people:
                await person.close()
        await play_encrypted(self.stage, self.findings, self.first)

    async def a_reviewer_decides(self, bread: Reported, reporter: Person, advert: Reported) -> None:
        """A reviewer takes the next case, opens the seal for a reason, and decides."""
        claimed = await asyncio.to_thread(self._take, bread.case)
        before = await asyncio.to_thread(self.first.case, bread.case)
        opened = await asyncio.to_thread(
            self.first.open_evidence, bread.case, "evidence", "to judge what was reported"
        )
        self.findings.add(
            "reviewer takes the next case; the message is sealed until a reason is given",
            expected=(True, False, True),
            found=(claimed, _shows(before, WORDS), _shows(opened, WORDS)),
        )
        item = REPORT_ITEM.search(before)
        said = "" if item is None else await asyncio.to_thread(
            self.first.open_evidence, bread.case, item[1], "to read the report"
        )  # fmt: skip
        await asyncio.to_thread(
            self.second.decide, bread.case, ActionKind.NONE, "Nothing to see.", harm="m.harassment"
        )
        still_open = bread.case in await asyncio.to_thread(self.second.cases)
        self.findings.add(
            "… reads why it was reported; a colleague cannot decide it meanwhile",
            expected=(True, True),
            found=(_shows(said, WHY), still_open),
        )
        await asyncio.to_thread(self._take, advert.case)
        # The advert first: when the row about the bread has arrived, its row would be there too.
        await asyncio.to_thread(
            self.first.decide, advert.case, ActionKind.REDACT, SPAM_REASON, harm="m.spam"
        )
        begun = time.monotonic()
        await asyncio.to_thread(
            self.first.decide, bread.case, ActionKind.REDACT, REASON, harm="m.harassment"
        )
        gone = await until(lambda: bread.is_gone(reporter))
        self.findings.add(
            "reported message removed, read back by the reporter's client",
            expected=True,
            found=gone,
            seconds=time.monotonic() - begun,
        )

    async def its_author_reads_why(self, bread: Reported) -> str | None:
        """The author finds the statement of reasons in their client, and a warning."""
        found: list[str] = []

        async def told() -> bool:
            found[:] = [text for text in await bread.author.notices() if REASON in text]
            return any(Sent(None, text, 0.0).objection for text in found)

        arrived = await until(told)
        self.findings.add(
            "its author has one statement with reasons and a link", expected=1, found=len(found)
        )
        counted = await until(lambda: self._strikes_are(bread, "1 count now"))
        warned = await until(lambda: _has_notices(bread.author, 2))
        self.findings.add(
            "… and a first strike, with a warning", expected=(True, True), found=(counted, warned)
        )
        return found[0] if arrived else None

    async def who_reported_is_told(
        self, reporter: Person, outcome: ReportOutcome, what: str, times: int
    ) -> None:
        """The reporter finds the outcome in their client."""
        subjects = [str(phrases(one)["subjects"][outcome.value]) for one in Language]
        found: list[str] = []

        async def told() -> bool:
            texts = await reporter.notices()
            found[:] = [text for text in texts if text.startswith(tuple(subjects))]
            return len(found) >= times

        await until(told)
        self.findings.add(f"who reported is told that {what}", expected=times, found=len(found))

    async def the_desks_account_answers(self, author: Person, statement: str) -> None:
        """The author writes to the desk's own account and gets the link of the statement."""
        told = Sent(None, statement, 0.0)
        desk = self.stage.desk_account
        room = await author.create(ChannelKind.DIRECT, invite=(desk,))
        await author.post(room, f"objection {told.decision}")
        answers: list[str] = []

        async def answered() -> bool:
            answers[:] = [
                str(event["content"].get("body", ""))
                for event in await author.read(room)
                if event.get("sender") == desk and event.get("type") == "m.room.message"
            ]
            return bool(answers)

        await until(answered)
        links = [Sent(None, text, 0.0).objection for text in answers]
        self.findings.add(
            "direct message to the desk's own account: answered with the statement's link",
            expected=[told.objection],
            found=links,
        )

    async def a_second_person_reverses(self, bread: Reported, statement: str) -> None:
        """The author appeals by the link; the first reviewer may not judge that, another may."""
        told = Sent(None, statement, 0.0)
        assert told.objection is not None, "the statement was chosen for its link"
        assert told.decision is not None, "the link names the decision"
        await asyncio.to_thread(self._appeal, told.objection)
        appeal = await asyncio.to_thread(_objection_case, told.decision)
        if appeal is None:
            self.findings.add("appeal by the statement's link", expected=True, found=False)
            return
        page = await asyncio.to_thread(self.first.case, appeal)
        await asyncio.to_thread(self.first.judge, appeal, uphold=False, reason="I was right.")
        still_open = appeal in await asyncio.to_thread(lambda: self.second.cases(kind="objection"))
        self.findings.add(
            "who decided cannot judge the appeal: no form, and a refusal",
            expected=(False, True),
            found=(f"/staff/cases/{appeal}/judge/" in page, still_open),
        )
        opened = await asyncio.to_thread(
            self.second.open_evidence, appeal, "objection", "to judge the appeal"
        )
        await asyncio.to_thread(self.second.judge, appeal, uphold=True, reason=UPHELD)
        begun = time.monotonic()
        restored = await until(lambda: _has_copy(bread.author))
        self.findings.add(
            "appeal upheld by somebody else: its author is told, and has the copy back",
            expected=(True, True),
            found=(_shows(opened, "It was about the bread."), restored),
            seconds=time.monotonic() - begun,
        )

    async def what_followed_is_undone(self, bread: Reported) -> None:
        """What a homeserver cannot put back stays gone; the rest is as before."""
        gone = await bread.is_gone(bread.author)
        again = await bread.author.post(bread.room, "Fresh bread tomorrow, and dry this time.")
        self.findings.add(
            "… the message stays gone, as Synapse has it; its author posts again",
            expected=(True, True),
            found=(gone, again.event_id is not None),
        )
        lifted = await until(lambda: self._strikes_are(bread, "0 count now"))
        # Two statements, and for each the word that it does not stand.
        took_back = await until(lambda: _has_notices(bread.author, 4))
        self.findings.add(
            "… the strike is lifted, and the warning taken back",
            expected=(True, True),
            found=(lifted, took_back),
        )

    async def nobody_learns_who_reported(
        self, bread: Reported, advert: Reported, reporter: Person
    ) -> None:
        """Reads every notice of the authors for what would tell them who reported."""
        told = [*await bread.author.notices(), *await advert.author.notices()]
        naming = [text for text in told if reporter.name in text or WHY in text]
        self.findings.add("notices that tell who reported, or how", expected=0, found=len(naming))

    async def the_database_has_it(
        self, bread: Reported, advert: Reported, statement: str, reporter: Person
    ) -> None:
        """Reads the twin: a valid row for the decision, none for the spam, nobody named."""
        decision, file = Sent(None, statement, 0.0).decision, self.stage.dsa_file
        assert decision is not None, "the link names the decision"
        about_spam = [text for text in await advert.author.notices() if SPAM_REASON in text]
        spam = Sent(None, "".join(about_spam), 0.0).decision

        async def arrived() -> bool:
            return bool(await asyncio.to_thread(rows_of, decision, file))

        await until(arrived)
        rows = await asyncio.to_thread(rows_of, decision, file)
        exempt = None if spam is None else len(await asyncio.to_thread(rows_of, spam, file))
        self.findings.add(
            "DSA twin: valid rows of the decision, and rows of the exempt spam",
            expected=(1, [], 0),
            found=(len(rows), [fault for row in rows for fault in faults_of(row)], exempt),
        )
        names = tuple(
            name
            for one in (bread, advert)
            for name in (one.author.id, one.author.name, one.room, one.event)
        )
        private = (*names, reporter.id, reporter.name, WORDS, ADVERT, WHY, REASON, str(decision))
        self.findings.add(
            "DSA twin: accounts, rooms, messages or words of anybody in it",
            expected=[],
            found=await asyncio.to_thread(names_in, file, private),
        )

    # People and staff

    async def _reported(
        self, name: str, number: int, reporter: Person, text: str
    ) -> Reported | None:
        """Somebody posts; a reader reports it in their client, and a case comes of it."""
        author = await self._person(name, number)
        room = await author.create(ChannelKind.PUBLIC, name=f"Market talk {number}")
        await reporter.join(room)
        sent = await author.post(room, text)
        if sent.event_id is None:
            self.findings.miss(f"{text!r} was refused: {sent.error}")
            return None
        begun = time.monotonic()
        status = await report_in_client(reporter, room, sent.event_id, why=WHY)
        event, cases = sent.event_id, list[UUID]()

        async def listed() -> bool:
            cases[:] = await asyncio.to_thread(open_cases_about, event, None)
            page = "" if not cases else await asyncio.to_thread(self.first.case, cases[0])
            return REPORT_ITEM.search(page) is not None

        found = await until(listed)
        self.findings.add(
            f"message of {name} reported in a client: one case for the reviewers",
            expected=(200, True, 1),
            found=(status, found, len(cases)),
            seconds=time.monotonic() - begun,
        )
        return Reported(author, room, event, cases[0]) if found else None

    def _take(self, case: UUID) -> bool:
        """Takes the next case until it is this one: reports without a harm wait in `general`."""
        for queue in (*["general"] * CLAIMS_MAX, *[""] * CLAIMS_MAX):
            if f"/staff/cases/{case}/let-go/" in self.first.case(case):
                return True
            self.first.take_next(queue=queue)
        return False

    def _appeal(self, link: str) -> None:
        browser = Browser(self.stage.site.public_url)
        path = link.replace(self.stage.site.public_url, "")
        browser.send(path, path, {"text": "It was about the bread."})
        browser.close()

    async def _strikes_are(self, bread: Reported, words: str) -> bool:
        page = await asyncio.to_thread(
            self.first.strikes, bread.author.id, "to see what the decision led to"
        )
        return f"{bread.author.id}: {words}" in html.unescape(page)

    async def _person(self, name: str, number: int) -> Person:
        person = Person(self.stage.homeserver.url, name, address(number))
        self.people.append(person)
        return await person.registered()


async def play_cases(stage: Stage, findings: Findings, first: Clerk, second: Clerk) -> None:
    """Plays the people's side and adds what was found; both clerks are reviewers."""
    await CasesDay(stage, findings, first, second).play()


async def _has_copy(author: Person) -> bool:
    texts = await author.notices()
    return any(WORDS in text and UPHELD in text for text in texts)


async def _has_notices(person: Person, number: int) -> bool:
    return len(await person.notices()) >= number


def _objection_case(decision: UUID) -> UUID | None:
    moment()
    found = objection_to(decision)
    return found.id if found is not None else None


def _shows(page: str, words: str) -> bool:
    return words in html.unescape(page)
