"""What is stored of what happened: records that are only ever added, and their openings."""

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Case, F, When
from django.db.models.expressions import Combinable, Func, Value
from django.db.models.functions import Concat

from evenhand.base.lists import UNKNOWN_MARKET, RecordKind

AUDITED_KINDS = frozenset(
    {
        RecordKind.PERSONAL_DATA_READ,
        RecordKind.EVIDENCE_OPENED,
        RecordKind.STAFF_CHANGED,
        RecordKind.AUTHORITY_CHANGED,
        RecordKind.OFFICER_CHANGED,
        RecordKind.MARKET_CHANGED,
        RecordKind.LAW_SIGNED_OFF,
        RecordKind.HASH_FEED_CHANGED,
        RecordKind.LEGAL_RELEASED,
        RecordKind.DISCLOSED,
        RecordKind.PRESERVATION_CHANGED,
        RecordKind.RECORD_FORGOTTEN,
    }
)
"""What an auditor is shown: readings, changes of who may do what, what left the house."""

CLASSES = (
    "action",
    "automation",
    "channel_kind",
    "gagged",
    "harm",
    "kind",
    "language",
    "lane",
    "market",
    "outcome",
    "regime",
    "request",
    "source",
)
"""Columns by which records are counted, in the order in which `Record.classes` joins them."""

BETWEEN, TRUE = "\x1f", "\x1e"
"""Signs between the classes of a record where they are joined, and for a true one: in no class."""


def _joined() -> Concat:
    """Gives the expression that joins the classes of a record."""
    parts: list[Combinable] = []
    for name in CLASSES:
        told = Case(When(gagged=True, then=Value(TRUE)), default=Value(""))
        parts += [told if name == "gagged" else F(name), Value(BETWEEN)]
    return Concat(*parts[:-1])


if TYPE_CHECKING:
    _IntegerField = models.Field[int, int]
else:
    _IntegerField = models.Field


class TransactionIdField(_IntegerField):
    """PostgreSQL's `xid8`: the number of the transaction that wrote a row; it never wraps."""

    def db_type(self, connection: object) -> str:  # noqa: ARG002  the signature is Django's
        """Gives the column's type."""
        return "xid8"

    def get_prep_value(self, value: object) -> object:
        """Gives the number as text: PostgreSQL takes no integer for it."""
        return str(value) if isinstance(value, int) else value

    def from_db_value(self, value: str | None, *_: object) -> int | None:
        """Gives the number; the driver reads `xid8` as text."""
        return None if value is None else int(value)


class AppendOnly(models.Model):
    """A table whose rows are added and never altered; `database.rights` bars the rest by role."""

    append_only: ClassVar[bool] = True

    class Meta:
        """No table of its own."""

        abstract = True


class Record(AppendOnly):
    """One thing that happened, in typed columns; without any personal data."""

    id = models.UUIDField(primary_key=True)
    serial = models.BigIntegerField(
        db_default=Func(Value("records_record_serial"), function="nextval"), editable=False
    )
    transaction = TransactionIdField(db_default=Func(function="pg_current_xact_id"), editable=False)
    at = models.DateTimeField()
    day = models.DateField()
    kind = models.CharField(max_length=32)
    subject = models.UUIDField()
    harm = models.CharField(max_length=64, blank=True, default="")
    action = models.CharField(max_length=32, blank=True, default="")
    market = models.CharField(max_length=2, default=UNKNOWN_MARKET)
    automation = models.CharField(max_length=16, blank=True, default="")
    source = models.CharField(max_length=32, blank=True, default="")
    language = models.CharField(max_length=8, blank=True, default="")
    channel_kind = models.CharField(max_length=16, blank=True, default="")
    regime = models.CharField(max_length=64, blank=True, default="", db_default="")
    request = models.CharField(max_length=20, blank=True, default="", db_default="")
    outcome = models.CharField(max_length=32, blank=True, default="", db_default="")
    lane = models.CharField(max_length=16, blank=True, default="", db_default="")
    gagged = models.BooleanField(
        default=False, db_default=False, help_text="counted once `gag_ended` says so"
    )
    milliseconds = models.BigIntegerField(null=True)
    quantity = models.BigIntegerField(default=1)
    classes = models.GeneratedField(
        expression=_joined(),
        output_field=models.TextField(),
        db_persist=True,
        help_text="one short text to count by: hashing each column costs twice as much",
    )

    class Meta:
        """Order of the outbox and of the daily report."""

        indexes: ClassVar = [
            models.Index(fields=["transaction", "serial"], name="records_outbox"),
            models.Index(fields=["day", "transaction", "serial"], name="records_day"),
            models.Index(fields=["subject"], name="records_subject"),
            models.Index(
                fields=["-at", "-serial"],
                condition=models.Q(kind__in=sorted(kind.value for kind in AUDITED_KINDS)),
                name="records_audit",
            ),
            models.Index(
                fields=["subject"], condition=models.Q(gagged=True), name="records_gagged"
            ),
            models.Index(
                fields=["day"], condition=models.Q(kind="gag_ended"), name="records_gag_ended"
            ),
            # A day is counted in these alone, without its rows: see `queries.WHOLE_CLASSES`.
            models.Index(fields=["day", "classes"], name="records_classes"),
            models.Index(
                fields=["day", "kind", "automation", "request", "lane", "milliseconds"],
                condition=models.Q(milliseconds__isnull=False, gagged=False),
                name="records_times",
            ),
            models.Index(fields=["day"], condition=~models.Q(quantity=1), name="records_many"),
            models.Index(
                fields=["day"],
                condition=models.Q(kind__in=["screened", "unscreened"]),
                name="records_hourly",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(quantity__gte=0), name="records_quantity"),
        ]


class RecordOpening(AppendOnly):
    """What a record commits to beyond its columns; forgetting a record deletes this row."""

    record = models.OneToOneField(
        Record, on_delete=models.PROTECT, primary_key=True, related_name="opening"
    )
    body = models.JSONField(default=dict)
    salt = models.BinaryField(max_length=32)


class LogBatch(AppendOnly):
    """What entered the log together: the leaves from `first` up to `size`, and the root after them.

    `transaction` and `serial` say up to which place in the outbox records are in the log by then;
    `day` and `edition` say of which publication the cells are.
    """

    number = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=16)
    day = models.DateField(null=True)
    edition = models.IntegerField(null=True)
    transaction = TransactionIdField()
    serial = models.BigIntegerField()
    first = models.BigIntegerField(unique=True)
    size = models.BigIntegerField(unique=True)
    root = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        """Batches follow each other without gap or fork; an edition has one."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(size__gt=models.F("first"), first__gte=0),
                name="records_log_grows",
            ),
            models.UniqueConstraint(fields=["day", "edition"], name="records_log_edition"),
            models.CheckConstraint(
                condition=models.Q(kind="records", day=None, edition=None)
                | models.Q(kind="classes", day__isnull=False, edition__isnull=False),
                name="records_log_kind",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["transaction", "serial"],
                condition=models.Q(kind="records"),
                name="records_log_places",
            ),
        ]


class Cursor(models.Model):
    """How far one consumer has come in the outbox."""

    consumer = models.CharField(max_length=64, primary_key=True)
    transaction = TransactionIdField(default=0)
    serial = models.BigIntegerField(default=0)
