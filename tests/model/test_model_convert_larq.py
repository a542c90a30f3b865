"""Keras models of Larq: written here in their documented layout, and evaluated by NumPy."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from hw.network.fold import fold
from hw.network.reference import Reference
from hw.plan.graph import layers
from model import convert
from model.importers.keras import hdf5
from model.importers.keras.reader import read
from model.importers.normalisation import Normalisation
from model.refusal import Refusal
from model.work.convert import described

h5py = pytest.importorskip("h5py", reason="h5py reads and writes the models of Larq")

FINE = Normalisation(mean=(0.5, 0.5), std=(0.5, 0.25), scale_bits=8)
SIDE = 10
SIGN = {"class_name": "SteSign", "config": {"name": "ste_sign", "clip_value": 1.0}}


def conv(name, filters, kernel=3, stride=1, padding="valid", **fields):
    return {"class_name": "QuantConv2D", "config": {
        "name": name, "trainable": True, "dtype": "float32", "filters": filters,
        "kernel_size": [kernel, kernel], "strides": [stride, stride], "padding": padding,
        "data_format": "channels_last", "dilation_rate": [1, 1], "groups": 1,
        "activation": "linear", "use_bias": False, "kernel_constraint": {"class_name": "WeightClip",
        "config": {"clip_value": 1}}, "kernel_quantizer": SIGN, "input_quantizer": SIGN,
        "pad_values": 0.0, **fields}}


def dense(name, units, **fields):
    return {"class_name": "QuantDense", "config": {
        "name": name, "units": units, "activation": "linear", "use_bias": False,
        "kernel_quantizer": SIGN, "input_quantizer": "ste_sign", **fields}}


def norm(name, **fields):
    return {"class_name": "BatchNormalization", "config": {
        "name": name, "axis": [-1], "momentum": 0.99, "epsilon": 1e-3, "center": True,
        "scale": False, "gamma_initializer": {"class_name": "Ones", "config": {}}, **fields}}


def pool(name, **fields):
    return {"class_name": "MaxPooling2D", "config": {
        "name": name, "pool_size": [2, 2], "strides": [2, 2], "padding": "valid",
        "data_format": "channels_last", **fields}}


def plain(kind, name, **fields):
    return {"class_name": kind, "config": {"name": name, **fields}}


USUAL = [conv("c1", 6, padding="same", input_quantizer=None), norm("b1"),
         conv("c2", 5, padding="same", pad_values=1.0), pool("p2"), norm("b2", scale=True),
         conv("c3", 7, stride=2, padding="valid", use_bias=True,
              kernel_quantizer="magnitude_aware_sign"), norm("b3", center=False, scale=True),
         plain("Dropout", "drop", rate=0.5), plain("Flatten", "flat"), dense("d4", 9),
         norm("b4", epsilon=1e-2), plain("Activation", "s", activation="approx_sign"),
         dense("d5", 4, input_quantizer=None), norm("b5"),
         plain("Activation", "end", activation="softmax")]


def shapes(given, shape=(SIDE, SIDE, 2)):
    """Weights of each layer: their names and shapes."""
    for each in given:
        kind, config = each["class_name"], each["config"]
        if "Conv2D" in kind:
            size, step = config["kernel_size"][0], config["strides"][0]
            yield config["name"], {"kernel": (size, size, shape[-1], config["filters"])} | (
                {"bias": (config["filters"],)} if config["use_bias"] else {})
            high = -(-shape[0] // step) if config["padding"] == "same" else (
                (shape[0] - size) // step + 1)
            shape = (high, high, config["filters"])
        elif kind == "QuantDense":
            yield config["name"], {"kernel": (shape[0], config["units"])}
            shape = (config["units"],)
        elif kind == "BatchNormalization":
            names = ["moving_mean", "moving_variance"] + ["gamma"] * config["scale"] + (
                ["beta"] * config["center"])
            yield config["name"], {name: (shape[-1],) for name in names}
        elif kind == "MaxPooling2D":
            shape = (shape[0] // 2, shape[1] // 2, shape[2])
        elif kind == "Flatten":
            shape = (int(np.prod(shape)),)


def weights(given, seed=1):
    rng, found = np.random.default_rng(seed), {}
    for layer, sizes in shapes(given):
        for name, size in sizes.items():
            values = rng.normal(size=size)
            if name == "moving_variance":
                values = rng.uniform(1, 30, size)
            elif name == "kernel":
                values.flat[0] = 0  # whose sign is +1
            found[f"{layer}/{name}"] = values.astype(np.float32)
    return found


def description(given):
    start = {"class_name": "InputLayer", "config": {
        "name": "in", "batch_input_shape": [None, SIDE, SIDE, 2], "dtype": "float32",
        "sparse": False, "ragged": False}}
    return json.dumps({"class_name": "Sequential",
                       "config": {"name": "net", "layers": [start, *given]}})


def write(path, given, values=None, config=None, edit=lambda file: None):
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = b"2.13.1"
        file.attrs["model_config"] = description(given) if config is None else config
        group = file.create_group("model_weights")
        for name, value in (weights(given) if values is None else values).items():
            layer, tensor = name.split("/")
            group[f"{layer}/{layer}/{tensor}:0"] = value
        edit(file)
    return path


def sign(x):
    return np.where(x >= 0, 1.0, -1.0)


def evaluate(given, values, x):
    """Scores and bits of maps (N, H, W, C), float64; each operation written out."""
    bits = []
    for each in given:
        kind, config = each["class_name"], each["config"]
        name = config["name"]
        if kind in ("QuantConv2D", "QuantDense"):
            if config["input_quantizer"]:
                x = sign(x)
                bits.append(x)
            w = values[f"{name}/kernel"].astype(float)
            if config["kernel_quantizer"]:
                size = np.abs(w).mean(tuple(range(w.ndim - 1))) if isinstance(
                    config["kernel_quantizer"], str) else 1
                w = sign(w) * size
            x = x @ w if kind == "QuantDense" else convolved(x, w, config)
            x = x + values[f"{name}/bias"] if config["use_bias"] else x
        elif kind == "BatchNormalization":
            gamma = values.get(f"{name}/gamma", 1)
            x = gamma * (x - values[f"{name}/moving_mean"]) / np.sqrt(
                values[f"{name}/moving_variance"].astype(float) + config["epsilon"]) + values.get(
                    f"{name}/beta", 0)
        elif kind == "MaxPooling2D":
            n, h, w_, c = x.shape
            x = x[:, :h // 2 * 2, :w_ // 2 * 2].reshape(n, h // 2, 2, w_ // 2, 2, c).max((2, 4))
        elif kind == "Flatten":
            x = x.reshape(len(x), -1)
        elif kind == "Activation" and config["activation"] != "softmax":
            x = sign(x)
            bits.append(x)
    return x, bits


def convolved(x, w, config):
    size, step = len(w), config["strides"][0]
    if config["padding"] == "same":
        total = max((-(-x.shape[1] // step) - 1) * step + size - x.shape[1], 0)
        pad = [(total // 2, total - total // 2)] * 2
        x = np.pad(x, [(0, 0), *pad, (0, 0)], constant_values=config["pad_values"])
    count = (x.shape[1] - size) // step + 1
    return np.stack([np.stack([np.tensordot(
        x[:, i * step:i * step + size, j * step:j * step + size], w, 3) for j in range(count)], 1)
        for i in range(count)], 1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_bit_and_class_is_that_of_the_model(tmp_path, seed):
    values = weights(USUAL, seed)
    checkpoint = read(write(tmp_path / "net.h5", USUAL, values), FINE)
    images = np.random.default_rng(seed).integers(0, 256, (15, 2, SIDE, SIDE), np.uint8)
    table = np.array(checkpoint.arch["input"]["table"])
    real = np.stack([table[c][images[:, c]] for c in range(2)], axis=-1) / FINE.scale
    scores, bits = evaluate(USUAL, values, real)
    folded = fold(checkpoint)
    traced, hidden = Reference(folded).trace(images), layers(folded)[:-1]
    assert len(bits) == len(hidden) == 4
    for wanted, layer in zip(bits, hidden, strict=True):
        there = traced[layer.output].astype(bool)
        if wanted.ndim == 4:
            wanted = wanted.transpose(0, 3, 1, 2)
        elif wanted.shape != there.reshape(len(there), -1).shape or there.shape[2:] != (1, 1):
            channels, height, width = there.shape[1:]
            wanted = wanted.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
        assert ((wanted > 0).reshape(there.shape) == there).all(), layer.name
        assert 0 < float(np.mean(there)) < 1
    assert (Reference(folded).run(images).classes == scores.argmax(1)).all()


def test_real_layers_and_relus_before_signs_give_the_scores(tmp_path):
    given = [conv("c1", 6, kernel_quantizer=None, input_quantizer=None, use_bias=True,
                  activation="relu"), norm("b1"), conv("c2", 5), norm("b2"),
             plain("GlobalAveragePooling2D", "avg", data_format="channels_last", keepdims=False),
             dense("d", 3, kernel_quantizer=None, input_quantizer=None, use_bias=False)]
    values = weights(given[:4]) | {"d/kernel": np.random.default_rng(5).normal(
        size=(5, 3)).astype(np.float32)}
    checkpoint = read(write(tmp_path / "net.h5", given, values), FINE)
    assert [record["kind"] for record in checkpoint.arch["layers"]] == [
        "conv", "batch_norm", "sign", "conv", "batch_norm", "global_average_pool", "flatten",
        "dense"]
    images = np.random.default_rng(1).integers(0, 256, (15, 2, SIDE, SIDE), np.uint8)
    table = np.array(checkpoint.arch["input"]["table"])
    x = np.stack([table[c][images[:, c]] for c in range(2)], axis=-1) / FINE.scale
    x = np.maximum(evaluate(given[:1], values, x)[0], 0)
    x = evaluate(given[1:4], values, x)[0].mean((1, 2)) @ values["d/kernel"]
    with torch.no_grad():
        ours = checkpoint.module()(torch.from_numpy(images)).numpy()
    assert np.allclose(ours, x, atol=1e-3) and "real" in described(checkpoint)


def changed(place, **fields):
    given = json.loads(json.dumps(USUAL))
    given[place]["config"] |= fields
    return given


@pytest.mark.parametrize(("given", "told"), [
    (changed(0, padding="same", strides=[2, 2]),
     "QuantConv2D c1: pads 1 rows and 1 columns in all, one more behind than before"),
    (changed(0, groups=2), "has groups; there is no grouped or depthwise convolution"),
    (changed(0, dilation_rate=[2, 2]), "is dilated"),
    (changed(0, data_format="channels_first"), "has its channels first"),
    (changed(0, pad_values=1.0), "pads with 1.0, and not with 0, or -1 or +1 beside bits"),
    (changed(0, kernel_quantizer={"class_name": "DoReFa", "config": {"k_bit": 2}}),
     "kernel_quantizer 'DoReFa' is no sign; train with ste_sign"),
    (changed(0, input_quantizer=SIGN), "makes bits of the image"),
    (changed(2, input_quantizer="magnitude_aware_sign"), "input_quantizer scales its input"),
    (changed(2, activation="tanh"), "activation 'tanh' is no sign"),
    (changed(2, transposed=True), "transposed True is not known; only plain layers are read"),
    (changed(2, dtype={"class_name": "Policy", "config": {"name": "mixed_float16"}}),
     "dtype 'mixed_float16' is not known"),
    (changed(2, kernel_size=[3]), "a size of [3] is not known"),
    (changed(2, filters="six"), "kernel is 3 x 3 x 6 x 5, and not 3 x 3 x 6 x six"),
    (changed(3, padding="same", pool_size=[3, 3]), "MaxPooling2D p2: is padded; pad the conv"),
    (changed(1, axis=[1]), "normalises axis [1], which are not the channels"),
    (changed(1, epsilon=0), "no epsilon above it"),
    ([plain("QuantDepthwiseConv2D", "d")], "there are no grouped and depthwise convolutions"),
    ([plain("AveragePooling2D", "a")], "there is no layer for it; pool with MaxPool2D"),
    ([plain("QuantConv1D", "c")], "make it a QuantConv2D on a map of one row"),
    ([norm("b0"), *USUAL], "BatchNormalization b0: beta is missing, and not 2"),
    ([pool("p0"), *USUAL], "MaxPooling2D p0: reads no map of a convolution"),
    ([*USUAL, norm("b9")], "BatchNormalization b9: stands behind a softmax"),
    ([], "it has no convolution and no dense layer"),
    ([USUAL[9]], "QuantDense d4: reads a map; put a Flatten before it"),
])
def test_what_is_not_read_is_refused_by_name(monkeypatch, given, told):
    # As if read of a file: a process for each of these would take long.
    monkeypatch.setattr(hdf5, "read", lambda path: (description(given), weights(USUAL)))
    with pytest.raises(Refusal) as refusal:
        read(Path("net.h5"), FINE)
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


def test_all_faults_of_layers_are_said_at_once(tmp_path):
    given = changed(2, other=3)
    given[4]["config"]["renormed"] = 1
    with pytest.raises(Refusal, match=r"QuantConv2D c2: other 3 .*; BatchNormalization b2: renorm"):
        read(write(tmp_path / "net.h5", given), FINE)


def replaced(name, value):
    def edit(file):
        del file[f"model_weights/{name}"]
        if value is not None:
            file[f"model_weights/{name}"] = value
    return edit


def external(file):
    del file["model_weights/c1/c1/kernel:0"]
    file["model_weights/c1/c1"].create_dataset(
        "kernel:0", (3, 3, 2, 6), "f4", external=[("/etc/hostname", 0, 432)])


def compressed(file):
    del file["model_weights/c1/c1/kernel:0"]
    file["model_weights/c1/c1"].create_dataset(
        "kernel:0", (2**20, 2**20), "f4", chunks=(1024, 1024), compression="gzip")


def claimed(file):
    del file["model_weights/c1/c1/kernel:0"]
    space = h5py.h5s.create_simple((2**18, 2**18))
    h5py.h5d.create(file["model_weights/c1/c1"].id, b"kernel:0", h5py.h5t.IEEE_F32LE, space)


@pytest.mark.parametrize(("edit", "told"), [
    (replaced("c1/c1/kernel:0", None), "QuantConv2D c1: kernel is missing, and not 3 x 3 x 2 x 6"),
    (replaced("c1/c1/kernel:0", np.full((3, 3, 2, 6), np.nan, "f4")), "that are not finite"),
    (replaced("c1/c1/kernel:0", np.zeros((3, 3, 2, 6), int)), "is no plain array of floats"),
    (replaced("c1/c1/kernel:0", h5py.SoftLink("/model_weights/b1")), "c1/c1/kernel:0 is a link"),
    (replaced("c1/c1/kernel:0", h5py.ExternalLink("other.h5", "/x")), "c1/c1/kernel:0 is a link"),
    (replaced("b1/b1/moving_variance:0", np.full(6, -1, "f4")), "has a variance below 0"),
    (external, "c1/c1/kernel:0 is no plain array of floats"),
    (compressed, "c1/c1/kernel:0 is no plain array of floats"),
    (claimed, "c1/c1/kernel:0 is no plain array of floats"),
    (lambda file: file.attrs.pop("model_config"), "has no model_config and model_weights"),
    (lambda file: file.move("model_weights", "weights"), "has no model_config and model_weights"),
])
def test_hostile_and_damaged_files_are_refused(tmp_path, edit, told):
    with pytest.raises(Refusal) as refusal:
        read(write(tmp_path / "net.h5", USUAL, edit=edit), FINE)
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize(("config", "told"), [
    ("{", "its description is no JSON"), ("3", "its description is none of Keras"),
    ("[" * 9000, "its description is none of Keras"),
    ('{"class_name": "Functional", "config": {}}', "a model 'Functional', not Sequential; build"),
    ('{"class_name": "Sequential", "config": {"layers": []}}', "is none of Keras (IndexError)"),
    ('{"class_name": "Sequential", "config": {"layers": [{"class_name": "InputLayer", "config":'
     ' {"name": "i", "batch_input_shape": [null, null, null, 3]}}]}}', "its input is"),
])
def test_descriptions_that_are_no_sequential_model_are_refused(monkeypatch, config, told):
    monkeypatch.setattr(hdf5, "read", lambda path: (config, {}))
    with pytest.raises(Refusal) as refusal:
        read(Path("net.h5"), FINE)
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


def test_cut_and_changed_files_never_end_in_anything_but_a_refusal(tmp_path):
    content = write(tmp_path / "net.h5", USUAL).read_bytes()
    rng, refused = np.random.default_rng(0), 0
    for number in range(9):
        changed_ = bytearray(content)
        for place in rng.integers(0, 4096, 6):
            changed_[place] = int(rng.integers(256))
        cut = content[:int(rng.integers(len(content)))]
        (tmp_path / "x.h5").write_bytes(cut if number % 3 == 0 else bytes(changed_))
        try:
            read(tmp_path / "x.h5", FINE)
        except Refusal as refusal:
            refused += 1
            assert "\n" not in str(refusal)
    assert refused >= 3
    (tmp_path / "x.h5").write_bytes(b"no HDF5")
    with pytest.raises(Refusal, match="file signature not found"):
        read(tmp_path / "x.h5", FINE)


def test_the_command_converts(tmp_path, capsys):
    path, out = write(tmp_path / "net.h5", USUAL), tmp_path / "net.pt"
    words = ["--from", "larq", str(path), str(out)]
    assert convert.main(words) == 2
    assert "give --mean and --std" in capsys.readouterr().err
    assert convert.main([*words, "--mean", "0.5,0.5", "--std", "0.5,0.25"]) == 0
    assert "5 binary layers" in capsys.readouterr().out
