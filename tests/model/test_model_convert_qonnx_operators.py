"""Operators of QONNX, each in a small graph, against the onnx package's evaluator."""

import numpy as np
import pytest

from hw.network.fold import fold
from hw.network.reference import Reference
from model.importers.normalisation import Normalisation
from model.importers.qonnx.reader import read
from model.refusal import Refusal
from model.scoring import scores

pytest.importorskip("onnx", reason="the optional package onnx is not installed")
import onnx
from qonnx_models import evaluated, found, model_of, node, saved

IMAGES = np.random.default_rng(5).integers(0, 256, (25, 2, 4, 2), dtype=np.uint8).repeat(
    2, axis=2).repeat(4, axis=3)


def base(seed=1):
    """Constants and nodes: an image of 8 bits, a Conv of 5 channels, sums "sum1" of 8 x 8."""
    rng = np.random.default_rng(seed)
    constants = {
        "one": np.float32(1), "half": np.float32(0.5), "two": np.float32(2),
        "zero": np.float32(0), "eight": np.float32(8), "twobits": np.float32(2),
        "step": np.float32(2**-7), "w1": np.float32(rng.normal(size=(5, 2, 3, 3))),
        "w2": np.float32(rng.normal(size=(5, 5, 3, 3))), "wd": np.float32(rng.normal(size=(3, 80))),
        "by5": np.float32(2.0 ** rng.integers(-2, 2, (5, 1, 1, 1))),
        "gamma": np.float32(rng.normal(size=5)), "beta": np.float32(rng.normal(size=5)),
        "mean": np.float32(rng.normal(size=5)), "var": np.float32(rng.uniform(0.5, 3, 5)),
        "moved5": np.float32(rng.integers(-8, 8, (5, 1, 1)) / 8), "flat": np.array([0, -1])}
    nodes = [
        node("Quant", ["image", "step", "zero", "eight"], "x", signed=1, narrow=0,
             rounding_mode="ROUND"),
        node("BipolarQuant", ["w1", "by5"], "q1"),
        node("Conv", ["x", "q1"], "sum1", pads=[1, 1, 1, 1], kernel_shape=[3, 3])]
    return constants, nodes


def head(bits="bits"):
    """Nodes from bits (1, 5, 4, 4) to three scores."""
    return [node("Flatten", [bits], "vector"), node("BipolarQuant", ["wd", "half"], "qd"),
            node("Gemm", ["vector", "qd"], "out", transB=1, alpha=0.5)]


POOL = {"kernel_shape": [2, 2], "strides": [2, 2]}
NORM = ["gamma", "beta", "mean", "var"]
QUANT = {"signed": 1, "narrow": 1, "rounding_mode": "ROUND"}


def two(kind, narrow):
    return {"signed": kind == "signed", "narrow": narrow, "rounding_mode": "ROUND"}


