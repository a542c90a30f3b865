"""The matrix-vector unit that a folding makes of a layer."""

from hw.cores.mvu.sizes import MvuSizes
from hw.cores.window import window
from hw.network.layers import Head, Layer
from hw.plan import joints, memory
from hw.plan.joints import PIXELS, Joint
from hw.plan.plan import Folding


def mvu(layer: Layer | Head, folding: Folding, joint: Joint = PIXELS) -> MvuSizes:
    """The sizes of a layer's unit: what is built, and what cost and latency are counted from.

    Raises
    ------
    ValueError
        SIMD does not divide the inputs, or there are several words of weights for logic.
    """
    product = layer.product
    read = joints.read(product, folding, joint)
    return MvuSizes(
        outputs=product.outputs,
        inputs=product.geometry.size,
        pe=folding.pe,
        simd=folding.simd,
        pixels=folding.pixels,
        held=folding.held,
        copies=layer.copies,
        element=memory.element_bits(product),
        home=folding.weights,
        flight=window.flight(folding.simd, read.channels),
        thresholds=0 if isinstance(layer, Head) else memory.classes(product, folding.together),
    )
