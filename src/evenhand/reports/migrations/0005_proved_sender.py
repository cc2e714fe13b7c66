"""Who is proved to have sent a disclosed message stands beside whom the report names."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the proved sender; what was proved before keeps none."""

    dependencies: ClassVar = [("reports", "0004_recent")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="report",
            name="proved_sender",
            field=models.CharField(
                blank=True, default="", help_text="of the disclosed message", max_length=255
            ),
        ),
    ]
