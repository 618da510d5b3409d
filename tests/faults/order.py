"""In which order things reach the disk and the client: read from a shim's notes or from strace, judged by one rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from attrs import frozen


@frozen
class Event:
    """Something that was done: write, ftruncate, fsync, rename, unlink, mkdir, rmdir; or an answer was about to leave.

    ``path`` is the file, and of a rename the new name; ``old`` is its old one.
    """

    what: str
    path: str = ""
    old: str = ""


def from_notes(lines: Iterable[str]) -> list[Event]:
    """Read what the shim has noted."""
    return [Event(*line.split(" ")) for line in lines]


_CALL = re.compile(r"(?:\d+ +)?(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)")
_HERE = re.compile(r"^\d+<(?P<path>[^>]*)>")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_NAMES = {"pwrite64": "write", "fdatasync": "fsync", "renameat": "rename", "renameat2": "rename"}
_ANSWERS = {"sendto", "send"}


def from_strace(lines: Iterable[str], folder: str) -> list[Event]:
    """Read what ``strace -f -y`` has written, as far as it is about a folder or an answer."""
    return [event for event in map(_event, _joined(lines)) if event and _concerns(event, folder)]


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Put together the calls that strace tells in two parts, because another thread came between."""
    begun: dict[str, str] = {}
    for line in lines:
        thread = line.split(" ", 1)[0]
        if line.rstrip().endswith("<unfinished ...>"):
            first = line.rstrip().removesuffix("<unfinished ...>")
            if any(f" {name}(" in first for name in _ANSWERS):
                yield first + ") = 0"  # it counts from its beginning on
            else:
                begun[thread] = first
        elif " resumed>" in line:
            if thread in begun:
                yield begun.pop(thread) + line.partition(" resumed>")[2]
        else:
            yield line


def _event(line: str) -> Event | None:
    call = _CALL.match(line)
    if call is None or call["result"].startswith("-"):
        return None
    name, arguments = call["name"], call["arguments"]
    if name in _ANSWERS:
        return Event("answer") if '"HTTP/' in arguments else None
    name = _NAMES.get(name, name)
    here, texts = _HERE.match(arguments), _TEXT.findall(arguments)
    if name == "rename":
        return Event(name, texts[1], texts[0])
    return Event(name, here["path"] if here else texts[0] if texts else "")


def _concerns(event: Event, folder: str) -> bool:
    return event.what == "answer" or f"{event.path}/".startswith(f"{folder}/")


# -- the rule -----------------------------------------------------------------------------------


def unsafe(events: Sequence[Event]) -> list[str]:
    """Tell what would be lost if the power went at an answer: nothing, if all is in order.

    What was written has to be synced before it is renamed or answered for, and so has the folder in which
    a name was made.  The access log promises nothing, and SQLite's shared memory is made anew.
    """
    bytes_of: set[str] = set()
    names: set[PurePath] = set()
    found = []
    for event in events:
        path = PurePath(event.path)
        match event.what:
            case "write" | "ftruncate":
                if not re.search(r"-shm$|/access\.sqlite3", event.path):
                    bytes_of.add(event.path)
            case "fsync":
                bytes_of.discard(event.path)
                names = {name for name in names if name.parent != path}
            case "mkdir":
                names.add(path)
            case "rename":
                if event.old in bytes_of:
                    found.append(f"{event.old} was renamed before it was synced")
                names.add(path)
            case "unlink" | "rmdir":
                bytes_of.discard(event.path)
                names.discard(path)
            case "answer":
                late = sorted([*bytes_of, *map(str, names)])
                found += [f"{path} was answered for before it was synced" for path in late]
    return found


def outline(events: Sequence[Event]) -> list[str]:
    """What happened to bytes and log, in order; the same again only once, and what is no promise left out."""
    told: list[str] = []
    for event in events:
        name = PurePath(event.path).name
        thing = (
            "half file"
            if name.endswith(".part")
            else "log"
            if name.endswith("-wal")
            else "file"
            if "/files/" in event.path and event.what == "rename"
            else "folder"
            if event.what in ("fsync", "mkdir") and "." not in name
            else ""
        )
        step = f"{event.what} {thing}".strip()
        if (thing or event.what == "answer") and told[-1:] != [step]:
            told.append(step)
    return told
