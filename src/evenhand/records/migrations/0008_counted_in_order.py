"""Adds the indexes in which a day is counted without reading its rows.

They take one pass each over the table, about 5 s for each million of records, while nobody may
write to it. The server marks the pages that everybody sees soon after they are filled, however
long the table has grown: only those need not be read.
"""

from django.db import migrations, models

MARK_SOON = """
ALTER TABLE records_record SET (
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 200000
)
"""
AS_BEFORE = """
ALTER TABLE records_record RESET (
    autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_insert_threshold
)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0007_classes_joined"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="record",
            index=models.Index(fields=["day", "classes"], name="records_classes"),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                fields=["day", "kind", "automation", "request", "lane", "milliseconds"],
                condition=models.Q(gagged=False, milliseconds__isnull=False),
                name="records_times",
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                fields=["day"], condition=~models.Q(quantity=1), name="records_many"
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                fields=["day"],
                condition=models.Q(kind__in=["screened", "unscreened"]),
                name="records_hourly",
            ),
        ),
        migrations.RunSQL(MARK_SOON, AS_BEFORE),
    ]
