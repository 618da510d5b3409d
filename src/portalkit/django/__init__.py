"""portalkit for Django: the portal of a project, on its own database, storage, templates and users.

::

    INSTALLED_APPS = [..., "portalkit.django"]
    PORTALKIT = {"KEYS": [...], "BASE_URL": "https://agency.example/portal"}

    urlpatterns = [..., path("portal/", include("portalkit.django.urls"))]

The app supplies what the project has and translates requests and responses; all flow is in
`portalkit.web`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, overload

from portalkit.errors import NotFound
from portalkit.facts import Fact
from portalkit.portal import Event, Hooks, Portal, When

if TYPE_CHECKING:
    from portalkit.web import Page

__all__ = ["current_portal", "on", "view_as"]

F = TypeVar("F", bound=Fact)
R = TypeVar("R")

HOOKS: Final = Hooks()
"""The hooks of this process, also before there is a portal."""


@overload
def on(
    kind: type[F], *, durable: str = "", since: When = None
) -> Callable[[Callable[[Event[F]], R]], Callable[[Event[F]], R]]: ...


@overload
def on(
    kind: type[F], hook: Callable[[Event[F]], R], *, durable: str = "", since: When = None
) -> Callable[[Event[F]], R]: ...


def on(
    kind: type[F],
    hook: Callable[[Event[F]], Any] | None = None,
    *,
    durable: str = "",
    since: When = None,
) -> Any:
    """Run a function after every commit of this kind of fact; usable as a decorator.

    In a module that your app imports when it starts, for instance from ``AppConfig.ready``.  It runs once
    the outermost transaction has committed, with none open.  With ``durable``, a name, the background
    work runs it; see `Portal.on`.
    """
    return HOOKS.on(kind, hook, durable=durable, since=since)


def view_as(
    ref: str, person: str, path: str = "", *, address: Callable[[str], str], account: str = ""
) -> Page:
    """Return a page of a project exactly as a client sees it, for a page of your own; no trace is left.

    Put ``page.head`` and ``page.body`` into your template, and let the view be for staff only.  Where there
    is no such project, client or page, the view answers 404.

    Args:
        ref: your own key of the project.
        person: the client's id or e-mail address.
        path: the page, as ``address`` was given it; the project page if empty.
        address: returns the address of your own view for a path.
        account: the tenant.

    Raises:
        NotAllowed: the personal data of this client were erased.
    """
    from django.http import Http404

    from portalkit.django.site import site  # needs the models, which an app's package may not

    try:
        return site().host.view_as(ref, person, path, address=address, account=account)
    except NotFound as error:
        raise Http404 from error


class _Current:
    """Stands for the portal that the settings describe at the moment of use."""

    def __getattr__(self, name: str) -> Any:
        from portalkit.django.site import site  # needs the models, which an app's package may not

        return getattr(site().web.portal, name)


current_portal = cast(Portal, _Current())
"""The portal of this project, made from the settings at first use."""
