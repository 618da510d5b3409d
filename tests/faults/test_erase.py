"""A project that is erased while a client has it open: clean answers, in every process, at any moment."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from portalkit import NotFound, Portal, PortalError
from portalkit.storage import Head, Row, Store, TakesTurns
from tests.faults.world import MAYA, Scene
from tests.flask.host import Browser, Seeded, hidden, is_ours, seed_in
from tests.hosts import Database, Home, Host
from tests.hosts.fixtures import EVERY

pytestmark = pytest.mark.hosts(*EVERY)


class Erasing(Store, TakesTurns):
    """A store from which a project is erased at the n-th call from now: by somebody else, that is."""

    def __init__(self, store: Any, other: Store) -> None:
        self._store = store
        self._other = other
        self._left = 0
        self._project = ""
        self.calls = 0

    def erase_at(self, call: int, project: str) -> None:
        """Erase a project just before the n-th call; 0 is at once."""
        self.calls, self._left, self._project = 0, call, project
        if not call:
            self._other.erase(project)

    def _step(self) -> None:
        self.calls += 1
        if self._project and self.calls == self._left:
            self._other.erase(self._project)

    def load(self, project: str, *, known: int = 0) -> tuple[Head, Sequence[Row]] | None:
        self._step()
        return self._store.load(project, known=known)

    def commit(
        self, head: Head, rows: Sequence[Row], *, expected: str, redact: Sequence[int] = ()
    ) -> None:
        self._step()
        self._store.commit(head, rows, expected=expected, redact=redact)

    def history(self, project: str, **select: Any) -> Sequence[Row]:
        self._step()
        return self._store.history(project, **select)

    def projects(self, **select: Any) -> Sequence[Head]:
        return self._store.projects(**select)

    def claim(self, now: int, *, lease: int, limit: int) -> Sequence[str]:
        return self._store.claim(now, lease=lease, limit=limit)

    def erase(self, project: str) -> None:
        self._store.erase(project)

    def turn(self, project: str) -> Any:
        return self._store.turn(project)


@pytest.fixture
def database(host: Host) -> Database:
    """Where the log is."""
    return host.database()


@pytest.fixture
def store(database: Database) -> Erasing:
    """A store from which a test lets projects vanish."""
    return Erasing(database.store(), database.store())


@pytest.fixture
def home(host: Host, database: Database, store: Erasing) -> Home:
    """An app on that store, as in production: an exception would be a 500."""
    return host.home(STORE=store, ACCESS=database.access())


def entered(home: Home) -> tuple[Browser, Seeded]:
    """A client who has a project of her own open."""
    seeded = seed_in(home.portal, ref=None)
    anna = home.browser()
    anna.enter(seeded.url)
    return anna, seeded


Request = Callable[[Browser, Seeded], Any]

REQUESTS: dict[str, Request] = {
    "the project page": lambda anna, it: anna.get(""),
    "its data": lambda anna, it: anna.get("project.json"),
    "a milestone": lambda anna, it: anna.get(f"m/{it.design}"),
    "an update": lambda anna, it: anna.get(f"u/{it.update}"),
    "the history": lambda anna, it: anna.get("history"),
    "a milestone's history": lambda anna, it: anna.get(f"history?milestone={it.design}"),
    "a file": lambda anna, it: anna.get(f"f/{it.home}/1"),
    "an old version": lambda anna, it: anna.get(f"f/{it.home}/7"),
    "a request": lambda anna, it: anna.get(f"a/{it.ask}"),
    "the link": lambda anna, it: anna.get(it.url),
    "a wish for the link": lambda anna, it: anna.post("resend", {}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_an_erased_project_is_closed(home: Home, store: Erasing, name: str) -> None:
    """After an erasure each page of an open visit is 403 or 404 on the calm page, never an error."""
    anna, seeded = entered(home)
    store.erase_at(0, seeded.project)
    answer = REQUESTS[name](anna, seeded)
    assert answer.status_code in ((200,) if name == "a wish for the link" else (403, 404))
    assert is_ours(answer)
    assert "Website relaunch" not in answer.text
    assert "Anna" not in answer.text


@pytest.mark.parametrize("name", REQUESTS)
def test_an_erasure_in_the_middle_of_a_request(home: Home, store: Erasing, name: str) -> None:
    """At whichever look into the store it happens: the answer is the page or 403 or 404, never an error."""
    for call in range(1, 20):
        anna, seeded = entered(home)
        store.erase_at(call, seeded.project)
        answer = REQUESTS[name](anna, seeded)
        assert answer.status_code in (200, 303, 403, 404), (call, answer.status_code)
        assert is_ours(answer)
        if store.calls < call:
            break  # the request ended before: all moments were tried
    assert 1 < call < 19


def test_an_erasure_before_a_decision(home: Home, store: Erasing) -> None:
    """A form that was open when the project was erased is refused calmly, at both steps."""
    for step in ("review", "confirm"):
        anna, seeded = entered(home)
        form = anna.form(f"a/{seeded.ask}")
        review = {
            "pk_csrf": form["pk_csrf"],
            "shown": form["shown"],
            "outcome": "approved",
            "reviewed": "yes",
            "typed_name": "Anna Keller",
        }
        confirmation = hidden(anna.post(f"a/{seeded.ask}", review))
        confirm = {"pk_csrf": confirmation["pk_csrf"], "intent": confirmation["intent"]}
        store.erase_at(0, seeded.project)
        answer = anna.post(f"a/{seeded.ask}", review if step == "review" else confirm)
        assert answer.status_code in (403, 404)
        assert is_ours(answer)


def test_an_erasure_in_the_middle_of_a_decision(home: Home, store: Erasing) -> None:
    """A decision and an erasure at the same moment: decided and gone, or refused; never an error, never half."""
    for call in range(1, 20):
        anna, seeded = entered(home)
        form = hidden(anna.review(seeded.ask))
        store.erase_at(call, seeded.project)
        answer = anna.post(
            f"a/{seeded.ask}", {"pk_csrf": form["pk_csrf"], "intent": form["intent"]}
        )
        assert answer.status_code in (303, 403, 404), (call, answer.status_code)
        assert is_ours(answer)
        if store.calls < call:
            break
        assert store.load(seeded.project) is None
    assert 1 < call < 19


def test_staff_meet_an_erased_project(home: Home, store: Erasing) -> None:
    """A block that was open when the project was erased is `NotFound`, and nothing comes back to life."""
    for call in range(20):
        _, seeded = entered(home)
        refused = False
        try:
            with home.portal.desk(MAYA).change(seeded.project) as change:
                change.post_update(seeded.design, "Too late")
                change.add_version(seeded.home, io.BytesIO(b"two"), changed="Two")
                store.erase_at(call, seeded.project)
        except NotFound:
            refused = True
        assert refused or call
        if store.calls < call:
            break
        assert store.load(seeded.project) is None
        assert store.history(seeded.project) == []
    assert 1 < call < 19


def test_an_open_visit_sees_its_project_gone(portal: Portal, scene: Scene) -> None:
    """What a `Visit` in hand asks of an erased project is `NotFound`, whichever portal erased it."""
    visit = scene.visit()
    manifest = visit.approval(scene.ask).manifest
    portal.ledger.store.erase(scene.id)
    asked: list[Callable[[], object]] = [
        lambda: visit.decide(scene.ask, "approved", manifest=manifest, typed_name="Anna Keller"),
        lambda: portal.project(scene.id),
        lambda: portal.verify(scene.id),
        lambda: portal.visit_as(scene.id, scene.anna.id),
    ]
    for ask in asked:
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(PortalError):
        scene.visit(portal)
    assert portal.entries(scene.id) == []


def test_an_erased_id_begins_anew(home: Home, store: Erasing) -> None:
    """A project opened again under an erased id is another one: old links, cookies and pages stay shut."""
    first = seed_in(home.portal, ref=None, id="relaunch")
    anna = home.browser()
    anna.enter(first.url)
    store.erase_at(0, "relaunch")
    second = seed_in(home.portal, ref=None, id="relaunch", summary="Begun anew")
    assert anna.get("").status_code == 403
    assert anna.get(f"f/{first.home}/1").status_code == 403
    assert home.browser().get(first.url).status_code == 403
    other = home.browser()
    assert "Begun anew" in other.enter(second.url).text
    assert other.get(f"u/{first.update}").status_code == 404
    assert home.portal.verify("relaunch").ok
