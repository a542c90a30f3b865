"""Quantised networks: held against plain integers, and against the network of real numbers."""

import json
import re

import numpy as np
import pytest
import torch

from hw.network.fold import fold
from hw.network.reference import Reference
from model import quantise as command
from model.checkpoint import Checkpoint, export, load, save
from model.fixed_point import BITS
from model.integer_weights import nearest
from model.networks import build
from model.quantisation import quantise
from model.refusal import Refusal
from model.topologies import topology
from tests.model.integer_network import evaluate

TABLE = [(p - 128) // 16 for p in range(256)]
PADDED = {"kind": "conv", "kernel": [3, 3], "padding": [1, 1], "pad": "zero"}
NORM, SIGN = {"kind": "batch_norm"}, {"kind": "sign"}
REAL = {"weights": "real"}


def trained(layers, seed=1, shape=(2, 8, 8)):
    """A network with the statistics of random images, and the images."""
    arch = {"input": {"shape": list(shape), "table": TABLE},
            "layers": [{"name": f"{each['kind'][:4]}{n}", **each} for n, each in enumerate(layers)]}
    torch.manual_seed(seed)
    network = build(arch).train()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
            module.momentum = None
            torch.nn.init.uniform_(module.weight, -0.5, 1.9)
            torch.nn.init.normal_(module.bias, std=0.3)
        elif getattr(module, "bias", None) is not None:
            torch.nn.init.normal_(module.bias, std=0.5)
        elif hasattr(module, "threshold"):
            module.threshold.normal_(std=0.5)
    images = torch.randint(0, 256, (32, *shape), dtype=torch.uint8)
    with torch.no_grad():
        scores = network(images)
    return Checkpoint(method="bnn", arch=network.arch.plain(), state_dict=export(network),
                      classes=[str(n) for n in range(scores.shape[1])], metrics={}, training={}
                      ), images


def residual(name, **changes):
    layers = topology(name, 3, (2, 8, 8), [])["layers"]
    return trained([{**layer, **changes.get(layer["name"], {})} for layer in layers])


def raw_sums():
    """A stream of which one side are sums, another bits, and which a convolution reads."""
    return trained([
        {**PADDED, "out": 4, "name": "conv0", "bias": True}, {**NORM, "name": "bn0"},
        SIGN, {**PADDED, "out": 4, "name": "conv1"},
        {"kind": "add", "name": "add1", "from": "bn0"}, {"kind": "max_pool", "kernel": [2, 2]},
        NORM, {**SIGN, "name": "sign1"},
        {"kind": "conv", "out": 4, "kernel": [3, 3], "padding": [1, 1], "pad": "-1",
         "name": "conv2"}, {**NORM, "name": "bn2"},
        {"kind": "add", "name": "add2", "from": "sign1"}, {"kind": "threshold"},
        {"kind": "conv", "out": 5, "kernel": [2, 2], "from": "add2", "bias": True},
        NORM, SIGN, {"kind": "flatten"}, {"kind": "dense", "out": 3, "bias": True}, NORM])


def real_ends():
    """Real weights before a pool and a batch norm, before a threshold, a sign and the scores."""
    return trained([
        {**PADDED, "out": 6, **REAL, "bias": True}, {"kind": "max_pool", "kernel": [2, 2]}, NORM,
        SIGN, {**PADDED, "out": 6, **REAL, "bias": True}, {"kind": "threshold"},
        {**PADDED, "out": 6, **REAL, "bias": True}, SIGN, {**PADDED, "out": 4, **REAL},
        {"kind": "duplicate"}, NORM, SIGN, {"kind": "conv", "kernel": [4, 4], "out": 3, **REAL,
                                            "bias": True},
        {"kind": "global_average_pool"}])


def hardtanh(low=-1.0, high=1.0, weights=REAL):
    """A stream that is clamped, a shortcut of type A, real weights that read it, sums that are
    added as they are, and signs of an average."""
    clamp = {"kind": "clamp", "low": low, "high": high}
    return trained([
        {**PADDED, "out": 4, **weights, "name": "conv0"}, {**NORM, "name": "bn0"},
        {**clamp, "name": "clamp0"}, SIGN, {**PADDED, "out": 8, "stride": [2, 2]},
        {**NORM, "name": "bn1"},
        {"kind": "subsample", "before": 2, "after": 2, "name": "short1", "from": "clamp0"},
        {"kind": "add", "name": "add1", "from": "bn1"}, {**clamp, "name": "clamp1"},
        SIGN, {**PADDED, "out": 8}, NORM, clamp, SIGN, {**PADDED, "out": 8, "name": "conv2"},
        {"kind": "conv", "kernel": [1, 1], "out": 8, **REAL, "from": "clamp1"},
        {**NORM, "name": "bn3"}, {"kind": "add", "from": "conv2"}, NORM,
        {**clamp, "name": "clamp3"}, {"kind": "global_average_pool"}, NORM, SIGN,
        {"kind": "flatten"}, {"kind": "dense", "out": 3, "bias": True}, NORM])


def averaged(width=6):
    """A clamped stream whose average real weights read."""
    return trained([
        {**PADDED, "out": width, "bias": True}, NORM, {"kind": "clamp", "name": "clamp0"}, SIGN,
        {**PADDED, "out": width}, NORM, {"kind": "add", "from": "clamp0"}, {"kind": "clamp"},
        {"kind": "global_average_pool"}, {"kind": "flatten"},
        {"kind": "dense", "out": 4, "bias": True, **REAL}])


def stages_of(checkpoint, images):
    with torch.no_grad():
        return checkpoint.module().stages(images)


NETWORKS = {
    "resnet20": lambda: residual("resnet20"),
    "resnet18": lambda: residual("resnet18"),
    "resnet18 with real ends": lambda: residual("resnet18", conv0=REAL, dense=REAL),
    "no norm behind the first": lambda: residual("resnet20", conv0={**REAL, "bias": True}),
    "raw sums": raw_sums,
    "real ends": real_ends,
    "hardtanh": hardtanh,
    "hardtanh of binary weights": lambda: hardtanh(weights={}),
    "hardtanh of other ends": lambda: hardtanh(-0.75, 1.5),
    "hardtanh and an average": averaged,
    "hardtanh and a wide average": lambda: averaged(40),
}


@pytest.fixture(params=NETWORKS)
def made(request):
    return NETWORKS[request.param]()


def test_every_layer_is_the_one_in_plain_integers(made):
    checkpoint, images = made
    quantised = quantise(checkpoint, bits=6)
    expected, near = evaluate(quantised.arch, quantised.state_dict, images.numpy())
    stages = stages_of(quantised, images)
    assert near > 1e-5, "take another seed: float32 may round a sign"
    integers = 0
    for record in quantised.arch["layers"]:
        known = expected[record["name"]]
        if known.dtype == np.int64:
            integers += 1
            assert np.array_equal(stages[record["name"]].numpy(), known), record["name"]
    assert integers > 6
    assert np.array_equal(stages[record["name"]].flatten(1).argmax(1),
                          expected[record["name"]].reshape(len(images), -1).argmax(1))


@pytest.mark.parametrize("name", ["resnet20", "resnet18", "raw sums",
                                  "hardtanh of binary weights"])
def test_stream_is_the_one_of_real_numbers_up_to_the_last_bits(name):
    """The first add, since a sign that differs spreads to all that is behind it."""
    checkpoint, images = NETWORKS[name]()
    quantised = quantise(checkpoint)
    fraction = quantised.training["quantised"]["fraction_bits"]
    assert fraction >= 10
    real, fixed = (stages_of(each, images)["add1"] for each in (checkpoint, quantised))
    apart = (fixed - real * 2**fraction).abs()
    # Half a step for each of the two that are added, and half for the one that was added before.
    assert (apart <= 1.5).float().mean() > 0.999


def test_clamps_are_between_multiples_of_the_last_bit_or_refused():
    records = {each["name"]: each for each in quantise(hardtanh(-0.75, 1.5)[0]).arch["layers"]}
    fraction = 12
    assert (records["clamp1"]["low"], records["clamp1"]["high"]) == (
        -0.75 * 2**fraction, 1.5 * 2**fraction)
    with pytest.raises(Refusal, match=r"layer 'clamp0': clamps between -0\.3 and 1, no multiples of"
                                      r" 1/4096, which is the last bit of the stream; train it"):
        quantise(hardtanh(low=-0.3)[0])


def test_a_clamp_that_only_signs_read_is_left_out():
    quantised = quantise(hardtanh()[0])
    names = [each["name"] for each in quantised.arch["layers"] if each["kind"] == "clamp"]
    assert names == ["clamp0", "clamp1", "clamp3"]
    plain = [each.kind for each in fold(quantised).nodes if each.kind in ("clamp", "global_sum")]
    assert plain == ["clamp", "clamp", "clamp", "global_sum"]


def test_what_sums_numbers_of_the_stream_reads_no_more_bits_than_are_exact():
    def narrow(checkpoint):
        return [each for each in quantise(checkpoint).arch["layers"]
                if each["name"].endswith("_narrow")]

    assert narrow(averaged()[0]) == []
    (record,) = narrow(averaged(40)[0])
    assert (record["bits"], record["shift"]) == (12, 1)
    assert 40 * 2**7 << record["bits"] - 1 < 2**24 <= 40 * 2**7 << record["bits"]


def test_signs_of_the_first_block_hardly_differ_and_less_so_with_more_bits():
    checkpoint, images = residual("resnet20")
    before = stages_of(checkpoint, images)["sign2_1"]
    differing = [int((stages_of(quantise(checkpoint, fraction_bits=bits), images)["sign2_1"]
                      != before).sum()) for bits in (2, 5, 11)]
    assert differing[0] > differing[1] > differing[2]
    assert differing[2] <= before.numel() // 1000


def test_network_of_integer_weights_is_the_one_of_the_real_weights_they_stand_for():
    checkpoint, images = real_ends()
    quantised = quantise(checkpoint, bits=5)
    for name in quantised.training["quantised"]["weights"]:
        real = checkpoint.state_dict[f"{name}.weight"].double()
        rounded = nearest(real, 5)
        assert rounded.integers.abs().max() <= 15
        scale = rounded.scale.view(-1, *[1] * (real.dim() - 1))
        checkpoint.state_dict[f"{name}.weight"] = (scale * rounded.integers).float()
    before, after = stages_of(checkpoint, images), stages_of(quantised, images)
    for name in [name for name in before if name.startswith(("sign", "thre"))]:
        assert torch.equal(before[name], after[name])
    scores = [list(stages.values())[-1] for stages in (before, after)]
    torch.testing.assert_close(*scores, rtol=1e-4, atol=1e-4)


def test_ternary_weights_are_nearly_the_best_that_there_are():
    torch.manual_seed(1)
    real = torch.randn(50, 37, dtype=torch.float64)
    real[0], real[1] = 0, torch.zeros(37).index_fill(0, torch.tensor([5]), -3.0)
    rounded = nearest(real, 2)
    left = (real - rounded.scale[:, None] * rounded.integers).square().sum(1)
    largest = real.abs().sort(1, descending=True).values.cumsum(1)
    best = real.square().sum(1) - (largest.square() / torch.arange(1, 38)).amax(1)
    assert set(rounded.integers.unique().tolist()) == {-1, 0, 1}
    assert (left >= best - 1e-9).all() and (left <= best * 1.01 + 1e-9).all()
    assert (rounded.scale > 0).all()


def test_odd_integers_are_as_good_as_others_of_nearly_two_bits_less():
    torch.manual_seed(3)
    real = torch.randn(20, 300, dtype=torch.float64)
    lost = []
    for bits, odd in ((3, False), (4, True), (4, False), (5, True), (5, False)):
        rounded = nearest(real, bits, odd=odd)
        assert not odd or set((rounded.integers % 2).unique().tolist()) == {1}
        assert rounded.integers.abs().max() == 2**(bits - 1) - 1
        lost.append((real - rounded.scale[:, None] * rounded.integers).square().sum().item())
    assert lost == sorted(lost, reverse=True)
    checkpoint, _ = real_ends()
    weights = quantise(checkpoint, bits=3, odd=True).state_dict["conv0.weight"]
    assert set(weights.unique().tolist()) == {-3, -1, 1, 3}


@pytest.mark.parametrize("bits", range(3, 9))
def test_no_other_scale_is_much_better_and_each_bit_more_is(bits):
    torch.manual_seed(bits)
    real, most = torch.randn(20, 64, dtype=torch.float64), 2**(bits - 1) - 1
    rounded = nearest(real, bits)
    left = (real - rounded.scale[:, None] * rounded.integers).square().sum(1)
    tried = []
    for start in np.linspace(0.02, 1, 400):
        scale = real.abs().amax(1, keepdim=True) * start / most
        tried.append((real - scale * (real / scale).round().clamp(-most, most)).square().sum(1))
    assert (left <= torch.stack(tried).amin(0) * 1.1).all()
    fewer = nearest(real, bits - 1)
    assert (left < (real - fewer.scale[:, None] * fewer.integers).square().sum(1)).all()


def test_channel_that_is_always_the_same_costs_the_others_no_precision():
    checkpoint, _ = residual("resnet20")
    shift = next(each for each in quantise(checkpoint).arch["layers"] if each["name"] == "bn1_3")
    checkpoint.state_dict["bn1_3.running_var"][1] = 0
    other = quantise(checkpoint)
    assert shift in other.arch["layers"]
    assert other.state_dict["bn1_3.multiplier"].abs().max() == 2**17 - 1


def test_large_numbers_leave_fewer_bits_behind_the_point_and_larger_ones_are_refused():
    checkpoint, _ = residual("resnet20")
    checkpoint.state_dict["bn2_3.weight"][0] = 500.0
    quantised = quantise(checkpoint)
    assert quantised.training["quantised"]["fraction_bits"] == 4
    assert 500 * 8 * 2**4 < 2**(BITS - 1) < 500 * 8 * 2**5
    checkpoint.state_dict["bn2_3.bias"][0] = 1e5
    with pytest.raises(Refusal, match=r"layer 'bn2_3': its numbers reach 104,000, and fixed point"):
        quantise(checkpoint)


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "raw sums"])
def test_integer_network_of_hardware_gives_the_same_classes(name):
    checkpoint, images = NETWORKS[name]()
    for quantised in (quantise(checkpoint, bits=3), quantise(checkpoint, bits=3, odd=True)):
        expected = stages_of(quantised, images)[quantised.arch["layers"][-1]["name"]].flatten(1)
        found = Reference(fold(quantised)).run(images.numpy())
        assert np.array_equal(found.classes, expected.argmax(1))


