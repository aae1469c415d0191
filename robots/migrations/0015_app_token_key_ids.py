# Of one table that is in use, so that no server of the version before waits in a ring.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("robots", "0014_expiry_notices"),
    ]

    operations = [
        migrations.AddField(
            model_name="apptoken",
            name="key_id",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=8
            ),
        ),
        migrations.AddConstraint(
            model_name="apptoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("key_id__regex", "\\A(?:[0-9a-f]{8})?\\Z")),
                name="robots_apptoken_key_id_valid",
                violation_error_message="A key's id has eight hexadecimal digits.",
            ),
        ),
    ]
