"""The admin looks at projects and manages links; nothing in it can edit the log."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from portalkit import ReplacedLink, RevokedLink
from portalkit.django import current_portal
from portalkit.django.models import Head
from tests.faults.world import MAYA, Scene, open_project


@pytest.fixture
def scene(sqlite: str) -> Scene:
    """A project in the host's portal."""
    return open_project(current_portal)


def staff(*permissions: str) -> Client:
    """The browser of a member of staff with these permissions."""
    user = User.objects.create_user("maya", "maya@studio.example", "x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def page_of(scene: Scene) -> str:
    return reverse("admin:portalkit_head_change", args=[scene.id])


def button(scene: Scene, action: str) -> str:
    return reverse("admin:portalkit_link", args=[scene.id, scene.anna.id, action])


def test_projects_are_listed_and_filtered(scene: Scene) -> None:
    client = staff("view_head")
    listed = reverse("admin:portalkit_head_changelist")
    for query, shown in [
        ("", True),
        ("?q=RELAUNCH", True),
        ("?q=nothing", False),
        ("?waits=client", True),
        ("?waits=us", False),
        ("?waits=overdue", False),
        ("?status__exact=active", True),
        ("?status__exact=archived", False),
    ]:
        answer = client.get(listed + query)
        assert answer.status_code == 200
        assert ("Website relaunch</a>" in answer.text) is shown, query


def test_the_end_of_a_due_day_is_listed_as_the_instant_it_is(scene: Scene) -> None:
    """The day ends where the project is; in another zone it may be the next one already."""
    with current_portal.desk(MAYA).change(scene.id) as change:
        change.describe(zone="America/Los_Angeles")
        change.request_approval(
            scene.design, "Logo", people=[scene.anna], statement="As shown", due=date(2030, 1, 5)
        )
    listed = staff("view_head").get(reverse("admin:portalkit_head_changelist")).text
    assert "2030-01-06 08:00 UTC" in listed


def test_a_project_shows_its_answers_and_its_timeline(scene: Scene) -> None:
    """The timeline is made by the functions that make the clients' pages."""
    page = staff("view_head").get(page_of(scene)).text
    assert "One decision waits for the client." in page
    assert "Maya Lindt asked for a decision on Homepage" in page
    assert "Maya Lindt issued the link of Anna Keller" in page


def test_the_timeline_goes_on(scene: Scene) -> None:
    for number in range(60):
        scene.post(f"Update {number}")
    client = staff("view_head")
    first = client.get(page_of(scene)).text
    assert "Older entries" in first
    assert "opened the project" not in first
    older = first.partition('href="?before=')[2].partition('"')[0]
    assert "opened the project" in client.get(f"{page_of(scene)}?before={older}").text


def test_addresses_are_secrets_of_those_who_manage_links(scene: Scene) -> None:
    client = staff("view_head")
    assert scene.url not in client.get(page_of(scene)).text
    assert client.post(button(scene, "revoke")).status_code == 403
    User.objects.get().user_permissions.add(Permission.objects.get(codename="manage_links"))
    assert scene.url in client.get(page_of(scene)).text


def test_permitted_staff_replace_revoke_and_issue_links(scene: Scene) -> None:
    """Each acts as the user who is logged in, and stands in the log of the project and of the admin."""
    client, first = staff("view_head", "manage_links"), scene.url
    token = first.rpartition("/")[2]
    assert client.post(button(scene, "replace")).status_code == 302
    with pytest.raises(ReplacedLink):
        current_portal.visit(token)
    newest = scene.url.rpartition("/")[2]
    assert client.post(button(scene, "revoke")).status_code == 302
    with pytest.raises(RevokedLink):
        current_portal.visit(newest)
    assert client.post(button(scene, "issue")).status_code == 302
    assert scene.visit().person.name == "Anna Keller"
    actor = current_portal.project(scene.id).people[scene.entries[-1].actor]
    assert (actor.name, actor.email) == ("maya", "maya@studio.example")
    assert LogEntry.objects.count() == 3


def test_a_refusal_is_told(scene: Scene) -> None:
    client = staff("view_head", "manage_links")
    client.post(button(scene, "revoke"))
    entries = scene.entries
    answer = client.post(button(scene, "replace"), follow=True)
    assert '<li class="error">' in answer.text
    assert scene.entries == entries


def test_nothing_in_the_admin_can_edit_the_log(scene: Scene) -> None:
    """Not even the superuser adds, changes or deletes a row; only heads are registered, to look at."""
    boss = User.objects.create_superuser("boss")
    client = Client()
    client.force_login(boss)
    before = scene.entries, Head.objects.values().get()
    ours = [model for model in admin.site._registry if model._meta.app_label == "portalkit"]
    assert ours == [Head]
    row: dict[str, Any] = {"title": "Changed", "version": 1, "_save": "Save"}
    for address, status in [
        (reverse("admin:portalkit_head_add"), 403),
        (reverse("admin:portalkit_head_delete", args=[scene.id]), 403),
        (page_of(scene), 200),
        (reverse("admin:portalkit_head_changelist"), 200),
    ]:
        selected = {"action": "delete_selected", "_selected_action": scene.id}
        assert client.post(address, {**row, **selected}).status_code in (status, 302)
    assert (scene.entries, Head.objects.values().get()) == before
    assert client.get(button(scene, "revoke")).status_code == 404
    assert client.post(button(scene, "erase")).status_code == 404


def test_there_are_no_permissions_to_edit_the_log(sqlite: str) -> None:
    found = Permission.objects.filter(content_type__app_label="portalkit")
    assert {p.codename for p in found} == {"view_head", "manage_links"}


def test_a_project_says_what_is_known_of_visits(scene: Scene) -> None:
    """A machine or a person opened the link, and no more, until somebody acted."""
    client = staff("view_head")
    assert "No sign that anybody has looked yet." in client.get(page_of(scene)).text
    scene.visit().note("fetched")
    page = client.get(page_of(scene)).text
    assert "The link was opened by a machine or a person on " in page
    assert "acted on the page" not in page


def preview(scene: Scene, person: str, page: str = "") -> str:
    address = reverse("admin:portalkit_preview", args=[scene.id, person])
    return f"{address}?page={page}"


def test_staff_see_what_a_client_sees(scene: Scene) -> None:
    """From the project's page on, page by page, and it leaves no trace."""
    client = staff("view_head")
    assert preview(scene, scene.anna.id).partition("?")[0] in client.get(page_of(scene)).text
    before = scene.entries, Head.objects.values().get(), current_portal.access.of(scene.id)
    page = client.get(preview(scene, scene.anna.id)).text
    assert "You see what Anna Keller sees." in page
    assert scene.url.rpartition("/")[2] not in page
    inner = client.get(preview(scene, scene.anna.id, f"a%2F{scene.ask.id}"))
    assert inner.status_code == 200
    assert f"page=a%2F{scene.ask.id}" in page
    assert (
        scene.entries,
        Head.objects.values().get(),
        current_portal.access.of(scene.id),
    ) == before


def test_a_preview_is_for_staff_who_may_look(scene: Scene) -> None:
    """What there is not, and nobody's page, is 404; without the permission it is 403."""
    client = staff()
    assert client.get(preview(scene, scene.anna.id)).status_code == 403
    User.objects.get().user_permissions.add(Permission.objects.get(codename="view_head"))
    for person, page in (("nobody", ""), (scene.anna.id, "m%2Fnone"), (scene.anna.id, "leave")):
        assert client.get(preview(scene, person, page)).status_code == 404
