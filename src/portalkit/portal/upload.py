"""Uploads: files that a client hands in together, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from portalkit import rules
from portalkit.errors import Conflict, Invalid, NewerLog, PortalError, StoreError, TooLarge
from portalkit.facts import FileDelivered, Line
from portalkit.model import Milestone
from portalkit.portal.inspection import Upload, inspected
from portalkit.portal.ledger import State, Written
from portalkit.portal.things import derived_id, pairs
from portalkit.rules import DAY_MS, Allowance, Delivered
from portalkit.storage import Readable

if TYPE_CHECKING:
    from portalkit.portal import Portal
    from portalkit.portal.visit import Visit

__all__ = ["HandingIn", "allowance_of"]

Sent = tuple[str, Readable]
"""A file as it comes in: its name and its bytes."""


@frozen
class HandingIn:
    """Files on their way in.

    Attributes:
        portal: where they go.
        visit: whose they are.
        milestone: where they will belong.
        once: makes their ids, so that the same files sent twice are handed in once.
        lines: the rules; given a state and the files, the lines that hand them in, or a refusal.
    """

    portal: Portal
    visit: Visit
    milestone: Milestone
    once: str
    lines: Callable[[State | None, Mapping[str, Delivered]], list[Line]]

    def run(self, files: Iterable[Sent]) -> tuple[Written, list[str]]:
        """Take in, inspect and commit; return what was written, and the ids of the files."""
        sent = pairs(files, "files")
        most = self.portal.uploads.files
        if not sent:
            raise Invalid("there is no file", remedy="Choose at least one", field="files")
        if len(sent) > most:
            raise TooLarge("these are too many files at once", remedy="Send fewer", files=most)
        project = self.visit.project.id
        self.lines(self.portal.ledger.read(project), {})  # a refusal that no byte can change
        taken = self._taken(project, sent)
        return self._committed(project, taken), list(taken)

    def _taken(self, project: str, sent: Sequence[Sent]) -> dict[str, Delivered]:
        taken: dict[str, Delivered] = {}
        kept: list[str] = []
        try:
            for name, stream in sent:
                limit = self.portal.uploads.file_bytes
                delivered = self.portal.take_in(project, stream, name, limit=limit)
                kept.append(delivered.key)
                taken[self._id_of(delivered)] = self._inspected(delivered)
        except BaseException:
            self.portal.discard(kept)
            raise
        self.portal.discard(set(kept) - {delivered.key for delivered in taken.values()})
        return taken

    def _inspected(self, delivered: Delivered) -> Delivered:
        upload = Upload.of(
            self.portal, self.visit.project, self.visit.person, self.milestone, delivered
        )
        return inspected(self.portal.inspect, upload, delivered)

    def _id_of(self, delivered: Delivered) -> str:
        """The id of a file: the same for the same bytes under the same name out of the same form."""
        parts = (self.visit.link.id, self.milestone.id, self.once, delivered.sha256, delivered.name)
        return derived_id("portalkit.file.1", *parts)

    def _committed(self, project: str, taken: Mapping[str, Delivered]) -> Written:
        keys = {delivered.key for delivered in taken.values()}
        person = self.visit.person.id
        try:
            written = self.portal.ledger.write(
                project, lambda now: (person, self.lines(now, taken))
            )
        except StoreError as error:
            if isinstance(error, Conflict | NewerLog):
                self.portal.discard(keys)
            raise  # else it may have been written all the same: the collector knows later
        except PortalError:
            self.portal.discard(keys)  # not if the process was told to end: that may be too late
            raise
        named = {e.fact.key for e in written.entries if isinstance(e.fact, FileDelivered)}
        self.portal.discard(keys - named)
        return written


def allowance_of(portal: Portal, project: str, link: str) -> Allowance:
    """Return what a link may still hand in, by what the log says of the last 24 hours."""
    since = portal.clock() - DAY_MS
    found = portal.ledger.recent(project, since, kinds={"file.delivered"})
    return rules.allowance(portal.uploads, found, link=link, since=since)
