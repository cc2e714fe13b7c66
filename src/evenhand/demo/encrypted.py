"""Reports from an encrypted room: real clients, real megolm, and the member's own tool.

A member exports their keys in the program with which they read, and runs `evenhand disclose`, as
the pages for members say. What is forged or too much is sent to the same door by hand.
"""

import asyncio
import html
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import httpx
import vodozemac
from nio import AsyncClient, AsyncClientConfig

from evenhand.base.errors import Unavailable
from evenhand.demo.actors import Person
from evenhand.demo.findings import Findings
from evenhand.demo.looking import until
from evenhand.demo.names import address
from evenhand.demo.readings import open_cases_about
from evenhand.demo.staff import Clerk
from evenhand.demo.stage import Stage
from evenhand.desk.proof_words import PROOF_FINDINGS, PROOFS
from evenhand.evidence.megolm import ProofFinding
from evenhand.evidence.megolm_message import key_of
from evenhand.reports.lists import ProofLevel

BEFORE, THREAT, AFTER = "Are you there?", "I know which road you take home.", "Answer me."
WHY = "He waits for me in the evenings."
HARM = "m.harassment"
PASSPHRASE = "open sesame"  # noqa: S105  of a file that lives for a moment
REPORTS = "/api/v1/reports"
DESK_SECONDS = 30.0
TOOL_SECONDS = 240.0
DISCLOSED_ITEM = re.compile(r'value="(disclosed-[0-9a-f-]{36})"')
EVERY_LATER_ONE = "opens this message and every later one of the sender in the room"
PROVED, CLAIMED = PROOFS[ProofLevel.PROVED], PROOFS[ProofLevel.CLAIMED]
NOT_OPENED = PROOF_FINDINGS[ProofFinding.KEY_DOES_NOT_OPEN]


@dataclass(slots=True)
class Keyholder:
    """Somebody with a program that encrypts (matrix-nio with vodozemac)."""

    id: str
    token: str
    client: AsyncClient

    @classmethod
    async def registered(cls, stage: Stage, name: str, number: int) -> Self:
        """Registers an account and gives its first device."""
        person = await Person(stage.homeserver.url, name, address(number)).registered()
        store = stage.home / "members" / name
        store.mkdir(parents=True, mode=0o700)
        config = AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
        device = person.client.device_id
        client = AsyncClient(
            stage.homeserver.url, person.id, device_id=device, store_path=str(store), config=config
        )
        client.restore_login(person.id, device, person.client.access_token)
        await person.close()
        made = cls(person.id, str(client.access_token), client)
        await made.settle()
        return made

    async def settle(self) -> None:
        """Publishes own keys, takes those that wait, and learns of the others' devices."""
        for _ in range(2):
            if self.client.should_upload_keys:
                await self.client.keys_upload()
            await self.client.sync(timeout=0, full_state=True)
            if self.client.should_query_keys:
                await self.client.keys_query()

    async def say(self, room: str, text: str) -> str:
        """Posts an encrypted message and gives its id."""
        answer = await self.client.room_send(
            room,
            "m.room.message",
            {"msgtype": "m.text", "body": text},
            ignore_unverified_devices=True,
        )
        event = str(getattr(answer, "event_id", ""))
        if not event:
            raise Unavailable(process="synapse", what="encrypted message", why=str(answer))
        return event

    def sessions(self, room: str) -> list[str]:
        """Gives the sessions of a room as programs export them: more than anybody should send."""
        return [
            str(one.export_session(one.first_known_index))
            for one in self.client.olm.inbound_group_store
            if one.room_id == room
        ]


