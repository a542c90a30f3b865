"""The files that people take away from a build folder, and the README that says what each is."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

README = "README.md"

BELOW = "tools"
"""Folder within a build folder for what the tools read, write and say, and for the steps' keys."""

CORE = "core"
"""Folder within a build folder for the files of a core, which other designs take whole; the names
of these files begin with it."""


@dataclass(frozen=True)
class Taken:
    """What a file is, how it was made, and how it is used; ``{load}`` is the board's command."""

    what: str
    made: str
    use: str


_BITSTREAM = Taken(
    "the design for the device", "packed from the placed design", "load it: `{load}`")

TAKEN: Mapping[str, Taken] = {
    # Not from the families, as every step would then be run again when one of them changes.
    "design.bit": _BITSTREAM,
    "design.bin": _BITSTREAM,
    "design.fs": _BITSTREAM,
    "design.v": Taken(
        "the accelerator in Verilog, without the board", "written from network.npz and plan.json",
        "read it with any Verilog tool; ports are ready/valid streams"),
    "report.html": Taken(
        "the report for people, one page", "written from report.json and the simulated images",
        "open it in a browser, or send it: it reads nothing else"),
    "report.md": Taken(
        "the report in Markdown, without its pictures", "written as report.html is",
        "paste it where Markdown is read"),
    "report.json": Taken(
        "accuracy, speed, size and energy, by layer", "gathered from all steps",
        "read it with any JSON parser"),
    "plan.json": Taken(
        "folding, cycles and estimated cells of every layer", "searched for this device",
        "read it with any JSON parser"),
    "network.npz": Taken(
        "the network in integers", "folded from the checkpoint",
        "read it with `hw.network.archive.load`"),
    "explore.json": Taken(
        "every design worth building", "explored by hw.build --explore",
        "read it with any JSON parser"),
    "explore.svg": Taken(
        "a picture of explore.json", "explored by hw.build --explore", "open it in a browser"),
}  # fmt: skip
"""Files at the top of a build folder, in the order of the README; all others lie in `BELOW`."""


NOTHING: Mapping[str, str] = MappingProxyType({})


def place(name: str) -> str:
    """Where a file lies in a build folder, as a path within it."""
    at_top = name in TAKEN or name == README or name.startswith(f"{CORE}/")
    return name if at_top else f"{BELOW}/{name}"


def readme(
    names: list[str], *, title: str, command: str, load: str, more: Mapping[str, str] = NOTHING,
) -> str:
    """The text of a build folder's README.

    Parameters
    ----------
    names : files that the build has made.
    title : what was built, for which board.
    command : the command line of the build.
    load : command line that loads the bitstream into the board.
    more : what other files are, by their names.
    """
    lines = [
        f"- `{name}`: {each.what}; {each.made}; {each.use.format(load=load)}."
        for name, each in TAKEN.items() if name in names
    ]
    lines += [f"- `{name}`: {what}." for name, what in more.items() if name in names]
    made = " ".join(command.split())
    return "\n".join([
        f"# {title}", "", f"Made by `{made}`; the same command again makes only what changed.",
        "", *lines, f"- `{BELOW}/`: netlists, constraints, logs and other files of the tools.", "",
    ])  # fmt: skip
