"""Test cases of windows, in all sizes that matter, with their inputs and expected outputs."""

from dataclasses import dataclass
from itertools import product as cartesian

import numpy as np

from hw.cores.window.depth import bound
from hw.cores.window.sizes import WindowSizes
from hw.cores.window.window import Window
from hw.network.geometry import Geometry, Pad
from hw.plan.layers.product import sliding
from sim.beats import joined
from sim.flows import Kept


@dataclass(frozen=True, kw_only=True)
class Case:
    """A window to test; with ``border`` it has border classes, for padding that is not counted."""

    map: tuple[int, int, int]
    kernel: tuple[int, int]
    simd: int
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    pad: Pad = "none"
    pad_value: int = 0
    element: int = 1
    passes: int = 1
    pixels: int = 1
    reuse: int = 1
    beat: int = 1
    border: bool = False
    frames: int = 3

    @property
    def geometry(self) -> Geometry:
        channels, height, width = self.map
        return Geometry(
            channels=channels, height=height, width=width,
            kernel=self.kernel, stride=self.stride, padding=self.padding, pad=self.pad,
        )  # fmt: skip

    @property
    def sizes(self) -> WindowSizes:
        return WindowSizes(
            geometry=sliding(self.geometry, self.pixels, self.reuse, self.beat),
            channels=self.map[0], element=self.element, simd=self.simd, passes=self.passes,
        )  # fmt: skip

    def window(self, room: int | None = None) -> Kept:
        """The core, which uses ``room`` words of its buffer, or all if None."""
        window = Window(
            self.sizes, pad_value=self.pad_value,
            row_class=self.geometry.row_classes[0] if self.border else None,
            column_class=self.column_class if self.border else None, room=room,
        )  # fmt: skip
        return Kept(window)

    @property
    def bound(self) -> int:
        """Least places of a buffer with which the window keeps its rate."""
        return bound(self.sizes.geometry, self.sizes.step, self.sizes.parts)

    @property
    def least(self) -> int:
        """Least words of a buffer with which no position waits for ever."""
        return self.sizes.geometry.least

    @property
    def column_class(self) -> list[int]:
        """A number for every ``together`` columns, the same for those with equal classes."""
        of_column = self.geometry.column_classes[0]
        firsts = range(0, len(of_column), self.together)
        steps = [of_column[x : x + self.together] for x in firsts]
        return [steps.index(step) for step in steps]

    @property
    def beats_of_frame(self) -> int:
        geometry = self.geometry
        return geometry.positions // self.pixels * self.passes * geometry.size // self.simd

    @property
    def together(self) -> int:
        return self.pixels * self.reuse

    @property
    def interval(self) -> int:
        """Cycles of a frame: one for each beat, and at least one for each word that comes in."""
        words = self.map[1] * self.map[2] * self.sizes.parts // self.beat
        return max(self.beats_of_frame, words)

    def maps(self, frames: int, seed: int) -> np.ndarray:
        """Random frames, int (frames, height, width, channels) of unsigned elements."""
        channels, height, width = self.map
        shape = (frames, height, width, channels)
        return np.random.default_rng(seed).integers(0, 1 << self.element, shape)

    def beats_in(self, maps: np.ndarray) -> list[int]:
        """The input: a beat for each pixel, for as many as come at once, or for each slice."""
        elements = self.beat * self.map[0] // self.sizes.parts
        return [joined(word, self.element) for word in maps.reshape(-1, elements)]

    def beats_out(self, maps: np.ndarray) -> list[int]:
        """The output by definition, an element at a time."""
        geometry, (sy, sx), (py, px) = self.geometry, self.stride, self.padding
        pad, beats = self.pad_value % (1 << self.element), list[int]()
        columns, lanes = max(self.column_class) + 1, self.pixels * self.simd
        for frame, y, step, _ in cartesian(
            range(len(maps)), range(geometry.out_height), range(len(self.column_class)),
            range(self.passes),
        ):  # fmt: skip
            taken: list[list[int]] = [[] for _ in range(self.together)]
            for pixel, ky, kx in cartesian(range(self.together), *map(range, self.kernel)):
                x = step * self.together + pixel
                row, column = y * sy - py + ky, x * sx - px + kx
                inside = 0 <= row < geometry.height and 0 <= column < geometry.width
                none = [pad] * geometry.channels
                taken[pixel] += list(maps[frame, row, column]) if inside else none
            border = geometry.row_classes[0][y] * columns + self.column_class[step]
            for start, first in cartesian(
                range(0, geometry.size, self.simd), range(0, self.together, self.pixels)
            ):
                turn = taken[first : first + self.pixels]
                beat = [each for inputs in turn for each in inputs[start : start + self.simd]]
                label = border if self.border else 0
                beats.append(joined(beat, self.element) | label << (lanes * self.element))
        return beats


