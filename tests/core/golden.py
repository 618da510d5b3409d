"""The recordings in ``tests/golden``: rows as they were first written, never made anew."""

from __future__ import annotations

import json
from pathlib import Path

from portalkit.storage import Row

FOLDER = Path(__file__).parent.parent / "golden"
CHAINS = {
    "0.1.0": "608cfed9a4f062436e2768dc5b20c3a4e8b7b24c7a32408089605cbde3aaa2ca",
    "bounces": "dc30c15032922f0ca1e5b6ade274209f8daba28f22abad391fb99b2b5d806431",
    "notices": "1e422d6e67ac071e7d125ccc88c0c848a55594dc90984a8f44b198c2d64b93a5",
    "uploads": "83a85790c7766984be79919e46a2a353d7fdfce06abaf0cd8e1c233943d7185d",
}
"""The last chain of each recording."""


def recorded(name: str) -> list[Row]:
    """Return the rows of a recording."""
    lines = (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [Row(**json.loads(line)) for line in lines]
