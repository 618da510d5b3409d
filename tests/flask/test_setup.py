"""Setting up: factories, several apps with one extension, and what is wrong with the settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portalkit import ApprovalDecided, ConfigError, Event, NotFound
from portalkit.flask import DEFAULTS, PortalKit, current_portal
from portalkit.storage.memory import MemoryAccessLog, MemoryFiles, MemoryStore
from portalkit.web import Brand
from tests.flask.host import BASE_URL, browser, make_app, new_key, seed

FACTORIES: dict[str, Callable[[Flask], object]] = {
    "init_app": lambda app: PortalKit().init_app(app),
    "constructor": PortalKit,
}


@pytest.mark.parametrize("factory", FACTORIES)
def test_an_app_gets_its_portal(tmp_path: Path, factory: str) -> None:
    """The extension takes an app in its constructor or later, and the link it mails opens there."""
    app = Flask("studio")
    app.config.update(
        PORTALKIT_KEYS=[new_key()], PORTALKIT_BASE_URL=BASE_URL, PORTALKIT_DATA=tmp_path
    )
    FACTORIES[factory](app)
    assert "Website relaunch" in browser(app).enter(seed(app).url).text


def test_the_host_needs_no_secret_key_of_its_own(tmp_path: Path) -> None:
    """The portal has its own keys: an app without sessions can have one, decisions included."""
    app = make_app(tmp_path)
    assert app.secret_key is None
    seeded = seed(app)
    anna = browser(app)
    anna.enter(seeded.url)
    assert anna.decide(seeded.ask).status_code == 303


def test_several_apps_share_hooks_and_nothing_else(tmp_path: Path) -> None:
    """One extension serves many apps: its hooks run for each, while data, links and mounts stay apart."""
    kit, heard = PortalKit(), []

    @kit.on(ApprovalDecided)
    def noted(event: Event[ApprovalDecided]) -> None:
        heard.append((event.project.id, current_portal.base_url))

    places = ["http://localhost/portal", "http://localhost/other"]
    apps = [
        make_app(tmp_path / str(n), kit=kit, PORTALKIT_BASE_URL=base)
        for n, base in enumerate(places)
    ]
    seeds = [seed(app) for app in apps]
    for app, seeded in zip(apps, seeds, strict=True):
        anna = browser(app)
        anna.enter(seeded.url)
        assert anna.decide(seeded.ask).status_code == 303
    assert heard == [(seeded.project, base) for seeded, base in zip(seeds, places, strict=True)]

    token = seeds[0].url.rpartition("/")[2]
    assert browser(apps[1]).get(f"/other/l/{token}").status_code == 403
    with apps[1].app_context(), pytest.raises(NotFound):
        current_portal.project(seeds[0].project)


def test_a_factory_called_twice_finds_what_the_first_app_wrote(tmp_path: Path) -> None:
    """A restart is a new app on the same data and keys: links and cookies go on."""
    keys = [new_key()]
    first = make_app(tmp_path, PORTALKIT_KEYS=keys)
    seeded = seed(first)
    anna = browser(first)
    anna.enter(seeded.url)
    cookie = anna.client.get_cookie(
        f"pk_{anna.base.split('/')[-2]}", path=anna.base
    ) or pytest.fail("no cookie")

    second = make_app(tmp_path, PORTALKIT_KEYS=[new_key(), *keys])
    returning = browser(second)
    returning.client.set_cookie(cookie.key, cookie.value, path=cookie.path)
    assert returning.get(anna.base).status_code == 200
    assert browser(second).enter(seeded.url).status_code == 200


def test_default_settings_are_not_shared_between_apps(tmp_path: Path) -> None:
    """What one app adds to a setting that it got by default does not reach another app."""
    one, two = make_app(tmp_path / "1"), make_app(tmp_path / "2")
    one.config["PORTALKIT_BRANDS"]["mine"] = Brand(name="Mine")
    assert two.config["PORTALKIT_BRANDS"] == DEFAULTS["PORTALKIT_BRANDS"] == {}


def test_every_setting_has_its_default(tmp_path: Path) -> None:
    """An app that sets the least finds all other settings at their documented defaults."""
    app = make_app(tmp_path)
    given = {"PORTALKIT_KEYS", "PORTALKIT_BASE_URL", "PORTALKIT_DATA"}
    for name, value in DEFAULTS.items():
        assert name in given or app.config[name] == value


def test_stores_can_be_given_instead_of_a_folder(tmp_path: Path) -> None:
    """With a store and a file store of the host's own, no folder is needed and none is made."""
    store, files, access = MemoryStore(), MemoryFiles(), MemoryAccessLog()
    app = make_app(
        tmp_path,
        PORTALKIT_DATA=None,
        PORTALKIT_STORE=store,
        PORTALKIT_FILES=files,
        PORTALKIT_ACCESS=access,
    )
    seeded = seed(app)
    browser(app).enter(seeded.url)
    assert store.load(seeded.project) is not None
    assert len(list(files.keys(seeded.project))) == 1
    assert [use.what for use in access.of(seeded.project)] == ["fetched"]
    assert list(tmp_path.iterdir()) == []


