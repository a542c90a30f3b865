"""``python -m model.convert``: a network that others trained becomes a checkpoint."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model import arrays, options
from model.checkpoint import Checkpoint, save
from model.evaluation import check_images
from model.files import check_target
from model.importers import binarynet, bnn_dl, ir_net, xnor_net
from model.importers.keras import reader as larq
from model.importers.latents import RULES
from model.importers.modules import reader as module
from model.importers.modules.code import Code
from model.importers.normalisation import MOST_BITS, Normalisation
from model.importers.pynq import reader as bnn_pynq
from model.importers.qonnx import reader as qonnx
from model.options import Parser
from model.refusal import Refusal, refusing


@dataclass(frozen=True, kw_only=True)
class Importer:
    """An importer: a function from the file, and from what is said beside it, to a checkpoint.

    ``takes`` are the names of what may be said, keys of `SAID`.
    """

    read: Callable[..., Checkpoint]
    takes: tuple[str, ...] = ("normalisation",)


IMPORTERS = {
    "binarynet": Importer(read=binarynet.read),
    "bnn-dl": Importer(read=bnn_dl.read),
    "bnn-pynq": Importer(read=bnn_pynq.read, takes=("output_bits",)),
    "ir-net": Importer(read=ir_net.read, takes=("normalisation", "sign_before_last")),
    "larq": Importer(read=larq.read),
    "qonnx": Importer(read=qonnx.read),
    "torch": Importer(read=module.read, takes=("normalisation", "code")),
    "xnor-net": Importer(read=xnor_net.read),
}

SAID = {
    "normalisation": "--mean and --std",
    "output_bits": "--output-bits",
    "sign_before_last": "--sign-before-last",
    "code": "--module",
}
"""Options for what a file does not tell."""

TOLD = ("qonnx",)
"""Formats in which the table may have other steps than 2^-N of the normalised input, so that images
cannot be counted against real input."""


def taking(said: str) -> list[str]:
    """The formats of which something may be said."""
    return [form for form, importer in IMPORTERS.items() if said in importer.takes]


def convert(form: str, source: Path, **said: Any) -> Checkpoint:
    """The checkpoint of the network in ``source``, a file or folder of the format ``form``.

    Parameters
    ----------
    said : what the importer takes beside the file, by the names of `SAID`; None and False say
        nothing.

    Raises
    ------
    Refusal
        For a format without an importer, a source that is not exactly of that format, something
        said that its importer does not take, or not said that it needs.
    """
    if form not in IMPORTERS:
        raise Refusal(f"no importer is called {form!r}; choose from {', '.join(IMPORTERS)}")
    importer = IMPORTERS[form]
    given = {name: value for name, value in said.items() if value}
    for name in given.keys() - {*importer.takes}:
        raise Refusal(f"{SAID[name]}: for {', '.join(taking(name))}; leave it out for {form}")
    return importer.read(source, **given)


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Convert as the arguments say; 0 if done, 2 if input is unusable and nothing was written."""
    given = _parser().parse_args(argv)
    check_target(given.out, "the name")
    if given.out.exists() and not given.overwrite:
        raise Refusal(f"{given.out}: a file lies there already; replace it with --overwrite, or"
                      " change the name")
    normalisation = _normalisation(given.mean, given.std, given.scale_bits)
    if given.images is not None and normalisation is None:
        raise Refusal("--images: only real input is rounded; give --mean and --std with it")
    if given.images is not None and given.form in TOLD:
        raise Refusal(f"--images: leave it out for {given.form}, whose file says what it rounds")
    checkpoint = convert(
        given.form, given.source, normalisation=normalisation, code=_code(given),
        output_bits=given.output_bits, sign_before_last=given.sign_before_last)
    images = None if given.images is None else arrays.read(given.images)
    if images is not None:
        check_images(images, checkpoint, str(given.images))
    save(checkpoint, given.out)
    print(f"{given.out}: {described(checkpoint)}")
    if images is not None and normalisation is not None:
        differing = normalisation.differing(checkpoint, images)
        print(f"{differing:,} of {len(images):,} images have another class than with real input,"
              f" at a scale of 2^{normalisation.scale_bits}")
        zeros, values = normalisation.zeros(checkpoint, images)
        print(f"{zeros:,} of {values:,} numbers before a sign are exactly 0, of which torch.sign"
              " makes 0 and this network +1")
    return 0


def described(checkpoint: Checkpoint) -> str:
    """One line about a network, with what hardware cannot do of it."""
    network = checkpoint.module()
    weights = {kind: [each.weight.numel() for each in network.products() if each.weights == kind]
               for kind in ("binary", "integer")}
    exact = ", ".join(f"{len(each)} {kind} layers with {sum(each):,} weights"
                      for kind, each in weights.items() if each or not any(weights.values()))
    shape = " x ".join(map(str, checkpoint.arch["input"]["shape"]))
    records = checkpoint.arch["layers"]
    real = [each["name"] for each in records if each.get("weights") == "real"]
    lacking = [each["name"] for each in records if each["kind"] == "relu"]
    return (f"images of {shape}, {exact}, {len(checkpoint.classes)} classes"
            + (f"; weights of {', '.join(real)} are real, of which python -m model.quantise makes"
               " integers for hardware" if real else "")
            + (f"; hardware has no relu ({', '.join(lacking)})" if lacking else ""))


