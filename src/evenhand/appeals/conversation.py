"""The desk's own account: whoever writes to it gets an answer, in their language, from their side.

The messenger says who writes; so nobody learns of a decision, or objects to one, but the account
that was told of it. It answers in chats of two alone.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction
from nacl.public import PublicKey

from evenhand.actions.models import Decision
from evenhand.actions.statements import OBJECTION, objection_url
from evenhand.actions.statements import phrases as said_of_decisions
from evenhand.appeals import account_steps, queries, steps, talk_steps
from evenhand.appeals.checks import (
    AppealsPaused,
    NotOpen,
    ObjectionExists,
    ObjectionRefused,
    TooMuchSaid,
    WindowClosed,
)
from evenhand.appeals.commands import Asked, Command, understood
from evenhand.appeals.limits import (
    DECISIONS_LISTED_MAX,
    LANGUAGE_CHARACTERS_MIN,
    OBJECTION_CHARACTERS_MAX,
    TALK_MESSAGES_MAX,
    TALK_WINDOW,
)
from evenhand.appeals.phrases import phrases, unread_by_a_lawyer
from evenhand.appeals.ports import DeskAccount, Invited, Said
from evenhand.base.errors import EvenhandError, Unavailable, where
from evenhand.base.lists import Language
from evenhand.base.sealing import token_for
from evenhand.cases.queries import objection_to
from evenhand.legal.asking import link_for
from evenhand.legal.limits import ASKING_LINK
from evenhand.signals.language import spoken_language

log = structlog.get_logger()

ALONE = 2
"""Members of a chat in which the desk's account speaks: itself and one person."""


