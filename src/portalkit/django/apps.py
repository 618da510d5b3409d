"""The app as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["PortalKitConfig"]


class PortalKitConfig(AppConfig):
    """Registers the tables under ``portalkit`` and the system checks."""

    name = "portalkit.django"
    label = "portalkit"
    verbose_name = "Client portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from portalkit.django import checks  # noqa: F401  (registers them)
