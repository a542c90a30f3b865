"""QONNX files: made ones against the onnx package's evaluator, the published one exactly."""

import copy
import sys

import numpy as np
import pytest

from hw.network.fold import fold
from hw.network.reference import Reference
from model.checkpoint import load
from model.convert import main
from model.importers.qonnx import read
from model.refusal import Refusal
from model.scoring import scores

onnx = pytest.importorskip("onnx", reason="the optional package onnx is not installed")
op_run = pytest.importorskip("onnx.reference.op_run")
QUANTISERS = "onnx.brevitas"


class BipolarQuant(op_run.OpRun):
    """QONNX's quantiser, which the evaluator does not know."""

    op_domain = QUANTISERS

    def _run(self, x, scale):
        return ((np.where(x >= 0, 1, -1) * scale).astype(np.float32),)


def evaluated(model, images):
    """The graph's own output for uint8 images, each by itself as the graph has a batch of one."""
    model = copy.deepcopy(model)
    if QUANTISERS not in {given.domain for given in model.opset_import}:
        model.opset_import.append(onnx.helper.make_opsetid(QUANTISERS, 1))
    for given in model.graph.node:
        for attribute in given.attribute:
            if attribute.name == "momentum":
                # The evaluator mixes the batch's own statistics into those stored, which the
                # operator with one output does not; with 1 it keeps those stored.
                attribute.f = 1.0
    session = onnx.reference.ReferenceEvaluator(model, new_ops=[BipolarQuant])
    name = next(value.name for value in model.graph.input if value.name not in {
        tensor.name for tensor in model.graph.initializer})
    return np.concatenate([session.run(None, {name: image[None].astype(np.float32) / 255})[0]
                           for image in images])


def node(kind, inputs, output, name=None, **attributes):
    domain = QUANTISERS if kind == "BipolarQuant" else ""
    return onnx.helper.make_node(kind, inputs, [output], name or f"{kind}_{output}", domain=domain,
                                 **attributes)


def made(seed=1, outputs=("out",), shape=(1, 2, 3, 4)):
    """A graph of every understood kind of node: 24 inputs, 16 hidden, 3 classes."""
    rng = np.random.default_rng(seed)
    size = int(np.prod(shape[1:]))
    constants = {
        "first": np.array(0), "rest": np.array([-1]), "two": np.float32(2), "one": np.float32([1]),
        "w1": rng.normal(size=(16, size)).astype(np.float32), "w2": np.float32(
            rng.normal(size=(3, 16))), "gamma": np.float32(rng.normal(size=16)),
        "beta": np.float32(rng.normal(size=16)), "mean": np.float32(rng.normal(size=16)),
        "var": np.float32(rng.uniform(5, 30, 16)), "centre": np.float32([0.75]),
        "spread": np.float32([7.5]), "half": np.float32(0.5), "factor": np.float32(
            rng.uniform(0.5, 2, 3)), "level": np.float32(rng.normal(size=3))}
    nodes = [
        node("Shape", ["image"], "shape"),
        node("Gather", ["shape", "first"], "batch", axis=0),
        node("Unsqueeze", ["batch"], "batches", axes=[0]),
        node("Concat", ["batches", "rest"], "flat", axis=0),
        node("Reshape", ["image", "flat"], "x0"),
        node("Mul", ["two", "x0"], "x1"),
        node("Sub", ["x1", "one"], "x2"),
        node("BipolarQuant", ["x2", "one"], "x3"),
        node("BipolarQuant", ["w1", "one"], "q1"),
        node("Transpose", ["q1"], "t1", perm=[1, 0]),
        node("MatMul", ["x3", "t1"], "x4"),
        node("BatchNormalization", ["x4", "gamma", "beta", "mean", "var"], "x5", epsilon=1e-3,
             momentum=0.9),
        node("BipolarQuant", ["x5", "one"], "x6"),
        node("Identity", ["x6"], "x7"),
        node("BipolarQuant", ["w2", "one"], "q2"),
        node("Transpose", ["q2"], "t2"),
        node("MatMul", ["x7", "t2"], "x8"),
        node("Sub", ["x8", "centre"], "x9"),
        node("Pow", ["spread", "half"], "root"),
        node("Div", ["x9", "root"], "x10"),
        node("Mul", ["x10", "factor"], "x11"),
        node("Add", ["x11", "level"], "out"),
    ]
    tensor = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes, "made", [onnx.helper.make_tensor_value_info("image", tensor, shape)],
        [onnx.helper.make_tensor_value_info(name, tensor, None) for name in outputs],
        [onnx.numpy_helper.from_array(np.asarray(value), name)
         for name, value in constants.items()])
    return onnx.helper.make_model(graph, opset_imports=[
        onnx.helper.make_opsetid("", 9), onnx.helper.make_opsetid(QUANTISERS, 1)])


def saved(model, folder):
    path = folder / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def found(model, name):
    return next(node for node in model.graph.node if node.name == name)


@pytest.mark.parametrize("seed", range(5))
def test_made_network_scores_as_the_evaluator_does(tmp_path, seed):
    model = made(seed)
    images = np.random.default_rng(seed).integers(0, 256, (100, 2, 3, 4), dtype=np.uint8)
    checkpoint = read(saved(model, tmp_path))
    expected = evaluated(model, images)
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


