import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0001_first"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="suspended_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="SignatureRequest",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("digest", models.BinaryField(max_length=32)),
                ("nonce", models.BinaryField(max_length=32, unique=True)),
                ("made_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signature_requests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), size=None
                    ),
                ),
                ("language", models.CharField(max_length=2)),
                ("proposed_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals_confirmed",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="admitted_by",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("confirmed_by", None), ("person", None)),
                            models.Q(
                                ("person__isnull", False),
                                ("settled_at__isnull", False),
                                models.Q(("confirmed_by", models.F("proposed_by")), _negated=True),
                                models.Q(("person", models.F("proposed_by")), _negated=True),
                                models.Q(("person", models.F("confirmed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="people_proposal_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "roles__contained_by",
                                [
                                    "operator",
                                    "policy_author",
                                    "reviewer",
                                    "legal_officer",
                                    "approver",
                                    "board",
                                    "representative",
                                ],
                            ),
                            ("roles__len__gt", 0),
                        ),
                        name="people_proposal_staff",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(("roles__contains", ["operator"]), _negated=True)
                | models.Q(("roles__overlap", ["approver", "legal_officer"]), _negated=True),
                name="people_person_operator_apart",
            ),
        ),
    ]
