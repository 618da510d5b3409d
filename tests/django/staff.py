"""The addresses of that project: the portal, and what staff do, over HTTP behind a token.

As in the Flask app of the tests of faults, each request of staff is one block of two entries.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from portalkit import Change
from portalkit.django import current_portal
from tests.faults.world import MAYA, number_of

View = Callable[..., HttpResponse]


def by_staff(view: View) -> View:
    """Let in only who knows the token."""

    @csrf_exempt
    @wraps(view)
    def checked(request: HttpRequest, **values: Any) -> HttpResponse:
        given = request.headers.get("X-Staff-Token", "")
        if not secrets.compare_digest(given, os.environ["FAULTS_TOKEN"]):
            return HttpResponseForbidden()
        return view(request, **values)

    return checked


def change(project: str) -> Change:
    """Open a block of Maya's."""
    return current_portal.desk(MAYA).change(project)


@by_staff
def update(request: HttpRequest, project: str, milestone: str) -> HttpResponse:
    """Post two updates with the same text, together."""
    text = request.body.decode()
    with change(project) as block:
        made = [block.post_update(milestone, f"{text} {part}") for part in ("one", "two")]
    return JsonResponse([handle.id for handle in made], safe=False)


@by_staff
def upload(request: HttpRequest, project: str, milestone: str, file: str) -> HttpResponse:
    """Deliver the body as the next version of a file, and post an update about it, together."""
    text = request.GET["changed"]
    with change(project) as block:
        block.add_version(file, request, changed=text)
        block.post_update(milestone, text, about=file)
    return JsonResponse({"version": number_of(current_portal, block.project.id, file, text)})


@by_staff
def ask(request: HttpRequest, project: str, milestone: str, person: str) -> HttpResponse:
    """Request an approval of a statement, and post an update about it, together."""
    text = request.body.decode()
    with change(project) as block:
        asked = block.request_approval(milestone, "A question", statement=text, people=[person])
        block.post_update(milestone, text, about=asked)
    return JsonResponse(asked.id, safe=False)


urlpatterns = [
    path("staff/<project>/<milestone>/update", update),
    path("staff/<project>/<milestone>/file/<file>", upload),
    path("staff/<project>/<milestone>/ask/<person>", ask),
    path("portal/", include("portalkit.django.urls")),
]
