"""The questions of substance are answered of the request as it stands, not as it stood before."""

from django.db import migrations, models

OF_THIS_TEXT = """
CREATE FUNCTION legal_guard_assessment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'released' AND OLD.state <> 'released' AND (
        EXISTS (SELECT 1 FROM legal_assessment AS one
                WHERE one.matter_id = NEW.id AND one.voided_at IS NOT NULL)
        OR EXISTS (SELECT 1 FROM legal_assessment AS one
                   JOIN legal_question AS question ON question.matter_id = one.matter_id
                   WHERE one.matter_id = NEW.id AND question.answered_at > one.at))
    THEN
        RAISE EXCEPTION 'the request was changed after its substance was looked at'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_release_substance';
    END IF;
    IF NEW.state = 'released' AND OLD.state <> 'released'
       AND EXISTS (SELECT 1 FROM legal_assessment AS one
                   WHERE one.matter_id = NEW.id AND one.needs_board
                   AND (SELECT count(*) FROM legal_vote AS vote
                        WHERE vote.matter_id = NEW.id AND vote.round = one.round
                        AND vote.decision = 'go_on') < 2)
    THEN
        RAISE EXCEPTION 'two members of the board have to agree on these answers'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_release_board_of_two';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER legal_assessment_holds BEFORE UPDATE ON legal_matter
    FOR EACH ROW EXECUTE FUNCTION legal_guard_assessment();
"""

UNDO = """
DROP TRIGGER legal_assessment_holds ON legal_matter;
DROP FUNCTION legal_guard_assessment();
"""


class Migration(migrations.Migration):
    """Keeps what was replaced, lets answers be void, and adds the guard."""

    dependencies = [
        ("legal", "0004_preserved_on_receipt"),
    ]

    operations = [
        migrations.AddField(
            model_name="question",
            name="replaced",
            field=models.JSONField(
                default=dict, help_text="fields that the answer overwrote, as they were before"
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="round",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="assessment",
            name="voided_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="vote",
            name="round",
            field=models.PositiveSmallIntegerField(default=1, help_text="of the answers voted on"),
        ),
        migrations.RemoveConstraint(model_name="vote", name="legal_vote_one"),
        migrations.AddConstraint(
            model_name="vote",
            constraint=models.UniqueConstraint(
                fields=("matter", "by", "round"), name="legal_vote_one"
            ),
        ),
        migrations.RunSQL(OF_THIS_TEXT, UNDO),
    ]
