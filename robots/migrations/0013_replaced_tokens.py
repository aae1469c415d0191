# Of one table that is in use, so that no server of the version before waits in a ring.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("robots", "0012_robot_ends"),
    ]

    operations = [
        migrations.AddField(
            model_name="robottoken",
            name="is_replaced",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddIndex(
            model_name="robottoken",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False), ("origin", "static")),
                fields=["expires_at"],
                name="robots_token_static_end",
            ),
        ),
    ]
