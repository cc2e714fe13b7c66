"""The proof: somebody whose message was refused sees their entry in the log, and checks it.

By the page, in a browser of their own, and on the command line, where every program is a process
that knows the public files and nothing else. Copies are tampered with, and each is refused.
"""

import asyncio
import html
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from evenhand.base.clock import now
from evenhand.base.lists import ChannelKind
from evenhand.base.sealing import read_key
from evenhand.demo.actors import Person
from evenhand.demo.chromium import checked_in_browser
from evenhand.demo.findings import Findings
from evenhand.demo.looking import until
from evenhand.demo.names import address
from evenhand.demo.readings import published_and_protected
from evenhand.demo.staff import Browser
from evenhand.demo.stage import Stage
from evenhand.proof.keys import LogKeys
from evenhand.proof.notes import Checkpoint, Signer, parts, sign

OFFER = "Selling c0ca1ne and w33d, uncut, write to me"
CODE = re.compile(r'class="code">((?:[A-Z2-7]{5} ){7}[A-Z2-7]{4})<')
IN_LOG = "It is in the log"
READER, CODE_FILE, RECEIPT_FILE = "reader", "code", "receipt.json"
"""Where the demo's reader keeps what they have: a folder, and files in it."""
CHECKS = ("leaf", "path", "signature", "entry", "consistency")
EQUAL, DIFFERS = 0, 1


