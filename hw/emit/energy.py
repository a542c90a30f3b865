"""Energy of a frame by the operator model of BNN-DL (arXiv 1904.02823, tables 1 to 3)."""

from dataclasses import dataclass, replace
from types import MappingProxyType

from hw.network.layers import Head, Layer, Network
from hw.plan.cycles import products

PICOJOULE = MappingProxyType(
    {"xnor": 7.6e-4, "count": 7.8e-3, "compare": 1.1e-2, "multiply": 1.6, "add": 4.8e-2}
)
"""Energy of one operation, table 1. The paper prints 7.8e-4 for the counter beside "10x" an XNOR:
a misprint of 7.8e-3, the value used here."""

CAVEAT = (
    "Table 1 of the paper is a 65 nm standard-cell process: "
    "a figure to compare networks by, not the board's supply power."
)


@dataclass(frozen=True, kw_only=True)
class Operations:
    """Operations of one frame by the operators of table 1; for the activity, toggles of each."""

    xnor: int = 0
    count: int = 0
    compare: int = 0
    multiply: int = 0
    add: int = 0

    def __add__(self, other: "Operations") -> "Operations":
        return Operations(**{kind: getattr(self, kind) + getattr(other, kind) for kind in KINDS})

    def joules(self, *without: str) -> float:
        """Energy in joules of all operations but the kinds named in ``without``."""
        kinds = [kind for kind in KINDS if kind not in without]
        return sum(getattr(self, kind) * PICOJOULE[kind] for kind in kinds) * 1e-12


KINDS = ("xnor", "count", "compare", "multiply", "add")


def binary_layer(*, size: int, outputs: int, positions: int) -> Operations:
    """Operations of one layer of a BNN: ``outputs`` channels at ``positions``, of ``size`` inputs.

    They are counted as it reproduces the paper's tables: every product is an XNOR and a count,
    padding taps and the first layer's real-valued input included, and every output of every
    convolution, the last one's too, is one comparison.
    """
    products = size * outputs * positions
    return Operations(xnor=products, count=products, compare=outputs * positions)


def of_layer(layer: Layer | Head) -> Operations:
    """The operations of one layer of a folded network, padding taps included."""
    product = layer.product
    size, positions = product.geometry.size, product.geometry.positions
    done = binary_layer(size=size, outputs=product.outputs, positions=positions)
    return replace(done, compare=layer.copies * done.compare)


def of_network(network: Network) -> dict[str, Operations]:
    """The operations of every product of a network, by its name, in order."""
    return {layer.name: of_layer(layer) for layer in products(network)}


@dataclass(frozen=True, kw_only=True)
class Energy:
    """Joules of one frame, counted in three ways; ``activity`` is None without a simulation.

    Parameters
    ----------
    paper : XNORs and comparators only, as the paper's own tables 2 and 3 add up.
    counter : every operator of table 1, the counters included.
    activity : what toggled in simulation, at the energy of its operator.
    """

    paper: float
    counter: float
    activity: float | None = None


def account(operations: Operations, toggles: Operations | None = None) -> Energy:
    """The energy of one layer or of a whole network, from its operations and its toggles."""
    return Energy(
        paper=operations.joules("count"),
        counter=operations.joules(),
        activity=None if toggles is None else toggles.joules(),
    )
