"""The settings that every host has: their defaults, and what is looked at before a portal starts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from portalkit import clean
from portalkit.errors import ConfigError, PortalError
from portalkit.links import Keys
from portalkit.model import Reminders
from portalkit.notices import Policy
from portalkit.portal import LARGEST_FILE, checked_base_url
from portalkit.portal.running import Delivers
from portalkit.rules import UploadLimits
from portalkit.storage import AccessLog, FileStore, Store
from portalkit.web.app import check_sendfile
from portalkit.web.brand import Brand
from portalkit.web.mail import sender_of
from portalkit.web.render import Renderer, read_logo

__all__ = ["SETTINGS", "Looked", "Setting", "function", "look_at", "maybe", "text"]

Check = Callable[[Any], Any]
"""Returns a value as the portal takes it, or raises an error, which does not know the setting's name."""


@frozen
class Setting:
    """What is known of a setting.

    Attributes:
        default: its value where the host says nothing.
        check: sees that a value can be used.
        write: what it is to be set to, as the end of a sentence.
        shown: whether an error may show its value.
    """

    default: Any
    check: Check
    write: str
    shown: bool = field(default=True, kw_only=True)


@frozen
class Looked:
    """Settings that were looked at.

    Attributes:
        values: by name, as the portal takes them; those that can be used.
        wrong: by name, what is wrong with the others.
    """

    values: Mapping[str, Any]
    wrong: Mapping[str, ConfigError]

    def usable(self) -> Mapping[str, Any]:
        """Return the values if nothing is wrong.

        Raises:
            ConfigError: a setting is unknown, missing, of the wrong type or unsafe.
        """
        for error in self.wrong.values():
            raise error
        return self.values


def look_at(
    read: Callable[[str], Any],
    settings: Mapping[str, Setting],
    *,
    given: Iterable[object],
    written: Callable[[str], str],
    mails: bool = False,
) -> Looked:
    """Look at all settings of a host.

    Args:
        read: returns the value of a setting; it may raise a `PortalError`.
        settings: those that the host's adapter knows.
        given: the names that the host has set.
        written: returns the name of a setting as the host writes it.
        mails: mails are sent even if the setting ``MAIL`` is empty.
    """
    values: dict[str, Any] = {}
    wrong = {
        name: _unknown(name, settings, written)
        for name in sorted({str(name) for name in given} - settings.keys())
    }
    for name, setting in settings.items():
        value: Any = None
        try:
            value = read(name)
            values[name] = setting.check(value)
        except PortalError as error:
            wrong[name] = _named(written(name), setting, value, error)
    if values.get("MAIL_FROM") == "" and (mails or values.get("MAIL") is not None):
        missing = ConfigError("mails need an address that they come from")
        wrong["MAIL_FROM"] = _named(written("MAIL_FROM"), settings["MAIL_FROM"], "", missing)
    return Looked(values, wrong)


def _named(name: str, setting: Setting, value: object, error: PortalError) -> ConfigError:
    """Return an error that says which setting is meant, and how it is written."""
    evidence = {key: given for key, given in error.evidence.items() if key != "field"}
    if setting.shown and not evidence:
        evidence["value"] = value
    remedy = f"Set {name} to {setting.write}" + (f". {error.remedy}" if error.remedy else "")
    named = ConfigError(f"{name}: {error.problem}", remedy=remedy, **evidence)
    named.__cause__ = error.__cause__
    return named


def _unknown(
    name: str, settings: Mapping[str, Setting], written: Callable[[str], str]
) -> ConfigError:
    """Return an error without the value, which may be a key under a name that is misspelt."""
    near = get_close_matches(name.upper(), settings, 1)
    remedy = f"Write {written(near[0])}" if near else f"Known are {', '.join(sorted(settings))}"
    return ConfigError(f"there is no setting {written(name)}", remedy=f"{remedy}; or take it away")


# -- checks -------------------------------------------------------------------------------------


def maybe(check: Check) -> Check:
    """Return a check that lets ``None`` pass."""
    return lambda value: None if value is None else check(value)


def text(value: object) -> str:
    """Return one line of text."""
    if not isinstance(value, str):
        raise ConfigError("this is no text")
    if not value.isprintable():
        raise ConfigError("this holds a line break or another character that cannot be seen")
    return value


def function(value: Any) -> Callable[..., Any]:
    """Return what can be called."""
    _no_class(value)
    if not callable(value):
        raise ConfigError("this cannot be called")
    called: Callable[..., Any] = value
    return called


def _no_class(value: object) -> None:
    if isinstance(value, type):
        raise ConfigError("this is a class, and an instance is needed: call it", value=value)


def _instance(kind: type) -> Check:
    """Return a check of what has the methods of a protocol."""
    names = [name for name in vars(kind) if not name.startswith("_")]

    def check(value: object) -> object:
        _no_class(value)
        lacks = [name for name in names if not callable(getattr(value, name, None))]
        if lacks:
            raise ConfigError(f"this is no {kind.__name__}", value=value, lacks=", ".join(lacks))
        return value

    return check


def _keys(value: Any) -> Any:
    Keys(value)
    return value


def _mail(value: Any) -> Any:
    _no_class(value)
    return value if isinstance(value, Delivers) else function(value)


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigError("this is neither True nor False")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError("this is no whole number above 0")
    return value