CASES = {
    "kernel_1x1": Case(map=(3, 2, 4), kernel=(1, 1), simd=3),
    "single_pixel": Case(map=(5, 1, 1), kernel=(1, 1), simd=5),
    "single_bit": Case(map=(1, 1, 1), kernel=(1, 1), simd=1),
    "kernel_3x3": Case(map=(2, 5, 6), kernel=(3, 3), simd=2),
    "kernel_3x3_passes": Case(map=(2, 5, 4), kernel=(3, 3), simd=2, passes=3),
    "kernel_3x3_slices": Case(map=(6, 5, 4), kernel=(3, 3), simd=2, passes=2),
    "kernel_3x3_bit_by_bit": Case(map=(3, 4, 4), kernel=(3, 3), simd=1),
    "kernel_3x3_row_of_taps": Case(map=(2, 5, 6), kernel=(3, 3), simd=6, passes=2),
    "kernel_3x3_all_taps": Case(map=(2, 5, 6), kernel=(3, 3), simd=18),
    "taps_across_rows": Case(
        map=(3, 5, 6), kernel=(2, 4), simd=6, padding=(1, 2), pad="-1"
    ),
    "pairs_across_rows": Case(
        map=(1, 4, 7), kernel=(2, 3), simd=2, padding=(1, 1), pad="-1"
    ),
    "padded_zero": Case(
        map=(2, 5, 6), kernel=(3, 3), simd=2, padding=(1, 1), pad="zero", border=True
    ),
    "padded_zero_passes": Case(
        map=(4, 4, 3), kernel=(3, 3), simd=2, padding=(1, 1), pad="zero", border=True, passes=4
    ),
    "padded_plus_one": Case(
        map=(3, 4, 5), kernel=(3, 3), simd=3, padding=(1, 1), pad="+1", pad_value=1
    ),
    "padded_one_side": Case(map=(2, 4, 5), kernel=(1, 5), simd=2, padding=(0, 2), pad="-1"),
    "padded_wide": Case(
        map=(2, 3, 4), kernel=(5, 5), simd=10, padding=(2, 2), pad="zero", border=True
    ),
    "kernel_beyond_map": Case(
        map=(2, 2, 2), kernel=(4, 4), simd=4, padding=(2, 2), pad="zero", border=True
    ),
    "stride_2": Case(map=(2, 6, 7), kernel=(3, 3), simd=2, stride=(2, 2)),
    "stride_leaves_rows": Case(map=(2, 8, 7), kernel=(2, 2), simd=4, stride=(3, 3)),
    "stride_beyond_kernel": Case(map=(3, 7, 8), kernel=(1, 2), simd=3, stride=(3, 4)),
    "stride_rectangular": Case(
        map=(1, 6, 8), kernel=(3, 2), simd=1, stride=(1, 2), padding=(1, 1), pad="zero", border=True
    ),
    "pool_2x2": Case(map=(5, 6, 4), kernel=(2, 2), simd=5, stride=(2, 2)),
    "pool_3x3_stride_2": Case(map=(4, 7, 7), kernel=(3, 3), simd=4, stride=(2, 2)),
    "dense": Case(map=(3, 4, 5), kernel=(4, 5), simd=3, passes=2, frames=5),
    "dense_wide": Case(map=(4, 3, 3), kernel=(3, 3), simd=12, passes=5, frames=5),
    "bytes": Case(map=(1, 6, 5), kernel=(3, 3), simd=3, element=9, padding=(1, 1), pad="zero"),
    "colours": Case(
        map=(3, 5, 4), kernel=(3, 3), simd=3, element=4, padding=(1, 1), pad="-1", pad_value=-1
    ),
    "colours_one_by_one": Case(map=(3, 4, 4), kernel=(2, 2), simd=1, element=5, passes=2),
    "two_pixels": Case(map=(2, 5, 6), kernel=(3, 3), simd=2, pixels=2),
    "two_pixels_passes": Case(map=(2, 4, 4), kernel=(3, 3), simd=2, pixels=2, passes=3),
    "two_pixels_slices": Case(map=(6, 5, 4), kernel=(3, 3), simd=2, passes=2, pixels=2),
    "two_pixels_of_one": Case(map=(3, 3, 4), kernel=(1, 1), simd=3, pixels=2, passes=2),
    "three_pixels": Case(map=(2, 5, 8), kernel=(3, 3), simd=1, pixels=3),
    "four_pixels": Case(map=(2, 5, 10), kernel=(3, 3), simd=2, pixels=4),
    "four_pixels_row_of_taps": Case(
        map=(2, 4, 8), kernel=(3, 3), simd=6, padding=(1, 1), pad="zero", border=True, pixels=4
    ),
    "two_pixels_all_taps": Case(map=(3, 4, 6), kernel=(3, 3), simd=27, pixels=2, element=3),
    "three_pixels_taps_across_rows": Case(
        map=(3, 5, 5), kernel=(2, 4), simd=6, padding=(1, 2), pad="-1", pixels=3
    ),
    "two_pixels_padded": Case(
        map=(2, 5, 6), kernel=(3, 3), simd=2, padding=(1, 1), pad="zero", border=True, pixels=2
    ),
    "three_pixels_padded_wide": Case(
        map=(2, 4, 6), kernel=(5, 5), simd=1, padding=(2, 2), pad="zero", border=True, pixels=3,
        passes=2,
    ),
    "four_pixels_padded_plus_one": Case(
        map=(3, 4, 8), kernel=(3, 3), simd=3, padding=(1, 1), pad="+1", pad_value=1, pixels=4
    ),
    "four_pixels_padded_one_side": Case(
        map=(2, 4, 4), kernel=(1, 5), simd=2, padding=(0, 2), pad="-1", pixels=4
    ),
    "whole_row": Case(
        map=(2, 4, 4), kernel=(3, 3), simd=2, padding=(1, 1), pad="zero", border=True, pixels=4
    ),
    "whole_row_beyond_map": Case(
        map=(2, 2, 2), kernel=(4, 4), simd=2, padding=(2, 2), pad="zero", border=True, pixels=3
    ),
    "two_pixels_stride_2": Case(map=(2, 6, 9), kernel=(3, 3), simd=2, stride=(2, 2), pixels=2),
    "two_pixels_stride_beyond_kernel": Case(
        map=(3, 7, 9), kernel=(1, 2), simd=3, stride=(3, 4), pixels=2
    ),
    "two_pixels_stride_rectangular": Case(
        map=(1, 6, 7), kernel=(3, 2), simd=1, stride=(1, 2), padding=(1, 1), pad="zero",
        border=True, pixels=2,
    ),
    "three_pixels_stride_leaves_rows": Case(
        map=(2, 8, 9), kernel=(2, 2), simd=4, stride=(3, 3), pixels=3
    ),
    "whole_row_padded_deep": Case(
        map=(2, 9, 7), kernel=(3, 1), simd=2, passes=2, padding=(2, 0), pad="zero", border=True,
        pixels=7,
    ),
    "three_pixels_stride_far_beyond_kernel": Case(
        map=(1, 9, 12), kernel=(1, 1), simd=1, stride=(4, 4), passes=36, pixels=3
    ),
    "reuse": Case(map=(2, 5, 6), kernel=(3, 3), simd=2, reuse=2),
    "held_slices_and_passes": Case(
        map=(6, 4, 8), kernel=(3, 3), simd=3, passes=3, pixels=2, reuse=3
    ),
    "held_row_of_taps_padded": Case(
        map=(2, 4, 8), kernel=(3, 3), simd=6, padding=(1, 1), pad="+1", pad_value=1, pixels=2,
        reuse=4, passes=2,
    ),
    "held_three_times_padded": Case(
        map=(4, 4, 6), kernel=(3, 3), simd=2, padding=(1, 1), pad="+1", pad_value=1, pixels=2,
        reuse=3, passes=2,
    ),
    "held_all_taps": Case(map=(3, 4, 6), kernel=(3, 3), simd=27, reuse=2, element=3, passes=2),
    "held_stride_2": Case(map=(2, 6, 9), kernel=(3, 3), simd=2, stride=(2, 2), pixels=2, reuse=2),
    "held_padded_classes": Case(
        map=(2, 5, 6), kernel=(3, 3), simd=2, padding=(1, 1), pad="zero", border=True, pixels=3,
        reuse=2,
    ),
    "two_come": Case(map=(2, 5, 6), kernel=(3, 3), simd=2, pixels=2, beat=2),
    "two_come_for_every_tap": Case(map=(2, 6, 6), kernel=(3, 3), simd=18, pixels=2, beat=2),
    "two_come_padded": Case(
        map=(2, 5, 6), kernel=(3, 3), simd=6, padding=(1, 1), pad="zero", border=True, pixels=2,
        beat=2,
    ),
    "two_come_slices_and_passes": Case(
        map=(6, 5, 4), kernel=(3, 3), simd=2, passes=2, pixels=2, beat=2
    ),
    "two_come_stride_2": Case(
        map=(2, 8, 8), kernel=(3, 3), simd=18, stride=(2, 2), padding=(1, 1), pad="-1", beat=2
    ),
    "two_come_held": Case(map=(2, 5, 8), kernel=(3, 3), simd=6, reuse=3, pixels=2, beat=2),
    "two_come_used_in_turn": Case(
        map=(2, 5, 8), kernel=(1, 3), simd=2, padding=(0, 1), pad="+1", pad_value=1, reuse=4,
        beat=2,
    ),
    "three_come": Case(
        map=(3, 5, 9), kernel=(2, 5), simd=6, padding=(1, 2), pad="-1", pixels=3, beat=3
    ),
    "four_come_for_a_whole_row": Case(
        map=(1, 6, 8), kernel=(3, 3), simd=9, element=9, pixels=6, beat=4
    ),
    "four_come_of_colours": Case(
        map=(3, 5, 8), kernel=(3, 3), simd=27, element=4, padding=(1, 1), pad="-1", pad_value=-1,
        pixels=4, beat=4,
    ),
    "four_come_padded_wide": Case(
        map=(2, 4, 8), kernel=(5, 5), simd=10, padding=(2, 2), pad="zero", border=True, pixels=8,
        beat=4,
    ),
    "four_come_stride_beyond_kernel": Case(
        map=(3, 7, 8), kernel=(1, 2), simd=6, stride=(3, 4), beat=4
    ),
    "all_of_a_row_come": Case(map=(2, 5, 6), kernel=(3, 3), simd=6, pixels=4, passes=3, beat=6),
    "two_come_and_one_by_one_go": Case(
        map=(2, 6, 8), kernel=(2, 2), simd=8, stride=(2, 2), beat=2
    ),
    "two_pixels_of_bytes": Case(
        map=(1, 6, 4), kernel=(3, 3), simd=3, element=9, padding=(1, 1), pad="zero", pixels=2
    ),
    "four_pixels_of_colours": Case(
        map=(3, 5, 4), kernel=(3, 3), simd=1, element=4, padding=(1, 1), pad="-1", pad_value=-1,
        pixels=4,
    ),
}  # fmt: skip
