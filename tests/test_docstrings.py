"""The docstrings of public names are complete: they are pages of the documentation.

One plain sentence first; then every argument or attribute by name, and every error that the code raises
before one's eyes.  What a seam's protocol says is not said again by those who implement it; the fields of
facts stand in ``docs/facts.md``.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from portalkit import Fact, PortalError, errors
from portalkit.storage import AccessLog, FileStore, HasPath, Scrubs, Store, TakesTurns
from portalkit.web import Web

MODULES = (
    "portalkit",
    "portalkit.portal",
    "portalkit.model",
    "portalkit.facts",
    "portalkit.errors",
    "portalkit.flask",
    "portalkit.storage",
    "portalkit.storage.memory",
    "portalkit.storage.sqlite",
    "portalkit.storage.directory",
    "portalkit.testing",
    "portalkit.web",
)
SEAMS = (Store, FileStore, AccessLog, TakesTurns, Scrubs, HasPath)
SEAM_METHODS = {name for seam in SEAMS for name in vars(seam) if not name.startswith("_")}
INSIDE = {Web: {"handle"}}
"""Of these classes only some methods are for others."""


def public() -> Iterator[tuple[str, Any]]:
    """Every public class, function, method and property, by name."""
    for module in map(importlib.import_module, MODULES):
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                yield f"{thing.__module__}.{name}", thing
            if inspect.isclass(thing):
                for part, function in methods(thing):
                    yield f"{thing.__module__}.{name}.{part}", function


def methods(cls: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties that a class defines itself."""
    implements = cls.__module__.startswith("portalkit.storage.")
    for name, value in vars(cls).items():
        function = function_of(value)
        said = implements and name in SEAM_METHODS
        hidden = name.startswith(("_", "test_")) or name not in INSIDE.get(cls, {name})
        if function is not None and not said and not hidden:
            yield name, function


def function_of(value: Any) -> Any:
    """The function behind a method or property, or `None` for what is neither."""
    value = value.fget if isinstance(value, property) else value
    value = inspect.unwrap(value) if callable(value) else value
    return value if inspect.isfunction(value) else None


PUBLIC = dict(public())


def sections(thing: Any) -> dict[str, str]:
    """The parts of a docstring by their headings; what stands before the first is ``""``."""
    found = {"": ""}
    name = ""
    for line in (inspect.getdoc(thing) or "").splitlines():
        heading = re.fullmatch(r"(Args|Attributes|Returns|Raises):", line)
        if heading:
            name = heading[1]
            found[name] = ""
        else:
            found[name] += line + "\n"
    return found


def names(section: str) -> list[str]:
    """The names that a section explains."""
    return re.findall(r"^    \*{0,2}(\w+):", section, re.MULTILINE)


@pytest.mark.parametrize("name", PUBLIC)
def test_it_begins_with_one_plain_sentence(name: str) -> None:
    first = (PUBLIC[name].__doc__ or "").strip().partition("\n\n")[0]
    assert first, "there is no docstring"
    assert re.match(r"[A-Z`]", first)
    assert re.search(r"[.:]$", first), first
    assert len(first) < 240, "say less in the first sentence"


CALLABLE = [n for n, t in PUBLIC.items() if inspect.isfunction(t)]


@pytest.mark.parametrize("name", CALLABLE)
def test_every_argument_is_explained(name: str) -> None:
    """In the order of the signature; one argument of a seam's small helper may stand in the sentence."""
    function = PUBLIC[name]
    wanted = [p for p in inspect.signature(function).parameters if p not in ("self", "cls")]
    found = sections(function)
    if len(wanted) == 1 and f"``{wanted[0]}``" in found[""]:
        return
    assert names(found.get("Args", "")) == wanted


def raises(node: ast.AST) -> Iterator[str]:
    """The classes that a function raises by name, beside those of functions inside it."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef() | ast.Lambda():
                continue
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name))):
                yield name
        yield from raises(child)


@pytest.mark.parametrize("name", CALLABLE)
def test_every_error_that_it_raises_is_explained(name: str) -> None:
    """As far as it can be read: ``raise`` in its own body, and what is explained is an error of ours."""
    function = PUBLIC[name]
    raised = set(raises(ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]))
    explained = set(names(sections(function).get("Raises", "")))
    assert raised & set(errors.__all__) <= explained
    assert explained <= set(errors.__all__), "no error of portalkit"
    assert not re.search(r"; raise[sd]? `", inspect.getdoc(function) or ""), "say it under Raises"


VALUES = [
    name
    for name, cls in PUBLIC.items()
    if inspect.isclass(cls) and attrs.has(cls) and not issubclass(cls, (Fact, PortalError))
]


@pytest.mark.parametrize("name", VALUES)
def test_every_attribute_of_a_value_is_explained(name: str) -> None:
    cls = PUBLIC[name]
    wanted = [field.name for field in attrs.fields(cls) if not field.name.startswith("_")]
    assert names(sections(cls).get("Attributes", "")) == wanted


MADE = [
    name
    for name, cls in PUBLIC.items()
    if inspect.isclass(cls) and "__init__" in vars(cls)
    if not attrs.has(cls) and not getattr(cls, "_is_protocol", False)
]


@pytest.mark.parametrize("name", MADE)
def test_every_argument_of_a_class_is_explained(name: str) -> None:
    """Unless a method makes it: then its docstring says which."""
    found = sections(PUBLIC[name])
    if "Made by `" not in found[""]:
        assert names(found.get("Args", "")) == list(inspect.signature(PUBLIC[name]).parameters)
