"""What the host knows by itself."""

from __future__ import annotations

from django.db import models


class Job(models.Model):
    """A project as the host books it."""

    id = models.BigAutoField(primary_key=True)
    title = models.TextField()
    portal = models.OneToOneField("portalkit.Head", models.SET_NULL, null=True, related_name="job")

    class Meta:
        app_label = "host"
