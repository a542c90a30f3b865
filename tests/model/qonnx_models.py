"""QONNX models that tests of the importer and exporter make, and the onnx package's evaluator."""

import copy

import numpy as np
import onnx
from onnx.reference import op_run

QUANTISERS = "onnx.brevitas"


class BipolarQuant(op_run.OpRun):
    """QONNX's quantiser, which the evaluator does not know."""

    op_domain = QUANTISERS

    def _run(self, x, scale):
        return ((np.where(x >= 0, 1, -1) * scale).astype(np.float32),)


class Quant(op_run.OpRun):
    """QONNX's quantiser of several levels, rounding half to even."""

    op_domain = QUANTISERS

    def _run(self, x, scale, zero, bits, narrow=None, rounding_mode=None, signed=None):
        assert rounding_mode in (None, "ROUND")
        low = -(2 ** (bits - 1)) + (narrow or 0) if signed else 0
        high = 2 ** (bits - 1) - 1 if signed else 2 ** bits - 1 - (narrow or 0)
        levels = np.round(np.clip(x / scale + zero, low, high))
        return (((levels - zero) * scale).astype(np.float32),)


def evaluated(model, images):
    """The graph's own output for uint8 images, each by itself as the graph has a batch of one."""
    model = copy.deepcopy(model)
    if QUANTISERS not in {given.domain for given in model.opset_import}:
        model.opset_import.append(onnx.helper.make_opsetid(QUANTISERS, 1))
    for given in model.graph.node:
        given.domain = given.domain and QUANTISERS
        if given.op_type == "BatchNormalization":
            # The evaluator mixes the batch's own statistics into those stored, which the operator
            # with one output does not; with 1 it keeps those stored.
            kept = [each for each in given.attribute if each.name != "momentum"]
            del given.attribute[:]
            given.attribute.extend([*kept, onnx.helper.make_attribute("momentum", 1.0)])
    session = onnx.reference.ReferenceEvaluator(model, new_ops=[BipolarQuant, Quant])
    name = next(value.name for value in model.graph.input if value.name not in {
        tensor.name for tensor in model.graph.initializer})
    return np.concatenate([session.run(None, {name: image[None].astype(np.float32) / 255})[0]
                           for image in images])


def node(kind, inputs, output, name=None, **attributes):
    domain = QUANTISERS if kind in ("BipolarQuant", "Quant") else ""
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
    return model_of(nodes, constants, shape, outputs)


def model_of(nodes, constants, shape, outputs=("out",), opset=9):
    """A model of these nodes, with the constants as initializers."""
    tensor = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes, "made", [onnx.helper.make_tensor_value_info("image", tensor, shape)],
        [onnx.helper.make_tensor_value_info(name, tensor, None) for name in outputs],
        [onnx.numpy_helper.from_array(np.asarray(value), name)
         for name, value in constants.items()])
    return onnx.helper.make_model(graph, opset_imports=[
        onnx.helper.make_opsetid("", opset), onnx.helper.make_opsetid(QUANTISERS, 1)])


def saved(model, folder):
    path = folder / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def found(model, name):
    return next(node for node in model.graph.node if node.name == name)


def constant(model, name, value):
    next(t for t in model.graph.initializer if t.name == name).CopyFrom(
        onnx.numpy_helper.from_array(np.asarray(value, np.float32), name))


def drop(model, name, reader, number=0):
    """Without one node: its reader reads what it read."""
    gone = found(model, name)
    found(model, reader).input[number] = gone.input[0]
    model.graph.node.remove(gone)
