"""How it was made: the command, versions of all tools, hashes, and the seconds of every step."""

from collections.abc import Sequence

from hw.emit.page.blocks import Block, Table, Text
from hw.emit.page.section import Section, Told


def blocks(told: Told) -> Sequence[Block]:
    report = told.report
    seconds = [[step, f"{took:.2f}"] for step, took in report.seconds.items()]
    return [
        Text(text="Made by:", code=" ".join(report.command.split())),
        Table(caption="Versions", columns=("package", "version"), figures=False,
              rows=[list(each) for each in report.tools.items()]),
        Table(caption="SHA-256", columns=("file", "hash"), figures=False,
              rows=[list(each) for each in report.hashes.items()]),
        Table(caption="Steps of the build", columns=("step", "seconds"), rows=seconds),
    ]  # fmt: skip


SECTION = Section(order=12, heading="Versions", blocks=blocks)
