"""The page that staff begin at: all projects, with what waits for whom."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from agency.models import Job, News

__all__ = ["projects"]


@login_required
def projects(request: HttpRequest) -> HttpResponse:
    """All projects, the one that waits longest for its client first."""
    jobs = Job.objects.select_related("client").order_by("id")
    return render(request, "projects.html", {"jobs": jobs, "news": News.objects.all()[:5]})
