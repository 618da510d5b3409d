"""Seen: what the access log knows of each client, and nothing that it does not know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from attrs import frozen

from portalkit.errors import NotFound
from portalkit.facts import Entry
from portalkit.model import Person, Project, Side
from portalkit.portal.download import find_version
from portalkit.storage import Access

if TYPE_CHECKING:
    from portalkit.portal import Portal

__all__ = ["FETCHED", "SEEN", "Downloaded", "Seen", "last_uses", "seen_by_clients"]

FETCHED: Final = "fetched"
"""A machine or a person opened the link: mail scanners do, and nothing tells them from browsers."""

SEEN: Final = "seen"
"""A person acted: a form was accepted, or a page heard somebody move, scroll or type."""

_PAGE: Final = "page"
"""What earlier releases noted for `FETCHED`."""

_FILE: Final = "file:"

Entries = Callable[[str], Iterable[Entry]]
"""Returns the entries about a file, by its id."""


@frozen
class Downloaded:
    """A file version that was downloaded to its end with somebody's link.

    Attributes:
        file: the file's id.
        version: the number of the version.
        name: what that version is called.
        at: UTC milliseconds of the last time, to the hour.
    """

    file: str
    version: int
    name: str
    at: int


@frozen
class Seen:
    """What is known of one client's visits: best effort, to the hour, and no evidence.

    Attributes:
        person: the client.
        fetched_at: UTC milliseconds when a machine or a person last opened the link, or ``None``.
        seen_at: UTC milliseconds when somebody with the link last acted as people do, or ``None``.
        used_at: UTC milliseconds of the last use of any kind, or ``None``.
        downloads: the file versions that were downloaded to their end, the newest first.
    """

    person: Person
    fetched_at: int | None
    seen_at: int | None
    used_at: int | None
    downloads: tuple[Downloaded, ...]


def last_uses(accesses: Iterable[Access]) -> dict[str, dict[str, int]]:
    """Return, by link, when it was last used for each thing."""
    uses: dict[str, dict[str, int]] = {}
    for access in accesses:
        what = FETCHED if access.what == _PAGE else access.what
        if what in (FETCHED, SEEN) or what.startswith(_FILE):
            of_link = uses.setdefault(access.link, {})
            of_link[what] = max(access.at, of_link.get(what, 0))
    return uses


def seen_by_clients(portal: Portal, project: Project) -> tuple[Seen, ...]:
    """Return what is known of each client whose data were not erased.

    Raises:
        StoreError: the access log could not be read.
    """

    def entries(file: str) -> list[Entry]:
        return portal.entries(project.id, subject=file)  # to name its older versions

    uses = last_uses(portal.access.of(project.id))
    clients = (p for p in project.people.values() if p.side is Side.CLIENT and not p.redacted)
    return tuple(_seen(project, person, uses, entries) for person in clients)


def _seen(
    project: Project, person: Person, uses: dict[str, dict[str, int]], entries: Entries
) -> Seen:
    link = project.link_of(person.id)
    known = uses.get(link.id, {}) if link else {}
    found = (_downloaded(project, what, at, entries) for what, at in known.items())
    downloads = [download for download in found if download]
    return Seen(
        person=person,
        fetched_at=known.get(FETCHED),
        seen_at=known.get(SEEN),
        used_at=max(known.values(), default=None),
        downloads=tuple(sorted(downloads, key=lambda d: (-d.at, d.name, d.version))),
    )


def _downloaded(project: Project, what: str, at: int, entries: Entries) -> Downloaded | None:
    """Return a download; ``None`` for other uses, and for what the log of the project does not know."""
    id, _, number = what.removeprefix(_FILE).partition("/")
    file = project.files.get(id) if what.startswith(_FILE) else None
    if file is None or not number.isdecimal():
        return None
    try:
        version = find_version(file, int(number), lambda: entries(id))
    except NotFound:
        return None
    return Downloaded(id, version.number, version.name, at)
