"""What the cells that a design names stand for: plain modules and words of memory, plain.json."""

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
    """The plain form of a module of cells.

    Parameters
    ----------
    core : the module of this program that wrote the cells.
    rtlil : a design whose top has the name and the ports of the cells' module. Its registers have
        no reset: nothing is said of the cycles of one.
    begun, turns : while these inputs are 1 for so many cycles, the others tell what registers hold.
    """

    core: str
    rtlil: str
    begun: tuple[str, ...] = ()
    turns: int = 0


@dataclass(frozen=True, kw_only=True)
class Words:
    """What blocks of memory must hold; the words in hexadecimal, in the order of their addresses.
    """

    core: str
    width: int
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Plain:
    """Plain forms by the names of the modules of cells, words by those of the RTLIL modules whose
    blocks hold them."""

    modules: Mapping[str, Form]
    memories: Mapping[str, Words]

    def text(self) -> str:
        """As the text of ``plain.json``."""
        return _FORMAT.dump_json(self, indent=1).decode() + "\n"


_FORMAT = TypeAdapter(Plain)


def read(path: Path) -> Plain:
    """Read what `Plain.text` gave."""
    return _FORMAT.validate_json(path.read_text())


def collect(platform: Platform) -> Plain:
    """What the cores of a design have named, once the platform has built it."""
    forms = {
        name: Form(
            core=module.core, rtlil=rtlil.convert(_Running(module.plain), name=name,
            emit_src=False), begun=module.begun, turns=module.turns,
        )
        for name, module in platform.modules.items()
    }  # fmt: skip
    memories = {
        # Where a signal ended up is something that Amaranth keeps for constraints.
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
