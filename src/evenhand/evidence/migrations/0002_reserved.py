from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_first")]

    operations = [
        migrations.AddField(
            model_name="sealeditem",
            name="reserved_for",
            field=models.CharField(
                blank=True,
                default="",
                help_text="the role that alone may open it; empty: whoever may open evidence",
                max_length=20,
            ),
        ),
    ]
