"""A match may be found false: by two people, for a while."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds what was found false."""

    dependencies: ClassVar = [
        ("childsafety", "0002_matched_value"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="FalseMatch",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("algorithm", models.CharField(max_length=8)),
                ("value", models.BinaryField(help_text="of the file", max_length=32)),
                ("reason", models.TextField()),
                ("state", models.CharField(default="proposed", max_length=12)),
                ("proposed_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "match",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="found_false",
                        to="childsafety.hashmatch",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by", None),
                            models.Q(("confirmed_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="childsafety_false_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "in_force"), _negated=True),
                            models.Q(
                                ("confirmed_by__isnull", False), ("expires_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="childsafety_false_in_force",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "withdrawn"), _negated=True),
                        fields=("algorithm", "value"),
                        name="childsafety_false_once",
                    ),
                ],
            },
        ),
    ]
