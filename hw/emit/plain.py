"""Plain forms of the cells that cores instantiate themselves, and words of memories: plain.json."""

from collections.abc import Mapping
from pathlib import Path

from amaranth import ClockDomain, ClockSignal, Module
from amaranth.back import rtlil
from amaranth.build import Platform
from amaranth.lib import wiring
from amaranth.lib.wiring import In
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

FILE = "plain.json"


@dataclass(frozen=True, kw_only=True)
class Form:
    """The plain form of a module of cells: ordinary logic that the cells must equal.

    Parameters
    ----------
    core : the Python module that wrote the cells.
    rtlil : a design whose top has the name and the ports of the cells' module. Its registers have
        no reset: the proof does not cover cycles of reset.
    begun, settling : inputs that load the registers from the other inputs while they are 1, and the
        cycles that a load takes.
    """

    core: str
    rtlil: str
    begun: tuple[str, ...] = ()
    settling: int = 0


@dataclass(frozen=True, kw_only=True)
class Words:
    """The content that block memories must have: words in hexadecimal, in the order of addresses.
    """

    core: str
    width: int
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Plain:
    """All that the cells of a design must equal.

    Parameters
    ----------
    modules : plain forms by the name of the module of cells.
    memories : words by the name of the RTLIL module that has the block memories.
    """

    modules: Mapping[str, Form]
    memories: Mapping[str, Words]

    def text(self) -> str:
        """The text of ``plain.json``."""
        return _FORMAT.dump_json(self, indent=1).decode() + "\n"


_FORMAT = TypeAdapter(Plain)


def read(path: Path) -> Plain:
    """Read a file that `Plain.text` was written to."""
    return _FORMAT.validate_json(path.read_text())


def collect(platform: Platform) -> Plain:
    """The plain forms and words that cores gave a platform, once it has elaborated the design."""
    forms = {
        name: Form(
            core=module.core, rtlil=rtlil.convert(_Running(module.plain), name=name,
            emit_src=False), begun=module.begun, settling=module.settling,
        )
        for name, module in platform.modules.items()
    }  # fmt: skip
    memories = {
        # Amaranth keeps the hierarchical name of every signal for its constraints.
        ".".join(platform._name_map[each.inside][:-1]): Words(
            core=each.core, width=each.width, words=tuple(f"{word:x}" for word in each.words)
        )
        for each in platform.words
    }
    if len(memories) != len(platform.words):
        raise AssertionError("two components whose blocks are of one module")
    return Plain(modules=forms, memories=memories)


class _Running(wiring.Component):
    """A component that is never reset, with its clock as the port ``clk``."""

    def __init__(self, plain: wiring.Component) -> None:
        self._plain = plain
        super().__init__({**dict(plain.signature.members), "clk": In(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.domains.sync = ClockDomain(reset_less=True, local=True)
        m.submodules.plain = self._plain
        m.d.comb += ClockSignal().eq(self.clk)
        for name, member in self._plain.signature.members.items():
            outer, inner = getattr(self, name), getattr(self._plain, name)
            m.d.comb += inner.eq(outer) if member.flow == In else outer.eq(inner)
        return m
