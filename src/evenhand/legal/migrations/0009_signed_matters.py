"""A matter is released, or refused, as it was signed: no empty assertion, nobody else's name."""

from django.db import migrations

SIGNED = """
CREATE FUNCTION legal_guard_matter_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IN ('released', 'refused') AND NEW.state <> OLD.state
       AND (octet_length(NEW.digest) IS DISTINCT FROM 32
            OR coalesce(NEW.assertion ->> 'signature', '') = ''
            OR NEW.assertion ->> 'person' IS DISTINCT FROM NEW.released_by_id::text
            OR NEW.signed ->> 'matter' IS DISTINCT FROM NEW.id::text
            OR NEW.signed ->> 'authority' IS DISTINCT FROM NEW.authority_id::text
            OR NEW.signed -> 'plan' IS DISTINCT FROM NEW.plan)
    THEN
        RAISE EXCEPTION 'a matter is released as it was signed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_matter_as_signed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER legal_matter_signed BEFORE UPDATE ON legal_matter
    FOR EACH ROW EXECUTE FUNCTION legal_guard_matter_signed();
"""

UNDO = """
DROP TRIGGER legal_matter_signed ON legal_matter;
DROP FUNCTION legal_guard_matter_signed();
"""


class Migration(migrations.Migration):
    """Adds the guard."""

    dependencies = [
        ("legal", "0008_from_the_vault"),
    ]

    operations = [
        migrations.RunSQL(SIGNED, UNDO),
    ]
