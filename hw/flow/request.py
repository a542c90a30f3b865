"""A request for a build, and what is taken where it says nothing."""

from dataclasses import dataclass
from pathlib import Path

SIMULATED = 32
"""Images to simulate at most."""

ATTEMPTS = 3
"""Placements to try for a clock: nextpnr's result varies by some 8 % from seed to seed."""

PROVE = 300.0
"""Most seconds for proofs: the 16 modules of the MNIST example take some 20 of them."""

NETLIST_IMAGES = 16
"""Images to simulate the synthesised netlist on."""

LARGE_NETLIST = 12_000
"""LUT4 above which a netlist is only simulated on request: compiling it takes some 10 ms of CPU for
each."""

BENCH_IMAGES = 2
"""Images in the test bench of a core, whatever is simulated."""

NETWORK, PLAN = "network.npz", "plan.json"
"""Files of the steps that fold and plan."""

PLAINLY, FAMILY = "plain", "family"
"""Which cells a core may name: none, or those of the device's family."""

STOPS = ("fold", "plan", "verilog", "prove", "synth", "netlist", "place", "bitstream")
"""The steps that a build can stop after; from the plan on, the report still follows."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request for a build: the options of ``python -m hw.build``.

    Parameters
    ----------
    variant, fps, fill, clock, stop_after, images, labels : None takes the default.
    clock : in Hz.
    search : the clock is searched: the highest that a placement meets.
    simulate : most images to co-simulate; 0 simulates nothing.
    prove : most seconds for proofs of cells; modules that are left then are only simulated.
    simulate_netlist : most images to simulate the synthesised netlist on; None: some, where
        ``simulate`` is not 0 and it takes a minute or two.
    allow_differing : images that may have another class than PyTorch's, besides ties in float32.
    seed : seed of the first placement, and of random images where there are no others.
    attempts : placements to try, each with the next seed, until one meets the clock.
    explore : explore resources at every rate instead of building; ignores ``fps`` and ``fill``.
    interface : a kind of `hw.design.interfaces`: a core is made, and no board; empty: a board.
    top, registers, cells : of a core the name of its module, its bus of `hw.cores.bus`, if any, and
        `PLAINLY` or `FAMILY`.
    command : the command line, for the report.
    """

    checkpoint: Path
    board: str
    out: Path
    variant: str | None = None
    fps: float | None = None
    fill: float | None = None
    clock: float | None = None
    search: bool = False
    stop_after: str | None = None
    images: Path | None = None
    labels: Path | None = None
    simulate: int = SIMULATED
    prove: float = PROVE
    simulate_netlist: int | None = None
    allow_differing: int = 0
    seed: int = 1
    attempts: int = ATTEMPTS
    explore: bool = False
    interface: str = ""
    top: str = ""
    registers: str = ""
    cells: str = PLAINLY
    command: str = ""

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Files that the build reads, the checkpoint first; some may not be there."""
        beside = (self.checkpoint.with_name(name) for name in ("images.npy", "labels.npy"))
        return (self.checkpoint, *(path for path in (self.images, self.labels, *beside) if path))


def name_of(checkpoint: Path) -> str:
    """A network's name: that of its file, or of its folder where the file is called net.pt."""
    folder = checkpoint.absolute().parent.name
    return folder if checkpoint.stem == "net" and folder else checkpoint.stem


def default_out(checkpoint: Path, made: str) -> Path:
    """The default build folder ``build/<name>-<made>``, with the network's name of `name_of` and
    that of the board or the core that is made."""
    return Path("build") / f"{name_of(checkpoint)}-{made}"
