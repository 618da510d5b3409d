"""The peer: the same portal written by hand with Flask and SQLAlchemy, as a good engineer would.

Normalised tables, eager loading, one Jinja template, a signed cookie that is checked against the
database on every request.  Its variant with a page cache keeps the HTML of a project's version.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import content
from flask import Flask, Response, abort, render_template, request, send_file
from itsdangerous import BadSignature, URLSafeSerializer
from peer_models import (
    Approval,
    Base,
    Decision,
    Event,
    File,
    Link,
    Milestone,
    Person,
    Project,
    Resource,
    Update,
    Version,
    new_id,
)
from sqlalchemy import Engine, create_engine, event, func, select, union_all
from sqlalchemy.orm import Session, aliased, joinedload, selectinload, sessionmaker
from wsgi import Browser

from portalkit.web.markdown import markdown

SECRET = secrets.token_urlsafe(48)
CSRF = "\0"


class Peer:
    """The database of the hand-written portal, and everything that is done with it.

    Args:
        path: the database file.
        secret: the key that signs links.
    """

    def __init__(self, path: Path, secret: str = SECRET) -> None:
        self.engine = _engine(path)
        Base.metadata.create_all(self.engine)
        self.reading = sessionmaker(self.engine)
        self.writing = sessionmaker(self.engine.execution_options(immediate=True))
        self.links = URLSafeSerializer(secret, salt="link")
        self.secret = secret.encode()

    # -- links ----------------------------------------------------------------------------------

    def token(self, project: str) -> str:
        """Return the token of the first client's link."""
        with self.reading() as session:
            link = session.scalars(select(Link).where(Link.project_id == project)).first()
            if link is None:
                raise LookupError(project)
            return str(self.links.dumps({"link": link.id, "nonce": link.nonce}))

    def visit(self, session: Session, token: str) -> Link:
        """Return the link that a token opens, with its person and project."""
        try:
            value = self.links.loads(token)
        except BadSignature:
            abort(403)
        both = (joinedload(Link.person), joinedload(Link.project))
        link = session.get(Link, value["link"], options=both)
        if link is None or not hmac.compare_digest(link.nonce, value["nonce"]):
            abort(403)
        if link.revoked_at or (link.expires_at and link.expires_at < datetime.now(UTC)):
            abort(410)
        return link

    def form_token(self, link: Link) -> str:
        """Return the value that proves that a form was made for this link."""
        return hmac.new(self.secret, link.id.encode(), "sha256").hexdigest()

    # -- writing --------------------------------------------------------------------------------

    def post(self, milestone: str, text: content.Text) -> None:
        """Post an update."""
        with self.writing.begin() as session:
            place = session.get_one(Milestone, milestone, options=[joinedload(Milestone.project)])
            _post(session, place, _staff(session, place.project_id), text)

    def ask(self, milestone: str) -> str:
        """Ask the first client for a decision on the first file of a milestone."""
        with self.writing.begin() as session:
            place = session.get_one(Milestone, milestone, options=[joinedload(Milestone.project)])
            file = session.scalars(select(File).where(File.milestone_id == milestone)).first()
            client = session.scalars(_people(place.project_id, "client")).first()
            if file is None or client is None:
                raise LookupError(milestone)
            author = _staff(session, place.project_id)
            title = content.APPROVAL_TITLE.format(milestone=place.title)
            approval = _approval(place, title, author, client, file)
            session.add(approval)
            _log(session, place.project, author, "asked about", title, f"a/{approval.id}")
            return approval.id

    def decide(self, token: str, approval: str, outcome: str, typed_name: str) -> None:
        """Record a client's decision."""
        with self.writing.begin() as session:
            link = self.visit(session, token)
            found = session.get_one(
                Approval,
                approval,
                options=[
                    joinedload(Approval.milestone),
                    selectinload(Approval.people),
                    selectinload(Approval.decisions),
                    selectinload(Approval.versions).joinedload(Version.file),
                ],
            )
            if found.milestone.project_id != link.project_id or link.person not in found.people:
                abort(404)
            if found.status != "open" or "decide" not in link.scopes.split():
                abort(409)
            if any(version.file.current_id != version.id for version in found.versions):
                abort(409)
            now = datetime.now(UTC)
            found.decisions.append(
                Decision(
                    id=new_id(), person=link.person, outcome=outcome, typed_name=typed_name, at=now
                )
            )
            if len(found.decisions) == len(found.people):
                found.status, found.outcome, found.ended_at = "closed", outcome, now
            path = f"a/{found.id}"
            _log(session, link.project, link.person, "approved", found.title, path)

    def deliver(self, milestone: str, stream: BinaryIO, folder: Path) -> str:
        """Save a file and put it into a milestone; return its id."""
        key, digest, size = new_id(), hashlib.sha256(), 0
        with (folder / key).open("wb") as file:
            while chunk := stream.read(64 * 1024):
                digest.update(chunk)
                file.write(chunk)
                size += len(chunk)
        with self.writing.begin() as session:
            place = session.get_one(Milestone, milestone, options=[joinedload(Milestone.project)])
            author = _staff(session, place.project_id)
            found = File(id=new_id(), milestone=place, purpose="Everything in one file")
            version = Version(id=new_id(), number=1, name="archive.bin", changed="", key=key)
            version.size, version.sha256 = size, digest.hexdigest()
            version.by, version.at = author, datetime.now(UTC)
            found.versions.append(version)
            session.add(found)
            session.flush()
            found.current = version
            _log(session, place.project, author, "delivered", version.name, f"f/{found.id}")
            return found.id

    # -- lists ----------------------------------------------------------------------------------

    def first_waiting(self, limit: int) -> Sequence[Any]:
        """Return the active projects whose decisions have been pending longest, and since when."""
        since = func.min(Approval.asked_at).label("since")
        query = (
            select(Project, since)
            .join(Milestone, Milestone.project_id == Project.id)
            .join(Approval, Approval.milestone_id == Milestone.id)
            .where(Approval.status == "open", Project.status == "active")
            .group_by(Project.id)
            .order_by(since)
            .limit(limit)
        )
        with self.reading() as session:
            return session.execute(query).all()


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _people(project: str, side: str) -> Any:
    return select(Person).where(Person.project_id == project, Person.side == side)


