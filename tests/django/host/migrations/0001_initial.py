from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("portalkit", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("title", models.TextField()),
                (
                    "portal",
                    models.OneToOneField(
                        "portalkit.Head", models.SET_NULL, null=True, related_name="job"
                    ),
                ),
            ],
        ),
    ]
