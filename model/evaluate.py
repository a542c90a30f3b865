"""``python -m model.evaluate``: accuracy or scores of a checkpoint, by PyTorch or in integers."""

from collections.abc import Sequence

import numpy as np

from hw.network import agreement
from model import arrays, evaluation, labelled, options
from model.checkpoint import Checkpoint, load
from model.evaluation import Evaluation
from model.options import Parser
from model.refusal import refusing


def evaluate(
    checkpoint: Checkpoint, images: np.ndarray, *, integer: bool = False, device: str = "auto"
) -> Evaluation:
    """Score uint8 ``images`` (N, C, H, W) by PyTorch, or by the integer reference.

    Raises
    ------
    Refusal
        For images of another type or shape, or a network that does not fold.
    """
    by = agreement.evaluate if integer else evaluation.evaluate
    return by(checkpoint, images, device=device)


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Evaluate as the arguments say; 0 if done, 2 if input is unusable."""
    parser = _parser()
    given = parser.parse_args(argv)
    labelled.check_options(parser, given)
    checkpoint = load(given.checkpoint)
    if given.out:
        arrays.check_folder(given.out)
    test = labelled.read(given, checkpoint)
    result = evaluate(checkpoint, test.images, integer=given.integer, device=given.device)
    if given.out:
        arrays.write(given.out, scores=result.scores, classes=result.classes)
    _print(result, test.labels, "the integer reference" if given.integer else "PyTorch")
    return 0


def _parser() -> Parser:
    parser = Parser(prog="python -m model.evaluate", description=__doc__)
    parser.add_argument("--checkpoint", required=True, type=options.path("--checkpoint"),
                        metavar="net.pt")
    labelled.add_options(parser, required=True)
    parser.add_argument("--integer", action="store_true",
                        help="score by the integer reference and count what PyTorch has different")
    parser.add_argument("--out", type=options.out, metavar="Z.npz",
                        help="write scores and classes here")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    return parser


def _print(result: Evaluation, labels: np.ndarray | None, by: str) -> None:
    count = len(result.classes)
    if labels is None:
        for number, (label, row) in enumerate(zip(result.classes, result.scores, strict=True)):
            print(f"image {number}: class {label}  scores {row.tolist()}")
    else:
        right = result.correct(labels)
        print(f"accuracy by {by}: {right} of {count} ({right / count:.2%})")
    if result.differing is not None:
        ties = f", of which {result.rounded} are ties that float32 rounds" * bool(result.rounded)
        print(f"class differs from PyTorch on {result.differing} of {count} images{ties}")


if __name__ == "__main__":
    raise SystemExit(main())