def _staff(session: Session, project: str) -> Person:
    found: Person = session.scalars(_people(project, "agency")).one()
    return found


def _post(session: Session, milestone: Milestone, author: Person, text: content.Text) -> None:
    update = Update(
        id=new_id(),
        milestone=milestone,
        author=author,
        at=datetime.now(UTC),
        done=text.done.strip(),
        doing=text.doing.strip(),
        next=text.next.strip(),
        need=text.need.strip(),
    )
    session.add(update)
    _log(session, milestone.project, author, "posted", update.headline, f"u/{update.id}")


def _log(
    session: Session, project: Project, actor: Person, verb: str, thing: str, path: str
) -> None:
    now = datetime.now(UTC)
    session.add(
        Event(project_id=project.id, at=now, actor=actor, verb=verb, thing=thing, path=path)
    )
    project.updated_at = now
    project.version += 1


def _approval(
    milestone: Milestone, title: str, author: Person, client: Person, file: File
) -> Approval:
    return Approval(
        id=new_id(),
        milestone=milestone,
        title=title,
        statement="The delivery is complete and the work of the next step may begin.",
        asked_by=author,
        asked_at=datetime.now(UTC),
        due=content.TODAY + timedelta(days=4),
        people=[client],
        versions=[file.current],
    )


# -- the page -----------------------------------------------------------------------------------


def make_app(peer: Peer, *, cached: bool = False, files: Path | None = None) -> Flask:
    """Return the Flask app of the portal; ``cached`` keeps the HTML of a project's version.

    ``files`` is the folder that delivered files lie in.
    """
    app = Flask("peer", root_path=str(Path(__file__).parent))
    app.jinja_env.filters |= {
        "markdown": markdown,
        "iso": _iso,
        "day": _day,
        "due": _due,
        "moment": _moment,
        "size": _size,
        "ext": lambda name: name.rpartition(".")[2].upper(),
        "label": lambda value: value.replace("_", " ").capitalize(),
    }
    pages: dict[tuple[object, ...], str] = {}

    @app.get("/portal/p/<link>/")
    def project(link: str) -> Response:
        with peer.reading() as session:
            visit = peer.visit(session, request.cookies.get(f"link_{link}", ""))
            key = (visit.id, visit.project.version, date.today())
            html = pages.get(key) if cached else None
            if html is None:
                html = render_template("peer.html", **_page(session, visit), csrf=CSRF)
            if cached:
                pages[key] = html
            response = Response(html.replace(CSRF, peer.form_token(visit)))
        response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.get("/portal/p/<link>/f/<file>")
    def download(link: str, file: str) -> Response:
        with peer.reading() as session:
            visit = peer.visit(session, request.cookies.get(f"link_{link}", ""))
            found = session.get(File, file, options=[joinedload(File.milestone)])
            if files is None or found is None or found.milestone.project_id != visit.project_id:
                abort(404)
            version = found.current
            return send_file(files / version.key, download_name=version.name, as_attachment=True)

    return app


