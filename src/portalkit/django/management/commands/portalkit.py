"""``manage.py portalkit``: looks after the data of the portal."""

from __future__ import annotations

import argparse
import sys
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from portalkit import cli
from portalkit.django.conf import setting
from portalkit.django.site import site
from portalkit.django.store import DjangoStore

__all__ = ["Command"]


_WORDS: Final = {
    cli.FOUND: "something was found",
    cli.WRONG: "the call was wrong",
    cli.FAILED: "it could not be done",
    cli.INTERRUPTED: "it was interrupted",
    cli.UNREAD: "nobody read on",
}


class Command(BaseCommand):
    """Everything that the command ``portalkit`` does, on the portal of this project."""

    help = "Look after the data of the portal and do its background work: run, verify, fsck, ..."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take whatever comes: the command looks at it itself."""
        parser.add_argument("args", nargs=argparse.REMAINDER)

    def print_help(self, prog_name: str, subcommand: str) -> None:
        """Print the help of the command, and not that of Django's own options."""
        self.handle("--help")

    def run_from_argv(self, argv: list[str]) -> None:
        """Run it and exit with its exit code; what it found is printed already."""
        try:
            self.handle(*argv[2:])
        except CommandError as error:
            sys.exit(error.returncode)
        sys.exit(cli.FINE)

    def handle(self, *arguments: str, **options: Any) -> None:
        """Run it; an exit code other than 0 is raised as a `CommandError` with this ``returncode``."""
        try:
            code = cli.run(
                _ours(arguments), _backend(), options.get("stdout"), program="manage.py portalkit"
            )
        except SystemExit as end:  # only help was wanted, or the call was wrong
            code = cli.WRONG if end.code else cli.FINE
        if code:
            raise CommandError(f"portalkit {' '.join(arguments)}: {_WORDS[code]}", returncode=code)


def _ours(arguments: tuple[str, ...]) -> list[str]:
    """Take off what every command of Django knows, such as ``--settings``: Django has acted on it."""
    parser = BaseCommand().create_parser("", "", add_help=False, allow_abbrev=False)
    try:
        return parser.parse_known_args(list(arguments))[1]
    except CommandError as error:
        print(error, file=sys.stderr)
        raise SystemExit(cli.WRONG) from None


def _backend() -> cli.Backend:
    web = site().web
    portal = web.portal
    store = portal.ledger.store
    return cli.Backend(
        store,
        portal.files,
        portal.access,
        portal=portal,
        brands=setting("BRANDS"),
        renderer=web.renderer,
        refresh=close_old_connections,
        in_wal=store.in_wal if isinstance(store, DjangoStore) else lambda: False,
    )
