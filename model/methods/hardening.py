"""Hardening: from a network of scaled weights to one of +1 and -1 that gives the same classes.

A product gives ``scale * (acc + shift + bias)`` with an integer ``acc``. The batch norm after it
absorbs scale and shift, up to the last bits of a float32. Without one the shift is added to the
bias; the scale makes no difference to a sign, and scores, whose channels must have the same scale,
are divided by it.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from model.layers import BinaryProduct
from model.networks import BinaryNetwork
from model.refusal import Refusal
from model.scales import MOVES, Form, Tensors, absorb

Arch = dict[str, Any]

Forms = Callable[[str, Tensor], Form]
"""Function from a product's name and effective weights to their form."""


def by_size(name: str, weights: Tensor) -> Form:
    """The form of weights that are +s or -s, with a scale s for every output channel."""
    scale = weights.double().flatten(1).abs().amax(1)
    return Form(scale, torch.zeros_like(scale))


@torch.no_grad()
def harden(network: BinaryNetwork, forms: Forms = by_size) -> tuple[Arch, Tensors]:
    """Arch and tensors, on the CPU, of ``network`` with int8 weights +1 and -1.

    Raises
    ------
    Refusal
        For a channel whose weights are all 0, or a scale that no layer can absorb.
    """
    arch = network.arch.plain()
    tensors = {key: value.detach().clone() for key, value in network.state_dict().items()}
    last = products(network)[-1][0]
    for name, product in products(network):
        weights = product.effective
        form = forms(name, weights)
        if not bool((form.scale > 0).all()):
            raise Refusal(f"layer {name!r}: the weights of output channel"
                          f" {int(form.scale.argmin())} are all 0; train again with another --seed"
                          " or a lower --lr")
        tensors[f"{name}.weight"] = torch.where(weights >= 0, 1, -1).to(torch.int8)
        if product.bias is not None:
            tensors[f"{name}.bias"] = (product.bias.double() / form.scale).float()
        norms = takers(network, name)
        for norm in norms:
            absorb(tensors, norm, form)
        if norms:
            continue
        if name == last and bool((form.scale != form.scale[0]).any()):
            raise Refusal(f"layer {name!r}: its scores have scales of their own and no batch_norm"
                          " takes them in; put one behind it")
        if bool(form.shift.any()):
            _shift_bias(arch, tensors, name, form.shift)
    return arch, {key: value.cpu() for key, value in tensors.items()}


def _shift_bias(arch: Arch, tensors: Tensors, name: str, shift: Tensor) -> None:
    record = next(record for record in arch["layers"] if record["name"] == name)
    before = tensors[f"{name}.bias"].double() if record["bias"] else torch.zeros_like(shift)
    record["bias"] = True
    tensors[f"{name}.bias"] = (before + shift).float()


def products(network: BinaryNetwork) -> list[tuple[str, BinaryProduct]]:
    """Name and module of every product with binary weights, in order."""
    named = [(record.name, network.layer(record.name)) for record in network.arch.layers]
    return [(name, module) for name, module in named
            if isinstance(module, BinaryProduct) and module.binary]


def takers(network: BinaryNetwork, product: str) -> list[Any]:
    """The batch norms that absorb a product's scale and shift; none for signs and scores.

    Raises
    ------
    Refusal
        If other layers than batch norms and signs read its sums.
    """
    takers, waiting = list[Any](), [product]
    for name in waiting:
        readers = [record for record in network.arch.layers
                   if name in (network.arch.reads[record.name], record.source)]
        waiting += [record.name for record in readers if record.kind in MOVES]
        takers += [record for record in readers if record.kind not in MOVES]
    if {record.kind for record in takers} == {"batch_norm"}:
        return takers
    if other := [record for record in takers if record.kind != "sign"]:
        raise Refusal(f"layer {product!r}: {other[0].name!r} reads its sums, and does not take in"
                      " the scale of its weights; put a batch_norm behind it, and nothing else")
    return []
