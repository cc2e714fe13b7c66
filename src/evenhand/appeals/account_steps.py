"""The only writers of how far the desk's own account has read."""

from datetime import datetime

from evenhand.appeals.limits import HANDLED_EVENTS_MAX
from evenhand.appeals.models import AccountCursor


def keep_cursor(account: str, since: str, *, now: datetime) -> None:
    """Keeps how far everything was handled; what was handled before that need not be known."""
    AccountCursor.objects.update_or_create(
        account=account, defaults={"since": since, "handled": [], "read_at": now}
    )


def note_handled(account: str, event: str, *, now: datetime) -> bool:
    """Notes in the running transaction that a message was acted on; False if it was before.

    The place to read on from covers many messages: after a kill some come again.
    """
    AccountCursor.objects.get_or_create(account=account, defaults={"read_at": now})
    cursor = AccountCursor.objects.select_for_update().get(account=account)
    if event in cursor.handled:
        return False
    cursor.handled = [*cursor.handled, event][-HANDLED_EVENTS_MAX:]
    cursor.save(update_fields=["handled"])
    return True
