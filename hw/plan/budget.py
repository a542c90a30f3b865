"""The budget of a design: the share of a device that it may take, and the smallest by area."""

from dataclasses import dataclass

import numpy as np

from boards.board import Device
from boards.resources import Resources
from model.refusal import Refusal

USUAL, QUICK, MOST = 0.1, 8_000, 0.8
"""The share of a device's logic that is taken where none is asked for; LUT4 that place in minutes
on any device, which are taken where that is fewer; and the share that is left alone even then, as
a full device is slow."""


@dataclass(frozen=True)
class Budget:
    """A ``share`` of a device's LUT4 and flip-flops, and all its EBR, as there is nothing to be had
    for those that are left.

    Raises
    ------
    Refusal
        The share is none.
    """

    device: Device
    share: float = 1.0

    def __post_init__(self) -> None:
        require_share(self.share)

    @property
    def resources(self) -> Resources:
        """All that a design may take."""
        device, share = self.device, self.share
        return Resources(lut=int(device.lut * share), ff=int(device.ff * share), ebr=device.ebr)

    @property
    def place(self) -> str:
        """A phrase for the device, or the share of it, in which a design does not fit."""
        if self.share == 1:
            return f"on {self.device.name}"
        return f"in {100 * self.share:g}% of the logic of {self.device.name}"


def require_share(share: float) -> None:
    """Refuse what is no share of a device."""
    if not 0 < share <= 1:
        raise Refusal(
            f"--fill {share:g} is no share of the device's logic; give more than 0 and at most 1"
        )


def usual_share(device: Device) -> float:
    """Of a device's logic, what a design takes at most where nothing else is asked for."""
    return max(USUAL, min(MOST, QUICK / device.lut))


def area(estimate: Resources) -> int:
    """Area, which "smallest" is by: quarters of a logic cell, which holds a LUT4 and a flip-flop.

    The scarcer of the two takes the cells. The other, that then finds its place in them, counts
    for a quarter: it is wired as well. An EBR counts as one cell, all of an 85F as 0.25 % of its
    logic, which decides between designs that no estimate could tell apart.
    """
    return int(areas(np.array([estimate.figures]))[0])


def areas(totals: np.ndarray) -> np.ndarray:
    """`area` of many designs, by their LUT4, flip-flops and EBR."""
    logic = totals[:, :2]
    return 4 * logic.max(axis=1) + logic.min(axis=1) + 4 * totals[:, 2]
