"""The fuzzing targets: all parsers of files, with valid inputs and checks of their results."""

import gzip
import io
import pickle
import struct
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import torch

from benchmarks.fuzz import inside
from benchmarks.fuzz.link import DRIVER, FRAMES
from benchmarks.fuzz.target import Files, Other, Target
from benchmarks.hostile import network as good
from boards.catalogue import board
from hw.network import archive
from hw.network.fold import fold
from hw.plan import archive as plans
from hw.plan.search import plan
from model import arrays, checkpoint, cifar, mnist, svhn, tables
from model.exporters import qonnx as written
from model.files import quiet
from model.images import Images
from model.importers import xnor_net
from model.importers.normalisation import Normalisation
from model.importers.pynq import reader as bnn_pynq
from model.importers.qonnx import reader as qonnx
from sim.random_networks import random_checkpoint

OUT = "again"
"""Name of the file that a parser's result is written to, to be parsed again."""


def _checkpoints() -> list[Files]:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "net.pt"
        good.write(path.parent, path.name)
        found = [path.read_bytes()]
        # Without the digest, with which no mutation would agree.
        good.edited(lambda content: None)(path.parent)
        found.append(path.read_bytes())
        checkpoint.save(random_checkpoint(110, pairs=True), path)
        found.append(path.read_bytes())
    return [{"net.pt": one} for one in found]


def _checkpoint(folder: Path) -> None:
    taken = checkpoint.load(folder / "net.pt")
    checkpoint.save(taken, folder / OUT)
    if checkpoint.load(folder / OUT).digest != taken.digest:
        raise Other("another network when it is written and read again")


def _state(folder: Path) -> None:
    checkpoint.read(folder / "net.pt")


def _networks() -> list[Files]:
    found = []
    for seed in (0, 3):
        with tempfile.TemporaryDirectory() as name:
            archive.save(fold(random_checkpoint(seed)), f"{name}/network.npz")
            found.append({"network.npz": Path(name, "network.npz").read_bytes()})
    return found


def _network(folder: Path) -> None:
    taken = archive.load(folder / "network.npz")
    archive.save(taken, folder / OUT)
    if archive.digest(archive.load(folder / OUT)) != archive.digest(taken):
        raise Other("another network when it is written and read again")


@cache
def _planned() -> object:
    known = board("ulx3s")
    return plan(fold(random_checkpoint(0)), known, known.default_variant, fill=0.1,
                clock=known.clock)


def _plans() -> list[Files]:
    return [{"plan.json": plans.text(_planned()).encode()}]  # type: ignore[arg-type]


def _plan(folder: Path) -> None:
    known: object = _planned()
    taken = plans.read(folder / "plan.json", known.network, known.board, known.device)  # type: ignore
    if plans.text(taken) != plans.text(known):  # type: ignore[arg-type]
        raise Other("another plan")


def _npy(array: np.ndarray, version: tuple[int, int]) -> Files:
    made = io.BytesIO()
    np.lib.format.write_array(made, array, version)
    return {"x.npy": made.getvalue()}


def _arrays() -> list[Files]:
    return [_npy(good.images(), (1, 0)), _npy(np.asfortranarray(good.images()), (2, 0)),
            _npy(np.arange(5, dtype=">i4"), (1, 0))]  # fmt: skip


def _array(folder: Path) -> None:
    taken = arrays.read(folder / "x.npy")
    np.save(folder / OUT, taken)
    again = arrays.read(folder / f"{OUT}.npy")
    with quiet():
        other = np.load(folder / "x.npy", allow_pickle=False)
    for one in (again, other):
        if one.dtype != taken.dtype or one.shape != taken.shape or one.tobytes() != taken.tobytes():
            raise Other("another array by numpy.load")


def _idx() -> list[Files]:
    pixels = np.random.default_rng(0).integers(0, 256, 3 * 784, np.uint8).tobytes()
    images = struct.pack(">4I", 0x803, 3, 28, 28) + pixels
    labels = struct.pack(">2I", 0x801, 3) + bytes((3, 1, 9))
    plain = {"t10k-images-idx3-ubyte": images, "t10k-labels-idx1-ubyte": labels}
    return [plain, {f"{name}.gz": gzip.compress(each) for name, each in plain.items()}]


def _mnist(folder: Path) -> None:
    taken = mnist.read(folder, "test")
    held = [gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            for path in sorted(folder.iterdir())]
    if held[0][16:] != taken.images.tobytes() or held[1][8:] != bytes(taken.labels.tolist()):
        raise Other("other pixels or labels than the files'")