@pytest.fixture
def files(tmp_path):
    """Paths of a network with real ends, of images and of labels; and of one to be written."""
    checkpoint, images = real_ends()
    checkpoint.metrics = {"accuracy": 0.25, "correct": 1, "images": 4}
    labels = checkpoint.module()(images).argmax(1).numpy()
    labels[:3] = (labels[:3] + 1) % 3
    save(checkpoint, tmp_path / "net.pt")
    np.save(tmp_path / "x.npy", images.numpy())
    np.save(tmp_path / "y.npy", labels)
    return [str(tmp_path / name) for name in ("net.pt", "out.pt", "x.npy", "y.npy")]


def test_command_counts_images_before_and_after(files, capsys):
    net, out, images, labels = files
    assert command.main([net, out, "--bits", "2", "--images", images, "--labels", labels]) == 0
    said, metrics = capsys.readouterr().out, load(out).metrics
    assert metrics["before_quantising"] == {"accuracy": 29 / 32, "correct": 29, "images": 32,
                                            "data": "x.npy"}
    before, after = (load(path).module()(torch.from_numpy(np.load(images))).argmax(1).numpy()
                     for path in (net, out))
    assert metrics["correct"] == int((after == np.load(labels)).sum()) < 29
    assert metrics["differing"] == int((after != before).sum())
    assert f"right: 29 of 32 before, {metrics['correct']} (" in said
    assert f"{metrics['differing']} of 32 images have another class" in said
    assert "out.pt: weights of 2 bits in conv0, conv4, conv6, conv8, conv12\n" in said


