"""A case: one input, the command that is given it, and what is right to happen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

Make = Callable[[Path], list[str]]
"""Writes an input into an empty folder; returns the words after the command's name."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One input to one command.

    Parameters
    ----------
    kind : the table it belongs to, such as "checkpoint".
    name : what is odd about it, in a few words.
    command : the module that is run, such as "hw.build".
    make : writes it.
    taken : whether it is good input, which the command must take with status 0.
    told : what the one line must say, in any case of letters.
    """

    kind: str
    name: str
    command: str
    make: Make = field(repr=False)
    taken: bool = False
    told: str = ""


@dataclass(kw_only=True)
class Cases:
    """Cases of one kind, as they are listed."""

    kind: str
    listed: list[Case] = field(default_factory=list)

    def add(
        self, name: str, command: str, make: Make, *, told: str = "", taken: bool = False
    ) -> None:
        self.listed.append(
            Case(kind=self.kind, name=name, command=command, make=make, taken=taken, told=told)
        )

    def __iter__(self) -> Iterator[Case]:
        return iter(self.listed)
