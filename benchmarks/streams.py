"""Bytes up and down: through portalkit, through the peer, and as fast as a plain loop goes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import BinaryIO

import content
import ours
import peer
from flask import Flask
from wsgi import Browser

from portalkit import Portal

SIZE = 64 * 1024**2
"""How many bytes go up and down."""
CHUNK = 64 * 1024


def sample(path: Path, size: int = SIZE) -> Path:
    """Write a file of this size that no disk can make smaller, and return its path."""
    block = os.urandom(1024**2)
    with path.open("wb") as file:
        for number in range(size // len(block)):
            file.write(number.to_bytes(8) + block[8:])
    return path


def our_upload(portal: Portal, source: Path) -> Callable[[], None]:
    """Return what delivers a file to the typical project."""
    desk = portal.desk(ours.STAFF)
    milestone = list(desk.project(content.TYPICAL).milestones)[content.COMPLETED]
    numbers = count(1)

    def upload() -> None:
        with desk.change(content.TYPICAL) as change, source.open("rb") as stream:
            name = f"archive-{next(numbers)}.bin"
            change.add_file(milestone, stream, name=name, purpose="Everything in one file")

    return upload


def our_download(app: Flask, browser: Browser) -> Callable[[], int]:
    """Return what downloads the file that was delivered last, and says how many bytes came."""
    project = ours.portal_of(app).project(content.TYPICAL)
    file = list(project.files.values())[-1]
    browser.go(f"{browser.path}f/{file.id}/1")
    return browser.length


def peer_upload(portal: peer.Peer, folder: Path, source: Path) -> Callable[[], str]:
    """Return what delivers a file to the typical project, by hand."""
    with portal.reading() as session:
        milestone = peer.milestones_of(session, content.TYPICAL)[content.COMPLETED]

    def upload() -> str:
        with source.open("rb") as stream:
            return portal.deliver(milestone, stream, folder)

    return upload


def plain_upload(folder: Path, source: Path) -> Callable[[], str]:
    """Return the floor of an upload: read, hash, write, flush, rename."""
    numbers = count()

    def upload() -> str:
        target = folder / f"plain-{next(numbers)}"
        with source.open("rb") as stream, target.with_suffix(".part").open("wb") as file:
            digest = copied(stream, file)
            file.flush()
            os.fsync(file.fileno())
            os.rename(file.name, target)
        return digest

    return upload


def copied(stream: BinaryIO, file: BinaryIO) -> str:
    """Copy a stream into a file, and return its sha256."""
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
        file.write(chunk)
    return digest.hexdigest()


def plain_download(source: Path) -> Callable[[], int]:
    """Return the floor of a download: read the file to its end."""

    def download() -> int:
        with source.open("rb") as stream:
            return sum(len(chunk) for chunk in iter(lambda: stream.read(CHUNK), b""))

    return download
