"""What may never happen, held by the database itself: triggers that look at other tables too."""

from django.db import migrations

FLOW = """
CREATE FUNCTION legal_guard_flow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'received' OR NEW.released_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'a matter begins when it is received'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_matter_begins';
        END IF;
        RETURN NEW;
    END IF;
    IF ROW(OLD.origin, OLD.number, OLD.regime, OLD.regime_version, OLD.entry, OLD.kind, OLD.form,
           OLD.entry_verified, OLD.entry_categories, OLD.voluntary, OLD.enforcing_notified,
           OLD.needs_market, OLD.authority_id, OLD.country, OLD.received_at, OLD.emergency,
           OLD.categories, OLD.purpose)
       IS DISTINCT FROM
       ROW(NEW.origin, NEW.number, NEW.regime, NEW.regime_version, NEW.entry, NEW.kind, NEW.form,
           NEW.entry_verified, NEW.entry_categories, NEW.voluntary, NEW.enforcing_notified,
           NEW.needs_market, NEW.authority_id, NEW.country, NEW.received_at, NEW.emergency,
           NEW.categories, NEW.purpose)
    THEN
        RAISE EXCEPTION 'what the law says of a matter is copied once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_matter_law_stays';
    END IF;
    IF OLD.released_by_id IS NOT NULL
       AND ROW(OLD.released_by_id, OLD.released_at, OLD.digest, OLD.signed, OLD.assertion, OLD.plan,
               OLD.plan_kind, OLD.prepared_by_id, OLD.validated_by_id, OLD.authenticity,
               OLD.ground, OLD.sign_off_id, OLD.call_back_id, OLD.officer_id)
           IS DISTINCT FROM
           ROW(NEW.released_by_id, NEW.released_at, NEW.digest, NEW.signed, NEW.assertion, NEW.plan,
               NEW.plan_kind, NEW.prepared_by_id, NEW.validated_by_id, NEW.authenticity,
               NEW.ground, NEW.sign_off_id, NEW.call_back_id, NEW.officer_id)
    THEN
        RAISE EXCEPTION 'what was signed stays as it was signed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_matter_signed_stays';
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state || '>' || NEW.state) = ANY (ARRAY[
        'received>asked', 'received>validated', 'received>prepared', 'received>withdrawn',
        'asked>received', 'asked>prepared', 'asked>withdrawn',
        'validated>asked', 'validated>prepared', 'validated>withdrawn',
        'prepared>received', 'prepared>validated', 'prepared>released', 'prepared>refused',
        'prepared>withdrawn',
        'released>executed', 'executed>closed', 'refused>closed', 'withdrawn>closed'])
    THEN
        RAISE EXCEPTION 'no step leads from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_matter_flow';
    END IF;
    IF NEW.state = 'closed' AND OLD.state <> 'closed' AND NOT EXISTS (
        SELECT 1 FROM legal_usernotice AS notice WHERE notice.matter_id = NEW.id)
    THEN
        RAISE EXCEPTION 'nobody decided what the user is told'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_matter_closed_with_notice';
    END IF;
    IF NEW.state = 'released' AND OLD.state <> 'released' THEN
        PERFORM legal_guard_release(NEW);
    END IF;
    RETURN NEW;
END $$
"""

MARKET = """
CREATE FUNCTION legal_guard_market(matter legal_matter) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    market text;
    giving boolean := matter.kind IN ('disclosure', 'information');
BEGIN
    SELECT state INTO market FROM markets_market WHERE country = matter.country;
    IF market IN ('suspended', 'exited')
       OR (market = 'contested' AND matter.kind NOT IN ('removal', 'geo-restriction'))
       OR (market IS DISTINCT FROM 'open' AND giving AND matter.needs_market)
    THEN
        RAISE EXCEPTION 'the market of % is not open for this', matter.country
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_release_market_open';
    END IF;
END $$
"""

