"""QONNX files: made ones against the onnx package's evaluator, the published one exactly."""

import sys

import numpy as np
import pytest

from hw.network.fold import fold
from hw.network.reference import Reference
from model.checkpoint import load
from model.convert import main
from model.importers.qonnx.reader import read
from model.refusal import Refusal
from model.scoring import scores

onnx = pytest.importorskip("onnx", reason="the optional package onnx is not installed")
models = pytest.importorskip("qonnx_models")
from qonnx_models import constant, drop, evaluated, found, made, node, saved  # noqa: E402


@pytest.mark.parametrize(("seed", "shape"), [
    *((seed, (2, 3, 4)) for seed in range(4)), pytest.param(4, (24,), id="a vector")])
def test_made_network_scores_as_the_evaluator_does(tmp_path, seed, shape):
    model = made(seed, shape=(1, *shape))
    images = np.random.default_rng(seed).integers(0, 256, (100, *shape), dtype=np.uint8)
    checkpoint = read(saved(model, tmp_path))
    expected = evaluated(model, images)
    images = images.reshape(100, *checkpoint.arch["input"]["shape"])
    assert np.allclose(scores(checkpoint.module(), images).numpy(), expected, rtol=0, atol=1e-5)
    assert (Reference(fold(checkpoint)).run(images).classes == expected.argmax(1)).all()
    assert len(set(expected.argmax(1).tolist())) > 1


def test_records_and_tensors_are_those_of_the_graph(tmp_path):
    model = made()
    checkpoint = read(saved(model, tmp_path))
    assert [(record["kind"], record["name"]) for record in checkpoint.arch["layers"]] == [
        ("flatten", "flatten"), ("dense", "dense1"), ("batch_norm", "batch_norm1"),
        ("sign", "sign1"), ("dense", "dense2"), ("batch_norm", "batch_norm2")]
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor)
                 for tensor in model.graph.initializer}
    tensors = checkpoint.state_dict
    assert np.array_equal(tensors["dense1.weight"].numpy(), np.where(constants["w1"] >= 0, 1, -1))
    for key, name in (("weight", "gamma"), ("bias", "beta"), ("running_mean", "mean"),
                      ("running_var", "var")):
        assert np.array_equal(tensors[f"batch_norm1.{key}"].numpy(), constants[name])
    assert checkpoint.arch["input"]["table"] == [[-1] * 128 + [1] * 128] * 2
    assert checkpoint.classes == ["0", "1", "2"]


def test_input_without_a_quantiser_is_a_table_of_integers(tmp_path):
    """Bytes as they are: 255 * (p / 255) is p again in float32."""
    model = made()
    next(t for t in model.graph.initializer if t.name == "two").CopyFrom(
        onnx.numpy_helper.from_array(np.float32(255), "two"))
    model.graph.node.remove(found(model, "BipolarQuant_x3"))
    found(model, "MatMul_x4").input[0] = "x2"
    checkpoint = read(saved(model, tmp_path))
    assert checkpoint.arch["input"]["table"] == [list(range(-1, 255))] * 2


def test_command_writes_a_checkpoint(tmp_path, capsys):
    out = tmp_path / "net.pt"
    assert main(["--from", "qonnx", str(saved(made(), tmp_path)), str(out)]) == 0
    assert "images of 2 x 3 x 4, 2 binary layers with 432 weights, 3 classes" in (
        capsys.readouterr().out)
    assert load(out).training == {"importer": "qonnx", "source": "net.onnx", "input": "p / 255"}


