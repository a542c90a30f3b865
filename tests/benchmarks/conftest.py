"""What the tests of the benchmarks share: a data set of noise."""

import numpy as np
import pytest

from benchmarks.networks import Inputs


@pytest.fixture
def inputs(tmp_path):
    """Sixty test images and two hundred to train on, as MNIST's files."""
    folder = tmp_path / "sets" / "mnist"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(3)
    for stem, count in (("train", 200), ("t10k", 60)):
        labels, images = (rng.integers(0, most, size, dtype=np.uint8)
                          for most, size in ((10, count), (256, (count, 28, 28))))  # fmt: skip
        for kind, array in (("labels-idx1", labels), ("images-idx3", images)):
            head = b"".join(size.to_bytes(4, "big") for size in array.shape)
            content = bytes([0, 0, 8, array.ndim]) + head + array.tobytes()
            (folder / f"{stem}-{kind}-ubyte").write_bytes(content)
    return Inputs(data=tmp_path / "sets", references=tmp_path / "refs", made=tmp_path / "made")
