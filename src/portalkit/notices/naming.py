"""How a message is named: its Message-ID leads back to the project that sent it."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["name_of", "read_name"]

_LONGEST: Final = 500
_NAME: Final = re.compile(r"<?([0-9a-f]{32})\.([a-z0-9_!-]{1,64})(?:@[^\s<>@]+)?>?")


def name_of(message: str, project: str) -> str:
    """Return what the Message-ID of a message is made of; it can stand before an ``@`` as it is.

    Args:
        message: the id of the message, 32 hex characters.
        project: the project's id; its dots are written as ``!``, which no id holds.
    """
    return f"{message}.{project.replace('.', '!')}"


def read_name(text: object) -> tuple[str, str] | None:
    """Return the ids of message and project in a Message-ID; ``None`` if it is none of ours.

    Args:
        text: with or without the brackets around it and the host behind it; perhaps anything else.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    found = _NAME.fullmatch(text.strip())
    return (found[1], found[2].replace("!", ".")) if found else None
