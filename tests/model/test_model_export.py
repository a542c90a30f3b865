"""The exporter of QONNX: the onnx package's evaluator and our importer read back what it writes."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from hw.network.fold import fold
from hw.network.reference import Reference
from model import tables
from model.checkpoint import Checkpoint, load, save
from model.export import main
from model.exporters.input_lines import line, quantised
from model.exporters.qonnx import model, write
from model.importers.qonnx.reader import read
from model.refusal import Refusal
from model.scoring import scores
from sim.random_networks import random_checkpoint, random_images

pytest.importorskip("onnx", reason="the optional package onnx is not installed")
import onnx
from exported.record import FOLDER
from exported.record import images as recorded_images
from qonnx_models import evaluated

TABLES = (tables.pynq, tables.identity, lambda: tables.threshold(77),
          lambda: tables.normalised(0.4, 0.3, 3), lambda: [-value for value in tables.threshold(9)])


def drawn(seed: int, *, pairs: bool) -> Checkpoint:
    """A random network with an input table that training programs use."""
    checkpoint = random_checkpoint(seed, pairs=pairs)
    shape = checkpoint.arch["input"]["shape"]
    checkpoint.arch["input"]["table"] = [TABLES[seed % len(TABLES)]()] * shape[0]
    return checkpoint


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether scores are equal but for float32's rounding of a bias and a batch norm."""
    return bool(np.abs(one - other).max() <= 1e-6 * max(1.0, np.abs(one).max()))


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("seed", range(15))
def test_round_trip_through_the_importer_keeps_every_score(tmp_path, seed, pairs):
    checkpoint = drawn(seed, pairs=pairs)
    write(checkpoint, tmp_path / "net.onnx")
    back = read(tmp_path / "net.onnx")
    images = random_images(checkpoint, 40)
    ours, theirs = (scores(one.module(), images).numpy() for one in (checkpoint, back))
    assert back.arch["input"] == checkpoint.arch["input"]
    assert same(ours, theirs)
    if not any(record.get("bias") for record in checkpoint.arch["layers"]):
        assert (ours == theirs).all()
    one, other = (Reference(fold(each)).run(images) for each in (checkpoint, back))
    assert (one.classes == other.classes).all()


@pytest.mark.parametrize("seed", range(5))
def test_evaluator_gives_the_scores_of_the_checkpoint(seed):
    checkpoint = drawn(seed, pairs=bool(seed % 2))
    images = random_images(checkpoint, 10)
    assert same(scores(checkpoint.module(), images).numpy(), evaluated(model(checkpoint), images))


@pytest.mark.parametrize("name", ["cnv_1w1a", "cnv_2w2a"])
def test_what_was_imported_is_exported_with_the_same_scores(tmp_path, name):
    first = read(FOLDER / f"{name}.onnx")
    write(first, tmp_path / "again.onnx")
    second = read(tmp_path / "again.onnx")
    with np.load(FOLDER / f"{name}.npz") as recorded:
        assert (scores(second.module(), recorded_images()).numpy() == recorded["scores"]).all()
    kinds = [record.get("weights") for record in second.arch["layers"] if "weights" in record]
    assert ("integer" in kinds) == (name == "cnv_2w2a")


def residual() -> Checkpoint:
    """Sums of two convolutions and bits added up, with pads of all kinds."""
    conv = {"kind": "conv", "out": 5, "kernel": [3, 3], "padding": [1, 1]}
    arch = {"input": {"shape": [1, 6, 6], "table": tables.pynq()}, "layers": [
        {**conv, "name": "conv1", "pad": "zero"}, {"kind": "sign", "name": "sign1"},
        {**conv, "name": "conv2", "pad": "-1"},
        {"kind": "add", "name": "add2", "from": "sign1"},
        {"kind": "batch_norm", "name": "bn2"}, {"kind": "sign", "name": "sign2"},
        {**conv, "name": "conv3", "pad": "+1"},
        {**conv, "name": "short3", "kernel": [1, 1], "padding": [0, 0], "from": "sign1"},
        {"kind": "add", "name": "add3", "from": "conv3"},
        {"kind": "sign", "name": "sign3"}, {"kind": "conv", "name": "head", "out": 3,
                                            "kernel": [2, 2], "stride": [2, 2]},
        {"kind": "global_average_pool", "name": "average"}]}
    rng = np.random.default_rng(3)
    state = {f"{name}.weight": torch.from_numpy(rng.choice([-1, 1], shape).astype(np.int8))
             for name, shape in (("conv1", (5, 1, 3, 3)), ("conv2", (5, 5, 3, 3)),
                                 ("conv3", (5, 5, 3, 3)), ("short3", (5, 5, 1, 1)),
                                 ("head", (3, 5, 2, 2)))}
    state |= {f"bn2.{key}": torch.from_numpy(rng.uniform(low, 2, 5).astype(np.float32))
              for key, low in (("weight", -2), ("bias", -2), ("running_mean", -2),
                               ("running_var", 0.5))}
    return Checkpoint(method="bnn", arch=arch, state_dict=state, classes=["a", "b", "c"],
                      metrics={}, training={})


