"""portalkit for Flask: mounts the portal in an app that already exists.

The extension supplies what the app has (configuration, storage, shell) and translates requests and
responses; all flow is in `portalkit.web`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from copy import copy
from pathlib import Path
from typing import Any, Final, TypeVar, cast, overload
from urllib.parse import unquote, urlsplit

import click
import flask
from attrs import define
from flask.blueprints import BlueprintSetupState
from werkzeug.datastructures import Headers
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge
from werkzeug.local import LocalProxy
from werkzeug.routing import BaseConverter

from portalkit.errors import ConfigError, FileError, Incomplete, NotFound, TooLarge
from portalkit.facts import Fact
from portalkit.portal import Event, Hooks, Portal, When
from portalkit.storage.directory import DirectoryFiles
from portalkit.storage.sqlite import SQLiteAccessLog, SQLiteStore
from portalkit.web import ROUTES, Page, Request, Response, SentFile, Web
from portalkit.web.host import SHELL, Host, make_web
from portalkit.web.settings import SETTINGS, Setting, look_at, maybe, text

__all__ = ["PortalKit", "current_portal", "view_as"]

F = TypeVar("F", bound=Fact)
R = TypeVar("R")

FIELDS: Final = 16
"""More fields than any form of ours has."""
FIELD_BYTES: Final = 500_000
"""How many bytes of fields, not of files, are kept in memory; Werkzeug reads in pieces of 64 KiB."""

PREFIX: Final = "PORTALKIT_"


def _path(value: object) -> str:
    if text(value) and not text(value).startswith("/"):
        raise ConfigError("the mount is no path of this app", remedy="Begin it with a slash")
    return text(value)


def _folder(value: object) -> object:
    if not isinstance(value, (str, os.PathLike)):
        raise ConfigError("this is no folder")
    return value


KNOWN: Final[Mapping[str, Setting]] = {
    **SETTINGS,
    "MOUNT": Setting(None, maybe(_path), "a path, or None for that of the base URL"),
    "DATA": Setting(None, maybe(_folder), "the path of a folder"),
}

DEFAULTS: Final[Mapping[str, Any]] = {
    f"{PREFIX}{name}": setting.default for name, setting in KNOWN.items()
}
"""Every setting and its default; the tutorial explains them."""


@define
class _State:
    """What the extension keeps of an app, under ``app.extensions["portalkit"]``."""

    web: Web
    host: Host
    mount: str
    hosted: bool | None = None

    @property
    def portal(self) -> Portal:
        return self.web.portal


class PortalKit:
    """The Flask extension.

    ::

        kit = PortalKit()

        def create_app():
            app = Flask(__name__)
            app.config.update(PORTALKIT_KEYS=[...], PORTALKIT_BASE_URL=..., PORTALKIT_DATA=...)
            kit.init_app(app)
            return app

    Args:
        app: an app that is configured already; or call `init_app` later.
    """

    def __init__(self, app: flask.Flask | None = None) -> None:
        self._hooks = Hooks()
        if app is not None:
            self.init_app(app)

    def init_app(self, app: flask.Flask) -> None:
        """Mount the portal at the path of ``PORTALKIT_BASE_URL``.

        Args:
            app: an app whose configuration is complete.

        Raises:
            ConfigError: a setting is missing, unknown or unsafe; the message says how to set it.
        """
        for name, value in DEFAULTS.items():
            app.config.setdefault(name, copy(value))
        values = look_at(
            lambda name: app.config[PREFIX + name],
            KNOWN,
            given=[name.removeprefix(PREFIX) for name in app.config if name.startswith(PREFIX)],
            written=lambda name: PREFIX + name,
        ).usable()
        web = _web(app, values, self._hooks)
        mount = values["MOUNT"]
        if mount is None:  # it is set where a proxy takes away a part of the path
            mount = unquote(urlsplit(web.portal.base_url).path)
        host = Host(web, values["LOCALE"])
        state = _State(web, host, mount.rstrip("/"))
        app.extensions["portalkit"] = state
        app.url_map.converters["portalkit_rest"] = _Rest
        blueprint = _blueprint(state.mount)
        app.register_blueprint(blueprint)
        _exempt(app, blueprint)
        app.before_request(lambda: _exempt(app, blueprint))
        for name in ("answers", "pending", "questions", "review", "sentence", "seen", "link"):
            app.add_template_global(getattr(host, name), f"portal_{name}")
        app.cli.add_command(_command)

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
        """Run a function after every commit of a kind of fact; usable as a decorator.  See `Portal.on`.

        Args:
            kind: the class of the fact; `Fact` for every kind.
            hook: the function, which takes an `Event`; if it is not given, the decorator is returned.
            durable: the name that its progress is kept under, if it must not miss anything.
            since: for a durable one: leave out what was written before; else the whole log counts.
        """
        return self._hooks.on(kind, hook, durable=durable, since=since)


def _state() -> _State:
    try:
        return cast(_State, flask.current_app.extensions["portalkit"])
    except KeyError:
        raise ConfigError(
            "this app has no portal", remedy="Call PortalKit().init_app(app) when you make it"
        ) from None


current_portal = cast(Portal, LocalProxy(lambda: _state().portal))
"""The portal of the app that handles the current request."""


def view_as(
    ref: str, person: str, path: str = "", *, address: Callable[[str], str], account: str = ""
) -> Page:
    """Return a page of a project exactly as a client sees it, for a page of your own; no trace is left.

    Put ``page.head`` and ``page.body`` into your template, and let the route be for staff only.  Where there
    is no such project, client or page, the route answers 404.

    Args:
        ref: your own key of the project.
        person: the client's id or e-mail address.
        path: the page, as ``address`` was given it; the project page if empty.
        address: returns the address of your own route for a path.
        account: the tenant.

    Raises:
        NotAllowed: the personal data of this client were erased.
    """
    try:
        return _state().host.view_as(ref, person, path, address=address, account=account)
    except NotFound:
        flask.abort(404)


# -- set-up -------------------------------------------------------------------------------------


def _web(app: flask.Flask, values: Mapping[str, Any], hooks: Hooks) -> Web:
    store, files, access, data = values["STORE"], values["FILES"], values["ACCESS"], _data(app)
    if store is None:
        store = SQLiteStore(data() / "portal.sqlite3")
    if files is None:
        files = DirectoryFiles(data() / "files")
    if access is None and values["DATA"]:
        access = SQLiteAccessLog(data() / "access.sqlite3")
    return make_web(
        values,
        store=store,
        files=files,
        access=access,
        hooks=hooks,
        shell=_shell,
        mail=values["MAIL"],
    )


def _data(app: flask.Flask) -> Callable[[], Path]:
    def folder() -> Path:
        if not app.config["PORTALKIT_DATA"]:
            raise ConfigError(
                "portalkit does not know where to keep its data",
                remedy="Set PORTALKIT_DATA to a folder, or PORTALKIT_STORE and PORTALKIT_FILES",
            )
        return Path(app.instance_path).parent / str(app.config["PORTALKIT_DATA"])

    return folder


def _shell(page: Page, request: Request) -> str | None:
    """Put a page into the host's template ``portalkit/shell.html``, if there is one."""
    state = _state()
    if state.hosted is None:
        state.hosted = SHELL in flask.current_app.jinja_env.list_templates()
    return flask.render_template(SHELL, page=page) if state.hosted else None