def constant(model, name, value):
    next(t for t in model.graph.initializer if t.name == name).CopyFrom(
        onnx.numpy_helper.from_array(np.asarray(value, np.float32), name))


def drop(model, name, reader, number=0):
    """Without one node: its reader reads what it read."""
    gone = found(model, name)
    found(model, reader).input[number] = gone.input[0]
    model.graph.node.remove(gone)


@pytest.mark.parametrize(("spoil", "said"), [
    (lambda m: setattr(found(m, "Identity_x7"), "op_type", "Relu"),
     "node 'Identity_x7' (Relu) is not understood; understood are"),
    (lambda m: setattr(found(m, "BipolarQuant_x6"), "domain", "mine"),
     "node 'BipolarQuant_x6' (BipolarQuant) of 'mine' is not understood"),
    (lambda m: setattr(found(m, "Add_out"), "domain", "mine"),
     "node 'Add_out' (Add) of 'mine' is not understood"),
    (lambda m: found(m, "BatchNormalization_x5").attribute.append(
        onnx.helper.make_attribute("spatial", 0)),
     "node 'BatchNormalization_x5' (BatchNormalization): attribute 'spatial' is not understood"),
    (lambda m: found(m, "BatchNormalization_x5").attribute.append(
        onnx.helper.make_attribute("training_mode", 1)), "in training mode"),
    (lambda m: found(m, "BatchNormalization_x5").output.append("more"), "has 2 outputs"),
    (lambda m: found(m, "BipolarQuant_x6").input.__setitem__(1, "two"),
     "node 'BipolarQuant_x6' (BipolarQuant): a scale other than 1 is not understood"),
    (lambda m: found(m, "BipolarQuant_q1").input.__setitem__(1, "two"),
     "node 'BipolarQuant_q1' (BipolarQuant): a scale other than 1 is not understood"),
    (lambda m: drop(m, "BipolarQuant_q1", "Transpose_t1"),
     "node 'MatMul_x4' (MatMul): weights are not all +1 or -1"),
    (lambda m: drop(m, "BipolarQuant_x3", "MatMul_x4"),
     "node 'MatMul_x4' (MatMul) reads fractions, such as -0.99"),
    (lambda m: drop(m, "Transpose_t1", "MatMul_x4", 1), "data [1, 24] and weights [16, 24]"),
    (lambda m: drop(m, "Reshape_x0", "Mul_x1", 1), "data [1, 2, 3, 4] and weights [24, 16]"),
    (lambda m: constant(m, "gamma", [1, 2]), "parameters of [[2], [16], [16], [16]]"),
    (lambda m: constant(m, "one", [1, 1]), "of the image and 2 numbers"),
    (lambda m: constant(m, "level", [1, 1]), "node 'Add_out' (Add) of 3 channels and 2 numbers"),
    (lambda m: found(m, "Sub_x9").input.__setitem__(slice(None), ["centre", "x8"]),
     "node 'Sub_x9' (Sub) of a constant by the data"),
    (lambda m: found(m, "Add_out").input.__setitem__(1, "x10"),
     "node 'Add_out' (Add) reads 'x10', not what the node before it made"),
    (lambda m: found(m, "Add_out").input.__setitem__(1, "nowhere"), "reads 'nowhere'"),
    (lambda m: found(m, "Gather_batch").input.__setitem__(1, "rest"),
     "node 'Concat_flat' (Concat) cannot be computed from its constants"),
    (lambda m: found(m, "Pow_root").input.__setitem__(1, "mean"),
     "node 'Div_x10' (Div) of 3 channels and 16 numbers"),
    (lambda m: setattr(found(m, "Identity_x7"), "op_type", "Transpose"),
     "(Transpose) of the data; it is understood for constants only"),
    (lambda m: setattr(m.graph.output[0], "name", "x9"), "output 'x9' is not that of the last"),
    (lambda m: m.graph.input.append(m.graph.output[0]), "2 inputs (image, out)"),
    (lambda m: m.graph.input[0].type.tensor_type.shape.dim.pop(), "of shape [1, 2, 3]"),
    (lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[1], "dim_param", "c"),
     "of shape [1, None, 3, 4]"),
    (lambda m: setattr(m.graph.initializer[0], "data_location", onnx.TensorProto.EXTERNAL),
     "tensor 'first' lies in another file"),
    (lambda m: setattr(m.graph.initializer[4], "raw_data", b"abc"),
     "tensor 'w1' cannot be read"),
    (lambda m: constant(m, "mean", [np.nan] * 16), "batch_norm1.running_mean: 16 of 16 values"),
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
    ([node("Concat", ["row"] * 10, "y", axis=0)] + [
        node("Concat", [name] * 10, output, axis=0) for name, output in (("y", "z"), ("z", "a"))],
     r"\(Concat\): constants of more than 33,554,432 values|makes 100,000,000 values"),
    ([node("Add", ["x"], "y")], r"\(Add\) has 1 inputs; it needs 2"),
    ([node("MatMul", ["x"], "y")], r"\(MatMul\) has 1 inputs; it needs 2"),
    ([node("Reshape", ["x"], "y")], r"\(Reshape\) has 1 inputs"),
    ([node("Shape", [], "y")], r"\(Shape\) has 0 inputs; it needs 1"),
    ([node("Flatten", ["x"], "y", axis="one")], r"\(Flatten\) with axis"),
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
