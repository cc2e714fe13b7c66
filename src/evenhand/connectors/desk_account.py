"""The twin of the desk's own account: chats in memory, with what people can do in them."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from evenhand.appeals.ports import Heard, Invited, Said
from evenhand.base.errors import Unavailable


@dataclass(slots=True)
class TwinChat:
    """A chat of the twin; `spoken` is what the desk's account said, by key."""

    members: set[str]
    encrypted: bool = False
    events: list[Said] = field(default_factory=list)
    spoken: dict[str, tuple[str, str, UUID | None]] = field(default_factory=dict)


class MemoryDeskAccount:
    """The desk's account without a messenger; `fail_next` calls raise `Unavailable`."""

    def __init__(self, name: str = "@desk:twin.test") -> None:
        self.name = name
        self.chats: dict[str, TwinChat] = {}
        self.fail_next = 0
        self._invited: list[Invited] = []
        self._log: list[Said] = []

    def invite(self, account: str, *, direct: bool = True, encrypted: bool = False) -> str:
        """Lets somebody open a chat and invite the desk's account; gives the chat."""
        room = f"!{uuid4().hex}:twin.test"
        self.chats[room] = TwinChat({account}, encrypted=encrypted)
        self._invited.append(Invited(room, account, direct=direct))
        return room

    def write(self, account: str, room: str, text: str | None, *, answers: str = "") -> str:
        """Lets somebody write; gives the message's id."""
        chat = self.chats[room]
        said = Said(
            event=f"${uuid4().hex}",
            room=room,
            sender=account,
            text=None if chat.encrypted else text,
            encrypted=chat.encrypted,
            answers="" if chat.encrypted else answers,
        )
        chat.events.append(said)
        if self.name in chat.members:
            self._log.append(said)
        return said.event

    def heard_by(self, room: str) -> list[str]:
        """Gives what the desk's account said in a chat."""
        return [text for _, text, _ in self.chats[room].spoken.values()]

    def last_event(self, room: str) -> str:
        """Gives the id of the last thing that the desk's account said in a chat."""
        return list(self.chats[room].spoken.values())[-1][0]

    def listen(self, since: str) -> Heard:
        """Gives what came since then; with an empty `since` the open invitations alone."""
        self._fail()
        said = tuple(self._log[int(since) :]) if since else ()
        return Heard(str(len(self._log)), tuple(self._invited), said)

    def join(self, room: str) -> None:
        """Enters a chat that it was invited to; what was written before comes with it."""
        self._fail()
        self._log += self.chats[room].events
        self.chats[room].members.add(self.name)
        self._invited = [one for one in self._invited if one.room != room]

    def leave(self, room: str) -> None:
        """Leaves a chat, or declines to enter it."""
        self._fail()
        self.chats[room].members.discard(self.name)
        self._invited = [one for one in self._invited if one.room != room]

    def members(self, room: str) -> int:
        """Gives how many are in a chat."""
        self._fail()
        return len(self.chats[room].members)

    def say(self, room: str, text: str, *, key: str, decision: UUID | None = None) -> None:
        """Writes into a chat; the same key twice arrives once."""
        self._fail()
        self.chats[room].spoken.setdefault(key, (f"${uuid4().hex}", text, decision))

    def decision_in(self, room: str, event: str) -> UUID | None:
        """Gives the decision that an own message speaks of."""
        self._fail()
        spoken = self.chats[room].spoken.values()
        return next((decision for own, _, decision in spoken if own == event), None)

    def _fail(self) -> None:
        if self.fail_next:
            self.fail_next -= 1
            raise Unavailable(peer="twin")
