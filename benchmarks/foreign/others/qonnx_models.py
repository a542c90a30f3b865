"""The scores of a QONNX model, by the package qonnx, which the format comes from.

Where it is from: ``pip install qonnx`` (1.0.0). Models with published weights are in
github.com/fastmachinelearning/QONNX_model_zoo (commit 2e3c7e5), and ``brevitas_models.py`` makes
others. A model runs as qonnx has it: cleanup_model, then execute_onnx for one image after another.

    PYTHON qonnx_models.py run - MODEL.onnx IMAGES.npy OUT.npz [LOW HIGH]

LOW and HIGH are the numbers that the model reads for the bytes 0 and 255; 0 and 1 if not given, as
of torchvision's ToTensor: the zoo's TFC models and those of Brevitas scale this to [-1, 1]
themselves. The zoo's unsw_nb15 reads -1 or 1 (``-1 1``, images of 0 and 255 only). Its kwsmlp
rounds its input to signed bytes times 0.8298504, which ``-106.2208512 105.3910008`` gives for
byte - 128. A model with one output says yes or no: class 1 where it is above 0.
"""
import sys
from pathlib import Path

import numpy as np
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.util.cleanup import cleanup_model
from refusal import refuse


def run(file: Path, images: np.ndarray, low: float, high: float) -> np.ndarray:
    """The outputs of every image: float32 (N, classes)."""
    model = cleanup_model(ModelWrapper(str(file)))
    source, result = model.graph.input[0].name, model.graph.output[0].name
    shape = [1, *model.get_tensor_shape(source)[1:]]
    if np.prod(shape) != images[0].size:
        refuse(f"{file.name} reads {shape[1:]}, the images are {list(images.shape[1:])}")
    numbers = (low + (high - low) * np.arange(256) / 255).astype(np.float32)
    return np.concatenate([execute_onnx(model, {source: numbers[image].reshape(shape)})[result]
                           for image in images]).reshape(len(images), -1)


def main(words: list[str]) -> None:
    if len(words) not in (5, 7) or words[0] != "run" or not Path(words[2]).is_file():
        refuse("usage: run - MODEL.onnx IMAGES.npy OUT.npz [LOW HIGH]")
    low, high = map(float, words[5:] or (0, 1))
    outputs = run(Path(words[2]), np.load(words[3]), low, high)
    classes = outputs.argmax(1) if outputs.shape[1] > 1 else outputs[:, 0] > 0
    np.savez(words[4], outputs=outputs, classes=classes.astype(np.int64))


if __name__ == "__main__":
    main(sys.argv[1:])
