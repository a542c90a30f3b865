"""Names of modules that can stand beside other people's: all of one core begin with its name."""

import re
from collections.abc import Iterable, Mapping

_MODULE = re.compile(r"^module \\?(\S+?) ?\(", re.MULTILINE)
_TOKEN = re.compile(r"\\(\S+) |\b([A-Za-z_]\w*)\b")


def modules(verilog: str) -> list[str]:
    """Names of the modules that a text defines, in order."""
    return _MODULE.findall(verilog)


def names(found: Iterable[str], root: str, name: str) -> dict[str, str]:
    """A plain identifier for each module: ``name`` for ``root``, and for all others one that
    begins with ``name__``."""
    made: dict[str, str] = {}
    for module in found:
        within = module.removeprefix(f"{root}.")
        plain = name if module == root else f"{name}__" + re.sub(r"\W", "_", within)
        taken, number = set(made.values()), 2
        wanted = plain
        while plain in taken:
            plain, number = f"{wanted}_{number}", number + 1
        made[module] = plain
    return made


def renamed(verilog: str, made: Mapping[str, str]) -> str:
    """A text in which every name of ``made`` is another one, wherever it stands."""

    def other(found: re.Match[str]) -> str:
        escaped, plain = found.groups()
        name = made.get(escaped or plain)
        return found[0] if name is None else f"{name} " if escaped else name

    return _TOKEN.sub(other, verilog)
