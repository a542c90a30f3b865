"""Recorder of the files beside it: what Brevitas exports, and what QONNX's executor computes of it.

Run it as ``python record.py`` with an interpreter that has the packages brevitas, qonnx, onnx,
onnxoptimizer and onnxruntime: it exports small convolutional networks with drawn weights, batch
norms of both signs and scales that are powers of two, runs them on drawn images, and writes
``NAME.onnx`` and ``NAME.npz`` with the scores, and a digest of each layer's integer sums without
its bias.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
SHAPE, COUNT, SEED = (3, 16, 16), 100, 7
STEP = {"first": 0.25 / 128, "later": 0.25 * 0.5}
NAMES = {"cnv_1w1a": (1, 1, False), "cnv_1w1a_dynamo": (1, 1, True), "cnv_2w2a": (2, 2, False)}
"""Bits of weights and activations, and whether PyTorch's newer exporter writes the file."""


def images() -> np.ndarray:
    """The images, uint8 (100, 3, 16, 16): drawn blocks of 4 x 4, so that classes differ."""
    blocks = np.random.default_rng(SEED).integers(0, 256, (COUNT, 3, 4, 4), dtype=np.uint8)
    return blocks.repeat(4, axis=2).repeat(4, axis=3)


def digest(sums: np.ndarray) -> str:
    """A digest of integers (N, C, ...), which tells whether all are equal."""
    return hashlib.sha256(np.ascontiguousarray(sums, "<i4").tobytes()).hexdigest()


def _network(weight_bits, bits):
    from brevitas.core.restrict_val import RestrictValueType
    from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear
    from brevitas_examples.bnn_pynq.models.common import CommonActQuant, CommonWeightQuant
    from torch import nn

    class Quarter(CommonWeightQuant):
        scaling_const = 0.25

    class Half(CommonActQuant):
        min_val, max_val = -0.5, 0.5

    weights = {"weight_quant": Quarter, "weight_bit_width": weight_bits}

    def activation():
        return QuantIdentity(act_quant=Half, bit_width=bits)

    class Centred(nn.Module):
        def forward(self, x):
            return 2.0 * x - 1.0

    return nn.Sequential(
        Centred(),
        QuantIdentity(act_quant=CommonActQuant, bit_width=8, min_val=-1.0, max_val=1 - 2**-7,
                      narrow_range=False, restrict_scaling_type=RestrictValueType.POWER_OF_TWO),
        QuantConv2d(3, 6, 3, padding=1, bias=False, **weights), nn.BatchNorm2d(6, eps=1e-4),
        activation(),
        QuantConv2d(6, 6, 3, bias=True, **weights), nn.MaxPool2d(2),
        nn.BatchNorm2d(6, affine=False), activation(),
        QuantConv2d(6, 8, 3, bias=False, **weights), nn.BatchNorm2d(8, eps=1e-4), nn.MaxPool2d(2),
        activation(), nn.Flatten(), nn.Dropout(0.2),
        QuantLinear(32, 10, bias=True, **weights))


def _draw(network, weight_bits):
    import torch

    rng = torch.Generator().manual_seed(SEED)
    for part in network.modules():
        if hasattr(part, "running_var"):
            size = part.running_var.shape
            part.running_mean.copy_(torch.randn(size, generator=rng) / 4)
            part.running_var.copy_(torch.rand(size, generator=rng) * 3 + 0.2)
            if part.affine:
                part.weight.copy_(torch.randn(size, generator=rng))
                part.bias.copy_(torch.randn(size, generator=rng) / 8)
        elif getattr(part, "weight", None) is not None:
            part.weight.uniform_(-1, 1, generator=rng).mul_(1 if weight_bits == 1 else 0.4)
            if part.bias is not None:
                whole = torch.randint(-3, 4, part.bias.shape, generator=rng)
                part.bias.copy_(whole * 0.25 * 0.5)


def _run(path):
    """Scores, and the sums of every product in its steps, of QONNX's executor."""
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.infer_shapes import InferShapes

    model = ModelWrapper(str(path)).transform(InferShapes())
    constants = {tensor.name for tensor in model.graph.initializer}
    (name,) = (value.name for value in model.graph.input if value.name not in constants)
    products = [node for node in model.graph.node if node.op_type in ("Conv", "MatMul", "Gemm")]
    biases = [model.get_initializer(node.input[2]) if len(node.input) > 2 else np.zeros(1)
              for node in products]
    scores, sums = [], [[] for _ in products]
    for image in images():
        found = execute_onnx(model, {name: image[None].astype(np.float32) / np.float32(255)}, True)
        scores.append(found[model.graph.output[0].name])
        for number, product in enumerate(products):
            made, step = found[product.output[0]], STEP["later"] if number else STEP["first"]
            bias = biases[number].reshape(1, -1, *[1] * (made.ndim - 2))
            sums[number].append((made - bias) / step)
    whole = [np.concatenate(each) for each in sums]
    assert all((each == np.rint(each)).all() for each in whole)
    return np.concatenate(scores), [digest(each) for each in whole]


def _bare(path):
    """Leave out the stack traces of PyTorch's newer exporter, which have paths of the machine."""
    import onnx

    model = onnx.load(path)
    graph = model.graph
    for each in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info,
                 *graph.initializer, *model.functions,
                 *(node for function in model.functions for node in function.node)):
        del each.metadata_props[:]
    onnx.save(model, path)


def main():
    """Write the files."""
    import torch
    from brevitas.export import export_qonnx

    for name, (weight_bits, bits, dynamo) in NAMES.items():
        network = _network(weight_bits, bits).eval()
        with torch.no_grad():
            _draw(network, weight_bits)
        path = FOLDER / f"{name}.onnx"
        export_qonnx(network, args=torch.zeros(1, *SHAPE), export_path=str(path), dynamo=dynamo)
        _bare(path)
        scores, digests = _run(path)
        np.savez_compressed(FOLDER / f"{name}.npz", scores=scores, sums=np.array(digests))
        print(name, path.stat().st_size, "bytes,", len(set(scores.argmax(1).tolist())), "classes")


if __name__ == "__main__":
    sys.exit(main())
