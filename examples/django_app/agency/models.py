"""What the agency knows by itself: its clients, its projects, and what happened lately."""

from __future__ import annotations

from django.db import models

__all__ = ["Client", "Job", "News"]


class Client(models.Model):
    """Whom the agency works for."""

    name = models.CharField(max_length=200, unique=True)
    city = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    """A project as the agency books it."""

    ref = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    client = models.ForeignKey(Client, models.PROTECT)
    zone = models.CharField(max_length=40)
    portal = models.OneToOneField("portalkit.Head", models.SET_NULL, null=True)

    def __str__(self) -> str:
        return self.title


class News(models.Model):
    """Something that a client decided, and that matters to the whole agency."""

    job = models.ForeignKey(Job, models.CASCADE)
    text = models.TextField()
    at = models.BigIntegerField()  # UTC milliseconds

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.text
