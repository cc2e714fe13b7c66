"""A match says which hash of the file it was."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the value; two files of one event may match one entry."""

    dependencies: ClassVar = [("childsafety", "0001_first")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="hashmatch",
            name="value",
            field=models.BinaryField(default=b"", help_text="of the file", max_length=32),
        ),
        migrations.RemoveConstraint(model_name="hashmatch", name="childsafety_match_once"),
        migrations.AddConstraint(
            model_name="hashmatch",
            constraint=models.UniqueConstraint(
                fields=("case", "feed", "entry", "algorithm", "value"),
                name="childsafety_match_once",
            ),
        ),
    ]