def enter(peer: Peer, app: Flask, project: str) -> Browser:
    """Return a browser on the project page of the first client."""
    token = peer.token(project)
    link = peer.links.loads(token)["link"]
    browser = Browser(app, {f"link_{link}": token})
    browser.get(f"/portal/p/{link}/")
    return browser


def _page(session: Session, visit: Link) -> dict[str, Any]:
    project = visit.project
    people = session.scalars(select(Person).where(Person.project_id == project.id)).all()
    milestones = session.scalars(
        select(Milestone).where(Milestone.project_id == project.id).order_by(Milestone.position)
    ).all()
    updates = _latest_updates(session, milestones)
    files = session.scalars(
        select(File)
        .join(File.milestone)
        .where(Milestone.project_id == project.id)
        .options(joinedload(File.current))
        .order_by(File.id)
    ).all()
    approvals = _approvals(session, project.id)
    open_ones = [a for a in approvals if a.status == "open"]
    closed = [a for a in approvals if a.status == "closed"]
    by_status = _grouped(milestones, "status")
    return {
        "project": project,
        "viewer": visit.person,
        "people": people,
        "base": f"/portal/p/{visit.id}/",
        "today": content.TODAY,
        "milestones": milestones,
        "completed": by_status["completed"],
        "started": by_status["in_progress"],
        "planned": by_status["planned"],
        "standing": _standing(by_status),
        "waiting": [a for a in open_ones if visit.person in a.people],
        "open_of": _grouped(open_ones, "milestone_id"),
        "closed_of": {a.milestone_id: a for a in closed},
        "approved": _approved(session, project.id),
        "files_of": _grouped(files, "milestone_id"),
        "updates_of": _grouped(updates, "milestone_id"),
        "latest": max(updates, key=lambda update: update.at, default=None),
        "events": session.scalars(
            select(Event)
            .where(Event.project_id == project.id)
            .options(joinedload(Event.actor))
            .order_by(Event.id.desc())
            .limit(8)
        ).all(),
    }


def _latest_updates(session: Session, milestones: Iterable[Milestone]) -> Sequence[Update]:
    """The latest three updates of each milestone, newest first; each a walk of the index."""
    latest = [
        select(Update.id)
        .where(Update.milestone_id == milestone.id)
        .order_by(Update.at.desc())
        .limit(3)
        .subquery()
        for milestone in milestones
    ]
    ids = union_all(*(select(found.c.id) for found in latest))
    return session.scalars(
        select(Update).where(Update.id.in_(ids)).order_by(Update.at.desc())
    ).all()


def _approvals(session: Session, project: str) -> Sequence[Approval]:
    """The open approvals and the last closed one of each milestone."""
    newest = func.row_number().over(
        partition_by=(Approval.milestone_id, Approval.status), order_by=Approval.ended_at.desc()
    )
    ranked = (
        select(Approval, newest.label("rank"))
        .join(Approval.milestone)
        .where(Milestone.project_id == project)
        .subquery()
    )
    shown = aliased(Approval, ranked)
    return session.scalars(
        select(shown)
        .where((ranked.c.status == "open") | (ranked.c.rank == 1))
        .options(
            selectinload(shown.people),
            selectinload(shown.decisions),
            selectinload(shown.versions).joinedload(Version.file),
        )
    ).all()


def _approved(session: Session, project: str) -> dict[str, int]:
    """The newest approved version of each file."""
    query = (
        select(Version.file_id, func.max(Version.number))
        .join(Version.approvals)
        .join(Approval.milestone)
        .where(Milestone.project_id == project, Approval.outcome.like("approved%"))
        .group_by(Version.file_id)
    )
    return dict(session.execute(query).tuples().all())


def _grouped(things: Iterable[Any], attribute: str) -> defaultdict[str, list[Any]]:
    groups: defaultdict[str, list[Any]] = defaultdict(list)
    for thing in things:
        groups[getattr(thing, attribute)].append(thing)
    return groups


def _standing(by_status: dict[str, list[Milestone]]) -> str:
    last, planned = by_status["completed"][-1:], by_status["planned"][:1]
    names = ", ".join(m.title for m in by_status["in_progress"])
    clauses = [f"{m.title} was completed on {_day(m.completed_at)}" for m in last]
    clauses += [f"{names} are in progress"] if names else []
    clauses += [f"{m.title} comes next on {_day(m.starts)}" for m in planned]
    return "; ".join(clauses) + "."


