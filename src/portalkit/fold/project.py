"""Folding the project's own facts: a function for each fact gives what an entry of it changes."""

from __future__ import annotations

from portalkit.facts import (
    Entry,
    Fact,
    ProjectChanged,
    ProjectOpened,
    ProjectStatusChanged,
    ResourcesChanged,
    UnknownFact,
)
from portalkit.fold.changes import Changes
from portalkit.model import (
    Project,
)

__all__ = [
    "project_changed",
    "project_opened",
    "project_status",
    "resources",
    "unchanged",
    "unknown",
]


def project_opened(project: Project, entry: Entry, fact: ProjectOpened) -> Changes:
    return {
        "title": fact.title,
        "client_name": fact.client_name,
        "client": fact.client,
        "account": fact.account,
        "ref": fact.ref,
        "summary": fact.summary,
        "zone": fact.zone,
        "locale": fact.locale,
        "brand": fact.brand,
    }


def project_changed(project: Project, entry: Entry, fact: ProjectChanged) -> Changes:
    return {
        "title": fact.title,
        "client_name": fact.client_name,
        "client": fact.client,
        "summary": fact.summary,
        "zone": fact.zone,
        "locale": fact.locale,
        "brand": fact.brand,
    }


def project_status(project: Project, entry: Entry, fact: ProjectStatusChanged) -> Changes:
    return {"status": fact.status, "status_reason": fact.reason}


def resources(project: Project, entry: Entry, fact: ResourcesChanged) -> Changes:
    return {"resources": fact.resources}


def unchanged(project: Project, entry: Entry, fact: Fact) -> Changes:
    return {}


def unknown(project: Project, entry: Entry, fact: Fact) -> Changes:
    harmless = isinstance(fact, UnknownFact) and fact.kind.startswith("note.")
    return {} if harmless else {"newer": True}
