"""The web app: finds the route, lets the visitor in, calls the view, answers errors, sets headers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from attrs import frozen
from markupsafe import Markup

from portalkit.errors import (
    BadLink,
    ConfigError,
    FileError,
    Incomplete,
    LinkError,
    LinkGone,
    NotAllowed,
    NotFound,
    Outdated,
    OverQuota,
    PortalError,
    Quarantined,
    Refused,
    StoreError,
    TooLarge,
    Vetoed,
    Withdrawn,
)
from portalkit.language import N_, Language, Languages
from portalkit.model import Project
from portalkit.portal import FETCHED, SEEN, Looking, Portal
from portalkit.web.brand import Brand, warn
from portalkit.web.cache import Bodies
from portalkit.web.cookies import Jar
from portalkit.web.forms import LengthRequired
from portalkit.web.http import Request, Response, accepted_languages
from portalkit.web.markdown import forget as forget_markdown
from portalkit.web.render import Assets, Page, Renderer
from portalkit.web.routes import Match, match
from portalkit.web.visitor import Viewer, Visitor

__all__ = ["Looks", "Shell", "Web"]

_log = logging.getLogger("portalkit.web")

CACHE_BYTES: Final = 32 * 1024 * 1024
"""How many bytes of rendered page bodies are kept in memory."""

Shell = Callable[[Page, Request], "str | None"]
"""The host's page around ours: a whole HTML document, or ``None`` to use our own shell."""

View = Callable[["Web", Request, dict[str, str], Any], Response]

T = TypeVar("T", str, bytes)

CSRF: Final = "\0"
"""Stands in a body where the form token goes; no text of a user can hold it."""


_ACCEPTED: Final = (204, 303)
"""How a form is answered that was accepted; to one that is not, and to leaving, the answer is a page."""


@frozen(kw_only=True)
class Looks:
    """How a host dresses the pages.

    Attributes:
        brands: by key; a project names one, ``""`` is the default.
        templates: folders with templates that replace ours of the same name.
        locales: folders with more message catalogues.
        shell: the host's page around ours, or ``None`` for our own.
        frame_ancestors: who may show the pages in a frame, as in CSP.
        policy: the content security policy of pages in the host's shell, or ``""`` for ours.
        sendfile: how files leave: ``""``, ``x-sendfile``, or ``x-accel:<internal location>``.
    """

    brands: Mapping[str, Brand]
    templates: Iterable[str | Path] = ()
    locales: Iterable[str | Path] = ()
    shell: Shell | None = None
    frame_ancestors: str = "'none'"
    policy: str = ""
    sendfile: str = ""


def check_sendfile(way: object) -> None:
    """Refuse what is no way in which files can leave, as `Looks.sendfile` says."""
    known = isinstance(way, str) and (way in ("", "x-sendfile") or way.startswith("x-accel:/"))
    if not known:
        raise ConfigError(
            "there is no such way to send files",
            remedy="Use '', 'x-sendfile' or 'x-accel:<internal location>', as in x-accel:/files",
            sendfile=way,
        )


