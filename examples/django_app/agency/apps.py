"""The agency as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class AgencyConfig(AppConfig):
    """The agency's models and pages."""

    name = "agency"

    def ready(self) -> None:  # the portal's hooks
        from agency import portal_hooks  # noqa: F401  (hears of what clients decide)
