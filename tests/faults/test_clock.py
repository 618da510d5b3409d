"""A clock that is moved back and forward: order is the log's own, and nothing stops."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from portalkit import Change
from portalkit.flask import current_portal
from portalkit.testing import FixedClock
from tests.faults.world import MAYA
from tests.flask.host import Browser, Seeded, browser, make_app, seed

MOVES = {
    "an hour back": -1 / 24,
    "a year back": -365,
    "to before the computer's time": -25_000,
    "a year on": 365,
    "far on": 30_000,
}


@pytest.fixture
def clock() -> FixedClock:
    """A clock that a test moves."""
    return FixedClock(datetime(2026, 11, 20, 9, tzinfo=UTC))


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    """An app whose portal goes by that clock."""
    app = make_app(tmp_path)
    with app.app_context():
        current_portal.clock = current_portal.ledger.clock = clock
    return app


@contextmanager
def block(app: Flask, seeded: Seeded) -> Iterator[Change]:
    """A block of Maya's."""
    with app.app_context(), current_portal.desk(MAYA).change(seeded.project) as change:
        yield change


@pytest.fixture
def anna(app: Flask, seeded: Seeded) -> Browser:
    """A client who entered before the clock was moved."""
    anna = browser(app)
    anna.enter(seeded.url)
    return anna


@pytest.fixture
def seeded(app: Flask) -> Seeded:
    """A project of before the clock was moved."""
    return seed(app)


@pytest.mark.parametrize("move", MOVES)
def test_commits_go_on_and_order_is_the_logs(
    app: Flask, clock: FixedClock, anna: Browser, seeded: Seeded, move: str
) -> None:
    """With the clock moved in between, every commit succeeds; entries stay in the order they came."""
    with block(app, seeded) as change:
        change.post_update(seeded.design, "walnut")
    clock.advance(days=MOVES[move])
    with block(app, seeded) as change:
        change.post_update(seeded.design, "cherry")
        change.add_version(seeded.home, io.BytesIO(b"two"), changed="Two")
    clock.advance(days=-MOVES[move])
    with block(app, seeded) as change:
        change.post_update(seeded.design, "maple")

    with app.app_context():
        entries = current_portal.entries(seeded.project)
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        posted = [getattr(entry.fact, "body", "") for entry in entries]
        assert [text for text in posted if text] == ["walnut", "cherry", "maple"]
        times = [entry.at for entry in entries if getattr(entry.fact, "body", "")]
        assert times[0] == times[2] == clock()
        assert times[1] != times[0]
        assert current_portal.verify(seeded.project).ok
    history = anna.get("history").text
    assert history.index("maple") < history.index("cherry") < history.index("walnut")


@pytest.mark.parametrize("move", MOVES)
def test_a_client_goes_on(
    app: Flask, clock: FixedClock, anna: Browser, seeded: Seeded, move: str
) -> None:
    """Link, cookie, every page, files and the decision work on, however the clock was moved meanwhile.

    Only what lives 180 days ends by a clock that is as far ahead: then the link opens the project again.
    """
    form = anna.form(f"a/{seeded.ask}")
    clock.advance(days=MOVES[move])
    if MOVES[move] > 180:
        assert anna.get("").status_code == 403
        anna.enter(seeded.url)
        form = anna.form(f"a/{seeded.ask}")
    for path in (
        "",
        "project.json",
        "history",
        f"m/{seeded.design}",
        f"u/{seeded.update}",
        f"f/{seeded.home}/1",
    ):
        assert anna.get(path).status_code == 200, path
    answer = anna.post(
        f"a/{seeded.ask}",
        {
            "pk_csrf": form["pk_csrf"],
            "shown": form["shown"],
            "outcome": "approved",
            "reviewed": "yes",
            "typed_name": "Anna Keller",
        },
    )
    assert answer.status_code == 200
    assert anna.decide(seeded.ask).status_code == 303
    assert browser(app).enter(seeded.url).status_code == 200
    clock.advance(days=-MOVES[move])
    assert "Your decision is on record" in anna.get(f"a/{seeded.ask}").text
    with app.app_context():
        assert current_portal.verify(seeded.project).ok


def test_an_expiry_follows_the_clock(
    app: Flask, clock: FixedClock, anna: Browser, seeded: Seeded
) -> None:
    """A link is expired exactly while the clock says so: a clock set right again opens it again."""
    with block(app, seeded) as change:
        change.extend_link(seeded.person, datetime(2026, 11, 27, tzinfo=UTC))
    assert anna.get("").status_code == 200
    clock.advance(days=7)
    assert anna.get("").status_code == 410
    assert anna.get(f"f/{seeded.home}/1").status_code == 410
    clock.advance(days=-7)
    assert anna.get("").status_code == 200


def test_a_wish_for_the_link_is_heard_after_the_clock_went_back(
    app: Flask, clock: FixedClock, anna: Browser, seeded: Seeded
) -> None:
    """Once a day means a day: a wish noted in a wrong future does not silence those of today."""
    wishes = []
    for days in (0, 0, 365, -365, 0):
        clock.advance(days=days)
        assert anna.post("resend", {}).status_code == 200
        with app.app_context():
            entries = current_portal.entries(seeded.project)
        wishes.append(sum(entry.kind == "link.requested" for entry in entries))
    assert wishes == [1, 1, 2, 3, 3]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (datetime(2027, 3, 28, 0, 59, tzinfo=UTC), datetime(2027, 3, 28, 1, 1, tzinfo=UTC)),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_daylight_saving(
    tmp_path: Path, clock: FixedClock, before: datetime, after: datetime
) -> None:
    """Around the hour that is skipped or comes twice, order and instants on the page stay right."""
    app = make_app(tmp_path)
    with app.app_context():
        current_portal.clock = current_portal.ledger.clock = clock
    clock.set(before)
    seeded = seed(app, zone="Europe/Berlin")
    for moment, text in ((before, "earlier"), (after, "later")):
        clock.set(moment)
        with block(app, seeded) as change:
            change.post_update(seeded.design, text)
    anna = browser(app)
    anna.enter(seeded.url)
    history = anna.get("history").text
    times = [datetime.fromisoformat(t) for t in re.findall(r'datetime="([^"]+)"', history)]
    newest = times[0]
    assert newest == after
    assert before in times
    assert times == sorted(times, reverse=True)
