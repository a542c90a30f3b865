"""Map of a traced network: a layer's output, times a scale, plus a shift, channel by channel."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Map:
    """``y = scale * x + shift`` for the output ``x`` of ``layer``, None for the image's table.

    ``scale`` and ``shift`` are float64 (C,). ``bits`` says that x is +1 and -1. ``squashed`` is the
    operation, such as hardtanh, that was left out since it does not change a sign; ``padding`` is
    what surrounds y, in rows and columns, and its value.
    """

    layer: str | None
    shape: tuple[int, ...]
    scale: Tensor
    shift: Tensor
    bits: bool = False
    squashed: str = ""
    padding: tuple[int, int] = (0, 0)
    pad: float = 0.0

    def moved(self, scale: Tensor | float, shift: Tensor | float = 0.0) -> "Map":
        """``scale * y + shift``; behind what was left out only if no sign can change by it."""
        factors, added = torch.as_tensor(scale), torch.as_tensor(shift)
        if not bool((factors > 0).all()) or bool(added.any()):
            self.check_real()
        return replace(self, scale=self.scale * scale, shift=self.shift * scale + shift)

    def check_real(self) -> None:
        """Raise ValueError if something was left out that only a sign may be behind."""
        if self.squashed:
            raise ValueError(f"reads the real numbers of a {self.squashed}, for which there is no"
                             " layer; put a sign between them and train again")
        if any(self.padding):
            raise ValueError("reads a padded map; pad in the convolution instead")

    @property
    def rising(self) -> bool:
        """True if y is larger where x is."""
        return bool((self.scale > 0).all())

    @property
    def plain(self) -> bool:
        """True if y is x."""
        return bool((self.scale == 1).all()) and not bool(self.shift.any())


def fresh(layer: str | None, shape: tuple[int, ...], *, bits: bool = False) -> Map:
    """The output of a layer itself."""
    return Map(layer=layer, shape=shape, scale=torch.ones(shape[0]).double(),
               shift=torch.zeros(shape[0]).double(), bits=bits)


def channelwise(value: Tensor | float, shape: tuple[int, ...]) -> Tensor:
    """A constant of an operation as float64 (C,). Raises ValueError if it is none of channels."""
    given = torch.as_tensor(value).double()
    sizes = [size for size in given.shape if size != 1]
    if not sizes:
        return given.flatten()[:1].expand(shape[0])
    at = given.ndim - len(shape)  # of the channels, counted from the back as PyTorch does
    if sizes == [shape[0]] and at >= 0 and given.shape[at] == shape[0]:
        return given.flatten()
    raise ValueError(f"has a constant of {' x '.join(map(str, given.shape))}, and not one number"
                     " for each channel")


def uniform(values: Tensor) -> bool:
    """True if all values are the same."""
    return bool((values == values[0]).all())
