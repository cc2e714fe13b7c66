from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0002_review"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="reach_counted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="account_channels",
            field=models.BigIntegerField(help_text="channels its account is in", null=True),
        ),
    ]
