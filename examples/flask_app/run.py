"""Start the demo: one process, all data in one directory.

    python run.py [--port 8000] [--data .demo] [--host 127.0.0.1]

The first start makes keys, databases and three projects; later starts keep them.  While the
port answers, ``links.json`` in the directory holds every address worth opening.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parent.parent / "shared"))

from werkzeug.serving import WSGIRequestHandler, make_server

from agency import create_app
from portalkit.flask import current_portal
from seed import seed
from tour import arguments, serve, site_of


class QuietHandler(WSGIRequestHandler):
    """Logs no requests: addresses of clients' links do not belong in a log."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Do nothing."""


def main() -> None:
    """Start, tell what there is to see, and serve until a signal comes."""
    options = arguments()
    app = create_app(options.data, f"{site_of(options)}/portal")
    with app.app_context():
        seed(app.extensions["agency"], current_portal, app.config["PORTALKIT_KEYS"])
        server = make_server(
            options.host, options.port, app, threaded=True, request_handler=QuietHandler
        )
        serve(server, options, current_portal)


if __name__ == "__main__":
    main()