def _blueprint(mount: str) -> flask.Blueprint:
    blueprint = flask.Blueprint("portalkit", __name__, url_prefix=mount or None)
    for route in ROUTES:
        rule = route.path.replace("<path>", "<path:path>")
        methods = list(route.methods)
        blueprint.add_url_rule(
            rule, route.name, _serve, methods=methods, provide_automatic_options=False, **_AS_SENT
        )
    blueprint.record(_catch_all)
    return blueprint


_AS_SENT: Final[Mapping[str, Any]] = {"strict_slashes": False, "merge_slashes": False}
"""Slashes are the core's to judge."""


def _catch_all(state: BlueprintSetupState) -> None:
    """Lead what no route takes to the core; `add_url_rule` cannot say "every method", a rule can."""
    endpoint = f"{state.name}.other"
    for path in ("/", "/<portalkit_rest:rest>"):
        rule = state.app.url_rule_class(
            f"{state.url_prefix or ''}{path}", endpoint=endpoint, methods=None, **_AS_SENT
        )
        state.app.url_map.add(rule)
    state.app.view_functions[endpoint] = _serve


class _Rest(BaseConverter):
    """Whatever comes behind the mount; Flask's own ``path`` leaves out what begins with a slash."""

    regex = ".*?"
    weight = 300  # behind every route that has a name
    part_isolating = False