def _bin() -> list[Files]:
    records = np.random.default_rng(0).integers(0, 10, (3, 3073), np.uint8).tobytes()
    return [{"test_batch.bin": records}]


def _cifar(folder: Path) -> None:
    taken = cifar.read10(folder, "test")
    records = b"".join(bytes([label]) + image.tobytes()
                       for image, label in zip(taken.images, taken.labels, strict=True))
    if records != (folder / "test_batch.bin").read_bytes():
        raise Other("other pixels or labels than the file's")


def _batches() -> list[Files]:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3072), np.uint8)
    return [{"test_batch": pickle.dumps({b"data": pixels, b"labels": [1, 2]}, protocol)}
            for protocol in (2, 4)]


def _pickled(folder: Path) -> None:
    _sound(cifar.read10(folder, "test"), 10)


def _mat() -> list[Files]:
    from scipy.io import savemat

    rng, found = np.random.default_rng(0), []
    for compressed in (False, True):
        made = io.BytesIO()
        savemat(made, {"X": rng.integers(0, 256, (32, 32, 3, 2), np.uint8),
                       "y": np.array([[1], [10]], np.uint8)}, do_compression=compressed)
        found.append({"test_32x32.mat": made.getvalue()})
    return found


def _svhn(folder: Path) -> None:
    _sound(svhn.read(folder, "test"), 10)


def _sound(images: Images, classes: int) -> None:
    if images.images.dtype != np.uint8 or images.images.ndim != 4 or not (
            len(images.images) == len(images.labels) and set(images.labels) <= set(range(classes))):
        raise Other("no labelled images")


def _models() -> list[Files]:
    import onnx
    from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

    rng, quant = np.random.default_rng(0), "onnx.brevitas"
    constants = {
        "first": np.array(0), "rest": np.array([-1]), "two": np.float32(2), "one": np.float32([1]),
        "w1": rng.normal(size=(6, 8)).astype(np.float32),
        "w2": rng.normal(size=(3, 6)).astype(np.float32),
        **{name: rng.uniform(1, 2, 6).astype(np.float32) for name in ("g", "b", "m", "v")},
        "factor": rng.uniform(0.5, 2, 3).astype(np.float32), "half": np.float32(0.5),
    }
    nodes = [
        make_node("Shape", ["image"], ["shape"]),
        make_node("Gather", ["shape", "first"], ["batch"], axis=0),
        make_node("Unsqueeze", ["batch"], ["batches"], axes=[0]),
        make_node("Concat", ["batches", "rest"], ["flat"], axis=0),
        make_node("Reshape", ["image", "flat"], ["x0"]),
        make_node("Mul", ["two", "x0"], ["x1"]), make_node("Sub", ["x1", "one"], ["x2"]),
        make_node("BipolarQuant", ["x2", "one"], ["x3"], domain=quant),
        make_node("BipolarQuant", ["w1", "one"], ["q1"], domain=quant),
        make_node("Transpose", ["q1"], ["t1"], perm=[1, 0]),
        make_node("MatMul", ["x3", "t1"], ["x4"]),
        make_node("BatchNormalization", ["x4", "g", "b", "m", "v"], ["x5"], epsilon=1e-3),
        make_node("BipolarQuant", ["x5", "one"], ["x6"], domain=quant),
        make_node("BipolarQuant", ["w2", "one"], ["q2"], domain=quant),
        make_node("Transpose", ["q2"], ["t2"]), make_node("MatMul", ["x6", "t2"], ["x8"]),
        make_node("Pow", ["factor", "half"], ["root"]), make_node("Div", ["x8", "root"], ["out"]),
    ]
    kind = onnx.TensorProto.FLOAT
    graph = make_graph(
        nodes, "made", [make_tensor_value_info("image", kind, (1, 1, 2, 4))],
        [make_tensor_value_info("out", kind, None)],
        [onnx.numpy_helper.from_array(np.asarray(value), name)
         for name, value in constants.items()])  # fmt: skip
    model = make_model(graph, opset_imports=[make_opsetid("", 9), make_opsetid(quant, 1)])
    exported = []
    for seed in (1, 3):
        network = random_checkpoint(seed, pairs=seed == 3)
        shape = network.arch["input"]["shape"]
        network.arch["input"]["table"] = [tables.pynq()] * shape[0]
        exported.append(written.model(network))
    return [{"net.onnx": each.SerializeToString()} for each in (model, *exported)]


