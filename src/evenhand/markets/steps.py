"""The only writers of placements: account, country, day, and nothing else."""

from datetime import datetime

from django.db import transaction

from evenhand.base.personal import IpAddress, PhoneNumber
from evenhand.markets.models import Placement
from evenhand.markets.places import Placed, Places


def place(
    account: str,
    *,
    phone: PhoneNumber | None,
    network: IpAddress | None,
    table: Places,
    now: datetime,
) -> Placed | None:
    """Places an account in a country, if the table tells; a network never overrules a number."""
    placed = table.place(phone=phone, network=network)
    if placed is None:
        return None
    with transaction.atomic():
        before = Placement.objects.select_for_update().filter(account=account).first()
        if before is not None and before.by_phone and not placed.by_phone:
            return Placed(before.country, by_phone=True)
        Placement.objects.update_or_create(
            account=account,
            defaults={"country": placed.country, "on": now.date(), "by_phone": placed.by_phone},
        )
    return placed
