"""Two people stand for an entry as it stands: whoever alters it takes the confirmation away."""

from django.db import migrations

CONFIRMED = """
CREATE FUNCTION authorities_guard_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.confirmed_by_id IS NOT NULL
       AND ROW(OLD.name, OLD.country, OLD.kind, OLD.domains, OLD.switchboard, OLD.head_office,
               OLD.certificates, OLD.file_number_pattern, OLD.statutes, OLD.source, OLD.kept_by_id)
           IS DISTINCT FROM
           ROW(NEW.name, NEW.country, NEW.kind, NEW.domains, NEW.switchboard, NEW.head_office,
               NEW.certificates, NEW.file_number_pattern, NEW.statutes, NEW.source, NEW.kept_by_id)
    THEN
        RAISE EXCEPTION 'an entry that is altered has to be confirmed anew'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'authorities_confirmed_as_it_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER authorities_confirmed_as_it_stands BEFORE UPDATE ON authorities_authority
    FOR EACH ROW EXECUTE FUNCTION authorities_guard_entry();
"""

UNDO = """
DROP TRIGGER authorities_confirmed_as_it_stands ON authorities_authority;
DROP FUNCTION authorities_guard_entry();
"""


class Migration(migrations.Migration):
    """Adds the guard."""

    dependencies = [
        ("authorities", "0004_filing_keys"),
    ]

    operations = [
        migrations.RunSQL(CONFIRMED, UNDO),
    ]
