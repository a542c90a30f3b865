"""Reader of SVHN, the Street View house numbers: cropped digits in MATLAB files."""

from pathlib import Path

import numpy as np

from model import images, matlab
from model.images import Images, Split, content, labelled
from model.refusal import Refusal

CLASSES = 10


def read(folder: Path, split: Split) -> Images:
    """Read ``train_32x32.mat`` or ``test_32x32.mat``.

    They have X (32, 32, 3, N), and y (N, 1) with 10 for a zero.
    """
    path = folder / f"{split}_32x32.mat"
    data = content(path)
    try:
        found = matlab.arrays(data, ("X", "y"), images.LARGEST)
    except ValueError as error:
        raise Refusal(f"{path}: not a MATLAB file of the set ({error}); fetch it again") from None
    return _images(path, found.get("X"), found.get("y"))


def _images(path: Path, pixels: object, digits: object) -> Images:
    if not isinstance(pixels, np.ndarray) or not isinstance(digits, np.ndarray) \
            or pixels.dtype != np.uint8 or pixels.shape[:-1] != (32, 32, 3) \
            or digits.size != pixels.shape[-1] or digits.dtype.kind not in "ui":
        raise Refusal(f"{path}: holds no uint8 X (32, 32, 3, N) with integers y (N, 1); give the"
                      " cropped digits, Format 2")
    labels = digits.reshape(-1).astype(np.int64)
    if 0 in labels:
        raise Refusal(f"{path}: a label of 0, where 10 stands for the digit 0; damaged, fetch it"
                      " again")
    ours = np.ascontiguousarray(pixels.transpose(3, 2, 0, 1))
    return labelled(ours, np.where(labels == 10, 0, labels), CLASSES, path.parent)