@dataclass(slots=True)
class EncryptedDay:
    """The acts in an encrypted room, and what is found out."""

    stage: Stage
    findings: Findings
    clerk: Clerk
    sender: Keyholder
    reporter: Keyholder
    room: str
    events: list[str]

    async def one_message_is_proved(self) -> None:
        """The member's tool discloses one message; the desk holds it against the signatures."""
        event = self.events[1]
        said, code = await self._disclose(event)
        self.findings.add(
            "`evenhand disclose`: shows the one message alone, and the desk takes it",
            expected=(0, True, False),
            found=(code, THREAT in said, BEFORE in said or AFTER in said),
        )
        page = await self._page_of(event, lambda text: PROVED in text)
        item = DISCLOSED_ITEM.search(page)
        case = await self._case(event)
        shown = ""
        if item is not None and case is not None:
            shown = await asyncio.to_thread(
                self.clerk.open_evidence, case, item[1], "to read what was disclosed"
            )
        self.findings.add(
            "encrypted message: shown as proved; its words for a reason, and no others",
            expected=(True, True, False),
            found=(PROVED in page, THREAT in html.unescape(shown), BEFORE in html.unescape(shown)),
        )

    async def one_is_forged(self) -> None:
        """The reporter opens somebody's harmless message with the key of words of their own."""
        event = self.events[0]
        status, _ = await self._send(event, b64encode(_own_key()).decode())
        page = await self._page_of(event, lambda text: NOT_OPENED in text)
        self.findings.add(
            "forged disclosure: shown as claimed with its reason, no words, no sender",
            expected=(201, True, True, False, False),
            found=(
                status,
                CLAIMED in page,
                NOT_OPENED in page,
                DISCLOSED_ITEM.search(page) is not None,
                self.sender.id in page,
            ),
        )

    async def a_session_is_refused(self) -> None:
        """What would open the whole conversation is refused, and nothing of it is kept."""
        event = self.events[2]
        session = self.reporter.sessions(self.room)[0]
        status, said = await self._send(event, session)
        case = await self._case(event)
        self.findings.add(
            "exported session: refused with its reason, no case",
            expected=(True, True, None),
            found=(400 <= status < 500, EVERY_LATER_ONE in said, case),
        )

    async def _disclose(self, event: str) -> tuple[str, int]:
        """Runs the member's tool as a member does, and gives what it said and its exit code."""
        folder = self.stage.home / "members"
        keys, token = folder / "exported-keys.txt", folder / "token"
        await self.reporter.client.export_keys(str(keys), PASSPHRASE, count=1000)
        token.touch(mode=0o600)
        token.write_text(self.reporter.token)
        command = [
            *(sys.executable, "-m", "evenhand", "disclose"),
            f"https://matrix.to/#/{self.room}/{event}",
            *("--homeserver", self.stage.homeserver.url, "--account", self.reporter.id),
            *("--desk", self.stage.site.public_url, "--harm", HARM, "--text", WHY),
            *("--keys", str(keys), "--token-file", str(token)),
        ]
        done = await asyncio.to_thread(_run, command, f"{PASSPHRASE}\nyes\n", folder)
        keys.unlink()
        token.unlink()
        if done.returncode:
            self.findings.miss(f"evenhand disclose: {done.stderr[-400:]}")
        return done.stdout, done.returncode

    async def _send(self, event: str, prk: str) -> tuple[int, str]:
        report: dict[str, Any] = {
            "about": f"event:{event}",
            "harm": HARM,
            "text": WHY,
            "disclosure": {"room_id": self.room, "event_id": event, "prk": prk},
        }
        async with httpx.AsyncClient(timeout=DESK_SECONDS) as client:
            answer = await client.post(f"{self.stage.site.public_url}{REPORTS}", json=report)
        return answer.status_code, answer.text

    async def _case(self, event: str) -> UUID | None:
        found = await asyncio.to_thread(open_cases_about, event, None)
        return found[0] if found else None

    async def _page_of(self, event: str, says: Callable[[str], bool]) -> str:
        """Gives the page of the case about a message, once it says what is waited for."""
        page = ""

        async def look() -> bool:
            nonlocal page
            case = await self._case(event)
            if case is not None:
                page = html.unescape(await asyncio.to_thread(self.clerk.case, case))
            return says(page)

        await until(look)
        return page


async def play_encrypted(stage: Stage, findings: Findings, clerk: Clerk) -> None:
    """Plays the reports from an encrypted room, and adds what was found."""
    sender = await Keyholder.registered(stage, "egon.caller", 711)
    reporter = await Keyholder.registered(stage, "rita.member", 712)
    try:
        room = await _room_of(sender, reporter)
        events = [await sender.say(room, text) for text in (BEFORE, THREAT, AFTER)]
        await reporter.settle()
        day = EncryptedDay(stage, findings, clerk, sender, reporter, room, events)
        acts: tuple[Callable[[], Awaitable[None]], ...] = (
            day.one_message_is_proved,
            day.one_is_forged,
            day.a_session_is_refused,
        )
        for act in acts:
            await act()
    finally:
        await sender.client.close()
        await reporter.client.close()


async def _room_of(sender: Keyholder, reporter: Keyholder) -> str:
    """Gives an encrypted room of two, each with the other's keys."""
    state = [{"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]
    made = await sender.client.room_create(invite=[reporter.id], initial_state=state)
    room = str(made.room_id)
    await reporter.client.join(room)
    for one in (sender, reporter, sender):
        await one.settle()
    return room


def _own_key() -> bytes:
    """Gives the key of a message that the reporter made up in a session of their own."""
    session = vodozemac.GroupSession()
    inbound = vodozemac.InboundGroupSession(session.session_key)
    session.encrypt(b'{"content": {"body": "I will burn your house."}}')
    exported = inbound.export_at(0)
    assert exported is not None, "the session begins with this message"
    return key_of(exported.to_base64(), index=0)


def _run(command: list[str], typed: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Runs a command that nobody sits at: its questions are answered from what is typed."""
    return subprocess.run(  # noqa: S603  our own tool
        command,
        input=typed,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TOOL_SECONDS,
        check=False,
        start_new_session=True,
    )
