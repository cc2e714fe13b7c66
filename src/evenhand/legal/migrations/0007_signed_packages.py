"""A package goes out as it was signed, a copy like a first; a deadline is what it is made of."""

from django.db import migrations

PACKAGE = """
CREATE FUNCTION legal_guard_signed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    matter legal_matter;
BEGIN
    IF NEW.state IN ('released', 'handed_out') AND NEW.state <> OLD.state THEN
        SELECT * INTO matter FROM legal_matter WHERE id = NEW.matter_id;
        IF NEW.released_by_id IS NULL OR NEW.released_by_id = NEW.prepared_by_id
           OR octet_length(NEW.digest) IS DISTINCT FROM 32
           OR coalesce(NEW.assertion ->> 'signature', '') = ''
           OR NEW.assertion ->> 'person' IS DISTINCT FROM NEW.released_by_id::text
           OR NEW.signed ->> 'matter' IS DISTINCT FROM matter.id::text
           OR NEW.signed ->> 'authority' IS DISTINCT FROM matter.authority_id::text
           OR NEW.signed -> 'package' ->> 'disclosure' IS DISTINCT FROM NEW.id::text
           OR NEW.signed -> 'package' ->> 'officer' IS DISTINCT FROM NEW.officer_id::text
           OR NEW.signed -> 'package' ->> 'recipient' IS DISTINCT FROM NEW.recipient
           OR NEW.signed -> 'package' ->> 'sha256'
              IS DISTINCT FROM encode(NEW.sha256, 'hex')
           OR NEW.officer_id IS DISTINCT FROM matter.officer_id
           OR NOT EXISTS (SELECT 1 FROM authorities_officer AS one
                          WHERE one.id = NEW.officer_id
                          AND one.authority_id = matter.authority_id)
           OR (NEW.copy_of_id IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM legal_disclosure AS first
                               WHERE first.id = NEW.copy_of_id
                               AND first.matter_id = NEW.matter_id
                               AND first.officer_id = NEW.officer_id
                               AND first.state IN ('handed_out', 'confirmed', 'expired')))
        THEN
            RAISE EXCEPTION 'a package goes out as it was signed'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_disclosure_as_signed';
        END IF;
    END IF;
    IF OLD.released_by_id IS NOT NULL
       AND ROW(OLD.released_by_id, OLD.digest, OLD.signed, OLD.assertion, OLD.copy_of_id,
               OLD.matter_id)
           IS DISTINCT FROM
           ROW(NEW.released_by_id, NEW.digest, NEW.signed, NEW.assertion, NEW.copy_of_id,
               NEW.matter_id)
    THEN
        RAISE EXCEPTION 'what was signed stays as it was signed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_disclosure_as_signed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER legal_package_signed BEFORE UPDATE ON legal_disclosure
    FOR EACH ROW EXECUTE FUNCTION legal_guard_signed();
"""

CLOCK = """
CREATE FUNCTION legal_guard_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Seconds, not days: the sum must not hang on the time zone of who asks.
    IF extract(epoch FROM NEW.due_at - NEW.started_at)
       <> extract(epoch FROM NEW.total) + extract(epoch FROM NEW.paused_total)
       OR (TG_OP = 'UPDATE'
           AND (ROW(OLD.matter_id, OLD.name, OLD.total, OLD.statutory)
                IS DISTINCT FROM ROW(NEW.matter_id, NEW.name, NEW.total, NEW.statutory)
                OR (NEW.started_at <> OLD.started_at AND NEW.restarts <= OLD.restarts)))
    THEN
        RAISE EXCEPTION 'a deadline is not moved'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_clock_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER legal_clock_stays BEFORE INSERT OR UPDATE ON legal_clock
    FOR EACH ROW EXECUTE FUNCTION legal_guard_clock();
"""

UNDO = """
DROP TRIGGER legal_package_signed ON legal_disclosure;
DROP FUNCTION legal_guard_signed();
DROP TRIGGER legal_clock_stays ON legal_clock;
DROP FUNCTION legal_guard_clock();
"""


class Migration(migrations.Migration):
    """Adds the guards."""

    dependencies = [
        ("legal", "0006_no_release_for_who_is_shut_out"),
    ]

    operations = [
        migrations.RunSQL(f"{PACKAGE}{CLOCK}", UNDO),
    ]
