"""The stages: cores joined into one layer of a network, folded as the plan says."""

from collections.abc import Sequence

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.cores.mvu.mvu import Mvu
from hw.cores.pool import Pool
from hw.cores.scores import Scores
from hw.cores.stream.converter import Converter, Narrower, Widener
from hw.cores.stream.serialiser import Serialiser
from hw.cores.stream.skid import SkidBuffer
from hw.cores.window.sizes import WindowSizes
from hw.cores.window.window import Window
from hw.network.layers import Head, Layer, Product
from hw.plan import cycles, joints, memory, units
from hw.plan.joints import PIXELS, Joint
from hw.plan.plan import Folding


class HiddenStage(wiring.Component):
    """``SkidBuffer [-> Converter] -> Window -> Mvu -> Widener [-> Serialiser] [-> Window ->
    Pool]``: a map in, a map of bits out.

    One pixel a beat on both sides, all channels of it, channel 0 lowest; or the parts of a vector,
    where ``joint`` says so. A frame takes `hw.plan.cycles.frame` cycles; the next one enters while
    the last one leaves.

    Parameters
    ----------
    layer, folding, joint
    arriving : int
        Inputs of a beat that arrives, where the layer takes parts; None: those of a pixel.

    Members
    -------
    i : In(stream of unsigned(inputs of a beat * element bits))
    o : Out(stream of unsigned(output channels, or those of PE where it gives parts))
    """

    def __init__(
        self, layer: Layer, folding: Folding, joint: Joint = PIXELS, arriving: int | None = None
    ) -> None:
        self._layer, self._folding, self._joint = layer, folding, joint
        product = layer.product
        element = memory.element_bits(product)
        self._arriving = (arriving or product.geometry.channels) * element
        super().__init__({
            "i": In(stream.Signature(self._arriving)),
            "o": Out(stream.Signature(
                joints.handed(layer, folding, joint)
            )),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        product, folding, pool = self._layer.product, self._folding, self._layer.pool
        rows, columns = memory.border_classes(product, folding.together)
        given = joints.given(self._layer, folding)
        window = product_window(product, folding, self._joint, rows, columns)
        m.submodules.window = window
        m.submodules.mvu = mvu = product_mvu(self._layer, folding, window.sizes)
        # Parts go on as they come: then this is a wire.
        in_parts = joints.in_parts(self._layer, folding, self._joint)
        m.submodules.gather = last = Widener(
            given,
            1 if in_parts else cycles.passes(product, folding),
            pixels=folding.pixels,
            turns=folding.held,
            kept=joints.handed(self._layer, folding, self._joint),
        )
        _enter(m, flipped(self.i), self._arriving, window)
        connect(m, window.o, mvu.i)
        connect(m, mvu.o, last.i)
        if folding.together > 1:
            gather, last = last, Serialiser(self._layer.channels, folding.together)
            m.submodules.raster = last
            connect(m, gather.o, last.i)
        if pool is None:
            connect(m, last.o, flipped(self.o))
            return m
        m.submodules.pool_window = taps = Window(units.pool_window(pool.geometry, folding))
        m.submodules.pool = pooled = Pool(
            any_of=pool.any_of.tolist(), taps=pool.geometry.taps, flight=taps.sizes.flight
        )
        connect(m, last.o, taps.i)
        connect(m, taps.o, pooled.i)
        connect(m, pooled.o, flipped(self.o))
        return m


class HeadStage(wiring.Component):
    """``SkidBuffer [-> Converter] -> Window -> Mvu -> Narrower -> Scores``: a map in, the scores of
    a frame out.

    The counts of a pass go out one by one while the next pass runs: of one pixel at a time.

    Parameters
    ----------
    head, folding, joint, arriving
        As of `HiddenStage`.

    Members
    -------
    i : In(stream of unsigned(inputs of a beat * element bits))
    o : Out(stream of `hw.cores.scores.scores_layout`)

    Raises
    ------
    ValueError
        The folding is of several pixels, or of a last pass that is idle in part.
    """

    def __init__(
        self, head: Head, folding: Folding, joint: Joint = PIXELS, arriving: int | None = None
    ) -> None:
        product = head.product
        if folding.together > 1:
            raise ValueError(
                f"layer {head.name!r}: {folding.together} pixels at once; a head takes 1"
            )
        if product.outputs % folding.pe:
            raise ValueError(
                f"layer {head.name!r}: PE {folding.pe} does not divide {product.outputs} classes"
            )
        multipliers, offsets = memory.head_affine(head)
        element = memory.element_bits(product)
        self._arriving = (arriving or product.geometry.channels) * element
        self._window = product_window(product, folding, joint)
        self._mvu = product_mvu(head, folding, self._window.sizes)
        self._scores = Scores(
            count=self._mvu.sizes.count_shape,
            positions=product.geometry.positions,
            multipliers=multipliers.tolist(),
            offsets=offsets.tolist(),
        )
        super().__init__({
            "i": In(stream.Signature(self._arriving)),
            "o": Out(self._scores.o.signature),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        counts = self._mvu.o.payload.shape()
        m.submodules.window = self._window
        m.submodules.mvu = self._mvu
        m.submodules.scatter = scatter = Narrower(self._mvu.sizes.count_width, counts.length)
        m.submodules.scores = self._scores
        _enter(m, flipped(self.i), self._arriving, self._window)
        connect(m, self._window.o, self._mvu.i)
        connect(m, self._mvu.o, scatter.i)
        connect(m, scatter.o, self._scores.i)
        connect(m, self._scores.o, flipped(self.o))
        return m


def _enter(m: Module, i: wiring.FlippedInterface, arriving: int, window: Window) -> None:
    """Beats of ``arriving`` bits into a window, in beats of its pixels.

    They come through a register, so that nothing combinational runs from one stage into another,
    which may lie at the other side of the device.
    """
    m.submodules.register = register = SkidBuffer(arriving)
    connect(m, i, register.i)
    o, pixel = register.o, window.i.payload.shape().width
    if pixel != arriving:
        m.submodules.regroup = regroup = Converter(arriving, pixel)
        connect(m, o, regroup.i)
        o = regroup.o
    connect(m, o, window.i)


def product_window(
    product: Product,
    folding: Folding,
    joint: Joint = PIXELS,
    rows: Sequence[int] | None = None,
    columns: Sequence[int] | None = None,
) -> Window:
    """The window that feeds a product: every pass of every position, padded.

    ``rows`` and ``columns`` are the border classes that the limits differ by. A head has none:
    what its padding adds to the counts is the same in every frame and part of its offsets.
    """
    return Window(
        units.window(product, folding, joint),
        pad_value=memory.pad_element(product),
        row_class=rows,
        column_class=columns,
    )


def product_mvu(layer: Layer | Head, folding: Folding, window: WindowSizes) -> Mvu:
    """The unit behind a window, with its weights in the plan's home.

    Raises
    ------
    ValueError
        It is no folding of the layer; see `hw.plan.memory.check_folding`.
    """
    product = layer.product
    memory.check_folding(product, pe=folding.pe, simd=folding.simd)
    limits = None
    if isinstance(layer, Layer):
        limits = memory.limits_in_turn(layer, folding.pixels, folding.held)
    weights = product.weights.reshape(product.outputs, -1)
    return Mvu(units.mvu(layer, folding, window), weights, limits)
