"""The canonical form of a network: no default left out, no layer without effect, fixed types.

Other programs write the same network in other ways. Those that are unambiguous are converted to
this form; everything else is a fault, with its place and what to write.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from model.arch import Arch
from model.faults import keyed
from model.networks import BinaryNetwork
from model.records import Add, AnyRecord, BatchNorm, Clamp, Dropout
from model.refusal import Refusal
from model.roles import NUMBER, converted, roles

PREFIXES = ("module.", "_orig_mod.")
"""Prefixes that DataParallel and torch.compile add to every key."""


@dataclass(kw_only=True)
class Settled:
    """A network in its canonical form, if there are no ``faults``."""

    arch: Arch
    tensors: dict[str, Tensor] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def settle(arch: Arch, tensors: Mapping[str, Tensor]) -> Settled:
    """Convert a network to its canonical form.

    Dropout layers are left out, and clamps that change no sign where signs alone read them; a batch
    norm without gammas and betas gets 1 and 0, a missing ``num_batches_tracked`` is 0; every tensor
    gets the type of its role, if that has every value exactly.
    """
    given = _without_prefix(tensors, set(skeleton(arch).state_dict()))
    affine, given = _with_affine(arch, given)
    plainer, faults = _plainer(arch)
    settled = Settled(arch=plainer, faults=[*affine, *faults])
    if faults:
        return settled
    network = skeleton(settled.arch)
    shapes = {key: list(value.shape) for key, value in network.state_dict().items()}
    for key in shapes:
        if key.endswith(".num_batches_tracked"):
            given.setdefault(key, torch.tensor(0))
            if given[key].numel() == 1:
                given[key] = given[key].reshape(())
    known = roles(settled.arch)
    for key in [*shapes, *(key for key in given if key not in shapes)]:
        wanted = shapes.get(key, "nothing")
        there = list(given[key].shape) if key in given else "nothing"
        if wanted != there:
            settled.faults.append(f"state_dict.{keyed(key)}: arch says {wanted}, weights have"
                                  f" {there}{_advice(key, given)}")
        elif key in shapes:
            taken = converted(given[key].detach(), known.get(key, NUMBER))
            if isinstance(taken, str):
                settled.faults.append(f"state_dict.{key}: {taken}")
            else:
                settled.tensors[key] = taken
    return settled


def completed(arch: Arch, tensors: Mapping[str, Tensor]) -> tuple[Arch, dict[str, Tensor]]:
    """Do as `settle`, without checking types and values, for a network that was never in a file.

    Raises
    ------
    Refusal
        If a dropout cannot be left out, or a batch norm has gammas that it should not have.
    """
    affine, given = _with_affine(arch, dict(tensors))
    plainer, faults = _plainer(arch)
    if affine or faults:
        raise Refusal("; ".join([*affine, *faults]))
    return plainer, given


def skeleton(arch: Arch) -> BinaryNetwork:
    """The network with shapes but without memory, so that a hostile arch cannot exhaust it."""
    with torch.device("meta"):
        return BinaryNetwork(arch)


def _without_prefix(tensors: Mapping[str, Tensor], expected: set[str]) -> dict[str, Tensor]:
    given = dict(tensors)
    for _ in PREFIXES:
        for prefix in PREFIXES:
            if given and all(key.startswith(prefix) for key in given) and not any(
                    key.startswith(prefix) for key in expected):
                given = {key.removeprefix(prefix): value for key, value in given.items()}
    bare = {key.partition(".")[2]: value for key, value in given.items()}
    if len({key.partition(".")[0] for key in given}) == 1 and bare.keys() <= expected:
        return bare  # of a module that contains the network, such as the "model." of many trainers
    return given


def _with_affine(arch: Arch, tensors: dict[str, Tensor]) -> tuple[list[str], dict[str, Tensor]]:
    """Faults, and the tensors with gammas 1 and betas 0 for batch norms of ``affine: false``."""
    faults: list[str] = []
    filled: dict[str, Tensor] = {}
    for record in arch.layers:
        if isinstance(record, BatchNorm) and record.affine is False:
            keys = [f"{record.name}.weight", f"{record.name}.bias"]
            faults += [f"state_dict.{key}: arch says \"affine\": false, weights have one; leave one"
                       " of them out" for key in keys if key in tensors]
            read = arch.reads[record.name]
            channels = (arch.input.shape if read is None else arch.shapes[read])[0]
            filled |= {keys[0]: torch.ones(channels), keys[1]: torch.zeros(channels)}
    return faults, {**tensors, **filled}


def _plainer(arch: Arch) -> tuple[Arch, list[str]]:
    """The arch without layers that have no effect, and with every batch norm affine; and faults.

    A dropout that a branch reads by name cannot be left out.
    """
    gone: dict[str, str | None] = {}
    layers: list[AnyRecord] = []
    faults = []
    before: str | None = None  # the layer that the next record reads, if not the one before it
    idle = _idle(arch)
    for record in arch.layers:
        if record.name in idle:
            read = arch.reads[record.name]
            gone[record.name] = read if read is None else gone.get(read, read)
            before = before if record.source is None else gone[record.name]
            continue
        source = record.source
        moved = before if source is None or isinstance(record, Add) else None
        if source in gone:
            source = gone[source]
        if (isinstance(record, Add) and moved is not None) or (record.source in gone and (
                source is None)):
            faults.append(f"arch: layers {record.name!r}: reads a dropout that cannot be left out;"
                          " leave it out of the arch, it does nothing at evaluation")
        changes: dict[str, Any] = {"source": source or moved}
        if isinstance(record, BatchNorm):
            changes["affine"] = None
        layers.append(record.model_copy(update=changes))
        before = None
    if faults or not layers:
        return arch, faults or ["arch: layers: nothing but dropouts"]
    return Arch(input=arch.input, layers=tuple(layers)), []


def _idle(arch: Arch) -> set[str]:
    """Names of the layers without effect: dropouts, and clamps around 0 that only signs read."""
    readers: dict[str | None, list[str]] = {}
    for record in arch.layers:
        for read in {arch.reads[record.name], record.source}:
            readers.setdefault(read, []).append(record.kind)
    return {record.name for record in arch.layers
            if isinstance(record, Dropout) or (
                isinstance(record, Clamp) and record.low < 0 <= record.high
                and {*readers.get(record.name, [])} == {"sign"})}


def _advice(key: str, tensors: Mapping[str, Tensor]) -> str:
    name, _, tensor = key.rpartition(".")
    if tensor in ("weight", "bias") and f"{name}.running_var" in tensors and not (
            {f"{name}.weight", f"{name}.bias"} & set(tensors)):
        return " (a batch norm without them says \"affine\": false in its record)"
    return ""
