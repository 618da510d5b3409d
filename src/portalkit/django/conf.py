"""The settings: one dictionary ``PORTALKIT``, read when they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.utils.module_loading import import_string

from portalkit import Staff
from portalkit.web.host import SETTINGS

__all__ = ["DEFAULTS", "given", "made", "setting", "staff"]

DEFAULTS: Final[Mapping[str, Any]] = {
    **SETTINGS,
    "STORAGE": "portalkit",
    "STAFF": "portalkit.django.conf.staff",
}
"""Every setting and its default; the tutorial explains them."""

FUNCTIONS: Final = {"INSPECT", "STAFF", "STAFF_URL"}


def given() -> Mapping[str, Any]:
    """Return what the project has set."""
    found: Mapping[str, Any] = getattr(settings, "PORTALKIT", {})
    return found


def setting(name: str) -> Any:
    """Return the value of a setting, or its default; a function may be named by its dotted path."""
    value = given().get(name, DEFAULTS[name])
    if name == "MAIL_FROM":
        value = value or settings.DEFAULT_FROM_EMAIL
    return import_string(value) if name in FUNCTIONS and isinstance(value, str) else value


def made(name: str) -> Any:
    """Return the thing that a setting holds, or names by the dotted path of what makes it."""
    value = given().get(name, DEFAULTS[name])
    return import_string(value)() if isinstance(value, str) else value


def staff(user: Any) -> Staff:
    """Return who a user of Django is at the desk; the setting ``STAFF`` may name another function."""
    name = user.get_full_name() or user.get_username()
    return Staff(f"user:{user.pk}", name, getattr(user, "email", ""))
