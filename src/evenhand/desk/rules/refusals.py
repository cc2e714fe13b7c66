"""Why the rulebook refuses a step, as the reader is told."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

from evenhand.desk.rules.rows import state_name
from evenhand.rulebook.checks import RuleStepRefused

WHYS: Mapping[str, str] = {
    "from 1 to": gettext_noop("A share is from 1 to 99 per cent."),
    "has passed": gettext_noop("The last day is over."),
    "the end is no day": gettext_noop("The last day is no day."),
    "say why": gettext_noop("Please say why; it is recorded."),
    "this version never acted": gettext_noop("This version never acted."),
    "it is being rolled back": gettext_noop("It is being rolled back already."),
    "only a live rule": gettext_noop("Only a live rule is asked about history."),
    "no such file": gettext_noop("There is no such file of the history."),
    "the backtest read no events": gettext_noop("The history holds no events that can be read."),
    "somebody else": gettext_noop("Somebody else than its author lets it go live."),
    "a fixture does not hold": gettext_noop("Its fixtures do not hold; see in the editor which."),
    "no backtest within": gettext_noop("Its backtest is too old; try it on history again."),
    "this version has another text": gettext_noop(
        "This version is kept with another text already. Change the version."
    ),
}
"""What is said of a refusal, by how its reason begins."""

BESIDE = re.compile(r"version (\S+) is \w+ already")


def refusal(error: RuleStepRefused) -> str:
    """Gives why a step was refused; a reason without words of its own stays as the room says it."""
    fields = error.fields
    if "wanted" in fields:
        told = {name: state_name(str(fields[name])) for name in ("state", "wanted")}
        return gettext("A version that is “%(state)s” cannot become “%(wanted)s”.") % told
    why = str(fields.get("why", ""))
    if other := BESIDE.match(why):
        said = gettext("Version %(version)s is there already; retire it first.")
        return said % {"version": other[1]}
    sentence = next((said for begin, said in WHYS.items() if why.startswith(begin)), None)
    return gettext(sentence) if sentence else gettext("It was not done: %(why)s.") % {"why": why}
