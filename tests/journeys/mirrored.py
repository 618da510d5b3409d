"""A language that is written from right to left, made of the catalogues' template.

Every Latin letter becomes a Hebrew one.  Nobody can read it; a browser lays it out like the real thing.
"""

from __future__ import annotations

import re
import string
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from portalkit.language import SHIPPED

LOCALE = "he"
DIRECTION = "writing direction: ltr or rtl"
LETTERS = str.maketrans(
    string.ascii_letters,
    (
        "\u05d0\u05d1\u05d2\u05d3\u05d4\u05d5\u05d6\u05d7\u05d8\u05d9\u05db\u05dc\u05de\u05e0\u05e1\u05e2\u05e4\u05e6\u05e7\u05e8\u05e9\u05ea\u05d0\u05d1\u05d2\u05d3"
    )
    * 2,
)


def mirrored(message: str) -> str:
    """A message in the language, with its placeholders."""
    return re.sub(
        r"\{\w+\}|[A-Za-z]+", lambda m: m[0] if m[0][0] == "{" else m[0].translate(LETTERS), message
    )


def write_catalogue(folder: Path) -> None:
    """Write the catalogue where `Languages` looks for it."""
    with (SHIPPED / "portalkit.pot").open("rb") as file:
        catalogue = read_po(file)
    for message in catalogue:
        if message.context == DIRECTION:
            message.string = "rtl"
        elif message.id:
            one = isinstance(message.id, str)
            message.string = mirrored(message.id) if one else tuple(map(mirrored, message.id))
    place = folder / LOCALE / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "portalkit.mo").open("wb") as file:
        write_mo(file, catalogue)
