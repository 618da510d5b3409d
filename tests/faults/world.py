"""What the tests of faults share: a portal on the disk, a project in it, and children by fork."""

from __future__ import annotations

import io
import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import frozen

from portalkit import ApprovalDecided, Desk, Entry, Handle, Portal, Staff, Visit
from portalkit.storage import Store
from portalkit.storage.directory import DirectoryFiles
from portalkit.storage.sqlite import SQLiteAccessLog, SQLiteStore

KEY = "k9Zr2Lq8Wn4Tx6Vb1Mc3Pd5Fg7Hj0Ys-_AaBbCcDd"
BASE_URL = "http://127.0.0.1/portal"
MAYA = Staff("maya", "Maya Lindt", "maya@studio.example")
PDF = b"%PDF-1.7 a page"
KILLS = int(os.environ.get("PORTALKIT_KILLS", "200"))
"""How many kills the loop makes; `make torture` asks for more."""

TORTURE = KILLS > 200
"""Whether to try everything, however long it takes."""

PATIENCE = 60
"""Seconds after which a child or thread that should have ended has failed."""


def portal_at(
    data: Path, *, key: str = KEY, base_url: str = BASE_URL, store: Store | None = None, **rest: Any
) -> Portal:
    """A portal on the disk, laid out as the Flask extension does."""
    return Portal(
        **{
            "store": store or SQLiteStore(data / "portal.sqlite3", timeout=30),
            "files": DirectoryFiles(data / "files"),
            "access": SQLiteAccessLog(data / "access.sqlite3"),
            "base_url": base_url,
            "keys": [key],
            **rest,
        }
    )


def close(portal: Portal) -> None:
    """Give up the files that the stores of a portal hold open."""
    for kept in (portal.ledger.store, portal.access):
        getattr(kept, "close", lambda: None)()


@frozen
class Scene:
    """A project with a client, a milestone, a file, and a request for approval of that file."""

    portal: Portal
    id: str
    anna: Handle
    design: Handle
    home: Handle
    ask: Handle

    @property
    def desk(self) -> Desk:
        """Maya's desk."""
        return self.portal.desk(MAYA)

    @property
    def url(self) -> str:
        """Anna's link."""
        return self.desk.link_url(self.id, self.anna)

    def visit(self, portal: Portal | None = None) -> Visit:
        """What Anna's link opens."""
        return (portal or self.portal).visit(self.url.rpartition("/")[2])

    @property
    def entries(self) -> list[Entry]:
        """The whole log."""
        return self.portal.entries(self.id)

    @property
    def decisions(self) -> list[ApprovalDecided]:
        """The decisions in the log."""
        return [e.fact for e in self.entries if isinstance(e.fact, ApprovalDecided)]

    @property
    def texts(self) -> list[str]:
        """The texts of the updates in the log, oldest first."""
        return [e.fact.body for e in self.entries if hasattr(e.fact, "body")]

    @property
    def blobs(self) -> list[str]:
        """The keys of all bytes that are kept."""
        return sorted(self.portal.files.keys(self.id))

    def post(self, text: str, portal: Portal | None = None) -> None:
        """Post an update in a block of its own."""
        with (portal or self.portal).desk(MAYA).change(self.id) as change:
            change.post_update(self.design, text)

    def whole(self) -> bool:
        """Whether the log verifies, counts without a gap, and every version has its bytes."""
        verification = self.portal.verify(self.id)
        assert verification.ok, verification.problem
        entries = self.entries
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        for entry in entries:
            if key := getattr(entry.fact, "key", ""):
                data = b"".join(self.portal.files.open(key))
                assert len(data) == getattr(entry.fact, "size", None)
        return True


def open_project(portal: Portal) -> Scene:
    """Open a project in a portal."""
    with portal.desk(MAYA).open("Website relaunch", client="Acme", ref="crm:17") as change:
        anna = change.add_person("Anna Keller", email="anna@acme.example")
        design = change.add_milestone("Design").start()
        home = change.add_file(design, io.BytesIO(PDF), name="homepage.pdf", purpose="Screens")
        ask = change.request_approval(design, "Homepage", files=[home], people=[anna])
        change.issue_link(anna)
    return Scene(portal, change.project.id, anna, Handle(design.id), home, ask)


def number_of(portal: Portal, project: str, file: str, text: str) -> int:
    """Which version of a file was delivered with a text; others may have come since."""
    entries = portal.entries(project, subject=file)
    return next(n for n, e in enumerate(entries, 1) if getattr(e.fact, "changed", "") == text)


def forked(work: Callable[[], object]) -> int:
    """Do something in a forked child and return its process id."""
    child = os.fork()
    if child:
        return child
    status = 1
    signal.alarm(PATIENCE)  # a child that hangs dies, and its test fails
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def result(child: int) -> int:
    """Wait for a child and return its exit code; negative if a signal ended it."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
