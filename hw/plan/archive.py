"""A plan as ``plan.json``, read back without searching again."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from boards.board import Board, Device
from boards.resources import Resources
from hw.network.archive import digest
from hw.network.network import Network
from hw.plan.plan import Folding, Plan, Slots, Stage
from model import files
from model.refusal import Refusal

LARGEST = 2**26
"""Bytes of a plan at most."""


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
    return json.dumps({"sha256": _hash(content), **content}, indent=1) + "\n"


def read(path: Path, network: Network, board: Board, device: Device) -> Plan:
    """The plan that `text` gave for this network, board and device.

    Raises
    ------
    Refusal
        For a file of anything else, or in which something was changed.
    """
    given = files.content(path, LARGEST, hint="hw.build writes plan.json")
    try:
        content = json.loads(given)
        if content.pop("sha256") != _hash(content):
            raise ValueError("changed or damaged")
        if (content["network"], content["board"], content["device"]) != (
                digest(network), board.name, device.name):
            raise ValueError("of another network, board or device")
        return _put_together(content, network, board, device)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refusal(f"{path}: not the plan of this build ({files.reason(error)}); remove the file"
                      " and build again") from None


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _put_together(
    content: dict[str, Any], network: Network, board: Board, device: Device
) -> Plan:
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
