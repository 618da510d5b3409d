"""How an example app is started and shown: keys, the command line, ``links.json``, what to click."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import threading
from mailbox import keep_sending
from pathlib import Path
from socketserver import BaseServer
from typing import Any

from portalkit import Portal, Staff
from stories import STORIES
from story import PASSWORD, STAFF

__all__ = ["STOP", "arguments", "load_keys", "serve", "site_of"]

STOP = {signal.SIGINT, signal.SIGTERM}


def arguments() -> argparse.Namespace:
    """Read the command line; from here on a signal waits until the app can be stopped."""
    parser = argparse.ArgumentParser(description="Northlight Studio, the demo of portalkit.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--data", type=Path, default=Path(".demo"), help="where everything is kept")
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    options.data.mkdir(parents=True, exist_ok=True)
    (options.data / "links.json").unlink(missing_ok=True)
    return options


def site_of(options: argparse.Namespace) -> str:
    """Return the address of the app: a wildcard is no host that a browser could open."""
    host = "127.0.0.1" if options.host in ("0.0.0.0", "::", "") else options.host
    return f"http://{host}:{options.port}"


def load_keys(path: Path) -> dict[str, Any]:
    """Return the app's secret keys, made at the first start."""
    if not path.exists():
        keys = {"session": secrets.token_urlsafe(48), "portal": [secrets.token_urlsafe(48)]}
        _write_private(path, keys)
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def _write_private(path: Path, value: object) -> None:
    """Write JSON that only this user can read, in one go: whoever finds the file finds it whole."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with open(draft, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        json.dump(value, file, indent=2)
    draft.replace(path)


def serve(server: BaseServer, options: argparse.Namespace, portal: Portal) -> None:
    """Tell what there is to see, and serve until a signal comes."""
    site, links = site_of(options), options.data / "links.json"
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    threading.Thread(target=keep_sending, args=(portal.run_due,), daemon=True).start()
    tour = {
        "base_url": f"{site}/portal",
        "clients": _client_links(portal),
        "staff": {"url": f"{site}/", "user": STAFF, "password": PASSWORD},
    }
    _write_private(links, tour)
    _show(tour)
    signal.sigwait(STOP)
    links.unlink(missing_ok=True)
    server.shutdown()
    serving.join()
    server.server_close()


def _client_links(portal: Portal) -> list[dict[str, Any]]:
    """Return every client's link, by project."""
    desk = portal.desk(Staff(ref="demo", name="Demo"))
    return [
        {
            "name": link.person.name,
            "project": project.title,
            "project_id": project.id,
            "scopes": sorted(link.scopes),
            "state": str(link.state),
            "url": link.url,
        }
        for project in (desk.project(ref=story.ref) for story in STORIES)
        for link in desk.links(project)
    ]


def _show(tour: dict[str, Any]) -> None:
    """Print what there is to click."""
    print("\nNorthlight Studio is open. Clients need no login; each link is one person's own.")
    project = ""
    for link in tour["clients"]:
        if link["project"] != project:
            project = link["project"]
            print(f"\n{project}")
        rights = "decides" if "decide" in link["scopes"] else "reads"
        state = rights if link["state"] == "active" else link["state"]
        print(f"  {link['name']} ({state})\n    {link['url']}")
    staff = tour["staff"]
    print(f"\nStaff\n  {staff['url']}\n    user {staff['user']}, password {staff['password']}")
    print("\nStop with Ctrl-C.", flush=True)
