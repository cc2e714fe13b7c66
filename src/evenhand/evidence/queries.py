"""The only readers of evidence; none of them can read what is sealed."""

from uuid import UUID

from evenhand.evidence.models import SealedItem


def item_about(subject: UUID) -> SealedItem | None:
    """Gives the latest item kept for a decision or case."""
    return SealedItem.objects.filter(subject=subject).order_by("-at").first()


def items_about(subject: UUID) -> list[SealedItem]:
    """Gives every item kept for a decision or case, the latest first, without its content."""
    return list(SealedItem.objects.filter(subject=subject).defer("sealed").order_by("-at"))
