"""A case: one input, the command to run on it, and the right result."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

Make = Callable[[Path], list[str]]
"""Function that writes an input into an empty folder, and returns the command's arguments."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One input to one command.

    Parameters
    ----------
    kind : table that the case belongs to, such as "checkpoint".
    name : the oddity in a few words.
    command : module that is run, such as "hw.build".
    make : function that writes the input.
    taken : True for good input, which the command must accept with status 0.
    told : text that the refusal must contain, in upper or lower case.
    """

    kind: str
    name: str
    command: str
    make: Make = field(repr=False)
    taken: bool = False
    told: str = ""


@dataclass(kw_only=True)
class Cases:
    """A list of cases of one kind."""

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