MIDDLES = {
    "pool of the sums, then a batch norm of both signs": [
        node("MaxPool", ["sum1"], "p", **POOL), node("BatchNormalization", ["p", *NORM], "n"),
        node("BipolarQuant", ["n", "half"], "bits")],
    "pool of a batch norm of both signs": [
        node("BatchNormalization", ["sum1", *NORM], "n"), node("MaxPool", ["n"], "p", **POOL),
        node("BipolarQuant", ["p", "half"], "bits")],
    "pool of bits": [
        node("BatchNormalization", ["sum1", *NORM], "n"), node("BipolarQuant", ["n", "two"], "b"),
        node("MaxPool", ["b"], "bits", **POOL)],
    "three levels, pooled": [
        node("BatchNormalization", ["sum1", *NORM], "n"),
        node("Quant", ["n", "half", "zero", "twobits"], "b", **QUANT),
        node("MaxPool", ["b"], "bits", **POOL)],
    "three levels of a pooled batch norm": [
        node("BatchNormalization", ["sum1", *NORM], "n"), node("MaxPool", ["n"], "p", **POOL),
        node("Quant", ["p", "half", "zero", "twobits"], "bits", **QUANT)],
    "four levels around -1/2, halves to even": [
        node("MaxPool", ["sum1"], "p", **POOL), node("Add", ["p", "moved5"], "m"),
        node("Quant", ["m", "half", "zero", "twobits"], "bits", **two("signed", 0))],
    "four levels from 0, behind a Relu": [
        node("Neg", ["sum1"], "m"), node("Relu", ["m"], "r"), node("MaxPool", ["r"], "p", **POOL),
        node("Quant", ["p", "half", "zero", "twobits"], "bits", **two("unsigned", 0))],
    "three of four levels, behind a Clip": [
        node("MaxPool", ["sum1"], "p", **POOL), node("Clip", ["p", "negative", "two"], "r"),
        node("Quant", ["r", "half", "zero", "twobits"], "bits", **two("signed", 0))],
    "one bit from 0": [
        node("MaxPool", ["sum1"], "p", **POOL),
        node("Quant", ["p", "half", "zero", "one"], "bits", **two("unsigned", 0))],
    "arithmetic in place of a batch norm": [
        node("MaxPool", ["sum1"], "p", **POOL), node("Sub", ["moved5", "p"], "m"),
        node("Div", ["m", "half"], "d"), node("Mul", ["two", "d"], "e"),
        node("Dropout", ["e"], "f"), node("BipolarQuant", ["f", "half"], "bits")],
    "a second conv of padded bits": [
        node("BipolarQuant", ["sum1", "half"], "b"), node("BipolarQuant", ["w2", "by5"], "q2"),
        node("Conv", ["b", "q2", "beta"], "sum2", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("BatchNormalization", ["sum2", *NORM], "n"),
        node("BipolarQuant", ["n", "one"], "bits")],
    "a second conv, padded with a level of the bits": [
        node("Quant", ["sum1", "half", "zero", "twobits"], "b", **two("unsigned", 0)),
        node("BipolarQuant", ["w2", "one"], "q2"),
        node("Conv", ["b", "q2"], "sum2", auto_pad="SAME_UPPER", strides=[1, 1]),
        node("MaxPool", ["sum2"], "p", **POOL), node("BipolarQuant", ["p", "one"], "bits")],
    "a Pad with -1/2": [
        node("BipolarQuant", ["sum1", "half"], "b"), node("BipolarQuant", ["w2", "one"], "q2"),
        node("Pad", ["b", "around", "low"], "padded"),
        node("Conv", ["padded", "q2"], "sum2", strides=[2, 2]),
        node("BipolarQuant", ["sum2", "one"], "bits")],
    "integers added up": [
        node("BipolarQuant", ["sum1", "half"], "b"), node("BipolarQuant", ["w2", "one"], "q2"),
        node("Conv", ["b", "q2"], "sum2", pads=[1, 1, 1, 1]), node("Add", ["sum2", "b"], "s"),
        node("MaxPool", ["s"], "p", **POOL), node("BatchNormalization", ["p", *NORM], "n"),
        node("BipolarQuant", ["n", "one"], "bits")],
    "real numbers added up": [
        node("BatchNormalization", ["sum1", *NORM], "n"), node("BipolarQuant", ["n", "one"], "b"),
        node("BipolarQuant", ["w2", "one"], "q2"),
        node("Conv", ["b", "q2"], "sum2", pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["sum2", *NORM], "m"), node("Add", ["n", "m"], "s"),
        node("MaxPool", ["s"], "p", kernel_shape=[1, 1], strides=[2, 2]),
        node("BipolarQuant", ["p", "one"], "bits")],
    "weights of several bits": [
        node("BipolarQuant", ["sum1", "half"], "b"),
        node("Quant", ["w2", "half", "zero", "eight"], "q2", **QUANT),
        node("Conv", ["b", "q2"], "sum2", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("BipolarQuant", ["sum2", "one"], "bits")],
    "two quantisers one after the other": [
        node("MaxPool", ["sum1"], "p", **POOL), node("BipolarQuant", ["p", "half"], "b"),
        node("Identity", ["b"], "c"), node("BipolarQuant", ["c", "two"], "bits")],
}


def graph(middle, end=None, outputs=("out",)):
    constants, nodes = base()
    constants |= {"low": np.float32(-0.5), "negative": np.float32(-0.5),
                  "around": np.array([0, 0, 1, 1, 0, 0, 1, 1])}
    return model_of([*nodes, *middle, *(head() if end is None else end)], constants, (1, 2, 8, 8),
                    outputs, opset=13)


@pytest.mark.parametrize("name", MIDDLES)
def test_operators_give_the_scores_of_the_evaluator(tmp_path, name):
    model = graph(MIDDLES[name])
    checkpoint = read(saved(model, tmp_path))
    expected = evaluated(model, IMAGES)
    ours = scores(checkpoint.module(), IMAGES).numpy()
    assert np.allclose(ours, expected, rtol=0, atol=1e-5)
    assert len({row.tobytes() for row in expected}) > 10
    if "added up" not in name:
        chosen = Reference(fold(checkpoint)).run(IMAGES).classes
        assert np.allclose(expected[np.arange(25), chosen], expected.max(1), atol=1e-5)


ENDS = {
    "channels last": [
        node("Transpose", ["bits"], "t", perm=[0, 2, 3, 1]), node("Reshape", ["t", "flat"], "v"),
        node("BipolarQuant", ["wd", "one"], "qd"), node("Transpose", ["qd"], "qt"),
        node("MatMul", ["v", "qt"], "out")],
    "an average, then a matrix": [
        node("GlobalAveragePool", ["bits"], "a"), node("Flatten", ["a"], "v"),
        node("BipolarQuant", ["w5", "one"], "q5"), node("MatMul", ["v", "q5"], "s"),
        node("Add", ["s", "b3"], "out")],
    "a conv, then an average": [
        node("BipolarQuant", ["w3", "half"], "q3"), node("Conv", ["bits", "q3"], "s"),
        node("Mul", ["s", "m3"], "t"), node("GlobalAveragePool", ["t"], "a"),
        node("Reshape", ["a", "flat"], "out")],
    "scale of the weights by a Mul": [
        node("Flatten", ["bits"], "v"), node("BipolarQuant", ["wd", "one"], "qd"),
        node("Mul", ["qd", "half"], "qm"), node("Gemm", ["v", "qm", "b3"], "out", transB=1,
                                                beta=2.0)],
}


@pytest.mark.parametrize("name", ENDS)
def test_ends_give_the_scores_of_the_evaluator(tmp_path, name):
    rng = np.random.default_rng(2)
    model = graph(MIDDLES["a second conv of padded bits"], ENDS[name])
    for key, array in (("w5", rng.normal(size=(5, 3))), ("b3", rng.normal(size=3)),
                       ("w3", rng.normal(size=(3, 5, 2, 2))), ("m3", rng.normal(size=(3, 1, 1)))):
        model.graph.initializer.append(onnx.numpy_helper.from_array(array.astype(np.float32), key))
    checkpoint = read(saved(model, tmp_path))
    expected = evaluated(model, IMAGES)
    assert np.allclose(scores(checkpoint.module(), IMAGES).numpy(), expected, rtol=0, atol=1e-5)
    chosen = Reference(fold(checkpoint)).run(IMAGES).classes
    assert np.allclose(expected[np.arange(25), chosen], expected.max(1), atol=1e-5)
    assert len({row.tobytes() for row in expected}) > 10


@pytest.mark.parametrize("last", [
    node("ArgMax", ["out"], "class", axis=1, keepdims=0), node("Softmax", ["out"], "class", axis=1),
    onnx.helper.make_node("TopK", ["out", "k"], ["", "class"], "TopK", axis=-1)])
def test_last_node_that_chooses_the_class_leaves_the_scores(tmp_path, last):
    plain = read(saved(graph(MIDDLES["pool of bits"]), tmp_path))
    model = graph(MIDDLES["pool of bits"], [*head(), last], ("class",))
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1]), "k"))
    assert read(saved(model, tmp_path)).digest == plain.digest


