"""The portal: the one object that a host makes, and the two doors it opens.

`Portal.desk` is what staff use, through the host's own login.  `Portal.visit` is what a client's link
opens.  Both run the same pure rules and write through the same ledger.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar, overload
from urllib.parse import urlsplit

from portalkit import clean, moments
from portalkit.errors import (
    BadLink,
    ConfigError,
    FileError,
    Invalid,
    NotAllowed,
    NotFound,
    ReplacedLink,
    RevokedLink,
    TooLarge,
)
from portalkit.facts import Entry, Fact, Line
from portalkit.links import Cookie, Keys, Ticket, project_of
from portalkit.media import SNIFFED_BYTES, sniff
from portalkit.model import Link, NoticeMode, Project
from portalkit.portal.care import Caretaker, Erasure, FileProblem, Held
from portalkit.portal.change import Change, Handle
from portalkit.portal.desk import Desk, Failure, LinkInfo
from portalkit.portal.download import Download, checker
from portalkit.portal.hooks import Event, Hooks
from portalkit.portal.inspection import Inspect, Quarantine, Upload, Veto
from portalkit.portal.ledger import Ledger, State, Verification, Written
from portalkit.portal.looking import Looking, Preview
from portalkit.portal.reviewing import review_of
from portalkit.portal.running import Notify, Ran, Runner
from portalkit.portal.seen import FETCHED, SEEN, Downloaded, Seen
from portalkit.portal.subscriber import Subscriber
from portalkit.portal.things import Thing, When, id_of
from portalkit.portal.visit import Visit
from portalkit.rules import (
    Delivered,
    Staff,
    UploadLimits,
    admit,
    choose_notices,
    find_person,
    request_link,
)
from portalkit.storage import AccessLog, FileStore, Readable, Store
from portalkit.storage.memory import MemoryAccessLog

__all__ = [
    "FETCHED",
    "LARGEST_FILE",
    "SEEN",
    "Caretaker",
    "Change",
    "Desk",
    "Download",
    "Downloaded",
    "Erasure",
    "Event",
    "Failure",
    "FileProblem",
    "Handle",
    "Held",
    "Hooks",
    "Inspect",
    "LinkInfo",
    "Looking",
    "Notify",
    "Portal",
    "Preview",
    "Quarantine",
    "Ran",
    "Seen",
    "Subscriber",
    "Upload",
    "Verification",
    "Veto",
    "Visit",
    "When",
    "checked_base_url",
    "review_of",
]

_log = logging.getLogger("portalkit.portal")

F = TypeVar("F", bound=Fact)
R = TypeVar("R")
LARGEST_FILE: Final = 2 * 1024**3
_HOST: Final = re.compile(
    r"[a-z0-9._-]+|[0-9a-f:.]+"
)  # a name, or an address with its brackets off
PROJECTS_AT_ONCE: Final = 1000


def _never() -> bool:
    return False


class Portal:
    """Keeps projects and opens them to staff and clients.

    Args:
        store: keeps the log; `portalkit.storage.memory` and `portalkit.storage.sqlite` have one each.
        files: keeps the bytes of files.
        base_url: the public address of the mount point; every link starts with it.
        keys: signing keys, newest first.
        access: remembers when links were used; in memory if not given.
        strict: refuse updates that refer to neither an outcome nor a decision.
        largest_file: bytes that one file version may have.
        uploads: how much clients may hand in.
        inspect: looks at every file before it is named: accepts, vetoes, keeps it in quarantine.
        clock: returns UTC milliseconds.
        hooks: functions to run after commits, where several portals share them.

    Raises:
        ConfigError: the keys or the base URL are missing or unsafe.
    """

    def __init__(
        self,
        *,
        store: Store,
        files: FileStore,
        base_url: str,
        keys: Sequence[str | bytes],
        access: AccessLog | None = None,
        strict: bool = False,
        largest_file: int = LARGEST_FILE,
        uploads: UploadLimits | None = None,
        inspect: Inspect | None = None,
        clock: Callable[[], int] = moments.now,
        hooks: Hooks | None = None,
    ) -> None:
        self.keys = Keys(keys)
        self.base_url = checked_base_url(base_url)
        self.files = files
        self.access = access if access is not None else MemoryAccessLog()
        self.strict = strict
        self.largest_file = largest_file
        self.uploads = uploads if uploads is not None else UploadLimits()
        self.inspect = inspect
        self.clock = clock
        self.check_bytes = checker(files)
        self._hooks = hooks if hooks is not None else Hooks()
        self._runner = Runner(self, self._hooks)
        self.ledger = Ledger(store, clock, self._runner.wake)

    # -- doors ----------------------------------------------------------------------------------

    def desk(self, staff: Staff, *, account: str = "") -> Desk:
        """Return the desk of a staff member.

        Args:
            staff: who acts, as your login knows them; whom you give a desk may do everything in it.
            account: the tenant; the desk sees its own account and nothing else.

        Raises:
            Invalid: this is no staff member, or one without name or ref or with an unusable address.
        """
        return Desk(self, staff, account)

    def visit(self, token: str) -> Visit:
        """Open a client's link.

        Args:
            token: the last part of the link's address.

        Returns:
            Everything that this person can do in this project.

        Raises:
            BadLink: not genuine, or never issued; answer like for a page that does not exist.
            LinkGone: genuine, but expired, revoked or replaced; say so, and how to get a new one.
        """
        return self._admitted(self.keys.read_token(token))

    def visit_by_cookie(self, cookie: Cookie) -> Visit:
        """Open the link that a cookie was given for; used by the pages.

        Args:
            cookie: what a signed cookie says.

        Raises:
            BadLink: the link was never issued.
            LinkGone: it has expired, was revoked or replaced.
        """
        return self._admitted(Ticket(cookie.link, cookie.nonce))

    def visit_as(self, project: Thing, person: Thing) -> Visit:
        """Open a project for a client whom the host has recognised by its own login.

        The person needs a link that stands: its scopes, expiry and revocation count here too.

        Args:
            project: the project or its id.
            person: the person or their id.

        Raises:
            NotFound: no such project or person.
            LinkGone: the link has expired or was revoked; extend it or issue it again.
            NotAllowed: no link was ever issued; issue one.
        """
        state = self.ledger.read(id_of(project))
        who = find_person(state.project, id_of(person))
        link = state.project.link_of(who.id)
        if link is None:
            raise NotAllowed("this person has no link", remedy="Issue one first", person=who.id)
        admit(link, self.clock())
        return Visit(self, state, who, link, recognised="host")

    def _admitted(self, ticket: Ticket) -> Visit:
        state, link = _held(ticket, self.ledger.find(project_of(ticket.link)))
        admit(link, self.clock())
        return Visit(self, state, state.project.people[link.person], link, recognised="link")

    @property
    def care(self) -> Caretaker:
        """What an operator does with the data, such as verify, check files, redact, erase, rebuild."""
        return Caretaker(
            store=self.ledger.store,
            files=self.files,
            access=self.access,
            clock=self.clock,
            ledger=self.ledger,
            announce=self.announce,
        )

    # -- reading --------------------------------------------------------------------------------

    def project(
        self, id: Thing | None = None, *, ref: str | None = None, account: str = ""
    ) -> Project:
        """Return a project as it stands.

        Args:
            id: the project or its id; or else ``ref``.
            ref: the host's own key of the project.
            account: the tenant it belongs to.

        Raises:
            NotFound: there is no such project in this account.
        """
        return self.state(id, ref=ref, account=account).project

    def state(self, id: Thing | None, *, ref: str | None, account: str) -> State:
        """Return a project together with its place in the log.

        Args:
            id: the project or its id; or else ``ref``.
            ref: the host's own key of the project.
            account: the tenant it belongs to.

        Raises:
            NotFound: there is no such project in this account.
        """
        named = None if id is None else id_of(id)
        if ref is not None:
            clean.text(ref, "ref")
            found = self.ledger.store.projects(account=account, ref=ref, status=None, limit=1)
            named = found[0].project if found else None
        state = self.ledger.find(named) if named else None
        if state is None or state.project.account != account:
            raise NotFound(
                "no such project",
                remedy="Pass a project's id, or your own key of it as ref=",
                id=named,
                ref=ref,
                account=account,
            )
        return state

    def link_url(self, project: Thing, person: Thing, path: str = "") -> str:
        """Return the address of a person's link, signed with the newest key.

        Args:
            project: the project or its id.
            person: the person or their id.
            path: a page behind the link, such as ``a/<approval>``; the project page if empty.

        Raises:
            NotFound: no such project, or the person has no link; issue one.
        """
        clean.text(path, "path")
        token = self.keys.token(self._ticket(project, id_of(person)))
        return f"{self.base_url}/l/{token}" + (f"/{path.lstrip('/')}" if path else "")

    def unsubscribe_url(self, project: Thing, person: Thing) -> str:
        """Return the address at which a person ends mail that nothing waits for (RFC 8058).

        Args:
            project: the project or its id.
            person: the person or their id.

        Raises:
            NotFound: no such project, or the person has no link; issue one.
        """
        token = self.keys.unsubscribe_token(self._ticket(project, id_of(person)))
        return f"{self.base_url}/n/{token}"

    def _ticket(self, project: Thing, person: str) -> Ticket:
        # a project at hand is taken as it is: a mail tells of one moment
        found = (
            project if isinstance(project, Project) else self.ledger.read(id_of(project)).project
        )
        link = found.link_of(person)
        if link is None or not link.nonce:
            raise NotFound(
                "this person has no link",
                remedy="Issue one; it has an address once the block that issues it is over",
                person=person,
            )
        return Ticket(link.id, link.nonce)

    def subscriber(self, token: str) -> Subscriber:
        """Return whom the token of an unsubscribe address names; nothing is changed.

        Args:
            token: the last part of the address.

        Raises:
            BadLink: not genuine, or never issued.
            LinkGone: the person's link was revoked or replaced.
        """
        ticket = self.keys.read_unsubscribe_token(token)
        state, link = _reached(ticket, self.ledger.find(project_of(ticket.link)))
        mode = state.project.subscription_of(link.person).mode
        return Subscriber(project=state.project.title, mode=mode)

    def verify(self, project: Thing) -> Verification:
        """Check that a project's log, head and snapshot are what was written.

        Args:
            project: the project or its id.

        Returns:
            What was found; ``ok`` if nothing was wrong.

        Raises:
            NotFound: there is no such project.
        """
        return self.ledger.verify(id_of(project))

    # -- writing --------------------------------------------------------------------------------

    @overload
    def on(
        self, kind: type[F], *, durable: str = "", since: When = None
    ) -> Callable[[Callable[[Event[F]], R]], Callable[[Event[F]], R]]: ...

    @overload
    def on(
        self, kind: type[F], hook: Callable[[Event[F]], R], *, durable: str = "", since: When = None
    ) -> Callable[[Event[F]], R]: ...

    def on(
        self,
        kind: type[F],
        hook: Callable[[Event[F]], Any] | None = None,
        *,
        durable: str = "",
        since: When = None,
    ) -> Any:
        """Run a function after every commit of a kind of fact; usable as a decorator.

        It runs in the committing process, after the commit, at most once, with no transaction open.  If
        it fails, that is logged and undoes nothing.  A durable one is run by `run_due` instead: at least
        once for each entry, in the order of each project's log, and again if it fails.

        Args:
            kind: the class of the fact; `Fact` for every kind.
            hook: the function, which takes an `Event`; if it is not given, the decorator is returned.
            durable: the name that its progress is kept under, if it must not miss anything.
            since: for a durable one: leave out what was written before; else the whole log counts.

        Raises:
            ConfigError: this is no class of facts, no function that can be called, or the name of a
                durable hook is taken or unusable.
        """
        return self._hooks.on(kind, hook, durable=durable, since=since)

    def notify(self, notify: Notify) -> None:
        """Tell people by mail from now on, whenever `run_due` runs.

        Every process that writes should say the same; one that does not leaves it to the next run.

        Args:
            notify: how mails are made and sent, and what people are told.
        """
        self._runner.notify = notify

    @property
    def works(self) -> bool:
        """Whether there is background work, because people are told by mail or there are durable hooks."""
        return not self._runner.idle

    def run_due(self, *, limit: int = PROJECTS_AT_ONCE, stop: Callable[[], bool] = _never) -> Ran:
        """Send what is due and run durable hooks, one project after the other.

        Several processes may do this at the same time; each project has one of them at a time.  A message
        that could not be sent is tried again at another run, up to eight times within two days.

        Args:
            limit: at most so many projects.
            stop: asked before each project and each message; what was done is recorded.

        Returns:
            What was done.

        Raises:
            NotAllowed: a transaction of the host is open.
            StoreError: the store failed; what was sent is not sent again.
        """
        return self._runner.run_due(limit=limit, stop=stop)

    def announce(self, written: Written) -> None:
        """Run the hooks for what a write added; used by desk and visit.

        Args:
            written: what was written.
        """
        project = written.state.project
        events = [Event(entry.fact, entry, project) for entry in written.entries]
        if events:
            self.ledger.after_commit(lambda: self._hooks.run(events))

    def request_link(self, link: str) -> None:
        """Note that the holder of an address asks for the link to be sent again, once a day.

        Unknown links change nothing and look the same from outside.

        Args:
            link: the id of the link.
        """

        def run(now: State | None) -> tuple[str, list[Line]]:
            found = now.project.links.get(link) if now else None
            if now is None or found is None:
                raise BadLink("this token opens no link")
            return "", request_link(now.project, found, self.clock())

        try:
            written = self.ledger.write(project_of(link), run)
        except BadLink:
            return
        self.announce(written)

    def unsubscribe(self, token: str) -> None:
        """End mail to a person except what needs or answers them; from then on they are told no news.

        Args:
            token: the last part of the address that `unsubscribe_url` gave.

        Raises:
            BadLink: not genuine, or never issued.
            LinkGone: the person's link was revoked or replaced; one that has expired still counts.
        """
        ticket = self.keys.read_unsubscribe_token(token)

        def run(now: State | None) -> tuple[str, list[Line]]:
            state, link = _reached(ticket, now)
            return link.person, choose_notices(state.project, link.person, NoticeMode.DECISIONS)

        self.announce(self.ledger.write(project_of(ticket.link), run))

    def bounced(self, message_id: str, problem: str = "") -> bool:
        """Note that a mail came back that had been accepted: staff see it, nothing is sent again by itself.

        Whatever comes in from outside may be given: what is not the Message-ID of a mail that was sent within
        the last thirty days changes nothing.

        Args:
            message_id: the Message-ID of the mail, with or without brackets and host.
            problem: why it came back, such as ``5.1.1`` or ``mailbox full``; only a status code or known
                words are kept.

        Returns:
            Whether it was noted, which it is not if it is unknown, known already, or its recipient forgotten.

        Raises:
            Conflict: the run that sends it has not recorded it yet; try again in ten minutes.
            StoreError: the log could not be read or written.
        """
        return self.care.bounced(message_id, problem)

    def take_in(
        self, project: str, stream: Readable, name: str, *, limit: int | None = None
    ) -> Delivered:
        """Save a stream of bytes and return what it is; its type is told by the bytes alone.

        Args:
            project: the project's id.
            stream: read to its end, in chunks.
            name: the file name; cleaned here.
            limit: how many bytes it may have, where that is less than ``largest_file``.

        Raises:
            Invalid: the stream is none, or gives text instead of bytes.
            TooLarge: more bytes than ``limit`` or ``largest_file``; nothing was kept.
            FileError: the bytes could not be kept; try again.
        """
        if not callable(getattr(stream, "read", None)):
            raise _no_stream(stream)
        peek, name = _Peek(stream), clean.file_name(name)
        most = self.largest_file if limit is None else min(limit, self.largest_file)
        try:
            blob = self.files.save(project, peek, limit=most)
        except TooLarge as error:
            raise TooLarge(error.problem, remedy=error.remedy, file=name, limit=most) from None
        return Delivered(name, blob.key, blob.size, blob.sha256, sniff(bytes(peek.start)))

    def discard(self, keys: Iterable[str]) -> None:
        """Delete bytes that no entry names, as far as possible: a failure must not hide why they go.

        Args:
            keys: what `take_in` gave; a key that cannot be deleted is logged and left to
                `Caretaker.collect`.
        """
        for key in keys:
            try:
                self.files.delete(key)
            except (FileError, OSError) as error:
                _log.warning("bytes that no entry names could not be deleted: %s (%s)", key, error)

    def entries(
        self,
        project: Thing,
        *,
        after: int = 0,
        limit: int | None = None,
        milestone: Thing | None = None,
        subject: Thing | None = None,
        newest: bool = False,
    ) -> list[Entry]:
        """Return entries of a project's log, oldest first.

        Args:
            project: the project or its id; of an unknown one there are none.
            after: only those after this ``seq``; with ``newest``, only those before it, and 0 is the end.
            limit: at most so many; all if not given.
            milestone: only those of this milestone, or of the one with this id.
            subject: only those about this thing, or about the one with this id.
            newest: the newest first.

        Raises:
            Invalid: one of these is not of its kind.
            BrokenLog: a row cannot be read; run `verify` and restore a backup.
        """
        clean.count(after, "after", least=0)
        if limit is not None:
            clean.count(limit, "limit")
        return self.ledger.entries(
            id_of(project),
            after=after,
            limit=limit,
            milestone=None if milestone is None else id_of(milestone),
            subject=None if subject is None else id_of(subject),
            newest=clean.flag(newest, "newest"),
        )


def _held(ticket: Ticket, state: State | None) -> tuple[State, Link]:
    """Return the link whose secret a ticket holds, and the project as it stands."""
    link = state.project.links.get(ticket.link) if state else None
    if state is None or link is None:
        raise BadLink("this token opens no link")
    if not link.nonce or ticket.nonce != link.nonce:
        if ticket.nonce and ticket.nonce in link.former:
            raise ReplacedLink("this link was replaced", remedy="Use the newest", link=link.id)
        raise BadLink("this token opens no link")
    return state, link


def _reached(ticket: Ticket, state: State | None) -> tuple[State, Link]:
    """Return the link through which mail reaches somebody: it may have expired, but not be closed."""
    state, link = _held(ticket, state)
    if link.revoked_at is not None:
        raise RevokedLink("this link was revoked", remedy="Ask for a new one", link=link.id)
    return state, link


def _no_stream(given: object) -> Invalid:
    return Invalid(
        "this is no stream of bytes",
        remedy="Pass a file that was opened in binary mode, or io.BytesIO(the bytes)",
        field="stream",
        type=type(given).__name__,
    )


class _Peek:
    """Passes a stream on and keeps its first bytes, which tell what it is."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self.start = bytearray()

    def read(self, size: int, /) -> bytes:
        chunk = self._stream.read(size)
        if not isinstance(chunk, bytes):
            raise _no_stream(chunk)
        if len(self.start) < SNIFFED_BYTES:
            self.start += chunk[: SNIFFED_BYTES - len(self.start)]
        return chunk


