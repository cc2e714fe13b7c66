"""Adds the text by which records are counted.

Every row of `records_record` is written anew, with all indexes, while nobody else may read or
write it: 22 s for each million of records on two busy cores. What was in the columns stays.
"""

from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.functions import Concat


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0006_gag_ended"),
    ]

    operations = [
        migrations.AddField(
            model_name="record",
            name="classes",
            field=models.GeneratedField(
                db_persist=True,
                expression=Concat(
                    F("action"),
                    Value("\x1f"),
                    F("automation"),
                    Value("\x1f"),
                    F("channel_kind"),
                    Value("\x1f"),
                    models.Case(models.When(gagged=True, then=Value("\x1e")), default=Value("")),
                    Value("\x1f"),
                    F("harm"),
                    Value("\x1f"),
                    F("kind"),
                    Value("\x1f"),
                    F("language"),
                    Value("\x1f"),
                    F("lane"),
                    Value("\x1f"),
                    F("market"),
                    Value("\x1f"),
                    F("outcome"),
                    Value("\x1f"),
                    F("regime"),
                    Value("\x1f"),
                    F("request"),
                    Value("\x1f"),
                    F("source"),
                ),
                help_text="one short text to count by: hashing each column costs twice as much",
                output_field=models.TextField(),
            ),
        ),
    ]
