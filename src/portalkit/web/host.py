"""What every adapter does with a host: settings to a portal and its web, answers for its own pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from markupsafe import Markup

from portalkit.errors import NotFound
from portalkit.fold import activity_of
from portalkit.language import Language
from portalkit.model import (
    Answers,
    Approval,
    Person,
    Project,
    Question,
    QuestionState,
    Side,
)
from portalkit.notices import Policy, Transport
from portalkit.pages import HistoryPage, Reader, SeenView, history_page, seen_view, staff_sentence
from portalkit.portal import Hooks, Notify, Portal, review_of
from portalkit.portal.ledger import State
from portalkit.portal.looking import preview_of
from portalkit.portal.running import Delivers
from portalkit.portal.seen import seen_by_clients
from portalkit.rules import UploadLimits, people_named
from portalkit.storage import AccessLog, FileStore, Store
from portalkit.web.app import Looks, Shell, Web
from portalkit.web.mail import Mails
from portalkit.web.preview import Address, preview_page
from portalkit.web.render import Page
from portalkit.web.review import review_markup

__all__ = ["SHELL", "Host", "make_web"]

SHELL: Final = "portalkit/shell.html"
"""The template of a host that every page stands in, if the host has one."""

_NOBODY: Final = Person("nobody", Side.AGENCY, "")
"""Looks at pages that address nobody as you."""


def make_web(
    values: Mapping[str, Any],
    *,
    store: Store,
    files: FileStore,
    access: AccessLog | None,
    hooks: Hooks,
    shell: Shell,
    mail: Transport | Delivers | None,
) -> Web:
    """Make a portal and its web from a host's settings and from what its adapter supplies.

    Args:
        values: the settings, as `Looked.usable` gave them.
        store: keeps the log.
        files: keeps the bytes of files.
        access: remembers when links were used.
        hooks: functions to run after commits.
        shell: puts a page into the host's own.
        mail: hands mails to a mail system; nobody is told anything if there is none.
    """
    portal = Portal(
        store=store,
        files=files,
        access=access,
        base_url=values["BASE_URL"],
        keys=values["KEYS"],
        strict=values["STRICT"],
        largest_file=values["LARGEST_FILE"],
        uploads=UploadLimits(
            files=values["UPLOAD_FILES"],
            file_bytes=values["UPLOAD_FILE_BYTES"],
            day_files=values["UPLOAD_DAY_FILES"],
            day_bytes=values["UPLOAD_DAY_BYTES"],
        ),
        inspect=values["INSPECT"],
        hooks=hooks,
    )
    looks = Looks(
        brands=values["BRANDS"],
        templates=values["TEMPLATES"],
        locales=values["LOCALES"],
        shell=shell,
        frame_ancestors=values["FRAME_ANCESTORS"],
        policy=values["POLICY"],
        sendfile=values["SENDFILE"],
    )
    web = Web(portal, looks)
    if mail is not None:
        portal.notify(_notify(values, web, mail))
    return web


def _notify(values: Mapping[str, Any], web: Web, mail: Transport | Delivers) -> Notify:
    mails = Mails(
        web,
        sender=values["MAIL_FROM"],
        reply_to=values["REPLY_TO"],
        locale=values["LOCALE"],
    )
    return Notify(
        render=mails.render,
        transport=mail,
        policy=Policy(off=values["NOTICES_OFF"], reminders=values["REMINDERS"]),
        staff_url=values["STAFF_URL"] or (lambda project: ""),
    )


class Host:
    """What a host's own pages ask of a portal, each by the host's own key of the project.

    Args:
        web: the portal's web.
        locale: the language of staff.
    """

    def __init__(self, web: Web, locale: str) -> None:
        self._web = web
        self._locale = locale

    def _project(self, ref: str, account: str) -> Project | None:
        try:
            return self._web.portal.project(ref=ref, account=account)
        except NotFound:
            return None

    def answers(self, ref: str, account: str = "") -> Answers | None:
        """Return the four answers of a project, or ``None`` if it has no portal."""
        project = self._project(ref, account)
        return project.answers if project else None

    def pending(self, ref: str, account: str = "") -> tuple[Approval, ...]:
        """Return the decisions of a project that still wait, the most urgent first."""
        project = self._project(ref, account)
        return project.answers.needs_decision if project else ()

    def questions(self, ref: str, account: str = "") -> tuple[Question, ...]:
        """Return the questions of a project that wait for an answer, the longest wait first."""
        project = self._project(ref, account)
        found = project.questions.values() if project else ()
        waiting = (question for question in found if question.state is QuestionState.OPEN)
        return tuple(sorted(waiting, key=lambda question: question.waiting_since))

    def review(self, ref: str, account: str = "", *, week: date | None = None) -> Markup:
        """Return what one week brought to a project, as markup; see `Desk.review`."""
        project = self._project(ref, account)
        if project is None:
            return Markup("")
        found = review_of(self._web.portal, project, week)
        return review_markup(self._web, found, self._language(project))

    def sentence(self, ref: str, account: str = "") -> str:
        """Return the four answers of a project as one sentence for staff, or ``""``."""
        project = self._project(ref, account)
        return self.sentence_of(project) if project else ""

    def sentence_of(self, project: Project) -> str:
        """Return the four answers of a project at hand as one sentence for staff."""
        return str(staff_sentence(project, self._language(project), self._web.portal.clock()))

    def _language(self, project: Project) -> Language:
        return self._web.languages.choose((self._locale,), project.zone)

    def timeline(self, project: Project, *, before: int = 0, size: int = 50) -> HistoryPage:
        """Return one page of a project's history as staff see it, the newest first."""
        now = self._web.portal.clock()
        reader = Reader(_NOBODY, self._language(project), now, decides=False)
        entries = self._web.portal.entries(project.id, after=before, newest=True, limit=size + 1)
        lines = [activity_of(entry) for entry in entries]
        return history_page(project, lines, reader, milestone=None, size=size)

    def seen(self, ref: str, account: str = "") -> tuple[SeenView, ...]:
        """Return what is known of each client's visits, in words, or nothing without a portal."""
        project = self._project(ref, account)
        return self.seen_of(project) if project else ()

    def seen_of(self, project: Project) -> tuple[SeenView, ...]:
        """Return what is known of each client's visits to a project at hand, in words."""
        portal, language = self._web.portal, self._language(project)
        known = seen_by_clients(portal, project)
        return tuple(seen_view(seen, language, portal.clock()) for seen in known)

    def view_as(
        self, ref: str, person: str, path: str = "", *, address: Address, account: str = ""
    ) -> Page:
        """Return a page exactly as a client sees it, to be shown in a page of the host; no trace is left.

        Args:
            ref: the host's own key of the project.
            person: the client's id or e-mail address.
            path: the page, as ``address`` was given it; the project page if empty.
            address: returns the host's own address for the preview of a page, by its path.
            account: the tenant.

        Raises:
            NotFound: no such project, client or page.
            NotAllowed: the personal data of this client were erased.
        """
        state = self._web.portal.state(None, ref=ref, account=account)
        return self.view_of(state, person, path, address=address)

    def view_of(self, state: State, person: str, path: str, *, address: Address) -> Page:
        """Return a page of a project at hand as a client sees it; see `view_as`."""
        project = state.project
        named = [*people_named(project, person), person]
        preview = preview_of(self._web.portal, state, named[0])
        staff = self._language(project)
        return preview_page(self._web, preview, path, address=address, staff=staff)

    def link(self, ref: str, person: str, account: str = "") -> str:
        """Return the address of a person's link, by their id or e-mail address, or ``""``."""
        project = self._project(ref, account)
        if project is None:
            return ""
        links = map(project.link_of, people_named(project, person))
        standing = next((link for link in links if link and link.revoked_at is None), None)
        return self._web.portal.link_url(project, standing.person) if standing else ""
