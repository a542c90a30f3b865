"""The checkpoint: a trained network as one file of plain types and tensors, never of code."""

import os
import pickle
import warnings
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model.arch import Arch, parse
from model.layers import BinaryProduct
from model.networks import BinaryNetwork
from model.refusal import Refusal

FORMAT = "purelogic"
VERSION = 1


@dataclass(kw_only=True)
class Checkpoint:
    """A trained network; the schema is in docs/checkpoint.md.

    Parameters
    ----------
    method : how it was trained, such as "bnn-dl".
    arch : the plain dict `model.arch` describes, defaults filled in.
    state_dict : tensors by ``<layer>.<tensor>``; binary weights are int8 +1 or -1.
    classes : a name per score.
    metrics : what was measured, and on what.
    training : every hyper-parameter, seed, data and version.
    """

    method: str
    arch: dict[str, Any]
    state_dict: dict[str, Tensor]
    classes: list[str]
    metrics: dict[str, Any]
    training: dict[str, Any]
    version: int = VERSION

    def module(self) -> BinaryNetwork:
        """The network with these weights, in evaluation mode."""
        network = BinaryNetwork(parse(self.arch))
        network.load_state_dict(self.state_dict)
        return network.eval()


def export(network: BinaryNetwork) -> dict[str, Tensor]:
    """The network's tensors on the CPU, latent weights replaced by their signs as int8."""
    binary = _binary_weights(network)
    return {key: torch.where(value >= 0, 1, -1).to("cpu", torch.int8).contiguous()
            if key in binary else value.detach().to("cpu", copy=True).contiguous()
            for key, value in network.state_dict().items()}


def save(checkpoint: Checkpoint, path: str | os.PathLike[str]) -> None:
    """Check ``checkpoint`` and write it to ``path``; the file appears whole or not at all.

    Raises
    ------
    Refusal
        As `load` would for the same content, or when the folder cannot be written.
    """
    arch = _check(checkpoint, "checkpoint")
    content = {field.name: getattr(checkpoint, field.name) for field in fields(Checkpoint)}
    content |= {"format": FORMAT, "arch": arch.plain()}
    write(content, path)


def write(content: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """``torch.save`` that leaves an earlier file untouched until the new one is proven readable.

    Raises
    ------
    Refusal
        When the folder cannot be written, or ``content`` holds more than `read` will take.
    """
    target = Path(path)
    partial = target.with_name(target.name + ".partial")
    try:
        torch.save(content, partial)
        _unpickle(partial)
        os.replace(partial, target)
    except (OSError, RuntimeError) as error:
        raise Refusal(f"{target}: cannot be written ({_line(error)}); check the folder") from None
    except (pickle.PickleError, AttributeError, TypeError):
        raise Refusal(f"{target}: not written, since it would hold objects; metrics and training"
                      " take plain types and tensors only") from None
    finally:
        partial.unlink(missing_ok=True)


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The dict of plain types and tensors in ``path``; code in it is refused, never run.

    Raises
    ------
    Refusal
        For a file that is missing, holds code or objects, or is no such file at all.
    """
    if not Path(path).is_file():
        raise Refusal(f"{path}: no such file; give a checkpoint written by model.train")
    try:
        content = _unpickle(path)
    except pickle.UnpicklingError:
        raise Refusal(f"{path}: a pickle of more than tensors and plain types, which may hold code;"
                      " nothing in it was run; give a checkpoint written by model.train") from None
    except Exception:
        # Whatever bytes a stranger's file holds, torch may stumble over them in any way.
        raise _foreign(path) from None
    if not isinstance(content, dict):
        raise _foreign(path)
    return content


def load(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint and check it: format, version, arch, and every tensor against the arch.

    Raises
    ------
    Refusal
        Saying what is wrong; for weights that do not match, every key with both shapes.
    """
    content = read(path)
    if content.get("format") != FORMAT:
        raise _foreign(path)
    if content.get("version") != VERSION:
        raise Refusal(f"{path}: checkpoint version {content.get('version')!r}, this program reads"
                      f" {VERSION}; use the program that wrote it")
    wrong = [f"{name} ({expected.__name__})" for name, expected in _TYPES.items()
             if not isinstance(content.get(name), expected)]
    if wrong:
        raise Refusal(f"{path}: missing or of the wrong type: {', '.join(wrong)}")
    checkpoint = Checkpoint(**{name: content[name] for name in _TYPES})
    checkpoint.arch = _check(checkpoint, str(path)).plain()
    return checkpoint


def _unpickle(path: str | os.PathLike[str]) -> Any:
    with warnings.catch_warnings():
        # Torch muses about old pickles; the refusal that follows is the one line to read.
        warnings.simplefilter("ignore", UserWarning)
        return torch.load(path, map_location="cpu", weights_only=True)


_TYPES: dict[str, type] = {"method": str, "arch": dict, "state_dict": dict, "classes": list,
                           "metrics": dict, "training": dict}


def _foreign(path: str | os.PathLike[str]) -> Refusal:
    return Refusal(f"{path}: not a Purelogic checkpoint; give a file written by model.train")


def _line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _check(checkpoint: Checkpoint, where: str) -> Arch:
    try:
        arch = parse(checkpoint.arch)
    except Refusal as refusal:
        raise Refusal(f"{where}: {refusal}") from None
    faults = _mismatches(arch, checkpoint.state_dict) or _bad_values(arch, checkpoint.state_dict)
    if len(checkpoint.classes) != arch.classes:
        faults.append(f"{len(checkpoint.classes)} class names for {arch.classes} scores")
    if faults:
        raise Refusal(f"{where}: {'; '.join(faults)}")
    return arch


def _skeleton(arch: Arch) -> BinaryNetwork:
    """The network with shapes and no memory, so that a hostile arch cannot ask for any."""
    with torch.device("meta"):
        return BinaryNetwork(arch)


def _mismatches(arch: Arch, tensors: dict[str, Any]) -> list[str]:
    expected = {key: list(value.shape) for key, value in _skeleton(arch).state_dict().items()}
    found = {key: list(value.shape) if isinstance(value, Tensor) else type(value).__name__
             for key, value in tensors.items()}
    faults = []
    for key in [*expected, *(key for key in found if key not in expected)]:
        wanted, given = expected.get(key, "nothing"), found.get(key, "nothing")
        if wanted != given:
            faults.append(f"{key}: arch says {wanted}, weights have {given}")
    return faults


def _bad_values(arch: Arch, tensors: dict[str, Tensor]) -> list[str]:
    faults = []
    binary = _binary_weights(_skeleton(arch))
    for key, tensor in tensors.items():
        bad = int((~torch.isfinite(tensor)).sum())
        if bad:
            faults.append(f"{key}: {bad} of {tensor.numel()} values are not finite")
        elif key in binary and (other := int((tensor.abs() != 1).sum())):
            faults.append(f"{key}: {other} of {tensor.numel()} binary weights are neither +1"
                          " nor -1")
        elif key.endswith(".running_var") and bool((tensor < 0).any()):
            faults.append(f"{key}: a variance is negative")
    return faults


def _binary_weights(network: BinaryNetwork) -> set[str]:
    return {f"{name}.weight" for name, module in network.named_modules()
            if isinstance(module, BinaryProduct) and module.binary}
