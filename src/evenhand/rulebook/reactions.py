"""What the rulebook does when a record is committed: a rule beyond its budget calls somebody."""

from uuid import uuid5

from evenhand.base.lists import RecordKind
from evenhand.legal.ports import Pager
from evenhand.records.models import Record
from evenhand.records.outbox import Reaction
from evenhand.records.queries import body_of


def page_over_budget(record: Record, pager: Pager) -> None:
    """Calls the people on duty once for each version, market and hour."""
    told = body_of(record.id)
    rule, version, hour = (str(told.get(name, "")) for name in ("rule", "version", "hour"))
    pager.page(
        f"Rule {rule} {version} acted as often as it may in {record.market}. "
        "What it finds beyond that is a case: look at them, and roll it back if it is wrong.",
        urgent=True,
        key=uuid5(record.subject, f"over_budget:{version}:{record.market}:{hour}"),
    )


def over_budget(pager: Pager) -> Reaction:
    """Gives the reaction that pages for rules beyond their budget; for the worker's list."""
    return Reaction(
        consumer="rulebook.over_budget",
        kinds=frozenset({RecordKind.RULE_OVER_BUDGET}),
        react=lambda record, _now: page_over_budget(record, pager),
    )
