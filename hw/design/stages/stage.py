"""A stage: the hardware of one layer, found by the layer's kind; and the front of those with a
product."""

from collections.abc import Sequence

import numpy as np
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import connect

from hw.cores.mvu.mvu import Mvu
from hw.cores.stream.converter import Converter
from hw.cores.stream.skid import SkidBuffer
from hw.cores.window.window import Window
from hw.design import stages
from hw.plan import memory
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers.layer import Layer
from hw.plan.layers.product import ProductLayer
from hw.plan.plan import Folding
from model.rooms import kinds


def stage(
    layer: Layer, folding: Folding, formats: Formats, arriving: int | None
) -> wiring.Component:
    """The hardware of a layer: a kind is a module of `hw.design.stages` whose ``STAGE`` it is.

    It has a stream ``i`` for the first source of the layer, ``i1`` and so on for others, and ``o``.
    """
    made: wiring.Component = kinds(stages, "STAGE")[layer.kind](layer, folding, formats, arriving)
    return made


def inputs(component: wiring.Component, count: int) -> list[wiring.PureInterface]:
    """The streams of a stage that reads so many sources."""
    return [getattr(component, f"i{number or ''}") for number in range(count)]


def arriving_bits(layer: ProductLayer, arriving: int | None) -> int:
    """Bits of a beat that comes in: of a pixel, or of ``arriving`` inputs."""
    return (arriving or layer.product.geometry.channels) * layer.element


def enter(m: Module, i: wiring.FlippedInterface, arriving: int, window: Window) -> None:
    """Beats of ``arriving`` bits into a window, in beats of its pixels.

    They come through a skid buffer, so that nothing combinational runs from one stage into another,
    which may lie at the other side of the device.
    """
    m.submodules.skid = skid = SkidBuffer(arriving)
    connect(m, i, skid.i)
    o, pixel = skid.o, window.i.payload.shape().width
    if pixel != arriving:
        m.submodules.converter = converter = Converter(arriving, pixel)
        connect(m, o, converter.i)
        o = converter.o
    connect(m, o, window.i)


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
