"""Settings that cannot be used stop the start of every host, by a message that says how to write them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from portalkit import ConfigError, Reminders
from portalkit.storage.memory import MemoryAccessLog, MemoryFiles, MemoryStore
from portalkit.transports import Smtp
from portalkit.web import Brand
from tests.django import settings as _django_is_set_up  # noqa: F401
from tests.flask.host import make_app

# isort: split

from django.conf import settings
from django.core.checks import CheckMessage, run_checks
from django.test import override_settings

from portalkit.django import current_portal

KEY = "k9Zr2Lq8Wn4Tx6Vb1Mc3Pd5Fg7Hj0Ys-_AaBbCcDd"


@frozen
class Case:
    """A setting with a value that cannot be used.

    Attributes:
        name: of the setting.
        value: what is wrong.
        problem: a part of what is said about it.
        remedy: a part of how it is to be written.
        shown: what of the value must be in the message, if that is not its ``repr``.
    """

    name: str
    value: Any
    problem: str
    remedy: str
    shown: str | None = None


def inspect(upload: object) -> None:
    """An inspection that lets everything pass."""


STUDIO = Brand(name="Studio")
SOURCES = "no source of a content security policy"
NUMBERS = (
    "UPLOAD_FILES",
    "UPLOAD_FILE_BYTES",
    "UPLOAD_DAY_FILES",
    "UPLOAD_DAY_BYTES",
    "LARGEST_FILE",
)

WRONG = [
    Case("KEYS", (), "a list of signing keys", "token_urlsafe(48)", "type='tuple'"),
    Case("KEYS", KEY, "a list of signing keys", "a list of keys", "type='str'"),
    Case("KEYS", [12345], "text or bytes", "token_urlsafe(48)", "type='int'"),
    Case("KEYS", [KEY + "\n"], "a line break", ".strip()", ""),
    Case("KEYS", [KEY[:31]], "too short", "token_urlsafe(48)", "bytes=31"),
    Case("BASE_URL", "", "full public address", "https://agency.example/portal"),
    Case("BASE_URL", None, "full public address", "https://agency.example/portal"),
    Case("BASE_URL", "/portal", "full public address", "https://agency.example/portal"),
    Case("BASE_URL", "https://a.example/portal\n", "a line break", ".strip()"),
    Case("BASE_URL", " https://a.example/portal", "a blank", ".strip()"),
    Case("STORE", MemoryStore, "a class", "a store"),
    Case("STORE", object(), "no Store", "a store", "lacks='load, commit, history"),
    Case("FILES", MemoryFiles, "a class", "a file store"),
    Case("FILES", MemoryStore(), "no FileStore", "a file store", "save, open"),
    Case("ACCESS", MemoryAccessLog, "a class", "an access log"),
    Case("ACCESS", False, "no AccessLog", "an access log"),
    Case("STRICT", "false", "neither True nor False", "os.environ[...]"),
    Case("STRICT", 1, "neither True nor False", "True or False"),
    *(Case(n, v, "no whole number", "int(") for n in NUMBERS for v in ("20", 0, -1, 2.0, True)),
    Case("LARGEST_FILE", "5MB", "no whole number", "bytes such as 2147483648"),
    Case("LARGEST_FILE", None, "no whole number", "bytes such as 2147483648"),
    Case("INSPECT", MemoryFiles, "a class", "a function that takes an Upload"),
    Case("INSPECT", 5, "cannot be called", "a function that takes an Upload"),
    Case("BRANDS", None, "no dictionary", 'Brand(name="Studio")'),
    Case("BRANDS", [STUDIO], "no dictionary", 'Brand(name="Studio")'),
    Case("BRANDS", STUDIO, "no dictionary", 'Brand(name="Studio")'),
    Case("BRANDS", {"x": "Studio"}, "is a Brand", 'Brand(name="Studio")', "key='x'"),
    Case("BRANDS", {1: STUDIO}, "text as its key", 'Brand(name="Studio")', "key=1"),
    Case(
        "BRANDS",
        {"x": Brand(name="X", logo="nowhere.svg")},
        "logo cannot be read",
        "Correct its path",
        "logo='nowhere.svg'",
    ),
    *(
        Case(name, value, problem, "folders that exist", shown)
        for name in ("TEMPLATES", "LOCALES")
        for value, problem, shown in (
            (None, "no list of folders", None),
            (5, "no list of folders", None),
            ("nowhere", "no such folder", None),
            ([__file__], "no such folder", __file__),
            ([""], "no such folder", "folder=''"),
            ([5], "no folder", "folder=5"),
        )
    ),
    Case("LOCALE", None, "no text", "a language tag"),
    Case("LOCALE", "", "no language tag", "'de'"),
    Case("LOCALE", "German, please", "no language tag", "'de'"),
    Case("FRAME_ANCESTORS", "self", SOURCES, "'self' and 'none' have quotes"),
    Case("FRAME_ANCESTORS", "none", SOURCES, "'self' and 'none' have quotes"),
    Case("FRAME_ANCESTORS", "'self' none", SOURCES, "have quotes", "source='none'"),
    Case("FRAME_ANCESTORS", "'none' https://a.example", SOURCES, "'self'", "'none'"),
    Case("FRAME_ANCESTORS", "", SOURCES, "'self'", "source=''"),
    Case("FRAME_ANCESTORS", "https://a.example; script-src *", SOURCES, "'self'", "a.example;"),
    Case(
        "FRAME_ANCESTORS", "https://a.example, https://b.example", SOURCES, "'self'", "a.example,"
    ),
    Case("FRAME_ANCESTORS", ["'self'"], "no text", "text such as"),
    Case("FRAME_ANCESTORS", "'self'\n", "a line break", "text such as"),
    Case("POLICY", None, "no text", "one line of text"),
    Case("POLICY", "default-src 'self';\nimg-src *", "a line break", "one line of text"),
    Case("POLICY", "default-src müller.example", "in ASCII", "one line of text"),
    Case("SENDFILE", None, "no such way", "'x-sendfile'"),
    Case("SENDFILE", "foo", "no such way", "'x-sendfile'"),
    Case("SENDFILE", "x-accel", "no such way", "x-accel:<internal location>"),
    Case("MAIL", Smtp, "a class", "portalkit.transports.Smtp(...)"),
    Case("MAIL", 25, "cannot be called", "portalkit.transports.Smtp(...)"),
    Case("MAIL_FROM", "Studio", "no e-mail address", "'Studio <portal@agency.example>'"),
    Case("MAIL_FROM", ["a@b.de"], "no text", "'Studio <portal@agency.example>'"),
    Case("MAIL_FROM", "Studio\n<a@b.de>", "a line break", "'Studio <portal@agency.example>'"),
    Case("REPLY_TO", "Maya <m@b.de>", "stands alone", "without a name"),
    Case("REPLY_TO", "maya", "no e-mail address", "without a name"),
    Case("REPLY_TO", None, "no text", "without a name"),
    Case("NOTICES_OFF", "reminder", "stand in a list", '["reminder"]'),
    Case("NOTICES_OFF", None, "stand in a list", '["reminder"]'),
    Case("NOTICES_OFF", ["x"], "no such kind", "approval.decided, ", "kind='x'"),
    Case("REMINDERS", Reminders(every=0), "whole days", "from 1 to 366"),
    Case("REMINDERS", Reminders(before=(400,)), "whole days", "from 1 to 366"),
    Case("REMINDERS", Reminders(most=1000), "too many", "at most 366", "most=1000"),
    Case("REMINDERS", 3, "no schedule", "Reminders(...)"),
    Case("REMINDERS", True, "no schedule", "Reminders(...)"),
    Case("STAFF_URL", "", "", "a function that takes a Project"),
    Case("STAFF_URL", dict, "a class", "a function that takes a Project"),
]

OF_FLASK = [
    Case("INSPECT", "agency.inspect", "cannot be called", "a function"),
    Case("MAIL", "smtp.agency.example", "cannot be called", "portalkit.transports.Smtp(...)"),
    Case("STORE", "portalkit.storage.memory.MemoryStore", "no Store", "a store"),
    Case("DATA", 5, "no folder", "the path of a folder"),
    Case("MOUNT", "portal", "no path of this app", "Begin it with a slash"),
    Case("MOUNT", 5, "no text", "None for that of the base URL"),
]

OF_DJANGO = [
    Case("INSPECT", "nope.inspect", "nothing can be imported", "its dotted path"),
    Case("STAFF_URL", "portalkit.nope", "nothing can be imported", "its dotted path"),
    Case("STAFF", None, "cannot be called", "a function from a user to a Staff"),
    Case("STAFF", "nope", "nothing can be imported", "a function from a user to a Staff"),
    Case("STORAGE", None, "no text", "the alias of a storage"),
    Case("MAIL", "nope.X", "nothing can be imported", "the path of what makes it"),
    Case("STORE", "tests.web.test_web_settings.KEY", "makes nothing", "the path of what makes it"),
]


def ids(cases: list[Case]) -> list[str]:
    """Names of cases that stay the same from run to run."""
    return [f"{number}-{case.name}" for number, case in enumerate(cases)]


def cases(*tables: list[Case]) -> Any:
    """A test of each case of tables."""
    table = [case for each in tables for case in each]
    return pytest.mark.parametrize("case", table, ids=ids(table))


def told(case: Case, name: str, message: str) -> None:
    """See that a message names the setting, says what is wrong, shows the value and has a remedy."""
    assert message.startswith(f"{name}: ")
    assert case.problem in message
    assert f"Set {name} to " in message
    assert case.remedy in message
    assert (repr(case.value) if case.shown is None else case.shown) in message
    assert KEY[:20] not in message, "a key is never shown"


@contextmanager
def django(**values: Any) -> Iterator[None]:
    """A Django project with other settings of the portal."""
    with override_settings(PORTALKIT={**settings.PORTALKIT, **values}):
        yield


def errors() -> list[CheckMessage]:
    """What ``manage.py check`` finds wrong with the portal's settings, without the databases."""
    return [message for message in run_checks(tags=["portalkit"]) if message.id[10] == "E"]


