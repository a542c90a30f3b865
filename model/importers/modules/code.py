"""Code of a user's own module: it is imported and run, and ends in a refusal if it cannot."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

from model.faults import shown
from model.files import reason
from model.refusal import Refusal

PACKAGE = "_of_its_user"
"""Name that the file is imported under: no other module's."""

Given = TypeVar("Given")


@dataclass(frozen=True, kw_only=True)
class Code:
    """What the user says of the module: ``name`` of a class or function of no arguments in
    ``file``, the images' ``shape``, the ``rule`` of `latents` for the weights of plain layers, ""
    for none, and the names of layers whose weights stay ``real``."""

    file: Path
    name: str
    shape: tuple[int, int, int]
    rule: str = ""
    real: tuple[str, ...] = ()


@contextmanager
def imported(code: Code) -> Iterator[ModuleType]:
    """The Python module in the file, which may import its neighbours as long as the block lasts."""
    if not code.file.is_file():
        raise Refusal(f"--module {code.file}: no such file; give FILE.py:CLASS")
    folder = code.file.resolve().parent
    path, there = sys.path.copy(), set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        name = PACKAGE
        if (folder / "__init__.py").is_file():
            run(code, lambda: _execute(PACKAGE, folder / "__init__.py", [str(folder)]))
            name = f"{PACKAGE}.{code.file.stem}"
        yield run(code, lambda: _execute(name, code.file))
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - there:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
                del sys.modules[name]


def _execute(name: str, file: Path, folders: list[str] | None = None) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folders)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def run(code: Code, call: Callable[[], Given]) -> Given:
    """What the user's code gives. Raises `Refusal` with whatever error it ends in."""
    try:
        return call()
    except Refusal:
        raise
    except (Exception, SystemExit) as error:
        raise Refusal(f"{code.file}:{code.name}: running it ended in {type(error).__name__}"
                      f" ({shown(reason(Exception(str(error))), 200)})") from None


class Double(TorchFunctionMode):
    """The block in which PyTorch computes in float64, also where code says float32."""

    def __enter__(self) -> "Double":
        self.usual = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        return super().__enter__()

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        torch.set_default_dtype(self.usual)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        func = Tensor.double if func is Tensor.float else func
        args, kwargs = tree_map(_doubled, (args, kwargs or {}))
        return func(*args, **kwargs)


def _doubled(given: Any) -> Any:
    if isinstance(given, Tensor) and given.dtype == torch.float32:
        return given.double()
    return torch.float64 if given is torch.float32 else given