def _local(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(content.ZONE))


def _iso(at: datetime) -> str:
    return _local(at).isoformat(timespec="seconds")


def _day(at: date | None) -> str:
    if at is None:
        return ""
    return f"{_local(at) if isinstance(at, datetime) else at:%a %-d %b}"


def _moment(at: datetime) -> str:
    return f"{_local(at):%a %-d %b, %H:%M %Z}"


def _due(day: date) -> str:
    return f"Overdue since {_day(day)}" if day < content.TODAY else f"Due {_day(day)}"


def _size(size: int) -> str:
    return f"{size / 1000:.0f} KB" if size >= 1000 else f"{size} B"


# -- content ------------------------------------------------------------------------------------


def seed(peer: Peer, project: str, times: int = 1) -> None:
    """Store the typical project, or one that is so many times as large."""
    with peer.writing.begin() as session:
        now = datetime.now(UTC)
        home = Project(
            id=project,
            title=content.TITLE,
            client_name=content.CLIENT,
            summary=content.SUMMARY,
            zone=content.ZONE,
            updated_at=now,
        )
        home.resources = [Resource(label=label, url=url) for label, url in content.RESOURCES]
        staff = Person(id=new_id(), project=home, side="agency", name=content.STAFF)
        clients = [
            Person(id=new_id(), project=home, side="client", name=name) for name in content.CLIENTS
        ]
        for person in clients:
            link = f"{project}.{new_id()}"
            session.add(Link(id=link, project=home, person=person, nonce=secrets.token_hex(16)))
        milestones = [
            _milestone(home, place, title, now)
            for place, title in enumerate(content.milestones(times))
        ]
        session.add_all([home, staff, *clients, *milestones])
        files = [_file(document, milestones, staff, now) for document in content.documents(times)]
        session.add_all(files)
        session.flush()
        for file in files:
            file.current = file.versions[-1]
        for question in content.questions(times):
            place, file = milestones[question.milestone], files[question.file]
            approval = _approval(place, question.title, staff, clients[0], file)
            session.add(approval)
            if not question.open:
                decision = Decision(id=new_id(), person=clients[0], outcome="approved", at=now)
                approval.decisions.append(decision)
                approval.status, approval.outcome, approval.ended_at = "closed", "approved", now
        session.flush()
    with peer.reading() as session:
        places = milestones_of(session, project)
    for place, text in content.updates(times):
        peer.post(places[place], text)


def seed_history(peer: Peer, project: str, entries: int) -> None:
    """Store a project of milestones and updates with so many events; they look alike."""
    with peer.writing.begin() as session:
        now = datetime.now(UTC)
        home = Project(id=project, title=content.TITLE, client_name=content.CLIENT, updated_at=now)
        staff = Person(id=new_id(), project=home, side="agency", name=content.STAFF)
        client = Person(id=new_id(), project=home, side="client", name=content.CLIENTS[0])
        link = Link(id=f"{project}.{new_id()}", project=home, person=client, nonce=new_id())
        milestones = [
            _milestone(home, place, title, now) for place, title in enumerate(content.MILESTONES)
        ]
        session.add_all([home, staff, client, link, *milestones])
        session.flush()
        for number in range(entries):
            _post(session, milestones[number % content.STARTED], staff, content.text(number))


def _milestone(project: Project, place: int, title: str, now: datetime) -> Milestone:
    due = content.due(place)
    milestone = Milestone(id=new_id(), project=project, position=place, title=title, due=due)
    milestone.starts = due - timedelta(days=14)
    if content.is_completed(place):
        milestone.status, milestone.completed_at = "completed", now
        milestone.outcome = "Everything that was agreed is delivered."
    elif content.is_started(place):
        milestone.status = "in_progress"
    return milestone


def _file(
    document: content.Document, milestones: Sequence[Milestone], staff: Person, now: datetime
) -> File:
    file = File(id=new_id(), milestone=milestones[document.milestone], purpose=document.purpose)
    for number, changed in enumerate(("", *document.changes), start=1):
        version = Version(id=new_id(), number=number, name=document.name, changed=changed)
        version.key, version.sha256, version.size = new_id(), "0" * 64, 15
        version.by, version.at = staff, now
        file.versions.append(version)
    return file


def milestones_of(session: Session, project: str) -> list[str]:
    """Return the ids of a project's milestones, in their order."""
    query = select(Milestone.id).where(Milestone.project_id == project)
    return list(session.scalars(query.order_by(Milestone.position)))