# -- every setting, in both hosts -------------------------------------------------------------------


@cases(WRONG, OF_FLASK)
def test_flask_does_not_start_with_a_setting_that_cannot_be_used(
    tmp_path: Path, case: Case
) -> None:
    """The error names the setting as the host writes it; nothing is written to the disk."""
    with pytest.raises(ConfigError) as caught:
        make_app(tmp_path, **{f"PORTALKIT_{case.name}": case.value})
    told(case, f"PORTALKIT_{case.name}", str(caught.value))
    assert not list(tmp_path.iterdir())


@cases(WRONG, OF_DJANGO)
def test_django_does_not_start_with_a_setting_that_cannot_be_used(case: Case) -> None:
    """Whatever asks for the portal gets the error, which names the setting as the project writes it."""
    with django(**{case.name: case.value}), pytest.raises(ConfigError) as caught:
        _ = current_portal.base_url
    told(case, f'PORTALKIT["{case.name}"]', str(caught.value))


@cases(WRONG, OF_DJANGO)
def test_check_of_django_finds_what_stops_the_start(case: Case) -> None:
    """The same words, before anybody asks for a page."""
    with django(**{case.name: case.value}):
        (error,) = errors()
    told(case, f'PORTALKIT["{case.name}"]', f"{error.msg} {error.hint}")


