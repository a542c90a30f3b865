"""The plan: how each layer of a network is folded onto one device, and what that costs."""

from dataclasses import dataclass

from boards.board import Board, Device
from boards.resources import Resources
from hw.cores.fabric.home import Home, WeightsHome
from hw.network.network import Network


@dataclass(frozen=True, kw_only=True)
class Folding:
    """P output pixels side by side with PE channels and SIMD inputs of each at once, and the
    memory kinds. The pixels share what is read of the weights, and a word of weights is used
    for ``reuse`` cycles, for as many times P pixels.

    ``weights`` and ``buffers`` say where those live; buffers too shallow to fill a block live in
    LUTs whatever ``buffers`` says, as few limits do (`hw.cores.window.sizes`). Of the map that
    comes ``enters`` pixels are in a beat, of the one that is made ``leaves`` (`hw.plan.entry`).
    With ``few_registers`` registers are left out that only a fast clock needs.
    """

    pe: int
    simd: int
    weights: WeightsHome
    buffers: Home = "block"
    pixels: int = 1
    reuse: int = 1
    enters: int = 1
    leaves: int = 1
    few_registers: bool = False

    @property
    def together(self) -> int:
        """Pixels that share a word of weights, and are done together."""
        return self.pixels * self.reuse

    @property
    def parts(self) -> int:
        """Beats in which pixels that are done together go on."""
        return self.together // self.leaves

    @property
    def products(self) -> int:
        """Products of a cycle."""
        return self.pe * self.simd * self.pixels

    @property
    def size(self) -> str:
        """P x PE x SIMD; before them the reuse of a word of weights, if it is more than one."""
        uses = f"{self.reuse}*" if self.reuse > 1 else ""
        return f"{uses}{self.pixels} x {self.pe} x {self.simd}"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One layer of the network on the device: its folding, cycles of a frame, and estimate."""

    name: str
    folding: Folding
    cycles: int
    estimate: Resources


@dataclass(frozen=True, kw_only=True)
class Slots:
    """Images that the link keeps in block memory until they enter (`hw.plan.link`): at
    multiples of a power of two of bytes, or ``exact``, one right behind the other."""

    count: int
    exact: bool = False

    @property
    def window(self) -> int:
        """Images that may be under way: one where none is kept."""
        return max(self.count, 1)

    def __str__(self) -> str:
        return f"{self.count or 'no'} image slot{'s' * (self.count > 1)}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A network, a device and one `Stage` per product (the head's is the last).

    ``interval`` is the exact steady-state distance between frames in cycles, ``clock`` is in Hz,
    ``entry`` are the pixels that enter in a beat (`hw.plan.entry`), ``slots`` what the link keeps.
    """

    network: Network
    board: Board
    device: Device
    clock: float
    stages: tuple[Stage, ...]
    interval: int
    estimate: Resources
    entry: int = 1
    slots: Slots = Slots(count=2)

    @property
    def foldings(self) -> tuple[Folding, ...]:
        return tuple(stage.folding for stage in self.stages)

    @property
    def frames_per_second(self) -> float:
        return self.clock / self.interval
