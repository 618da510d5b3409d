"""What a host's own pages ask for: the person whom a template names, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from portalkit import NotFound
from portalkit.flask import current_portal
from portalkit.web.host import Host
from tests.flask.host import MAYA, make_app, seed


@pytest.fixture
def named(tmp_path: Path) -> tuple[Host, dict[str, str]]:
    """A host, and the address of each person's link by name; some have no e-mail, two share one."""
    app = make_app(tmp_path)
    seeded = seed(app)
    with app.app_context():
        desk = current_portal.desk(MAYA)
        with desk.change(seeded.project) as change:
            people = {
                name: change.add_person(name, email=email)
                for name, email in (
                    ("Boss", ""),
                    ("Without", "both@acme.example"),
                    ("With", "both@acme.example"),
                    ("Gone", "gone@acme.example"),
                )
            }
            for name in ("Boss", "With", "Gone"):
                change.issue_link(people[name])
        urls = {name: desk.link_url(seeded.project, people[name]) for name in ("Boss", "With")}
        with desk.change(seeded.project) as change:
            change.revoke_link(people["Gone"])
    return app.extensions["portalkit"].host, urls


def test_who_names_nobody_gets_nobodys_link(named: tuple[Host, dict[str, str]]) -> None:
    """A variable that a template does not know must not open the pages of the first who has no address."""
    host, _ = named
    assert host.link("crm:17", "") == ""
    with pytest.raises(NotFound):
        host.view_as("crm:17", "", "", address=str)


def test_of_two_people_with_one_address_the_one_with_a_link_is_meant(
    named: tuple[Host, dict[str, str]],
) -> None:
    host, urls = named
    assert host.link("crm:17", "Both@Acme.example") == urls["With"]


def test_a_link_that_was_revoked_leads_nowhere_and_is_not_offered(
    named: tuple[Host, dict[str, str]],
) -> None:
    host, _ = named
    assert host.link("crm:17", "gone@acme.example") == ""
