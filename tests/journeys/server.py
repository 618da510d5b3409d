"""A stage for the journeys: an agency's Flask apps on a real server, over one store in memory.

Every app serves the same projects: one in portalkit's own shell, the others inside a host's page.  The
clock stands at `NOW`, so what a page says about days does not change from one day to the next.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from portalkit import Desk, Portal, Staff
from portalkit.flask import PortalKit
from portalkit.storage.memory import MemoryAccessLog, MemoryFiles, MemoryStore
from portalkit.testing import FixedClock
from portalkit.web import Brand
from tests.journeys.mirrored import write_catalogue

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
KEY = "q7Vt-2mZr9Lx4Ws8Nb1Kd6Hf3Jg5Pc0YaEuTiOy"
MAYA = Staff("u1", "Maya Lindt", "maya@northlight.example")
LOGO = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24">\
<path fill="#2f5d50" d="M12 3 3 21h5l4-9 4 9h5z"/></svg>"""

OWN = "own"
BRANDS: Mapping[str, Mapping[str, Any]] = {
    "always light": {"scheme": "light"},
    "always dark": {"scheme": "dark"},
    **{accent: {"accent": accent} for accent in ("#ffee00", "#00ff00", "#101010", "no colour")},
}
"""What the brand of an app in our own shell has of its own."""


WSGI = Callable[..., Iterable[bytes]]


class _Quiet(WSGIRequestHandler):
    """Says nothing about requests."""

    def log(self, type: str, message: str, *args: Any) -> None: ...


class Stage:
    """The server, its apps by name, and what they share.

    Attributes:
        origin: scheme, host and port.
        clock: the portals' clock.
        portal: the portal of the app in portalkit's own shell.
    """

    def __init__(self, folder: Path, shells: Mapping[str, str]) -> None:
        self._server = make_server(
            "127.0.0.1", 0, self._serve, threaded=True, request_handler=_Quiet
        )
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.clock = FixedClock(NOW)
        self._logo = folder / "logo.svg"
        self._logo.write_text(LOGO, "utf-8")
        write_catalogue(folder / "locales")
        self._locales = folder / "locales"
        self._apps: dict[str, WSGI] = {}
        self.portal = self._open(shells)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def desk(self) -> Desk:
        """Maya's desk."""
        return self.portal.desk(MAYA)

    def at(self, year: int, month: int, day: int, hour: int, minute: int = 0) -> None:
        """Put the clock to a day and time (UTC)."""
        self.clock.set(datetime(year, month, day, hour, minute, tzinfo=UTC))

    def mount(self, app: str = OWN) -> str:
        """The public address of an app's portal."""
        return f"{self.origin}/{quote(app)}/portal"

    def _open(self, shells: Mapping[str, str]) -> Portal:
        """Make the apps and return the portal of the one in portalkit's own shell."""
        self._shared = {
            "PORTALKIT_STORE": MemoryStore(),
            "PORTALKIT_FILES": MemoryFiles(),
            "PORTALKIT_ACCESS": MemoryAccessLog(),
        }
        own = self._app(OWN, None)
        self._apps = {OWN: own}
        self._apps |= {name: self._app(name, None, **brand) for name, brand in BRANDS.items()}
        self._apps |= {name: self._app(name, shell) for name, shell in shells.items()}
        portal: Portal = own.extensions["portalkit"].portal
        return portal

    def _brand(self, **brand: Any) -> Brand:
        return Brand(
            name="Northlight Studio",
            logo=str(self._logo),
            footer="Northlight Studio, Hamburg",
            links=(("Imprint", "https://northlight.example/imprint"),),
            **brand,
        )

    def _app(self, name: str, shell: str | None, **brand: Any) -> Flask:
        app = Flask(name, root_path="/", static_folder=None)
        if shell is not None:
            app.jinja_loader = jinja2.DictLoader({"portalkit/shell.html": shell})
        app.config.update(
            self._shared,
            PORTALKIT_KEYS=[KEY],
            PORTALKIT_BASE_URL=self.mount(name),
            PORTALKIT_LOCALES=[self._locales],
            PORTALKIT_BRANDS={"": self._brand(**brand)},
        )
        PortalKit(app)
        portal = app.extensions["portalkit"].portal
        portal.clock = portal.ledger.clock = self.clock
        return app

    def _serve(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        name = environ["PATH_INFO"].split("/")[1]
        app = self._apps.get(name)
        if app is None:
            start_response("404 Not Found", [("Content-Length", "0")])
            return []
        return app(environ, start_response)
