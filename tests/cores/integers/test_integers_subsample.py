"""Some rows and columns of a map between zeros, against the node; never a beat that is not taken
at once."""

import numpy as np
import pytest

from hw.cores.integers.subsample import Subsample, SubsampleSizes, resources
from hw.network.nodes.subsample import Subsample as Node
from sim.cycles import PACES, Pace, passed

MAPS = 2

SIZES = {
    "as ResNet-20 has it": {"beats": 4, "before": 2, "after": 2, "map": (4, 4), "stride": (2, 2)},
    "odd sides": {"beats": 3, "before": 1, "after": 2, "map": (3, 5), "stride": (2, 2)},
    "zeros before alone": {"beats": 1, "before": 2, "after": 0, "map": (2, 6), "stride": (1, 3)},
    "zeros behind alone": {"beats": 2, "before": 0, "after": 1, "map": (5, 2), "stride": (3, 1)},
    "no zeros": {"beats": 2, "before": 0, "after": 0, "map": (4, 5), "stride": (2, 3)},
    "every one": {"beats": 2, "before": 1, "after": 1, "map": (3, 3), "stride": (1, 1)},
    "a single one": {"beats": 1, "before": 1, "after": 3, "map": (1, 1), "stride": (2, 2)},
    "a stride past the map": {"beats": 1, "before": 0, "after": 1, "map": (3, 3), "stride": (5, 4)},
}


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("name", SIZES)
def test_it_is_the_node(name: str, pace: Pace) -> None:
    sizes = SubsampleSizes(width=7, **SIZES[name])
    rows, columns = sizes.stride
    node = Node(name="short", sources=("x",), rows=rows, columns=columns, before=sizes.before,
                after=sizes.after)
    rng = np.random.default_rng(pace.seed)
    maps = rng.integers(1, 128, (MAPS, *sizes.map, sizes.beats))
    expected = node.arithmetic()(maps)
    assert expected[0].size == sizes.leaves and maps[0].size == sizes.comes
    found = passed(Subsample(sizes), maps.ravel().tolist(), expected.size, pace)
    assert found.values == expected.ravel().tolist()
    if not pace.stall:
        first = np.array(found.sent[: sizes.comes])
        assert found.received[: sizes.leaves] == sizes.times(first).tolist()
        if sizes.leaves <= sizes.comes:
            assert found.sent == [*range(found.sent[0], found.sent[0] + len(found.sent))]


def test_only_beats_that_wait_behind_zeros_have_a_fifo() -> None:
    padded, plain = (SubsampleSizes(width=14, **SIZES[name])
                     for name in ("as ResNet-20 has it", "no zeros"))
    assert padded.pads and not plain.pads
    assert resources(padded).lut > resources(plain).lut + 14 and padded.depth > 2
    # Eight beats of a row's two positions leave while eight come.
    assert padded.depth == 8
