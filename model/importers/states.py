"""State dict of a training program: its tensors by name, and everything that is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from model import checkpoint
from model.content import sound_tensors
from model.faults import described, shown, told
from model.importers.builder import EPS, Norm
from model.importers.latents import Signs, signs
from model.refusal import Refusal

FOLDED = ("state_dict", "model_state_dict", "net")
"""Keys under which training programs save a state dict beside their own notes."""

TYPES = (torch.float32, torch.float16, torch.bfloat16, torch.int8, torch.int16)

HINT = "give torch.save(network.state_dict(), ...) or a dict with it under state_dict"

LOST = "num_batches_tracked"


@dataclass(kw_only=True)
class State:
    """Tensors by key, and the faults found while they are taken.

    What is missing or wrong becomes a fault and is read as 0, so that `finish` can say all faults
    at once.
    """

    path: Path
    program: str
    tensors: dict[str, Tensor]
    faults: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def __contains__(self, key: str) -> bool:
        return key in self.tensors

    def size(self, key: str) -> int | None:
        """First size of the tensor of ``key``, None if it is missing or a single number."""
        given = self.tensors.get(key)
        return None if given is None or not given.ndim else len(given)

    def tensor(self, key: str, *sizes: int | None) -> Tensor:
        """The tensor of ``key``, float32; a size of None may be any."""
        self.taken.add(key)
        given = self.tensors.get(key)
        wanted = " x ".join("any" if size is None else str(size) for size in sizes)
        if given is None:
            self.faults.append(f"{key} is missing")
        elif given.dtype not in TYPES:
            self.faults.append(f"{key} has {str(given.dtype).removeprefix('torch.')} values; write"
                               " tensor.float() and measure the network again")
        elif given.ndim != len(sizes) or any(
                size not in (None, there) for size, there in zip(sizes, given.shape, strict=True)):
            there = " x ".join(map(str, given.shape)) or "one number"
            self.faults.append(f"{key} is {there}, and not {wanted}")
        elif not given.numel():
            self.faults.append(f"{key} is empty")
        elif bad := int((~torch.isfinite(given)).sum()):
            self.faults.append(f"{bad:,} of {given.numel():,} values of {key} are not finite;"
                               " train it again")
        else:
            return given.float()
        return torch.zeros([size or 1 for size in sizes])

    def signs(self, key: str, *sizes: int | None, rule: str = "sign") -> Signs:
        """Binary weights of the latents of ``key``."""
        before = len(self.faults)
        latent = self.tensor(key, *sizes)
        found, wrong = signs(latent, rule)
        if found is not None:
            return found
        if len(self.faults) == before:
            self.faults.append(f"{key}: {wrong}")
        return Signs(weight=torch.ones_like(latent, dtype=torch.int8),
                     scale=torch.ones(len(latent), dtype=torch.float64))

    def norm(self, name: str, channels: int | None, *, affine: bool = True,
             eps: float = EPS) -> Norm:
        """The batch norm ``name``; without ``affine`` its gamma is 1 and its beta 0."""
        keys = {"mean": "running_mean", "variance": "running_var"}
        if affine:
            keys |= {"weight": "weight", "bias": "bias"}
        self.taken.add(f"{name}.{LOST}")
        channels = channels or self.size(f"{name}.running_mean")
        found = {field: self.tensor(f"{name}.{key}", channels).double()
                 for field, key in keys.items()}
        if not affine:
            ones = torch.ones_like(found["mean"])
            found |= {"weight": ones, "bias": 0 * ones}
        if bool((found["variance"] < 0).any()):
            self.faults.append(f"{name}.running_var has a negative variance; train it again")
        return Norm(eps=eps, **found)

    def check(self, key: str, like: Tensor) -> None:
        """Add a fault unless there is a tensor of ``key`` as ``like``; its own type is kept."""
        if like.is_floating_point() and like.dtype in TYPES:
            self.tensor(key, *like.shape)
        elif key not in self.tensors or self.tensors[key].shape != like.shape:
            self.faults.append(f"{key} is missing, or not {' x '.join(map(str, like.shape))}")

    def finish(self) -> None:
        """Raise `Refusal` with all faults, tensors that nobody has taken among them."""
        left = [key for key in self.tensors if key not in self.taken]
        faults = [*self.faults, *(f"{shown(key, 60)} is no tensor of it" for key in left)]
        if faults:
            raise Refusal(f"{self.path}: not {self.program}: {told(faults)}")

    def refuse(self, what: str) -> Refusal:
        """The refusal of a network that is known, and cannot be read."""
        return Refusal(f"{self.path}: {what}")


def read(path: Path, program: str, refused: Mapping[str, str] | None = None) -> State:
    """The state dict in ``path``, alone or in a checkpoint dict, without ``module.``.

    Parameters
    ----------
    refused : what to say of networks that cannot be read, by a tensor that only they have.

    Raises
    ------
    Refusal
        For a file that has none, or has anything but tensors in it; for a network of ``refused``.
    """
    try:
        content = checkpoint.read(path)
    except Refusal as refusal:
        # What is said there to users of this program's own files is none for those of others.
        said = str(refusal).replace(checkpoint.CONVERT, "").replace(checkpoint.HINT, HINT)
        raise Refusal(said.replace("a Purelogic checkpoint", "a state dict")) from None
    held = [key for key in FOLDED if isinstance(content.get(key), dict)]
    given = content[held[0]] if held else content
    sound, _ = sound_tensors(given)
    if not given or len(sound) != len(given):
        odd = next((key for key in given if key not in sound), None)
        what = f"{described(odd)} is no plain tensor" if given else "it is empty"
        raise Refusal(f"{path}: has no state dict of tensors ({what}); {HINT}")
    if all(key.startswith("module.") for key in sound):
        sound = {key.removeprefix("module."): value for key, value in sound.items()}
    state = State(path=path, program=program, tensors=sound)
    for key, what in (refused or {}).items():
        if key in state:
            raise state.refuse(what)
    return state
