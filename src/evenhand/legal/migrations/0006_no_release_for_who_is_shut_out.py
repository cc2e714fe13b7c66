"""Nothing is done on the order of an officer who is suspended."""

from django.db import migrations

SUSPENDED = """
CREATE FUNCTION legal_guard_officer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'released' AND OLD.state <> 'released'
       AND EXISTS (SELECT 1 FROM authorities_officer AS one
                   WHERE one.id = NEW.officer_id AND one.suspended_at IS NOT NULL)
    THEN
        RAISE EXCEPTION 'the officer who filed it is suspended'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_release_officer_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER legal_officer_stands BEFORE UPDATE ON legal_matter
    FOR EACH ROW EXECUTE FUNCTION legal_guard_officer();
"""

UNDO = """
DROP TRIGGER legal_officer_stands ON legal_matter;
DROP FUNCTION legal_guard_officer();
"""


class Migration(migrations.Migration):
    """Adds the guard."""

    dependencies = [
        ("legal", "0005_answers_of_one_text"),
        ("authorities", "0001_first"),
    ]

    operations = [
        migrations.RunSQL(SUSPENDED, UNDO),
    ]