def test_constants_as_nodes_and_in_another_file_are_the_same(tmp_path):
    model = graph(MIDDLES["weights of several bits"])
    plain = read(saved(model, tmp_path))
    tensor = next(one for one in model.graph.initializer if one.name == "w1")
    model.graph.initializer.remove(tensor)
    made = onnx.helper.make_node("Constant", [], ["w1"], "w1", value=tensor)
    model.graph.node.insert(0, made)
    path = saved(model, tmp_path)
    assert read(path).digest == plain.digest
    onnx.save(model, path, save_as_external_data=True, location="beside", size_threshold=0)
    assert (tmp_path / "beside").stat().st_size > 0
    assert read(path).digest == plain.digest
    (tmp_path / "beside").write_bytes(b"short")
    with pytest.raises(Refusal, match=r"ends at byte .* of .*beside, which has 5"):
        read(path)


@pytest.mark.parametrize(("where", "said"), [
    ("../beside", "is not in the folder"), ("/etc/hostname", "is not in the folder"),
    ("link", "is not in the folder"), ("none", "no such file"), (".", "is not in the folder")])
def test_tensors_of_files_elsewhere_are_refused(tmp_path, where, said):
    (tmp_path / "beside").write_bytes(bytes(10**5))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "beside")
    model = graph(MIDDLES["pool of bits"])
    tensor = model.graph.initializer[7]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", where
    with pytest.raises(Refusal, match=said):
        read(saved(model, folder))


