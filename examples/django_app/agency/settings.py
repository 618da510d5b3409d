"""The settings of the agency; all its data lie in one folder, ``AGENCY_DATA``."""

from __future__ import annotations

import os
from pathlib import Path

from agency.portal_brand import PORTAL_BRAND
from tour import load_keys

STATIC = Path(__file__).parent.parent.parent / "shared" / "static"
DATA = Path(os.environ.get("AGENCY_DATA", ".demo")).resolve()
KEYS = load_keys(DATA / "keys.json")

SECRET_KEY = KEYS["session"]
ALLOWED_HOSTS = ["*"]  # a demo answers wherever it is started
ROOT_URLCONF = "agency.urls"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "projects"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_NAME = "northlight"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "agency",
    "portalkit.django",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
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
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA / "agency.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL;",
        },
    }
}

STATIC_URL = "static/"
STATICFILES_DIRS = [STATIC]
DISK = "django.core.files.storage.FileSystemStorage"
STORAGES = {
    "default": {"BACKEND": DISK},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "portalkit": {"BACKEND": DISK, "OPTIONS": {"location": DATA / "portal"}},
}

# in this demo mail goes no further than a folder
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA / "mail"
DEFAULT_FROM_EMAIL = "Northlight Studio <studio@northlight.example>"

PORTALKIT = {
    "KEYS": KEYS["portal"],
    "BASE_URL": os.environ.get("AGENCY_BASE_URL", "http://127.0.0.1:8000/portal"),
    "BRANDS": {"northlight": PORTAL_BRAND},
    "STAFF_URL": "agency.portal_mail.page_of",
}
