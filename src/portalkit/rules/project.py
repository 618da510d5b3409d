"""Rules of the project itself: its description, status and quick links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve

from portalkit import clean
from portalkit.facts import (
    Line,
    ProjectChanged,
    ProjectOpened,
    ProjectStatusChanged,
    ResourcesChanged,
)
from portalkit.model import (
    Project,
    ProjectStatus,
    Resource,
)
from portalkit.rules.finding import changed

__all__ = ["change_project", "open_project", "set_resources", "set_status"]


def open_project(description: ProjectOpened) -> list[Line]:
    """Open a project as described."""
    zone, locale = clean.zone(description.zone), clean.locale(description.locale)
    return [
        Line(
            evolve(
                description,
                title=clean.line(description.title, "title"),
                client_name=clean.line(description.client_name, "client"),
                client=clean.line(description.client, "client_key", required=False),
                account=clean.line(description.account, "account", required=False),
                ref=None if description.ref is None else clean.line(description.ref, "ref"),
                summary=clean.prose(description.summary, "summary"),
                zone=zone,
                locale=locale,
                brand=clean.line(description.brand, "brand", required=False),
            )
        )
    ]


def change_project(project: Project, changes: Mapping[str, Any]) -> list[Line]:
    """Change parts of the project's description: title, client_name, client, summary, zone, locale, brand."""
    now = ProjectChanged(
        title=project.title,
        client_name=project.client_name,
        client=project.client,
        summary=project.summary,
        zone=project.zone,
        locale=project.locale,
        brand=project.brand,
    )
    new = changed(now, changes)
    new = evolve(
        new,
        title=clean.line(new.title, "title"),
        client_name=clean.line(new.client_name, "client_name"),
        client=clean.line(new.client, "client", required=False),
        summary=clean.prose(new.summary, "summary"),
        zone=clean.zone(new.zone),
        locale=clean.locale(new.locale),
        brand=clean.line(new.brand, "brand", required=False),
    )
    return [] if new == now else [Line(new)]


def set_status(project: Project, status: ProjectStatus | str, reason: str = "") -> list[Line]:
    """Make the project active, on hold, completed or archived."""
    status = clean.choice(ProjectStatus, status, "status")
    if status is project.status:
        return []
    return [Line(ProjectStatusChanged(status, clean.prose(reason, "reason")))]


def set_resources(project: Project, resources: Iterable[tuple[str, str]]) -> list[Line]:
    """Replace the ordered quick links."""
    cleaned = tuple(
        Resource(clean.line(label, "label"), clean.url(url)) for label, url in resources
    )
    return [] if cleaned == project.resources else [Line(ResourcesChanged(cleaned))]
