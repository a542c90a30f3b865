"""``python -m model.convert``: a network that others trained becomes a checkpoint."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from model import arrays, options
from model.checkpoint import Checkpoint, save
from model.evaluation import check_images
from model.files import check_target
from model.importers import bnn_dl, bnn_pynq, qonnx
from model.importers.normalisation import MOST_BITS, Normalisation
from model.options import Parser
from model.refusal import Refusal, refusing

IMPORTERS: dict[str, Callable[[Path], Checkpoint]] = {
    "bnn-pynq": bnn_pynq.read,
    "qonnx": qonnx.read,
}

NORMALISED: dict[str, Callable[[Path, Normalisation | None], Checkpoint]] = {
    "bnn-dl": bnn_dl.read,
}
"""Importers of networks with real input, whose files do not tell how it was normalised."""


def convert(
    form: str, source: Path, normalisation: Normalisation | None = None, *,
    output_bits: bool = False,
) -> Checkpoint:
    """The checkpoint of the network in ``source``, a file or folder of the format ``form``.

    Raises
    ------
    Refusal
        For a format without an importer, a source that is not exactly of that format, or a
        ``normalisation`` where there is none, or none where there is one, or ``output_bits`` of
        another format than BNN-PYNQ's.
    """
    if output_bits and form != "bnn-pynq":
        raise Refusal(f"--output-bits is for bnn-pynq; a network of {form} has scores, so leave it"
                      " out")
    if form in NORMALISED:
        return NORMALISED[form](source, normalisation)
    if form not in IMPORTERS:
        known = ", ".join([*IMPORTERS, *NORMALISED])
        raise Refusal(f"no importer is called {form!r}; choose from {known}")
    if normalisation is not None:
        raise Refusal(f"--mean and --std are for {', '.join(NORMALISED)}; a file of {form} tells"
                      " what it reads, so leave them out")
    return bnn_pynq.read(source, output_bits=True) if output_bits else IMPORTERS[form](source)


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Convert as the arguments say; 0 if done, 2 if input is unusable and nothing was written."""
    parser = Parser(prog="python -m model.convert", description=__doc__)
    parser.add_argument("--from", dest="form", required=True,
                        choices=[*IMPORTERS, *NORMALISED],
                        help="the format of SRC; docs/convert.md says what each reads")
    parser.add_argument("source", type=options.path("SRC"), metavar="SRC",
                        help="the published file or folder")
    parser.add_argument("out", type=options.path("net.pt"), metavar="net.pt")
    parser.add_argument("--overwrite", action="store_true",
                        help="replace a file that lies there already")
    parser.add_argument("--output-bits", action="store_true",
                        help="bnn-pynq: the highest output bit of the last layer tells the class,"
                        " as in the published program of LFC; otherwise its sums are scores")
    real = parser.add_argument_group("networks with real input (bnn-dl)")
    real.add_argument("--mean", type=_numbers("--mean"), metavar="R,G,B",
                      help="what the training program subtracted from p/255, a number a channel")
    real.add_argument("--std", type=_numbers("--std"), metavar="R,G,B",
                      help="and what it divided by")
    real.add_argument("--scale-bits", type=options.whole("--scale-bits", 0, MOST_BITS), default=8,
                      metavar="N", help="the first layer reads round(2^N (p/255 - mean) / std): "
                      "more bits are nearer to the real input and cost a wider first layer "
                      "(default %(default)s)")
    real.add_argument("--images", type=options.path("--images"), metavar="X.npy",
                      help="count how many of these images that rounding puts into another class")
    given = parser.parse_args(argv)
    check_target(given.out, "the name")
    if given.out.exists() and not given.overwrite:
        raise Refusal(f"{given.out}: a file lies there already; replace it with --overwrite, or"
                      " change the name")
    normalisation = _normalisation(given.mean, given.std, given.scale_bits)
    if given.images is not None and normalisation is None:
        raise Refusal("--images: only real input is rounded; give --mean and --std with it")
    checkpoint = convert(given.form, given.source, normalisation, output_bits=given.output_bits)
    images = None if given.images is None else arrays.read(given.images)
    if images is not None:
        check_images(images, checkpoint, str(given.images))
    save(checkpoint, given.out)
    products = checkpoint.module().products()
    weights = sum(product.weight.numel() for product in products)
    shape = " x ".join(map(str, checkpoint.arch["input"]["shape"]))
    print(f"{given.out}: images of {shape}, {len(products)} binary layers with {weights:,} weights,"
          f" {len(checkpoint.classes)} classes")
    if images is not None and normalisation is not None:
        differing = normalisation.differing(checkpoint, images)
        print(f"{differing:,} of {len(images):,} images have another class than with real input,"
              f" at a scale of 2^{normalisation.scale_bits}")
    return 0


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
