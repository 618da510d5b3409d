"""The example apps as their visitor has them: started by their file, opened by their links, over HTTP.

Both are the same agency, so they pass the same tests.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import pytest

HERE = Path(__file__).parent
APPS = ["flask_app", "django_app"]
BOUNDARY = "a-boundary-between-parts"


class Browser:
    """One browser with its own cookies; ``page`` is what it shows, ``headers`` what came with it."""

    def __init__(self) -> None:
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))
        self.page = ""
        self.headers: Mapping[str, str] = {}

    def open(self, url: str, body: bytes | None = None, kind: str = "") -> int:
        """Go to an address, or send a form there, and return the status."""
        request = Request(url, body, {"Content-Type": kind} if kind else {})
        try:
            response = self._opener.open(request, timeout=20)
        except HTTPError as error:
            response = error
        with response:
            self.page = html.unescape(response.read().decode("utf-8", "replace"))
            self.headers = response.headers
            return int(response.status)

    def send(self, url: str, **fields: str) -> int:
        """Send a form with the token of the page that is open."""
        form = {**self.token, **fields}
        return self.open(url, urlencode(form).encode(), "application/x-www-form-urlencoded")

    def confirm(self, url: str, **fields: str) -> int:
        """Send a form of the portal with everything that is hidden in it."""
        path = re.escape(urlsplit(url).path)
        sent_there = re.search(
            rf'<form method="post" action="{path}".*?</form>', self.page, re.DOTALL
        )
        assert sent_there, self.page
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', sent_there[0])
        form = urlencode({**fields, **dict(hidden)}).encode()
        return self.open(url, form, "application/x-www-form-urlencoded")

    def upload(self, url: str, name: str, data: bytes, **fields: str) -> int:
        """Send a form with one file."""
        body = b""
        for field, value in {**self.token, **fields}.items():
            body += part(f'name="{field}"', value.encode())
        body += part(f'name="upload"; filename="{name}"', data)
        body += f"--{BOUNDARY}--\r\n".encode()
        return self.open(url, body, f"multipart/form-data; boundary={BOUNDARY}")

    @property
    def token(self) -> dict[str, str]:
        """The field against forged forms on the page that is open."""
        found = re.search(r'name="(csrf\w+)" value="([^"]+)"', self.page)
        assert found, self.page
        return {found[1]: found[2]}

    def option(self, label: str) -> str:
        """The value behind the first option with a label on the page that is open."""
        found = re.search(rf'<option value="([^"]*)"[^>]*>{re.escape(label)}<', self.page)
        assert found, self.page
        return found[1]


def part(head: str, data: bytes) -> bytes:
    return (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + data + b"\r\n"
    )


@contextmanager
def running(app: str, data: Path) -> Iterator[dict[str, Any]]:
    """The demo on a free port; its links, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, str(HERE / app / "run.py"), "--port", port, "--data", str(data)]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield wait_for(data / "links.json", demo)
    finally:
        demo.send_signal(signal.SIGTERM)
        said, _ = demo.communicate(timeout=20)
    assert demo.returncode == 0, said
    assert "Traceback" not in said, said


def wait_for(path: Path, demo: subprocess.Popen[str]) -> dict[str, Any]:
    for _ in range(600):
        if path.exists():
            links: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return links
        assert demo.poll() is None, demo.communicate()[0]
        time.sleep(0.1)
    raise AssertionError("the demo did not start within a minute")


@pytest.fixture(scope="module", params=APPS)
def app(request: pytest.FixtureRequest) -> str:
    """Each of the apps."""
    return str(request.param)


