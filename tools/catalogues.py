"""Bring the message catalogues up to date with the texts in `src/portalkit`, and compile them.

    make locale                   write what has changed
    make locale ARGS=--check      write nothing; exit 1 when something would change

A new language begins with an empty folder: `src/portalkit/locale/fr/LC_MESSAGES`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = ROOT / "src" / "portalkit"
LOCALE: Final = SOURCE / "locale"

Id = str | tuple[str, str]
Text = tuple[str | None, Id]
"""A context, if there is one, and the English: one form, or singular and plural."""


class Catalogue(Catalog):
    """A catalogue whose header says only what does not change from run to run."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """Return the lines of the header."""
        language = [("Language", str(self.locale)), ("Plural-Forms", self.plural_forms)]
        return [
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            *(language if self.locale else []),
            ("Content-Transfer-Encoding", "8bit\n"),
        ]


# -- what is said in the source -----------------------------------------------------------------


Call = tuple[str, list[object]]
"""The name of what is called, and its arguments as far as they are literals."""


def python_calls(source: str) -> Iterator[Call]:
    """Yield the calls in a Python module."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=arguments):
                yield name, [getattr(argument, "value", None) for argument in arguments]


def template_calls(source: str) -> Iterator[Call]:
    """Yield the calls in a Jinja template."""
    for call in Environment().parse(source).find_all(nodes.Call):
        match call.node:
            case nodes.Name(name=name) | nodes.Getattr(attr=name):
                yield name, [getattr(argument, "value", None) for argument in call.args]


READERS: Final = {".py": python_calls, ".html": template_calls, ".txt": template_calls}


def text_of(function: str, arguments: list[object]) -> Text | None:
    """Return the text that a call names by literals, or None if it names none."""
    match function, arguments:
        case "N_" | "_" | "text", [str(message), *_]:
            return None, message
        case "n_" | "plural", [str(one), str(many), *_]:
            return None, (one, many)
        case "_C" | "context", [str(context), str(message), *_]:
            return context, message
    return None


def template() -> Catalogue:
    """Return the catalogue of all texts, untranslated: file by file, and in each by the alphabet."""
    texts = Catalogue(header_comment="# The texts of portalkit: make locale", fuzzy=False)
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in READERS and "admin" not in path.parts:  # Django's own templates
            calls = READERS[path.suffix](path.read_text("utf-8"))
            found = {text for call in calls if (text := text_of(*call))}
            place = [(path.relative_to(ROOT).as_posix(), 0)]
            for context, id in sorted(found, key=lambda text: (text[0] or "", *forms(text[1]))):
                texts.add(id, context=context, locations=place, flags=flags_of(id))
    return texts


def forms(id: Id) -> tuple[str, ...]:
    """Return the one form of a text, or both."""
    return (id,) if isinstance(id, str) else id


def flags_of(id: Id) -> list[str]:
    """Return the flag that tells tools for translators about ``{name}``."""
    return ["python-brace-format"] if "{" in "".join(forms(id)) else []


# -- the files ----------------------------------------------------------------------------------


def translated(texts: Catalogue, path: Path) -> Catalogue:
    """Return the texts with the translations of a file, without those that nothing uses any more."""
    old = Catalog()
    if path.is_file():
        with path.open("rb") as file:
            old = read_po(file)
    language = path.parts[-3]
    new = Catalogue(language, header_comment=f"# portalkit: {language}", fuzzy=False)
    for text in texts:
        if text.id:
            known = old.get(text.id, text.context)
            kept = known if known and known.pluralizable == text.pluralizable else text
            new.add(
                text.id,
                kept.string,
                context=text.context,
                locations=text.locations,
                flags=text.flags | (kept.flags & {"fuzzy"}),
                user_comments=kept.user_comments,
            )
    return new


def po(catalogue: Catalogue) -> bytes:
    """Return a catalogue as text; lines are never wrapped, which every version does its own way."""
    out = BytesIO()
    write_po(out, catalogue, width=0, include_lineno=False)
    return out.getvalue().rstrip() + b"\n"


def mo(catalogue: Catalogue) -> bytes:
    """Return a catalogue compiled."""
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def files() -> Iterator[tuple[Path, bytes]]:
    """Yield each file and what it should hold."""
    texts = template()
    yield LOCALE / "portalkit.pot", po(texts)
    for folder in sorted(LOCALE.glob("*/LC_MESSAGES")):
        path = folder / "portalkit.po"
        catalogue = translated(texts, path)
        yield path, po(catalogue)
        yield path.with_suffix(".mo"), mo(catalogue)


def main(arguments: list[str]) -> int | str:
    """Write what has changed, or say that something would."""
    if arguments not in ([], ["--check"]):
        return "usage: tools/catalogues.py [--check]"
    stale = [
        (path, content)
        for path, content in files()
        if not path.is_file() or path.read_bytes() != content
    ]
    for path, content in stale:
        print(path.relative_to(ROOT))
        if not arguments:
            path.write_bytes(content)
    return 1 if stale and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
