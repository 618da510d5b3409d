"""The configurations of the deployment guide work together: gunicorn, nginx, and files that nginx sends."""

from __future__ import annotations

import http.client
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import frozen

from portalkit import Portal, Staff
from portalkit.storage.directory import DirectoryFiles
from portalkit.storage.sqlite import SQLiteStore

DOCS = Path(__file__).parent.parent / "docs"
GUIDE = (DOCS / "guides/deployment.md").read_text("utf-8")
BASE_URL = "https://agency.example/portal"
BYTES = b"%PDF-1.7 " + bytes(300_000)
PATIENCE = 60.0
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def block(language: str) -> str:
    """The first block of the guide in this language."""
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found, f"no block of {language}"
    return found[1]


class Unix(http.client.HTTPConnection):
    """A connection to a socket in the file system: no port can be taken."""

    def __init__(self, path: Path) -> None:
        super().__init__("agency.example", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(str(self._path))


@frozen
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def ask(path: Path, address: str, **headers: str) -> Answer:
    """Ask a server behind a socket."""
    with closing(Unix(path)) as connection:
        connection.request("GET", address, headers=headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def started(command: list[str], folder: Path, log: Path, ready: Path) -> subprocess.Popen[bytes]:
    """Start a server and wait until it takes connections."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, stdout=out, stderr=out, start_new_session=True
        )
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), closing(Unix(ready)) as connection:
            connection.connect()
            return process
        time.sleep(0.02)
    stop(process)
    raise AssertionError(f"{command[0]} did not start:\n{log.read_text()}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and all its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@frozen
class Site:
    """What runs, and what is in it."""

    app: Path
    nginx: Path
    log: Path
    link: str
    file: str


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder with a short name, since sockets take no long ones."""
    with TemporaryDirectory(prefix="pk-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[Site]:
    """gunicorn and nginx with the configurations of the guide; only addresses and paths are others."""
    if NGINX is None:
        if os.environ.get("CI"):
            pytest.fail("nginx is missing; .ci/run installs it", pytrace=False)
        pytest.skip("nginx is not installed")
    app, web = folder / "app.sock", folder / "web.sock"
    link, file = seeded(folder)
    (folder / "gunicorn.conf.py").write_text(
        block("python").replace("127.0.0.1:8000", f"unix:{app}") + "control_socket_disable = True\n"
    )
    server = block("nginx")
    for ours, theirs in (
        ("listen 443 ssl;", f"listen unix:{web};"),
        ("http://127.0.0.1:8000", f"http://unix:{app}"),
        ("/srv/agency/instance/portal/files/", f"{folder}/data/files/"),
    ):
        assert ours in server
        server = server.replace(ours, theirs)
    server = re.sub(r"^ *ssl_certificate.*\n", "", server, flags=re.MULTILINE)
    (folder / "nginx.conf").write_text(f"""
daemon off; pid {folder}/nginx.pid; error_log stderr; {"user root;" if os.geteuid() == 0 else ""}
events {{}}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
{server}
}}
""")
    gunicorn = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        "gunicorn.conf.py",
        "agency:create_app()",
    ]
    running = [started(gunicorn, folder, folder / "gunicorn.log", app)]
    try:
        command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
        running.append(started(command, folder, folder / "nginx.log", web))
        yield Site(app, web, folder / "access.log", link, file)
    finally:
        for process in reversed(running):
            stop(process)


def seeded(folder: Path) -> tuple[str, str]:
    """Write an app with one project; return the path of a link and of a file behind it."""
    key = secrets.token_urlsafe(48)
    (folder / "agency.py").write_text(
        textwrap.dedent(f"""
        from flask import Flask
        from werkzeug.middleware.proxy_fix import ProxyFix
        from portalkit.flask import PortalKit

        def create_app():
            app = Flask("agency", root_path={str(folder)!r}, instance_path={str(folder / "instance")!r})
            app.config.update(PORTALKIT_KEYS=[{key!r}], PORTALKIT_BASE_URL={BASE_URL!r},
                              PORTALKIT_DATA={str(folder / "data")!r}, PORTALKIT_SENDFILE="x-accel:/portal-files")
            PortalKit(app)
            app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1)
            return app
        """)
    )
    portal = Portal(
        store=SQLiteStore(folder / "data" / "portal.sqlite3"),
        files=DirectoryFiles(folder / "data" / "files"),
        base_url=BASE_URL,
        keys=[key],
    )
    with portal.desk(Staff("u1", "Ben Ode")).open("Web", client="Acme") as change:
        anna = change.add_person("Anna Keller")
        design = change.add_milestone("Design")
        file = change.add_file(design, BytesIO(BYTES), name="home.pdf", purpose="All screens")
        link = change.issue_link(anna)
    url = portal.link_url(change.project, anna.id)
    return url.removeprefix("https://agency.example"), f"/portal/p/{link.id}/f/{file.id}/1"


def entered(site: Site) -> str:
    """Open the link through nginx; return the cookie."""
    answer = ask(site.nginx, site.link)
    assert answer.status == 303, answer
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    return "; ".join(c.partition(";")[0] for c in answer.headers.get_all("Set-Cookie", []))


def test_the_configuration_of_gunicorn_is_valid(folder: Path) -> None:
    """And it takes threads, as the guide says."""
    (folder / "checked.conf.py").write_text(block("python"))
    (folder / "empty.py").write_text("app = print\n")
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--check-config",
        "--config",
        "checked.conf.py",
        "empty:app",
    ]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert 'worker_class = "gthread"' in block("python")


def test_nginx_sends_the_file_with_all_our_headers(site: Site) -> None:
    """The same bytes and the same headers as without nginx; only what names the server differs."""
    cookie = entered(site)
    through = ask(site.nginx, site.file, Cookie=cookie)
    inside = ask(site.app, site.file, Cookie=cookie)
    assert inside.headers["X-Accel-Redirect"].startswith("/portal-files/")
    assert (through.status, through.body) == (200, BYTES)
    assert "X-Accel-Redirect" not in through.headers
    for name in (
        "Content-Security-Policy",
        "Content-Type",
        "Content-Disposition",
        "Cache-Control",
        "Cross-Origin-Resource-Policy",
        "ETag",
        "Referrer-Policy",
        "X-Content-Type-Options",
        "X-Robots-Tag",
    ):
        assert through.headers.get_all(name) == inside.headers.get_all(name), name
        assert through.headers[name], name


def test_a_range_is_sent(site: Site) -> None:
    part = ask(site.nginx, site.file, Cookie=entered(site), Range="bytes=2-5")
    assert (part.status, part.body) == (206, BYTES[2:6])


def test_nobody_comes_past_portalkit(site: Site) -> None:
    """Neither without a cookie nor at the internal address."""
    key = ask(site.app, site.file, Cookie=entered(site)).headers["X-Accel-Redirect"]
    assert ask(site.nginx, site.file).status == 403
    assert ask(site.nginx, key).status == 404


def test_no_token_is_logged(site: Site) -> None:
    """The log of nginx tells of pages and files, not of the address that opens them."""
    ask(site.nginx, site.file, Cookie=entered(site))
    ask(site.nginx, "/portal/nowhere")  # one worker: it has written what came before
    token = site.link.rpartition("/")[2]
    text = site.log.read_text()
    assert site.file in text
    assert token not in text


def test_no_token_is_logged_while_the_app_is_away(site: Site) -> None:
    """As during every deploy; that it is away is told for other addresses."""
    away = site.app.with_name("away.sock")
    site.app.rename(away)
    try:
        assert ask(site.nginx, site.link).status == 502
        assert ask(site.nginx, site.file).status == 502
    finally:
        away.rename(site.app)
    ask(site.nginx, "/portal/nowhere")
    text = site.log.with_name("nginx.log").read_text()
    assert f"GET {site.file}" in text
    assert site.link.rpartition("/")[2] not in text


# -- what runs beside the app ---------------------------------------------------------------------


def lines_of_notices() -> dict[str, str]:
    """What systemd, cron and the mail system are told to run."""
    text = (DOCS / "notices.md").read_text("utf-8")
    found = {
        "cron": re.search(r"^\* \* \* \* \* +(.*)", text, re.MULTILINE),
        "systemd": re.search(r"^ExecStart=(.*)", text, re.MULTILINE),
        "bounce": re.search(r"^(#!/bin/sh\n.*?)```", text, re.MULTILINE | re.DOTALL),
        "environment": re.search(r"^EnvironmentFile=(.*)", text, re.MULTILINE),
    }
    return {name: match[1] for name, match in found.items() if match}


@pytest.fixture
def agency(tmp_path: Path) -> Path:
    """A folder with the app of the tutorial, its key in a file, and nothing in the environment."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "environment").write_text(f'PORTAL_KEYS="{secrets.token_urlsafe(48)}"\n')
    (tmp_path / "agency.py").write_text(
        textwrap.dedent(f"""
        import os
        from flask import Flask
        from portalkit.flask import PortalKit
        from portalkit.transports import Outbox

        def create_app():
            app = Flask("agency", root_path={str(tmp_path)!r}, instance_path={str(tmp_path / "instance")!r})
            app.config.update(PORTALKIT_KEYS=os.environ["PORTAL_KEYS"].split(), PORTALKIT_BASE_URL={BASE_URL!r},
                              PORTALKIT_DATA="instance/portal", PORTALKIT_MAIL=Outbox(),
                              PORTALKIT_MAIL_FROM="portal@agency.example")
            PortalKit(app)
            return app
        """)
    )
    return tmp_path


@pytest.mark.parametrize("name", ["cron", "systemd", "bounce"])
def test_what_runs_beside_the_app_finds_it_and_its_environment(agency: Path, name: str) -> None:
    told = lines_of_notices()
    assert told["environment"] == "/srv/agency/environment"
    script = told[name]
    if name == "systemd":
        script = f"cd /srv/agency; set -a; . {told['environment']}; exec {script} --once"
    script = script.replace("/srv/agency", str(agency))
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PORTAL", "FLASK"))}
    command = ["sh", "-c", script]
    run = subprocess.run(command, input="", cwd="/", env=clean, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert (agency / "instance/portal/portal.sqlite3").is_file(), run.stderr


def test_a_report_waits_where_the_app_cannot_be_asked(agency: Path) -> None:
    """The mail system keeps it and tries again."""
    (agency / "environment").unlink()
    script = lines_of_notices()["bounce"].replace("/srv/agency", str(agency))
    assert subprocess.run(["sh", "-c", script], input="", text=True).returncode == 75
