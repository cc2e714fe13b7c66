"""What is shown in place of results where a query seeks what the query policy names."""

from dataclasses import dataclass

from django.utils.translation import gettext


@dataclass(frozen=True, slots=True)
class HelpLine:
    """Who helps; `phone` as it is dialled in the country."""

    name: str
    phone: str = ""
    url: str = ""
    languages: tuple[str, ...] = ()
    hours: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Help:
    """What is said to whoever asked, in their language; `emergency` is a number to dial."""

    topic: str
    title: str
    text: tuple[str, ...]
    lines: tuple[HelpLine, ...] = ()
    emergency: str = ""


def help_for(topic: str) -> Help:
    """Gives what is said about a topic in the language of the request."""
    return Help(
        topic=topic,
        title=gettext("Nothing is shown for this search"),
        text=(gettext("This search is not recorded and never counts against you."),),
    )
