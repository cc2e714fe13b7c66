"""The act in which labelled messages are posted, and what became of each is read back."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from evenhand.base.lists import ChannelKind
from evenhand.demo.actors import Person, Sent
from evenhand.demo.findings import Findings
from evenhand.demo.messages import Expected, Labelled
from evenhand.demo.readings import Ledger, language_of
from evenhand.demo.town import AT_ONCE, Town

MESSAGES_PER_PERSON = 8
"""An account that posts more in a minute would look like a flood, which is not what is tried."""

NOTICE_SECONDS_MAX = 60.0

REFUSING = (Expected.REFUSE, Expected.HOLD)


@dataclass(frozen=True, slots=True)
class Posted:
    """A message, who posted it where, and what the client was told."""

    message: Labelled
    sender: Person
    room: str
    sent: Sent


async def post_all(
    town: Town, messages: list[Labelled], *, seed: int, step: Callable[[], None]
) -> list[Posted]:
    """Posts every message in a seeded order and gives what each client was told."""
    order = list(enumerate(messages))
    random.Random(seed).shuffle(order)  # noqa: S311  an order, not a secret
    # Nobody posts both what is refused and what is not: what one does must not shade the other.
    guilty = [item for item in order if item[1].expect is not Expected.NONE]
    innocent = [item for item in order if item[1].expect is Expected.NONE]
    shares = [
        items[start : start + MESSAGES_PER_PERSON]
        for items in (innocent, guilty)
        for start in range(0, len(items), MESSAGES_PER_PERSON)
    ]
    assert len(shares) <= len(town.senders)
    posted: list[Posted] = []
    gate = asyncio.Semaphore(AT_ONCE)

    async def one_sender(sender: Person, share: list[tuple[int, Labelled]]) -> None:
        for number, message in share:
            async with gate:
                room = await town.room_for(sender, message.channel, number)
                sent = await sender.post(room, message.text)
            posted.append(Posted(message, sender, room, sent))
            step()

    pairs = zip(town.senders, shares, strict=False)
    await asyncio.gather(*(one_sender(sender, share) for sender, share in pairs))
    return posted


def senders_needed(messages: list[Labelled]) -> int:
    """Gives how many accounts it takes to post these messages."""
    guilty = sum(message.expect is not Expected.NONE for message in messages)
    return sum(-(-part // MESSAGES_PER_PERSON) for part in (guilty, len(messages) - guilty)) + 1


async def read_back(town: Town, posted: list[Posted], ledger: Ledger, findings: Findings) -> None:
    """Reads every room and every notice, and adds what was found."""
    timeline = {
        str(event.get("event_id")): event
        for room in {one.room for one in posted}
        for event in await town.witness.read(room)
    }
    outcomes = [(one, _became(one, timeline, ledger)) for one in posted]
    compare(outcomes, ledger, findings)
    for one, _ in outcomes:
        if one.sent.decision is not None:
            findings.verdict_seconds.append(one.sent.seconds)
    _count_kinds(outcomes, findings)
    await _statements(posted, findings)


def compare(outcomes: list[tuple[Posted, Expected]], ledger: Ledger, findings: Findings) -> None:
    """Adds a line for each kind of label: for how many messages it came as labelled."""
    for expected in Expected:
        of_kind = [(one, found) for one, found in outcomes if one.message.expect is expected]
        if not of_kind:
            continue
        wrong = [(one, found) for one, found in of_kind if not _fits(one, found, ledger)]
        for one, found in wrong:
            findings.miss(_story(one, found, ledger))
        findings.add(
            _TITLES[expected],
            expected=f"{len(of_kind)} of {len(of_kind)}",
            found=f"{len(of_kind) - len(wrong)} of {len(of_kind)}",
        )


_TITLES = {
    Expected.NONE: "lawful and out-of-scope messages stand untouched",
    Expected.REFUSE: "illegal messages refused at posting, with reason and decision id",
    Expected.HOLD: "doubtful messages held for a person",
    Expected.REDACT: "messages on an exact list are not to be seen",
}


def _became(one: Posted, timeline: dict[str, Any], ledger: Ledger) -> Expected:
    """Gives what became of a message, as the witness sees it."""
    if one.sent.event_id is not None:
        event = timeline.get(one.sent.event_id)
        body = event.get("content", {}).get("body") if event else None
        return Expected.NONE if body == one.message.text else Expected.REDACT
    decision = one.sent.decision
    if decision is not None and ledger.held(decision):
        return Expected.HOLD
    return Expected.REFUSE


def _fits(one: Posted, found: Expected, ledger: Ledger) -> bool:
    expected, harm = one.message.expect, one.message.harm
    if expected is Expected.REDACT:
        # Before it is posted, what an exact list names is refused; afterwards it is redacted.
        return found in (Expected.REDACT, Expected.REFUSE)
    if found is not expected:
        return False
    if found not in REFUSING:
        return True
    decision = one.sent.decision
    return decision is not None and (not harm or ledger.harm(decision) == harm)


def _story(one: Posted, found: Expected, ledger: Ledger) -> str:
    decision = one.sent.decision
    said = f", harm {ledger.harm(decision)}" if decision else ""
    why = f", client was told: {one.sent.error[:120]}" if one.sent.error else ""
    wanted = f"{one.message.expect} {one.message.harm}".strip()
    return f"{one.message.id}: expected {wanted}, found {found}{said}{why}"


def _count_kinds(outcomes: list[tuple[Posted, Expected]], findings: Findings) -> None:
    languages = Counter(
        one.message.language
        for one, found in outcomes
        if found is one.message.expect is Expected.NONE
    )
    harms = Counter(
        one.message.harm for one, found in outcomes if found in REFUSING and one.message.harm
    )
    private = [one for one, _ in outcomes if one.message.channel is not ChannelKind.PUBLIC]
    findings.say(
        f"{sum(languages.values())} untouched messages in {len(languages)} languages, "
        f"{len(harms)} kinds of harm refused, {len(private)} messages in private or direct rooms"
    )


async def _statements(posted: list[Posted], findings: Findings) -> None:
    """Waits until every refused sender has every statement, each once and in their language."""
    due: dict[int, list[Posted]] = {}
    for one in posted:
        if one.sent.decision is not None:
            due.setdefault(id(one.sender), []).append(one)
    expected = sum(len(share) for share in due.values())
    arrived = once = right = 0
    give_up = asyncio.get_running_loop().time() + NOTICE_SECONDS_MAX
    for share in due.values():
        sender = share[0].sender
        notices = await sender.notices()
        while not all(_naming(one, notices) for one in share):
            if asyncio.get_running_loop().time() > give_up:
                break
            await asyncio.sleep(0.5)
            notices = await sender.notices()
        for one in share:
            texts = _naming(one, notices)
            arrived += bool(texts)
            once += len(texts) == 1
            fits = bool(texts) and _in_language(texts[0], one.message.language)
            right += fits
            if not fits:
                told = language_of(texts[0]) if texts else "nothing"
                findings.miss(f"{one.message.id}: statement in {told}, not {one.message.language}")
    findings.add("statements of reasons received by the sender", expected=expected, found=arrived)
    findings.add("… each once", expected=expected, found=once)
    findings.add("… in the sender's language", expected=expected, found=right)


def _naming(one: Posted, notices: list[str]) -> list[str]:
    return [text for text in notices if str(one.sent.decision) in text]


def _in_language(text: str, language: str) -> bool:
    told = language_of(text)
    return told == language if language in {"de", "en", "fr", "ru", "kk"} else True