RELEASE = """
CREATE FUNCTION legal_guard_release(matter legal_matter) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    giving boolean := matter.kind IN ('disclosure', 'information');
BEGIN
    PERFORM legal_guard_market(matter);
    IF NOT EXISTS (SELECT 1 FROM legal_assessment AS one WHERE one.matter_id = matter.id
                   AND (NOT one.needs_board OR one.board = 'go_on'))
    THEN
        RAISE EXCEPTION 'the questions of substance are open'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_release_substance';
    END IF;
    IF EXISTS (SELECT 1 FROM legal_assessment AS one WHERE one.matter_id = matter.id
               AND one.needs_board)
       AND (SELECT count(*) FROM legal_vote AS one WHERE one.matter_id = matter.id
            AND one.decision = 'go_on') < 2
    THEN
        RAISE EXCEPTION 'two members of the board have to agree'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_release_board_of_two';
    END IF;
    IF giving AND NOT matter.entry_verified AND NOT EXISTS (
        SELECT 1 FROM markets_entrysignoff AS one
        WHERE one.id = matter.sign_off_id AND one.entry = matter.entry
          AND one.version = matter.regime_version AND one.withdrawn_at IS NULL)
    THEN
        RAISE EXCEPTION 'nobody signed off the entry %', matter.entry
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_matter_entry_signed_off';
    END IF;
    IF giving AND matter.emergency AND NOT EXISTS (
        SELECT 1 FROM authorities_callback AS one
        WHERE one.id = matter.call_back_id AND one.matter = matter.id
          AND one.authority_id = matter.authority_id AND one.said = 'confirmed')
    THEN
        RAISE EXCEPTION 'the authority was not called back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_matter_emergency_called_back';
    END IF;
    IF giving AND EXISTS (
        SELECT 1 FROM legal_clock AS clock
        WHERE clock.matter_id = matter.id AND clock.name = 'window')
       AND matter.enforcing_answer NOT IN ('no_ground', 'lapsed')
    THEN
        RAISE EXCEPTION 'the window of the enforcing authority is open'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_release_window';
    END IF;
END $$
"""

PACKAGE = """
CREATE FUNCTION legal_guard_package() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    matter legal_matter;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'planned' OR NEW.sealed <> '' OR NEW.released_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'a package begins as a plan'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_disclosure_begins';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state || '>' || NEW.state) = ANY (ARRAY[
        'planned>collected', 'planned>destroyed', 'collected>released', 'collected>destroyed',
        'released>handed_out', 'released>expired', 'handed_out>confirmed'])
    THEN
        RAISE EXCEPTION 'no step leads from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_disclosure_flow';
    END IF;
    IF OLD.state <> 'planned'
       AND (ROW(OLD.sha256, OLD.recipient, OLD.manifest, OLD.officer_id, OLD.prepared_by_id,
                OLD.want)
            IS DISTINCT FROM
            ROW(NEW.sha256, NEW.recipient, NEW.manifest, NEW.officer_id, NEW.prepared_by_id,
                NEW.want)
            OR (NEW.sealed <> '' AND NEW.sealed <> OLD.sealed))
    THEN
        RAISE EXCEPTION 'a package stays as it was collected'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_disclosure_stays';
    END IF;
    IF NEW.state IN ('collected', 'released', 'handed_out') AND NEW.state <> OLD.state THEN
        SELECT * INTO matter FROM legal_matter WHERE id = NEW.matter_id;
        IF matter.kind NOT IN ('disclosure', 'information')
           OR matter.plan_kind NOT IN ('accept', 'narrow')
           OR (NEW.state <> 'collected' AND matter.released_by_id IS NULL)
           OR (NEW.state = 'released' AND NEW.copy_of_id IS NULL
               AND NEW.digest IS DISTINCT FROM matter.digest)
        THEN
            RAISE EXCEPTION 'a package goes no further than its matter'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_disclosure_with_matter';
        END IF;
        IF NEW.state <> 'collected' THEN
            PERFORM legal_guard_market(matter);
        END IF;
    END IF;
    RETURN NEW;
END $$
"""

TRIGGERS = """
CREATE TRIGGER legal_flow BEFORE INSERT OR UPDATE ON legal_matter
    FOR EACH ROW EXECUTE FUNCTION legal_guard_flow();
CREATE TRIGGER legal_package BEFORE INSERT OR UPDATE ON legal_disclosure
    FOR EACH ROW EXECUTE FUNCTION legal_guard_package();
"""

UNDO = """
DROP TRIGGER legal_flow ON legal_matter;
DROP TRIGGER legal_package ON legal_disclosure;
DROP FUNCTION legal_guard_flow();
DROP FUNCTION legal_guard_package();
DROP FUNCTION legal_guard_release(legal_matter);
DROP FUNCTION legal_guard_market(legal_matter);
"""


class Migration(migrations.Migration):
    """Adds the guards."""

    dependencies = [
        ("legal", "0001_first"),
    ]

    operations = [
        migrations.RunSQL(f"{MARKET};{RELEASE};{FLOW};{PACKAGE};{TRIGGERS}", UNDO),
    ]
