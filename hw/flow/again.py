"""A build in which nothing has changed: recognised by one key, before anything heavy is imported.

The key of a step has the sources that the step reaches. To find them takes seconds, and so does the
import of what the steps run. Here one key has all of it: the request and the files it names, every
file of the program, every installed package and the compiler. If it is that of the last build, and
no file in the folder has changed, then neither has the key of any step.
"""

import platform
from dataclasses import asdict
from importlib import metadata

from boards.catalogue import board, device
from hw.emit import report
from hw.emit.report import Report
from hw.emit.table import plan_table
from hw.flow.folder import Folder
from hw.flow.prints import input_print, key
from hw.flow.request import NETWORK, PLAN, Request
from hw.flow.screen import Screen
from hw.flow.sources import tree
from hw.network import archive
from hw.plan import archive as plans
from model.refusal import Refusal
from sim.tools import tools


def whole_key(request: Request) -> str:
    """A key that changes with anything that the result of a build depends on."""
    asked = {name: str(value) for name, value in asdict(request).items()}
    packages = sorted(f"{each.name} {each.version}" for each in metadata.distributions())
    try:
        compiler = tools().versions
    except Refusal as refusal:
        compiler = str(refusal)
    prints = [input_print(path) for path in request.inputs]
    return key(asked, prints, tree(), packages, platform.python_version(), compiler)


def recall(request: Request, screen: Screen) -> Report | None:
    """The report of an earlier build if this one would make nothing new; shown as `hw.steps` does.

    Raises
    ------
    Refusal
        The folder cannot be used, or another build is at work in it.
    """
    if request.explore or not request.out.is_dir():
        return None
    folder = Folder(request.out)
    with folder.locked(request.command or str(request.checkpoint)):
        told = folder.finished(whole_key(request))
        if "report" not in told:
            return None
        for name, result in told.items():
            screen.unchanged(name, result)
            if name == "plan":
                network, on = archive.load(folder.verified(NETWORK)), board(request.board)
                there = device(on, request.variant)
                screen.console.print(plan_table(
                    plans.read(folder.verified(PLAN), network, on, there)))
        return report.read(folder.verified(report.FILE))
