"""Resources of an FPGA: the cells that a device has, or a design takes."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Numbers of cells of the fabric.

    ``lut`` counts two for a carry cell of ECP5, all logic cells of iCE40 and Gowin, and all halves
    of GateMate's; ``ebr`` are blocks of 18, 4 or 20 kbit.
    """

    lut: int = 0
    ff: int = 0
    ebr: int = 0

    def __add__(self, other: "Resources") -> "Resources":
        return Resources(
            lut=self.lut + other.lut, ff=self.ff + other.ff, ebr=self.ebr + other.ebr
        )

    def __sub__(self, other: "Resources") -> "Resources":
        return Resources(
            lut=self.lut - other.lut, ff=self.ff - other.ff, ebr=self.ebr - other.ebr
        )

    @property
    def figures(self) -> tuple[int, int, int]:
        """LUT4, flip-flops, EBR."""
        return self.lut, self.ff, self.ebr
