"""A Django project for a real server.

It takes everything from the environment, as the Flask app of the tests of faults does; ``FAULTS_DATABASE``
is the database as JSON.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

DISK = "django.core.files.storage.FileSystemStorage"


def create_app() -> object:
    """Make the app, as gunicorn's workers do."""
    folder = Path(os.environ["FAULTS_DATA"]) / "files"
    settings.configure(
        SECRET_KEY=secrets.token_urlsafe(48),
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="tests.django.staff",
        INSTALLED_APPS=["portalkit.django"],
        MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
        DATABASES={"default": json.loads(os.environ["FAULTS_DATABASE"])},
        STORAGES={"portalkit": {"BACKEND": DISK, "OPTIONS": {"location": str(folder)}}},
        PORTALKIT={
            "KEYS": [os.environ["FAULTS_KEY"]],
            "BASE_URL": os.environ["FAULTS_BASE_URL"],
        },
    )
    django.setup()
    return get_wsgi_application()
