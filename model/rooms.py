"""Kinds that are a file each in a package: found by their names, so that no list names them."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType, ModuleType
from typing import Any


def kinds(package: ModuleType, constant: str) -> Mapping[str, Any]:
    """Values that the modules of ``package`` give to ``constant``, by module name and in its order;
    modules without it are left out."""
    modules = {name: import_module(f"{package.__name__}.{name}") for name in names(package)}
    return MappingProxyType({
        name: getattr(module, constant)
        for name, module in modules.items()
        if hasattr(module, constant)
    })


def names(package: ModuleType) -> tuple[str, ...]:
    """Names of the modules of ``package``, none of which is imported."""
    return tuple(sorted(each.name for each in iter_modules(package.__path__)))


def kind_of(value: object) -> str:
    """The name of the module of a value's class, by which `kinds` has it."""
    return type(value).__module__.rpartition(".")[2]
