"""Who may not be reached by an authority without the policy board."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the list, kept by two people as keyed hashes."""

    dependencies = [
        ("legal", "0010_scrutiny"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ProtectedTarget",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "tag",
                    models.BinaryField(help_text="keyed hash of kind and value", max_length=32),
                ),
                ("ground", models.CharField(max_length=24)),
                ("proposed_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
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
                    "end_wanted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["tag"],
                        name="legal_protected_tag",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by", None),
                            models.Q(("confirmed_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="legal_protected_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_by", None),
                            models.Q(
                                ("end_wanted_by__isnull", False),
                                models.Q(("ended_by", models.F("end_wanted_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="legal_protected_ended_by_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("proposed_at"))),
                        name="legal_protected_has_an_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ended_at", None), ("tag", b""), _connector="OR"),
                        name="legal_protected_forgotten",
                    ),
                ],
            },
        ),
    ]
