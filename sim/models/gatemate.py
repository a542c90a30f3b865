"""GateMate in simulation: yosys' models, and ours of the PLL."""

from sim.models.fabric import Fabric, Part, Table


def _direction(cell: Part) -> str | None:
    return None if cell["type"] in ("CC_TOBUF", "CC_IOBUF") else ""


FABRIC = Fabric(
    models="gatemate.v",
    tables={
        f"CC_LUT{size}": Table(
            parameter="INIT", inputs=tuple(f"I{k}" for k in range(size)), output="O"
        )
        for size in (1, 2)
    },
    direction=_direction,
)