def test_check_of_django_finds_everything_at_once() -> None:
    worst = {case.name: case.value for case in WRONG}
    with django(**worst, BRAND={}):
        found = errors()
    assert sorted(error.msg.split(":")[0] for error in found if error.id != "portalkit.E001") == (
        sorted(f'PORTALKIT["{name}"]' for name in worst)
    )
    assert len(found) == len(worst) + 1


@pytest.mark.parametrize("value", [None, [], "x", 5, ({"KEYS": [KEY]},)])
def test_portalkit_that_is_no_dictionary_is_an_error_of_the_check(value: Any) -> None:
    """A comma behind the dictionary makes a tuple of it, which holds the keys and is not shown."""
    with override_settings(PORTALKIT=value):
        (error,) = errors()
        with pytest.raises(ConfigError, match="this is no dictionary"):
            _ = current_portal.base_url
    assert "this is no dictionary" in error.msg
    assert KEY not in error.msg


def test_what_a_path_of_django_makes_is_looked_at_when_it_is_made() -> None:
    """The check makes nothing; the start does."""
    for maker, problem in (
        ("builtins.dict", "this is no Store"),
        (f"{__name__}.told", "not be made"),
    ):
        with django(STORE=maker):
            assert not errors()
            with pytest.raises(ConfigError, match=problem) as caught:
                _ = current_portal.base_url
            assert caught.value.problem.startswith('PORTALKIT["STORE"]: ')


