"""Energy of a frame by the operator model of BNN-DL (arXiv 1904.02823, tables 1 to 3)."""

from dataclasses import dataclass
from types import MappingProxyType

from hw.network.network import Network
from hw.network.nodes.operations import KINDS, Operations
from hw.plan.graph import layers

PICOJOULE = MappingProxyType(
    {"xnor": 7.6e-4, "count": 7.8e-3, "compare": 1.1e-2, "multiply": 1.6, "add": 4.8e-2}
)
"""Energy of one operation, table 1. The paper prints 7.8e-4 for the counter beside "10x" an XNOR:
a misprint of 7.8e-3, the value used here."""

CAVEAT = (
    "Energies are those of BNN-DL, arXiv 1904.02823, table 1, a 65 nm standard-cell process: "
    "figures to compare networks by, not the board's supply power."
)


def joules(operations: Operations, *without: str) -> float:
    """Energy of all operations but the kinds named in ``without``."""
    kinds = [kind for kind in KINDS if kind not in without]
    return sum(getattr(operations, kind) * PICOJOULE[kind] for kind in kinds) * 1e-12


def of_network(network: Network) -> dict[str, Operations]:
    """The operations of every layer of a network by its name, those of all its nodes together."""
    return {
        layer.name: sum(
            (node.operations(*(network.shapes[source] for source in node.sources))
             for node in layer.nodes),
            Operations(),
        )
        for layer in layers(network)
    }  # fmt: skip


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
        paper=joules(operations, "count"),
        counter=joules(operations),
        activity=None if toggles is None else joules(toggles),
    )
