"""The addresses: ``path("portal/", include("portalkit.django.urls"))``.

Each route has its name (``portalkit:project``), and what no route takes is the core's to answer too.
"""

from __future__ import annotations

from django.urls import path, re_path

from portalkit.django.views import serve
from portalkit.web import ROUTES

__all__ = ["app_name", "urlpatterns"]

app_name = "portalkit"

urlpatterns = [
    *(
        path(
            route.path[1:].replace("<path>", "<path:path>"),
            serve,
            {"route": route},
            name=route.name,
        )
        for route in ROUTES
    ),
    re_path(r"^(?P<rest>[\s\S]*)\Z", serve, name="other"),
]