@pytest.fixture(scope="module")
def data(app: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp(app)


@pytest.fixture(scope="module")
def links(app: str, data: Path) -> Iterator[dict[str, Any]]:
    with running(app, data) as found:
        yield found


@pytest.fixture
def staff(links: dict[str, Any]) -> Browser:
    """A browser in which the staff user is logged in and sees all projects."""
    browser = Browser()
    browser.open(links["staff"]["url"])
    status = browser.send(
        links["staff"]["url"] + "login",
        **{name_field(browser): links["staff"]["user"]},
        password=links["staff"]["password"],
    )
    assert status == 200
    return browser


def name_field(browser: Browser) -> str:
    """What the field for the name is called on the login page."""
    (found,) = re.findall(r'<input id="name" name="(\w+)"', browser.page)
    return str(found)


def one(links: dict[str, Any], name: str) -> Any:
    (found,) = (link for link in links["clients"] if link["name"] == name)
    return found


def test_there_are_links_of_every_state(links: dict[str, Any]) -> None:
    """Several clients, one who only reads, and links that are active, expired and revoked."""
    assert {link["state"] for link in links["clients"]} == {"active", "expired", "revoked"}
    assert {link["project"] for link in links["clients"]} == {
        "Website relaunch",
        "Annual report 2026",
        "Brand film",
    }
    assert one(links, "Elif Yılmaz")["scopes"] == ["download", "view"]
    assert "decide" in one(links, "Anna Keller")["scopes"]
    assert all(link["url"].startswith(links["base_url"] + "/l/") for link in links["clients"])


def test_every_link_opens_what_it_should(links: dict[str, Any]) -> None:
    """An active link leads to its project; an expired or revoked one says so and opens nothing."""
    for link in links["clients"]:
        browser = Browser()
        if link["state"] == "active":
            assert browser.open(link["url"]) == 200
            assert link["project"] in browser.page
        else:
            assert browser.open(link["url"]) == 410
            assert link["project"] not in browser.page


def test_secrets_are_for_the_owner_alone(links: dict[str, Any], data: Path) -> None:
    """The keys that sign links can be read by nobody else."""
    assert (data / "keys.json").stat().st_mode & 0o777 == 0o600


def test_staff_pages_need_the_login(links: dict[str, Any]) -> None:
    """Without a login every staff page asks for it, and a wrong password does not help."""
    browser = Browser()
    for path in ("", "projects/1", "projects/1/links"):
        assert browser.open(links["staff"]["url"] + path) == 200
        assert "Staff login" in browser.page
    url = links["staff"]["url"] + "login"
    for name in (links["staff"]["user"], "nobody"):
        browser.send(url, **{name_field(browser): name}, password="guess")
        assert "Name or password is wrong." in browser.page


def test_staff_see_what_is_pending_and_overdue(staff: Browser) -> None:
    """The list of projects shows the answers, the decisions that wait, and the late one."""
    assert "2 pending" in card(staff, "Website relaunch")
    assert "overdue since" in staff.page
    assert "Jonas Weber approved Product texts, batch one" in staff.page


def test_staff_see_which_questions_and_files_are_awaited(staff: Browser) -> None:
    """A question that waits for the agency, and a file that a client is asked for, stand in the list."""
    assert "1 question" in card(staff, "Website relaunch")
    assert "1 file" in card(staff, "Annual report 2026")
    assert "1 question" not in card(staff, "Annual report 2026")


def card(staff: Browser, title: str) -> str:
    """What the list of projects says of one."""
    (found,) = (
        c for c in re.findall(r"<article.*?</article>", staff.page, re.DOTALL) if title in c
    )
    return str(found)


def test_a_decision_reaches_the_agency(links: dict[str, Any], staff: Browser) -> None:
    """What a client decides on their page is in the agency's own news: the hook has run."""
    client = Browser()
    client.open(one(links, "Anna Keller")["url"])
    found = re.search(r'href="(/[^"]+/a/\w+)"', client.page)
    assert found, client.page
    url = links["staff"]["url"].rstrip("/") + found[1]
    client.open(url)
    words = "A little more red:\n\n- the button\n- the <link>"
    decision = {"outcome": "approved", "comment": words, "reviewed": "yes"}
    assert client.confirm(url, **decision, typed_name="Anna Keller") == 200
    assert client.confirm(url) == 200
    staff.open(links["staff"]["url"])
    assert "Anna Keller approved Homepage design" in staff.page
    staff.open(links["staff"]["url"] + "projects/1")
    assert f"<blockquote>{words}</blockquote>" in staff.page
    staff.open(links["staff"]["url"] + "static/agency.css")
    assert re.search(r"^blockquote.*white-space: pre-line", staff.page, re.MULTILINE)


def test_an_update_reaches_the_client(links: dict[str, Any], staff: Browser) -> None:
    """What staff post by the form is on the client's page at once."""
    page = links["staff"]["url"] + "projects/1"
    staff.open(page)
    fields = dict.fromkeys(("doing", "next", "need", "body", "about"), "")
    status = staff.send(
        page + "/update",
        milestone=staff.option("Design"),
        title="Checkout screens are drawn",
        done="All four steps.",
        **fields,
    )
    assert status == 200
    assert "The update is posted." in staff.page
    client = Browser()
    client.open(one(links, "Anna Keller")["url"])
    assert "Checkout screens are drawn" in client.page


def test_a_file_reaches_the_client(links: dict[str, Any], staff: Browser) -> None:
    """A delivered file stands in its milestone on the client's page."""
    page = links["staff"]["url"] + "projects/1"
    staff.open(page)
    status = staff.upload(
        page + "/file",
        "sitemap.txt",
        b"Home\nShop\nDealers\n",
        milestone=staff.option("Content"),
        purpose="All pages with their texts",
        final="yes",
    )
    assert status == 200
    client = Browser()
    client.open(one(links, "Anna Keller")["url"])
    assert "sitemap.txt" in client.page


def test_a_file_asked_for_stands_on_the_clients_page(links: dict[str, Any], staff: Browser) -> None:
    """By the form of staff, and from the start in the report's project."""
    page = links["staff"]["url"] + "projects/1"
    staff.open(page)
    found = re.search(r'name="people" value="(\w+)"[^>]*> Anna Keller', staff.page)
    assert found, staff.page
    status = staff.send(
        page + "/request",
        milestone=staff.option("Content"),
        title="Opening hours",
        people=found[1],
        note="",
        due="",
    )
    assert status == 200
    assert "“Opening hours” is asked for." in staff.page
    for name, title in (("Anna Keller", "Opening hours"), ("Fiona Whitfield", "Portraits of")):
        client = Browser()
        client.open(one(links, name)["url"])
        assert title in client.page
        assert "Hand in files" in client.page


def test_staff_see_who_has_looked_and_what_a_client_sees(
    links: dict[str, Any], staff: Browser
) -> None:
    """Words that claim no more than is known; and the client's pages one by one, which leaves no trace."""
    page = links["staff"]["url"] + "projects/1"
    staff.open(page)
    for words in (
        "Who has looked",
        "Somebody with Anna Keller’s link acted",
        "was downloaded with",
    ):
        assert words in staff.page
    found = re.search(r'href="/(projects/1/as/\w+)">View as Anna Keller', staff.page)
    assert found, staff.page
    before = re.findall(r"<p>(The link was opened .*?)</p>", staff.page)
    address = links["staff"]["url"] + found[1]
    assert staff.open(address) == 200
    assert "You see what Anna Keller sees." in staff.page
    assert one(links, "Anna Keller")["url"].rpartition("/")[2] not in staff.page
    inner = re.search(r'href="(/projects/1/as/[^"]*page=history[^"]*)"', staff.page)
    assert inner, staff.page
    assert staff.open(links["staff"]["url"].rstrip("/") + inner[1]) == 200
    assert staff.open(address + "?page=m/nowhere") == 404
    staff.open(page)
    assert re.findall(r"<p>(The link was opened .*?)</p>", staff.page) == before


def test_a_question_is_answered_and_read(links: dict[str, Any], staff: Browser) -> None:
    """Asked in the story, answered by the form of staff, read by everybody; closed and opened again too."""
    page = links["staff"]["url"] + "projects/1"
    staff.open(page)
    found = re.search(r'name="question" value="(\w+)"', staff.page)
    assert found, staff.page
    assert "Who translates the second batch?" in staff.page
    assert staff.send(page + "/answer", question=found[1], text="") == 422
    assert staff.send(page + "/answer", question=found[1], text="Our colleague in Lisbon.") == 200
    assert "The answer stands on the client's page." in staff.page
    client = Browser()
    client.open(one(links, "Anna Keller")["url"])
    for words in ("Who translates the second batch?", "answered by Maya Lindt"):
        assert words in client.page
    assert staff.send(page + "/reopen", question=found[1]) == 200
    assert staff.send(page + "/close", question=found[1]) == 200
    assert "The question is closed." in staff.page


def test_a_recap_is_recorded(links: dict[str, Any], staff: Browser) -> None:
    """Staff note that somebody asked elsewhere; it counts in this week, which stands beside the last."""
    page = links["staff"]["url"] + "projects/1"
    staff.open(page)
    assert "Last week, and this week so far" in staff.page
    assert staff.page.count("(the week before: ") == 2
    assert "In a chat: 1" not in staff.page
    fields = {"person": staff.option("Anna Keller"), "happened": "", "note": "When do we launch?"}
    assert staff.send(page + "/recap", source="chat", **fields) == 200
    assert "asked where the project stands" in staff.page
    assert "In a chat: 1" in staff.page
    assert staff.send(page + "/recap", source="pigeon", **fields) == 422


def test_what_happens_is_mailed_and_staff_can_remind(links: dict[str, Any], staff: Browser) -> None:
    """A nudge is a mail within seconds, in the client's language, with the way to the decision."""
    page = links["staff"]["url"] + "projects/1"
    staff.open(page)
    asked = re.search(r'name="asked" value="(\w+)"', staff.page)
    assert asked, staff.page
    assert staff.send(page + "/nudge", asked=asked[1]) == 200
    assert "A reminder is on its way." in staff.page
    found = re.search(r'<a href="([^"]+)">Mail</a>', staff.page)
    assert found, staff.page
    mail = urljoin(page, found[1])
    deadline = time.monotonic() + 20
    while not re.search("Reminder: |Erinnerung: ", staff.page):
        assert time.monotonic() < deadline, staff.page
        time.sleep(0.2)
        staff.open(mail)
    assert "/portal/l/" in staff.page
    staff.open(page)
    assert staff.send(page + "/nudge", asked="nothing") == 422


def test_a_mail_is_shown_as_a_mail_program_shows_it(links: dict[str, Any], staff: Browser) -> None:
    """Its HTML with the button that leads on; nothing in it runs, and only staff see it."""
    staff.open(links["staff"]["url"] + "projects/1")
    found = re.search(r'<a href="([^"]+)">Mail</a>', staff.page)
    assert found, staff.page
    mail = urljoin(links["staff"]["url"], found[1])
    staff.open(mail)
    shown = re.findall(r'<a href="([^"]+)">As a mail program shows it</a>', staff.page)
    assert len(shown) == staff.page.count('<pre class="mail">') > 0
    address = urljoin(mail, shown[0])
    assert staff.open(address) == 200
    assert re.search(r'<a class="button" href="[^"]+/', staff.page)
    assert staff.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert staff.open(address + "x") == 404
    stranger = Browser()
    stranger.open(address)
    assert "Staff login" in stranger.page


REPORT = """Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

Message-ID: {}

--b--
"""


def test_a_mail_that_came_back_is_shown_apart(
    app: str, data: Path, links: dict[str, Any], staff: Browser
) -> None:
    """As the mail system hands its report to the command; the client sees nothing of it."""
    page = links["staff"]["url"] + "projects/1"
    mails = [
        text for path in (data / "mail").iterdir() for text in path.read_text().split("-" * 79)
    ]
    to_anna = [text for text in mails if re.search("^To: .*anna", text, re.MULTILINE)]
    names = [re.findall(r"^Message-ID:\s+(\S+)", text, re.MULTILINE)[-1] for text in to_anna]
    codes = [bounced(app, data, REPORT.format(name)) for name in names]
    assert 0 in codes, codes
    staff.open(page)
    assert "A mail to Anna Keller came back (5.1.1): look at the address." in staff.page
    assert "could not be sent" not in staff.page
    client = Browser()
    client.open(one(links, "Anna Keller")["url"])
    assert "came back" not in client.page


def bounced(app: str, data: Path, report: str) -> int:
    """Hand a report to the command of an app; return its exit code, once nothing is being sent."""
    command = [sys.executable, "-m", "portalkit.cli", "--data", str(data / "portal"), "bounce"]
    environment = dict(os.environ)
    if app == "django_app":
        command = [sys.executable, "-m", "django", "portalkit", "bounce"]
        environment |= {
            "PYTHONPATH": os.pathsep.join(map(str, (HERE / app, HERE / "shared"))),
            "DJANGO_SETTINGS_MODULE": "agency.settings",
            "AGENCY_DATA": str(data),
            "AGENCY_BASE_URL": "http://localhost/portal",
        }
    for _ in range(100):
        run = subprocess.run(command, input=report, env=environment, capture_output=True, text=True)
        if "being sent" not in run.stderr:
            break
        time.sleep(0.2)
    assert run.returncode in (0, 1), run.stderr
    return run.returncode


def test_a_refusal_is_explained_and_loses_nothing(links: dict[str, Any], staff: Browser) -> None:
    """If the portal refuses, the form comes back with the reason and with what was typed."""
    page = links["staff"]["url"] + "projects/1"
    staff.open(page)
    milestone, home = staff.option("Build"), staff.option("file: homepage.pdf")
    fields = dict.fromkeys(("title", "doing", "next", "need", "body"), "")
    typed = "The server is ordered & paid."
    status = staff.send(page + "/update", milestone=milestone, done=typed, about=home, **fields)
    assert status == 422
    assert "must belong to the same milestone" in staff.page
    assert typed in staff.page
    assert f'<option value="{milestone}" selected>' in staff.page


def test_an_archived_project_says_so_in_the_list_and_waits_for_nothing(
    links: dict[str, Any], staff: Browser
) -> None:
    """Completed, it still waits for what is open; taken up again, it is in the list as before."""
    before = card(staff, "Website relaunch")
    page = links["staff"]["url"] + "projects/1"
    seen = {}
    for status in ("completed", "archived", "active"):
        staff.open(page)
        assert staff.send(page + "/status", status=status, reason="The site is online.") == 200
        assert f"The project is now {status}." in staff.page
        assert f'<option value="{status}" selected' in staff.page
        staff.open(links["staff"]["url"])
        seen[status] = card(staff, "Website relaunch")
    assert "completed</span>" in seen["completed"]
    assert "pending" in seen["completed"]
    assert "archived</span>" in seen["archived"]
    assert not re.search("pending|overdue|due |question|file", seen["archived"])
    assert seen["active"] == before
    assert staff.send(page + "/status", status="gone", reason="") == 422


def test_forged_forms_are_refused(links: dict[str, Any], staff: Browser) -> None:
    """The app's own protection against forged forms is on."""
    url = links["staff"]["url"] + "projects/1/start"
    forged = dict.fromkeys(staff.token, "forged")
    assert staff.send(url, **forged, milestone="any") in (400, 403)


def test_links_are_made_and_closed(links: dict[str, Any], staff: Browser) -> None:
    """Staff add somebody, who can read at once; after the link is closed they cannot."""
    page = links["staff"]["url"] + "projects/2/links"
    staff.open(page)
    staff.send(
        page + "/invite",
        name="Priya Nair",
        email="",
        role="Auditor",
        locale="",
        scopes="reader",
        expires="",
    )
    found = re.search(
        r'id="a-(\w+)" readonly value="([^"]+)" aria-label="Address of Priya', staff.page
    )
    assert found, staff.page
    person, url = found.groups()
    client = Browser()
    assert client.open(url) == 200
    staff.send(page + "/revoke", person=person, reason="The audit is over.")
    assert client.open(url) == 410


def test_a_restart_keeps_data_and_links(app: str, tmp_path: Path) -> None:
    """The same directory on another port: the same links, and everything that was posted."""
    with running(app, tmp_path) as first:
        before = one(first, "Fiona Whitfield")
        keys = (tmp_path / "keys.json").read_bytes()
    with running(app, tmp_path) as second:
        after = one(second, "Fiona Whitfield")
        assert len(second["clients"]) == len(first["clients"])
        client = Browser()
        assert client.open(after["url"]) == 200
        assert "We have begun" in client.page
    assert (tmp_path / "keys.json").read_bytes() == keys
    assert before["url"].rpartition("/l/")[2] == after["url"].rpartition("/l/")[2]


# -- what it takes to embed the portal --------------------------------------------------------------


def test_embedding_takes_few_lines(tmp_path: Path) -> None:
    """Without them, and without the modules that use the portal, the same agency is whole as before."""
    agency, changed = tmp_path / "agency", 0
    shutil.copytree(HERE / "django_app" / "agency", agency)
    for path in (*agency.glob("portal_*.py"), *agency.glob("migrations/*_portal.py")):
        path.unlink()
    for path in agency.glob("*.py"):
        text = path.read_text("utf-8")
        before = without_the_portal(text)
        changed += len(text.splitlines()) - len(before.splitlines())
        path.write_text(before, "utf-8")
    assert 0 < changed <= 15
    python_path = os.pathsep.join((str(tmp_path), str(HERE / "shared")))
    environment = {
        **os.environ,
        "PYTHONPATH": python_path,
        "AGENCY_DATA": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "agency.settings",
    }
    for command in (["check"], ["makemigrations", "--check"]):
        run = subprocess.run(
            [sys.executable, "-m", "django", *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr


def without_the_portal(text: str) -> str:
    """The lines of a module that do not speak of the portal."""
    text = re.sub(r"^PORTALKIT = \{\n.*?^\}\n", "", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(line for line in text.splitlines(True) if "portal" not in line.lower())
