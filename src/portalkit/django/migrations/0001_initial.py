from __future__ import annotations

from django.db import migrations, models

import portalkit.django.models


class Migration(migrations.Migration):
    initial = True

    operations = [
        migrations.CreateModel(
            name="Head",
            fields=[
                (
                    "project",
                    portalkit.django.models.ProjectId(
                        max_length=64, primary_key=True, serialize=False
                    ),
                ),
                ("version", models.BigIntegerField()),
                ("chain", models.CharField(max_length=64)),
                ("leased_until", models.BigIntegerField(default=0)),
                ("account", models.TextField()),
                ("ref", models.TextField(null=True)),
                ("client", models.TextField()),
                ("client_name", models.TextField()),
                ("title", models.TextField()),
                ("status", models.TextField()),
                ("waiting_since", models.BigIntegerField(null=True)),
                ("waiting_us_since", models.BigIntegerField(null=True)),
                ("next_due", models.BigIntegerField(null=True)),
                ("pending", models.BigIntegerField()),
                ("questions", models.BigIntegerField()),
                ("created_at", models.BigIntegerField()),
                ("updated_at", models.BigIntegerField()),
                ("wake_at", models.BigIntegerField(null=True)),
                ("figures", models.TextField()),
                ("searched", models.TextField()),
            ],
            options={
                "db_table": "portalkit_head",
                "verbose_name": "project",
                "default_permissions": ("view",),
                "permissions": [("manage_links", "Can issue, replace and revoke links of clients")],
                "constraints": [
                    models.UniqueConstraint(fields=["account", "ref"], name="portalkit_ref"),
                ],
                "indexes": [
                    models.Index(fields=["account", "project"], name="portalkit_project"),
                    models.Index(fields=["account", "client", "project"], name="portalkit_client"),
                    models.Index(
                        fields=["account", "-updated_at", "project"], name="portalkit_updated"
                    ),
                    models.Index(
                        fields=["account", "waiting_since", "project"],
                        name="portalkit_waiting",
                        condition=models.Q(waiting_since__isnull=False),
                    ),
                    models.Index(
                        fields=["account", "waiting_us_since", "project"],
                        name="portalkit_waiting_us",
                        condition=models.Q(waiting_us_since__isnull=False),
                    ),
                    models.Index(
                        fields=["account", "next_due", "project"],
                        name="portalkit_due",
                        condition=models.Q(next_due__isnull=False),
                    ),
                    models.Index(
                        fields=["wake_at", "project"],
                        name="portalkit_wake",
                        condition=models.Q(wake_at__isnull=False),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "head",
                    models.ForeignKey(
                        "portalkit.Head",
                        models.CASCADE,
                        db_column="project",
                        db_index=False,
                        related_name="entries",
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("at", models.BigIntegerField()),
                ("actor", models.TextField()),
                ("milestone", models.TextField()),
                ("subject", models.TextField()),
                ("kind", models.TextField()),
                ("data", models.TextField()),
                ("sealed", models.TextField()),
                ("sealed_digest", models.CharField(max_length=64)),
                ("chain", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "portalkit_entry",
                "default_permissions": (),
                "verbose_name_plural": "entries",
                "constraints": [
                    models.UniqueConstraint(fields=["head", "seq"], name="portalkit_seq"),
                ],
                "indexes": [
                    models.Index(fields=["head", "milestone", "seq"], name="portalkit_milestone"),
                    models.Index(fields=["head", "subject", "seq"], name="portalkit_subject"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                (
                    "head",
                    models.OneToOneField(
                        "portalkit.Head",
                        models.CASCADE,
                        db_column="project",
                        primary_key=True,
                        related_name="snapshot",
                        serialize=False,
                    ),
                ),
                ("doc_version", models.BigIntegerField()),
                ("fold", models.TextField()),
                ("doc", models.TextField()),
            ],
            options={"db_table": "portalkit_snapshot", "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Use",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("project", portalkit.django.models.ProjectId(max_length=64)),
                ("link", models.TextField()),
                ("what", models.TextField()),
                ("hour", models.BigIntegerField()),
                ("at", models.BigIntegerField()),
            ],
            options={
                "db_table": "portalkit_use",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=["project", "link", "what", "hour"], name="portalkit_use_once"
                    ),
                ],
            },
        ),
    ]