def test_without_labels_the_accuracy_before_is_no_accuracy_of_now(files, capsys):
    net, out, images, _ = files
    assert command.main([net, out, "--images", images]) == 0
    metrics = load(out).metrics
    assert "accuracy" not in metrics and metrics["before_quantising"]["accuracy"] == 0.25
    assert capsys.readouterr().out.endswith("of 32 images have another class than before\n")
    assert json.dumps(load(out).training["quantised"]) == (
        '{"weight_bits": 8, "weights": ["conv0", "conv4", "conv6", "conv8", "conv12"]}')


@pytest.mark.parametrize(("arguments", "said"), [
    (["--bits", "9"], "--bits 9: give a whole number from 2 to 8"),
    (["--fraction-bits", "x"], "--fraction-bits x: give a whole number from 0 to 15"),
    (["--labels", "y.npy"], "--labels: there are no images; give --images X.npy with it"),
    (["--data", "mnist"], "--data mnist brings its labels, and needs --data-dir DIR"),
    (["--images", "none.npy"], "none.npy: no such file"),
    (["--images", "y.npy"], "int64 pixels, expected uint8"),
])
def test_unusable_arguments_are_refused_in_one_line_and_nothing_is_written(
        files, tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    try:
        status = command.main([*files[:2], *arguments])
    except SystemExit as end:
        status = end.code
    error = capsys.readouterr().err
    assert status == 2 and said in error and error.count("\n") == 1
    assert not (tmp_path / "out.pt").exists()


def test_network_with_nothing_to_do_is_refused_and_so_is_an_earlier_file(files, capsys):
    net, out, *_ = files
    assert command.main([net, out]) == 0
    assert command.main([net, out]) == 2
    assert "out.pt: a file lies there already; replace it with --overwrite" in (
        capsys.readouterr().err)
    assert command.main([out, net, "--overwrite"]) == 2
    assert re.search(r"out\.pt: nothing to do: no weights are real numbers, and no batch_norm is",
                     capsys.readouterr().err)
    assert command.main([net, out, "--overwrite", "--bits", "3"]) == 0
    assert load(out).arch["layers"][0]["weight_bits"] == 3


def test_sums_that_would_be_too_large_are_refused_with_what_to_change():
    checkpoint, _ = real_ends()
    checkpoint.arch["input"]["table"] = [[32767] * 256] * 2
    with pytest.raises(Refusal, match=r"'conv0': 18 inputs of up to 32767 and weights of up to 128"
                       r" can sum to 2\^24 or more"):
        quantise(checkpoint)
