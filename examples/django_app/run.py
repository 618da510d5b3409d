"""Start the demo: one process, all data in one directory.

    python run.py [--port 8000] [--data .demo] [--host 127.0.0.1]

The first start makes keys, a database and three projects; later starts keep them.  While the
port answers, ``links.json`` in the directory holds every address worth opening.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parent.parent / "shared"))

import django
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

from portalkit.django import current_portal
from tour import arguments, serve, site_of


class QuietHandler(WSGIRequestHandler):
    """Logs no requests: addresses of clients' links do not belong in a log."""

    def log_message(self, format: str, *args: object) -> None:
        """Do nothing."""


def main() -> None:
    """Start, tell what there is to see, and serve until a signal comes."""
    options = arguments()
    os.environ["DJANGO_SETTINGS_MODULE"] = "agency.settings"
    os.environ["AGENCY_DATA"] = str(options.data)
    os.environ["AGENCY_BASE_URL"] = f"{site_of(options)}/portal"
    django.setup()
    call_command("check", fail_level="WARNING", verbosity=0)
    call_command("migrate", verbosity=0)
    from seed import seed  # needs the models

    seed(current_portal, settings.PORTALKIT["KEYS"])
    server = ThreadedWSGIServer((options.host, options.port), QuietHandler)
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    serve(server, options, current_portal)


if __name__ == "__main__":
    main()
