"""The ports of a core as JSON, for programs that connect it."""

import json
from dataclasses import asdict

from hw.cores.link.registers import MAP
from hw.emit.delivery import Delivery, Part


def text(delivery: Delivery) -> str:
    """Ports by what they are, the shape of a frame, and the registers."""
    core, interface = delivery.core, delivery.core.interface
    network = core.plan.network
    told = {
        "name": delivery.name,
        "sources": delivery.sources,
        "interface": core.kind,
        "registers": core.registers,
        "clock": interface.clock,
        "reset": interface.reset,
        "reset_low": interface.low,
        "ports": [asdict(port) for port in core.ports],
        "entry": dict(interface.entry),
        "leave": dict(interface.leave),
        "shape": network.input_shape,
        "classes": len(network.classes),
        "pixels": core.plan.entry,
        "beats": interface.beats,
        "digest": core.info.digest.hex(),
        "map": {register.name: register.offset for register in MAP} if core.registers else {},
    }
    return json.dumps(told, indent=1) + "\n"


PART = Part(suffix=".json", what="ports, shapes and registers for programs", text=text)
