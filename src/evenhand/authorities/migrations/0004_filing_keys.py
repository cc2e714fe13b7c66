import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("authorities", "0003_drills"),
    ]

    operations = [
        migrations.CreateModel(
            name="FilingKey",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=100)),
                ("body_hash", models.BinaryField(max_length=32)),
                ("made_at", models.DateTimeField()),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="authorities.officer",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("officer", "key"), name="authorities_filing_key_once"
                    )
                ],
            },
        ),
    ]
