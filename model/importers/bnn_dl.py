"""Importer of BNN-DL: a VGG as its authors' training program saves it.

Such a file is a dict with the weights, +1 and -1, under ``state_dict``; latents and what else is in
it are ignored. Convolutions have a bias and are padded with zeros; each is followed by a 2x2
max-pool or none, and a batch norm. A pool has no tensors: it shows as a gap between the numbers of
a convolution and its batch norm. Signs stand between the blocks, and the last one's scores are
averaged over the map. ``sign(0)`` is 0 in that program and +1 here; a batch norm gives no exact 0
but by chance.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model import checkpoint
from model.checkpoint import Checkpoint
from model.faults import described, shown
from model.importers.normalisation import Normalisation, needed, scaled
from model.refusal import Refusal

EPS = 1e-5
"""PyTorch's, which that program leaves alone and does not save."""

SIDE = 32
"""Of the images of CIFAR-10, CIFAR-100 and SVHN."""

POOL = {1: False, 2: True}
"""Between the numbers of a convolution and of its batch norm."""

_KEY = re.compile(r"(?:module\.)?(features\d+|classifier\d*)\.(\d+)\.(\w+)")
_NORM = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A convolution and what follows it; tensors by their names."""

    name: str
    conv: Mapping[str, Tensor]
    norm: Mapping[str, Tensor]
    pool: bool


def read(path: Path, normalisation: Normalisation | None = None) -> Checkpoint:
    """Read the network in ``path``; classes are numbered, as such a file has no names.

    Raises
    ------
    Refusal
        For a file that is not such a dict, with everything that is another than in a VGG; or
        without ``normalisation``, which such a file does not tell.
    """
    content = checkpoint.read(path)
    state = content.get("state_dict")
    if not isinstance(state, dict):
        keys = ", ".join(described(key) for key in list(content)[:4])
        raise Refusal(f"{path}: a dict of {keys or 'nothing'} and no state_dict; give a file that"
                      " the program of BNN-DL has saved")
    blocks, faults = _blocks(state)
    if faults:
        told = "; ".join(faults[:8]) + (f"; and {len(faults) - 8} more" if len(faults) > 8 else "")
        raise Refusal(f"{path}: no VGG of BNN-DL: {told}")
    return _checkpoint(path, blocks, needed(normalisation, path))


def _blocks(state: Mapping[Any, Any]) -> tuple[list[Block], list[str]]:
    """Blocks in the order of the file, and everything that is another than in a VGG."""
    modules: dict[str, dict[int, dict[str, Tensor]]] = {}
    faults = list[str]()
    for key, value in state.items():
        match = _KEY.fullmatch(key) if isinstance(key, str) else None
        if match is None or not isinstance(value, Tensor):
            faults.append(f"{shown(str(key), 60)} is no tensor of features or classifier")
            continue
        block, number, name = match.groups()
        modules.setdefault(block, {}).setdefault(int(number[:4]), {})[name] = value
    blocks = list[Block]()
    for name, within in modules.items():
        block, wrong = _block(name, within, first=not blocks)
        faults += wrong
        if block is not None:
            blocks.append(block)
    if not modules:
        faults.append("it has no features and no classifier")
    return blocks, faults


def _block(
    name: str, within: Mapping[int, Mapping[str, Tensor]], *, first: bool
) -> tuple[Block | None, list[str]]:
    norms = [number for number, tensors in within.items() if "running_mean" in tensors]
    products = [number for number in within if number not in norms]
    if len(norms) != 1 or len(products) != 1:
        return None, [f"{name} has {len(products)} products and {len(norms)} batch norms, and not"
                      " one of each"]
    (conv,), (norm,) = products, norms
    tensors, beside = within[conv], within[norm]
    missing = [f"{conv}.{key}" for key in ("weight", "bias") if key not in tensors]
    missing += [f"{norm}.{key}" for key in _NORM if key not in beside]
    if missing:
        return None, [f"{name} has no {', '.join(missing)}"]
    weight, faults = tensors["weight"], []
    if weight.ndim != 4 or weight.shape[2:] not in ((1, 1), (3, 3)):
        faults.append(f"{name}.{conv}.weight has the shape {tuple(weight.shape)}, and is not that"
                      " of a 3x3 convolution; only the VGG of the paper is read")
    zeros, others = int((weight == 0).sum()), int((weight.abs() != 1).sum())
    if others:
        what = f"{zeros:,} are 0" if zeros == others else "it is real"
        faults.append(f"{name}.{conv}.weight: {others:,} of {weight.numel():,} weights are neither"
                      f" +1 nor -1, {what}; hardware has binary weights only")
    if conv != (0 if first else 1) or norm - conv not in POOL:
        faults.append(f"{name} has its convolution at {conv} and its batch norm at {norm}, where"
                      " a VGG has 0 and 1 or 2 in the first block, 1 and 2 or 3 in others")
    if faults:
        return None, faults
    sizes = {key: len(beside[key]) for key in _NORM if beside[key].ndim == 1}
    if set(sizes.values()) != {len(weight)} or len(sizes) != len(_NORM):
        return None, [f"{name}: a batch norm of other sizes than the {len(weight)} channels before"]
    return Block(name=name, conv=tensors, norm=beside, pool=POOL[norm - conv]), []


def _checkpoint(path: Path, blocks: list[Block], normalisation: Normalisation) -> Checkpoint:
    records: list[dict[str, Any]] = []
    tensors: dict[str, Tensor] = {}
    for number, block in enumerate(blocks, 1):
        weight, last = block.conv["weight"], block is blocks[-1]
        side = int(weight.shape[2])
        bias, mean, variance = (each.float() for each in (
            block.conv["bias"], block.norm["running_mean"], block.norm["running_var"]))
        if number == 1:
            bias, mean, variance = scaled(bias, mean, variance, EPS, normalisation.scale)
        records.append({
            "kind": "conv", "name": f"conv{number}", "out": len(weight), "kernel": [side, side],
            "padding": [side // 2, side // 2], "pad": "zero" if side > 1 else "none",
            "bias": True,
        })
        if block.pool:
            records.append({"kind": "max_pool", "name": f"pool{number}", "kernel": [2, 2]})
        records.append({"kind": "batch_norm", "name": f"bn{number}", "eps": EPS})
        records.append({"kind": "global_average_pool", "name": "average"} if last else
                       {"kind": "sign", "name": f"sign{number}"})
        tensors |= {
            f"conv{number}.weight": weight.to(torch.int8), f"conv{number}.bias": bias,
            f"bn{number}.weight": block.norm["weight"].float(),
            f"bn{number}.bias": block.norm["bias"].float(),
            f"bn{number}.running_mean": mean, f"bn{number}.running_var": variance,
            f"bn{number}.num_batches_tracked": torch.tensor(0),
        }
    first = blocks[0].conv["weight"]
    channels, classes = int(first.shape[1]), len(blocks[-1].conv["weight"])
    arch = {"input": {"shape": [channels, SIDE, SIDE], "table": normalisation.table(channels)},
            "layers": records}
    return Checkpoint(
        method="bnn-dl", arch=arch, state_dict=tensors, classes=list(map(str, range(classes))),
        metrics={}, training={"importer": "bnn-dl", "source": path.name,
                              "mean": list(normalisation.mean), "std": list(normalisation.std),
                              "scale_bits": normalisation.scale_bits})