@dataclass(slots=True)
class ProofDay:
    """The act, and what is found out."""

    stage: Stage
    findings: Findings

    async def play(self) -> None:
        """Plays it; what rests on a step that failed is not played."""
        person = await Person(self.stage.homeserver.url, "pia.proof", address(811)).registered()
        try:
            link = await self._refused(person)
        finally:
            await person.close()
        code = "" if link is None else await asyncio.to_thread(self._code, link)
        if not code:
            self.findings.add("statement of reasons with a code", expected=True, found=False)
            return
        receipt = await self.it_is_in_the_log(code)
        if receipt is None:
            return
        await asyncio.to_thread(self.the_command_line_agrees, receipt)
        await self.the_browser_agrees(receipt)
        day = now().date()
        await asyncio.to_thread(published_and_protected, day)
        await asyncio.to_thread(self.the_report_recomputes, day)
        await asyncio.to_thread(self.tampered_copies_are_refused, day)
        await asyncio.to_thread(self.a_fork_is_cried_out)

    async def it_is_in_the_log(self, code: str) -> Path | None:
        """The page shows the entry as soon as its batch entered; the receipt is saved."""
        pages: list[str] = []
        begun = time.monotonic()

        async def entered() -> bool:
            pages[:] = [await asyncio.to_thread(self._asked, "/proof/", code)]
            return IN_LOG in pages[0]

        found = await until(entered, pause=1.0)
        self.findings.add(
            "code of a statement of reasons: the public page shows its entry in the log",
            expected=(True, True),
            found=(found, bool(pages) and OFFER not in pages[0]),
            seconds=time.monotonic() - begun,
        )
        if not found:
            return None
        (self._folder / CODE_FILE).write_text(code + "\n")
        file = self._folder / RECEIPT_FILE
        file.write_text(await asyncio.to_thread(self._asked, "/proof/receipt.json", code))
        return file

    def the_command_line_agrees(self, receipt: Path) -> None:
        """`evenhand verify` holds the receipt against the log; an altered one it refuses."""
        log = self.stage.site.public_url
        held = self._evenhand("verify", "inclusion", str(receipt), "--log", log, "--key", self._key)
        altered = receipt.with_name("altered.json")
        content = json.loads(receipt.read_text())
        content["shown"]["harm"] = "m.spam"
        altered.write_text(json.dumps(content))
        refused = self._evenhand("verify", "inclusion", str(altered), "--key", self._key)
        self.findings.add(
            "… on the command line: equal; with another harm in it: not",
            expected=(EQUAL, DIFFERS),
            found=(held, refused),
        )

    async def the_browser_agrees(self, receipt: Path) -> None:
        """The saved receipt is checked in Chromium, by the page's script from the log's files."""
        url = f"{self.stage.site.public_url}/proof/"
        seen = await checked_in_browser(url, receipt)
        if seen is None:
            self.findings.say("no Chromium starts here: the receipt was not checked in it")
            return
        altered = await checked_in_browser(url, receipt.with_name("altered.json"))
        self.findings.add(
            "… in the reader's own browser: every check holds; the altered one's first does not",
            expected=("holds", "does not hold"),
            found=(_said(seen, CHECKS), _said(altered or {}, CHECKS[:1])),
        )

    def the_report_recomputes(self, day: date) -> None:
        """Every number of the published day is counted again from the log."""
        begun = time.monotonic()
        self.findings.add(
            "report of the day: every number counted again from the log, and equal",
            expected=(EQUAL, EQUAL),
            found=(
                self._evenhand("verify", "log", str(self._public), "--key", self._key),
                self._verified_report(day, self._public),
            ),
            seconds=time.monotonic() - begun,
        )

    def tampered_copies_are_refused(self, day: date) -> None:
        """A number in the report, a bit in a bundle: each copy is refused."""
        number = self._copy("number")
        file = number / "reports" / day.isoformat() / "report.json"
        report = json.loads(file.read_text())
        report["figures"]["removed"] = 1_000
        file.write_text(json.dumps(report))
        bit = self._copy("bit")
        bundle = next(one for one in sorted((bit / "log/tile/entries").iterdir()) if one.is_file())
        content = bytearray(bundle.read_bytes())
        content[100] ^= 1
        bundle.write_bytes(content)
        self.findings.add(
            "tampered copies are refused: a number in the report, a bit in the log",
            expected=(DIFFERS, DIFFERS),
            found=(
                self._verified_report(day, number),
                self._evenhand("verify", "log", str(bit), "--key", self._key),
            ),
        )

    def a_fork_is_cried_out(self) -> None:
        """An auditor sees the log, and then one that its own key signed with another past."""
        state = self._folder / "audit"
        words = ("--state", str(state), "--once", "--key", self._key)
        first = self._evenhand("audit", self.stage.site.public_url, *words)
        fork = self._copy("fork")
        note = (state / "latest.note").read_text()
        seen = Checkpoint.parse(parts(note)[0])
        signer = Signer(seen.origin, read_key(self.stage.home / "keys" / "log.key"))
        other = Checkpoint(seen.origin, seen.size, bytes(reversed(seen.root)))
        (fork / "log" / "checkpoint").write_text(sign(other, [signer]))
        second = self._evenhand("audit", str(fork), *words)
        self.findings.add(
            "auditor: follows the log, cries out on a fork, keeps both signed notes",
            expected=(EQUAL, DIFFERS, 1),
            found=(first, second, len(list((state / "forks").glob("*/kept.note")))),
        )

    @property
    def _folder(self) -> Path:
        folder = self.stage.home / READER
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def _public(self) -> Path:
        return self.stage.home / "public"

    @property
    def _key(self) -> str:
        """Gives the log's first key, as somebody knows it from elsewhere."""
        list_of_keys = (self.stage.home / "keys" / "log.keys.json").read_text("utf-8")
        return str(LogKeys.from_json(list_of_keys).first)

    def _verified_report(self, day: date, site: Path) -> int:
        return self._evenhand("verify", "report", day.isoformat(), str(site), "--key", self._key)

    def _copy(self, name: str) -> Path:
        folder = self._folder / name
        # What is being written under another name goes while it is copied.
        shutil.copytree(self._public, folder, ignore=shutil.ignore_patterns("*.partial"))
        return folder

    def _evenhand(self, *words: str) -> int:
        """Runs a command as a stranger would: a process that is told nothing but the words."""
        done = subprocess.run(  # noqa: S603  our own program and words of this file
            [sys.executable, "-m", "evenhand", *words],
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
            cwd=self._folder,
        )
        if done.returncode not in {EQUAL, DIFFERS}:
            self.findings.miss(f"evenhand {words[0]} {words[1]}: {done.stderr.strip()[-400:]}")
        return done.returncode

    async def _refused(self, person: Person) -> str | None:
        """Posts what a rule refuses, and gives the statement's link from the refusal."""
        room = await person.create(ChannelKind.PUBLIC, name="Proof of the pudding")
        sent = await person.post(room, OFFER)
        return sent.objection

    def _code(self, link: str) -> str:
        """Gives the code on the page of a statement; its record waits for the worker at first."""
        browser = Browser(self.stage.site.public_url)
        path = link.replace(self.stage.site.public_url, "")
        for _ in range(60):
            answer = browser.client.get(path)
            found = CODE.search(html.unescape(answer.text))
            if found:
                browser.close()
                return found[1]
            time.sleep(1)
        browser.close()
        return ""

    def _asked(self, path: str, code: str) -> str:
        browser = Browser(self.stage.site.public_url)
        try:
            return browser.send(path, "/proof/", {"code": code})
        finally:
            browser.close()


def ways_to_check(stage: Stage) -> list[str]:
    """Gives what somebody who looks at the demo can call, or open, to check it themselves."""
    url, reader, day = stage.site.public_url, stage.home / "reader", now().date()
    program = f"{Path(sys.executable).parent}/evenhand"
    if not (reader / CODE_FILE).exists():
        return []
    return [
        f"{url}/proof/  with the code {(reader / CODE_FILE).read_text().strip()}",
        f"{program} verify inclusion {reader / RECEIPT_FILE} --log {url}",
        f"{program} verify report {day} {url}",
        f"{program} verify log {stage.home / 'public'}",
        f"EVENHAND_HOME={stage.home} {program} log status",
    ]


def _said(checks: Mapping[str, str], names: Sequence[str]) -> str:
    """Gives whether every check of these names was made and holds."""
    return "holds" if all(checks.get(name) == "true" for name in names) else "does not hold"


async def play_proof(stage: Stage, findings: Findings) -> None:
    """Plays the proof and adds what was found."""
    await ProofDay(stage, findings).play()
