"""What is shown in place of results where a query seeks what the query policy names."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from django.db import DatabaseError
from django.utils.translation import gettext, gettext_noop

from evenhand.base.lists import Language
from evenhand.desk.search.tongues import TONGUES
from evenhand.search import help as helplines
from evenhand.search.lists import HelpKind
from evenhand.search.policy import shipped_policy
from evenhand.search.policy_text import PolicyRefused
from evenhand.search.queries import help_lines, policy_in_force
from evenhand.search.topics import Topic

log = structlog.get_logger()

ALWAYS_OPEN = "24/7"
KINDS: Mapping[HelpKind, str] = {
    HelpKind.EMERGENCY: gettext_noop("Life is in danger now"),
    HelpKind.CRISIS: gettext_noop("Somebody to talk to, whatever it is"),
    HelpKind.CHILDREN: gettext_noop("For children and young people"),
    HelpKind.PREVENTION: gettext_noop("For people who fear to harm a child; in confidence"),
    HelpKind.REPORTING: gettext_noop("Where pictures of abuse are reported"),
    HelpKind.DRUGS: gettext_noop("About drugs and addiction"),
    HelpKind.FRAUD: gettext_noop("After a fraud, or where data were stolen"),
}
"""What a line helps with."""


@dataclass(frozen=True, slots=True)
class Line:
    """Who helps.

    about      what they help with
    phone      as it is dialled in the country; empty if there is none
    dial       the same for a telephone, without blanks
    site       the name of the host of `url`
    languages  ISO 639-1
    tongues    what these languages call themselves
    """

    name: str
    about: str
    phone: str
    dial: str
    url: str
    site: str
    languages: tuple[str, ...]
    tongues: str
    hours: str


@dataclass(frozen=True, slots=True)
class Help:
    """What is said to whoever asked, in their language.

    emergency  the number to dial where life is in danger; empty where none is known
    """

    topic: str
    title: str
    text: tuple[str, ...]
    lines: tuple[Line, ...]
    emergency: str


def help_for(topic: str, *, country: str | None, reader: Language) -> Help:
    """Gives what is said about a topic of the query policy, and who helps in a country.

    A topic that the policy has meanwhile lost gets the lines for any trouble.
    """
    known = _topics().get(topic)
    kinds = known.help if known else (HelpKind.CRISIS,)
    lines = _lines()
    urgent = lines.of([HelpKind.EMERGENCY], country=country, language=reader)
    return Help(
        topic=topic,
        title=gettext("Nothing is shown for this search"),
        text=(
            *((known.says[reader],) if known else ()),
            gettext("This search is not recorded and never counts against you."),
        ),
        lines=tuple(
            _line(one)
            for one in lines.of(kinds, country=country, language=reader)
            if one.kind is not HelpKind.EMERGENCY
        ),
        emergency=next((one.phone for one in urgent if one.kind is HelpKind.EMERGENCY), ""),
    )


def _topics() -> Mapping[str, Topic]:
    """Gives what the policy in force says of its topics; help is shown whatever fails."""
    try:
        return policy_in_force()[1].topics
    except (PolicyRefused, DatabaseError) as error:
        log.warning("help_of_shipped_policy", why=type(error).__name__)
        return shipped_policy().topics


def _lines() -> helplines.HelpLines:
    """Gives the operator's lines, and the shipped ones where these cannot be read."""
    try:
        return help_lines()
    except helplines.HelpLinesRefused as error:
        log.warning("help_of_shipped_lines", why=error.fields.get("why"))
        return helplines.shipped_help_lines()


def _line(one: helplines.HelpLine) -> Line:
    return Line(
        name=one.name,
        about=gettext(KINDS[one.kind]),
        phone=one.phone,
        dial="".join(sign for sign in one.phone if sign.isdecimal() or sign == "+"),
        url=one.url,
        site=(urlsplit(one.url).hostname or "").removeprefix("www."),
        languages=one.languages,
        tongues=", ".join(TONGUES.get(code, code) for code in one.languages),
        hours=gettext("Day and night") if one.hours == ALWAYS_OPEN else one.hours,
    )
