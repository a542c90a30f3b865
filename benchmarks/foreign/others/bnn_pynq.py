"""The scores of BNN-PYNQ: its own C++ software emulation, compiled for this machine.

Where it is from: github.com/Xilinx/BNN-PYNQ at commit d39c1c7 (parameters: ``bnn/params``), with
what its ``make-sw.sh`` adds: github.com/Xilinx/finn-hlslib at the submodule's commit 8b7f5f5 as
``bnn/src/library/finn-hlslib``, github.com/Xilinx/xilinx-tiny-cnn at commit 64ee7a2 as
``bnn/src/xilinx-tiny-cnn``, and Vivado HLS's headers (ap_int.h, hls_stream.h): those in the package
hls4ml (``pip install --no-deps hls4ml``; 1.3.0), or where VIVADOHLS_INCLUDE_PATH says.

How it runs: compiled once by g++ as make-sw.sh does for ``python_sw``, into the same place, sources
unchanged. The library then reads images as from its Python class: as files of CIFAR-10 or MNIST.

    PYTHON bnn_pynq.py run BNN-PYNQ BNN-PYNQ/bnn/params/cifar10/cnvW1A1 IMAGES.npy OUT.npz

FILE is a folder of parameters, named for its network. A CNV gives its last sums. A LFC gives only
bits: ``outputs`` are the bits of its classes, ``classes`` the program's choice, the highest bit.
"""
import ctypes
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from refusal import refuse


def headers() -> str:
    """The folder of ap_int.h and hls_stream.h."""
    if named := os.environ.get("VIVADOHLS_INCLUDE_PATH"):
        return named
    if (package := importlib.util.find_spec("hls4ml")) and package.origin:
        return str(Path(package.origin).parent / "templates/vivado/ap_types")
    refuse("no ap_int.h: pip install --no-deps hls4ml, or set VIVADOHLS_INCLUDE_PATH")


def library(src: Path, network: str) -> ctypes.CDLL:
    """The emulation of one network, compiled if it isn't yet."""
    host, top = src / "library/host", src / "network" / network
    output = src / f"network/output/sw/python_sw-{network}.so"
    if not output.exists():
        output.parent.mkdir(parents=True, exist_ok=True)
        found = src / "library/finn-hlslib", src / "xilinx-tiny-cnn", headers()
        part = output.with_suffix(f".{os.getpid()}")
        command = ["g++", "-w", "-DOFFLOAD", "-DRAWHLS", "-std=c++11", "-pthread", "-O2", "-fPIC",
                   "-shared", *host.glob("*.cpp"), top / "hw/top.cpp", top / "sw/main_python.cpp",
                   *(f"-I{folder}" for folder in (host, top / "hw", *found)), "-o", part]
        if subprocess.run(command).returncode:
            refuse("g++ did not compile it (its messages are above)")
        part.replace(output)
    emulation = ctypes.CDLL(str(output))
    emulation.inference_multiple.restype = ctypes.POINTER(ctypes.c_int)
    return emulation


def lfc_bits(emulation: ctypes.CDLL, images: np.ndarray, classes: int) -> np.ndarray:
    """The last layer's bits, by the library's own FoldedMVOffloadBinarized: uint8 (N, classes)."""
    bits = np.zeros((len(images), 832), np.uint8)
    bits[:, :784] = images.reshape(len(images), -1) >= 128  # scaled to [-1, 1] and >= 0
    words = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
    out = np.zeros(len(images), np.uint64)
    emulation._Z24FoldedMVOffloadBinarizedPKyPyjjj(
        words.ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p),
        words.size, out.size, len(images))
    return (out[:, None] >> np.arange(classes, dtype=np.uint64) & np.uint64(1)).astype(np.uint8)


def run(src: Path, params: Path, images: np.ndarray, out: str) -> None:
    if not (params / "classes.txt").is_file() or not (src / "network" / params.name).is_dir():
        refuse(f"no parameters in {params}, or no network of this name in {src}")
    classes, cnv = len((params / "classes.txt").read_text().splitlines()), params.name[:3] == "cnv"
    if images.shape[1:] != ((3, 32, 32) if cnv else (1, 28, 28)) or not 0 < len(images) <= 10_000:
        refuse(f"{params.name} takes 1 to 10,000 images of its own shape, not {images.shape}")
    emulation, count = library(src, params.name), ctypes.c_int()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the library tells its progress there
    emulation.load_parameters(bytes(params))
    flat, header = images.reshape(len(images), -1), np.array([2051, len(images), 28, 28], ">i4")
    with tempfile.NamedTemporaryFile() as file:
        file.write(np.pad(flat, ((0, 0), (1, 0))).tobytes() if cnv else
                   header.tobytes() + flat.tobytes())
        file.flush()
        found = emulation.inference_multiple(
            file.name.encode(), classes, ctypes.byref(count), None, cnv)
    numbers = np.ctypeslib.as_array(found, (count.value * (classes if cnv else 1),)).copy()
    outputs = numbers.reshape(-1, classes) if cnv else lfc_bits(emulation, images, classes)
    if cnv:  # the library's choice: the first largest sum, class 0 if none is above 0
        numbers = np.where(outputs.max(1) > 0, outputs.argmax(1), 0)
    np.savez(out, outputs=outputs, classes=numbers.astype(np.int64))


if __name__ == "__main__":
    if len(sys.argv) != 6 or sys.argv[1] != "run":
        refuse("usage: run PROGRAM FILE IMAGES.npy OUT.npz")
    run(Path(sys.argv[2], "bnn/src"), Path(sys.argv[3]), np.load(sys.argv[4]), sys.argv[5])
