"""The DSA Transparency Database over HTTP: sends entries, asks for numbers.

Nothing is tried again here: the room of statements does that. What arrived without an answer is
`AnswerLost`; what did not arrive, or was put off, is `Unavailable`. Errors carry no entry.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from evenhand.base.errors import EvenhandError, Unavailable
from evenhand.statements.limits import BATCH_ENTRIES_MAX
from evenhand.statements.ports import Answer, AnswerLost, CallRefused, Held, NotLetIn, Stored

CALL_SECONDS_MAX = 60.0
"""Seconds that one call may take: a hundred entries are written before it answers."""

CONNECT_SECONDS_MAX = 10.0

WORDS_CHARACTERS_MAX = 200
"""Characters taken over of the database's own words about a fault."""

Json = Mapping[str, Any]


class DsaDatabase:
    """The database at one address, as one platform: the token says which.

    `url` ends before `/api/`; sandbox and production differ in it and in the token alone.
    """

    def __init__(
        self, url: str, token: str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._client = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1/",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=httpx.Timeout(CALL_SECONDS_MAX, connect=CONNECT_SECONDS_MAX),
            follow_redirects=False,  # 302 is an answer here, not a way to go
            transport=transport,
        )

    def submit(self, entries: Sequence[Mapping[str, object]]) -> Answer:
        """Sends up to 100 entries in one call; the database stores all of them or none."""
        assert 0 < len(entries) <= BATCH_ENTRIES_MAX, "the database takes up to 100"
        answer = self._call("POST", "statements", {"statements": list(entries)})
        match answer.status_code:
            case 201:
                told = _json(answer).get("statements", [])
                stored = tuple(_stored(one) for one in told)
                if {one.puid for one in stored} != {entry["puid"] for entry in entries}:
                    raise AnswerLost(call="statements", why="answered about other entries")
                return Answer(stored=stored)
            case 422:
                return _refused_batch(answer, len(entries))
            case _:
                raise _unexpected("statements", answer)

    def submit_one(self, entry: Mapping[str, object]) -> Answer:
        """Sends one entry by itself; a number that is taken brings back what is held under it."""
        answer = self._call("POST", "statement", entry)
        match answer.status_code:
            case 201:
                return Answer(stored=(_stored(_json(answer)),))
            case 422:
                told = _json(answer)
                held = told.get("existing")
                if isinstance(held, dict):
                    return Answer(held=_held(held, str(entry["puid"])))
                return Answer(refused={0: _fields(told.get("errors"))})
            case _:
                raise _unexpected("statement", answer)

    def has(self, puid: str) -> bool:
        """Tells whether the database holds an entry of this number."""
        answer = self._call("GET", f"statement/existing-puid/{puid}")
        match answer.status_code:
            case 302:
                return True
            case 404:
                return False
            case _:
                raise _unexpected("existing-puid", answer)

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()

    def _call(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        name = path.partition("/")[0]
        try:
            answer = self._client.request(method, path, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable(peer="dsa database", call=name, why=type(error).__name__) from error
        except httpx.HTTPError as error:
            raise AnswerLost(call=name, why=type(error).__name__) from error
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise Unavailable(peer="dsa database", call=name, why="too many calls")
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise AnswerLost(call=name, status=answer.status_code)
        if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            raise NotLetIn(call=name, status=answer.status_code)
        return answer


def _refused_batch(answer: httpx.Response, entries: int) -> Answer:
    """Gives which entries of a batch are wrong: `statement_<place>`, counted from 0."""
    errors = _json(answer).get("errors")
    refused: dict[int, Mapping[str, str]] = {}
    for name, faults in errors.items() if isinstance(errors, dict) else ():
        _, _, place = str(name).partition("statement_")
        if place.isdecimal() and int(place) < entries:
            refused[int(place)] = _fields(faults)
    if not refused:
        raise _unexpected("statements", answer)
    return Answer(refused=refused)


def _fields(faults: object) -> Mapping[str, str]:
    """Gives what is wrong with each field, in the database's words, cut short."""
    if not isinstance(faults, dict):
        return {}
    return {
        str(name): " ".join(map(str, said if isinstance(said, list) else [said]))[
            :WORDS_CHARACTERS_MAX
        ]
        for name, said in faults.items()
    }


def _stored(told: Json) -> Stored:
    return Stored(
        puid=str(told.get("puid", "")),
        uuid=str(told.get("uuid", "")),
        permalink=str(told.get("permalink", "")),
    )


def _held(told: Json, puid: str) -> Held:
    return Held(
        puid=puid,
        uuid=str(told.get("uuid", "")),
        permalink=str(told.get("permalink", "")),
        content=told,
    )


def _unexpected(name: str, answer: httpx.Response) -> EvenhandError:
    """Gives what an answer means that names no entry.

    Only what is known to speak of the content refuses it: a wrong address or a proxy in between
    answers too, and must not have entries given up.
    """
    status = answer.status_code
    if status in {400, 413, 422}:
        said = str(_json(answer).get("message", ""))[:WORDS_CHARACTERS_MAX]
        return CallRefused(call=name, status=status, said=said)
    if status < httpx.codes.BAD_REQUEST:
        return AnswerLost(call=name, status=status)
    return Unavailable(peer="dsa database", call=name, status=status)


def _json(answer: httpx.Response) -> Json:
    """Gives the answer's object; what is none counts as empty."""
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
