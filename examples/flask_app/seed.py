"""Fills an empty agency with three projects at different stages, so that there is something to see."""

from __future__ import annotations

from agency import noted
from agency.database import Database
from portalkit import ApprovalDecided, Event, Portal, Staff
from stories import STORIES
from story import PASSWORD, USERS

__all__ = ["seed"]


class Books:
    """The agency's database, as a story writes into it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.add_job = database.add_job

    def staff(self, login: str) -> Staff:
        """Return somebody who works at the agency."""
        user = self._database.user(login)
        assert user is not None
        return Staff(user.ref, user.name, user.email, user.role)

    def note(self, event: Event[ApprovalDecided]) -> None:
        """Note a client's decision in the agency's news."""
        noted(self._database, event)


def seed(database: Database, portal: Portal, keys: list[str]) -> None:
    """Add the staff, and every story that is missing.

    Args:
        database: the agency's own database.
        portal: the app's portal; the stories write into its stores.
        keys: the portal's signing keys.
    """
    for login, name, email, role in USERS:
        database.add_user(login, name, email, role, PASSWORD)
    told = {job.ref for job in database.jobs()}
    for story in STORIES:
        if story.ref not in told:
            story(Books(database), portal, keys).book()
