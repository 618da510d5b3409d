"""The addresses of the Django project: the portal, and a page that does nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


class Bare:
    """A view that returns the same bytes each time."""

    body = b""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(self.body)


bare = Bare()

urlpatterns = [
    path("bare", bare),
    path("portal/", include("portalkit.django.urls")),
]
