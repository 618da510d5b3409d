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
from portalkit.rules.finding import refuse_others

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
    """Change parts of the project's description, by the names under which it was opened."""
    described = {
        "title": project.title,
        "client": project.client_name,
        "client_key": project.client,
        "summary": project.summary,
        "zone": project.zone,
        "locale": project.locale,
        "brand": project.brand,
    }
    refuse_others(changes, list(described))
    old, new = _changed(described), _changed({**described, **changes})
    return [] if new == old else [Line(new)]


def _changed(described: Mapping[str, Any]) -> ProjectChanged:
    return ProjectChanged(
        title=clean.line(described["title"], "title"),
        client_name=clean.line(described["client"], "client"),
        client=clean.line(described["client_key"], "client_key", required=False),
        summary=clean.prose(described["summary"], "summary"),
        zone=clean.zone(described["zone"]),
        locale=clean.locale(described["locale"]),
        brand=clean.line(described["brand"], "brand", required=False),
    )


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