def checked_base_url(base_url: object) -> str:
    """Return a base URL with scheme and host in small letters and without a slash at its end.

    Args:
        base_url: the public address of the mount point.

    Raises:
        ConfigError: it is no full address, holds a blank, or its host is not written in ASCII.
    """
    text = base_url if isinstance(base_url, str) else ""
    if any(char.isspace() or not char.isprintable() for char in text):
        raise ConfigError(
            "the base URL holds a blank, a line break or another character that cannot be seen",
            remedy="Take it away; where the address is read from a file, by .strip()",
            base_url=base_url,
        )
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if not parts.netloc.isascii():  # browsers send it so, in Origin and Referer
        raise ConfigError(
            "the host of the base URL must be written in ASCII",
            remedy="Write an international name as browsers send it, with xn--",
            base_url=base_url,
        )
    if "@" in parts.netloc:
        raise ConfigError(
            "the base URL holds a user name, which everybody would read in every link",
            remedy="Leave out what stands before the host",
            host=host,
        )
    whole = parts.scheme in ("http", "https") and _HOST.fullmatch(host) and port != 0
    if not whole or "?" in text or "#" in text:
        raise ConfigError(
            "the base URL must be the full public address of the mount point",
            remedy="Write it in full, for instance https://agency.example/portal",
            base_url=base_url,
        )
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path}".rstrip("/")
