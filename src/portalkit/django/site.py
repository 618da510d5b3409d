"""What the settings describe: the portal, its web, and what the project's own pages ask of it."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

from attrs import frozen
from django.core.signals import setting_changed
from django.http import HttpRequest
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from portalkit.django import HOOKS
from portalkit.django.conf import look, made
from portalkit.django.files import storage_files
from portalkit.django.mail import DjangoMail
from portalkit.django.store import DjangoAccessLog, DjangoStore
from portalkit.web import Page, Request, Web
from portalkit.web.host import SHELL, Host, make_web

__all__ = ["Asked", "Site", "site"]


@frozen(kw_only=True)
class Asked(Request):
    """A request of the core that knows Django's, for the shell."""

    http: HttpRequest


@frozen
class Site:
    """The portal's web, and what the project's own pages ask of it."""

    web: Web
    host: Host


@cache
def site() -> Site:
    """Return what the settings describe; made once, and anew after they were overridden in a test.

    Raises:
        ConfigError: a setting is missing, unknown or unsafe; the message says how to set it.
    """
    values = look(made).usable()
    store, files, access = values["STORE"], values["FILES"], values["ACCESS"]
    web = make_web(
        values,
        store=DjangoStore() if store is None else store,
        files=storage_files(values["STORAGE"]) if files is None else files,
        access=DjangoAccessLog() if access is None else access,
        hooks=HOOKS,
        shell=_Shell(),
        mail=DjangoMail() if values["MAIL"] is None else values["MAIL"],
    )
    return Site(web, Host(web, values["LOCALE"]))


class _Shell:
    """Puts a page into the project's template ``portalkit/shell.html``, if there is one."""

    def __init__(self) -> None:
        self._template = None
        with suppress(TemplateDoesNotExist):
            self._template = get_template(SHELL)

    def __call__(self, page: Page, request: Request) -> str | None:
        if self._template is None:
            return None
        return self._template.render({"page": page}, getattr(request, "http", None))


def _changed(*, setting: str, **_: Any) -> None:
    if setting in ("PORTALKIT", "STORAGES", "TEMPLATES"):
        site.cache_clear()


setting_changed.connect(_changed)
