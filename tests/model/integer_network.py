"""An evaluation of quantised networks in NumPy's integers, written anew: no torch, no layers."""

import numpy as np


def evaluate(arch, tensors, images):
    """Every layer's output by name, (N, C, H, W) or (N, C), as int64 where it has integers.

    Batch norms are computed in float64. ``near`` is the smallest distance of a sign's input from 0:
    below 1e-5 float32 might round it otherwise.
    """
    arrays = {key: value.numpy() for key, value in tensors.items()}
    table = np.array(arch["input"]["table"], np.int64)
    outputs = {None: np.stack([table[c][images[:, c]] for c in range(len(table))], 1)}
    before, near = None, np.inf
    for record in arch["layers"]:
        kind, name = record["kind"], record["name"]
        source = before if kind == "add" else record.get("from", before)
        x = outputs[source]
        own = {key.rpartition(".")[2]: value for key, value in arrays.items()
               if key.rpartition(".")[0] == name}
        if kind == "conv":
            y = conv(x, own["weight"].astype(np.int64), record)
        elif kind == "dense":
            y = x @ own["weight"].T.astype(np.int64)
        elif kind == "affine":
            y = x * channels(own["multiplier"].astype(np.int64), x) + channels(own["offset"], x)
            y = np.clip(y // 2**record["shift"], -2**(record["bits"] - 1),
                        2**(record["bits"] - 1) - 1)
        elif kind == "batch_norm":
            mean, variance, gamma, beta = (channels(own[key].astype(np.float64), x) for key in
                                           ("running_mean", "running_var", "weight", "bias"))
            y = (x - mean) * gamma / np.sqrt(variance + record["eps"]) + beta
        elif kind == "sign":
            near = near if x.dtype == np.int64 else min(near, np.abs(x).min())
            y = np.where(x >= 0, 1, -1)
        elif kind == "threshold":
            y = np.where(x >= channels(own["threshold"], x), 1, -1)
        elif kind == "add":
            y = x + outputs[record["from"]]
        elif kind == "duplicate":
            y = x.repeat(2, 1)
        elif kind == "max_pool":
            y = windows(x, record["kernel"], record["stride"]).max((-1, -2))
        elif kind == "clamp":
            ends = [float(record[end]) for end in ("low", "high")]
            whole = all(end.is_integer() for end in ends) and x.dtype == np.int64
            y = np.clip(x, *(map(int, ends) if whole else ends))
        elif kind == "subsample":
            (rows, columns), more = record["stride"], (record["before"], record["after"])
            y = np.pad(x[:, :, ::rows, ::columns], ((0, 0), more, (0, 0), (0, 0)))
        elif kind == "global_sum":
            y = x.sum((2, 3), keepdims=True)
        elif kind == "flatten":
            y = x.reshape(len(x), -1)
        else:
            assert kind == "global_average_pool", kind
            y = x.mean((2, 3), keepdims=True)
        if kind in ("conv", "dense") and "bias" in own:
            y = y + channels(own["bias"].astype(np.float64), y)
        outputs[name] = y
        before = name
    del outputs[None]
    return outputs, near


def channels(values, x):
    return values.reshape(1, -1, *[1] * (x.ndim - 2))


def conv(x, weight, record):
    high, wide = record["padding"]
    pad = {"none": 0, "zero": 0, "-1": -1, "+1": 1}[record["pad"]]
    x = np.pad(x, ((0, 0), (0, 0), (high, high), (wide, wide)), constant_values=pad)
    return np.einsum("nchwyx,ocyx->nohw", windows(x, record["kernel"], record["stride"]), weight,
                     optimize=True)


def windows(x, kernel, stride):
    views = np.lib.stride_tricks.sliding_window_view(x, tuple(kernel), axis=(2, 3))
    return views[:, :, ::stride[0], ::stride[1]]
