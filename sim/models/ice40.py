"""iCE40 in simulation: yosys' models, and ours of the PLL and of the buffers of pins."""

from sim.models.fabric import Fabric, Table, by_parameter

FABRIC = Fabric(
    models="ice40.v",
    tables={
        "SB_LUT4": Table(parameter="LUT_INIT", inputs=("I0", "I1", "I2", "I3"), output="O")
    },
    direction=by_parameter(
        "SB_IO", "PIN_TYPE", {"000001": "INPUT", "011001": "OUTPUT", "101001": "OUTPUT"}
    ),
)
