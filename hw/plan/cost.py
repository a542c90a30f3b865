"""What the parts of a layer cost in LUT4, flip-flops and EBR, before anything is synthesised."""

from hw.network.geometry import Geometry
from hw.network.layers import Head, Layer, Network, Product
from hw.plan import buffers, cycles, memory
from hw.plan.plan import Folding, Resources

LINK = Resources(lut=900, ff=700, ebr=4)
"""Clock, UART, framing and image slots of a board top."""

PORT, WORDS = 36, 512
"""An EBR in its widest form: bits of a port, and words."""


def stage(layer: Layer | Head, folding: Folding) -> Resources:
    """All of a layer: its window, product, and pool or scores."""
    product = layer.product
    total = _window(product.geometry, memory.element_bits(product), folding)
    total += _product(product, folding)
    return total


def surroundings(network: Network) -> Resources:
    """What does not depend on a folding: the board's link and the input table."""
    return LINK


def blocks(width: int, words: int) -> int:
    """EBR of a memory: rows of 512 words side by side, as yosys' memory_libmap packs them."""
    return -(-(-(-words // WORDS) * width) // PORT)


def _window(geometry: Geometry, element: int, folding: Folding) -> Resources:
    copies = buffers.copies(geometry, folding.simd, folding.pixels)
    ebr = copies * blocks(geometry.channels * element, buffers.depth(geometry))
    return Resources(lut=150, ff=100, ebr=ebr)


def _product(product: Product, folding: Folding) -> Resources:
    words = cycles.passes(product, folding) * cycles.beats(product, folding)
    lanes = folding.pe * folding.simd
    block = folding.weights == "block"
    rom = blocks(lanes, words) if block else 0
    lut = round(folding.pixels * (2.5 * lanes + 16 * folding.pe))
    lut += 0 if block else lanes * -(-words // 16)
    return Resources(lut=lut, ff=lut, ebr=rom)