def _brands(value: object) -> Mapping[str, Brand]:
    if not isinstance(value, Mapping):
        raise ConfigError("this is no dictionary of brands")
    for key, brand in value.items():
        if not isinstance(key, str) or not isinstance(brand, Brand):
            raise ConfigError("a brand has text as its key and is a Brand", key=key, brand=brand)
        if brand.logo is not None:
            read_logo(brand.logo)
    return value


def _folders(value: object) -> tuple[Path, ...]:
    given = (value,) if isinstance(value, (str, os.PathLike)) else value
    if not isinstance(given, Collection) or isinstance(given, Mapping):
        raise ConfigError("this is no list of folders")
    for folder in given:
        if not isinstance(folder, (str, os.PathLike)):
            raise ConfigError("this is no folder", folder=folder)
        if not os.fspath(folder) or not os.path.isdir(folder):
            raise ConfigError("there is no such folder", folder=os.fspath(folder))
    return tuple(map(Path, given))


def _templates(value: object) -> tuple[Path, ...]:
    """Return folders of templates, each of which can be used."""
    folders = _folders(value)
    Renderer(folders)
    return folders


def _locale(value: object) -> str:
    return clean.locale(text(value))


_SOURCE: Final = re.compile(
    r"'self'|[a-z][a-z0-9+.-]*:"  # ourselves; all of a scheme
    r"|([a-z][a-z0-9+.-]*://)?(\*|(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*)(:(\d+|\*))?(/[^\s;,'\"]*)?",
    re.IGNORECASE | re.ASCII,
)


def _sources(value: object) -> str:
    """Return the sources of ``frame-ancestors``; ``self`` without quotes would be a host of that name."""
    words = text(value).split()
    if words == ["'none'"]:
        return "'none'"
    for word in words or [""]:
        if word.lower() in ("self", "none") or not _SOURCE.fullmatch(word):
            raise ConfigError("this is no source of a content security policy", source=word)
    return " ".join(words)


def _policy(value: object) -> str:
    if not text(value).isascii():
        raise ConfigError("a content security policy is written in ASCII")
    return text(value)


def _sendfile(value: object) -> object:
    check_sendfile(value)
    return value


def _sender(value: object) -> str:
    if text(value):
        sender_of(text(value))
    return text(value)


def _address(value: object) -> str:
    if "<" in text(value):
        raise ConfigError("this is an address with a name, and here it stands alone")
    return clean.email(value)


def _off(value: Any) -> frozenset[str]:
    return Policy(off=value).off


def _reminders(value: Any) -> Reminders | None:
    given = Reminders() if value is None or value is False else value
    return Policy(reminders=given).reminders


# -- settings -----------------------------------------------------------------------------------

_LIMITS: Final = UploadLimits()
_FOLDERS: Final = "a list of folders that exist"


def _number(default: int, of: str) -> Setting:
    remedy = f"a whole number of {of} such as {default}; of text make one by int(os.environ[...])"
    return Setting(default, _whole, remedy)


SETTINGS: Final[Mapping[str, Setting]] = {
    "KEYS": Setting((), _keys, "a list of keys, the newest first", shown=False),
    "BASE_URL": Setting("", checked_base_url, "the public address of the mount point"),
    "STORE": Setting(None, maybe(_instance(Store)), "a store, such as SQLiteStore(...), or None"),
    "FILES": Setting(
        None, maybe(_instance(FileStore)), "a file store, such as DirectoryFiles(...), or None"
    ),
    "ACCESS": Setting(
        None, maybe(_instance(AccessLog)), "an access log, such as SQLiteAccessLog(...), or None"
    ),
    "STRICT": Setting(
        False,
        _yes_or_no,
        'True or False; of text make one by os.environ[...] == "true"',
    ),
    "LARGEST_FILE": _number(LARGEST_FILE, "bytes"),
    "UPLOAD_FILES": _number(_LIMITS.files, "files"),
    "UPLOAD_FILE_BYTES": _number(_LIMITS.file_bytes, "bytes"),
    "UPLOAD_DAY_FILES": _number(_LIMITS.day_files, "files"),
    "UPLOAD_DAY_BYTES": _number(_LIMITS.day_bytes, "bytes"),
    "INSPECT": Setting(None, maybe(function), "a function that takes an Upload, or None"),
    "BRANDS": Setting({}, _brands, 'a dictionary such as {"studio": Brand(name="Studio")}'),
    "TEMPLATES": Setting((), _templates, _FOLDERS),
    "LOCALES": Setting((), _folders, _FOLDERS),
    "LOCALE": Setting("en", _locale, "a language tag"),
    "FRAME_ANCESTORS": Setting(
        "'none'",
        _sources,
        "text such as \"'self' https://intranet.example\", in which 'self' and 'none' have quotes",
    ),
    "POLICY": Setting("", _policy, "a content security policy in one line of text, or ''"),
    "SENDFILE": Setting("", _sendfile, "a way to send files"),
    "MAIL": Setting(
        None, maybe(_mail), "what takes a Message, such as portalkit.transports.Smtp(...), or None"
    ),
    "MAIL_FROM": Setting("", _sender, "an address, for instance 'Studio <portal@agency.example>'"),
    "REPLY_TO": Setting("", _address, "an address without a name, such as 'maya@agency.example'"),
    "NOTICES_OFF": Setting((), _off, "a list of kinds of notices"),
    "REMINDERS": Setting(None, _reminders, "Reminders(...), or to None for the usual days"),
    "STAFF_URL": Setting(None, maybe(function), "a function that takes a Project, or None"),
}
"""The settings that every host has; adapters add a few of their own."""