@pytest.mark.parametrize(("spoil", "said"), [
    (lambda m: setattr(found(m, "Identity_x7"), "op_type", "Relu"),
     "node 'MatMul_x8' (MatMul): stands between a MaxPool, Pad, Relu or Clip and the quantiser"),
    (lambda m: setattr(found(m, "Identity_x7"), "op_type", "Tanh"),
     "node 'Identity_x7' (Tanh) is not understood; put a quantiser of few bits"),
    (lambda m: setattr(found(m, "Identity_x7"), "op_type", "Einsum"),
     "node 'Identity_x7' (Einsum) is not understood; understood are BipolarQuant, Quant"),
    (lambda m: setattr(found(m, "BipolarQuant_x6"), "domain", "mine"),
     "node 'BipolarQuant_x6' (BipolarQuant) of 'mine' is not understood"),
    (lambda m: setattr(found(m, "Add_out"), "domain", "mine"),
     "node 'Add_out' (Add) of 'mine' is not understood"),
    (lambda m: found(m, "BatchNormalization_x5").attribute.append(
        onnx.helper.make_attribute("consumed_inputs", [0])),
     "node 'BatchNormalization_x5' (BatchNormalization): attribute 'consumed_inputs' is not"),
    (lambda m: found(m, "BatchNormalization_x5").attribute.append(
        onnx.helper.make_attribute("training_mode", 1)), "in training mode"),
    (lambda m: (found(m, "BatchNormalization_x5").output.append("more"),
                found(m, "Identity_x7").input.__setitem__(0, "more")), "2 outputs that are read"),
    (lambda m: constant(m, "spread", -1), "output 'out': the scores are not finite"),
    (lambda m: found(m, "BipolarQuant_x6").input.__setitem__(1, "rest"), "not above 0"),
    (lambda m: drop(m, "BipolarQuant_q1", "Transpose_t1"),
     "node 'MatMul_x4' (MatMul): weights are no whole numbers of a step"),
    (lambda m: drop(m, "BipolarQuant_x3", "MatMul_x4"),
     "node 'MatMul_x4' (MatMul): reads fractions, such as -0.99"),
    (lambda m: drop(m, "Transpose_t1", "MatMul_x4", 1), "data [1, 24] and weights [16, 24]"),
    (lambda m: drop(m, "Reshape_x0", "Mul_x1", 1), "data [1, 2, 3, 4] and weights [24, 16]"),
    (lambda m: constant(m, "gamma", [1, 2]), "parameters of [[2], [16], [16], [16]]"),
    (lambda m: constant(m, "one", [1, 1]),
     "node 'Sub_x2' (Sub): numbers of shape [2] for a tensor [1, 24]; one for each channel"),
    (lambda m: constant(m, "level", [1, 1]), "node 'Add_out' (Add): numbers of shape [2] for"),
    (lambda m: found(m, "Div_x10").input.__setitem__(slice(None), ["root", "x9"]),
     "node 'Div_x10' (Div): of the data; a Div by a constant, and Add"),
    (lambda m: found(m, "Mul_x11").input.__setitem__(1, "x9"),
     "node 'Mul_x11' (Mul): of two tensors; only their sum is understood"),
    (lambda m: found(m, "Add_out").input.__setitem__(1, "nowhere"),
     "node 'Add_out' (Add) reads 'nowhere', which no node before it makes"),
    (lambda m: found(m, "Gather_batch").input.__setitem__(1, "rest"),
     "node 'Concat_flat' (Concat): cannot be computed from its constants"),
    (lambda m: found(m, "Pow_root").input.__setitem__(1, "mean"),
     "node 'Div_x10' (Div): numbers of shape [16] for a tensor [1, 3]"),
    (lambda m: setattr(found(m, "Identity_x7"), "op_type", "Transpose"),
     "(Transpose): perm [1, 0] of [1, 16]; the first axis has to stay"),
    (lambda m: setattr(m.graph.output[0], "name", "x7"),
     "output 'x7': the scores are not the sums of a layer; end with a Conv, MatMul or Gemm"),
    (lambda m: setattr(m.graph.output[0], "name", "x2"),
     "output 'x2': no Conv, MatMul or Gemm before it, so there are no scores"),
    (lambda m: setattr(m.graph.output[0], "name", "q1"), "outputs 'q1'; one that is made from"),
    (lambda m: m.graph.input.append(m.graph.output[0]), "2 inputs (image, out)"),
    (lambda m: m.graph.input[0].type.tensor_type.shape.dim.pop(),
     "of shape [1, 2, 3]; expected [1, channels, height, width] or [1, values]"),
    (lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[1], "dim_param", "c"),
     "of shape [1, None, 3, 4]"),
    (lambda m: setattr(m.graph.initializer[0], "data_location", onnx.TensorProto.EXTERNAL),
     "tensor 'first' lies in '', which is not in the folder"),
    (lambda m: setattr(m.graph.initializer[4], "raw_data", b"abc"),
     "tensor 'w1' cannot be read"),
    (lambda m: constant(m, "mean", [np.nan] * 16),
     "(BatchNormalization): numbers that are not finite in its mean"),
    (lambda m: m.graph.ClearField("node"), "no nodes"),
])
def test_what_is_not_understood_is_refused_by_name(tmp_path, capsys, spoil, said):
    model = made()
    spoil(model)
    out = tmp_path / "net.pt"
    assert main(["--from", "qonnx", str(saved(model, tmp_path)), str(out)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1
    assert said in error
    assert not out.exists()


@pytest.mark.parametrize("content", [None, b"", b"hello", bytes(100), b"\x80\x02}q\x00."])
def test_file_that_is_no_model_is_refused(tmp_path, content):
    path = tmp_path / "net.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Refusal, match=r"net\.onnx: (not an ONNX model|no nodes|no such file)"):
        read(path)


def constants(*nodes, **arrays):
    graph = onnx.helper.make_graph(
        list(nodes), "graph",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 1, 2, 2])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(array, name) for name, array in arrays.items()])
    return onnx.helper.make_model(graph)


