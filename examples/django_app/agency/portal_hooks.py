"""What the agency does when something happens in the portal; each runs after the commit."""

from __future__ import annotations

from agency.models import Job, News
from portalkit import ApprovalDecided, Event
from portalkit.django import on
from story import said

__all__ = ["note"]


@on(ApprovalDecided)
def note(event: Event[ApprovalDecided]) -> None:
    """Note a client's decision in the agency's own news."""
    job = Job.objects.filter(ref=event.project.ref).first()
    if job is not None:
        News.objects.create(job=job, text=said(event), at=event.entry.at)
