"""Templates of a host in place of ours: a mistake in one is found at the start, not by a client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
)

from portalkit.errors import ConfigError

__all__ = ["Overrides"]

_REFERENCES: Final = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)


class Overrides:
    """The templates of a host that replace ours, with all of theirs that those extend, include or import.

    Args:
        environment: compiles them, and is asked for them later.
        folders: where they lie.
        ours: where those lie that can be replaced.

    Raises:
        ConfigError: one of them cannot be read or compiled, extends itself, or refers to one that is missing.
    """

    def __init__(self, environment: Environment, folders: Sequence[Path], ours: BaseLoader) -> None:
        self._environment = environment
        self._theirs = FileSystemLoader(folders)
        self._ours = ours.list_templates()
        self._trees: dict[str, nodes.Template] = {}
        self._paths: dict[str, str] = {}
        for name in self._ours:
            self._take(name)
        for name in self._trees:
            self._parents(name)

    def without_effect(self) -> Iterator[ConfigError]:
        """Yield what is written in vain, as an error that nobody has to raise: misspelt blocks and names."""
        for name, tree in self._trees.items():
            parents = self._parents(name)
            known = {block.name for parent in parents for block in self._blocks(parent)}
            for block in _outermost_blocks(tree) if parents else ():
                if block.name not in known:
                    yield ConfigError(
                        f"{parents[0]} has no block of this name",
                        remedy=f"Name one of {', '.join(sorted(known))}",
                        template=self._paths[name],
                        line=block.lineno,
                        block=block.name,
                    )
        for name in self._theirs.list_templates():
            if name.endswith((".html", ".txt")) and name not in self._trees:
                yield ConfigError(
                    "this template replaces none of ours, and none of yours uses it",
                    remedy=f"Name it as one of {', '.join(self._ours)}, or take it away",
                    template=name,
                )

    def _take(self, name: str) -> None:
        """Compile a template of theirs, and then what it refers to."""
        if name in self._trees:
            return
        try:
            source, path, _ = self._theirs.get_source(self._environment, name)
            self._paths[name] = path
            self._environment.get_template(name)
            tree = self._trees[name] = self._environment.parse(source, name, path)
        except TemplateNotFound:
            return
        except TemplateSyntaxError as error:
            raise _unusable(error.filename or name, str(error.message), error.lineno) from error
        except (OSError, UnicodeError) as error:
            raise _unusable(name, str(error)) from error
        for node in tree.find_all(_REFERENCES):
            wanted = _constant(node)
            if wanted is None:
                continue
            self._take(wanted)
            if not getattr(node, "ignore_missing", False) and not self._is_there(wanted):
                raise _unusable(path, f"there is no template {wanted}", node.lineno)

    def _is_there(self, name: str) -> bool:
        return name in self._trees or self._source(name) is not None

    def _source(self, name: str) -> str | None:
        assert self._environment.loader is not None
        try:
            return self._environment.loader.get_source(self._environment, name)[0]
        except TemplateNotFound:
            return None

    def _parents(self, name: str) -> list[str]:
        """The names of what a template extends, the nearest first."""
        found: list[str] = []
        while (tree := self._trees.get(name)) is not None:
            extends = tree.find(nodes.Extends)
            parent = _constant(extends) if extends is not None else None
            if parent is None:
                break
            if parent in found:
                assert extends is not None
                raise _unusable(
                    self._paths[name],
                    f"it extends itself; ours is portalkit/{parent}",
                    extends.lineno,
                )
            found.append(parent)
            name = parent
        return found

    def _blocks(self, name: str) -> Iterator[nodes.Block]:
        tree = self._trees.get(name) or self._environment.parse(self._source(name) or "")
        return tree.find_all(nodes.Block)


def _constant(node: nodes.Node) -> str | None:
    """The name of the template to which a node refers, if it is not worked out while rendering."""
    template = getattr(node, "template", None)
    value = template.value if isinstance(template, nodes.Const) else None
    return value if isinstance(value, str) else None


def _outermost_blocks(node: nodes.Node) -> Iterator[nodes.Block]:
    """The blocks that stand in no other: those inside one that is known are rendered with it."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Block):
            yield child
        else:
            yield from _outermost_blocks(child)


def _unusable(template: str, cause: str, line: int | None = None) -> ConfigError:
    where = {"template": template} | ({} if line is None else {"line": line})
    return ConfigError(
        "a template of yours cannot be used",
        remedy="Correct it, or take it away: ours is used then",
        **where,
        cause=cause,
    )
