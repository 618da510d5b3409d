"""Fills an empty agency with three projects at different stages, so that there is something to see."""

from __future__ import annotations

from django.contrib.auth.models import Group, User

from agency.models import Client, Job
from agency.portal_hooks import note
from portalkit import Portal, Staff
from portalkit.django.models import Head
from stories import STORIES
from story import PASSWORD, USERS

__all__ = ["seed"]


class Books:
    """The agency's database, as a story writes into it."""

    note = staticmethod(note)

    def staff(self, login: str) -> Staff:
        """Return somebody who works at the agency."""
        user = User.objects.get(username=login)
        role = user.groups.get().name
        return Staff(f"user:{user.pk}", user.get_full_name(), user.email, role)

    def add_job(self, ref: str, title: str, *, client: str, city: str, zone: str) -> None:
        """Book a project, together with its client if that is new."""
        who, _ = Client.objects.get_or_create(name=client, defaults={"city": city})
        head = Head.objects.get(ref=ref)
        Job.objects.create(ref=ref, title=title, client=who, zone=zone, portal=head)


def seed(portal: Portal, keys: list[str]) -> None:
    """Add the staff, and every story that is missing.

    Args:
        portal: the project's portal; the stories write into its stores.
        keys: the portal's signing keys.
    """
    for login, name, email, role in USERS:
        if not User.objects.filter(username=login).exists():
            first, _, last = name.partition(" ")
            user = User.objects.create_superuser(
                login, email, PASSWORD, first_name=first, last_name=last
            )
            user.groups.add(Group.objects.get_or_create(name=role)[0])
    told = set(Job.objects.values_list("ref", flat=True))
    for story in STORIES:
        if story.ref not in told:
            story(Books(), portal, keys).book()
