"""The public names: what a module announces in `__all__` is there, and nothing is forgotten."""

from __future__ import annotations
import __future__

from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType

import pytest

import portalkit
from tests.django import settings as _django_is_set_up  # noqa: F401  (its models ask for it)

MODULES = ["portalkit", *(m.name for m in walk_packages(portalkit.__path__, "portalkit."))]


@pytest.mark.parametrize("name", MODULES)
def test_every_announced_name_exists(name: str) -> None:
    module = import_module(name)
    announced = list(getattr(module, "__all__", ()))
    assert len(announced) == len(set(announced)), "a name stands twice in __all__"
    assert [n for n in announced if not hasattr(module, n)] == []


def test_every_public_name_of_the_package_is_announced() -> None:
    public = {
        name
        for name, value in vars(portalkit).items()
        if not name.startswith("_") and not isinstance(value, ModuleType | __future__._Feature)
    }
    assert sorted(public - set(portalkit.__all__)) == []
