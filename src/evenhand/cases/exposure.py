"""How much of the worst somebody has seen today, and what follows."""

from evenhand.cases.limits import OPENED_BEFORE_BREAK, SEALED_OPENED_PER_DAY_MAX
from evenhand.cases.models import Exposure


def budget_spent(exposure: Exposure | None) -> bool:
    """Tells whether somebody has seen enough of what is grave for today."""
    return exposure is not None and exposure.grave >= SEALED_OPENED_PER_DAY_MAX


def break_suggested(exposure: Exposure | None) -> bool:
    """Tells whether now is a good moment for a break."""
    return exposure is not None and exposure.grave > 0 and exposure.grave % OPENED_BEFORE_BREAK == 0
