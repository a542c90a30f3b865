"""The share of a device that a design takes where no frame rate and no share is asked for."""

from boards.board import Device

USUAL, QUICK, MOST = 0.1, 8_000, 0.8
"""The share of a device's logic that is taken where none is asked for; LUT4 that place in minutes
on any device, which are taken where that is fewer; and the share that is left alone even then, as
a full device is slow."""


def usual_share(device: Device) -> float:
    """Of a device's logic, what a design takes at most where nothing else is asked for."""
    return max(USUAL, min(MOST, QUICK / device.lut))
