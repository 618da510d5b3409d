from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agency", "0001_initial"), ("portalkit", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="portal",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.SET_NULL, to="portalkit.head"
            ),
        ),
    ]
