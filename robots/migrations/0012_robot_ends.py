# Of one table that is in use, so that no server of the version before waits in a ring.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("robots", "0011_switch_of_a_robot"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="robot",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)),
                fields=["expires_at"],
                name="robots_robot_end",
            ),
        ),
    ]
