"""The settings of the host in the tests of the Django adapter; made once in a test process.

Two databases are there, ``default`` (SQLite) and ``postgres``; a test says which one holds the portal.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

import django
from django.conf import settings

# The browser of other tests keeps an event loop in the main thread, in which Django would refuse to work.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

FOLDER = Path(tempfile.mkdtemp(prefix="portalkit-django-"))
"""Holds the SQLite database and the files; deleted when the process ends."""
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)

KEY = secrets.token_urlsafe(48)


class Chosen:
    """Sends the portal to the database that the test has chosen."""

    alias = "default"

    def db_for_write(self, model: object, **hints: object) -> str:
        return Chosen.alias

    db_for_read = db_for_write


if not settings.configured:
    settings.configure(
        SECRET_KEY=secrets.token_urlsafe(48),
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="tests.django.urls",
        USE_TZ=True,
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "portalkit.django",
            "tests.django.host",
        ],
        DATABASE_ROUTERS=[Chosen()],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": FOLDER / "host.sqlite3",
                "CONN_MAX_AGE": None,
                "OPTIONS": {
                    "transaction_mode": "IMMEDIATE",
                    "init_command": "PRAGMA journal_mode = WAL",
                    "timeout": 30,
                },
            },
            "postgres": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "postgres",
                "CONN_MAX_AGE": None,
            },
        },
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
            "portalkit": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": FOLDER / "files"},
            },
        },
        DEFAULT_FROM_EMAIL="Studio <portal@studio.example>",
        PORTALKIT={"KEYS": [KEY], "BASE_URL": "http://localhost/portal"},
    )
    django.setup()
