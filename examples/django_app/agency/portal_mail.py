"""The mail of the portal: what was sent, and where mails to staff lead."""

from __future__ import annotations

from mailbox import SANDBOX, letters_in
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from agency.models import Job
from portalkit import Project

__all__ = ["letter", "mail", "page_of"]


def page_of(project: Project) -> str:
    """Return the agency's own page of a project, where mails to staff lead."""
    job = Job.objects.filter(portal__project=project.id).first()
    path = reverse("project", args=[job.id]) if job else reverse("projects")
    return urljoin(settings.PORTALKIT["BASE_URL"], path)


@login_required
def mail(request: HttpRequest) -> HttpResponse:
    """What was mailed to clients and staff; in this demo it goes no further."""
    return render(request, "mail.html", {"letters": letters_in(settings.EMAIL_FILE_PATH)})


@login_required
def letter(request: HttpRequest, id: str) -> HttpResponse:
    """One mail as a mail program shows it."""
    letters = letters_in(settings.EMAIL_FILE_PATH)
    found = next((letter for letter in letters if letter.id == id), None)
    if found is None:
        raise Http404
    return HttpResponse(found.html, headers={"Content-Security-Policy": SANDBOX})
