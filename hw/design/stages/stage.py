"""A stage: the hardware of one layer, found by the layer's kind; and the front of those with a
product."""

from collections.abc import Sequence

import numpy as np
from amaranth import Cat, Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import connect

from hw.cores.integers.add import parts
from hw.cores.mvu.mvu import Mvu
from hw.cores.stream.converter import Converter
from hw.cores.stream.skid import SkidBuffer
from hw.cores.window.window import Window
from hw.design import stages
from hw.plan import memory
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers.layer import Arriving, Layer
from hw.plan.layers.product import ProductLayer
from hw.plan.plan import Folding
from model.rooms import kinds


def stage(
    layer: Layer, folding: Folding, formats: Formats, arriving: Arriving
) -> wiring.Component:
    """The hardware of a layer: a kind is a module of `hw.design.stages` whose ``STAGE`` it is.

    It has a stream ``i`` for the first source of the layer, ``i1`` and so on for others, and ``o``.
    """
    made: wiring.Component = kinds(stages, "STAGE")[layer.kind](layer, folding, formats, arriving)
    return made


def inputs(component: wiring.Component, count: int) -> list[wiring.PureInterface]:
    """The streams of a stage that reads so many sources."""
    return [getattr(component, f"i{number or ''}") for number in range(count)]


def arriving_bits(
    layer: Layer, folding: Folding, formats: Formats, arriving: Arriving
) -> tuple[int, ...]:
    """Bits of a beat of every source that comes in: of ``arriving`` inputs, or of a pixel."""
    return tuple(
        (came or layer.comes(folding, formats)) * width
        for came, width in zip(arriving, layer.widths, strict=True)
    )


def enter(
    m: Module, i: wiring.FlippedInterface, taken: int, number: int = 0
) -> wiring.PureInterface:
    """The beats of a source in others of ``taken`` bits.

    They come through a skid buffer, so that nothing combinational runs from one stage into another,
    which may lie at the other side of the device.
    """
    arriving, suffix = i.payload.shape().width, str(number or "")
    m.submodules[f"skid{suffix}"] = skid = SkidBuffer(arriving)
    connect(m, i, skid.i)
    if taken == arriving:
        return skid.o
    m.submodules[f"converter{suffix}"] = converter = Converter(arriving, taken)
    connect(m, skid.o, converter.i)
    return converter.o


def enter_window(
    m: Module, i: wiring.FlippedInterface, layer: ProductLayer, window: Window
) -> None:
    """What comes to a product into its window, in beats of its pixels; integers of fewer bits than
    the product is made for get as many."""
    width, elements = layer.widths[0], window.i.payload.shape().width // layer.element
    o = enter(m, i, elements * width)
    if width == layer.element:
        connect(m, o, window.i)
        return
    each = parts(o.payload, width)
    wider = [Signal(signed(layer.element), name=f"wider{k}") for k in range(elements)]
    m.d.comb += [one.eq(integer) for one, integer in zip(wider, each, strict=True)]
    m.d.comb += [
        window.i.payload.eq(Cat(wider)), window.i.valid.eq(o.valid), o.ready.eq(window.i.ready),
    ]


def product_window(
    layer: ProductLayer,
    folding: Folding,
    formats: Formats = PIXELS,
    rows: Sequence[int] | None = None,
    columns: Sequence[int] | None = None,
) -> Window:
    """The window that feeds a product: every pass of every position, padded.

    ``rows`` and ``columns`` are the border classes that the limits differ by. A head has none:
    what its padding adds to the counts is the same in every frame and part of its offsets.
    """
    return Window(
        layer.window(folding, formats),
        pad_value=memory.pad_element(layer.product),
        row_class=rows,
        column_class=columns,
    )


def product_mvu(
    layer: ProductLayer, folding: Folding, window: Window, limits: np.ndarray | None
) -> Mvu:
    """The unit behind a window, with its weights in the plan's home.

    Raises
    ------
    ValueError
        It is no folding of the layer; see `hw.plan.memory.check_folding`.
    """
    product = layer.product
    memory.check_folding(product, pe=folding.pe, simd=folding.simd)
    weights = product.weights.reshape(product.outputs, -1)
    return Mvu(layer.unit(folding, window.sizes), weights, limits)
