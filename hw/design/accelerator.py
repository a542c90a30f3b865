"""The accelerator: a planned network as one component, image pixels in and scores out."""

from amaranth import Module, ResetInserter, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.cores.lookup import Lookup
from hw.design.stage import HeadStage, HiddenStage
from hw.plan import joints, memory
from hw.plan.plan import Plan


class Accelerator(wiring.Component):
    """``Lookup -> a stage per layer -> scores``, all of them at work at once.

    A frame enters in raster order, ``plan.entry`` pixels a beat with all their channels; its scores
    leave one by one, the last with the class. Frames follow every ``plan.interval`` cycles, the
    next one entering while the last one leaves; stalls with its output, never drops.

    Submodules bear the names of the network's layers, with children ``register``, ``regroup``
    (where a vector comes in parts), ``window``, ``mvu``, ``gather``, ``raster`` (where several
    pixels are done together), ``pool_window`` and ``pool``; the head's are ``register``,
    ``regroup``, ``window``, ``mvu``, ``scatter`` and ``scores``.

    Members
    -------
    i : In(stream of unsigned(8 * input channels * pixels of a beat))
        Pixels of unsigned bytes, the first lowest, of each channel 0 lowest.
    o : Out(stream of `hw.cores.scores.scores_layout`)

    Attributes
    ----------
    plan : Plan
    reset : Signal
        For a clock domain without one. It passes from stage to stage, a cycle each: a single net
        to every stage reaches over the whole device, and would be its slowest.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        network, foldings = plan.network, [stage.folding for stage in plan.stages]
        table = network.table.tolist() * plan.entry
        self._lookup = Lookup(table=table, element=memory.element_bits(network.products[0]))
        *hidden, last = joints.joints(network)
        # Parts of a vector are the pixels of a beat, or what the layer before gives at once.
        arriving = [len(table), *map(joints.handed, network.layers, foldings, hidden)]
        self._stages = {
            layer.name: HiddenStage(layer, folding, joint, parts if joint.takes else None)
            for layer, folding, joint, parts in zip(
                network.layers, foldings, hidden, arriving, strict=False
            )
        }
        self._head = HeadStage(
            network.head, foldings[-1], last, arriving[-1] if last.takes else None
        )
        self._stages[network.head.name] = self._head
        self.reset = Signal()
        super().__init__({
            "i": In(stream.Signature(8 * len(table))),
            "o": Out(self._head.o.signature),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # No layer can have this name: theirs begin with a letter.
        m.submodules["_lookup"] = ResetInserter(self.reset)(self._lookup)
        connect(m, flipped(self.i), self._lookup.i)
        last, reset = self._lookup, self.reset
        for name, stage in self._stages.items():
            before, reset = reset, Signal(name=f"{name}_reset", reset_less=True)
            m.d.sync += reset.eq(before)
            m.submodules[name] = ResetInserter(reset)(stage)
            connect(m, last.o, stage.i)
            last = stage
        connect(m, last.o, flipped(self.o))
        return m
