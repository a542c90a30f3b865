"""A build in progress: the request, and the products of the steps so far."""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from boards.board import Board, Device
from boards.catalogue import board as find_board
from boards.catalogue import device as find_device
from hw.design import adjustable
from hw.design.adjustable import Adjustable
from hw.design.clocks import achieved
from hw.design.top import LAYERS
from hw.emit import highest, project, synth
from hw.emit.families import family
from hw.emit.family import Family
from hw.emit.place import Placement
from hw.emit.project import Project
from hw.emit.report import NetlistSimulation, Proofs, Report, Simulation
from hw.emit.synth import Synthesis
from hw.flow.folder import Folder
from hw.flow.prints import input_print, key
from hw.flow.request import BENCH_IMAGES, NETWORK, PLAN, Request
from hw.network import archive
from hw.network.network import Network
from hw.network.nodes.operations import Operations
from hw.plan import archive as plans
from hw.plan.front import Front
from hw.plan.plan import Plan, Stage
from model import labelled
from model.checkpoint import Checkpoint, load
from model.refusal import Refusal

RANDOM = 1 << 28
"""Most bytes of random images, which are in memory all at once."""


@dataclass(frozen=True, kw_only=True)
class Images:
    """Images to simulate, uint8 (N, C, H, W), with their labels, if known, and their source."""

    source: str
    images: np.ndarray
    labels: np.ndarray | None

    def first(self, count: int) -> "Images":
        """The first ``count`` images."""
        labels = None if self.labels is None else self.labels[:count]
        return replace(self, images=self.images[:count], labels=labels)


