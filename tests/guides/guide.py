"""The guides as programs: a block whose first line names a file is a part of that file."""

from __future__ import annotations

import re
from pathlib import Path

GUIDES = Path(__file__).parent.parent.parent / "docs" / "guides"


def write_files(document: Path, folder: Path) -> list[Path]:
    """Write the files of a document into a folder, in the order in which they begin."""
    parts: dict[Path, list[str]] = {}
    for block in re.findall(r"```python\n(.*?)```", document.read_text("utf-8"), re.DOTALL):
        named = re.match(r"# ([\w./-]+\.py)\n", block)
        if named:
            parts.setdefault(folder / named[1], []).append(block)
    for path, blocks in parts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n\n".join(blocks), "utf-8")
    return list(parts)
