"""Where much speaks for a forgery, who validated it does not answer the questions of substance."""

from django.db import migrations

SECOND_LOOK = """
CREATE FUNCTION legal_guard_second_look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'released' AND OLD.state <> 'released'
       AND NEW.fraud @> '{"needs_second_look": true}'
       AND EXISTS (SELECT 1 FROM legal_assessment AS one
                   WHERE one.matter_id = NEW.id AND one.by_id = NEW.validated_by_id)
    THEN
        RAISE EXCEPTION 'a second person has to look at it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_release_second_look';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER legal_second_look BEFORE UPDATE ON legal_matter
    FOR EACH ROW EXECUTE FUNCTION legal_guard_second_look();
"""

UNDO = """
DROP TRIGGER legal_second_look ON legal_matter;
DROP FUNCTION legal_guard_second_look();
"""


class Migration(migrations.Migration):
    """Adds the guard."""

    dependencies = [
        ("legal", "0002_guards"),
    ]

    operations = [
        migrations.RunSQL(SECOND_LOOK, UNDO),
    ]