def test_without_an_address_that_mails_come_from_django_does_not_start() -> None:
    """Django always sends; where ``MAIL_FROM`` is empty, its own default must be an address."""
    with override_settings(DEFAULT_FROM_EMAIL=""):
        (error,) = errors()
        with pytest.raises(ConfigError, match="mails need an address"):
            _ = current_portal.base_url
    assert error.msg.startswith('PORTALKIT["MAIL_FROM"]: mails need an address')
    with override_settings(DEFAULT_FROM_EMAIL=""), django(MAIL_FROM="portal@agency.example"):
        assert not errors()


def test_a_storage_of_django_that_does_not_exist_stops_the_start() -> None:
    with django(STORAGE="nowhere"), pytest.raises(ConfigError, match="nowhere") as caught:
        _ = current_portal.base_url
    assert 'PORTALKIT["STORAGE"]' in caught.value.remedy


# -- names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("BRAND", "BRANDS"),
        ("UPLOAD_FILE", "UPLOAD_FILES"),
        ("base_url", "BASE_URL"),
        ("KEY", "KEYS"),
    ],
)
def test_a_setting_that_is_misspelt_is_refused_with_the_nearest_name(
    tmp_path: Path, name: str, remedy: str
) -> None:
    """Its value is not shown: it may be a key."""
    with pytest.raises(ConfigError) as caught:
        make_app(tmp_path, **{f"PORTALKIT_{name}": KEY})
    with django(**{name: KEY}):
        (error,) = errors()
        with pytest.raises(ConfigError, match=name):
            _ = current_portal.base_url
    assert caught.value.problem == f"there is no setting PORTALKIT_{name}"
    assert f"Write PORTALKIT_{remedy};" in caught.value.remedy
    assert (error.id, error.msg) == ("portalkit.E001", f'there is no setting PORTALKIT["{name}"].')
    assert f'Write PORTALKIT["{remedy}"];' in error.hint
    assert KEY not in str(caught.value) + error.msg + error.hint


def test_a_setting_that_is_like_no_other_is_refused_with_all_names(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Known are ACCESS, BASE_URL, "):
        make_app(tmp_path, PORTALKIT_XYZZY=1)
    with override_settings(PORTALKIT={**settings.PORTALKIT, "xyzzy": 1, 5: 1}):
        found = errors()
    assert [error.id for error in found] == ["portalkit.E001"] * 2
    assert all("Known are ACCESS, BASE_URL, " in str(error.hint) for error in found)


# -- what goes on -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KEYS", (KEY, bytes(range(40)))),
        ("BASE_URL", "HTTP://LocalHost/portal/"),
        ("STORE", MemoryStore()),
        ("FILES", MemoryFiles()),
        ("ACCESS", MemoryAccessLog()),
        ("INSPECT", inspect),
        ("BRANDS", {"": STUDIO}),
        ("TEMPLATES", str(Path(__file__).parent)),
        ("LOCALES", [Path(__file__).parent]),
        ("LOCALE", "en_GB"),
        ("FRAME_ANCESTORS", "'self' https://*.agency.example:* https: localhost:8000 *"),
        ("FRAME_ANCESTORS", "'none'"),
        ("SENDFILE", "x-sendfile"),
        ("SENDFILE", "x-accel:/files/"),
        ("MAIL_FROM", "Studio North <portal@agency.example>"),
        ("REPLY_TO", "maya@agency.example"),
        ("NOTICES_OFF", {"reminder", "update.posted"}),
        ("REMINDERS", Reminders(first=None, every=None, before=[2], after=())),  # type: ignore[arg-type]
        ("REMINDERS", False),
    ],
)
def test_a_setting_that_can_be_used_starts(tmp_path: Path, name: str, value: Any) -> None:
    make_app(tmp_path, **{f"PORTALKIT_{name}": value})
    with django(**{name: value}):
        assert not errors()
        assert current_portal.base_url == "http://localhost/portal"


def test_a_transport_that_is_empty_is_a_transport(tmp_path: Path) -> None:
    """What a setting holds counts as given although it may be false, such as an outbox that is a list."""

    class Outbox(list[Any]):
        def __call__(self, message: object) -> None:
            self.append(message)

    box = Outbox()
    app = make_app(tmp_path, PORTALKIT_MAIL=box, PORTALKIT_MAIL_FROM="portal@agency.example")
    assert app.extensions["portalkit"].portal._runner.notify.transport is box
    with django(MAIL=box):
        assert current_portal._runner.notify.transport is box  # type: ignore[union-attr]
