"""The highest clock of a board that its design meets: placed for one, and then for higher ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path

from hw.design.adjustable import Settings
from hw.emit import place
from hw.emit.family import Family
from hw.emit.place import Placement
from hw.emit.retune import changed, retune_file
from hw.emit.synth import NETLIST
from hw.emit.tools import Failure, run

TUNED = "tuned.json"
"""The netlist of `NETLIST` at the clock that was found."""

LOG = "again.log"
"""Log of nextpnr as it reads the placed design again."""

MORE = 1.05
"""Every attempt is asked for so much more than any before has reached."""

_ASKED, _BEST, _AGAIN = "asked.json", "best.json", "again.json"


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """The clocks in Hz that a placed design can be given.

    Parameters
    ----------
    first : the clock that is asked of the first attempt.
    lowest : none below is taken.
    highest : the highest clock that there is not above one that was reached; None if there is none.
    settings : what a clock asks of the netlist's cells.
    """

    first: float
    lowest: float
    highest: Callable[[float], float | None]
    settings: Callable[[float], Settings]

    def met(self, reached: float) -> float | None:
        """The highest clock that a design can be given which reaches so much."""
        found = self.highest(reached)
        return None if found is None or found < self.lowest else found


def search(
    family: Family,
    folder: Path,
    device: Sequence[str],
    keep: Sequence[str],
    *,
    clocks: Clocks,
    seeds: Sequence[int],
    blocks: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> Placement:
    """Place and route design.json with every seed and way, each time for a higher clock, and give
    the fastest of all the highest clock that it meets; ``blocks`` as of `hw.emit.place.place`.

    Delays of a routed design are the same at any clock. What depends on it are parameters of a few
    cells: they are changed in the placed design and in its configuration. The files are those of
    `hw.emit.place.place`, and `TUNED`.

    Raises
    ------
    Refusal, Failure
        As `hw.emit.tools.run` does; also when the design does not fit the device, or its
        configuration cannot be changed.
    """
    best: Placement | None = None
    asked, tried = clocks.first, list[tuple[float, float]]()
    ways = place.ways_of(family, blocks)
    first = (*place.options(family, device, asked), *ways[0])
    netlist = place.prepared(family, folder, first, seeds[0], blocks, say)
    for seed, way in product(seeds, ways):
        retune_file(folder, netlist, _ASKED, clocks.settings(asked))
        options = (*place.options(family, device, asked), *way)
        one = place.attempt(
            family, folder, _ASKED, options, keep, asked, seed,
            partial(_said, say, asked), whole=True,
        )  # fmt: skip
        tried.append((asked, one.achieved))
        if best is None or one.achieved > best.achieved:
            best = one
            place.take(family, folder, seed)
            (folder / place.files(seed)[-1]).replace(folder / _BEST)
        asked = max(asked, clocks.highest(MORE * best.achieved) or asked)
    assert best is not None
    made = clocks.met(best.achieved)
    if made is not None:
        _configure(family, folder, device, best, clocks, made)
    retune_file(folder, NETLIST, TUNED, clocks.settings(made or clocks.first))
    for name in (place.GIVEN, _ASKED, _BEST, _AGAIN):
        (folder / name).unlink(missing_ok=True)
    return place.kept(folder, replace(
        best, asked=made or clocks.first, tried=tuple(seeds), searched=tuple(tried)))


def _said(say: Callable[[str], None], asked: float, text: str) -> None:
    say(f"for {asked / 1e6:.1f} MHz, {text}")


def _configure(
    family: Family, folder: Path, device: Sequence[str], best: Placement, clocks: Clocks,
    clock: float,
) -> None:
    """Change the configuration of the best placement to a clock that it meets.

    nextpnr writes that of the placed netlist twice, for the clock as it was and for the new one:
    what differs between the two is changed in the configuration that there is.
    """
    before, again = (folder / family.configuration).read_text(), list[str]()
    for each in (best.constraint, clock):
        retune_file(folder, _BEST, _AGAIN, clocks.settings(each))
        run(
            family.placer, *place.options(family, device, each), *family.again, "--json", _AGAIN,
            *(option.format(family.configuration) for option in family.configure),
            folder=folder, log=LOG,
        )  # fmt: skip
        again.append((folder / family.configuration).read_text())
    try:
        (folder / family.configuration).write_text(changed(before, *again))
    except ValueError as error:
        raise Failure(f"no other clock can be given to this placement: {error}",
                      folder / LOG) from None
