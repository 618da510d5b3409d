"""Who looks at a page: the visitor, who came by browser, or staff who see what a client sees."""

from __future__ import annotations

from functools import cached_property

from portalkit.language import Language
from portalkit.links import Cookie
from portalkit.model import Project
from portalkit.pages import Reader
from portalkit.portal import Looking, Visit

__all__ = ["Viewer", "Visitor"]


class Viewer:
    """Everything that the pages of a client need, whoever looks at them.

    Attributes:
        visit: the project as the client sees it.
        base: the address that those of the client's pages begin with.
        language: the client's language and time zone.
        now: UTC milliseconds of the request.
        marker: the newest entry of the client's visit before, or 0.
    """

    def __init__(
        self, visit: Looking, *, base: str, language: Language, now: int, marker: int = 0
    ) -> None:
        self.visit = visit
        self.base = base
        self.language = language
        self.now = now
        self.marker = marker

    @property
    def key(self) -> tuple[str, str]:
        """What tells this client's texts from those of others, and from those that staff see."""
        return (self.base, self.visit.person.id)

    @cached_property
    def project(self) -> Project:
        """The project as the person may see it."""
        return self.visit.project

    @cached_property
    def reader(self) -> Reader:
        """Who looks and from when, for the pages."""
        return Reader(
            person=self.visit.person,
            language=self.language,
            now=self.now,
            marker=self.marker,
            decides=self.visit.may_decide,
            uploads=self.visit.may_upload,
            asks=self.visit.may_ask,
        )


class Visitor(Viewer):
    """A visit by browser: the visit, its cookie, and the language in which to answer.

    Attributes:
        visit: what the link opens.
        cookie: the cookie as this request sees it.
        sent: the cookie as it arrived.
    """

    visit: Visit

    def __init__(
        self, visit: Visit, cookie: Cookie, sent: Cookie, *, base: str, language: Language, now: int
    ) -> None:
        super().__init__(visit, base=base, language=language, now=now, marker=cookie.marker)
        self.cookie = cookie
        self.sent = sent