class Web:
    """Answers the requests below the mount point of a portal.

    Args:
        portal: the portal to show.
        looks: brands, templates, languages, shell.

    Raises:
        ConfigError: a logo cannot be read, a template cannot be used, or there is no such way to send files.
    """

    def __init__(self, portal: Portal, looks: Looks) -> None:
        from portalkit.web.views import VIEWS  # views need `Web`, `Web` calls views

        self.portal = portal
        self.looks = looks
        self.mount = urlsplit(portal.base_url).path.rstrip("/")
        check_sendfile(looks.sendfile)
        own = Brand(name=_host_name(portal.base_url))
        self.brands = {"": next(iter(looks.brands.values()), own), **looks.brands}
        warn(looks.brands)
        self.assets = Assets(self.brands)
        self._heads = {key: self._head(theme) for key, theme in self.assets.themes.items()}
        self.languages = Languages(looks.locales)
        self.jar = Jar(portal.keys, self.mount, portal.base_url.startswith("https:"))
        self.bodies = Bodies(CACHE_BYTES)
        portal.ledger.on_forget(self._forget)
        self.renderer = Renderer(looks.templates)
        self._views: Mapping[str, View] = VIEWS
        self._own_policy = (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
            f"base-uri 'none'; object-src 'none'; frame-ancestors {looks.frame_ancestors}"
        )
        seen, upload = self.assets.seen, self.assets.upload
        self._running_policies = {"": self._running(seen), upload: self._running(seen, upload)}
        defaults = (
            ("X-Content-Type-Options", "nosniff"),
            ("X-Robots-Tag", "noindex, nofollow, noarchive, nosnippet"),
            ("Referrer-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", self._own_policy),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        )
        self._defaults = [(name.lower(), name, value) for name, value in defaults]
        self._host_policy = looks.policy or (
            "object-src 'none'; base-uri 'none'; form-action 'self'; "
            f"frame-ancestors {looks.frame_ancestors}"
        )

    def _running(self, *scripts: str) -> str:
        """Return the policy of our own shell for a page that runs these of our scripts."""
        here = self.portal.base_url.replace(";", "%3B").replace(",", "%2C")
        addresses = " ".join(f"{here}/s/{name}" for name in scripts)
        return f"{self._own_policy}; script-src {addresses}; connect-src 'self'"

    # -- requests -------------------------------------------------------------------------------

    def _forget(self, project: str) -> None:
        """Let go of every text that was rendered: one of them may be what was erased."""
        self.bodies.clear()
        forget_markdown()

    def handle(self, request: Request) -> Response:
        """Answer a request; every response carries the security headers of its kind.

        Args:
            request: the request, with its path below the mount point.
        """
        return self._finished(request, self._answer(request))

    def _answer(self, request: Request) -> Response:
        found = match(request.path)
        if found is None:
            return self._unmatched(request)
        allowed = _methods(found)
        if request.method == "OPTIONS":
            return Response(204, headers=[("Allow", ", ".join(allowed))])
        if request.method not in allowed:
            response = self.message(request, 405, N_("This page does not take that."))
            response.set("Allow", ", ".join(allowed))
            return response
        return self._viewed(request, found)

    def _viewed(self, request: Request, found: Match) -> Response:
        visitor: Visitor | None = None
        link = found.values.get("link", "")
        try:
            if link and found.route.name != "resend":
                visitor = self._visitor(request, link)
            if visitor and request.query == "entered=1" and request.method != "POST":
                return self._settled(request, visitor)
            response = self._views[found.route.name](self, request, found.values, visitor)
            if visitor:
                _note(visitor, request, response)
            return response
        except PortalError as error:
            return self._failed(request, error, visitor, link)

    def _settled(self, request: Request, visitor: Visitor) -> Response:
        """Send a browser that has just entered, and took the cookie, on to the plain address."""
        response = self.redirect(request.path)
        self.jar.settle(response, visitor.cookie, visitor.visit.link, visitor.now)
        return response

    def _unmatched(self, request: Request) -> Response:
        if request.path.startswith("/p/") and request.method in ("GET", "HEAD"):
            found = match(request.path + "/")
            if found is not None and found.route.name == "project":
                return self.redirect(f"/p/{found.values['link']}/", 301)
        visitor = self._who_strayed(request)
        return self.message(request, 404, N_("There is no such page."), visitor=visitor)

    def _who_strayed(self, request: Request) -> Visitor | None:
        """Return who asks for a page that their project does not have, to show the way back."""
        _, place, link, *rest = (*request.path.split("/", 3), "", "", "")
        if place != "p" or not any(rest):
            return None
        try:
            return self._visitor(request, link)
        except LinkError:
            return None

    def _visitor(self, request: Request, link: str) -> Visitor:
        """Let the holder of a cookie in; raises `BadLink` or `LinkGone`."""
        now = self.portal.clock()
        sent = self.jar.read(request, link, now)
        visit = self.portal.visit_by_cookie(sent)
        language = self.language_of(visit)
        return Visitor(
            visit,
            self.jar.rolled(sent, now),
            sent,
            base=self.address(f"/p/{visit.link.id}/"),
            language=language,
            now=now,
        )

    def language_of(self, visit: Looking) -> Language:
        """Return the language of somebody who looks at their project."""
        tags = (visit.person.locale, visit.locale, "en")
        return self.languages.choose(tags, visit.zone, visit.project.zone)

    def asked_language(self, request: Request, zone: str = "UTC") -> Language:
        """Return the language that a browser prefers, for pages to nobody in particular."""
        return self.languages.choose(accepted_languages(request.header("accept-language")), zone)

    # -- pages ----------------------------------------------------------------------------------

    def page(
        self,
        request: Request,
        visitor: Visitor | None,
        template: str,
        *,
        title: str,
        status: int = 200,
        script: str = "",
        **values: Any,
    ) -> Response:
        """Render a template into the shell; ``script`` is an asset that the page runs beside `seen.js`."""
        language = visitor.language if visitor else self.asked_language(request)
        body = partial(self.body, visitor, language, template, **values)
        return self.shelled(
            request, visitor, language, title=title, body=body, status=status, script=script
        )

    def body(self, visitor: Viewer | None, language: Language, template: str, **values: Any) -> str:
        """Render a template's own part of a page, with a mark where the form token goes."""
        common = {
            "say": language,
            "_": language.text,
            "n_": language.plural,
            "mount": self.mount,
            "csrf": CSRF,
            "visitor": visitor,
            "base": visitor.base if visitor else "",
            "reader": visitor.reader if visitor else None,
            "now": visitor.now if visitor else self.portal.clock(),
            "zone": language.zone,
        }
        return str(self.renderer.render(template, {**common, **values}))

    def shelled(
        self,
        request: Request,
        visitor: Visitor | None,
        language: Language,
        *,
        title: str,
        body: Callable[[], str],
        status: int = 200,
        script: str = "",
        key: tuple[Hashable, ...] = (),
    ) -> Response:
        """Put a body into the shell, with this visitor's form token.

        What has a ``key`` is kept for the day: in a host's shell the body, in ours the document.
        """
        token = self._form_token(visitor)
        kept = partial(self.kept, visitor, ("body", *key), body) if key else body

        def page(body: Callable[[], str], token: str) -> Page:
            scripts = partial(self._scripts, visitor, script, token)
            whole = partial(_with_token, body, token)
            return self.page_for(visitor, language, title, whole, scripts=scripts)

        if self.looks.shell:
            html = self.looks.shell(page(kept, token), request)
            if html is not None:
                return _html(status, html.encode(), self._host_policy)

        def own() -> bytes:
            return self._own_shell(page(body, CSRF))

        document = self.kept(visitor, ("document", *key), own) if key else own()
        policy = self._running_policies[script] if visitor else self._own_policy
        return _html(status, document.replace(CSRF.encode(), token.encode()), policy)

    def _form_token(self, visitor: Visitor | None) -> str:
        if visitor is None:
            return ""
        return self.portal.keys.form_token(visitor.visit.link.id, visitor.cookie.session)

    def kept(self, visitor: Viewer | None, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """Return a text made before, or make it and keep it until the visitor's day is over."""
        if visitor is None or self.portal.ledger.provisional:
            return make()
        found: T | None = self.bodies.get(key, visitor.now)
        if found is None:
            found = make()
            self.bodies.put(key, found, visitor.language.midnight_after(visitor.now))
        return found

    def page_for(
        self,
        visitor: Viewer | None,
        language: Language,
        title: str,
        body: Callable[[], str],
        *,
        scripts: Callable[[], Markup] = Markup,
        home: str = "",
    ) -> Page:
        """Return a page as shells get it: with the brand of its project, and who looks.

        Args:
            visitor: who looks, or ``None`` for nobody in particular.
            language: the page's language.
            title: plain text.
            body: makes the markup.
            scripts: makes what the page runs, as markup for its head.
            home: the address of the project page, if it is not that of the link.
        """
        project = visitor.project if visitor else None
        key = self.brand_of(project)
        return Page(
            title=title,
            head=lambda: self._heads[key] + scripts(),
            body=body,
            language=language,
            brand=self.brands[key],
            logo=self._logo(key),
            viewer=visitor.visit.person.name if visitor else "",
            client=project.client_name if project else "",
            home=home or (visitor.base if visitor else ""),
        )

    def brand_of(self, project: Project | None) -> str:
        """Return the key of a project's brand: the default one where it names none that there is."""
        return project.brand if project and project.brand in self.brands else ""

    def _head(self, theme: str) -> Markup:
        addresses = (self.address(f"/s/{name}") for name in (self.assets.style, theme))
        return Markup("").join(
            Markup('<link rel="stylesheet" href="{}">').format(address) for address in addresses
        )

    def _scripts(self, visitor: Visitor | None, script: str, token: str) -> Markup:
        """The scripts of a page that a link opened: the one that tells of a person, and maybe another."""
        if visitor is None:
            return Markup()
        seen = Markup('<script src="{}" data-seen="{}" data-csrf="{}" defer></script>').format(
            self.address(f"/s/{self.assets.seen}"),
            visitor.base + "seen",
            token,
        )
        more = Markup('<script src="{}" defer></script>')
        return seen + (more.format(self.address(f"/s/{script}")) if script else "")

    def _logo(self, key: str) -> str:
        name = self.assets.logos.get(key)
        return self.address(f"/s/{name}") if name else ""

    def _own_shell(self, page: Page) -> bytes:
        say = page.language
        values = {"page": page, "say": say, "_": say.text}
        return self.renderer.render("shell.html", values).encode()

    def message(
        self,
        request: Request,
        status: int,
        heading: str,
        detail: str = "",
        *,
        visitor: Visitor | None = None,
        **values: Any,
    ) -> Response:
        """Answer with the calm page that says what is the matter and what can be done."""
        say = visitor.language if visitor else self.asked_language(request)
        heading = say.text(heading)
        return self.page(
            request,
            visitor,
            "message.html",
            title=heading,
            status=status,
            heading=heading,
            detail=say.text(detail, **values) if detail else "",
            onward=values.get("onward", ""),
        )

    def address(self, path: str) -> str:
        """Return the path of an address below the mount point."""
        return self.mount + path

    def redirect(self, path: str, status: int = 303) -> Response:
        """Send the browser on to a path below the mount point."""
        return Response(status, headers=[("Location", self.address(path))])

    # -- errors ---------------------------------------------------------------------------------

    def _failed(
        self, request: Request, error: PortalError, visitor: Visitor | None, link: str
    ) -> Response:
        match error:
            case LinkGone():
                return self.door(request, 410, link or str(error.evidence.get("link", "")), error)
            case BadLink() if visitor is None:
                return self.door(request, 403, link, error)
            case Withdrawn():
                return self.message(
                    request,
                    410,
                    N_("This version was withdrawn"),
                    N_("The agency took it back: {reason}"),
                    visitor=visitor,
                    reason=error.evidence.get("reason", ""),
                )
            case NotFound():
                return self.message(request, 404, N_("There is no such page."), visitor=visitor)
            case Outdated():
                return self.outdated(request, visitor, error)
            case Quarantined():
                return self.message(
                    request,
                    403,
                    N_("This file is being checked"),
                    N_("It will be here once the agency has released it."),
                    visitor=visitor,
                )
            case NotAllowed():
                return self.message(
                    request,
                    403,
                    N_("This is not possible with your link"),
                    N_("Open the project page again. If you need more access, ask the agency."),
                    visitor=visitor,
                )
            case TooLarge():
                return self.message(
                    request,
                    413,
                    N_("That is too much at once"),
                    N_("Nothing was saved. Shorten it and send it again."),
                    visitor=visitor,
                )
            case OverQuota():
                return self.message(
                    request, 429, N_("That is too much for one day"), visitor=visitor
                )
            case Vetoed():
                return self.message(request, 422, N_("This file was not accepted"), visitor=visitor)
            case LengthRequired():
                return self.message(request, 411, N_("This form arrived incomplete"))
            case Incomplete() | Refused() | BadLink():
                return self.message(
                    request,
                    400,
                    N_("This form arrived incomplete"),
                    N_("Nothing was saved. Open the page again and send the form once more."),
                    visitor=visitor,
                )
            case StoreError() | FileError():
                _log.error("the portal could not answer: %s", error)
                return self.message(
                    request,
                    503,
                    N_("This cannot be shown at the moment"),
                    N_("Nothing was changed. Please try again in a few minutes."),
                    visitor=visitor,
                )
        raise error

    def door(self, request: Request, status: int, link: str, error: PortalError) -> Response:
        """Answer somebody whom no link lets in: the same page for existing and unknown links."""
        language = self.asked_language(request)
        entered = status == 403 and request.parameter("entered") == "1"
        reason = {"ExpiredLink": "expired", "RevokedLink": "revoked", "ReplacedLink": "replaced"}
        return self.page(
            request,
            None,
            "door.html",
            title=language.text("Open your project"),
            status=status,
            reason="blocked" if entered else reason.get(type(error).__name__, ""),
            resend=self.address(f"/p/{link}/resend") if link else "",
        )

    def outdated(self, request: Request, visitor: Visitor | None, error: Outdated) -> Response:
        """Answer a decision about something that no longer stands, or that was decided already."""
        by = str(error.evidence.get("by") or error.evidence.get("approval") or "")
        onward = self.address(f"/p/{visitor.visit.link.id}/a/{by}") if visitor and by else ""
        heading = N_("This has changed in the meantime")
        detail = N_("Nothing was recorded. Please look at what stands now and decide on that.")
        if "outcome" in error.evidence:
            heading = N_("A decision of yours is on record already")
            detail = N_(
                "What you sent now was not added to it. Look at what is recorded; if that is not what you "
                "want, tell the agency."
            )
        return self.message(request, 409, heading, detail, visitor=visitor, onward=onward)

    # -- headers --------------------------------------------------------------------------------

    def _finished(self, request: Request, response: Response) -> Response:
        if request.path.startswith("/l/"):
            response.set("Referrer-Policy", "no-referrer")
        present = {name.lower() for name, _ in response.headers}
        response.headers += [
            (name, value) for lower, name, value in self._defaults if lower not in present
        ]
        if (
            isinstance(response.body, bytes)
            and response.status not in (204, 304)
            and "content-length" not in present
        ):
            response.add("Content-Length", str(len(response.body)))
        if request.method == "HEAD":
            _close(response)
            response.body = b""
        return response


def _note(visitor: Visitor, request: Request, response: Response) -> None:
    """Tell the access log that the link was fetched, or that a person acted: a form was accepted."""
    if request.method != "POST":
        visitor.visit.note(FETCHED)
    elif response.status in _ACCEPTED:
        visitor.visit.note(SEEN)


def _with_token(body: Callable[[], str], token: str) -> str:
    return body().replace(CSRF, token)


def _html(status: int, body: bytes, policy: str) -> Response:
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", policy)]
    return Response(status, body, headers)


def _close(response: Response) -> None:
    close = getattr(response.body, "close", None)
    if close is not None:
        close()


def _methods(found: Match) -> list[str]:
    methods = list(found.route.methods)
    if "GET" in methods:
        methods.insert(1, "HEAD")
    return [*methods, "OPTIONS"]


def _host_name(base_url: str) -> str:
    return (urlsplit(base_url).hostname or "").removeprefix("www.")
