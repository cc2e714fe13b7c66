"""Who follows the actions reads what has changed since, and not all of them each time."""

from django.db import migrations, models

import evenhand.records.models

CHANGED = """
CREATE FUNCTION actions_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed := pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE TRIGGER actions_changed BEFORE UPDATE ON actions_action
    FOR EACH ROW EXECUTE FUNCTION actions_note_change();
"""

UNDO = """
DROP TRIGGER actions_changed ON actions_action;
DROP FUNCTION actions_note_change();
"""


class Migration(migrations.Migration):
    dependencies = [("actions", "0003_lasting_effects")]

    operations = [
        migrations.AddField(
            model_name="action",
            name="changed",
            field=evenhand.records.models.TransactionIdField(
                db_default=models.Func(function="pg_current_xact_id"), editable=False
            ),
        ),
        migrations.AddIndex(
            model_name="action",
            index=models.Index(fields=["changed"], name="actions_action_changed"),
        ),
        migrations.AddIndex(
            model_name="action",
            index=models.Index(
                condition=models.Q(("kind", "deactivate")),
                fields=["account"],
                name="actions_action_closed",
            ),
        ),
        migrations.RunSQL(CHANGED, UNDO),
    ]
