"""A package may come from what was preserved, as it was preserved."""

import django.db.models.deletion
from django.db import migrations, models

VAULT = """
CREATE FUNCTION legal_guard_vault() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept legal_preservation;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.preservation_id IS DISTINCT FROM OLD.preservation_id THEN
        RAISE EXCEPTION 'a package stays with what it is made from'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_disclosure_from_vault';
    END IF;
    IF NEW.preservation_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT * INTO kept FROM legal_preservation WHERE id = NEW.preservation_id;
    IF TG_OP = 'INSERT' THEN
        IF kept.sealed_at IS NULL OR kept.destroyed_at IS NOT NULL
           OR (SELECT country FROM legal_matter WHERE id = kept.matter_id)
              IS DISTINCT FROM (SELECT country FROM legal_matter WHERE id = NEW.matter_id)
        THEN
            RAISE EXCEPTION 'nothing is preserved there for this country'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_disclosure_from_vault';
        END IF;
    ELSIF NEW.state = 'collected' AND OLD.state <> 'collected'
          AND (coalesce(NEW.manifest -> 'preserved', '{}'::jsonb) = '{}'::jsonb
               OR NOT (NEW.manifest -> 'preserved') <@ kept.hashes)
    THEN
        RAISE EXCEPTION 'what was opened is not what was preserved'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_disclosure_from_vault';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER legal_package_from_vault BEFORE INSERT OR UPDATE ON legal_disclosure
    FOR EACH ROW EXECUTE FUNCTION legal_guard_vault();
"""

UNDO = """
DROP TRIGGER legal_package_from_vault ON legal_disclosure;
DROP FUNCTION legal_guard_vault();
"""


class Migration(migrations.Migration):
    """Names what a package is made from, and adds the guard."""

    dependencies = [
        ("legal", "0007_signed_packages"),
    ]

    operations = [
        migrations.AddField(
            model_name="disclosure",
            name="preservation",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disclosures",
                to="legal.preservation",
            ),
        ),
        migrations.RunSQL(VAULT, UNDO),
    ]