@dataclass(kw_only=True)
class Job:
    """A build in progress, with the products of its steps; ``through`` names the steps done.

    Raises
    ------
    Refusal
        There is no such board, variant or clock, or the folder cannot be one.
    """

    request: Request
    board: Board = field(init=False)
    device: Device = field(init=False)
    folder: Folder = field(init=False)
    clock: float = field(init=False)
    through: list[str] = field(default_factory=list)
    simulation: Simulation | None = None
    proofs: Proofs | None = None
    toggles: dict[str, Operations] | None = None
    answers: np.ndarray | None = None
    synthesis: Synthesis | None = None
    netlist: NetlistSimulation | None = None
    placement: Placement | None = None
    report: Report | None = None
    front: Front | None = None
    _prints: dict[Path, str | None] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self.board = find_board(self.request.board)
        self.device = find_device(self.board, self.request.variant)
        asked = self.request.clock or self.board.clock
        # The frequency that the PLL makes of the one asked for, so that all figures are right; a
        # core is given its clock.
        self.clock = asked if self.request.interface else achieved(self.board, asked)
        self.folder = Folder(self.request.out)
        if self.request.search and not self.family.again:
            raise Refusal(f"--clock max: a design for {self.board.name} cannot be given another "
                          "clock once it is placed; give one in MHz")

    @property
    def adjustable(self) -> Adjustable | None:
        """The clocks that are searched for the highest; None where one is asked for."""
        return adjustable.around(self.board, self.clock) if self.request.search else None

    @property
    def netlist_file(self) -> str:
        """Name of the netlist of the bitstream."""
        return highest.TUNED if self.request.search else synth.NETLIST

    @property
    def timed(self) -> Plan:
        """The plan at the clock of the bitstream, which is another where it was searched."""
        if self.placement and self.placement.searched:
            return replace(self.plan, clock=self.placement.asked)
        return self.plan

    @property
    def family(self) -> Family:
        """The tools of the board's device."""
        return family(self.board)

    @property
    def failures(self) -> list[str]:
        """The checks that have failed so far, one line each, to be printed."""
        checked = (self.simulation, self.proofs, self.netlist, self.placement)
        return [line for each in checked if each for line in each.failures]

    @property
    def variant(self) -> str:
        return self.request.variant or self.board.default_variant

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the placements to try until one meets the clock."""
        return tuple(range(self.request.seed, self.request.seed + self.request.attempts))

    @property
    def keep(self) -> list[str]:
        """Instance paths of the layers in the board's top."""
        return [self.path(stage) for stage in self.plan.stages]

    def path(self, stage: Stage) -> str:
        """Instance path of one layer in the board's top."""
        return f"{LAYERS}.{stage.name}"

    def print_of(self, path: Path) -> str | None:
        """SHA-256 of an input file, as it was when this build first read it."""
        if path not in self._prints:
            self._prints[path] = input_print(path)
        return self._prints[path]

    def _unchanged(self, path: Path, print_of: str | None) -> None:
        """Raise `Refusal` if an input file has changed since the steps' keys were made of it."""
        if input_print(path) != print_of:
            raise Refusal(f"{path}: was changed while it was being read; build again")

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The trained network; read when a step first asks for it."""
        print_of = self.print_of(self.request.checkpoint)
        checkpoint = load(self.request.checkpoint)
        self._unchanged(self.request.checkpoint, print_of)
        return checkpoint

    @cached_property
    def network(self) -> Network:
        """The folded network, of this build or read from an earlier one's file."""
        return archive.load(self.folder.verified(NETWORK))

    @cached_property
    def plan(self) -> Plan:
        """The plan, of this build or read from an earlier one's file."""
        return plans.read(self.folder.verified(PLAN), self.network, self.board, self.device)

    @cached_property
    def project(self) -> Project:
        """The files of the board's top, of this build or read from an earlier one's."""
        for name in self.folder.files_of("verilog"):
            self.folder.verified(name)
        return project.read(self.folder.tools)

    @property
    def default_images(self) -> Path:
        """Path of the images to simulate if none are named: images.npy beside the checkpoint."""
        return self.request.checkpoint.with_name("images.npy")

    @property
    def random_images(self) -> bool:
        """True if the images to simulate are random numbers."""
        return self.request.images is None and not self.default_images.is_file()

    @property
    def images_key(self) -> str:
        """A key that changes with the images to simulate, made without reading them as arrays."""
        paths = self.request.inputs
        prints = [self.print_of(path) for path in paths]
        seed = self.request.seed if self.random_images else None
        return key(prints, [str(path) for path in paths[1:]], seed)

    @property
    def _wanted(self) -> int:
        """Most images that any step simulates or writes down."""
        shown = BENCH_IMAGES if self.request.interface else 0
        return max(self.request.simulate, self.request.simulate_netlist or 0, shown)

    @cached_property
    def images(self) -> Images:
        """The images to simulate: those asked for, those beside the checkpoint, or random ones.

        They are cut to as many as any step simulates.

        Raises
        ------
        Refusal
            They are not uint8 of the network's shape, or there is not one label for each.
        """
        request = self.request
        if request.images:
            return self._from_files(request.images, request.labels)
        if request.labels:
            raise Refusal(f"--labels {request.labels}: labels of no images; give --images as well")
        default = self.default_images
        if default.is_file():
            labels = default.with_name("labels.npy")
            return self._from_files(default, labels if labels.is_file() else None)
        shape = self.checkpoint.arch["input"]["shape"]
        most = RANDOM // math.prod(shape)
        if self._wanted > most:
            raise Refusal(f"--simulate {self._wanted}: random images of {math.prod(shape):,} "
                          f"bytes are made in memory; give at most {most:,}")
        random = np.random.default_rng(request.seed)
        images = random.integers(0, 256, (self._wanted, *shape), np.uint8)
        return Images(source=f"random numbers, seed {request.seed}", images=images, labels=None)

    def _from_files(self, path: Path, labels: Path | None) -> Images:
        count = self._wanted
        before = [(file, self.print_of(file)) for file in (path, labels) if file]
        images, classes = labelled.read_files(path, labels, self.checkpoint)
        for file, print_of in before:
            self._unchanged(file, print_of)
        return Images(source=str(path), images=images[:count],
                      labels=None if classes is None else classes[:count])
