"""The choices of a network and the runs of a rate, made once for all the tests of a process.

They are the same for every budget, clock and test, and are what planning CNV spends its time on.
"""

from collections.abc import Iterator

import pytest

from boards.board import Family
from hw.plan import search
from hw.plan.choices import Choice
from hw.plan.combine import Graph, Runs
from hw.plan.formats import SINGLE, Beats, Formats
from hw.plan.layers.layer import Layer


@pytest.fixture(autouse=True, scope="session")
def made_once() -> Iterator[None]:
    """Both functions of the search keep what they return, by what they were given."""
    choices, unbeaten_runs = search.choices, search.unbeaten_runs
    options: dict[tuple[Layer, Formats, Beats, Family, bool], list[Choice]] = {}
    runs: dict[tuple[tuple[int, ...], int, str, int], tuple[Graph, Runs | None]] = {}

    def kept_choices(
        layer: Layer, formats: Formats, beats: Beats = SINGLE, *, family: Family, crowded: bool
    ) -> list[Choice]:
        if (key := (layer, formats, beats, family, crowded)) not in options:
            options[key] = choices(layer, formats, beats, family=family, crowded=crowded)
        return options[key]

    def kept_runs(graph: Graph, limit: int) -> Runs | None:
        # A cost that a test put in the place of the real one is another function. The graph is
        # kept as well, so that nothing else gets the places in memory that it is known by.
        given = tuple(map(id, graph.options))
        if (key := (given, graph.arriving, repr(graph.converter_cost), limit)) not in runs:
            runs[key] = graph, unbeaten_runs(graph, limit)
        return runs[key][1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "choices", kept_choices)
        patch.setattr(search, "unbeaten_runs", kept_runs)
        yield
