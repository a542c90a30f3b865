"""A plan as ``plan.json``, read back without searching again."""

import json
from dataclasses import asdict
from pathlib import Path

from boards.board import Board, Device
from hw.network.archive import digest
from hw.network.layers import Network
from hw.plan.plan import Folding, Plan, Resources, Slots, Stage


def text(plan: Plan) -> str:
    """The plan as JSON: all but the network, of which the hash is there."""
    content = {
        "network": digest(plan.network),
        "board": plan.board.name,
        "device": plan.device.name,
        "clock": plan.clock,
        "interval": plan.interval,
        "entry": plan.entry,
        "slots": asdict(plan.slots),
        "frames_per_second": plan.frames_per_second,
        "estimate": asdict(plan.estimate),
        "stages": [asdict(stage) for stage in plan.stages],
    }
    return json.dumps(content, indent=1) + "\n"


def read(path: Path, network: Network, board: Board, device: Device) -> Plan:
    """The plan that `text` gave for this network, board and device."""
    content = json.loads(path.read_text())
    stages = tuple(
        Stage(
            name=stage["name"],
            folding=Folding(**stage["folding"]),
            cycles=stage["cycles"],
            estimate=Resources(**stage["estimate"]),
        )
        for stage in content["stages"]
    )
    return Plan(
        network=network,
        board=board,
        device=device,
        clock=content["clock"],
        stages=stages,
        interval=content["interval"],
        entry=content["entry"],
        slots=Slots(**content["slots"]),
        estimate=Resources(**content["estimate"]),
    )
