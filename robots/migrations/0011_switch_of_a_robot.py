# The reference alone: it locks both tables, though neither against those who only read.

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("robots", "0010_narrower_switches"),
    ]

    operations = [
        migrations.AlterField(
            model_name="emergencyswitch",
            name="robot",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="robots.robot",
            ),
        ),
    ]