@dataclass(slots=True)
class Conversation:
    """Reads what came and answers it; what was acted on before a kill is not acted on again."""

    account: DeskAccount
    public_url: str
    token_key: bytes
    evidence_key: PublicKey
    now: Callable[[], datetime]
    _spoken: dict[str, deque[datetime]] = field(default_factory=dict)

    def run(self) -> int:
        """Answers everything new, then keeps how far that was; gives how much there was."""
        name = self.account.name
        heard = self.account.listen(queries.cursor_of(name))
        for said in heard.said:
            self._answer_safely(said)
        for invited in heard.invited:
            self._enter(invited)
        account_steps.keep_cursor(name, heard.since, now=self.now())
        return len(heard.invited) + len(heard.said)

    def _enter(self, invited: Invited) -> None:
        """Enters a chat of two, and declines all others.

        What cannot be entered now, since another server does not answer or the room is vast, is
        declined too: who invited sees it and can ask again, and nobody else has to wait for it.
        """
        if invited.direct:
            try:
                self.account.join(invited.room)
            except Unavailable as error:
                log.info("invitation_declined", why=type(error).__name__)
            else:
                return
        self.account.leave(invited.room)

    def _answer_safely(self, said: Said) -> None:
        """Answers one message; what goes wrong with it must not stop the others."""
        try:
            self._answer(said)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001  one message must not stop the others
            log.warning("answer_failed", error=type(error).__name__, at=where(error))
            self._say(said, self._words(self._language(said, None))["failed"])

    def _answer(self, said: Said) -> None:
        if self.account.members(said.room) > ALONE:
            self.account.leave(said.room)
            return
        spoken = self._count(said.sender)
        asked = understood(said.text) if said.text is not None else None
        words = self._words(self._language(said, asked))
        if spoken > TALK_MESSAGES_MAX:
            if spoken == TALK_MESSAGES_MAX + 1:
                self._say(said, words["slow"])
        elif said.encrypted:
            self._say(said, words["encrypted"])
        elif asked is None:
            self._say(said, words["no_text"])
        else:
            self._do(said, asked)

    def _do(self, said: Said, asked: Asked) -> None:
        language = self._language(said, asked)
        answered = self.account.decision_in(said.room, said.answers) if said.answers else None
        number = asked.number or answered
        match asked.command:
            case Command.CONCERNED:
                self._say(said, self._concerned(said.sender, language))
            case Command.REPORT:
                url = f"{self.public_url}/report/"
                self._say(said, self._words(language)["report"].format(url=url))
            case Command.DECISIONS:
                self._say(said, self._decisions(said.sender, language))
            case Command.OBJECTION | None if number is not None:
                self._about(said, number, self._text(asked, answered), language)
            case _:
                self._say(said, self._words(language)["help"])

    def _text(self, asked: Asked, answered: UUID | None) -> str:
        """Gives the reasons: a number alone, without the word, only asks which decision it is."""
        meant = asked.command is Command.OBJECTION or answered is not None
        return asked.rest if meant else ""

    def _about(self, said: Said, number: UUID, text: str, language: Language) -> None:
        words = self._words(language)
        decision = queries.told_decision(number, said.sender)
        if decision is None:
            self._say(said, words["unknown"])
        elif not text:
            self._say(said, self._which(decision, language), decision=decision.id)
        else:
            said_back = self._object(said, decision, text, words)
            self._say(said, said_back, decision=decision.id)

    def _object(self, said: Said, decision: Decision, text: str, words: dict[str, str]) -> str:
        """Takes an objection, or what belongs to it, once; gives what to say of it."""
        url = self._url(decision)
        try:
            with transaction.atomic():
                if not account_steps.note_handled(self.account.name, said.event, now=self.now()):
                    key = "received"
                elif (case := objection_to(decision.id)) is not None:
                    self._add(said, case.id, text)
                    key = "added"
                else:
                    self._begin(decision, text)
                    key = "received"
        except WindowClosed as error:
            day = error.fields["last_day"]
            return words["closed"].format(id=decision.id, day=day, url=url)
        except ObjectionRefused:
            return words["too_long"].format(characters=OBJECTION_CHARACTERS_MAX, url=url)
        except (AppealsPaused, NotOpen, TooMuchSaid, ObjectionExists) as error:
            return words[_refused(error)].format(id=decision.id, url=url)
        return words[key].format(id=decision.id, url=url)

    def _begin(self, decision: Decision, text: str) -> None:
        steps.object_to(
            decision.id,
            token_for(OBJECTION, decision.id.bytes, key=self.token_key),
            text,
            token_key=self.token_key,
            evidence_key=self.evidence_key,
            now=self.now(),
        )

    def _add(self, said: Said, case_id: UUID, text: str) -> None:
        talk_steps.answer(
            case_id,
            text,
            origin=f"account:{said.event}",
            evidence_key=self.evidence_key,
            now=self.now(),
        )

    def _which(self, decision: Decision, language: Language) -> str:
        return self._words(language)["which"].format(
            id=decision.id,
            date=f"{decision.at:%Y-%m-%d}",
            harm=said_of_decisions(language)["harms"].get(decision.harm, decision.harm),
            url=self._url(decision),
        )

    def _decisions(self, account: str, language: Language) -> str:
        words = self._words(language)
        found = queries.decisions_told(account, rows_max=DECISIONS_LISTED_MAX)
        if not found:
            return words["none"]
        harms = said_of_decisions(language)["harms"]
        lines = [
            words["one"].format(
                id=one.id, date=f"{one.at:%Y-%m-%d}", harm=harms.get(one.harm, one.harm)
            )
            for one in found
        ]
        return "\n".join([words["decisions"], *lines])

    def _concerned(self, account: str, language: Language) -> str:
        until = (self.now() + ASKING_LINK).date()
        url = self.public_url + link_for(account, until=until, key=self.token_key)
        return self._words(language)["concerned"].format(day=until.isoformat(), url=url)

    def _url(self, decision: Decision) -> str:
        return objection_url(decision.id, public_url=self.public_url, key=self.token_key)

    def _language(self, said: Said, asked: Asked | None) -> Language:
        """Gives the language of the word, else of the text, else of the last decision."""
        if asked is not None and asked.language is not None:
            return asked.language
        if asked is not None and len(asked.rest) >= LANGUAGE_CHARACTERS_MIN:
            spoken = spoken_language(asked.rest)
            if spoken in list(Language):
                return Language(spoken)
        known = queries.decisions_told(said.sender, rows_max=1)
        return Language(known[0].language) if known else Language.EN

    def _words(self, language: Language) -> dict[str, str]:
        words = dict(phrases(language)["account"])
        words["help"] = "\n".join([words["help"], *unread_by_a_lawyer(language)])
        return words

    def _say(self, said: Said, text: str, *, decision: UUID | None = None) -> None:
        self.account.say(said.room, text, key=f"answer-{said.event}", decision=decision)

    def _count(self, account: str) -> int:
        """Counts a message and gives how many there were in the window."""
        moment = self.now()
        spoken = self._spoken.setdefault(account, deque(maxlen=TALK_MESSAGES_MAX + 2))
        while spoken and spoken[0] <= moment - TALK_WINDOW:
            spoken.popleft()
        spoken.append(moment)
        for other in [name for name, times in self._spoken.items() if not times]:
            del self._spoken[other]
        return len(spoken)


def _refused(error: EvenhandError) -> str:
    match error:
        case AppealsPaused():
            return "paused"
        case TooMuchSaid():
            return "enough"
        case _:
            return "decided"
