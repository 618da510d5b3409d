"""System checks: what is missing or unsafe, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.apps import AppConfig
from django.conf import global_settings, settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.files.storage import FileSystemStorage, InvalidStorageError, storages
from django.db import connections, router
from django.urls import NoReverseMatch, reverse

from portalkit.django.conf import DEFAULTS, as_given, look, setting, unmade, written
from portalkit.django.models import Head
from portalkit.errors import ConfigError

__all__ = ["check_databases", "check_files", "check_mail", "check_settings"]


@register("portalkit")
def check_settings(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """Look at the settings: whatever would stop the portal from starting is found here, all at once."""
    looked = look(unmade)
    found: list[CheckMessage] = [_error(name, error) for name, error in looked.wrong.items()]
    if "BASE_URL" in looked.values:
        found += _mount(looked.values["BASE_URL"])
    return found


def _error(name: str, error: ConfigError) -> Error:
    ids = {"KEYS": "portalkit.E002", "BASE_URL": "portalkit.E003"}
    other = "portalkit.E008" if name in (*DEFAULTS, "PORTALKIT") else "portalkit.E001"
    said = ConfigError(error.problem, remedy="", **error.evidence)
    return Error(str(said), hint=f"{error.remedy}.", id=ids.get(name, other))


@register("portalkit")
def check_mail(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """See that mails come from an address to which anybody can answer."""
    if setting("MAIL_FROM") != global_settings.DEFAULT_FROM_EMAIL:
        return []
    return [
        Warning(
            f"Mails to clients come from {global_settings.DEFAULT_FROM_EMAIL}.",
            hint="Set PORTALKIT['MAIL_FROM'] or DEFAULT_FROM_EMAIL to an address of yours, for instance"
            " 'Studio <portal@agency.example>'.",
            id="portalkit.W005",
        )
    ]


def _mount(base_url: str) -> Iterable[CheckMessage]:
    """The portal must be where its links lead; a proxy may take a part of the path away."""
    base = unquote(urlsplit(base_url).path)
    try:
        mount = reverse("portalkit:other", args=[""]).rstrip("/")
    except NoReverseMatch:
        yield Warning(
            "The addresses of the portal are not in the URLconf.",
            hint='Add path("portal/", include("portalkit.django.urls")).',
            id="portalkit.W001",
        )
        return
    if not base.endswith(mount):
        yield Warning(
            f"The base URL leads to {base or '/'}, and the portal is mounted at {mount or '/'}.",
            hint=f"Let {written('BASE_URL')} end in the path that includes portalkit.django.urls.",
            id="portalkit.W002",
        )


@register("portalkit")
def check_files(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """See that files are kept where nobody can fetch them without a link."""
    alias = as_given("STORAGE")
    if as_given("FILES") is not None or not isinstance(alias, str):
        return []
    hint = (
        f"Give STORAGES an alias {DEFAULTS['STORAGE']!r} with a folder of its own outside MEDIA_ROOT,"
        " that no server hands out."
    )
    if alias == "default":
        problem = "The portal's files would lie among the uploads of the default storage."
        return [Error(problem, hint=hint, id="portalkit.E004")]
    try:
        storage = storages[alias]
    except InvalidStorageError:
        return [Error(f"STORAGES has no {alias!r}.", hint=hint, id="portalkit.E005")]
    if isinstance(storage, FileSystemStorage) and _lies_in_media(Path(storage.location)):
        return [Error("The portal's files lie in MEDIA_ROOT.", hint=hint, id="portalkit.E006")]
    return []


def _lies_in_media(folder: Path) -> bool:
    if not settings.MEDIA_ROOT:
        return False
    return folder.resolve().is_relative_to(Path(settings.MEDIA_ROOT).resolve())


@register("portalkit")
def check_databases(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """See that the database can keep a log that several write."""
    if as_given("STORE") is not None:
        return []
    connection = connections[router.db_for_write(Head)]
    if connection.vendor not in ("postgresql", "sqlite"):
        return [
            Error(
                f"The portal's log cannot be kept in {connection.display_name}.",
                hint=f"Route the app portalkit to PostgreSQL or SQLite, or set {written('STORE')}.",
                id="portalkit.E007",
            )
        ]
    if connection.vendor != "sqlite":
        return []
    options = connection.settings_dict.get("OPTIONS", {})
    found: list[CheckMessage] = []
    if str(options.get("transaction_mode", "")).upper() not in ("IMMEDIATE", "EXCLUSIVE"):
        found.append(
            Warning(
                "SQLite begins transactions without the intent to write.",
                hint="Set OPTIONS['transaction_mode'] to 'IMMEDIATE': otherwise a transaction that has"
                " read fails when it writes after others have.",
                id="portalkit.W003",
            )
        )
    if "journal_mode" not in str(options.get("init_command", "")).lower():
        found.append(
            Warning(
                "No journal mode of SQLite is chosen.",
                hint="Set OPTIONS['init_command'] to 'PRAGMA journal_mode=WAL;': in SQLite's own mode"
                " those who read wait for those who write.",
                id="portalkit.W004",
            )
        )
    return found
