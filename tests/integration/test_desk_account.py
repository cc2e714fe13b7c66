"""The desk's own account: who writes to it hears of their own decisions, and objects to them."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from tests.integration.cases_of_tests import (
    NOW,
    TOKEN_KEY,
    Keys,
    decided,
    reviewer,
    settle,
    token_of,
)

from evenhand.actions.models import Decision
from evenhand.appeals import queries, steps
from evenhand.appeals.checks import window_ends
from evenhand.appeals.conversation import Conversation
from evenhand.appeals.limits import TALK_MESSAGES_MAX
from evenhand.appeals.models import AccountCursor, AppealMessage
from evenhand.appeals.phrases import phrases
from evenhand.base.errors import Unavailable
from evenhand.base.ids import new_id
from evenhand.base.lists import Language
from evenhand.base.sealing import unseal
from evenhand.cases.models import Case
from evenhand.connectors.desk_account import MemoryDeskAccount
from evenhand.legal.asking import holder

pytestmark = pytest.mark.django_db

PERSON, OTHER = "@sender:example.test", "@other:example.test"
URL = "https://desk.test"


class Talk:
    """One person's chat with the desk's account."""

    def __init__(self, person: str = PERSON, *, encrypted: bool = False) -> None:
        self.keys = Keys.fresh()
        self.account = MemoryDeskAccount(f"@desk-{uuid4().hex[:8]}:twin.test")
        self.moment = NOW
        self.person = person
        self.conversation = self.begun()
        self.room = self.account.invite(person, encrypted=encrypted)
        self.conversation.run()

    def begun(self) -> Conversation:
        return Conversation(
            account=self.account,
            public_url=URL,
            token_key=TOKEN_KEY,
            evidence_key=self.keys.evidence.public_key,
            now=lambda: self.moment,
        )

    def says(self, text: str | None, *, answers: str = "") -> str:
        """Writes, and gives the answer."""
        before = len(self.account.heard_by(self.room))
        self.account.write(self.person, self.room, text, answers=answers)
        self.conversation.run()
        said = self.account.heard_by(self.room)[before:]
        assert len(said) <= 1
        return said[0] if said else ""


def words(language: Language = Language.DE) -> dict[str, str]:
    said = dict(phrases(language)["account"])
    note = phrases(language)["review"]["note"]
    return {**said, "help": f"{said['help']}\n\n{note}"}


def link(decision: UUID) -> str:
    return f"{URL}/objection/{decision}/{token_of(decision)}/"


def test_an_objection_by_direct_message_is_taken_and_sealed() -> None:
    talk = Talk()
    decision = decided(talk.keys)

    answer = talk.says(f"Widerspruch {decision.id}\nIch habe nur zitiert.")

    case = Case.objects.get()
    assert answer == words()["received"].format(id=decision.id, url=link(decision.id))
    assert case.objection is not None
    assert unseal(bytes(case.objection.sealed), key=talk.keys.evidence) == b"Ich habe nur zitiert"


def test_a_number_alone_tells_which_decision_and_how_to_object() -> None:
    talk = Talk()
    decision = decided(talk.keys)

    first = talk.says(str(decision.id))
    second = talk.says("It was a joke.", answers=talk.account.last_event(talk.room))
    third = talk.says("And my bank's.", answers=talk.account.last_event(talk.room))

    assert link(decision.id) in first
    assert str(decision.id) in second
    assert Case.objects.count() == 1
    assert AppealMessage.objects.get().side == "person"
    assert str(decision.id) in third


def test_somebody_elses_decision_looks_like_none() -> None:
    mine, theirs = Talk(), Talk(OTHER)
    decision = decided(mine.keys)

    known = theirs.says(f"objection {decision.id} Let them back.")
    unknown = theirs.says(f"objection {new_id(now=NOW)} Let them back.")

    assert known == unknown == words(Language.EN)["unknown"]
    assert not Case.objects.exists()


def test_a_question_is_answered_in_the_chat() -> None:
    from evenhand.appeals import talk_steps

    talk = Talk()
    decision = decided(talk.keys)
    talk.says(f"Widerspruch {decision.id} Ich habe nur zitiert.")
    talk_steps.ask(Case.objects.get().id, "Wen?", by=reviewer(), now=NOW)

    answer = talk.says(f"Widerspruch {decision.id} Meine Bank.")

    assert answer == words()["added"].format(id=decision.id)
    assert AppealMessage.objects.get(side="desk").answered_at == NOW
    assert len(queries.sealed_of(Case.objects.get().id)) == 1


def test_was_i_concerned_is_answered_by_a_link_of_the_account() -> None:
    talk = Talk()

    answer = talk.says("concerned?")

    _, _, name, until, token, _ = answer.rsplit(URL, 1)[1].split("/")
    day = datetime.fromisoformat(until).date()
    assert holder(name, day, token, on=NOW.date(), key=TOKEN_KEY) == PERSON


@pytest.mark.parametrize("language", list(Language))
def test_it_answers_in_the_language_of_the_word(language: Language) -> None:
    talk = Talk()
    word = phrases(language)["account"]["words"]["help"][0]

    assert talk.says(word) == words(language)["help"]
    assert talk.says(phrases(language)["account"]["words"]["report"][0]) == words(language)[
        "report"
    ].format(url=f"{URL}/report/")


def test_other_words_are_answered_in_the_language_of_the_last_decision() -> None:
    talk = Talk()
    decided(talk.keys, language=Language.FR)

    assert talk.says("??") == words(Language.FR)["help"]


def test_decisions_lists_only_own_ones() -> None:
    talk, other = Talk(), Talk(OTHER)
    decision = decided(talk.keys)

    assert str(decision.id) in talk.says("decisions")
    assert other.says("decisions") == words(Language.EN)["none"]


def test_an_encrypted_chat_is_told_so_and_not_read() -> None:
    talk = Talk(encrypted=True)

    assert talk.says("objection") == words(Language.EN)["encrypted"]


def test_what_is_no_text_is_told_so() -> None:
    assert Talk().says(None) == words(Language.EN)["no_text"]


def test_it_says_nothing_where_somebody_else_listens() -> None:
    talk = Talk()
    decision = decided(talk.keys)
    talk.account.chats[talk.room].members.add(OTHER)

    assert talk.says(str(decision.id)) == ""
    assert talk.account.name not in talk.account.chats[talk.room].members


def test_it_enters_no_room_that_is_no_direct_chat() -> None:
    talk = Talk()
    room = talk.account.invite(PERSON, direct=False)

    talk.conversation.run()

    assert talk.account.name not in talk.account.chats[room].members


def test_who_writes_too_much_is_told_once_and_heard_again_later() -> None:
    talk = Talk()
    answers = [talk.says("help") for _ in range(TALK_MESSAGES_MAX + 3)]

    assert answers[TALK_MESSAGES_MAX:] == [words(Language.EN)["slow"], "", ""]
    talk.moment += timedelta(minutes=11)
    assert talk.says("help") == words(Language.EN)["help"]


def test_after_six_months_it_says_when_that_ended() -> None:
    talk = Talk()
    decision = decided(talk.keys)
    settle()
    talk.moment = window_ends(NOW)

    answer = talk.says(f"Widerspruch {decision.id} Ich war verreist.")

    assert "2027-05-21" in answer
    assert not Case.objects.exists()


def test_about_a_decided_objection_it_points_to_the_outcome() -> None:
    talk = Talk()
    decision = decided(talk.keys)
    talk.says(f"Widerspruch {decision.id} Ich habe zitiert.")
    steps.refuse(Case.objects.get().id, by=reviewer(), reason="Nein.", now=NOW)

    answer = talk.says(f"Widerspruch {decision.id} Doch.")

    assert answer == words()["decided"].format(id=decision.id, url=link(decision.id))


@pytest.mark.parametrize("broken", range(1, 5))
def test_what_was_begun_before_a_kill_is_done_once(broken: int) -> None:
    talk = Talk()
    decision = decided(talk.keys)
    talk.account.write(talk.person, talk.room, f"Widerspruch {decision.id} Ich habe zitiert.")
    real_say, count = talk.account.say, 0

    def lost(room: str, text: str, *, key: str, decision: UUID | None = None) -> None:
        nonlocal count
        count += 1
        if count < broken:
            raise Unavailable(peer="twin")
        real_say(room, text, key=key, decision=decision)

    talk.account.say = lost  # type: ignore[method-assign]
    for _ in range(broken - 1):
        with pytest.raises(Unavailable):
            talk.begun().run()
    talk.begun().run()

    assert Case.objects.count() == 1
    assert not AppealMessage.objects.exists()
    assert talk.account.heard_by(talk.room) == [
        words()["received"].format(id=decision.id, url=link(decision.id))
    ]


def test_a_message_that_breaks_something_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Talk()

    def broken(*_: object, **__: object) -> list[Decision]:
        raise ValueError

    real = queries.decisions_told
    monkeypatch.setattr(
        "evenhand.appeals.conversation.queries.decisions_told",
        lambda account, rows_max: broken() if rows_max > 1 else real(account, rows_max=rows_max),
    )

    assert talk.says("decisions") == words(Language.EN)["failed"]
    assert talk.says("help") == words(Language.EN)["help"]
    assert AccountCursor.objects.get().since == "2"


def test_what_was_written_before_it_entered_is_answered() -> None:
    talk = Talk()
    room = talk.account.invite(PERSON)
    talk.account.write(PERSON, room, "help")

    talk.conversation.run()
    talk.conversation.run()

    assert talk.account.heard_by(room) == [words(Language.EN)["help"]]


def test_a_chat_that_cannot_be_entered_keeps_nobody_else_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    talk = Talk()
    hostile = talk.account.invite("@hostile:elsewhere.test")
    entered = talk.account.join

    def join(room: str) -> None:
        if room == hostile:
            raise Unavailable(peer="twin", why="its server does not answer")
        entered(room)

    monkeypatch.setattr(talk.account, "join", join)

    assert talk.says("help") == words(Language.EN)["help"]
    friendly = talk.account.invite(OTHER)
    talk.conversation.run()
    assert talk.account.name in talk.account.chats[friendly].members
    assert talk.account.name not in talk.account.chats[hostile].members