def _qonnx(folder: Path) -> None:
    _converted(qonnx.read(folder / "net.onnx"), folder)


@cache
def _lfc() -> Files:
    """The files of a valid lfcW1A1 folder, with three classes."""
    rng = np.random.default_rng(0)
    files = {"classes.txt": b"a\nb\nc\n"}
    # Elements, weights in a word, and words of weights and of thresholds in a file, of each layer.
    for layer, (elements, simd, weights, thresholds) in enumerate((
            (32, 64, 416, 32), (64, 32, 512, 16), (32, 64, 512, 32), (16, 8, 512, 4))):
        for element in range(elements):
            # Rows of the last layer beyond the classes are ones, as published.
            low = 2**simd - 1 if layer == 3 else 0
            words = rng.integers(low, 2**simd, weights, np.uint64)
            files[f"{layer}-{element}-weights.bin"] = words.tobytes()
            steps = rng.integers(0, 1024, thresholds, np.uint64)
            files[f"{layer}-{element}-thres.bin"] = steps.tobytes()
    return files


def _folders() -> list[Files]:
    return [{name: _lfc()[name]} for name in ("classes.txt", "0-0-weights.bin", "1-3-thres.bin",
                                              "3-1-weights.bin")]  # fmt: skip


def _pynq(folder: Path) -> None:
    for name, content in _lfc().items():
        if not (folder / name).exists():
            (folder / name).write_bytes(content)
    _converted(bnn_pynq.read(folder), folder)


LENET = {
    "conv1.weight": (2, 1, 5, 5), "conv1.bias": (2,), "bn_conv1.running_mean": (2,),
    "bn_conv1.running_var": (2,), "bin_conv2.conv.bias": (3,),
    "bin_conv2.conv.weight": (3, 2, 5, 5),
    "bin_ip1.linear.weight": (4, 48), "bin_ip1.linear.bias": (4,), "ip2.weight": (3, 4),
    "ip2.bias": (3,), **{f"bin_{name}.bn.{key}": (size,) for name, size in (
        ("conv2", 2), ("ip1", 3)) for key in ("weight", "bias", "running_mean", "running_var")}}
"""Shapes of the tensors of a narrow network of XNOR-Net, by name."""


def _states() -> list[Files]:
    generator, found = torch.Generator().manual_seed(0), []
    for prefix in ("", "module."):
        made = io.BytesIO()
        torch.save({"acc": 9.0, "state_dict": {
            prefix + key: torch.rand(shape, generator=generator) for key, shape in LENET.items()}},
            made)
        found.append({"x.pth": made.getvalue()})
    return found


def _xnor(folder: Path) -> None:
    way = Normalisation(mean=(0.1307,), std=(0.3081,), scale_bits=8)
    _converted(xnor_net.read(folder / "x.pth", way), folder)


def _converted(imported: checkpoint.Checkpoint, folder: Path) -> None:
    """Check an importer's result as in `model.convert`: it can be saved and loaded, or is refused.
    """
    checkpoint.save(imported, folder / OUT)
    if checkpoint.load(folder / OUT).digest != imported.digest:
        raise Other("another network when it is written and read again")


TARGETS = {target.name: target for target in (
    Target(name="checkpoint", seeds=_checkpoints, read=_checkpoint, inside=inside.archive),
    Target(name="state", seeds=_checkpoints, read=_state, inside=inside.archive),
    Target(name="network", seeds=_networks, read=_network, inside=inside.archive),
    Target(name="plan", seeds=_plans, read=_plan),
    Target(name="array", seeds=_arrays, read=_array),
    Target(name="mnist", seeds=_idx, read=_mnist, inside=inside.gzipped),
    Target(name="cifar", seeds=_bin, read=_cifar),
    Target(name="cifar-pickled", seeds=_batches, read=_pickled),
    Target(name="svhn", seeds=_mat, read=_svhn, inside=inside.matlab),
    Target(name="qonnx", seeds=_models, read=_qonnx, inside=inside.onnx_model),
    Target(name="bnn-pynq", seeds=_folders, read=_pynq),
    Target(name="xnor-net", seeds=_states, read=_xnor, inside=inside.archive),
    FRAMES,
    DRIVER,
)}  # fmt: skip
"""Targets by name."""
