"""One direction of a kernel that slides over a map: which places each step of it reads."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One direction of a sliding kernel: ``size`` places, symmetric padding.

    A step of it is ``pixels`` outputs, which are read together; they divide the outputs.
    """

    size: int
    kernel: int
    stride: int
    padding: int
    pixels: int = 1

    @property
    def outputs(self) -> int:
        return (self.size + 2 * self.padding - self.kernel) // self.stride + 1

    @property
    def steps(self) -> int:
        return self.outputs // self.pixels

    @property
    def advance(self) -> int:
        """Places from a step to the next."""
        return self.stride * self.pixels

    def start(self, step: int) -> int:
        """First place under the kernel; negative in the padding."""
        return step * self.advance - self.padding

    def needs(self, step: int) -> int:
        """Places, counted from the first, that must be there before this step can be read."""
        return min(self.start(step) + self.advance - self.stride + self.kernel, self.size)

    def frees(self, step: int) -> int:
        """Places that no later step reads; all of them after the last."""
        if step == self.steps - 1:
            return self.size
        return min(max(self.start(step + 1), 0), self.size)

    def outside(self, step: int) -> tuple[bool, ...]:
        """For every pixel of the step, and every tap of it, whether it lies in the padding."""
        firsts = range(self.start(step), self.start(step) + self.advance, self.stride)
        return tuple(
            not 0 <= first + tap < self.size for first in firsts for tap in range(self.kernel)
        )
