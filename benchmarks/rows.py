"""The rows of RESULTS.md: a network, a device, the share of it to use, and a clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.networks import SOURCES, Source
from model.refusal import Refusal

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One design to build and measure.

    Parameters
    ----------
    network : name in `benchmarks.networks.SOURCES`.
    fill : share of the device that the fastest design may take.
    fps : frames/s that the smallest design must reach, whatever share it takes; None: the fastest.
    clock : clock in MHz; None is the board's own.
    images : number of test images to simulate.
    target : target of the design in words.
    rate : frames/s of the target, if it is a number.
    goal : frames/s beyond it that are hoped for.
    """

    name: str
    network: str
    board: str = "ulx3s"
    variant: str | None = None
    fill: float = 0.1
    fps: float | None = None
    clock: float | None = None
    images: int = 1000
    target: str = ""
    rate: float | None = None
    goal: float | None = None

    @property
    def source(self) -> Source:
        return SOURCES[self.network]

    @property
    def options(self) -> list[str]:
        """Options of ``python -m hw.build`` after the checkpoint."""
        words = ["--board", self.board]
        if self.variant is not None:
            words += ["--variant", self.variant]
        words += ["--fill", f"{self.fill:g}"] if self.fps is None else ["--fps", f"{self.fps:.10g}"]
        return words if self.clock is None else [*words, "--clock", f"{self.clock:g}"]

    @property
    def command(self) -> str:
        """The command that builds the row, as typed."""
        words = ["python -m hw.build --checkpoint", self.source.shown, *self.options]
        return " ".join(words)


ALL = (
    Row(name="cnv-85f", network="cnv", variant="85F", fill=0.78, clock=95, rate=60_000,
        goal=100_000, target="FINN's CNV-max on a Zynq Z7045 makes 21,906"),
    Row(name="cnv-ecpix5", network="cnv", board="ecpix5", variant="85", fill=0.78, clock=130,
        rate=85_000, goal=150_000, target="the same design on speed grade 8"),
    Row(name="cnv-85f-fifth", network="cnv", variant="85F", fill=0.2, clock=85,
        target="above 3,052 frames/s, those of its authors on a small Zynq at 100 MHz",
        rate=3_052),
    Row(name="cnv-45f", network="cnv", variant="45F", fill=0.8, clock=84, rate=14_000,
        goal=20_000, target="the fastest that fits"),
    Row(name="cnv-25f", network="cnv", variant="25F", fill=1.0, clock=80,
        target="the fastest that fits"),
    Row(name="lfc-85f", network="lfc", variant="85F", fill=0.3, clock=110,
        target="beside FINN's LFC-max, 1.56 M frames/s (recalled, unchecked)"),
    Row(name="sfc-85f", network="sfc", variant="85F", fill=0.2, clock=110, rate=3e6,
        goal=12.3e6,
        target="beside FINN's SFC-max, 12.3 M frames/s and 0.31 us (recalled, unchecked)"),
    Row(name="tfc-85f", network="tfc", variant="85F", fps=8e6, clock=125, rate=8e6,
        target="frames/s and latency"),
    Row(name="tfc-85f-small", network="tfc", variant="85F", fill=0.03, clock=125,
        target="frames/s and latency in a few percent of the device"),
    Row(name="vgg51-85f", network="vgg51", variant="85F", fill=0.6, clock=115, images=200,
        rate=27_000, target="the fastest that fits"),
    Row(name="vgg64-85f", network="vgg64", variant="85F", fill=0.6, clock=100, images=200,
        rate=15_000, target="the fastest that fits"),
    Row(name="vgg96-85f", network="vgg96", variant="85F", fill=0.4, clock=115, images=100,
        rate=3_000, target="the fastest that fits"),
    Row(name="resnet20-85f", network="resnet20", variant="85F", fill=0.5, images=4,
        target="half a device, with all its weights on the chip"),
    Row(name="resnet20-16-85f", network="resnet20-16", variant="85F", fill=0.5, images=20,
        target="the fastest in half a device"),
    Row(name="resnet18-16-85f", network="resnet18-16", variant="85F", fill=0.5, images=20,
        target="the fastest in half a device"),
    Row(name="cifar10-85f", network="cifar10", variant="85F", fill=0.6, clock=110, rate=70_000,
        target="the fastest that fits"),
    Row(name="mnist-85f-tenth", network="mnist", variant="85F",
        target="a first build: a tenth of the device"),
    Row(name="mnist-85f", network="mnist", variant="85F", fill=0.2, clock=115,
        target="the fastest that fits; Fmax above pocket-bnn's 132 MHz, fewer than its 17,276"
        " slices"),
    Row(name="mnist-12f", network="mnist", variant="12F", fill=0.4, clock=110, rate=200_000,
        target="the fastest that fits"),
    Row(name="mnist-up5k", network="mnist", board="icebreaker", fill=0.97, clock=30, rate=6_000,
        target="the fastest that fits"),
    Row(name="mnist-up5k-least", network="mnist", board="icebreaker", fps=1, clock=30, images=20,
        target="the smallest that classifies at all"),
)  # fmt: skip

ROWS: dict[str, Row] = {row.name: row for row in ALL}

QUICK = ("mnist-85f-tenth", "tfc-85f-small")
"""Rows that `make bench-quick` builds, with one seed and few images."""

QUICK_IMAGES = 64


def chosen(asked: str | None, rows: Mapping[str, R], usual: Iterable[str]) -> list[R]:
    """The rows of ``--rows A,B``, or the usual ones. Raises `Refusal` for an unknown row."""
    names = list(usual) if asked is None else asked.split(",")
    if unknown := [name for name in names if name not in rows]:
        raise Refusal(f"--rows {','.join(unknown)}: no such row; choose from {', '.join(rows)}")
    return [rows[name] for name in names]
