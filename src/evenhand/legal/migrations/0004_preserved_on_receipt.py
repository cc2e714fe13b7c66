"""What is put away when it is received."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Marks preservations that begin with receipt."""

    dependencies = [
        ("legal", "0003_second_look"),
    ]

    operations = [
        migrations.AddField(
            model_name="preservation",
            name="on_receipt",
            field=models.BooleanField(
                default=False,
                help_text="put away when it was received, kept until the matter is over",
            ),
        ),
    ]
