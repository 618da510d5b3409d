"""Steps about files and requests for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache

from portalkit import rules
from portalkit.errors import FileError, NotFound, Refused, Vetoed
from portalkit.facts import Line
from portalkit.model import FileState, Project, Reminders, Version, new_id
from portalkit.portal.change.block import Block, Handle, id_of_new
from portalkit.portal.download import find_version
from portalkit.portal.inspection import Upload, inspected
from portalkit.portal.things import Thing, id_of, ids_of
from portalkit.rules import Delivered
from portalkit.rules.finding import find_file
from portalkit.storage import Readable

__all__ = ["FileSteps"]


class FileSteps(Block):
    """Steps about files and requests for them."""

    def add_file(
        self,
        milestone: Thing,
        stream: Readable,
        *,
        name: str,
        purpose: str,
        state: FileState | str = FileState.DRAFT,
        id: str | None = None,
    ) -> Handle:
        """Deliver a file in its milestone.

        Args:
            milestone: where the file belongs.
            stream: read to its end, in chunks.
            name: its file name; cleaned once, here.
            purpose: why it is there.
            state: ``draft`` or ``final``, a label that clients see.
            id: one that `new_id` made when the form was shown, so that a form sent twice has one effect.

        Returns:
            A handle with the file's id.

        Raises:
            NotFound: no such milestone here.
            Invalid: name, purpose or state is unusable.
            TooLarge: more bytes than the portal takes; nothing was kept.
            FileError: the bytes could not be kept; try again.
            Vetoed: the host's inspection refused it; nothing was kept.
        """
        file, is_given = id_of_new(id), id is not None
        if is_given and self._is_there(self.project, file):
            return Handle(file)

        def step(project: Project, delivered: Delivered) -> Sequence[Line]:
            if is_given and self._is_there(project, file):
                return ()
            return rules.add_file(
                project,
                file,
                milestone=id_of(milestone),
                delivered=delivered,
                purpose=purpose,
                state=state,
            )

        self._deliver(id_of(milestone), self._take_in(stream, name), step)
        return Handle(file)

    def add_version(
        self,
        file: Thing,
        stream: Readable,
        *,
        changed: str,
        name: str = "",
        state: FileState | str | None = None,
    ) -> None:
        """Deliver a newer version of a file, saying what changed.

        Open requests for approval about the file are superseded, visibly, each by a new round that
        asks the same people about the new version.

        Args:
            file: the file.
            stream: read to its end, in chunks.
            changed: what is different from the version before.
            name: a new file name; if empty the old one, but ``file`` in place of the name that a client gave,
                whose words are not copied.
            state: ``draft`` or ``final``; the old one if not given.

        Raises:
            NotFound: no such file here.
            Invalid: it does not say what changed, or a value is unusable.
            TooLarge: more bytes than the portal takes; nothing was kept.
            FileError: the bytes could not be kept; try again.
        """
        old = self.project.files.get(id_of(file))
        fresh = cache(lambda superseded: new_id())
        self._deliver(
            old.milestone if old else "",
            self._take_in(stream, name or (rules.own_name(old) if old else "")),
            lambda project, delivered: rules.add_version(
                project,
                id_of(file),
                delivered=delivered,
                changed=changed,
                fresh=fresh,
                state=state,
            ),
        )

    def set_file_state(self, file: Thing, state: FileState | str) -> None:
        """Label the current version of a file.

        Args:
            file: the file.
            state: ``draft`` or ``final``.

        Raises:
            NotFound: no such file here.
            NotAllowed: the current version was withdrawn; deliver a newer one.
            Invalid: there is no such label.
        """
        self.step(lambda project: rules.set_file_state(project, id_of(file), state))

    def withdraw_file(self, file: Thing, reason: str, *, version: int | None = None) -> None:
        """Take back a wrong delivery: its bytes are given out no more, digest and reason stay.

        What was taken back before stays as it is, with the reason that was given first.

        Args:
            file: the file.
            reason: why; clients read it.
            version: the number of the version; the current one if not given.

        Raises:
            NotFound: no such file or version here.
            Invalid: there is no reason.
        """

        def step(project: Project) -> list[Line]:
            found = self._version(project, file, version)
            return rules.withdraw_file(project, id_of(file), found, reason)

        self.step(step)

    def release_file(self, file: Thing, *, version: int | None = None) -> None:
        """Let a file out of quarantine; `withdraw_file` is the other end of it.

        Args:
            file: the file.
            version: the number of the version; the current one if not given.

        Raises:
            NotFound: no such file or version here.
        """

        def step(project: Project) -> list[Line]:
            return rules.release_file(project, id_of(file), self._version(project, file, version))

        self.step(step)

    def request_file(
        self,
        milestone: Thing,
        title: str,
        *,
        people: Iterable[Thing],
        note: str = "",
        due: date | None = None,
        reminders: Reminders | None = None,
        id: str | None = None,
    ) -> Handle:
        """Ask clients to hand a file in.

        Args:
            milestone: where the file will belong.
            title: what is asked for.
            people: the clients who are asked; whoever may hand in there can answer.
            note: what they should know: format, size, where to find it.
            due: the day by which it is wanted, in the client's zone.
            reminders: when they are reminded; as the portal does it if not given.
            id: one that `new_id` made when the form was shown, so that a form sent twice has one effect.

        Returns:
            A handle with the request's id.

        Raises:
            NotFound: no such milestone or person here.
            Invalid: title, people, note or day is unusable.
            NotAllowed: the milestone is internal, or a person was erased.
        """
        asked = ids_of(people, "people")
        return self._make(
            id,
            lambda project, id: rules.request_file(
                project,
                id,
                milestone=id_of(milestone),
                title=title,
                people=asked,
                note=note,
                due=due,
                reminders=reminders,
            ),
        )

    def fulfil_request(self, request: Thing, files: Iterable[Thing]) -> None:
        """Say that an open request is answered by these files, which came another way.

        Args:
            request: the request for a file.
            files: files of its milestone.

        Raises:
            NotFound: no such request or file here.
            Invalid: no file is named, or one belongs to another milestone.
            Outdated: the request is no longer open; look at what became of it.
        """
        named = ids_of(files, "files")
        self.step(
            lambda project: rules.fulfil_request(project, self._request(project, request), named)
        )

    def withdraw_request(self, request: Thing, reason: str) -> None:
        """Take an open request for a file back.

        Args:
            request: the request for a file.
            reason: why; everybody can read it.

        Raises:
            NotFound: no such request here.
            Invalid: the reason is missing or unusable.
            Outdated: the request is no longer open; look at what became of it.
        """
        self.step(lambda project: rules.withdraw_request(self._request(project, request), reason))

    def _version(self, project: Project, file: Thing, number: int | None) -> Version:
        found = find_file(project, id_of(file))
        if number is None:
            return found.current
        return find_version(found, number, lambda: self._entries_about(found.id))

    def _take_in(self, stream: Readable, name: str) -> Delivered:
        delivered = self._portal.take_in(self._id, stream, name)
        self._kept.append(delivered.key)
        return delivered

    def _deliver(
        self,
        milestone: str,
        delivered: Delivered,
        step: Callable[[Project, Delivered], Sequence[Line]],
    ) -> None:
        """Run the step that names bytes just taken in; if it is refused, they are not kept."""
        try:
            self._inspect(milestone, delivered)
            self.step(lambda project: step(project, delivered))
        except (Refused, NotFound, FileError):
            self._kept.remove(delivered.key)
            self._portal.discard([delivered.key])
            raise

    def _inspect(self, milestone: str, delivered: Delivered) -> None:
        """Let the host look at what was taken in; staff have no quarantine, so that is a refusal."""
        place = self.project.milestones.get(milestone)
        if place is None:
            return  # the step will say so
        upload = Upload.of(self._portal, self.project, self._me(), place, delivered)
        seen = inspected(self._portal.inspect, upload, delivered)
        if seen.quarantine is not None:
            raise Vetoed(
                "the inspection wants to keep this file back",
                remedy="Deliver another one, or let the inspection accept what staff deliver",
                file=delivered.name,
                reason=seen.quarantine,
            )
