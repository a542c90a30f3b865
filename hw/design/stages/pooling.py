"""A pool at the end of a stage."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import connect

from hw.cores.pool import Pool
from hw.cores.window.window import Window
from hw.network.nodes.pool import Pool as Node
from hw.plan.layers import pooling
from hw.plan.plan import Folding


def pooled(
    m: Module, o: wiring.PureInterface, pool: Node | None, folding: Folding
) -> wiring.PureInterface:
    """A stream of pixels of bits behind its pool, as it is where there is none."""
    if pool is None:
        return o
    m.submodules.pool_window = taps = Window(pooling.window(pool, folding))
    m.submodules.pool = made = Pool(
        any_of=pool.any_of.tolist(), taps=pool.geometry.taps, together=taps.sizes.together,
        flight=taps.sizes.flight,
    )  # fmt: skip
    connect(m, o, taps.i)
    connect(m, taps.o, made.i)
    return made.o
