"""The host's addresses: its own, and the portal's."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def own(request: HttpRequest) -> HttpResponse:
    """A view of the host, protected against forged forms."""
    return HttpResponse("changed")


urlpatterns = [
    path("own", own),
    path("admin/", admin.site.urls),
    path("portal/", include("portalkit.django.urls")),
]