def test_everything_wrong_is_said_at_once(tmp_path):
    model = graph(MIDDLES["a second conv of padded bits"])
    found(model, "BipolarQuant_b").op_type = "Sigmoid"
    found(model, "Conv_sum2").attribute.append(onnx.helper.make_attribute("group", 5))
    found(model, "BipolarQuant_bits").input[1] = "zero"
    found(model, "Gemm_out").attribute.append(onnx.helper.make_attribute("transA", 1))
    with pytest.raises(Refusal) as caught:
        read(saved(model, tmp_path))
    for said in ("'BipolarQuant_b' (Sigmoid) of 'onnx.brevitas' is not understood; put a quant",
                 "'Conv_sum2' (Conv): 5 groups; only one is understood"):
        assert said in str(caught.value)
    found(model, "BipolarQuant_b").op_type = "BipolarQuant"
    found(model, "Conv_sum2").attribute.pop()
    with pytest.raises(Refusal) as caught:
        read(saved(model, tmp_path))
    for said in ("'BipolarQuant_bits' (BipolarQuant): a scale that is not above 0",
                 "'Gemm_out' (Gemm): transA is not understood"):
        assert said in str(caught.value)


def test_many_nodes_of_one_strange_operator_are_one_fault(tmp_path):
    model = graph(MIDDLES["two quantisers one after the other"])
    for given in model.graph.node:
        if given.op_type == "BipolarQuant":
            given.op_type, given.domain = "QuantizeLinear", ""
    with pytest.raises(Refusal) as caught:
        read(saved(model, tmp_path))
    assert str(caught.value).count("QuantizeLinear") == 1
    assert "not with QCDQ (and 3 more of this operator)" in str(caught.value)


def attribute(name, key, value):
    def change(model):
        given = found(model, name)
        kept = [one for one in given.attribute if one.name != key]
        del given.attribute[:]
        given.attribute.extend([*kept, onnx.helper.make_attribute(key, value)])
    return change


def inputs(name, place, other):
    return lambda model: found(model, name).input.__setitem__(place, other)


