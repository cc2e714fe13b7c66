"""A door remembers the latest numbers that it read, to see which one came late."""

from typing import ClassVar

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the numbers; the first look reads the latest ones once more, which changes nothing."""

    dependencies: ClassVar = [("reports", "0003_to_prove")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="doorcursor",
            name="recent",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, size=None
            ),
        ),
    ]