def _exempt(app: flask.Flask, blueprint: flask.Blueprint) -> None:
    """Tell Flask-WTF that the core checks these forms itself, whichever was set up first."""
    protection = app.extensions.get("csrf")
    if protection is not None:
        protection.exempt(blueprint)


@click.command(
    "portalkit", add_help_option=False, context_settings={"ignore_unknown_options": True}
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@flask.cli.with_appcontext
def _command(arguments: tuple[str, ...]) -> None:
    """Look after the data of the portal and do its background work: run, verify, fsck, erase, ..."""
    from portalkit.cli import Backend, run  # only a terminal needs it

    state, config = _state(), flask.current_app.config
    portal, renderer = state.portal, state.web.renderer
    folder = None if config["PORTALKIT_STORE"] is not None else _data(flask.current_app)()
    brands = config["PORTALKIT_BRANDS"]
    backend = Backend(
        portal.ledger.store, portal.files, portal.access, folder, portal, brands, renderer
    )
    sys.exit(run(arguments, backend, program="flask portalkit"))


# -- requests -----------------------------------------------------------------------------------


def _serve(**_: str) -> flask.Response:
    state, asked = _state(), flask.request._get_current_object()  # type: ignore[attr-defined]
    request = Request(
        method=asked.method,
        path=asked.path[len(state.mount) :] or "/",
        query=asked.query_string.decode("latin-1"),
        headers=cast(Mapping[str, str], asked.headers),
        address=asked.remote_addr or "",
        form=_fields,
        files=_files,
        limit=asked.max_content_length,
    )
    return _translated(state.web.handle(request))


def _fields() -> list[tuple[str, str]]:
    _narrow(flask.request, FIELDS + _state().portal.uploads.files)
    try:
        return list(flask.request.form.items(multi=True))
    except RequestEntityTooLarge as error:
        raise TooLarge("the form is too long", remedy="Shorten the text") from error
    except (ClientDisconnected, HTTPException) as error:
        raise Incomplete("the form could not be read", remedy="Send it again") from error
    except OSError as error:
        raise FileError(
            "the form could not be taken in",
            remedy="Make room where temporary files lie",
            cause=str(error),
        ) from error


def _narrow(asked: flask.Request, parts: int) -> None:
    """Let the parser take what a form of ours may hold: each part may need memory or an open file."""
    asked.max_form_parts = _least(asked.max_form_parts, parts)
    asked.max_form_memory_size = _least(asked.max_form_memory_size, FIELD_BYTES)


def _least(theirs: int | None, ours: int) -> int:
    return ours if theirs is None else min(theirs, ours)


def _files() -> list[SentFile]:
    return [
        SentFile(field, file.filename or "", file.mimetype, file.stream)
        for field, file in flask.request.files.items(multi=True)
    ]


class _Answer(flask.Response):
    """A response whose headers are complete: the core has said everything about it."""

    default_mimetype = None

    def get_wsgi_headers(self, environ: object) -> Headers:
        return self.headers


def _translated(response: Response) -> flask.Response:
    translated = _Answer(response.body, response.status)
    # after the body: for HEAD the core says how long it would be, Werkzeug how long it is
    translated.headers = Headers(response.headers)
    return translated