def _parser() -> Parser:
    parser = Parser(prog="python -m model.convert", description=__doc__)
    parser.add_argument("--from", dest="form", required=True, choices=IMPORTERS,
                        help="the format of SRC; docs/convert.md says what each reads")
    parser.add_argument("source", type=options.path("SRC"), metavar="SRC",
                        help="the published file or folder")
    parser.add_argument("out", type=options.path("net.pt"), metavar="net.pt")
    parser.add_argument("--overwrite", action="store_true",
                        help="replace a file that lies there already")
    parser.add_argument("--output-bits", action="store_true",
                        help="of bnn-pynq: the highest output bit of the last layer tells the"
                        " class, as in the published program of LFC; otherwise its sums are scores")
    real = parser.add_argument_group(
        f"networks with real input: {', '.join(taking('normalisation'))}")
    real.add_argument("--mean", type=_numbers("--mean"), metavar="R,G,B",
                      help="what the training program subtracted from p/255, a number a channel")
    real.add_argument("--std", type=_numbers("--std"), metavar="R,G,B",
                      help="and what it divided by")
    real.add_argument("--scale-bits", type=options.whole("--scale-bits", 0, MOST_BITS), default=8,
                      metavar="N", help="the first layer reads round(2^N (p/255 - mean) / std): "
                      "more bits are nearer to the real input and cost a wider first layer "
                      "(default %(default)s)")
    real.add_argument("--images", type=options.path("--images"), metavar="X.npy",
                      help="count how many of these images that rounding puts into another class,"
                      " and the zeros before a sign")
    real.add_argument("--sign-before-last", action="store_true",
                      help="of ir-net: the network was trained on with a sign in place of its last"
                      " Hardtanh, which the file does not tell")
    code = parser.add_argument_group("code of your own: torch")
    code.add_argument("--module", metavar="FILE.py:NAME",
                      help="the class of the network, or a function of no arguments that makes one")
    code.add_argument("--run-code", action="store_true",
                      help="run that file; without it nothing is run and nothing converted")
    code.add_argument("--shape", type=_shape, metavar="C,H,W", help="of an image")
    code.add_argument("--binary-weights", choices=tuple(RULES), default="",
                      help="of nn.Conv2d and nn.Linear whose latents the training program"
                      " binarised from outside; those of your own layers are what they compute")
    code.add_argument("--real", default="", metavar="LAYER,...",
                      help="layers that --binary-weights leaves real, such as features.0")
    return parser


def _code(given: argparse.Namespace) -> Code | None:
    """What is said of the module, None if nothing is; it may be run only with --run-code."""
    if given.form != "torch" and not (given.module or given.run_code or given.shape
                                      or given.binary_weights or given.real):
        return None
    file, colon, name = (given.module or "").rpartition(":")
    if not colon or not file or not name.isidentifier():
        raise Refusal(f"--module {given.module or ''!r}: --from torch needs a Python file and"
                      " what makes the network in it, such as net.py:Net")
    if given.shape is None:
        raise Refusal("--from torch needs --shape, such as 3,32,32: channels, rows and columns")
    if not given.run_code:
        raise Refusal(f"--module {file}: its code would be run, with all your rights; read it, then"
                      " say so with --run-code")
    return Code(file=Path(file), name=name, shape=given.shape, rule=given.binary_weights,
                real=tuple(each for each in given.real.split(",") if each))


def _shape(text: str) -> tuple[int, int, int]:
    sizes = text.split(",")
    if len(sizes) != 3 or not all(each.isdecimal() and int(each[:9]) > 0 for each in sizes):
        raise Refusal(f"--shape {text[:40]!r}: give channels, rows and columns, such as 3,32,32")
    channels, height, width = (int(each[:9]) for each in sizes)
    return channels, height, width


def _numbers(option: str) -> Callable[[str], tuple[float, ...]]:
    """Type of an option for a real number of each channel."""

    def numbers(text: str) -> tuple[float, ...]:
        try:
            found = tuple(float(word) for word in text.split(","))
        except ValueError:
            found = ()
        if not found or not np.isfinite(found).all() or (option == "--std" and min(found) <= 0):
            above = " above 0" if option == "--std" else ""
            raise Refusal(f"{option} {text[:40]!r}: give a number{above} for each channel, with"
                          " commas, such as 0.485,0.456,0.406")
        return found

    return numbers


def _normalisation(
    mean: tuple[float, ...] | None, std: tuple[float, ...] | None, scale_bits: int
) -> Normalisation | None:
    if mean is None and std is None:
        return None
    if mean is None or std is None:
        raise Refusal(f"{'--std' if mean is None else '--mean'} without "
                      f"{'--mean' if mean is None else '--std'}; give both")
    return Normalisation(mean=mean, std=std, scale_bits=scale_bits)


if __name__ == "__main__":
    raise SystemExit(main())