def test_a_relative_folder_lies_beside_the_instance_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``PORTALKIT_DATA`` is relative to the app's home, never to where the server was started."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    app = make_app(tmp_path / "app", PORTALKIT_DATA="instance/portal")
    seed(app)
    assert (tmp_path / "app" / "instance" / "portal" / "portal.sqlite3").is_file()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_files_and_log_are_closed_to_other_users(tmp_path: Path) -> None:
    """Everything in the data folder is for its owner; others on the machine read nothing."""
    seed(make_app(tmp_path))
    for path in (tmp_path / "portal").rglob("*"):
        assert path.stat().st_mode & 0o007 == 0, path


WEAK = "k9Zr2Lq8Wn4Tx6Vb1Mc3Pd5"

REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "no keys": ({"PORTALKIT_KEYS": ()}, "signing keys", "Set PORTALKIT_KEYS"),
    "one string for a list": ({"PORTALKIT_KEYS": WEAK * 2}, "a list", "Set PORTALKIT_KEYS"),
    "an empty key": ({"PORTALKIT_KEYS": [""]}, "signing keys", "token_urlsafe(48)"),
    "a short key": ({"PORTALKIT_KEYS": [WEAK]}, "too short", "token_urlsafe(48)"),
    "a short older key": ({"PORTALKIT_KEYS": [WEAK * 2, WEAK]}, "too short", "token_urlsafe(48)"),
    "a sample key": ({"PORTALKIT_KEYS": ["change-me-" * 5]}, "sample", "token_urlsafe(48)"),
    "a key of one letter": ({"PORTALKIT_KEYS": ["x" * 64]}, "sample", "token_urlsafe(48)"),
    "no base URL": ({"PORTALKIT_BASE_URL": ""}, "base URL", "Set PORTALKIT_BASE_URL"),
    "a path only": ({"PORTALKIT_BASE_URL": "/portal"}, "base URL", "https://agency.example/portal"),
    "no scheme": ({"PORTALKIT_BASE_URL": "agency.example"}, "base URL", "Set PORTALKIT_BASE_URL"),
    "another scheme": ({"PORTALKIT_BASE_URL": "ftp://a.example"}, "base URL", "PORTALKIT_BASE_URL"),
    "a query": ({"PORTALKIT_BASE_URL": "https://a.example/?x"}, "base URL", "PORTALKIT_BASE_URL"),
    "no host": ({"PORTALKIT_BASE_URL": "https:///portal"}, "base URL", "PORTALKIT_BASE_URL"),
    "broken address": ({"PORTALKIT_BASE_URL": "http://[::1"}, "base URL", "PORTALKIT_BASE_URL"),
    "no data": ({"PORTALKIT_DATA": None}, "keep its data", "Set PORTALKIT_DATA to a folder"),
    "a store without files": (
        {"PORTALKIT_DATA": None, "PORTALKIT_STORE": MemoryStore()},
        "keep its data",
        "PORTALKIT_STORE and PORTALKIT_FILES",
    ),
    "a mount that is no path": ({"PORTALKIT_MOUNT": "portal"}, "mount", "Begin it with a slash"),
    "no such logo": (
        {"PORTALKIT_BRANDS": {"x": Brand(name="X", logo="nowhere.svg")}},
        "logo cannot be read",
        "Correct its path",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_unusable_setting_stops_the_start(tmp_path: Path, case: str) -> None:
    """A missing or unsafe setting is a `ConfigError` that says how to set it; nothing is mounted."""
    settings, problem, remedy = REFUSED[case]
    apps: list[Flask] = []
    with pytest.raises(ConfigError) as caught:
        make_app(tmp_path, before=apps.append, **settings)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy
    (app,) = apps
    assert "portalkit" not in app.extensions
    assert not [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("portalkit")]


def test_a_refused_start_does_not_show_the_key(tmp_path: Path) -> None:
    """The message about a weak key can be logged: it never holds the key."""
    with pytest.raises(ConfigError) as caught:
        make_app(tmp_path, PORTALKIT_KEYS=[WEAK])
    assert WEAK not in str(caught.value) + repr(caught.value)


def test_a_corrected_setting_is_enough(tmp_path: Path) -> None:
    """After a refusal the same app can be set up: nothing of the failed try stands in the way."""
    app = Flask("studio")
    app.config.update(PORTALKIT_BASE_URL=BASE_URL, PORTALKIT_DATA=tmp_path)
    kit = PortalKit()
    with pytest.raises(ConfigError):
        kit.init_app(app)
    app.config["PORTALKIT_KEYS"] = [new_key()]
    kit.init_app(app)
    assert browser(app).enter(seed(app).url).status_code == 200


def test_an_app_without_a_portal_says_so() -> None:
    """`current_portal` in an app that was never set up raises `ConfigError` with the remedy."""
    app = Flask("plain")
    with app.app_context(), pytest.raises(ConfigError) as caught:
        current_portal.desk  # noqa: B018
    assert "no portal" in caught.value.problem
    assert "init_app" in caught.value.remedy


def test_outside_any_app_flask_itself_complains() -> None:
    """`current_portal` without an app context raises what every Flask proxy raises there."""
    with pytest.raises(RuntimeError, match="application context"):
        current_portal.desk  # noqa: B018


def test_current_portal_is_that_of_the_running_app(tmp_path: Path) -> None:
    """With several apps, `current_portal` is the one whose context is pushed."""
    apps = [
        make_app(tmp_path / str(n), PORTALKIT_BASE_URL=f"http://localhost/{n}") for n in range(2)
    ]
    for number, app in enumerate(apps):
        with app.app_context():
            assert current_portal.base_url == f"http://localhost/{number}"
