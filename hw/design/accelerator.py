"""The accelerator: a planned network as one component, image pixels in and scores out."""

from collections.abc import Iterator

from amaranth import Module, ResetInserter, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.cores.lookup import Lookup
from hw.cores.stream.fifo import Fifo
from hw.cores.stream.fork import Fork
from hw.design.stages.stage import inputs, stage
from hw.network.nodes.node import IMAGE
from hw.plan import graph, memory, skew
from hw.plan.plan import Plan


class Accelerator(wiring.Component):
    """``Lookup -> a stage per layer -> scores``, all of them at work at once. A map with several
    readers forks; before a layer that reads several, FIFOs hold what came too early
    (`hw.plan.skew`).

    A frame enters in raster order, ``plan.entry`` pixels a beat with all their channels; its scores
    leave one by one, the last with the class. Frames follow every ``plan.interval`` cycles, the
    next one entering while the last one leaves; stalls with its output, never drops.

    Submodules bear the names of the network's layers, with children ``skid``, ``converter`` (where
    a vector comes in beats), ``window``, ``mvu``, ``widener``, ``serialiser`` (where more pixels
    are done together than leave in a beat), ``pool_window`` and ``pool``; the head's are ``skid``,
    ``converter``, ``window``, ``mvu``, ``narrower`` and ``scores``.

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
        network = plan.network
        table = network.table.tolist() * plan.entry
        self._lookup = Lookup(table=table, element=memory.element_bits(network.inputs))
        ends = graph.formats(network), graph.arriving(network, plan.foldings, plan.entry)
        self._stages = {
            layer: stage(layer, folding, formats, arriving)
            for layer, folding, formats, arriving in zip(
                graph.layers(network), plan.foldings, *ends, strict=True
            )
        }
        self._depths = skew.depths(network, plan.foldings, plan.entry)
        *_, last = self._stages.values()
        self._last = last
        self.reset = Signal()
        super().__init__({
            "i": In(stream.Signature(8 * len(table))),
            "o": Out(last.o.signature),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # No layer can have this name: theirs begin with a letter.
        m.submodules["_lookup"] = ResetInserter(self.reset)(self._lookup)
        connect(m, flipped(self.i), self._lookup.i)
        reset, streams = self.reset, {IMAGE: self._outputs(m, IMAGE, self._lookup.o, self.reset)}
        for layer, built in self._stages.items():
            before, reset = reset, Signal(name=f"{layer.name}_reset", reset_less=True)
            m.d.sync += reset.eq(before)
            m.submodules[layer.name] = ResetInserter(reset)(built)
            for number, i in enumerate(inputs(built, len(layer.sources))):
                o = next(streams[layer.sources[number]])
                if depth := self._depths.get((layer.name, number)):
                    waiting = Fifo(i.payload.shape(), depth)
                    m.submodules[f"_skew{number}_{layer.name}"] = ResetInserter(reset)(waiting)
                    connect(m, o, waiting.i)
                    o = waiting.o
                connect(m, o, i)
            if built is not self._last:
                streams[layer.output] = self._outputs(m, layer.output, built.o, reset)
        connect(m, self._last.o, flipped(self.o))
        return m

    def _outputs(
        self, m: Module, name: str, o: wiring.PureInterface, reset: Signal
    ) -> Iterator[wiring.PureInterface]:
        """The stream of a node or of the image, once for every layer that reads it."""
        count = graph.readers(self.plan.network, name)
        if count == 1:
            return iter([o])
        fork = Fork(o.payload.shape().width, count)
        m.submodules[f"_fork_{name.replace('.', '_')}"] = ResetInserter(reset)(fork)
        connect(m, o, fork.i)
        return iter([getattr(fork, f"o{number}") for number in range(count)])
