"""The settings: one dictionary ``PORTALKIT``, read when they are used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import evolve
from django.conf import settings
from django.utils.module_loading import import_string

from portalkit import ConfigError, Staff
from portalkit.web.settings import SETTINGS, Looked, Setting, function, look_at, text

__all__ = [
    "DEFAULTS",
    "as_given",
    "look",
    "made",
    "setting",
    "staff",
    "unmade",
    "written",
]

FUNCTIONS: Final = {"INSPECT", "STAFF", "STAFF_URL"}
"""May be named by their dotted path."""
MADE: Final = {"STORE", "FILES", "ACCESS", "MAIL"}
"""May be named by the dotted path of what makes them."""

KNOWN: Final[Mapping[str, Setting]] = {
    **SETTINGS,
    **{
        name: evolve(SETTINGS[name], write=f"{SETTINGS[name].write}; its dotted path will do")
        for name in sorted(FUNCTIONS & SETTINGS.keys())
    },
    **{
        name: evolve(SETTINGS[name], write=f"{SETTINGS[name].write}; or the path of what makes it")
        for name in sorted(MADE)
    },
    "STORAGE": Setting("portalkit", text, "the alias of a storage in STORAGES"),
    "STAFF": Setting(
        "portalkit.django.conf.staff", function, "a function from a user to a Staff, or its path"
    ),
}

DEFAULTS: Final[Mapping[str, Any]] = {name: known.default for name, known in KNOWN.items()}
"""Every setting and its default; the tutorial explains them."""


def written(name: str) -> str:
    """Return the name of a setting as the project writes it."""
    return f'PORTALKIT["{name}"]'


def given() -> Mapping[str, Any]:
    """Return what the project has set, or nothing if that is no dictionary: `look` says so."""
    found = getattr(settings, "PORTALKIT", {})
    return found if isinstance(found, Mapping) else {}


def as_given(name: str) -> Any:
    """Return the value of a setting, or its default, as it is written."""
    return given().get(name, DEFAULTS[name])


def setting(name: str) -> Any:
    """Return the value of a setting, or its default; a function may be named by its dotted path.

    Raises:
        ConfigError: nothing can be imported from the path.
    """
    value = as_given(name)
    if name == "MAIL_FROM":
        value = value or settings.DEFAULT_FROM_EMAIL
    return _imported(value) if name in FUNCTIONS and isinstance(value, str) else value


def made(name: str) -> Any:
    """Return the value of a setting; what is named by the path of what makes it is made.

    Raises:
        ConfigError: nothing can be imported from the path, or what is there makes nothing.
    """
    value, maker = _found(name)
    if maker is None:
        return value
    try:
        return maker()
    except Exception as error:
        path = as_given(name)
        raise ConfigError("what this path names could not be made", path=path) from error


def unmade(name: str) -> Any:
    """Return the value of a setting, or ``None`` where a path names what will make it.

    Raises:
        ConfigError: nothing can be imported from the path, or what is there makes nothing.
    """
    return _found(name)[0]


def _found(name: str) -> tuple[Any, Callable[[], Any] | None]:
    """Return the value of a setting, or what a path in its place names, which makes the value."""
    value = setting(name)
    if name in MADE and isinstance(value, str):
        return None, _maker(value)
    return value, None


def _maker(path: str) -> Callable[[], Any]:
    maker = _imported(path)
    if not callable(maker):
        raise ConfigError("what this path names makes nothing", path=path)
    made: Callable[[], Any] = maker
    return made


def _imported(path: str) -> Any:
    try:
        return import_string(path)
    except Exception as error:  # a module that is imported may raise anything
        raise ConfigError(
            "nothing can be imported from this path", path=path, cause=str(error)
        ) from error


def look(read: Callable[[str], Any]) -> Looked:
    """Look at all settings.

    Args:
        read: `made`, or `unmade` where nothing may be made yet.
    """
    found = getattr(settings, "PORTALKIT", {})
    if not isinstance(found, Mapping):
        error = ConfigError(
            "PORTALKIT: this is no dictionary",
            remedy='Set it to {"KEYS": [...], "BASE_URL": "https://agency.example/portal"}',
            type=type(found).__name__,
        )
        return Looked({}, {"PORTALKIT": error})
    return look_at(read, KNOWN, given=found, written=written, mails=True)


def staff(user: Any) -> Staff:
    """Return who a user of Django is at the desk; the setting ``STAFF`` may name another function."""
    name = user.get_full_name() or user.get_username()
    return Staff(f"user:{user.pk}", name, getattr(user, "email", ""))
