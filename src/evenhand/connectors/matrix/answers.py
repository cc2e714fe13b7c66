"""What the sender's client is told: the Matrix error body of a refusal."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from evenhand.base.lists import Language
from evenhand.base.sealing import token_for
from evenhand.verdicts.schema import Verdict

SENTENCES: Mapping[Language, str] = MappingProxyType(
    {
        Language.DE: "Nicht angenommen. {reason} Entscheidung {id}. Widerspruch: {url}",
        Language.EN: "Not accepted. {reason} Decision {id}. To object: {url}",
        Language.FR: "Non accepté. {reason} Décision {id}. Pour contester : {url}",
        Language.RU: "Не принято. {reason} Решение {id}. Возражение: {url}",
        Language.KK: "Қабылданбады. {reason} Шешім {id}. Қарсылық білдіру: {url}",
    }
)

CLOSED: Mapping[Language, str] = MappingProxyType(
    {
        Language.DE: "Dieser Raum ist hier gesperrt.",
        Language.EN: "This room is blocked here.",
        Language.FR: "Ce salon est bloqué ici.",
        Language.RU: "Эта комната здесь заблокирована.",
        Language.KK: "Бұл бөлме осында бұғатталған.",
    }
)
"""Said to who wants to enter or list a room that is blocked or withheld; their own language is
not known at that moment, so every language is said."""


def refusal(verdict: Verdict, decision: UUID, *, public_url: str, key: bytes) -> dict[str, object]:
    """Gives the body of a refusal: the reason, the decision, and where to object.

    The decision id stands in `error` too: matrix-nio drops fields that it does not know.
    """
    url = objection_url(decision, public_url=public_url, key=key)
    sentence = SENTENCES[language_of(verdict.language)]
    return {
        "errcode": "M_FORBIDDEN",
        "error": sentence.format(reason=verdict.reason, id=decision, url=url),
        "eu.evenhand.decision": str(decision),
        "eu.evenhand.reason": verdict.reason,
        "eu.evenhand.harm": verdict.harm,
        "eu.evenhand.objection": url,
    }


def closed() -> dict[str, object]:
    """Gives the body for a room that is blocked or withheld."""
    return {"errcode": "M_FORBIDDEN", "error": " / ".join(CLOSED.values())}


def objection_url(decision: UUID, *, public_url: str, key: bytes) -> str:
    """Gives the address at which the person concerned can object."""
    token = token_for("objection", decision.bytes, key=key)
    return f"{public_url}/objection/{decision}/{token}/"


def language_of(code: str | None) -> Language:
    """Gives the language in which somebody is answered: theirs if it is one of ours."""
    try:
        return Language(code or "")
    except ValueError:
        return Language.EN
