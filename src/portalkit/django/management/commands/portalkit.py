"""``manage.py portalkit``: looks after the data of the portal."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from portalkit import cli
from portalkit.django.conf import setting
from portalkit.django.site import site
from portalkit.django.store import DjangoStore

__all__ = ["Command"]


class Command(BaseCommand):
    """Everything that the command ``portalkit`` does, on the portal of this project."""

    help = "Look after the data of the portal and do its background work: run, verify, fsck, ..."

    def run_from_argv(self, argv: list[str]) -> None:
        """Hand the arguments to the command as they are."""
        sys.exit(self.handle(*argv[2:]))

    def handle(self, *arguments: str, **_: Any) -> int:  # type: ignore[override]  # an exit code
        """Run it and return its exit code."""
        portal = site().web.portal
        store = portal.ledger.store
        backend = cli.Backend(
            store,
            portal.files,
            portal.access,
            portal=portal,
            brands=setting("BRANDS"),
            refresh=close_old_connections,
            in_wal=store.in_wal if isinstance(store, DjangoStore) else lambda: False,
        )
        return cli.run(arguments, backend, program="manage.py portalkit")
