"""The admin: projects to look at, their timeline, and the links of their clients.

It reads.  What it can do to links it does at the desk, as whoever is logged in; nothing here touches the log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from portalkit.django import current_portal
from portalkit.django.conf import setting
from portalkit.django.models import Head, HeadQuerySet
from portalkit.django.site import site
from portalkit.errors import NotAllowed, NotFound, PortalError
from portalkit.model import Person, Project, Side
from portalkit.moments import local
from portalkit.portal import Change, Desk
from portalkit.web.render import fill

__all__ = ["HeadAdmin"]

LINKS: Final[dict[str, Callable[[Change, str], object]]] = {
    "issue": lambda change, person: change.issue_link(person),
    "replace": lambda change, person: change.rotate_link(person),
    "revoke": lambda change, person: change.revoke_link(person),
}
"""What can be done to a person's link."""


class Waits(admin.SimpleListFilter):
    """Whom a project waits for, and whether it is late."""

    title = "waits for"
    parameter_name = "waits"
    choices_of: Final[dict[str, tuple[str, Callable[[HeadQuerySet], HeadQuerySet]]]] = {
        "client": ("the client", HeadQuerySet.waiting_on_client),
        "us": ("us", HeadQuerySet.waiting_on_us),
        "overdue": ("anybody, overdue", HeadQuerySet.overdue),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what there is to choose."""
        return [(name, words) for name, (words, _) in self.choices_of.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep what was chosen."""
        chosen = self.choices_of.get(self.value() or "")
        return chosen[1](queryset) if chosen else queryset


def _manages(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.has_perm("portalkit.manage_links"))


def _day(at: int | None) -> str:
    return f"{local(at, 'UTC'):%Y-%m-%d}" if at is not None else ""


def _moment(at: int | None, zone: str) -> str:
    return f"{local(at, zone):%Y-%m-%d %H:%M %Z}" if at is not None else ""


@admin.register(Head)
class HeadAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for type checkers only
    """Projects, read only."""

    list_display = ("title", "client_name", "ref", "status", "waiting", "due", "updated")
    list_filter = (Waits, "status", "account")
    search_fields = ("searched",)
    search_help_text = "Title, client or your own key"
    ordering = ("-updated_at", "project")
    actions = None

    @admin.display(description="waits for the client since", ordering="waiting_since")
    def waiting(self, head: Head) -> str:
        """When the oldest open request was made."""
        return _day(head.waiting_since)

    @admin.display(description="next due", ordering="next_due")
    def due(self, head: Head) -> str:
        """When the day is over on which something is due next: which day, only the project's zone says."""
        return _moment(head.next_due, "UTC")

    @admin.display(description="updated", ordering="updated_at")
    def updated(self, head: Head) -> str:
        """When something happened last."""
        return _day(head.updated_at)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search as the portal itself does, in one case."""
        return super().get_search_results(request, queryset, search_term.casefold())

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds a project here: the desk opens them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes a row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a row."""
        return False

    def get_urls(self) -> list[Any]:
        """Add the address that a button of a link sends to."""
        link = self.admin_site.admin_view(self.link_view)
        preview = self.admin_site.admin_view(self.preview_view)
        return [
            path("<path:id>/as/<str:person>/", preview, name="portalkit_preview"),
            path("<path:id>/links/<str:person>/<str:action>/", link, name="portalkit_link"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one project: the answers, the links, the timeline."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        desk, project = self._opened(request, object_id)
        before = request.GET.get("before", "")
        page = site().host.timeline(
            project, before=int(before) if before.isdecimal() and len(before) < 16 else 0
        )
        manages = _manages(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": project.title,
            "project": project,
            "sentence": site().host.sentence_of(project),
            "people": _people(desk, project, manages),
            "seen": site().host.seen_of(project),
            "manages": manages,
            "lines": [
                (
                    _moment(line.activity.at, project.zone),
                    fill(line.message, actor=line.actor, thing=line.thing),
                    line,
                )
                for line in page.lines
            ],
            "older": page.older,
        }
        return TemplateResponse(request, "admin/portalkit/head/project.html", context)

    def link_view(self, request: HttpRequest, id: str, person: str, action: str) -> HttpResponse:
        """Issue, replace or revoke the link of a person."""
        if not _manages(request):
            raise PermissionDenied
        if request.method != "POST" or action not in LINKS:
            raise Http404
        desk, project = self._opened(request, id)
        try:
            with desk.change(project) as change:
                LINKS[action](change, person)
        except PortalError as error:
            messages.error(request, f"{error.problem}. {error.remedy}".strip())
        else:
            name = project.people[person].name
            head = Head.objects.get(project=id)
            self.log_change(request, head, f"{action} the link of {name}")
            messages.success(request, f"Done: {action} the link of {name}.")
        return redirect(reverse(f"{self.admin_site.name}:portalkit_head_change", args=[id]))

    def preview_view(self, request: HttpRequest, id: str, person: str) -> HttpResponse:
        """Show a page exactly as a client sees it, which leaves no trace."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        desk, project = self._opened(request, id)
        here = reverse(f"{self.admin_site.name}:portalkit_preview", args=[id, person])
        try:
            page = site().host.view_of(
                desk.state(project),
                person,
                request.GET.get("page", ""),
                address=lambda path: f"{here}?{urlencode({'page': path})}",
            )
        except (NotFound, NotAllowed) as error:
            raise Http404 from error
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": page.title,
            "project": project,
            "page": page,
        }
        return TemplateResponse(request, "admin/portalkit/head/preview.html", context)

    def _opened(self, request: HttpRequest, id: str) -> tuple[Desk, Project]:
        """The desk of whoever is logged in, and a project at it."""
        head = Head.objects.filter(project=id).first()
        if head is None:
            raise Http404
        desk = current_portal.desk(setting("STAFF")(request.user), account=head.account)
        try:
            return desk, desk.project(id)
        except NotFound as error:
            raise Http404 from error


def _people(desk: Desk, project: Project, manages: bool) -> list[dict[str, Any]]:
    """The clients of a project with their links; addresses are secrets of those who manage them."""
    links = {link.person.id: link for link in desk.links(project)}
    clients: list[Person] = [p for p in project.people.values() if p.side is Side.CLIENT]
    return [
        {
            "person": person,
            "link": link,
            "url": link.url if link and manages and link.state != "revoked" else "",
            "expires": _moment(link.expires_at, project.zone) if link else "",
            "used": _moment(link.last_used, project.zone) if link else "",
            "actions": _possible(link.state if link else "") if person.name else (),
        }
        for person in clients
        for link in [links.get(person.id)]
    ]


def _possible(state: str) -> tuple[str, ...]:
    """What can be done to a link in a state."""
    return ("replace", "revoke") if state in ("active", "expired") else ("issue",)
