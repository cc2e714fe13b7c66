"""`evenhand faults`: kills our processes at random while people post, then compares everything.

Killed is any process but Synapse, with SIGKILL, at seeded moments; the supervisor brings it back.
Afterwards the decisions must equal the effects that a Matrix client reads back, each statement must
have arrived once, and the report must count what there is.
"""

import argparse
import asyncio
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from evenhand.base.lists import ChannelKind
from evenhand.demo.actors import Person, Sent
from evenhand.demo.findings import Findings
from evenhand.demo.messages import Expected, Labelled, read_messages
from evenhand.demo.play import DAY, print_findings, state_folder
from evenhand.demo.stage import OURS, Stage
from evenhand.demo.town import Town

KILLS = 200
SENDERS = 30
PAUSE_SECONDS = (0.3, 2.2)
"""Seconds between two kills: some hit a process that is still starting."""

POST_PAUSE_SECONDS = (3.0, 9.0)
"""Seconds between two messages of one sender: who posts faster than a person can is a flood."""

HARMFUL_SHARE = 0.45
SETTLE_SECONDS_MAX = 180.0
QUIET_SECONDS = 6.0
"""Nothing may change for so long before things count as settled: longer than any sweep's pause."""


@dataclass(slots=True)
class Load:
    """What was posted while processes died, and what clients were told."""

    posted: list[tuple[Labelled, Person, Sent]] = field(default_factory=list)
    stopped: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand faults`."""
    parser.add_argument("--kills", type=_kills, default=KILLS, help=f"kills to make ({KILLS})")
    parser.add_argument("--seed", type=int, default=1, help="order and moments of the kills")


def _kills(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} kills nothing: give a number from 1 on")
    return int(word)


def run(options: argparse.Namespace) -> int:
    """Plays a load under kills; the exit code tells whether all held."""
    console = Console(highlight=False)
    home = Path(tempfile.mkdtemp(prefix="faults-", dir=state_folder()))
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("starting", total=options.kills)
        stage = Stage(home, lambda _said: None)
        try:
            stage.start()
            findings = asyncio.run(
                _play(
                    stage, options, lambda said: progress.update(task, advance=1, description=said)
                )
            )
        finally:
            stage.stop()
    print_findings(console, findings, title=f"After {options.kills} kills, seed {options.seed}")
    if findings.hold:
        shutil.rmtree(home, ignore_errors=True)
    else:
        console.print(f"State and logs: {home}")
    return 0 if findings.hold else 1


async def _play(stage: Stage, options: argparse.Namespace, step: Callable[[str], None]) -> Findings:
    from evenhand.demo import accounts_settled

    messages = [message for path in DAY for message in read_messages(path)]
    town = await Town.built(stage.homeserver.url, SENDERS)
    for sender in town.senders[1:]:
        await sender.join(town.public[0])
    load = Load()
    posting = asyncio.gather(
        *(
            _post_until_stopped(load, town, sender, share, seed=options.seed + number)
            for number, (sender, share) in enumerate(
                zip(town.senders, _shares(messages, SENDERS), strict=True)
            )
        )
    )
    killed = await _kill(stage, options.kills, seed=options.seed, step=step)
    load.stopped = True
    await posting
    step("settling")
    for name in OURS:
        await asyncio.to_thread(stage.supervisor.wait_ready, name)
    findings = Findings()
    findings.say("killed: " + ", ".join(f"{name} {n}" for name, n in sorted(killed.items())))
    findings.say(f"{len(load.posted)} messages posted meanwhile")
    await _settle(
        stage, town, accounts_settled.state, lambda: accounts_settled.left_to_do(load.posted)
    )
    timeline = {str(event["event_id"]): event for event in await town.witness.read(town.public[0])}
    notices = {sender.id: await sender.notices() for sender in town.senders}
    await asyncio.to_thread(accounts_settled.compare, load.posted, timeline, notices, findings)
    await town.close()
    return findings


def _shares(messages: list[Labelled], count: int) -> list[list[Labelled]]:
    """Gives each sender their own lawful messages, and all the unlawful ones."""
    public = [message for message in messages if message.channel is ChannelKind.PUBLIC]
    lawful = [message for message in public if message.expect is Expected.NONE]
    unlawful = [message for message in public if message.expect is not Expected.NONE]
    return [lawful[number::count] + unlawful for number in range(count)]


async def _post_until_stopped(
    load: Load, town: Town, sender: Person, share: list[Labelled], *, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  a load, not a secret
    lawful = [message for message in share if message.expect is Expected.NONE]
    unlawful = [message for message in share if message.expect is not Expected.NONE]
    while not load.stopped:
        if lawful and chance.random() > HARMFUL_SHARE:
            message = lawful.pop()
        else:
            message = chance.choice(unlawful)
        sent = await sender.post(town.public[0], message.text)
        load.posted.append((message, sender, sent))
        await asyncio.sleep(chance.uniform(*POST_PAUSE_SECONDS))


async def _kill(
    stage: Stage, kills: int, *, seed: int, step: Callable[[str], None]
) -> Counter[str]:
    chance = random.Random(seed)  # noqa: S311  a load, not a secret
    killed: Counter[str] = Counter()
    while killed.total() < kills:
        until = time.monotonic() + chance.uniform(*PAUSE_SECONDS)
        while time.monotonic() < until:
            stage.supervisor.watch()
            await asyncio.sleep(0.02)
        name = chance.choice(OURS)
        stage.supervisor.kill(name)
        killed[name] += 1
        step(f"killed {name}")
    return killed


async def _settle(
    stage: Stage, town: Town, state: Callable[[], tuple[int, ...]], unseen: Callable[[], int]
) -> None:
    """Waits until nothing is left to do and nothing changes any more, here or in the room."""
    give_up = time.monotonic() + SETTLE_SECONDS_MAX
    last: tuple[int, ...] = ()
    since = time.monotonic()
    while time.monotonic() < give_up and time.monotonic() - since < QUIET_SECONDS:
        stage.supervisor.watch()
        left = await asyncio.to_thread(unseen)
        current = (*await asyncio.to_thread(state), len(await town.witness.read(town.public[0])))
        if current != last or left:
            last, since = current, time.monotonic()
        await asyncio.sleep(0.5)
