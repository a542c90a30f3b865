"""Latencies of small and large networks; that simulation agrees is for `sim` to say."""

import pytest
from plan_networks import cnv, digits, flat, tiny, vectors

from hw.plan import latency
from hw.plan.graph import formats, layers

KNOWN = {
    (digits, 0.0): (112945, 915924, 931651),
    (digits, 0.4): (21220, 51843, 52107),
    (digits, 0.8): (1642, 5611, 6435),
    (digits, 1.0): (860, 911, 941),
    (cnv, 0.4): (9239, 40027, 164286, 165391, 167750, 178768, 180507, 187430, 187497),
    (cnv, 0.8): (97420, 97544, 232507, 233317, 233513, 234422, 234594, 234926, 235206),
    (cnv, 1.0): (1037, 1088, 1104, 1129, 1145, 1162, 1177, 1192, 1221),
    (flat, 0.0): (50970, 55077, 59184, 59840),
    (flat, 0.4): (1775, 2489, 3203, 3244),
    (flat, 0.8): (1970, 1988, 2006, 2155),
    (flat, 1.0): (799, 813, 827, 855),
    (vectors, 0.0): (73, 108, 136),
    (vectors, 0.4): (46, 70, 89),
    (vectors, 0.8): (23, 40, 61),
    (tiny, 0.4): (104, 142, 166),
    (tiny, 0.8): (101, 151, 174),
}
"""By network, and how far down each layer's list of foldings its own is, of those whose weights are
no functions of a step: where each layer ends."""


@pytest.mark.parametrize(("made_by", "share"), KNOWN)
def test_latencies_are_those_known(made_by, share):
    network = made_by()
    lists = [
        [each for each in layer.foldings(ends) if each.weights != "steps"]
        for layer, ends in zip(layers(network), formats(network), strict=True)
    ]
    chosen = tuple(each[int(share * (len(each) - 1))] for each in lists)
    assert latency.latencies(network, chosen) == KNOWN[made_by, share]
    assert latency.latency(network, chosen) == KNOWN[made_by, share][-1]