ROW = np.ones((1, 100_000), np.float32)


@pytest.mark.parametrize(("nodes", "said"), [
    ([node("Add", ["row", "column"], "y")], "makes 10,000,000,000 values, at most 33,554,432"),
    ([node("Gather", ["row", "zeros"], "y", axis=0)], "makes 10,000,000,000 values"),
    ([node("Concat", ["row"] * 10, "u", axis=0)] + [
        node("Concat", [name] * 10, output, axis=0) for name, output in (("u", "v"), ("v", "y"))],
     r"\(Concat\): cannot be computed from its constants \(makes 100,000,000 values"),
    ([node("Add", ["x"], "y")], r"\(Add\) has 1 inputs; it needs 2"),
    ([node("MatMul", ["x"], "y")], r"\(MatMul\) has 1 inputs; it needs 2"),
    ([node("Reshape", ["x"], "y")], r"\(Reshape\): has no shape to make"),
    ([node("Shape", [], "y")], r"\(Shape\) has 0 inputs; it needs 1"),
    ([node("Flatten", ["x"], "y", axis="one")], r"\(Flatten\) cannot be read"),
])
def test_what_a_node_of_constants_makes_is_bounded_and_its_inputs_counted(tmp_path, nodes, said):
    model = constants(*nodes, row=ROW, column=ROW.T, zeros=np.zeros(100_000, np.int64))
    with pytest.raises(Refusal, match=said):
        read(saved(model, tmp_path))


def test_missing_package_is_named_with_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(Refusal, match=r"needs the package onnx; install it with pip install"):
        read(saved(made(), tmp_path))


@pytest.fixture
def published(references):
    return references / "tfc-qonnx" / "TFC_1W1A.onnx"


def test_published_tfc_scores_as_the_evaluator_does(published):
    images = np.random.default_rng(4).integers(0, 256, (50, 1, 28, 28), dtype=np.uint8)
    checkpoint = read(published)
    expected = evaluated(onnx.load(published), images)
    assert np.allclose(scores(checkpoint.module(), images).numpy(), expected, rtol=0, atol=1e-5)
    gammas = np.concatenate([checkpoint.state_dict[f"batch_norm{n}.weight"] for n in (1, 2, 3)])
    assert (gammas < 0).any() and (np.abs(gammas) < 1e-4).sum() == 8


def test_published_tfc_is_right_on_9296_of_10000_digits(published, published_images):
    test = published_images("mnist")
    checkpoint = read(published)
    exact = Reference(fold(checkpoint)).run(test.images)
    assert (exact.classes == test.labels).sum() == 9296
    assert (exact.classes == scores(checkpoint.module(), test.images).argmax(1).numpy()).all()