@pytest.mark.parametrize(("middle", "spoil", "said"), [
    ("pool of bits", attribute("MaxPool_bits", "pads", [1, 1, 1, 1]), "padding [1, 1]; leave it"),
    ("pool of bits", attribute("MaxPool_bits", "dilations", [2, 2]), "only 1 is understood"),
    ("pool of bits", attribute("MaxPool_bits", "kernel_shape", [9, 9]), "does not fit on a map"),
    ("pool of bits", attribute("Conv_sum1", "pads", [1, 1, 0, 0]), "only as many on both sides"),
    ("pool of bits", attribute("Conv_sum1", "kernel_shape", [5, 5]), "kernel_shape [5, 5]"),
    ("pool of bits", inputs("Conv_sum1", 0, "image"), "reads fractions, such as"),
    ("pool of bits", inputs("BipolarQuant_b", 1, "gamma"), "not above 0"),
    ("pool of bits", inputs("BipolarQuant_b", 1, "var4"), "another scale in every channel"),
    ("pool of bits", inputs("Quant_x", 3, "half"), "one whole number each"),
    ("pool of bits", attribute("Quant_x", "rounding_mode", "ODD"), "'ODD' is not understood"),
    ("three levels, pooled", inputs("Quant_b", 3, "eight"), "an activation of 255 levels"),
    ("integers added up", inputs("Add_s", 1, "x"), "adds [1, 5, 8, 8] and [1, 2, 8, 8]"),
    ("integers added up", inputs("Conv_sum2", 0, "sum1"), "reads numbers that are not quantised"),
    ("four levels from 0, behind a Relu", inputs("Gemm_out", 1, "wd"), "whole numbers of a step"),
    ("a Pad with -1/2", inputs("Pad_padded", 2, "zero"), None),
    ("a Pad with -1/2", inputs("Pad_padded", 2, "step"), "is padded with 0.0078125, between"),
    ("weights of several bits", attribute("Conv_sum2", "group", 5), "5 groups"),
    ("weights of several bits", inputs("Quant_q2", 1, "step"), None),
    ("weights of several bits", lambda m: (inputs("Quant_q2", 1, "step")(m), inputs(
        "Quant_q2", 3, "many")(m)), "at most 8 bits"),
])
def test_graphs_that_are_not_understood_are_refused_by_name(tmp_path, middle, spoil, said):
    model = graph(MIDDLES[middle])
    for key, array in (("var4", np.arange(1, 6).reshape(5, 1, 1)), ("many", np.array(16))):
        model.graph.initializer.append(onnx.numpy_helper.from_array(array.astype(np.float32), key))
    spoil(model)
    path = saved(model, tmp_path)
    if said is None:
        expected = evaluated(model, IMAGES)
        assert np.allclose(scores(read(path).module(), IMAGES).numpy(), expected, atol=1e-5)
        return
    with pytest.raises(Refusal) as caught:
        read(path)
    assert said in str(caught.value) and "node '" in str(caught.value)


def test_normalisation_outside_of_the_file_is_given_and_goes_into_the_table(tmp_path):
    model = graph(MIDDLES["pool of bits"])
    given = Normalisation(mean=(0.25, 0.5), std=(0.5, 0.25), scale_bits=5)
    table = np.array(read(saved(model, tmp_path), given).arch["input"]["table"])
    image = np.arange(256, dtype=np.float32) / np.float32(255)
    real = np.stack([(image - np.float32(mean)) / np.float32(std)
                     for mean, std in zip(given.mean, given.std, strict=True)])
    assert (table == np.clip(np.rint(real * 128), -128, 127)).all()
    found(model, "Conv_sum1").input[0] = "image"
    checkpoint = read(saved(model, tmp_path), given)
    assert (np.array(checkpoint.arch["input"]["table"]) == np.rint(real * 32)).all()
    assert checkpoint.training["scale_bits"] == 5
    with pytest.raises(Refusal, match="--mean has 3 numbers and --std 3 for images of 2 channels"):
        read(saved(model, tmp_path), Normalisation(mean=(0,) * 3, std=(1,) * 3, scale_bits=1))
