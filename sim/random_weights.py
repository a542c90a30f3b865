"""Random weights of a network, with thresholds among the sums."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from model.layers import BinaryProduct
from model.networks import BinaryNetwork
from model.records import Affine, BatchNorm, Product, Threshold

Arrays = dict[str, np.ndarray]


def fill(
    network: BinaryNetwork, spreads: Mapping[str, float], copies: Mapping[str, int],
    rng: np.random.Generator, *, alike: float,
) -> None:
    """Set weights, small biases, and what reads sums of a standard deviation in ``spreads``.

    In a share ``alike`` of the batch norms, groups of ``copies`` gammas, or pairs, have one sign;
    if there is one, some products have the same weights for channels side by side.
    """
    records = {record.name: record for record in network.arch.layers}
    shares = rng.spawn(1)[0]
    with torch.no_grad():
        for name, record in records.items():
            if isinstance(record, Product):
                _product(network.layer(name), record.largest_weight, rng)
                if alike:
                    _share(network.layer(name), shares)
        tensors = network.state_dict()
        for name, spread in spreads.items():
            record = records[name]
            if isinstance(record, BatchNorm):
                count = len(tensors[f"{name}.weight"])
                gamma = rng.normal(0, 1, count) * (rng.random(count) > 0.15)
                if alike and rng.random() < alike:
                    same = copies.get(name, 2)
                    gamma = np.abs(gamma) * np.repeat(np.sign(gamma[::same]), same)[:count]
                _set(tensors, name, {"weight": gamma, **_norm(count, spread, rng)})
            elif isinstance(record, Threshold):
                steps = rng.normal(0, 0.5 * spread, len(tensors[f"{name}.threshold"]))
                _set(tensors, name, {"threshold": np.where(rng.random(len(steps)) < 0.5,
                                                           np.rint(steps), steps)})
            elif isinstance(record, Affine):
                _set(tensors, name, _affine(record, len(tensors[f"{name}.offset"]), spread, rng))


def _product(product: object, largest: int, rng: np.random.Generator) -> None:
    assert isinstance(product, BinaryProduct)
    shape = tuple(product.weight.shape)
    if product.weights == "integer":
        weights = rng.integers(-largest, largest, shape)
        if rng.random() < 0.4:
            weights |= 1
    else:
        weights = rng.choice([-1.0, 1.0], shape)
    product.weight.copy_(torch.from_numpy(weights))
    if product.bias is not None:
        product.bias.copy_(torch.from_numpy(rng.normal(0, 2, shape[0])))


def _share(product: object, rng: np.random.Generator) -> None:
    """Make weights of channels side by side the same, if those are so many; of a dense layer on a
    map it makes others the same, which hardware knows nothing of."""
    assert isinstance(product, BinaryProduct)
    weight, times = product.weight, int(rng.choice([1, 1, 2, 2, 3, 4]))
    if weight.shape[1] % times == 0:
        weight.copy_(weight[:, ::times].repeat_interleave(times, dim=1))


def _norm(count: int, spread: float, rng: np.random.Generator) -> Arrays:
    return {"bias": rng.normal(0, 0.5, count),
            "running_mean": rng.normal(0, 0.5 * spread, count),
            "running_var": spread**2 * rng.uniform(0.3, 2, count)}


def _affine(record: Affine, count: int, spread: float, rng: np.random.Generator) -> Arrays:
    """So that some results saturate."""
    unit = 2.0 ** (record.shift + record.bits - 2)
    return {"multiplier": np.rint(np.clip(rng.normal(0, unit / spread, count), -2**31, 2**31 - 1)),
            "offset": np.rint(rng.normal(0, unit / 4, count))}


def _set(tensors: Mapping[str, Tensor], name: str, arrays: Arrays) -> None:
    for key, array in arrays.items():
        tensors[f"{name}.{key}"].copy_(torch.from_numpy(array))
