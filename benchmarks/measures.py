"""The measures: each sets up its contestants, lets them race, and returns lines of the table."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import content
import django_host
import floors
import memory
import ours
import peer
import peer_models
import started
import streams
import writers
from sqlalchemy import insert
from table import Row
from timing import Contestant, Times, difference, quotient, race, rates
from wsgi import Browser

from portalkit import Notify, Outcome, Portal, language, moments
from portalkit.portal.ledger import SNAPSHOT_EVERY
from portalkit.storage import Head
from portalkit.storage.memory import MemoryFiles
from portalkit.storage.sqlite import SQLiteStore, statements
from portalkit.web.markdown import forget as forget_markdown

MS = 1000
HEADS, WAITING = 20_000, 3
"""How many projects there are in the list, and that every third waits for a decision."""
FEW = 5
"""How many rounds are enough where each takes long."""
LARGE = 4
"""How many times as large the large project is."""
WEIGHED, HEAVY = 30, 200_000_000
"""How many projects a process serves, and how many bytes go up and down, while it is weighed."""
SHORT, LONG = 100, 10_000
"""How many entries the short and the long history have."""


TOLD_EVERY = 25
"""After so many commits the mails about them go out."""


class Bench:
    """Everything that is measured, in one folder.

    Args:
        folder: where the databases are made; it should be on a real disk.
        rounds: how often the contestants take turns.
    """

    def __init__(self, folder: Path, rounds: int) -> None:
        self._folder = folder
        self._rounds = rounds
        self._numbers = count(content.UPDATES)
        self._project: Any = None
        self.app = ours.make_app(folder)
        self.portal = ours.portal_of(self.app)
        ours.seed(self.portal, content.TYPICAL)
        self._mailing = ours.mailing(folder)
        self._untold = count()
        self.peer = peer.Peer(folder / "peer.sqlite3")
        peer.seed(self.peer, content.TYPICAL)

    def measures(self) -> Iterator[tuple[str, Callable[[], list[Row]]]]:
        """Yield every measure with its name, in the order of the table."""
        yield "pages", self.pages
        yield "cold pages", self.cold
        yield "pages of another process", self.elsewhere
        yield "growing histories", self.growth
        yield "growing projects", self.size
        yield "commits", self.commits
        yield "four writers", self.writers
        yield "lists", self.lists
        yield "background work", self.background
        yield "django", self.django
        yield "lists on postgresql", self.postgres
        yield "links", self.links
        yield "streams", self.streams
        yield "memory", self.memory
        yield "imports", self.imports

    # -- pages ----------------------------------------------------------------------------------

    def pages(self) -> list[Row]:
        """The project page: first after a write, and unchanged."""
        mine = ours.enter(self.app, content.TYPICAL)
        theirs = peer.enter(self.peer, peer.make_app(self.peer), content.TYPICAL)
        cached = peer.make_app(self.peer, cached=True)
        keeping = peer.enter(self.peer, cached, content.TYPICAL)
        bare = floors.bare_flask(mine.again())
        post, peer_post = self._poster(content.TYPICAL), self._peer_poster(content.TYPICAL)
        written = race(
            {
                "ours": self._after_write(mine, post),
                "peer": Contestant(theirs.again, peer_post),
                "cached": Contestant(keeping.again, peer_post),
                "floor": Contestant(bare.again, post),
            },
            rounds=self._rounds,
            each=10,
        )
        unchanged = race(
            {
                "ours": Contestant(mine.again, mine.reload),
                "peer": Contestant(theirs.again),
                "cached": Contestant(keeping.again),
                "floor": Contestant(bare.again),
            },
            rounds=self._rounds,
            each=10,
        )
        return [
            _row("page, first after a write", written, goal=1, scale=20),
            _row("page, unchanged", unchanged, goal=0.15, scale=3),
        ]

    def cold(self) -> list[Row]:
        """The project page of a portal that has nothing in memory, and of a new process."""
        self._mailing.run_due()
        self.portal.care.rebuild([content.TYPICAL])
        self._halfway(content.TYPICAL)
        warm = ours.enter(self.app, content.TYPICAL)
        bare = floors.bare_flask(warm.again())
        visitor = Browser(self.app, warm.cookies)

        def forget() -> None:
            nonlocal visitor
            forget_markdown()
            for kept in (moments.day_of, language._day, language._moment, language._iso):
                kept.cache_clear()
            visitor = Browser(ours.make_app(self._folder), warm.cookies)
            visitor.go(warm.path)

        times = race(
            {
                "ours": Contestant(lambda: visitor.again(), forget),
                "floor": Contestant(bare.again),
            },
            rounds=self._rounds,
            each=3,
        )
        first = started.first_pages(self._folder, ours.KEY, warm, max(3, self._rounds // 4))
        return [
            _row("page, nothing of it in memory", times, goal=4, scale=80),
            Row(what="page, first of a new process", ours=first),
        ]

    def growth(self) -> list[Row]:
        """The project page after a write, as the history grows and what is shown stays the same."""
        mine, theirs = {}, {}
        app = peer.make_app(self.peer)
        for entries in (SHORT, LONG):
            name = f"grown-{entries}"
            ours.seed_history(self.portal, name, entries)
            peer.seed_history(self.peer, name, entries)
            visitor = ours.enter(self.app, name)
            mine[name] = self._after_write(visitor, self._poster(name))
            browser = peer.enter(self.peer, app, name)
            theirs[name] = Contestant(browser.again, self._peer_poster(name))
        grown, by_hand = (
            _growth(race(contestants, rounds=self._rounds, each=10))
            for contestants in (mine, theirs)
        )
        what = f"page, {LONG:,} entries against {SHORT}"
        return [Row(what=what, unit="x", ours=grown, peer=by_hand, goal=1.05)]

    def elsewhere(self) -> list[Row]:
        """The project page after a write by another process, which shares nothing but the files."""
        mine = ours.enter(self.app, content.TYPICAL)
        bare = floors.bare_flask(mine.again())
        other = ours.portal_of(ours.make_app(self._folder))
        times = race(
            {
                "ours": self._after_write(mine, self._poster(content.TYPICAL, other)),
                "floor": Contestant(bare.again, self._poster(content.TYPICAL)),
            },
            rounds=self._rounds,
            each=10,
        )
        return [_row("page, after a write by another process", times, goal=1, scale=20)]

    def size(self) -> list[Row]:
        """The project page after a write and unchanged, as the project itself grows."""
        ours.seed(self.portal, "large", LARGE)
        peer.seed(self.peer, "large", LARGE)
        app = peer.make_app(self.peer)
        mine, theirs, kept = {}, {}, {}
        for name in (content.TYPICAL, "large"):
            browser = ours.enter(self.app, name)
            mine[name] = self._after_write(browser, self._poster(name))
            kept[name] = Contestant(browser.again, browser.reload)
            visitor = peer.enter(self.peer, app, name)
            theirs[name] = Contestant(visitor.again, self._peer_poster(name))
        written, by_hand, unchanged = (
            _growth(race(contestants, rounds=self._rounds, each=5))
            for contestants in (mine, theirs, kept)
        )
        what = f"page, project {LARGE} times as large"
        return [
            Row(what=f"{what}, after a write", unit="x", ours=written, peer=by_hand),
            Row(what=f"{what}, unchanged", unit="x", ours=unchanged),
        ]

    def _after_write(self, browser: Browser, post: Callable[[], None]) -> Contestant:
        def prepare() -> None:
            post()
            browser.reload()  # with the cookie that its last view gave it

        return Contestant(browser.again, prepare)

    # -- commits --------------------------------------------------------------------------------

    def commits(self) -> list[Row]:
        """How many updates and decisions a second one process commits."""
        post, peer_post = self._poster(content.TYPICAL), self._peer_poster(content.TYPICAL)
        posting = race(
            {
                "ours": Contestant(post, self._tell_now_and_then),
                "peer": Contestant(peer_post),
                "floor": Contestant(self._raw("update.posted").write),
            },
            rounds=self._rounds,
            each=50,
        )
        mine, theirs = _Decider(self.portal), _PeerDecider(self.peer)
        mine.ask()
        mine.decide()

        def ask() -> None:
            mine.ask()
            self._tell_now_and_then()

        deciding = race(
            {
                "ours": Contestant(mine.decide, ask),
                "peer": Contestant(theirs.decide, theirs.ask),
                "floor": Contestant(self._raw("approval.decided").write),
            },
            rounds=self._rounds,
            each=25,
        )
        return [
            _rates("commits: post an update", posting, 0.75),
            _rates("commits: decide", deciding, 0.65),
        ]

    def _tell_now_and_then(self) -> None:
        """Let the mails go out, as the background work of an agency does; what nobody was told piles up."""
        if next(self._untold) % TOLD_EVERY == 0:
            self._mailing.run_due()

    def _halfway(self, project: str) -> None:
        """Go on from a snapshot to the middle before the next one, where a project is found on average."""
        post = self._poster(project)
        for _ in range(SNAPSHOT_EVERY // 2):
            post()

    def _raw(self, kind: str) -> floors.RawWriter:
        store = self.portal.ledger.store
        loaded = store.load(content.TYPICAL)
        assert loaded is not None
        rows = store.history(content.TYPICAL)
        row = next(row for row in reversed(rows) if row.kind == kind)
        return floors.RawWriter(self._folder / "raw.sqlite3", loaded[0], row)

    def writers(self) -> list[Row]:
        """Four writing processes, on one project and on one each."""
        each = 20 * self._rounds
        many = [f"crowd-{number}" for number in range(writers.PROCESSES)]
        for project in many:
            ours.seed(self.portal, project)
            peer.seed(self.peer, project)
        rows = []
        for where, projects in (("one project", many[:1] * len(many)), ("four projects", many)):
            mine = writers.crowd("ours", self._folder, projects, each)
            theirs = writers.crowd("peer", self._folder, projects, each)
            what = f"4 writers on {where}"
            rows += [
                Row(what=f"{what}: commits", unit="/s", ours=mine.rate, peer=theirs.rate),
                Row(
                    what=f"{what}: p99 wait",
                    ours=mine.p99 * MS,
                    peer=theirs.p99 * MS,
                    goal=20,
                ),
            ]
        return rows

    # -- lists ------------------------------------------------------------------

    def lists(self) -> list[Row]:
        """The first 50 projects with pending decisions, longest pending first."""
        path = self._folder / "many.sqlite3"
        store = SQLiteStore(path)
        database = floors.connect(path)
        _fill_heads(database)
        crowd = peer.Peer(self._folder / "many-peer.sqlite3")
        _fill_peer(crowd)
        waiting = partial(store.projects, waiting="client", order="waiting_since", limit=50)
        times = race(
            {
                "ours": Contestant(waiting),
                "peer": Contestant(partial(crowd.first_waiting, 50)),
                "floor": Contestant(partial(floors.first_waiting, database, 50)),
            },
            rounds=self._rounds,
            each=10,
        )
        store.close()
        return [_row(f"first 50 waiting of {HEADS:,} projects", times, goal=1)]

    def background(self) -> list[Row]:
        """A run of the background work over many projects in which nothing is due."""
        path = self._folder / "idle.sqlite3"
        store = SQLiteStore(path)
        database = floors.connect(path)
        _fill_heads(database)
        later = moments.now() + 86_400_000
        database.execute("UPDATE heads SET wake_at = ? WHERE waiting_since IS NOT NULL", (later,))
        portal = Portal(store=store, files=MemoryFiles(), base_url=ours.BASE_URL, keys=[ours.KEY])
        portal.notify(Notify(render=_unused, transport=_unused))
        times = race({"ours": Contestant(portal.run_due)}, rounds=self._rounds, each=10)
        store.close()
        return [_row(f"run_due, nothing due in {HEADS:,} projects", times, goal=5)]

    def postgres(self) -> list[Row]:
        """The same list from PostgreSQL through Django's ORM, above asking it for nothing."""
        self._django()
        from portalkit.django.store import DjangoStore  # needs the project

        with django_host.postgres():
            django_host.fill_heads(_heads())
            store = DjangoStore(django_host.POSTGRES)
            times = race(
                {
                    "ours": Contestant(
                        partial(store.projects, waiting="client", order="waiting_since", limit=50)
                    ),
                    "floor": Contestant(django_host.round_trip()),
                },
                rounds=self._rounds,
                each=10,
            )
        what = "first 50 waiting, PostgreSQL above SELECT 1"
        mine, floor = times["ours"], times["floor"]
        more = difference(mine, floor) * MS
        return [Row(what=what, ours=more, floor=floor.median * MS, goal=2)]

    # -- Django ---------------------------------------------------------------------------------

    def django(self) -> list[Row]:
        """The project page through Django, and how much more it takes than through Flask."""
        app = self._django()
        portal = django_host.portal()
        ours.seed(portal, content.TYPICAL)
        flask = ours.enter(self.app, content.TYPICAL)
        browser = ours.enter(app, content.TYPICAL, portal)
        bare = floors.bare_flask(flask.again())
        plain = django_host.bare(app, flask.again())
        written = race(
            {
                "django": self._after_write(browser, self._poster(content.TYPICAL, portal)),
                "flask": self._after_write(flask, self._poster(content.TYPICAL)),
                "floor": Contestant(bare.again, self._poster(content.TYPICAL)),
            },
            rounds=self._rounds,
            each=10,
        )
        unchanged = race(
            {
                "django": Contestant(browser.again, browser.reload),
                "flask": Contestant(flask.again, flask.reload),
                "floor": Contestant(bare.again),
                "plain": Contestant(plain.again),
            },
            rounds=self._rounds,
            each=10,
        )
        return [
            _more("page on Django above Flask, after a write", written, "django", "flask"),
            _more("page on Django above Flask, unchanged", unchanged, "django", "flask"),
            Row(
                what="bare Django above bare Flask",
                ours=difference(unchanged["plain"], unchanged["floor"]) * MS,
                floor=unchanged["floor"].median * MS,
            ),
        ]

    def _django(self) -> Any:
        """The project; Django has one in a process."""
        if self._project is None:
            self._project = django_host.make_app(self._folder)
        return self._project

    # -- links, streams, memory, imports --------------------------------------------------------

    def links(self) -> list[Row]:
        """A link checked: signature, nonce, expiry, revocation."""
        state = self.portal.project(content.TYPICAL)
        link = next(iter(state.links.values()))
        token = self.portal.link_url(state, link.person).rpartition("/")[2]
        theirs = self.peer.token(content.TYPICAL)

        def check() -> None:
            with self.peer.reading() as session:
                self.peer.visit(session, theirs)

        times = race(
            {
                "ours": Contestant(partial(self.portal.visit, token)),
                "peer": Contestant(check),
            },
            rounds=self._rounds,
            each=50,
        )
        return [_row("link checked", times)]

    def streams(self) -> list[Row]:
        """Files delivered by staff, and downloaded by clients."""
        source = streams.sample(self._folder / "sample.bin")
        folder = self._folder / "peer-files"
        folder.mkdir()
        upload = streams.peer_upload(self.peer, folder, source)
        up = race(
            {
                "ours": Contestant(streams.our_upload(self.portal, source)),
                "peer": Contestant(upload),
                "floor": Contestant(streams.plain_upload(folder, source)),
            },
            rounds=FEW,
            each=1,
        )
        browser = ours.enter(self.app, content.TYPICAL)
        app = peer.make_app(self.peer, files=folder)
        visitor = peer.enter(self.peer, app, content.TYPICAL)
        visitor.go(f"{visitor.path}f/{upload()}")
        down = race(
            {
                "ours": Contestant(streams.our_download(self.app, browser)),
                "peer": Contestant(visitor.length),
                "floor": Contestant(streams.plain_download(source)),
            },
            rounds=FEW,
            each=2,
        )
        return [_speeds("upload of 64 MiB", up), _speeds("download of 64 MiB", down)]

    def memory(self) -> list[Row]:
        """By how much a process grows."""
        many = [f"weighed-{number}" for number in range(WEIGHED)]
        for project in many:
            ours.seed(self.portal, project)
            peer.seed(self.peer, project)
        names = json.dumps(many)
        mine, theirs, bare = (
            memory.grown(kind, self._folder, names) / memory.MB
            for kind in ("ours", "peer", "flask")
        )
        source = streams.sample(self._folder / "large.bin", HEAVY)
        stream = memory.grown("stream", self._folder, json.dumps([str(source)])) / memory.MB
        return [
            Row(
                what=f"memory: pages of {WEIGHED} projects",
                unit="MB",
                ours=mine,
                cached=theirs,
                floor=bare,
            ),
            Row(what="memory: 200 MB up and down", unit="MB", ours=stream, goal=33.6),
        ]

    def imports(self) -> list[Row]:
        """The import of the core, against that of its libraries; the peer's is Flask alone."""
        found = started.imports(max(5, self._rounds // 2))
        mine, libraries = found[started.OURS], found[started.LIBRARIES]
        return [
            Row(
                what="import of the core (peer: Flask alone)",
                ours=mine,
                peer=found[started.FLASK],
                floor=libraries,
                ratio=mine / libraries,
                goal=1.25,
                of_ratio=True,
            )
        ]

    # -- writing --------------------------------------------------------------------------------

    def _poster(self, project: str, portal: Portal | None = None) -> Callable[[], None]:
        desk = (portal or self.portal).desk(ours.STAFF)
        milestones = list(desk.project(project).milestones)[: content.STARTED]

        def post() -> None:
            number = next(self._numbers)
            with desk.change(project) as change:
                ours.post(change, milestones[number % len(milestones)], content.text(number))

        return post

    def _peer_poster(self, project: str) -> Callable[[], None]:
        with self.peer.reading() as session:
            milestones = peer.milestones_of(session, project)[: content.STARTED]

        def post() -> None:
            number = next(self._numbers)
            self.peer.post(milestones[number % len(milestones)], content.text(number))

        return post


class _Decider:
    """Asks for decisions on the typical project, and decides through the client's link."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._desk = portal.desk(ours.STAFF)
        state = portal.project(content.TYPICAL)
        self._milestone = list(state.milestones)[content.COMPLETED]
        self._file = state.files_of(self._milestone)[0].id
        link = next(iter(state.links.values()))
        self._person = link.person
        self._token = portal.link_url(state, link.person).rpartition("/")[2]
        self._approval = ""

    def ask(self) -> None:
        with self._desk.change(content.TYPICAL) as change:
            self._approval = change.request_approval(
                self._milestone, "Sample", people=[self._person], files=[self._file]
            ).id

    def decide(self) -> None:
        visit = self._portal.visit(self._token)
        manifest = visit.approval(self._approval).manifest
        visit.decide(self._approval, Outcome.APPROVED, manifest=manifest, typed_name="Anna Keller")


class _PeerDecider:
    """The same for the peer."""

    def __init__(self, portal: peer.Peer) -> None:
        self._portal = portal
        self._token = portal.token(content.TYPICAL)
        with portal.reading() as session:
            self._milestone = peer.milestones_of(session, content.TYPICAL)[content.COMPLETED]
        self._approval = ""

    def ask(self) -> None:
        self._approval = self._portal.ask(self._milestone)

    def decide(self) -> None:
        self._portal.decide(self._token, self._approval, "approved", "Anna Keller")


def _row(what: str, times: dict[str, Times], **goal: Any) -> Row:
    def median(name: str) -> float | None:
        return times[name].median * MS if name in times else None

    mine = times["ours"]
    return Row(
        what=what,
        ours=mine.median * MS,
        p99=mine.p99 * MS,
        peer=median("peer"),
        cached=median("cached"),
        floor=median("floor"),
        ratio=quotient(mine, times["floor"]) if "floor" in times else None,
        **goal,
    )


def _more(what: str, times: dict[str, Times], one: str, other: str) -> Row:
    """How much more one takes than the other; the goal was set where bare Flask takes 0.05 ms."""
    more, floor = difference(times[one], times[other]) * MS, times["floor"].median * MS
    return Row(what=what, ours=more, floor=floor, ratio=more / floor, goal=0.3, scale=6)


def _growth(times: dict[str, Times]) -> float:
    """Return how many times as long the larger one takes, which was put in last."""
    small, large = times.values()
    return quotient(large, small)


def _speeds(what: str, times: dict[str, Times]) -> Row:
    mine, theirs, floor = (
        streams.SIZE / memory.MB / times[name].median for name in ("ours", "peer", "floor")
    )
    return Row(
        what=what, unit="MB/s", ours=mine, peer=theirs, floor=floor, ratio=mine / floor, least=True
    )


def _rates(what: str, times: dict[str, Times], goal: float) -> Row:
    return Row(
        what=what,
        unit="/s",
        ours=times["ours"].rate,
        peer=times["peer"].rate,
        floor=times["floor"].rate,
        ratio=rates(times["ours"], times["floor"]),
        goal=goal,
        least=True,
        of_ratio=True,
    )


def _unused(_: object) -> Any:
    raise AssertionError("nothing was due")


def _heads() -> Iterator[Head]:
    for number in range(HEADS):
        pending = number % WAITING == 0
        yield Head(
            project=f"p{number:05}",
            version=1,
            chain="0" * 64,
            title=content.TITLE,
            client_name=content.CLIENT,
            waiting_since=number if pending else None,
            pending=int(pending),
            updated_at=number,
        )


def _fill_heads(database: sqlite3.Connection) -> None:
    database.execute("BEGIN IMMEDIATE")
    for head in _heads():
        values = (*statements.moved_values(head), *statements.listed_values(head))
        database.execute(statements.ADD_HEAD, values)
    database.execute("COMMIT")


def _fill_peer(portal: peer.Peer) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [f"p{number:05}" for number in range(HEADS)]
    some_day = date(2026, 12, 1)
    project = {"title": content.TITLE, "client_name": content.CLIENT, "updated_at": start}
    with portal.writing.begin() as session:
        session.execute(insert(peer_models.Project), [{"id": id, **project} for id in ids])
        session.execute(
            insert(peer_models.Person),
            [{"id": id, "project_id": id, "side": "agency", "name": "Maya"} for id in ids],
        )
        place = {"position": 0, "title": "Design", "starts": some_day, "due": some_day}
        session.execute(
            insert(peer_models.Milestone), [{"id": id, "project_id": id, **place} for id in ids]
        )
        approval = {"title": "Design", "statement": "Good?", "due": some_day}
        session.execute(
            insert(peer_models.Approval),
            [
                {
                    "id": id,
                    "milestone_id": id,
                    "asked_by_id": id,
                    "asked_at": start + timedelta(minutes=number),
                    "status": "open" if number % WAITING == 0 else "closed",
                    **approval,
                }
                for number, id in enumerate(ids)
            ],
        )
