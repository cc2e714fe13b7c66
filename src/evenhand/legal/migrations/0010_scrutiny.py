"""An order from another Member State can be scrutinised, and may lose its effect."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

EFFECT = """
CREATE FUNCTION legal_guard_effect() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'released' AND OLD.state <> 'released'
       AND EXISTS (SELECT 1 FROM legal_scrutiny AS one
                   WHERE one.matter_id = NEW.id AND one.outcome = 'infringes')
    THEN
        RAISE EXCEPTION 'the order has ceased to have effect'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_release_has_effect';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER legal_order_has_effect BEFORE UPDATE ON legal_matter
    FOR EACH ROW EXECUTE FUNCTION legal_guard_effect();
"""

UNDO = """
DROP TRIGGER legal_order_has_effect ON legal_matter;
DROP FUNCTION legal_guard_effect();
"""


class Migration(migrations.Migration):
    """Adds what is kept of a scrutiny, and the guard."""

    dependencies = [
        ("legal", "0009_signed_matters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Scrutiny",
            fields=[
                (
                    "matter",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="scrutiny",
                        serialize=False,
                        to="legal.matter",
                    ),
                ),
                ("asked_by", models.CharField(max_length=16)),
                ("asked_at", models.DateTimeField()),
                ("noted_at", models.DateTimeField()),
                ("note", models.TextField()),
                ("outcome", models.CharField(blank=True, default="", max_length=16)),
                ("outcome_at", models.DateTimeField(null=True)),
                ("outcome_note", models.TextField(blank=True, default="")),
                ("reinstated", models.PositiveIntegerField(default=0)),
                ("kept", models.TextField(blank=True, default="")),
                (
                    "noted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "outcome_by",
                    models.ForeignKey(
                        null=True,
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
                            ("outcome", ""), ("outcome_at", None), ("outcome_by", None)
                        )
                        | models.Q(
                            ("outcome__in", ["no_infringement", "infringes"]),
                            ("outcome_at__isnull", False),
                            ("outcome_by__isnull", False),
                        ),
                        name="legal_scrutiny_outcome",
                    )
                ],
            },
        ),
        migrations.RunSQL(EFFECT, UNDO),
    ]
