"""The folder of a build as the host reads it: board, bitstream, network and plan."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from boards.board import Board
from boards.catalogue import board as find_board
from hw.emit.families import family
from hw.emit.report import FILE
from hw.flow.prints import fingerprint
from hw.flow.request import NETWORK, PLAN
from hw.network import archive
from hw.network.network import Network
from hw.plan import archive as plans
from hw.plan.plan import Plan
from model.refusal import Refusal, refused


class Built:
    """A build folder, of which each part is read when it is first asked for.

    Every property raises `Refusal` where its file is missing or is not that of the build.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def report(self) -> dict[str, Any]:
        """Content of ``report.json``; only ``hashes`` is sure to be there."""
        path = self.folder / FILE
        try:
            report = json.loads(path.read_text())
        except FileNotFoundError:
            raise Refusal(f"{path}: no such file; give the folder of a build") from None
        except OSError as error:
            raise Refusal(refused(error, path)) from None
        except ValueError:
            report = None
        if not isinstance(report, dict) or not isinstance(report.get("hashes"), dict):
            raise Refusal(f"{path}: no report of a build; run hw.build again")
        return report

    @property
    def board(self) -> Board:
        """The board that it was built for."""
        return find_board(str(self.report.get("board")))

    @property
    def bitstream(self) -> Path:
        """The bitstream, which is the one that the report is of."""
        path = self.folder / family(self.board).bitstream
        there, reported = fingerprint(path), self.report["hashes"].get(path.name)
        if there is None:
            raise Refusal(f"{path}: no such file; run hw.build without --stop-after")
        if there != reported:
            raise Refusal(f"{path}: not the file that {FILE} is of; run hw.build again")
        return path

    @cached_property
    def network(self) -> Network:
        """The network in integers."""
        return archive.load(self.folder / NETWORK)

    @property
    def plan(self) -> Plan:
        """The plan of its design."""
        devices = {device.name: device for device in self.board.devices.values()}
        named = self.report.get("device")
        if named not in devices:
            raise Refusal(f"{self.folder / FILE}: the {self.board.name} has no device {named!r};"
                          " run hw.build again")
        return plans.read(self.folder / PLAN, self.network, self.board, devices[named])
