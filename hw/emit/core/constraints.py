"""The constraints of a core alone: its clock."""

from hw.emit.delivery import Delivery, Part


def text(delivery: Delivery) -> str:
    """The clock of the plan, in the format of Synopsys, which most tools read."""
    clock, hertz = delivery.core.interface.clock, delivery.core.plan.clock
    return (
        f"# {delivery.name} alone, at the {hertz / 1e6:g} MHz it was planned for. Inside another\n"
        "# design its clock is already constrained there, and this file is not read.\n"
        f"create_clock -name {clock} -period {1e9 / hertz:.3f} [get_ports {clock}]\n"
    )


PART = Part(suffix=".sdc", what="the clock, for synthesis of the core alone", text=text)
