"""Networks of Brevitas's own BNN-PYNQ examples with seeded weights, exported to QONNX by Brevitas.

Where it is from: ``pip install brevitas onnxoptimizer onnxscript qonnx`` (brevitas 0.13.4, whose
package brevitas_examples.bnn_pynq they are; torch 2.13.0). The published weights are not used.
``qonnx_models.py`` runs what this makes, images of 1x28x28 or 3x32x32 read as p / 255.

    PYTHON brevitas_models.py make - NAME OUT.onnx [SEED [classic]]

NAME is one of tfc, sfc, lfc and cnv with _1w1a, _1w2a or _2w2a (the examples have no lfc_2w2a).
Weights are those that the model's class draws, one in fifty of them 0. PyTorch's exporter makes
other graphs since it traces with dynamo; ``classic`` takes the one before, whose graphs are those
of published models.
"""
import sys

import torch
from brevitas.export import export_qonnx
from brevitas.nn import QuantConv2d, QuantLinear
from brevitas_examples.bnn_pynq import models
from refusal import refuse
from torch_programs import harden, pictures

NAMES = [name for name in models.__all__ if name[:3] in ("tfc", "sfc", "lfc", "cnv")]


def network(name: str, seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    net = getattr(models, name)(pretrained=False)
    for module in net.modules():
        if isinstance(module, QuantConv2d | QuantLinear):
            module.weight.data[torch.rand_like(module.weight) < 0.02] = 0
    harden(net, pictures(24, shape(name)))
    return net


def shape(name: str) -> tuple[int, int, int]:
    return (3, 32, 32) if name.startswith("cnv") else (1, 28, 28)


if __name__ == "__main__":
    words = sys.argv[1:]
    if not 4 <= len(words) <= 6 or words[0] != "make" or words[2] not in NAMES:
        refuse(f"usage: make - {'|'.join(NAMES)} OUT.onnx [SEED [classic]]")
    export_qonnx(network(words[2], int((*words, 0)[4])), args=torch.rand(1, *shape(words[2])),
                 export_path=words[3], dynamo="classic" not in words[5:], external_data=False)
