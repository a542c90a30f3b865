"""The search for the highest clock, by a stand-in for nextpnr; its real runs are in `sim`."""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from emit_nextpnr import write_timing

from hw.emit import endpoints, highest, place
from hw.emit.family import REST
from hw.emit.highest import TUNED, Clocks
from hw.emit.known.ecp5 import FAMILY as ECP5
from hw.emit.place import Placement
from hw.emit.synth import NETLIST
from hw.emit.tools import Failure

MADE = [40e6, 60e6, 80e6, 84e6, 90e6, 100e6, 104e6, 110e6]
"""The clocks that there are in these tests."""

CLOCKS = Clocks(
    first=80e6, lowest=40e6,
    highest=lambda reached: max((each for each in MADE if each <= reached), default=None),
    settings=lambda clock: {"pll": {"DIV": f"{int(clock / 1e6):08b}"}},
)  # fmt: skip


def _netlist(divider: int = 80) -> str:
    pll = {
        "type": "EHXPLLL", "parameters": {"DIV": f"{divider:08b}"}, "connections": {},
        "attributes": {},
    }  # fmt: skip
    return json.dumps({"modules": {"top": {"cells": {"pll": pll}, "ports": {}}}})


def _divider(text: str) -> int:
    return int(json.loads(text)["modules"]["top"]["cells"]["pll"]["parameters"]["DIV"], 2)


Searched = Callable[..., tuple[Placement, list[list[str]]]]


@pytest.fixture
def searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Searched]:
    """Searches where nextpnr would reach these clocks in MHz, run by run. What it writes as a
    configuration names the placement and the clock of the netlist that it read."""
    (tmp_path / NETLIST).write_text(_netlist())

    def searching(
        reached: Sequence[float], clocks: Clocks = CLOCKS, *, again: str = "", **more: Any
    ) -> tuple[Placement, list[list[str]]]:
        runs: list[list[str]] = []
        numbers = count()

        def run(tool: object, *words: str, folder: Path, log: str, watch: Any = None) -> None:
            runs.append([*words])
            given = dict(pairwise(words))
            netlist = (folder / given["--json"]).read_text()
            asked = _divider(netlist)
            placed = json.loads(netlist)
            if "--no-place" in words:
                (of,) = placed["modules"]["top"]["cells"]["pll"]["attributes"].values()
                (folder / given["--textcfg"]).write_text(
                    f".pll\nclock {asked}{again}\n\n.tile\n{of}\n")
                return
            if "--no-route" in words:  # memories are tried
                (folder / given["--write"]).write_text(netlist)
                return
            number = next(numbers)
            placed["modules"]["top"]["cells"]["pll"]["attributes"]["NEXTPNR_BEL"] = f"run {number}"
            (folder / given["--write"]).write_text(json.dumps(placed))
            (folder / given["--textcfg"]).write_text(
                f".tile\nconstant\nrun {number}\n\n.pll\nkept\nclock {asked}\n")
            # The constraint follows from the netlist, as it does in nextpnr.
            write_timing(folder, given, reached[number], asked, "a", run=number)

        monkeypatch.setattr(place, "run", run)
        monkeypatch.setattr(highest, "run", run)
        made = highest.search(
            ECP5, tmp_path, ["--12k"], [], clocks=clocks, seeds=more.pop("seeds", (1, 2)), **more
        )
        return made, runs

    yield searching


def test_the_fastest_of_all_gets_the_highest_clock_that_it_meets(
    searched: Searched, tmp_path: Path
) -> None:
    made, runs = searched([85.0, 109.0, 101.0, 99.0])
    assert made.met and (made.asked, made.achieved, made.seed) == (104e6, 109e6, 1)
    # Each is asked for 5 % more than any before has reached.
    assert made.searched == ((80e6, 85e6), (84e6, 109e6), (110e6, 101e6), (110e6, 99e6))
    assert made.constraint == 84e6 and len(runs) == 6
    assert (tmp_path / ECP5.configuration).read_text() == (
        ".tile\nconstant\nrun 1\n\n.pll\nkept\nclock 104\n")
    assert json.loads((tmp_path / place.timing(1)).read_text())["run"] == 1
    (register,) = endpoints.read(tmp_path / place.ENDPOINTS, {REST: REST})
    assert register.delays == (round(1e6 / 109),)
    assert _divider((tmp_path / TUNED).read_text()) == 104
    assert _divider((tmp_path / NETLIST).read_text()) == 80
    assert place.read(tmp_path) == made
    left = {"asked.json", "best.json", "again.json", "given.json", "best.report.json"}
    assert not left & {path.name for path in tmp_path.iterdir()}


def test_nextpnr_is_told_the_clock_of_every_attempt(searched: Searched) -> None:
    _, runs = searched([85.0, 109.0], seeds=(7,))
    told = [run[run.index("--freq") + 1] for run in runs]
    assert told == ["80.000000", "84.000000", "84.000000", "104.000000"]
    assert all(set(ECP5.again) <= set(run) for run in runs[2:])


def test_a_clock_below_the_first_is_better_than_none(searched: Searched) -> None:
    made, _ = searched([70.0, 65.0, 50.0, 61.0])
    assert made.met and made.asked == 60e6
    assert [asked for asked, _ in made.searched] == [80e6] * 4


def test_a_clock_that_a_frame_rate_needs_is_not_given_up(
    searched: Searched, tmp_path: Path
) -> None:
    bound = Clocks(first=80e6, lowest=80e6, highest=CLOCKS.highest, settings=CLOCKS.settings)
    made, runs = searched([70.0, 65.0, 50.0, 79.9], bound)
    assert not made.met and len(runs) == 4
    (failure,) = made.failures
    assert "79.9 MHz of 80 with seeds 1, 2;" in failure


def test_a_configuration_that_cannot_be_changed_ends_it(searched: Searched) -> None:
    with pytest.raises(Failure, match=r"this placement: \.pll has not what is to be changed"):
        searched([85.0, 90.0, 90.0, 90.0], again=" otherwise")


def test_every_way_is_tried_and_for_crowded_memories_one(searched: Searched) -> None:
    _, runs = searched([85.0, 90.0], seeds=(1,))
    assert [run[run.index("--placer") + 1] for run in runs[:2]] == ["static", "heap"]
    made, (tried, *runs) = searched([85.0, 90.0], blocks=9)
    assert "--no-route" in tried and len(made.searched) == 2
    assert [run[run.index("--placer") + 1] for run in runs[:2]] == ["static"] * 2