def test_integers_that_are_added_up_come_back_as_they_were(tmp_path):
    save(residual(), tmp_path / "net.pt")
    checkpoint = load(tmp_path / "net.pt")
    write(checkpoint, tmp_path / "net.onnx")
    back = read(tmp_path / "net.onnx")
    images = np.random.default_rng(1).integers(0, 256, (30, 1, 6, 6), dtype=np.uint8)
    expected = scores(checkpoint.module(), images).numpy()
    assert (scores(back.module(), images).numpy() == expected).all()
    assert same(evaluated(model(checkpoint), images), expected)
    assert len(set(expected.argmax(1).tolist())) > 1
    assert [record["kind"] for record in back.arch["layers"]].count("add") == 2


def clamped() -> Checkpoint:
    """A residual network with a clamp, a shortcut of type A, and signs of a sum over the map."""
    checkpoint = residual()
    conv1, sign1, conv2, *_ = checkpoint.arch["layers"]
    layers = [
        conv1, {"kind": "clamp", "name": "clamp1", "low": -3.0, "high": 2.0}, sign1,
        {**conv2, "pad": "zero", "out": 8, "stride": [2, 3]},
        {"kind": "subsample", "name": "short", "from": "clamp1", "stride": [2, 3], "before": 1,
         "after": 2},
        {"kind": "add", "name": "add2", "from": "conv2"},
        {"kind": "clamp", "name": "clamp2", "low": -4.0, "high": 4.0},
        {"kind": "global_sum", "name": "total"}, {"kind": "sign", "name": "sign2"},
        {"kind": "flatten", "name": "flat"}, {"kind": "dense", "name": "head", "out": 3}]
    rng = np.random.default_rng(4)
    state = {f"{name}.weight": torch.from_numpy(rng.choice([-1, 1], shape).astype(np.int8))
             for name, shape in (("conv1", (5, 1, 3, 3)), ("conv2", (8, 5, 3, 3)),
                                 ("head", (3, 8)))}
    return replace(checkpoint, arch={**checkpoint.arch, "layers": layers}, state_dict=state)


def test_clamps_subsamples_and_sums_are_onnx_s_own(tmp_path):
    save(clamped(), tmp_path / "net.pt")
    checkpoint = load(tmp_path / "net.pt")
    images = np.random.default_rng(1).integers(0, 256, (30, 1, 6, 6), dtype=np.uint8)
    expected = scores(checkpoint.module(), images).numpy()
    made = model(checkpoint)
    assert {"Clip", "Slice", "ReduceSum"} <= {node.op_type for node in made.graph.node}
    assert (evaluated(made, images) == expected).all()
    assert len(np.unique(expected, axis=0)) > 1


def test_command_writes_a_file_that_onnx_accepts(tmp_path, capsys):
    save(drawn(1, pairs=False), tmp_path / "net.pt")
    words = ["--to", "qonnx", str(tmp_path / "net.pt"), str(tmp_path / "net.onnx")]
    assert main(words) == 0
    assert "net.onnx: " in capsys.readouterr().out
    onnx.checker.check_model(onnx.load(tmp_path / "net.onnx"), full_check=False)
    assert main(words) == 2
    assert "replace it with --overwrite" in capsys.readouterr().err
    assert main([*words, "--overwrite"]) == 0


@pytest.mark.parametrize(("change", "said"), [
    ({"kind": "relu", "name": "sign1"}, "layer 'sign1': relu has no exact form in QONNX; train it"),
])
def test_what_qonnx_cannot_say_is_refused_and_nothing_written(tmp_path, arch, checkpoint, change,
                                                              said):
    changed = copy.deepcopy(arch)
    changed["layers"][3] = change
    changed["layers"][5]["weights"] = "real"
    checkpoint.arch = changed
    with pytest.raises(Refusal) as caught:
        write(checkpoint, tmp_path / "net.onnx")
    assert said in str(caught.value)
    assert "layer 'dense': real weights; make integers of them with" in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("make", TABLES)
def test_line_gives_the_table_of_every_byte(make):
    table = np.array([make()])
    assert (quantised(line(table)) == table).all()


@pytest.mark.parametrize("seed", range(20))
def test_line_of_any_rounded_line_is_found(seed):
    rng = np.random.default_rng(seed)
    slope, level = rng.uniform(-3, 3, 2) * (10.0 ** rng.integers(-3, 2), 100)
    table = np.rint(slope * np.arange(256) + level).astype(int)[None]
    assert (quantised(line(table)) == table).all()


@pytest.mark.parametrize("table", [
    [0] * 100 + [3] * 156, [p * p // 300 for p in range(256)], [1, -1] * 128])
def test_table_that_is_no_line_is_refused(table):
    with pytest.raises(Refusal, match="input table: it is no rounded line"):
        line(np.array([table]))
